"""What people read on the shared pages: history in words, titles with their hits, late words as such."""

import pytest

from supervision.desk import todo
from supervision.desk.leader import pages
from supervision.desk.search.pages import marked
from supervision.ledgers.columns import LateKind
from supervision.ledgers.rows import _label, _plain, _word
from supervision.papers.documents.models import Document
from supervision.plan.models import Appraisal, Target

from . import factories


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, ""),
        ({"报告质量": 6, "服务过程": 3}, "报告质量：6；服务过程：3"),
        ({"level": "city", "family": "quality"}, "（结构化数据，2 项）"),
        ({"事故": {"count": 1}}, "（结构化数据，1 项）"),
        ([], ""),
        (["安全评价", "检测检验"], "安全评价、检测检验"),
        ([{"name": "甲"}, {"name": "乙"}], "甲、乙"),
        ([{"item": 1, "code": "danger-rectified"}], "（结构化数据，1 项）"),
    ],
)
def test_a_structured_value_is_told_in_words_or_counted(value, words):
    assert _plain(value) == words


def test_history_shows_neither_codes_nor_names_of_columns():
    sheet = Appraisal._meta.get_field("sheet")
    assert _word({"words": [], "bonus": "0", "lines": []}, sheet, "sheet", None, {}) == "（结构化数据，3 项）"
    assert _word("bureau_staff", None, "listed_by_role", None, {}) == "市局业务人员"
    assert _label(None, "listed_by_role") == "系统标识"
    assert _label(Target._meta.get_field("parameters"), "parameters") == "计算参数"


@pytest.mark.parametrize(
    ("title", "words", "pieces"),
    [
        ("宿连航道二期 占位1", ("航道",), [("宿连", False), ("航道", True), ("二期 占位1", False)]),
        ("yh-2026 护栏，护栏", ("YH-2026", "护栏"), [("yh-2026", True), (" ", False), ("护栏", True), ("，", False), ("护栏", True)]),
        ("宿连航道二期", ("宿连航道2期",), [("宿连航道二期", False)]),
        ("两个  空格的护栏", ("护栏",), [("两个  空格的护栏", False)]),
    ],
)  # fmt: skip
def test_a_title_is_marked_where_it_was_found(title, words, pieces):
    assert marked(title, words) == pieces


def test_what_is_late_is_shown_as_late():
    assert "badge-red" in LateKind().html("逾期3天") and not LateKind().html("")


@pytest.mark.django_db
def test_papers_of_one_kind_are_told_apart_by_what_they_are_about():
    bridge, road = factories.project(name="演示·甲大桥工程"), factories.project(name="演示·乙公路工程")
    papers = [Document(model="projects.project", object_id=pk) for pk in (bridge.pk, road.pk, 999999)]
    lines = [{"project": ""}, {"project": "已有项目"}, {"project": ""}]
    todo.name_hosts(lines, papers, factories.user("bureau_staff"))
    assert [line["project"] for line in lines] == ["演示·甲大桥工程", "已有项目", ""]


@pytest.mark.django_db
def test_the_leader_sees_what_is_red_first(monkeypatch):
    found = [
        {"label": label, "red": red}
        for label, red in (("甲", False), ("乙", True), ("丙", False), ("丁", True))
    ]
    monkeypatch.setattr(pages.watching, "watched", lambda user: found)
    monkeypatch.setattr(pages.watching, "task_lights", lambda user, today: [])
    shown = pages.gathered(factories.user("bureau_leader"))["watched"]
    assert [item["label"] for item in shown] == ["乙", "丁", "甲", "丙"]


@pytest.mark.django_db
def test_duties_are_in_the_menu_of_those_who_record_them(client):
    client.force_login(factories.user("county_staff"))
    assert 'href="/duty-desk/"' in client.get("/").content.decode()
