"""Sheets made from the schedule, spot-checks drawn, and the figures that results feed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from projects.assessments import generating
from projects.assessments.counting import missing_pass
from projects.assessments.periods import holding, read
from projects.models import Assessment, AssessmentSchedule, Candidacy, SpotCheckDraw, StandardVersion
from projects.models.assessment import draw
from supervision.flows import records
from supervision.flows.history import verify_chains
from supervision.jobs.services import run_now
from supervision.plan.services import compute
from supervision.rules.calendar import is_workday
from tests import factories
from tests.assessing import FULL, Crew, version
from tests.factories import COMMAND

D = Decimal
pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 20)


@pytest.fixture
def of():
    return version()


def schedule(of: StandardVersion, **facts) -> AssessmentSchedule:
    facts = {"subject": "contractor", "every": "quarter", "rechecked": True, "owner_every": "half"} | facts
    return records.create(AssessmentSchedule(standard=of.standard, **facts), COMMAND)


# ----------------------------------------------------------------------------------------------------- periods


def test_periods():
    assert [read(code).last for code in ("2026-02", "2026-Q2", "2026-H1", "2026")] == [
        date(2026, 2, 28), date(2026, 6, 30), date(2026, 6, 30), date(2026, 12, 31)
    ]  # fmt: skip
    assert holding("quarter", date(2026, 12, 31)).code == "2026-Q4"
    assert [read(f"2026-Q{n}").ends("half") for n in (1, 2, 3, 4)] == [False, True, False, True]
    for wrong in ("", "2026-13", "2026-Q5", "2026-H3", "26-Q1", "2026-1"):
        with pytest.raises(ValueError, match="期次应写作"):
            read(wrong)


# ---------------------------------------------------------------------------------------------- from the schedule


def test_each_section_gets_its_sheet_once(of):
    crew = Crew()
    crew.add_section("SG-2")
    crew.add_section("GONE", start_on=date(2024, 1, 2), end_on=date(2026, 3, 1))
    factories.section(factories.project(start_on=date(2026, 8, 1)))  # begins after the period
    schedule(of)
    made = generating.make_due(DAY)
    assert made.sheets == 2
    assert generating.make_due(DAY).sheets == 0
    sheet = Assessment.objects.get(section=crew.section)
    assert (sheet.period, sheet.course, sheet.status, sheet.due_on) == (
        "2026-Q2",
        "full",
        "self",
        sheet.self_due_on,
    )
    assert (
        date(2026, 6, 30)
        < sheet.self_due_on
        < sheet.recheck_due_on
        < sheet.owner_due_on
        < sheet.bureau_due_on
    )
    assert all(is_workday(getattr(sheet, f"{c}_due_on")) for c in ("self", "recheck", "owner", "bureau"))
    # What people set aside stays aside.
    crew.act(sheet, "owner", "cancel", opinion="本期停工")
    assert generating.make_due(DAY).sheets == 0
    assert generating.make_due(date(2026, 7, 5)).sheets == 3, "by then the other project is to begin"
    assert set(Assessment.objects.filter(period="2026-Q3").values_list("course", flat=True)) == {"recheck"}
    assert list(verify_chains()) == []


def test_supervisors_come_once_and_owners_are_checked_every_year(of):
    crew = Crew()
    crew.add_section("SG-2")
    schedule(of, subject="supervisor", rechecked=False)
    schedule(of, subject="owner", every="half", rechecked=False, owner_every="", bureau_every="year")
    generating.make_due(date(2026, 10, 10))
    sheets = {sheet.subject: sheet for sheet in Assessment.objects.all()}
    assert Assessment.objects.count() == 2, "one supervisor of two sections is one unit"
    assert sheets["supervisor"].unit == crew.offices["supervisor"] and sheets["supervisor"].course == "direct"
    assert sheets["owner"].drawn_on == date(2026, 7, 1) and "bureau" in sheets["owner"].columns


def test_the_nightly_job_and_the_shipped_schedule():
    call_command("load_standards", verbosity=0)
    assert AssessmentSchedule.objects.count() == 5
    call_command("load_standards", verbosity=0)
    assert AssessmentSchedule.objects.count() == 5
    Crew()
    run = run_now("assessments", {"day": "2026-06-15"})
    # contractor: month and quarter; supervisor; owner; 品质工程 of the project
    assert run.result["sheets"] == 5 and run.result["left"] == []
    assert run_now("assessments", {"day": "2026-06-15"}).result["sheets"] == 0


def test_a_schedule_that_makes_no_sense_is_refused(of):
    for facts, why in (
        ({"every": "half", "owner_every": "quarter"}, "更频繁"),
        ({"subject": "owner", "rechecked": False}, "不考核自己"),
        ({"subject": "supervisor"}, "监理复核"),
        ({"self_days": 30}, "依次不早于"),
    ):
        with pytest.raises(ValidationError, match=why):
            schedule(of, **facts)


# ------------------------------------------------------------------------------------------------------- draws


def test_a_draw_can_be_repeated_and_reaches_every_owner():
    population = [[pk, pk % 7] for pk in range(1, 201)]
    first = draw(population, D(10), "seed")
    assert first == draw(list(reversed(population)), D(10), "seed") != draw(population, D(10), "another")
    assert len(first) == 20 and {pk % 7 for pk in first} == set(range(7))
    assert len(draw(population, D("10.1"), "seed")) == 21, "never below the share"
    many = [[pk, pk] for pk in range(1, 31)]
    assert len(draw(many, D(10), "seed")) == 30, "every owner once, however small the share"
    assert draw([], D(10), "seed") == []


def test_drawn_sections_are_asked_for_a_spot_check(of, django_capture_on_commit_callbacks):
    crew = Crew()
    crew.add_section("SG-2")
    made = records.create(SpotCheckDraw(standard=of.standard, year=2026, percent=D(10)), COMMAND)
    assert made.population_count == 2 and made.chosen_count == 1 and len(made.seed) == 32
    assert made.chosen == draw(made.population, made.percent, made.seed)
    assert generating.lay_spot_checks(made) == 0, "no sheet of the year yet"
    schedule(of)
    assert generating.make_due(DAY).spots == 1
    sheet = Assessment.objects.get(drawn_on__isnull=False)
    assert sheet.section_id == made.chosen[0] and "bureau" in sheet.columns
    assert made.seed in records.last_event(sheet).reason
    assert generating.make_due(DAY).spots == 0


# ------------------------------------------------------------------------------------------------- what they feed


def assessed(crew: Crew, of: StandardVersion, section, marks=FULL, period="2026-Q2"):
    sheet = crew.sheet(of, section=section, period=period)
    for who, name in (("contractor", "submit_self"), ("supervisor", "submit_recheck")):
        crew.mark(sheet, who, **FULL)
        sheet = crew.act(sheet, who, name)
    crew.mark(sheet, "owner", **FULL | marks)
    passes = marks.get("A_1", "0") == "0"
    return crew.act(sheet, "owner", "pass_owner" if passes else "fail_owner")


def figure(**facts):
    target = factories.target(**facts)
    today = timezone.localdate()
    (result,) = compute(today, 2026, targets=[target])
    return result.total


def test_the_rate_of_passed_sections(of, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *a, **k: date(2026, 11, 20))
    crew = Crew()
    second, third = crew.add_section("SG-2"), crew.add_section("SG-3")
    assessed(crew, of, crew.section)
    assessed(crew, of, second, {"A_1": "40", "B_1": "50"})
    crew.sheet(of, section=third)
    rule = {"indicator": "section.assessed_passed", "parameters": {"family": "safe_site", "column": "owner"}}
    total = figure(**rule)
    assert (total.counted, len(total.population)) == ((crew.section.pk,), 3)
    # The last sheet of the year decides.
    assessed(crew, of, crew.section, {"A_1": "40", "B_1": "50"}, period="2026-Q4")
    assert figure(**rule).counted == ()
    rule["parameters"] |= {"column": "bureau"}
    assert figure(**rule).population == (), "nobody was drawn"


def test_a_passed_assessment_counts_where_the_target_says_so(of, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *a, **k: date(2026, 11, 20))
    crew = Crew()
    second = crew.add_section("SG-2")
    for section in (crew.section, second):
        factories.eligibility(section, "PAGD-CITY", 2026)
    factories.candidacy(
        second, "PAGD-CITY", 2026, declared_on=date(2026, 3, 1), decided_on=date(2026, 5, 1), named=True
    )
    assessed(crew, of, crew.section)
    plain = {"scheme": "PAGD-CITY", "stage": "creation"}
    for parameters, members in (
        (plain, (second.pk,)),
        (plain | {"assessment": "owner"}, tuple(sorted((crew.section.pk, second.pk)))),
        (plain | {"assessment": "bureau"}, (second.pk,)),
        (plain | {"assessment": "owner", "grade": "excellent"}, (crew.section.pk,)),
    ):
        total = figure(indicator="section.eligible_named", parameters=parameters)
        assert total.counted == members, parameters
        assert len(total.population) == 2


def test_a_name_may_ask_for_a_passed_assessment(of):
    crew = Crew()
    factories.scheme("PAGD-CITY", needs_assessment=True)
    row = factories.candidacy(crew.section, "PAGD-CITY", 2026)
    assert missing_pass(row) == ["没有2026年度合格的建设单位考核或主管部门抽查结果。"]
    assessed(crew, of, crew.section)
    assert missing_pass(Candidacy.objects.get(pk=row.pk)) == []
