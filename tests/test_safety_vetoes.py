"""经查实存在重大事故隐患: what the assessments read from the hidden dangers."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.assessments.rescoring import score_many
from projects.assessments.sheet import Sheet
from projects.assessments.summary import year_of
from projects.models import Assessment
from safety.models import HiddenDanger
from supervision.flows import records
from tests import factories, safety
from tests.assessing import FULL, Crew, fresh, version
from tests.factories import COMMAND

pytestmark = pytest.mark.django_db
IN_QUARTER = date(2026, 5, 11)


@pytest.fixture
def crew():
    return Crew()


@pytest.fixture
def sheet(crew):
    made = crew.sheet(version())
    crew.mark(made, "contractor", **FULL)
    return made


def danger(section, day=IN_QUARTER, grade="major", **facts) -> HiddenDanger:
    """A danger that was graded on `day` by its own flow."""
    place = safety.Site(section)
    with safety.today_is(day):
        made = place.danger(found_on=day, **facts)
        made = factories.change(made, judged=grade)
        name = "verify" if grade == "general" else "verify_major"
        unit = made.responsible_unit_id
        return place.act(made, name, "inspector", category="高处作业与临边防护", responsible_unit=unit)


def vetoes(sheet: Assessment) -> tuple[str, ...]:
    return Sheet(fresh(sheet)).result("self").vetoes


def test_a_proven_major_danger_fails_full_marks(crew, sheet):
    made = danger(crew.section)
    result = Sheet(fresh(sheet)).result("self")
    assert (result.score, result.verdict.passed) == (Decimal("100"), False)
    evidence = f"{made.number} 3号墩（2026-05-11 定为重大，尚未销号）"
    assert result.vetoes == (f"查实重大事故隐患：{evidence}",)


def test_what_is_not_proven_or_not_major_vetoes_nothing(crew, sheet):
    place = safety.Site(crew.section)
    danger(crew.section, grade="general")
    reported = place.danger()
    # Judged major by the questions, but not verified; then found untrue.
    reported = factories.change(reported, judged="major", grade="major")
    assert vetoes(sheet) == ()
    place.act(reported, "dismiss", "inspector", opinion="现场核实不存在")
    assert vetoes(sheet) == ()


def test_a_grade_that_a_dispute_took_back_vetoes_no_more(crew, sheet):
    place = safety.Site(crew.section)
    made = danger(crew.section)
    with safety.today_is(IN_QUARTER):
        made = place.act(made, "dispute", "contractor", opinion="现场已有防护")
        assert len(vetoes(sheet)) == 1, "it holds until the dispute is answered"
        made = place.act(made, "uphold_dispute", "inspector", opinion="异议成立")
        assert (made.grade, vetoes(sheet)) == ("", ())
        factories.change(made, judged="general")
        unit = made.responsible_unit_id
        place.act(made, "verify", "inspector", category="高处作业与临边防护", responsible_unit=unit)
    assert vetoes(sheet) == ()


def test_a_general_danger_raised_to_major_vetoes_from_that_day(crew, sheet):
    place = safety.Site(crew.section)
    made = danger(crew.section, date(2026, 3, 2), grade="general")
    with safety.today_is(date(2026, 6, 30)):
        place.act(made, "raise_grade", "inspector", clause="第五条")
    assert len(vetoes(sheet)) == 1


@pytest.mark.parametrize(
    ("major_on", "closed_on", "counts"),
    [
        (date(2026, 3, 31), None, True),
        (date(2026, 3, 31), date(2026, 4, 1), True),
        (date(2026, 3, 30), date(2026, 3, 31), False),
        (date(2026, 6, 30), date(2026, 8, 1), True),
        (date(2026, 7, 1), None, False),
    ],
)
def test_it_counts_in_the_periods_in_which_it_was_there(crew, sheet, major_on, closed_on, counts):
    made = danger(crew.section, major_on)
    if closed_on:
        factories.change(made, status="closed", closed_on=closed_on)
    assert bool(vetoes(sheet)) is counts


def test_another_section_is_not_touched_and_many_sheets_take_no_more_queries(crew, sheet):
    of = sheet.standard_version
    danger(crew.section)
    clean = crew.sheet(of, section=crew.add_section("SG-2"))
    crew.mark(clean, "contractor", **FULL)
    for each in Assessment.objects.all():
        records.update(each, {"owner_on": date(2026, 7, 1)}, COMMAND, clean=False)

    def asked(*sections: str) -> tuple[dict[str, bool], int]:
        rows = Assessment.objects.filter(section__code__in=sections)
        with CaptureQueriesContext(connection) as queries:
            found = {row.assessment.section.code: bool(row.result.vetoes) for row in score_many(rows, "self")}
        return found, len(queries)

    asked("SG-1")
    one, two = asked("SG-1"), asked("SG-1", "SG-2")
    assert two[0] == {"SG-1": True, "SG-2": False} and one[1] == two[1]
    half = year_of(crew.project, 2026, "safe_site").halves[0]
    assert {line.assessment.section.code: bool(line.result.vetoes) for line in half.lines} == two[0]
