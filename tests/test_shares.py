"""Tasks by unit: given once, filled from the ledgers, confirmed by another, urged when behind."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supervision.desk.models import Notice
from supervision.flows import perform, records
from supervision.flows.errors import IllegalTransition, LostRace, NotAllowed
from supervision.flows.history import Actor
from supervision.jobs.services import run_now
from supervision.papers.documents import registry
from supervision.papers.documents import services as documents
from supervision.people.models import Role, User
from supervision.plan.models import (
    Milestone,
    ShareFigure,
    ShareReport,
    TaskInterview,
    TaskShare,
    TaskUnit,
    TaskUrging,
)
from supervision.plan.shares import expanding, reports, scheduling
from supervision.plan.shares.groups import group_named
from supervision.plan.shares.looking import standing
from tests import factories, sharing
from tests.factories import COMMAND

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 15)


def today(monkeypatch, day: date) -> None:
    """From here on it is noon of `day`."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    monkeypatch.setattr(timezone, "now", lambda: noon)


def actor(user: User) -> Actor:
    return Actor.of(user, "page")


@pytest.fixture
def offices():
    """A bureau with two offices, a county with an owner in its district, and somebody in each."""
    bureau = factories.organization("bureau")
    lead = factories.organization("office", parent=bureau)
    other = factories.organization("office", parent=bureau)
    county = factories.organization("county")
    owner = factories.organization("owner", district=county.district)
    units = {"bureau": bureau, "lead": lead, "other": other, "county": county, "owner": owner}
    roles = {"bureau": Role.BUREAU_STAFF, "lead": Role.BUREAU_STAFF, "other": Role.BUREAU_STAFF}
    roles |= {"county": Role.COUNTY_STAFF, "owner": Role.OWNER}
    return {name: (unit, factories.user(roles[name], unit)) for name, unit in units.items()}


def planned(offices, unit: str = "county", **facts) -> TaskShare:
    share = sharing.share(
        ("印发方案", date(2026, 3, 31)),
        ("年度总结", date(2026, 12, 15)),
        task=facts.pop("task", None) or sharing.task(lead=offices["lead"][0]),
        unit=offices[unit][0],
        **facts,
    )
    return perform.perform(share, "plan", actor(offices[unit][1]), {"measures": "逐项落实"})


# ------------------------------------------------------------------------------------------- given to units


def test_names_become_units_once_and_closed_ones_are_left_out_with_a_word(offices):
    plan = sharing.plan()
    first, second = (sharing.task(plan=plan, lead=offices["lead"][0]) for _ in range(2))
    gone = factories.organization("county", is_active=False, name="已并入县局")
    for task in (first, second):
        records.create(TaskUnit(task=task, name="各县（区）交通运输局"), COMMAND)
        records.create(TaskUnit(task=task, name="局牵头处", organization=offices["lead"][0]), COMMAND)
    records.create(TaskUnit(task=first, name="各有关方面"), COMMAND)

    names = {name.text: name for name in expanding.preview(plan, 2026)}
    counties = names["各县（区）交通运输局"]
    assert counties.units == [offices["county"][0]] and counties.closed == [gone]
    assert gone.name in counties.word and (counties.new, counties.there) == (2, 0)
    assert names["各有关方面"].unknown and "未能识别" in names["各有关方面"].word

    # Nothing generic without a person's word.
    assert expanding.expand(plan, 2026, [], COMMAND) == 2
    assert expanding.expand(plan, 2026, ["各县（区）交通运输局", "各有关方面"], COMMAND) == 2
    assert expanding.expand(plan, 2026, ["各县（区）交通运输局"], COMMAND) == 0
    assert expanding.expand(plan, 2027, ["各县（区）交通运输局"], COMMAND) == 4
    share = TaskShare.objects.get(task=first, unit=offices["county"][0], year=2026)
    assert (share.lead, share.named_as) == (offices["lead"][0], "各县（区）交通运输局")


def test_builders_are_those_of_the_year_in_the_registry():
    section = factories.section(start_on=date(2025, 1, 1))
    project = section.project
    owner = factories.organization("owner")
    days = {"start_on": date(2025, 1, 1), "handover_on": date(2026, 5, 1)}
    records.update(project, days | {"owner": owner}, COMMAND)
    contractor = factories.organization("contractor")
    factories.participation(section, contractor, since=date(2025, 1, 1))
    found = group_named("各工程参建单位")
    assert {contractor, owner} <= set(found.members(2026))
    assert contractor not in found.members(2027)


# ------------------------------------------------------------------------------------------- who sees, who does


def test_a_share_is_its_units_own_and_its_leads_to_confirm(offices):
    share = planned(offices, "owner")
    people = {name: user for name, (_, user) in offices.items()}
    stranger = factories.user(Role.OWNER)
    seen = {name for name, user in people.items() if TaskShare.objects.visible_to(user).exists()}
    assert seen == set(people) and not TaskShare.objects.visible_to(stranger).exists()

    def may(name: str) -> set[str]:
        mine = TaskShare.objects.get(pk=share.pk)
        return {t.name for t in perform.open_to([mine], people[name])[share.pk]}

    # The county sees its district's owner and does not act for it; another office of the bureau does not lead.
    assert may("owner") == {"declare"} and may("county") == set() and may("other") == set()
    assert may("lead") == {"replan", "end"} == may("bureau")
    for step in share.milestones.all():
        perform.perform(step, "reach", actor(people["owner"]), {"done_on": date(2026, 3, 30).isoformat()})
    with pytest.raises(NotAllowed):
        perform.perform(share, "declare", actor(people["county"]), {"result": "完成"})
    share = perform.perform(share, "declare", actor(people["owner"]), {"result": "完成"})
    waiting = {
        name
        for name, user in people.items()
        if perform.waiting_for(TaskShare, user).filter(pk=share.pk).exists()
    }
    assert waiting == {"lead", "bureau"}
    assert perform.perform(share, "confirm", actor(people["lead"])).confirmed_on == timezone.localdate()


def test_who_declared_does_not_confirm(offices):
    """An office that leads and carries: another of its people confirms."""
    share = planned(offices, "lead")
    for step in share.milestones.all():
        perform.perform(step, "reach", actor(offices["lead"][1]), {"done_on": "2026-03-30"})
    share = perform.perform(share, "declare", actor(offices["lead"][1]), {"result": "完成"})
    with pytest.raises(NotAllowed):
        perform.perform(share, "confirm", actor(offices["lead"][1]))
    colleague = factories.user(Role.BUREAU_STAFF, offices["lead"][0])
    assert perform.perform(share, "confirm", actor(colleague)).status == "done"


# ------------------------------------------------------------------------------------------- reports


def test_a_report_says_what_the_ledgers_know_and_marks_what_is_typed(offices, monkeypatch):
    today(monkeypatch, TODAY)
    task = sharing.task(lead=offices["lead"][0], every="month", facts=["task.done", "task.urged", "fee.used"])
    share = planned(offices, "county", task=task)
    slip = records.create(TaskUrging(share=share, colour="yellow", reason="滞后"), COMMAND)
    perform.perform(slip, "issue", actor(offices["lead"][1]))

    period = reports.current_period(share, TODAY)
    report = reports.open_report(share, period, COMMAND)
    assert (report.period, report.report_by, report.place) == (
        "2026-07",
        date(2026, 8, 5),
        {"district": offices["county"][0].district_id},
    )
    assert reports.open_report(share, period, COMMAND).pk == report.pk
    figures = {figure.code: figure for figure in report.figures.all()}
    assert {code: figure.computed for code, figure in figures.items()} == {
        "task.done": 0,
        "task.urged": 1,
        "fee.used": 0,
    }
    # What is registered afterwards does not change the report; asked anew it does, and keeps the correction.
    urged = figures["task.urged"]
    with pytest.raises(ValidationError, match="更正理由"):
        reports.correct(report, {urged.pk: (Decimal(3), "")}, COMMAND)
    assert reports.correct(report, {urged.pk: (Decimal(3), "另有两份纸质")}, COMMAND) == 1
    again = records.create(TaskUrging(share=share, colour="red", reason="逾期"), COMMAND)
    perform.perform(again, "issue", actor(offices["lead"][1]))
    assert report.figures.get(code="task.urged").computed == 1
    perform.perform(report, "refill", actor(offices["county"][1]))
    urged = ShareFigure.objects.get(pk=urged.pk)
    assert (urged.computed, urged.value, urged.mark) == (2, 3, "人工更正")

    client = Client()
    client.force_login(offices["county"][1])
    page = client.get(f"/share-reports/{report.pk}/").content.decode()
    assert "人工更正" in page and "另有两份纸质" in page
    assert (
        "/facts/task.urged/?first=2026-07-01&amp;last=2026-07-31&amp;as_of=2026-07-15&amp;district=" in page
    )
    answer = client.post(
        f"/share-reports/{report.pk}/figures/", {f"typed-{urged.pk}": "多", f"reason-{urged.pk}": ""}
    )
    assert answer.status_code == 400

    report = ShareReport.objects.get(pk=report.pk)
    report = perform.perform(report, "submit", actor(offices["county"][1]), {"progress": "已排查"})
    assert client.post(f"/share-reports/{report.pk}/figures/", {}).status_code == 403
    assert perform.perform(report, "read", actor(offices["lead"][1])).status == "read"


def test_reports_of_ended_periods_come_by_themselves_and_people_are_reminded_once(offices, monkeypatch):
    today(monkeypatch, date(2026, 4, 20))
    share = planned(offices, task=sharing.task(lead=offices["lead"][0], every="month"))
    closed = planned(offices, "owner", task=sharing.task(every="month"))
    records.update(offices["owner"][0], {"is_active": False}, COMMAND)
    today(monkeypatch, date(2026, 7, 3))
    assert run_now("task_reports", {}).result == {
        "made": 3,
        "reminded": 3,
        "steps": 0,
        "campaigns": 0,
    }
    made = share.reports.order_by("period")
    assert [report.period for report in made] == [
        "2026-04",
        "2026-05",
        "2026-06",
    ] and not closed.reports.exists()
    assert run_now("task_reports", {}).result["made"] == 0
    told = Notice.objects.filter(user=offices["county"][1], key__startswith="share-report:")
    assert told.count() == 3 and told.filter(title__contains="已逾期").count() == 2
    today(monkeypatch, date(2026, 12, 10))
    assert run_now("task_reports", {}).result["steps"] == 1
    assert run_now("task_reports", {}).result["steps"] == 1
    steps = Notice.objects.filter(key__startswith="task-step:")
    assert [notice.user for notice in steps] == [offices["county"][1]]
    # Two are late: a yellow light that says so.
    (stands,) = standing([TaskShare.objects.get(pk=share.pk)], date(2026, 7, 3))
    assert stands.reports_late == 2


def test_of_two_who_correct_at_once_one_wins_and_the_other_is_told(offices, monkeypatch):
    today(monkeypatch, TODAY)
    task = sharing.task(lead=offices["lead"][0], every="month", facts=["task.done", "task.urged"])
    share = planned(offices, "county", task=task)
    report = reports.open_report(share, reports.current_period(share, TODAY), COMMAND)
    done, urged = report.figures.order_by("order")
    client, address = Client(), f"/share-reports/{report.pk}/figures/"
    client.force_login(offices["county"][1])
    shown = report.version
    assert f'name="version" value="{shown}"' in client.get(address).content.decode()

    def body(version: int, value: str, reason: str) -> dict:
        return {"version": version, f"typed-{done.pk}": value, f"reason-{done.pk}": reason}

    assert client.post(address, body(shown, "5", "来函\0甲")).status_code == 302
    answer = client.post(address, body(shown, "7", "来函乙"))
    page = answer.content.decode()
    assert answer.status_code == 409 and "办理“更正数据”" in page and "现为更正数 5（来函甲）" in page
    assert 'value="7"' in page and ShareFigure.objects.get(pk=done.pk).typed == 5
    # Having seen it, saving again is a choice.
    fresh = ShareReport.objects.get(pk=report.pk)
    assert client.post(address, body(fresh.version, "7", "来函乙")).status_code == 302
    # Handed in meanwhile: neither the report nor a figure changes; nor is it handed in over a correction unseen.
    stale, late = (ShareReport.objects.get(pk=report.pk) for _ in range(2))
    reports.correct(ShareReport.objects.get(pk=report.pk), {urged.pk: (Decimal(2), "补报")}, COMMAND)
    with pytest.raises(LostRace, match="更正数据"):
        perform.perform(stale, "submit", actor(offices["county"][1]), {"progress": "好"})
    perform.perform(
        ShareReport.objects.get(pk=report.pk), "submit", actor(offices["county"][1]), {"progress": "好"}
    )
    with pytest.raises(IllegalTransition, match="待审阅"):
        reports.correct(late, {urged.pk: (Decimal(9), "迟")}, COMMAND)
    with pytest.raises(IllegalTransition):
        reports.correct(ShareReport.objects.get(pk=report.pk), {urged.pk: (Decimal(9), "迟")}, COMMAND)
    assert ShareFigure.objects.get(pk=urged.pk).typed == 2


def test_what_is_handed_in_was_asked_at_the_end_and_says_what_moved_under_a_correction(offices, monkeypatch):
    today(monkeypatch, TODAY)
    task = sharing.task(lead=offices["lead"][0], every="month", facts=["task.urged", "task.done"])
    share = planned(offices, "county", task=task)
    report = reports.open_report(share, reports.current_period(share, TODAY), COMMAND)
    urged = report.figures.get(code="task.urged")
    assert (report.as_of, urged.computed) == (TODAY, 0)
    reports.correct(report, {urged.pk: (Decimal(3), "另有纸质")}, COMMAND)
    client = Client()
    client.force_login(offices["lead"][1])
    address = f"/share-reports/{report.pk}/"
    assert "更正后台账数" not in client.get(address).content.decode()
    for day in (date(2026, 7, 28), date(2026, 8, 2)):
        today(monkeypatch, day)
        slip = records.create(TaskUrging(share=share, colour="yellow", reason=f"{day}"), COMMAND)
        perform.perform(slip, "issue", actor(offices["lead"][1]))
    report = ShareReport.objects.get(pk=report.pk)
    report = perform.perform(report, "submit", actor(offices["county"][1]), {"progress": "已排查"})
    # The slip of July counts, that of August does not.
    urged = ShareFigure.objects.get(pk=urged.pk)
    assert (report.as_of, report.submitted_on) == (date(2026, 7, 31), date(2026, 8, 2))
    assert (urged.computed, urged.value) == (1, 3)
    client.force_login(offices["lead"][1])
    assert "更正后台账数由 0 变为 1" in client.get(address).content.decode()
    # Corrected anew, it is what was seen.
    report = perform.perform(report, "send_back", actor(offices["lead"][1]), {"opinion": "请核对"})
    reports.correct(report, {urged.pk: (Decimal(4), "另有纸质三份")}, COMMAND)
    assert reports.moved_under(report.figures.all()) == {}


def test_a_report_of_next_years_share_waits_for_that_year(offices, monkeypatch):
    today(monkeypatch, date(2026, 11, 20))
    task = sharing.task(lead=offices["lead"][0], every="month")
    share = sharing.share(task=task, unit=offices["county"][0], year=2027)
    records.create(Milestone(share=share, title="方案", planned_on=date(2027, 3, 1)), COMMAND)
    share = perform.perform(share, "plan", actor(offices["county"][1]), {"measures": "落实"})
    client = Client()
    client.force_login(offices["county"][1])
    assert f"/task-shares/{share.pk}/report/" not in client.get(f"/task-shares/{share.pk}/").content.decode()
    page = client.post(f"/task-shares/{share.pk}/report/", follow=True).content.decode()
    assert "2027年1月尚未开始" in page and not share.reports.exists()
    assert reports.current_period(share, date(2026, 11, 20)).code == "2027-01"
    assert reports.current_period(share, date(2028, 2, 1)).code == "2027-12"
    today(monkeypatch, date(2027, 2, 3))
    client.force_login(offices["county"][1])
    client.post(f"/task-shares/{share.pk}/report/")
    assert share.reports.get().period == "2027-02"


# ------------------------------------------------------------------------------------------- slips and talks


def test_a_slip_is_answered_by_the_unit_and_leads_to_a_talk(offices):
    share = planned(offices)
    lead, county = (actor(offices[name][1]) for name in ("lead", "county"))
    slip = records.create(
        TaskUrging(share=share, colour="red", reason="节点逾期40天", demand="限期完成"), lead
    )
    slip = perform.perform(slip, "issue", lead)
    assert slip.due_on == slip.answer_by > timezone.localdate()
    assert Notice.objects.filter(user=offices["county"][1], key__startswith="task-urging:").exists()
    assert not Notice.objects.filter(user=offices["owner"][1], key__startswith="task-urging:").exists()
    # The slip is the leading office's to write, not the unit's that it is about.
    with pytest.raises(NotAllowed):
        documents.draft(slip, "task-slip", county)
    assert documents.draft(slip, "task-slip", lead).contents["color"] == "红色"
    slip = perform.perform(slip, "reply", county, {"answer": "已安排"})
    with pytest.raises(NotAllowed):
        perform.perform(slip, "close", county)
    slip = perform.perform(slip, "talk", lead, {"opinion": "整改不力"})
    talk = TaskInterview.objects.get(urging=slip)
    assert slip.status == "talked" and "红色督办后仍未落实" in talk.reason
    facts = {"held_on": timezone.localdate(), "host": "主持人", "present": "甲、乙", "minutes": "指出问题"}
    talk = perform.perform(talk, "hold", lead, facts)
    texts = {
        code: registry.kind_of(code).make(record)
        for code, record in (("task-slip", slip), ("task-summons", talk), ("task-interview", talk))
    }
    assert (texts["task-slip"].color, texts["task-slip"].stage) == ("红色", "已经逾期")
    assert texts["task-interview"].present == ["甲", "乙"]
    talk = perform.perform(talk, "report", county, {"outcome": "已完成"})
    assert perform.perform(talk, "close", lead).status == "closed"
    finished = sharing.share()
    finished = perform.perform(
        finished, "end", actor(factories.user(Role.BUREAU_STAFF)), {"opinion": "任务调整"}
    )
    with pytest.raises(ValidationError, match="不再督办"):
        records.create(TaskUrging(share=finished, colour="blue", reason="临近"), COMMAND)


# ------------------------------------------------------------------------------------------- pages


def test_pages_take_the_same_queries_however_many_and_show_words_with_colours(offices):
    plan = sharing.plan()
    client, unit = Client(), Client()
    client.force_login(offices["lead"][1])
    unit.force_login(offices["county"][1])
    year = timezone.localdate().year

    def grow(number: int) -> None:
        for _ in range(number):
            task = sharing.task(plan=plan, lead=offices["lead"][0])
            sharing.share(("方案", date(year, 1, 1)), task=task, unit=offices["county"][0], year=year)
            sharing.share(("方案", date(year, 12, 31)), task=task, year=year)

    def queries(who: Client, address: str) -> int:
        with CaptureQueriesContext(connection) as told:
            assert who.get(address).status_code == 200
        return len(told)

    board, mine = f"/plan-tasks/?plan={plan.pk}", "/plan-tasks/mine/"
    grow(1)
    client.get(board), unit.get(mine)
    few = queries(client, board), queries(unit, mine)
    grow(4)
    assert (queries(client, board), queries(unit, mine)) == few
    page = client.get(f"{board}&tab=authorities").content.decode()
    assert "红灯：节点“方案”已逾期" in page and "绿灯" in page
    assert unit.get(mine).content.decode().count("已逾期") >= 5


def test_a_unit_orders_its_steps_and_cites_only_what_it_sees(offices):
    share = sharing.share(unit=offices["county"][0], task=sharing.task(lead=offices["lead"][0]))
    county, owner = Client(), Client()
    county.force_login(offices["county"][1])
    owner.force_login(offices["owner"][1])
    address = f"/task-shares/{share.pk}/steps/"
    assert owner.get(address).status_code == 404
    wrong = county.post(address, {"new0-title": "方案", "new0-day": "2027-01-05", "new1-day": "2026-02-01"})
    assert wrong.status_code == 400 and "应在2026年内" in wrong.content.decode()
    assert not Milestone.objects.exists()
    county.post(
        address,
        {"new0-title": "方案", "new0-day": "2026-03-01", "new1-title": "检查", "new1-day": "2026.6.1"},
    )
    step = share.milestones.get(title="方案")
    county.post(address, {f"{step.pk}-day": "2026-04-01"})
    step.refresh_from_db()
    assert (step.planned_on, step.moved) == (date(2026, 4, 1), "原定2026-03-01")

    # Of two who have the form open the second is told, and writes nothing over the first; so is who shows a step that
    # was moved elsewhere, and who comes after the task was declared.
    page = county.get(address).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert (
        county.post(address, {"seen": seen, "new0-title": "总结", "new0-day": "2026-12-01"}).status_code
        == 302
    )
    lost = county.post(address, {"seen": seen, f"{step.pk}-day": "2026-05-01", "new0-title": "验收"})
    assert lost.status_code == 409 and "办理“排定节点”" in lost.content.decode()
    lead = actor(offices["lead"][1])
    there, share = list(share.milestones.all()), TaskShare.objects.get(pk=share.pk)
    seen = scheduling.seen_of(share, there)
    records.update(Milestone.objects.get(pk=step.pk), {"planned_on": date(2026, 4, 9)}, lead)
    assert county.post(address, {"seen": seen, f"{step.pk}-day": "2026-05-01"}).status_code == 409
    line = {"key": "new0", "title": "迟到", "day": "2026-12-02", "note": "", "fixed": False}
    moved = {"key": str(step.pk), "title": "方案", "day": "2026-05-01", "note": "", "fixed": False}
    with pytest.raises(LostRace):
        scheduling.save(share, there, [line, moved], lead)
    share = TaskShare.objects.get(pk=share.pk)
    records.update(TaskShare.objects.get(pk=share.pk), {"status": "declared"}, COMMAND)
    with pytest.raises(IllegalTransition, match="不能再改动节点"):
        scheduling.save(share, there, [line], lead)
    records.update(TaskShare.objects.get(pk=share.pk), {"status": "asked"}, COMMAND)
    assert {one.title: one.planned_on for one in share.milestones.all()} == {
        "方案": date(2026, 4, 9),
        "检查": date(2026, 6, 1),
        "总结": date(2026, 12, 1),
    }

    cite = f"/task-shares/{share.pk}/cite/"
    hidden = sharing.share()
    county.post(cite, {"address": f"http://portal/task-shares/{hidden.pk}/"})
    county.post(cite, {"address": "javascript:alert(1)"})
    assert not share.citations.exists()
    county.post(cite, {"address": f"http://portal/tasks/{share.task_id}/", "note": "任务"})
    assert share.citations.get().ledger == "tasks"
    page = county.get(f"/task-shares/{share.pk}/").content.decode()
    assert "原定2026-03-01" in page and "填报本期进展" not in page  # not under way yet


def test_a_step_that_was_reported_is_neither_dropped_nor_undone_behind_the_lead_office(offices):
    share = planned(offices, "county")
    county = Client()
    county.force_login(offices["county"][1])
    first, *others = share.milestones.all()
    answer = county.post(f"/task-shares/{share.pk}/steps/", {f"{first.pk}-title": ""})
    assert answer.status_code == 400 and "不能取消" in answer.content.decode()
    assert Milestone.objects.filter(pk=first.pk).exists()
    for step in (first, *others):
        perform.perform(step, "reach", actor(offices["county"][1]), {"done_on": "2026-03-30"})
    perform.perform(share, "declare", actor(offices["county"][1]), {"result": "完成"})
    with pytest.raises(ValidationError, match="节点不能再改动"):
        done = Milestone.objects.get(pk=first.pk)
        perform.perform(done, "take_back", actor(offices["county"][1]), {"opinion": "再等等"})


def test_only_the_bureau_gives_tasks_to_units(offices):
    county = Client()
    county.force_login(offices["county"][1])
    assert county.get("/plan-tasks/expand/").status_code == 403
    assert county.post("/plan-tasks/expand/", {"generic": "各县（区）交通运输局"}).status_code == 403
