"""Grounds of failure proven after an assessment was settled: shown, marked, and overturned by a person."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from projects.assessments.counting import missing_pass
from projects.assessments.sheet import Sheet
from projects.models import Assessment, AssessmentResult, AssessmentVeto
from projects.standards.spec import Veto
from safety.models import HiddenDanger
from supervision.flows import perform, records
from supervision.flows.errors import NotAllowed
from supervision.jobs.services import run_now
from supervision.rules.models import RuleSet
from tests import factories, incidents, safety
from tests.assessing import FULL, Crew, fresh, spec, version
from tests.factories import COMMAND
from tests.test_assessments import names, passed_on, rectify

pytestmark = pytest.mark.django_db
IN_QUARTER = date(2026, 5, 11)


@pytest.fixture
def crew():
    return Crew()


@pytest.fixture
def settled(crew):
    """A sheet of the second quarter that the owner found in order."""
    sheet = passed_on(crew, crew.sheet(version()))
    crew.mark(sheet, "owner", **FULL | {"A_1": "8"})
    return crew.act(sheet, "owner", "pass_owner")


def proven(section) -> tuple[safety.Site, HiddenDanger]:
    """A major danger of the quarter; it becomes known when the sheet was settled already."""
    place = safety.Site(section)
    with safety.today_is(IN_QUARTER):
        return place, place.graded("major", found_on=IN_QUARTER)


def looked() -> int:
    """How many sheets the nightly job newly laid before the regulator."""
    return run_now("assessments", {}).result["vetoed"]


def waits_for(crew, who: str, sheet: Assessment) -> bool:
    return perform.waiting_for(Assessment, crew.actor(who).user).filter(pk=sheet.pk).exists()


def kept(sheet: Assessment) -> list[tuple]:
    rows = AssessmentResult.objects.filter(assessment=sheet, column="owner").order_by("attempt")
    return [(row.score, row.passed, row.superseded_on is None) for row in rows]


def test_it_is_put_before_the_regulator_and_a_person_overturns(crew, settled, client):
    assert looked() == 0 and not waits_for(crew, "inspector", settled)
    place, danger = proven(crew.section)
    assert (looked(), looked()) == (1, 0), "once marked it is not news the next night"
    sheet = fresh(settled)
    assert (sheet.passed, sheet.has_late_veto, kept(sheet)) == (True, True, [(Decimal(96), True, True)])
    assert waits_for(crew, "inspector", sheet) and not waits_for(crew, "owner", sheet)
    client.force_login(crew.people["bureau"])
    page = client.get(reverse("assessments:detail", args=[sheet.pk])).content.decode()
    assert danger.number in page and "尚未计入结论" in page and "按否决情形改判不合格" in page
    with pytest.raises(NotAllowed):
        crew.act(sheet, "owner", "overturn_first")
    sheet = crew.act(sheet, "inspector", "overturn_first", opinion="查实重大隐患")
    assert (sheet.status, sheet.passed, sheet.failures, sheet.has_late_veto) == ("rectify", False, 1, False)
    assert kept(sheet) == [(Decimal(96), True, False), (Decimal(96), False, True)]
    assert danger.number in AssessmentResult.objects.get(assessment=sheet, passed=False).vetoes[0]


def test_what_was_put_right_passes_the_re_assessment(crew, settled):
    place, danger = proven(crew.section)
    looked()
    sheet = rectify(crew, crew.act(settled, "inspector", "overturn_first"))
    owner = crew.actor("owner")
    assert "fail_owner_again" in names(sheet, owner), "the danger is still there"
    factories.change(danger, status="closed", closed_on=timezone.localdate())
    assert "pass_owner" in names(sheet, owner)
    sheet = crew.act(sheet, "owner", "pass_owner")
    assert (sheet.status, sheet.passed, looked()) == ("done", True, 0)


def test_after_an_earlier_failure_the_section_stops(crew):
    sheet = passed_on(crew, crew.sheet(version()))
    crew.mark(sheet, "owner", **FULL | {"A_1": "40", "B_1": "50"})
    sheet = rectify(crew, crew.act(sheet, "owner", "fail_owner"))
    crew.mark(sheet, "owner", A_1="0", B_1="0")
    sheet = crew.act(sheet, "owner", "pass_owner")
    proven(crew.section)
    assert looked() == 1
    assert {"overturn_again"} == names(fresh(sheet), crew.actor("bureau")) & {
        "overturn_first",
        "overturn_again",
    }
    sheet = crew.act(sheet, "bureau", "overturn_again")
    assert (sheet.failures, sheet.is_stopped) == (2, True)


def test_a_ground_that_fell_is_not_applied_and_its_mark_goes(crew, settled):
    place, danger = proven(crew.section)
    looked()
    with safety.today_is(IN_QUARTER):
        place.act(danger, "dispute", "contractor", opinion="现场已有防护")
        place.act(danger, "uphold_dispute", "inspector", opinion="异议成立")
    with pytest.raises(ValidationError, match="不再成立"):
        crew.act(settled, "inspector", "overturn_first")
    assert (looked(), fresh(settled).has_late_veto) == (0, False)


def test_a_ground_entered_by_hand_is_there_at_once(crew, settled):
    row = AssessmentVeto(assessment=settled, code="major_danger", evidence="列入名单文件")
    veto = records.create(row, COMMAND)
    assert waits_for(crew, "bureau", settled)
    records.update(veto, {"withdrawn_on": timezone.localdate(), "withdrawn_reason": "误报"}, COMMAND)
    assert not fresh(settled).has_late_veto and not waits_for(crew, "bureau", settled)


def test_no_name_on_a_result_that_is_to_be_overturned_or_was(crew, settled):
    year = settled.year
    factories.scheme("PAGD-CITY", needs_assessment=True)
    row = factories.candidacy(crew.section, "PAGD-CITY", year)
    assert missing_pass(row) == []
    proven(crew.section)
    looked()
    assert missing_pass(row) == ["2026年第2季度考核结论作出后查实了否决情形，须先办理改判。"]
    crew.act(settled, "bureau", "overturn_first")
    assert missing_pass(row) == ["2026年度最后一次考核（2026年第2季度）不合格。"]


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        ({}, True),
        ({"deaths": 9}, False),  # 较大
        ({"deaths": 30}, True),  # 特别重大
        ({"happened_at": incidents.at(2026, 3, 31, 23)}, False),
        ({"happened_at": incidents.at(2026, 7, 1, 0)}, False),
    ],
)
def test_a_grave_incident_counts_once_it_was_found_to_be_liable(crew, facts, counts):
    standard = version(spec(vetoes=(Veto("accident", "重特大责任事故", ("contractor",)),)))
    sheet = passed_on(crew, crew.sheet(standard), "contractor")
    filed = {"deaths": 10, "happened_at": incidents.at(2026, 5, 11)} | facts
    made = incidents.incident(crew.section, **filed)

    def vetoes() -> tuple[str, ...]:
        return Sheet(fresh(sheet)).result("self").vetoes

    assert vetoes() == ()
    factories.change(made, liability="liable")
    assert vetoes() == (), "the report is not approved yet"
    made = factories.change(made, replied_on=date(2026, 8, 3))
    assert bool(vetoes()) is counts
    if counts:
        assert vetoes()[0].startswith(f"重特大责任事故：{made.number} ")
    factories.change(made, liability="not_liable")
    assert vetoes() == ()


def test_the_days_of_a_step_are_a_rule_of_the_bureau(crew):
    facts = {"title": "考核各步办理期限", "confidence": "D", "effective_from": date(2026, 1, 1)}
    days = {"self": 5, "recheck": 0, "owner": 10, "bureau": 20, "rectify": 15}
    sheet = crew.sheet(version())
    crew.mark(sheet, "contractor", **FULL)
    monday = date(2026, 7, 6)
    with safety.today_is(monday):
        shipped = crew.act(sheet, "contractor", "submit_self")
        assert shipped.due_on == date(2026, 7, 13), "five working days"
        RuleSet.objects.create(code="assessment-steps", version="2", content={"days": days}, **facts)
        back = crew.act(sheet, "supervisor", "return_self")
        assert crew.act(back, "contractor", "submit_self").due_on == monday
