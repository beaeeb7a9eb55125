"""Reports while others write: counted apart, written at once; months that add up, and what stands at their ends."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Project
from supervision.flows import perform, records
from supervision.flows.errors import IllegalTransition, LostRace
from supervision.flows.history import Actor
from supervision.jobs.services import run_now
from supervision.people.models import Role
from supervision.plan import facts
from supervision.plan.facts import Fact
from supervision.plan.models import Milestone, Report
from supervision.plan.models.report import STALE
from supervision.plan.reports import comparing, reading, services
from tests import factories, sharing
from tests.factories import COMMAND, district, project, user
from tests.reporting import content, edited, made_of, put, report, template, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def standing(monkeypatch):
    """What is built on a day, as a stock; and what was begun, known once it was handed over."""

    def built(span):
        return Project.objects.filter(start_on__lte=span.known).exclude(handover_on__lte=span.known)

    def known(span):
        return Project.objects.filter(start_on__range=span.days, handover_on__lte=span.known)

    ways = ("projects.project", "个", "口径", built, (), "district", "mode")
    made = [
        Fact("t.built", "在建存量", *ways, stock=True),
        Fact("t.known", "已知开工", *ways[:3], known, *ways[4:]),
    ]
    monkeypatch.setattr(facts, "_registered", facts._registered | {one.code: one for one in made})


def rows(of: Report, number: int = 0) -> list[list[str]]:
    tables = [block for block in reading.page(content(of)) if block["kind"] == "table"]
    lines = [tables[number]["head"], *tables[number]["rows"]]
    return [["".join(piece["text"] for piece in cell) for cell in line] for line in lines]


def text_of(of: Report) -> str:
    blocks = reading.page(content(of))
    return "\n".join("".join(piece["text"] for piece in block.get("pieces", [])) for block in blocks)


def quarter(*lines: str, as_of: date = date(2024, 4, 20)) -> Report:
    of = template(*lines, kind="quarter", title="季度报告")
    return services.make(report(of, date(2024, 1, 1), as_of=as_of), COMMAND)


def test_months_add_up_and_stocks_are_those_of_their_ends(standing):
    project(name="甲", start_on=date(2024, 1, 5), handover_on=date(2024, 3, 10))
    project(name="乙", start_on=date(2024, 2, 5))
    project(name="丙", start_on=date(2024, 4, 5))
    made = quarter(
        "期末{{t.built|个}}，截至{{报告|期末}}。{{t.built|环比增减}}",
        "{{表格|月份|project.started|t.built|project.at_work}}",
        "{{表格|月份|t.built}}",
    )
    head, *lines = rows(made)
    assert head == ["月份", "新开工项目（个）", "在建存量（个，月末数）", "在建公路水运项目（个）"]
    # At the end of March 甲 is handed over; 丙 began in April and is in nobody's month.
    assert [line[:3] for line in lines] == [
        ["1月", "1", "1"],
        ["2月", "1", "2"],
        ["3月", "0", "1"],
        ["合计", "2", "—"],
    ]
    assert "期末1个，截至2024年3月31日。增加1个" in text_of(made)
    # What lies in several months is counted once in the 合计, which says so.
    assert lines[-1][3] == "2" and "在建公路水运项目”同一记录可计入多个月，合计不重复计" in text_of(made)
    assert [line[0] for line in rows(made, 1)] == ["月份", "1月", "2月", "3月"]
    assert made.findings == []
    # A month typed over no longer adds up.
    month = made.figures.get(label="新开工项目·1月")
    made = services.type_over(made, month.key, "4", "来函", COMMAND)
    assert made.findings == ["“新开工项目”按月份的合计不成立：应为5，写为2。"]


def test_the_ledgers_stocks_are_known_as_such():
    assert {one.code for one in facts.registered() if one.stock} >= {"danger.open", "defect.open"}


def test_a_correction_takes_in_what_became_known_since_and_keeps_what_stood_at_the_end(standing):
    """Begun within the span and confirmed in the next year: part of the span, once it is known."""
    project(name="甲", start_on=date(2024, 1, 5), handover_on=date(2025, 3, 10))
    made = made_of("{{t.known|个}}，在建{{t.built|个}}")
    assert [row.text for row in made.figures_in_order()] == ["0", "1"]
    perform.perform(made, "check", Actor.of(user(Role.BUREAU_STAFF), "page"))
    made = perform.perform(
        Report.objects.get(pk=made.pk), "issue", Actor.of(user(Role.BUREAU_LEADER), "page")
    )
    new = services.make(services.again(made, COMMAND), COMMAND)
    assert [row.text for row in new.figures_in_order()] == ["1", "1"]
    assert [change.label for change in comparing.compare(made, new, None)] == ["已知开工"]


# ------------------------------------------------------------------------------------------------- two at once


def once(act):
    """A `told` that acts the first time it is called."""
    calls = []

    def told(done: int, total: int) -> None:
        calls.append(done)
        if len(calls) == 1:
            act()

    return told


def test_what_is_typed_while_figures_are_counted_is_in_the_paper():
    one = report(template("{{填写|问题}}", "开工{{project.started|个}}"))
    one = services.write_texts(one, {"问题": "旧稿。"}, COMMAND)
    depth, held = len(connection.savepoint_ids), []

    def meanwhile():
        # Counting holds no transaction: others write.
        assert len(connection.savepoint_ids) == depth
        services.write_texts(services.fresh(one), {"问题": "新稿。"}, COMMAND)

    made = services.make(one, COMMAND, once(meanwhile), lambda: held.append(len(connection.savepoint_ids)))
    assert "新稿" in text_of(made) and "旧稿" not in text_of(made) and made.findings == []
    assert held == [depth + 1]
    # A figure typed over meanwhile is in it too.
    key = made.figures.get().key
    made = services.make(
        made, COMMAND, once(lambda: services.type_over(services.fresh(made), key, "7", "来函", COMMAND))
    )
    assert "开工7个（人工填报）" in text_of(made)

    # Passed on meanwhile: nothing is written.
    def passed_on():
        records.update(services.fresh(made), {"status": "checked"}, COMMAND)

    with pytest.raises(IllegalTransition, match="待签发"):
        services.make(made, COMMAND, once(passed_on))
    assert services.fresh(made).word == made.word
    records.update(services.fresh(made), {"status": "draft"}, COMMAND)
    turns = iter(range(100))

    def unquiet(done: int, total: int) -> None:
        services.write_texts(services.fresh(made), {"问题": f"第{next(turns)}稿。"}, COMMAND)

    with pytest.raises(IllegalTransition, match="一再被修改"):
        services.make(made, COMMAND, unquiet)


def test_texts_that_are_not_in_the_paper_keep_it_back_until_it_is_made_again(client, monkeypatch):
    one = report(template("{{填写|问题}}", "开工{{project.started|个}}"))
    one = services.make(services.write_texts(one, {"问题": "旧稿。"}, COMMAND), COMMAND)
    seen = services.seen_of(one.texts)
    two = services.write_texts(one, {"问题": "新\0稿。"}, COMMAND, seen)
    assert two.findings == [STALE] and two.texts == {"问题": "新稿。"}
    # The same once more is no conflict; other words over words one has not seen are.
    assert services.write_texts(two, {"问题": "新稿。"}, COMMAND, seen).version == two.version
    with pytest.raises(LostRace, match="已被他人修改"):
        services.write_texts(two, {"问题": "他稿。"}, COMMAND, seen)
    typed = services.type_over(two, two.figures.get().key, "3", "来函", COMMAND)
    assert typed.findings == [STALE]
    # A run that ends while somebody writes goes on until the paper has it.
    make, turns = services.make, []

    def slow(record, *rest):
        made = make(record, *rest)
        if not turns:
            turns.append(services.write_texts(services.fresh(made), {"问题": "末稿。"}, COMMAND))
        return made

    monkeypatch.setattr(services, "make", slow)
    run_now(services.MAKE_JOB, {"report": one.pk})
    made = services.fresh(one)
    assert made.findings == [] and "末稿" in text_of(made)
    # So does a title.
    made = records.update(made, {"title": "新标题"}, COMMAND)
    assert made.findings == [STALE]
    # On the page: a double click, and somebody else's words.
    client.force_login(user(Role.BUREAU_STAFF))
    body = {"seen": services.seen_of(made.texts), "text-0": "又一稿。"}
    for _ in range(2):
        answer = client.post(f"/work-reports/{one.pk}/texts/", body, follow=True)
        assert answer.status_code == 200 and "已保存，正在重新生成文稿" in answer.content.decode()
    answer = client.post(f"/work-reports/{one.pk}/texts/", body | {"text-0": "别的。"}, follow=True)
    assert "已被他人修改" in answer.content.decode() and services.fresh(one).texts == {"问题": "又一稿。"}


def test_a_number_is_typed_only_where_it_was_seen(client):
    one = report(template("开工{{project.started|个}}，交工{{project.handed_over|个}}"))
    with pytest.raises(ValidationError, match="还没有文稿"):
        services.type_over(one, "fact:project.started#number", "5", "来函", COMMAND)
    one = services.make(one, COMMAND)
    first = one.figures.get(ref=1)
    client.force_login(user(Role.BUREAU_STAFF))
    address = f"/work-reports/{one.pk}/figures/1/typed/"
    body = {"key": first.key, "seen": "0", "value": "5", "reason": "来\0函"}
    for _ in range(2):
        assert "已登记为人工填报" in client.post(address, body, follow=True).content.decode()
    assert one.hands.get().reason == "来函"
    # Another one who still sees the 0 is told; another figure that has the number meanwhile is not touched.
    page = client.post(address, body | {"value": "6", "reason": "电话"}, follow=True).content.decode()
    assert "刚刚已改为“5”" in page and one.hands.get().value == "5"
    answer = client.post(
        f"/api/work-reports/{one.pk}/figures/", {"ref": 1, "value": "6", "reason": "电话", "seen": "0"}
    )
    assert answer.status_code == 409
    other = one.figures.get(ref=2)
    client.post(address, {"key": other.key, "seen": "0", "value": "2", "reason": "来函"})
    assert {hand.key: hand.value for hand in one.hands.all()} == {first.key: "5", other.key: "2"}
    # An edited file that was made from another file is not read.
    one = services.fresh(one)
    file = edited(one, lambda document: put(document, 1, "9"))
    with pytest.raises(LostRace, match="已被他人更新"):
        services.take_edited(one, upload(file), COMMAND, "0" * 64)
    assert services.take_edited(one, upload(file), COMMAND, one.word).edited
    # The span is changed: there is no paper to type into.
    one = records.update(services.fresh(one), {"as_of": date(2024, 6, 30)}, COMMAND)
    page = client.post(address, body, follow=True).content.decode()
    assert "请先取数生成文稿" in page and "登记为人工填报</button>" not in page


def test_the_same_report_is_begun_once(client):
    of = template("开工{{project.started|个}}")
    client.force_login(user(Role.BUREAU_STAFF))
    body = {"template": of.pk, "first": "2024-01-01"}
    one = client.post("/work-reports/new/", body)
    two = client.post("/work-reports/new/", body, follow=True)
    there = Report.objects.get()
    assert one.url == two.redirect_chain[-1][0] == f"/work-reports/{there.pk}/"
    assert "已有同样的工作报告" in two.content.decode()
    answer = client.post("/api/work-reports/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["id"]) == (200, there.pk)
    # The page of spans that have ended leads to it, or to the form filled in.
    year = timezone.localdate().year - 1
    assert f"/work-reports/new/?template={of.pk}&amp;first={year}-01-01" in (
        page := client.get("/work-reports/begin/").content.decode()
    ), page
    days = {"first": date(year, 1, 1), "last": date(year, 12, 31), "as_of": date(year, 12, 31)}
    records.update(there, days, COMMAND)
    assert f'href="/work-reports/{there.pk}/"' in client.get("/work-reports/begin/").content.decode()
    # Of another place it is another report.
    client.post("/work-reports/new/", body | {"district": district("甲县").pk})
    assert Report.objects.count() == 2
    for _ in range(2):
        assert client.post(f"/work-reports/{there.pk}/make/").status_code == 302


# ------------------------------------------------------------------------------------------------- lights


def test_the_lists_of_tasks_show_their_lights_with_the_reason(client):
    plan, unit = sharing.plan(), factories.organization("county", name="甲县交通运输局")
    tasks = [sharing.task(plan=plan) for _ in range(2)]
    late = sharing.share(("印发方案", date(2026, 3, 31)), task=tasks[0], unit=unit)
    sharing.share(("年度总结", date(2026, 12, 15)), task=tasks[0])
    of = template("{{任务表}}", kind="month", title="月报")
    made = services.make(report(of, date(2026, 6, 1)), COMMAND)
    _, *lines = rows(made)
    assert [line[4:] for line in lines] == [
        ["红灯1家、绿灯1家", "甲县交通运输局：节点“印发方案”已逾期91天"],
        ["—", "未分解到单位"],
    ]
    figure = made.figures.get()
    assert figure.counted.count == 2 and made.findings == []
    client.force_login(user(Role.BUREAU_STAFF))
    assert "与“任务进度”页相同" in client.get(f"/work-reports/{made.pk}/figures/1/").content.decode()

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as told:
            assert client.get(address).status_code == 200
        return len(told)

    addresses = ("/task-shares/", "/api/task-shares/", "/task-shares/export/")
    few = [queries(address) for address in addresses]
    for _ in range(3):
        sharing.share(("方案", date(2026, 12, 15)), task=sharing.task(plan=plan))
    assert [queries(address) for address in addresses] == few
    page = client.get("/task-shares/").content.decode()
    assert "红灯：节点“印发方案”已逾期" in page
    told = client.get(f"/api/task-shares/{late.pk}/").json()
    assert told["light"].startswith("红灯：节点“印发方案”")
    assert Milestone.objects.count() == 5
