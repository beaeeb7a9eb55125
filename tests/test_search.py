"""One box over everything: what is found, what is not, and that the entries follow the records."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Project
from supervision.desk.models import SearchEntry
from supervision.desk.search import asking, index
from supervision.flows import records
from supervision.people.models import Role

from . import factories
from .factories import COMMAND


@given(st.text(max_size=60))
def test_a_folded_text_stays_as_it_is(text):
    folded = index.fold(text)
    assert index.fold(folded) == folded
    assert not set("|\0\n\t") & set(folded)


def test_width_case_and_blanks_do_not_matter():
    assert index.fold("  ｓｇ－０１ 　k5+100\n") == "SG-01 K5+100"


database = pytest.mark.django_db


@pytest.fixture
def bureau(db):
    return factories.user(Role.BUREAU_STAFF)


@pytest.fixture
def written(django_capture_on_commit_callbacks):
    """What is written inside the block is announced at its end, as after a commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def titles(found: asking.Found) -> list[str]:
    return [hit.ledger.title_of(hit.record) for hit in found.hits]


def hits(user, words: str, ledger: str = "") -> list:
    return [hit.record for hit in asking.search(user, words, ledger).hits]


@database
def test_by_name_alias_and_number_in_any_spelling(bureau, written):
    with written():
        project = factories.project(name="宿连航道二期工程", aliases=["宿连航道2期"])
        section = factories.section(project, code="SG-01")
        factories.project(name="别的大桥")
    for words in ("宿连航道二期工程", "宿连航道2期", "宿连航道 2期", "航道"):
        assert hits(bureau, words)[0] == project, words
    # What belongs to the project is found by the project's names, together with words of its own.
    assert hits(bureau, "宿连航道2期 ｓｇ-01") == [section]
    assert hits(bureau, "宿连航道2期 SG-02") == []
    assert hits(bureau, "没有这样的词") == []


@database
def test_a_whole_field_comes_first(bureau, written):
    with written():
        exact = factories.project(name="淮海路")
        for number in range(3):
            factories.project(name=f"淮海路延伸{number}号")
    found = hits(bureau, "淮海路", "projects")
    assert found[0] == exact and len(found) == 4


@database
@pytest.mark.parametrize(
    "words", ["%%", "__", "100%", "'\"", "\\\\", "|路|", "<b>", "{{7*7}}", "\x00\x00", "𠮷野", "x" * 5000]
)
def test_signs_that_mean_something_elsewhere_are_signs_here(bureau, written, client, words):
    with written():
        factories.project(name="淮海路")
    assert hits(bureau, words) == []
    client.force_login(bureau, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("search"), {"q": words})
    assert answer.status_code == 200 and "<b>" not in answer.content.decode()


@database
def test_one_sign_is_not_looked_for_and_said_so(bureau, client, written):
    with written():
        factories.project(name="淮海路")
    found = asking.search(bureau, "路 淮海")
    assert found.unused == ["路"] and len(found.hits) == 1
    client.force_login(bureau, backend="django.contrib.auth.backends.ModelBackend")
    assert "不足 2 个字" in client.get(reverse("search"), {"q": "路"}).content.decode()


@database
def test_entries_follow_their_records(bureau, written):
    with written():
        project = factories.project(name="旧名大桥")
    with written():
        factories.change(project, name="新名大桥")
    assert hits(bureau, "新名") == [project]
    assert SearchEntry.objects.filter(model="projects.project", object_id=project.pk).count() == 1
    with written():
        records.delete(Project.objects.get(pk=project.pk), COMMAND, reason="测试")
    assert hits(bureau, "新名") == []
    assert not SearchEntry.objects.filter(model="projects.project", object_id=project.pk).exists()


@database
def test_what_a_crash_left_behind_is_found_at_night(bureau):
    """Nothing was announced here: as after a process killed between its commit and the entry."""
    project = factories.project(name="漏记大桥")
    assert hits(bureau, "漏记") == []

    def catch_up() -> dict:
        return index.catch_up_all(lambda done, total, what: None)

    assert catch_up()["written"] >= 1
    assert hits(bureau, "漏记") == [project]
    SearchEntry.objects.filter(model="projects.project", object_id=project.pk).update(version=0, text="|旧|")
    SearchEntry.objects.create(model="projects.project", object_id=project.pk + 999, version=1, text="|漏记|")
    SearchEntry.objects.create(model="no.such", object_id=1, version=1, text="|漏记|")
    assert catch_up() == {"written": 1, "dropped": 1}
    assert hits(bureau, "漏记") == [project]
    assert not index.behind(Project).exists()
    assert not SearchEntry.objects.filter(object_id=project.pk + 999).exists()
    assert catch_up() == {"written": 0, "dropped": 0}


@database
def test_others_find_nothing_and_the_api_says_the_same(written):
    with written():
        mine, theirs = factories.section(code="甲标段一"), factories.section(code="甲标段二")
        office = factories.organization("contractor")
        factories.participation(mine, office)
        contractor = factories.user(Role.CONTRACTOR, office)
    assert hits(contractor, "甲标段") == [mine]
    assert hits(factories.user(Role.BUREAU_STAFF), "甲标段") == [theirs, mine]
    assert hits(factories.user(None), "甲标段") == []
    client = Client()
    assert client.get("/api/search/?q=甲标段").status_code == 401
    assert client.get(reverse("search") + "?q=甲标段").status_code == 302
    client.force_login(contractor, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/api/search/", {"q": "甲标段"}).json()
    assert (answer["count"], answer["more"]) == (1, False)
    assert [row["id"] for row in answer["results"]] == [mine.pk]
    page = client.get(reverse("search"), {"q": "甲标段"}).content.decode()
    assert "甲标段一" in page.replace("<mark>", "").replace("</mark>", "") and "甲标段二" not in page


@database
def test_the_queries_do_not_grow_with_the_hits(bureau, written, client):
    client.force_login(bureau, backend="django.contrib.auth.backends.ModelBackend")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("search"), {"q": "许多大桥"}).status_code == 200
        return len(captured)

    with written():
        factories.project(name="许多大桥一号")
    queries()
    before = queries()
    with written():
        for number in range(30):
            factories.project(name=f"许多大桥{number + 2}号")
    assert queries() == before


@database
def test_more_than_are_listed_is_said(bureau, written, monkeypatch, client):
    monkeypatch.setattr(asking, "MOST", 5)
    monkeypatch.setattr(asking, "CHUNK", 2)
    with written():
        for number in range(7):
            factories.project(name=f"成串大桥{number}号")
    found = asking.search(bureau, "成串大桥")
    assert len(found.hits) == 5 and found.more
    client.force_login(bureau, backend="django.contrib.auth.backends.ModelBackend")
    assert "仅列出前 5 条" in client.get(reverse("search"), {"q": "成串大桥"}).content.decode()


@database
def test_on_postgresql_the_pairs_are_asked(bureau):
    with CaptureQueriesContext(connection) as captured:
        asking.search(bureau, "大桥")
    asked = any("desk_pairs" in query["sql"] for query in captured)
    assert asked == (connection.vendor == "postgresql")
