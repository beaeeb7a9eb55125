"""What the history asks: found as computed by hand, asked once, by a constant number of statements, of nobody else."""

from __future__ import annotations

from datetime import date, datetime
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrity.controls import asking
from integrity.models import ControlQuestion, FundFinding
from quality.models import QualityDefect
from supervision.desk.models import Notice
from supervision.flows import history, records
from supervision.flows.history import Actor, verify_chains
from supervision.flows.perform import perform
from supervision.jobs.services import run_now
from supervision.people.models import Role
from supervision.rules.models import Holiday
from supervision.rules.shipped import rule

from . import factories, safety
from .factories import COMMAND

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
RULES = {
    "own_acceptance": {"cases": 1},
    "last_minute": {"cases": 3, "minutes": 60, "day_ends": "18:00"},
    "same_pair": {"cases": 5, "share": 80, "months": 3},
    "out_of_hours": {"cases": 3, "from": "20:00", "to": "07:00"},
    "bare_extension": {"cases": 1},
}


def acted(record, name: str, user, *when: int) -> None:
    """A transition in the record's history, at that time in Shanghai, as the portal would write it."""
    at = datetime(*when, tzinfo=SHANGHAI)
    with mock.patch.object(timezone, "now", lambda: at):
        history.write_events(
            [(record, {})], Actor.of(user, "page"), verb="transition", name=name, label=f"办理{name}"
        )


@pytest.fixture
def site():
    return safety.site()


def danger(site, day: date = date(2026, 3, 12), **facts):
    return site.danger(
        responsible_unit=site.unit("contractor"), deadline=day, found_on=date(2026, 1, 5), **facts
    )


def cases(check, year: int = 2026) -> list[tuple[int, int]]:
    """(cases, records told) of what a control finds."""
    return [(one.cases, len(one.records)) for one in check(year, RULES)]


def test_whoever_rectified_and_accepted_is_found(site):
    one, other = danger(site), danger(site)
    contractor, supervisor = site.people["contractor"], site.people["supervisor"]
    acted(one, "rectify", contractor, 2026, 3, 10, 9)
    acted(one, "accept", supervisor, 2026, 3, 10, 10)
    assert cases(asking.own_acceptance) == []
    acted(other, "rectify", supervisor, 2026, 3, 10, 9)
    acted(other, "accept", supervisor, 2026, 3, 10, 10)
    assert cases(asking.own_acceptance) == [(1, 1)]
    assert cases(asking.own_acceptance, 2025) == []
    # The other way round is no acceptance of one's own work.
    third = danger(site)
    acted(third, "accept", contractor, 2026, 3, 11, 9)
    acted(third, "rectify", contractor, 2026, 3, 11, 10)
    assert cases(asking.own_acceptance) == [(1, 1)]


def test_closing_within_minutes_of_the_last_day(site):
    inspector = site.people["inspector"]
    day = date(2026, 3, 12)
    for minute in (1, 59):
        acted(danger(site, day), "review", inspector, 2026, 3, 12, 17, minute)
    # Too early that day, after hours, and on another day.
    acted(danger(site, day), "review", inspector, 2026, 3, 12, 17, 0)
    acted(danger(site, day), "review", inspector, 2026, 3, 12, 18, 1)
    acted(danger(site, day), "review", inspector, 2026, 3, 11, 17, 30)
    # The unit's own supervisor is no inspector.
    acted(danger(site, day), "accept", site.people["supervisor"], 2026, 3, 12, 17, 30)
    assert cases(asking.last_minute) == []
    acted(danger(site, day), "review", inspector, 2026, 3, 12, 18, 0)
    assert cases(asking.last_minute) == [(3, 3)]


def test_the_same_pair_all_year(site):
    inspector, other = site.people["inspector"], factories.user(Role.INSPECTOR)
    for month in (1, 2, 3, 3):
        acted(danger(site), "review", inspector, 2026, month, 10, 10)
    assert cases(asking.same_pair) == []
    acted(danger(site), "review", inspector, 2026, 3, 11, 10)
    assert cases(asking.same_pair) == [(5, 5)]
    # 5 of 6 are 83.3 %, 5 of 7 are 71.4 %.
    acted(danger(site), "review", other, 2026, 3, 11, 10)
    assert cases(asking.same_pair) == [(5, 5)]
    acted(danger(site), "review", other, 2026, 4, 11, 10)
    assert cases(asking.same_pair) == []


def test_months_are_counted_over_both_loops(site):
    """Three cases of dangers in January and February, two of defects in March: three months, not two."""
    inspector = site.people["inspector"]
    for month, day in ((1, 10), (2, 10), (2, 11)):
        acted(danger(site), "review", inspector, 2026, month, day, 10)
    for day in (10, 11):
        facts = {
            "project": site.section.project,
            "section": site.section,
            "part": "3号墩",
            "description": "裂缝",
        }
        made = records.create(QualityDefect(responsible_unit=site.unit("contractor"), **facts), COMMAND)
        acted(made, "review", inspector, 2026, 3, day, 10)
    assert cases(asking.same_pair) == [(5, 5)]


def test_the_minutes_of_the_evening_count(site):
    inspector, one = site.people["inspector"], danger(site)
    rules = RULES | {"out_of_hours": {"cases": 3, "from": "18:30", "to": "07:45"}}

    def found(rules=rules):
        return [(one.cases, len(one.records)) for one in asking.out_of_hours(2026, rules)]

    for when in ((18, 0), (18, 29), (7, 45), (8, 0)):
        acted(one, "verify", inspector, 2026, 3, 12, *when)
    for when in ((18, 30), (7, 44)):
        acted(one, "verify", inspector, 2026, 3, 12, *when)
    assert found() == []
    acted(one, "verify", inspector, 2026, 3, 12, 7, 30)
    assert found() == [(3, 3)]
    # A span within one day is that span.
    assert found({"out_of_hours": {"cases": 1, "from": "07:00", "to": "07:45"}}) == [(2, 2)]


def test_approvals_at_night_and_on_days_off(site):
    inspector = site.people["inspector"]
    one = danger(site)
    Holiday.objects.update_or_create(date=date(2026, 3, 14), defaults={"name": "调休", "is_workday": True})
    Holiday.objects.update_or_create(date=date(2026, 3, 18), defaults={"name": "假", "is_workday": False})
    # 2026-03-14 is a Saturday that is worked, the 15th a Sunday, the 18th a Wednesday off.
    for when in ((2026, 3, 12, 7), (2026, 3, 12, 19, 59), (2026, 3, 14, 10)):
        acted(one, "verify", inspector, *when)
    for when in ((2026, 3, 12, 20), (2026, 3, 15, 10)):
        acted(one, "verify", inspector, *when)
    assert cases(asking.out_of_hours) == []
    acted(one, "verify", inspector, 2026, 3, 18, 10)
    assert cases(asking.out_of_hours) == [(3, 3)]
    # What the units do at night is not asked about.
    for hour in (1, 2, 3):
        acted(one, "rectify", site.people["contractor"], 2026, 3, 12, hour)
    assert cases(asking.out_of_hours) == [(3, 3)]


def test_an_extension_of_an_audits_finding_is_asked_about_like_any_other(site):
    section = site.section
    facts = {"project": section.project, "report": "审计报告1号", "description": "列支不规范"}
    one = records.create(FundFinding(**facts), COMMAND)
    owner, staff = factories.user(Role.OWNER), factories.user(Role.BUREAU_STAFF)
    acted(one, "request_extension", owner, 2026, 3, 10, 9)
    acted(one, "grant_extension", staff, 2026, 3, 11, 9)
    assert cases(asking.bare_extension) == [(1, 1)]


def test_an_extension_without_paper(site):
    inspector, contractor = site.people["inspector"], site.people["contractor"]
    bare, papered = danger(site), danger(site)
    for one in (bare, papered):
        acted(one, "request_extension", contractor, 2020, 3, 10, 9)
    safety.paper(papered, "文书")
    at = timezone.localtime()
    for one in (bare, papered):
        acted(one, "grant_extension", inspector, at.year + 1, 3, 10, 9)
    found = list(asking.bare_extension(at.year + 1, RULES))
    assert [(one.cases, one.records[0][1]) for one in found] == [(1, bare.pk)]


def test_the_night_asks_once_and_changes_nothing_else(site):
    inspector, reader = site.people["inspector"], factories.user(Role.DISCIPLINE)
    year = timezone.localdate().year
    one = danger(site)
    for hour in (1, 2, 3):
        acted(one, "verify", inspector, year, 1, 2, hour)
    before = type(one).objects.filter(pk=one.pk).values().get()
    run = run_now("integrity_controls", {})
    assert (run.state, run.result, run.message) == ("done", None, "")
    (question,) = ControlQuestion.objects.visible_to(reader)
    assert (question.control, question.cases, question.status) == ("out_of_hours", 3, "asked")
    assert question.threshold and question.rules == rule("integrity-controls")
    assert type(one).objects.filter(pk=one.pk).values().get() == before
    assert not Notice.objects.filter(user=inspector).exists()
    # The next night nothing is new; another case is added to the question that waits.
    assert asking.ask() == 0
    assert ControlQuestion.objects.get().version == question.version
    acted(one, "verify", inspector, year, 1, 2, 4)
    assert asking.ask() == 0 and ControlQuestion.objects.get().cases == 4
    # What a person has answered stays as answered.
    answered = perform(
        ControlQuestion.objects.get(), "explain", Actor.of(reader, "page"), {"answer": "汛期值班"}
    )
    acted(one, "verify", inspector, year, 1, 2, 5)
    assert asking.ask() == 0 and ControlQuestion.objects.get().cases == 4
    assert answered.answered_on == timezone.localdate()
    assert list(verify_chains("integrity.controlquestion")) == []
    for person in (
        inspector,
        site.people["bureau_staff"],
        factories.user(Role.BUREAU_LEADER),
        factories.user(Role.AUDIT_ADMIN),
    ):
        assert not ControlQuestion.objects.visible_to(person).exists()


def test_the_number_of_statements_does_not_grow(site):
    inspector = site.people["inspector"]

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as made:
            for check in asking.CHECKS:
                list(check(2026, RULES))
        return len(made)

    for hour in (1, 2, 3):
        acted(danger(site), "review", inspector, 2026, 3, 12, hour)
    first = statements()
    assert first < 20
    for month in (1, 2, 3, 4):
        for hour in (1, 2, 3):
            acted(danger(site), "review", inspector, 2026, month, 12, hour)
    # The pair that all is about by now asks for its records: one statement more for each loop, and for the name.
    second = statements()
    assert second <= first + 3
    for month in (5, 6, 7):
        for hour in (1, 2, 3):
            acted(danger(site), "review", inspector, 2026, month, 12, hour)
    assert statements() == second
