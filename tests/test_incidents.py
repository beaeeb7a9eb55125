"""Incidents as they are filed, reported on, investigated and closed; times frozen where a clock matters."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import TestCase
from django.utils import timezone

from safety.incidents import facts, following
from safety.models import (
    HazardTrigger,
    HiddenDanger,
    Incident,
    IncidentClock,
    IncidentReport,
    NearMiss,
    ReportingFault,
)
from safety.models.incident import FOUR, THREE
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import SYSTEM
from supervision.flows.perform import available, perform

from . import safety
from .factories import COMMAND
from .incidents import at, clock_at, incident, measure, report
from .inspecting import put
from .safety import paper, today_is

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return safety.site()


def fresh(record):
    return type(record).objects.get(pk=record.pk)


def faults(of) -> list[tuple]:
    rows = ReportingFault.objects.filter(incident=of).order_by("pk")
    return [(row.kind, row.clock, row.late_minutes) for row in rows]


# -------------------------------------------------------------------------------------------------- the chain


def test_filing_is_the_first_report_and_what_it_said_is_never_changed(site):
    with clock_at(at(2026, 5, 6, 10, 20)):
        made = incident(
            site.section,
            site.actor("contractor"),
            happened_at=at(2026, 5, 6, 9, 50),
            known_at=at(2026, 5, 6, 10),
            deaths=1,
        )
    first = made.reports.get()
    assert (first.kind, first.seq, first.filed_at) == ("first", 1, at(2026, 5, 6, 10, 20))
    assert (first.by_level, first.to_level, first.written) == ("unit", "city", True)
    assert (made.grade, made.in_statistics, made.unit) == ("general", True, site.unit("contractor"))
    assert made.happened_on == date(2026, 5, 6)
    for name, value in (("happened_at", at(2026, 5, 6, 8)), ("known_at", at(2026, 5, 6, 10, 19))):
        with pytest.raises(ValidationError, match="以首报为准"):
            records.update(fresh(made), {name: value}, COMMAND)
    for name, value in (("known_at", at(2026, 5, 6, 10, 19)), ("deaths", 0), ("content", "改")):
        with pytest.raises(ValidationError, match="不能修改"):
            records.update(fresh(first), {name: value}, COMMAND, clean=False)
    assert fresh(first).deaths == 1 and faults(made) == []


def test_a_death_in_time_changes_the_grade_by_a_new_report_and_the_former_stands(site):
    with clock_at(at(2026, 5, 6)):
        made = incident(site.section, site.actor("contractor"), deaths=2, serious_injuries=3)
    with clock_at(at(2026, 6, 5, 23, 59)):
        second = report(made, site.actor("contractor"), kind="supplement", deaths=3)
    made = fresh(made)
    assert (made.deaths, made.serious_injuries, made.grade) == (3, 3, "larger")
    assert [(one.seq, one.grade, one.counts) for one in made.reports.order_by("seq")] == [
        (1, "general", True),
        (2, "larger", True),
    ]
    assert second.previous.seq == 1


@pytest.mark.parametrize(
    ("accident", "day", "changed_on", "counts"),
    [
        ("fall", date(2026, 6, 5), None, True),
        ("fall", date(2026, 6, 6), None, False),
        ("fall", date(2026, 6, 6), date(2026, 6, 5), True),
        ("fire", date(2026, 5, 13), None, True),
        ("fire", date(2026, 5, 14), None, False),
        ("traffic", date(2026, 5, 14), None, False),
    ],
)
def test_deaths_after_the_statutory_days_are_kept_but_do_not_grade(site, accident, day, changed_on, counts):
    with clock_at(at(2026, 5, 6, 0, 5)):
        made = incident(site.section, accident=accident, deaths=2)
    with today_is(day):
        later = report(made, kind="supplement", deaths=3, changed_on=changed_on)
    assert later.counts is counts and later.deaths == 3
    assert fresh(made).grade == ("larger" if counts else "general")


def test_what_the_investigation_finds_counts_whenever_and_is_the_authoritys(site):
    with clock_at(at(2026, 5, 6)):
        made = incident(site.section, deaths=1)
    with clock_at(at(2026, 9, 1)):
        with pytest.raises(ValidationError, match="主管部门"):
            report(made, site.actor("contractor"), kind="verdict", direct_loss=Decimal(12_000_000))
        report(made, site.actor("bureau_staff"), kind="verdict", direct_loss=Decimal("10000000"))
    assert fresh(made).grade == "larger"


def test_reports_stand_in_their_order_though_the_clock_was_set_back(site):
    with clock_at(at(2026, 5, 6, 12)):
        made = incident(site.section)
    with clock_at(at(2026, 5, 6, 11)):
        second = report(made)
    assert (second.seq, second.filed_at) == (2, at(2026, 5, 6, 12))
    # A telephone some minutes ahead of the portal keeps nobody from reporting, one a day ahead is a slip.
    with clock_at(at(2026, 5, 6, 12)):
        assert incident(site.section, happened_at=at(2026, 5, 6, 12, 9)).pk
        with pytest.raises(ValidationError, match="不能晚于现在"):
            incident(site.section, happened_at=at(2026, 5, 7, 12))


@pytest.mark.parametrize(
    ("facts_", "field"),
    [
        ({"happened_at": at(2026, 5, 6, 11), "known_at": at(2026, 5, 6, 10)}, "known_at"),
        ({"called_at": at(2026, 5, 6, 9), "known_at": at(2026, 5, 6, 11, 30), "happened_at": at(2026, 5, 6, 8)}, "called_at"),
        ({"happened_at": at(1899, 1, 1), "known_at": at(1899, 1, 1)}, "happened_at"),
    ],
)  # fmt: skip
def test_impossible_times_are_refused_by_name(site, facts_, field):
    with clock_at(at(2026, 5, 6)), pytest.raises(ValidationError) as told:
        incident(site.section, **facts_)
    assert field in told.value.message_dict
    assert not Incident.objects.exists() and not IncidentReport.objects.exists()


# --------------------------------------------------------------------------------------------- late, missing


@pytest.mark.parametrize(
    ("known", "filed", "found"),
    [
        (at(2026, 12, 31, 23, 40), at(2027, 1, 1, 0, 10), []),
        (at(2026, 12, 31, 23, 40), at(2027, 1, 1, 0, 11), [("late", "phone", 1)]),
        (at(2026, 5, 31, 23, 30), at(2026, 6, 1, 0, 30), [("late", "phone", 30)]),
        (
            at(2026, 5, 31, 23, 30),
            at(2026, 6, 1, 0, 30, 1),
            [("late", "phone", 31), ("late", "written", 1)],
        ),
    ],
)
def test_a_late_report_is_found_when_it_is_filed_and_shows_both_times(site, known, filed, found):
    with clock_at(filed):
        made = incident(site.section, site.actor("contractor"), happened_at=known, known_at=known)
    assert faults(made) == found
    for fault in ReportingFault.objects.all():
        assert (fault.start, fault.met, fault.unit) == (known, filed, site.unit("contractor"))
        assert f"{timezone.localtime(known):%Y-%m-%d %H:%M:%S}" in fault.basis
        assert f"{timezone.localtime(filed):%Y-%m-%d %H:%M:%S}" in fault.basis
        with pytest.raises(ValidationError, match="不能修改"):
            records.update(fault, {"met": known}, COMMAND, clean=False)


def test_what_did_not_come_is_found_once_however_often_and_wherever_the_clock_stands(site):
    known = at(2026, 12, 31, 23, 45)
    with clock_at(at(2026, 12, 31, 23, 50)):
        made = incident(
            site.section,
            site.actor("bureau_staff"),
            happened_at=known,
            known_at=known,
            called_at=at(2026, 12, 31, 23, 50),
        )
    assert made.reports.get().written is False
    assert following.watch(at(2027, 1, 1, 0, 45)) == 0
    assert following.watch(at(2027, 1, 1, 0, 45, 1)) == 1
    assert following.watch(at(2027, 1, 1, 0, 50)) == 0
    assert following.watch(at(2026, 12, 31, 23, 0)) == 0
    assert faults(made) == [("omitted", "written", 1)]
    # It comes after all: late as well, and the former stays.
    with clock_at(at(2027, 1, 1, 2, 45)):
        report(made, site.actor("contractor"))
    assert faults(made) == [("omitted", "written", 1), ("late", "written", 120)]
    assert following.watch(at(2027, 1, 2)) == 0


def test_a_later_story_of_the_times_is_a_question_and_moves_no_clock(site):
    with clock_at(at(2026, 5, 6, 10, 20)):
        made = incident(site.section, happened_at=at(2026, 5, 6, 9, 50), known_at=at(2026, 5, 6, 10))
    assert faults(made) == []
    with clock_at(at(2026, 5, 7)):
        report(made, kind="correction", known_at=at(2026, 5, 6, 10, 15))
    assert faults(made) == []
    assert IncidentClock.objects.get(incident=made, code="phone").start == at(2026, 5, 6, 10)
    with clock_at(at(2026, 5, 8)):
        report(made, kind="correction", happened_at=at(2026, 5, 6, 8), known_at=at(2026, 5, 6, 8, 30))
    assert faults(made) == [("late", "phone", 80), ("late", "written", 50), ("false", "", None)]
    basis = ReportingFault.objects.get(kind="false").basis
    assert "10:00" in basis and "08:30" in basis
    assert fresh(made).known_at == at(2026, 5, 6, 10)


def test_every_report_that_does_not_agree_is_a_question_of_its_own(site):
    with clock_at(at(2026, 5, 6, 10, 20)):
        made = incident(site.section, happened_at=at(2026, 5, 6, 9, 50), known_at=at(2026, 5, 6, 10))
    with clock_at(at(2026, 5, 7)):
        report(made, kind="correction", happened_at=at(2026, 5, 6, 8))
    with clock_at(at(2026, 5, 8)):
        report(made, kind="correction", happened_at=at(2026, 5, 5, 22))
    doubts = ReportingFault.objects.filter(incident=made, kind="false").order_by("pk")
    assert [(row.report.seq, row.basis[:10]) for row in doubts] == [
        (2, "第2次报告与以前不一"),
        (3, "第3次报告与以前不一"),
    ]
    # Dismissing the one leaves the other to be decided.
    site.act(doubts[0], "dismiss", "bureau_staff")
    assert [row.status for row in doubts.all()] == ["dismissed", "found"]


@pytest.mark.parametrize(("changed", "asked"), [(6, True), (7, False), (8, False)])
def test_casualties_a_former_report_should_have_told_are_a_question(site, changed, asked):
    with clock_at(at(2026, 5, 6, 10, 20)):
        made = incident(site.section, happened_at=at(2026, 5, 6, 9, 50), known_at=at(2026, 5, 6, 10))
    with clock_at(at(2026, 5, 7, 9)):
        report(made)
    with clock_at(at(2026, 5, 8, 9)):
        report(made, kind="supplement", deaths=1, changed_on=at(2026, 5, changed).date())
    doubt = ReportingFault.objects.filter(incident=made, kind="false").first()
    assert bool(doubt) == asked
    if asked:
        assert "已有死亡 1 人，此后所报的第2次报告为 0 人" in doubt.basis


def test_a_call_that_is_first_spoken_of_afterwards_is_a_question(site):
    with clock_at(at(2026, 5, 6, 10, 50)):
        made = incident(site.section, happened_at=at(2026, 5, 6, 10), known_at=at(2026, 5, 6, 10))
    assert faults(made) == [("late", "phone", 20)]
    with clock_at(at(2026, 5, 6, 12)):
        report(made, called_at=at(2026, 5, 6, 11, 55))
    assert faults(made) == [("late", "phone", 20)]
    with clock_at(at(2026, 5, 6, 13)):
        report(made, called_at=at(2026, 5, 6, 10, 5))
    assert faults(made) == [("late", "phone", 20), ("false", "", None)]
    assert "10:05" in ReportingFault.objects.get(kind="false").basis
    assert IncidentClock.objects.get(incident=made, code="phone").met == at(2026, 5, 6, 10, 50)


def test_the_county_has_two_hours_to_pass_it_on():
    site = safety.site(level="county")
    with clock_at(at(2026, 5, 6, 10, 20)):
        made = incident(
            site.section,
            site.actor("contractor"),
            known_at=at(2026, 5, 6, 10),
            happened_at=at(2026, 5, 6, 10),
        )
    assert made.reports.get().to_level == "county"
    assert set(made.clocks.values_list("code", flat=True)) == {"phone", "written", "county"}
    assert following.watch(at(2026, 5, 6, 12, 20)) == 0
    assert following.watch(at(2026, 5, 6, 12, 21)) == 1
    fault = ReportingFault.objects.get()
    # Held against no unit: the authority's own.
    assert (fault.clock, fault.unit) == ("county", None)


def test_an_incident_annulled_keeps_its_reports_and_faults(site):
    with clock_at(at(2026, 5, 6, 12)):
        made = incident(site.section, known_at=at(2026, 5, 6, 8), happened_at=at(2026, 5, 6, 8), deaths=1)
        made = site.act(made, "annul", "bureau_staff")
    assert (made.in_statistics, made.reports.count(), len(faults(made))) == (False, 1, 2)
    with pytest.raises(ValidationError, match="已撤销"):
        report(made)


def test_the_authority_is_told_in_red_at_once(site):
    staff = site.people["bureau_staff"]
    with TestCase.captureOnCommitCallbacks(execute=True):
        made = incident(site.section, site.actor("contractor"))
    told = Notice.objects.get(user=staff)
    assert (told.is_red, told.object_id) == (True, made.pk)


# ------------------------------------------------------------------------------------------- what follows


@pytest.mark.parametrize(
    ("figures", "asked"),
    [({"deaths": 1}, True), ({"serious_injuries": 3}, True), ({"serious_injuries": 2}, False), ({}, False)],
)
def test_deaths_and_serious_injuries_ask_for_the_hazards_anew(site, figures, asked):
    from .incidents import crane

    hazard = crane(site.section)
    made = incident(site.section, site.actor("contractor"), **figures)
    assert HazardTrigger.objects.filter(kind="accident").exists() is asked
    assert (fresh(hazard).trigger_on is not None) is asked
    assert (made.hazard_trigger_id is not None) is asked
    # Once: the second death does not ask again.
    report(made, kind="supplement", deaths=5)
    report(made, kind="supplement", deaths=6)
    assert HazardTrigger.objects.filter(kind="accident").count() == 1


def closing(site, made):
    """The incident brought to where it is to be closed."""
    made = site.act(made, "investigate", "bureau_staff", investigator="事故调查组")
    paper(made, "调查报告")
    made = site.act(made, "conclude", "bureau_staff", liability="liable", direct_cause="未系安全带。")
    return site.act(made, "approve", "bureau_staff")


def test_closing_waits_for_every_principle_and_every_measure(site):
    with clock_at(at(2026, 5, 6)):
        made = incident(site.section, deaths=1)
        made = closing(site, made)
        task = measure(made)
        staff = site.people["bureau_staff"]
        assert "close" not in {t.name for t in available(made, staff)}
        with pytest.raises(ValidationError) as told:
            site.act(made, "close", "bureau_staff")
        assert len(told.value.messages) == 8  # four, three, and the measure
        made = site.act(made, "check_four", "bureau_staff", **dict.fromkeys(FOUR, "已查清。"))
        made = site.act(made, "check_three", "bureau_staff", **dict.fromkeys(THREE, "已检查。"))
        with pytest.raises(ValidationError, match="还有1项整改措施未验收"):
            site.act(made, "close", "bureau_staff")
        with pytest.raises(ValidationError):
            site.act(made, "check_four", "bureau_staff", **(dict.fromkeys(FOUR, "已查清。") | {FOUR[2]: " "}))
        task = site.act(task, "hand_in", "contractor", done="已检查。")
        with pytest.raises(NotAllowed):
            site.act(task, "accept", "contractor")
        site.act(task, "accept", "bureau_staff")
        made = site.act(made, "close", "bureau_staff")
    assert (made.status, made.closed_on, made.evaluate_by) == ("closed", date(2026, 5, 6), date(2027, 5, 6))


def test_the_evaluation_is_asked_for_within_the_year(site):
    with today_is(date(2028, 2, 29)):
        made = incident(site.section, deaths=1)
        made = put(closing(site, made), status="closed")
    assert made.evaluate_by == date(2029, 2, 28)
    with pytest.raises(IllegalTransition):
        perform(fresh(made), "evaluate", site.actor("bureau_staff"), {"evaluation": "已落实"})
    assert following.ask_evaluations(date(2028, 12, 29)) == 0
    assert following.ask_evaluations(date(2028, 12, 30)) == 1
    assert following.ask_evaluations(date(2028, 12, 31)) == 0
    assert fresh(made).due_on == date(2029, 2, 28)
    with today_is(date(2029, 1, 5)):
        made = site.act(made, "evaluate", "bureau_staff", evaluation="措施均已落实。")
    assert made.status == "evaluated"


def test_an_investigation_is_extended_by_no_more_than_the_rule_allows(site):
    with today_is(date(2026, 5, 6)):
        made = site.act(incident(site.section), "investigate", "bureau_staff", investigator="调查组")
        assert made.due_on == date(2026, 7, 5)
        for day in (date(2026, 7, 5), date(2026, 9, 4)):
            with pytest.raises(ValidationError) as told:
                site.act(made, "extend", "bureau_staff", investigation_until=day)
            assert "investigation_until" in told.value.message_dict
        made = site.act(made, "extend", "bureau_staff", investigation_until=date(2026, 9, 3))
    assert made.due_on == date(2026, 9, 3)


def test_facts_for_the_credit_ledger(site):
    with clock_at(at(2026, 5, 6, 12)):
        made = incident(site.section, known_at=at(2026, 5, 6, 8), happened_at=at(2026, 5, 6, 8), deaths=1)
        incident(site.section)
        assert not facts.reporting_faults(date(2026, 1, 1), date(2026, 12, 31)).exists()
        fault = ReportingFault.objects.get(clock="written")
        site.act(fault, "confirm", "bureau_staff")
        site.act(ReportingFault.objects.get(clock="phone"), "dismiss", "bureau_staff")
    found = facts.reporting_faults(date(2026, 5, 6), date(2026, 5, 6)).get()
    assert (found.unit, found.kind, found.incident) == (made.unit, "late", made)
    assert not facts.reporting_faults(date(2026, 5, 7), date(2026, 12, 31)).exists()
    row = facts.by_unit_and_grade(2026).get()
    assert row == {"unit": made.unit_id, "grade": "general", "number": 1, "died": 1}
    assert not facts.by_unit_and_grade(2026, liable=True).exists()


# ------------------------------------------------------------------------------------------------ near misses


def test_a_near_miss_without_a_name_leads_to_nobody(site, client):
    user = site.people["contractor"]
    client.force_login(user)
    body = {
        "section": site.section.pk,
        "part": "便道",
        "description": "险些侧翻",
        "once": "k1",
        "anonymous": "on",
    }
    for _ in range(2):
        assert client.post("/near-misses/quick/", body).status_code == 302
    made = NearMiss.objects.get()
    event = records.events_of(made).get()
    assert (event.actor, event.actor_name, event.organization_name) == (None, "匿名", "")
    from supervision.ledgers.models import Submission

    assert not Submission.objects.exists()
    named = body | {"once": "k2", "anonymous": ""}
    client.post("/near-misses/quick/", named)
    assert records.events_of(NearMiss.objects.exclude(pk=made.pk).get()).get().actor == user


def test_a_near_miss_is_analysed_and_may_become_a_danger_once(site):
    made = records.create(
        NearMiss(project=site.section.project, section=site.section, part="便道", description="险些侧翻"),
        site.actor("contractor"),
    )
    made = site.act(made, "raise_danger", "contractor")
    made = site.act(made, "analyse", "contractor", cause="便道过窄", lesson="加宽")
    danger = HiddenDanger.objects.get()
    assert (made.danger, made.status, danger.source) == (danger, "analysed", "self_check")
    with pytest.raises(IllegalTransition):
        site.act(made, "raise_danger", "contractor")


def test_the_first_report_from_a_phone(site, client):
    client.force_login(site.people["contractor"])
    now = timezone.localtime()
    body = {
        "section": site.section.pk,
        "place": "3号墩",
        "accident": "fall",
        "happened_at": f"{now - timedelta(minutes=9):%Y-%m-%dT%H:%M}",
        "known_at": f"{now - timedelta(minutes=5):%Y-%m-%dT%H:%M}",
        "deaths": 0,
        "missing": 0,
        "serious_injuries": 1,
        "summary": "一人坠落，已送医。",
        "once": "k1",
    }
    for _ in range(2):
        assert client.post("/incidents/quick/", body).status_code == 302
    made = Incident.objects.get()
    assert made.known_at == (now - timedelta(minutes=5)).replace(second=0, microsecond=0)
    assert (made.grade, made.reports.get().by_unit) == ("general", site.unit("contractor").name)
    # Without a time it says what is missing, and nothing is filed.
    answer = client.post("/incidents/quick/", body | {"known_at": "", "once": "k2"})
    assert answer.status_code == 400 and Incident.objects.count() == 1
    assert SYSTEM.name == "系统"
