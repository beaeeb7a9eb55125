"""Grades at every boundary, and the clocks of reporting as arithmetic; no database."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.incidents.clocks import CITY, COUNTY, PHONE, PROVINCE, UNIT, WRITTEN, Said, clocks
from safety.incidents.grading import level_for

from .incidents import at

RULES = yaml.safe_load(
    (Path(__file__).parent.parent / "safety/data/incidents.yaml").read_text(encoding="utf-8")
)["rules"]
GRADES = next(row["content"] for row in RULES if row["code"] == "incident-grades")
LIMITS = next(row["content"] for row in RULES if row["code"] == "incident-reporting")
ORDER = ["", "general", "larger", "major", "extraordinary"]


def grade(deaths=0, hurt=0, loss="0") -> str:
    level = level_for(GRADES, deaths, hurt, Decimal(loss))
    return level["code"] if level else ""


@pytest.mark.parametrize(
    ("deaths", "code"),
    [
        (0, ""),
        (1, "general"),
        (2, "general"),
        (3, "larger"),
        (9, "larger"),
        (10, "major"),
        (29, "major"),
        (30, "extraordinary"),
    ],
)
def test_deaths(deaths, code):
    assert grade(deaths=deaths) == code


@pytest.mark.parametrize(
    ("hurt", "code"),
    [
        (1, "general"),
        (9, "general"),
        (10, "larger"),
        (49, "larger"),
        (50, "major"),
        (99, "major"),
        (100, "extraordinary"),
    ],
)
def test_serious_injuries(hurt, code):
    assert grade(hurt=hurt) == code


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        ("0", ""),
        ("0.01", "general"),
        ("9999999.99", "general"),
        ("10000000", "larger"),
        ("49999999.99", "larger"),
        ("50000000", "major"),
        ("99999999.99", "major"),
        ("100000000", "extraordinary"),
    ],
)
def test_direct_loss(loss, code):
    assert grade(loss=loss) == code


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 120), st.integers(0, 200_000_000))
def test_the_highest_of_the_three_counts(deaths, hurt, loss):
    alone = [grade(deaths=deaths), grade(hurt=hurt), grade(loss=str(loss))]
    assert grade(deaths, hurt, str(loss)) == max(alone, key=ORDER.index)


# ----------------------------------------------------------------------------------------------------- clocks


KNOWN = at(2026, 5, 6, 10)


def said(after: float, pk=1, **facts) -> Said:
    """A report of the unit filed so many minutes after it knew."""
    facts = {"by": UNIT, "to": CITY, "known_at": KNOWN} | facts
    return Said(id=pk, filed_at=KNOWN + timedelta(minutes=after), **facts)


def late(*reports: Said) -> dict[str, int]:
    now = KNOWN + timedelta(days=1)
    return {clock.code: clock.late_minutes(now) for clock in clocks(reports, LIMITS)}


@pytest.mark.parametrize(
    ("minutes", "phone", "written"),
    [(30, 0, 0), (30.02, 1, 0), (31, 1, 0), (60, 30, 0), (60.02, 31, 1), (90, 60, 30)],
)
def test_a_written_report_meets_both_clocks(minutes, phone, written):
    assert late(said(minutes)) == {PHONE: phone, WRITTEN: written}


@pytest.mark.parametrize(("called", "phone"), [(30, 0), (31, 1), (5, 0)])
def test_the_call_before_it_is_what_the_first_clock_asks(called, phone):
    assert late(said(60, called_at=KNOWN + timedelta(minutes=called))) == {PHONE: phone, WRITTEN: 0}


@pytest.mark.parametrize(
    "known",
    [at(2026, 5, 6, 23, 45), at(2026, 5, 31, 23, 45), at(2026, 12, 31, 23, 45), at(2028, 2, 29, 23, 45)],
    ids=["midnight", "month's end", "year's end", "leap day"],
)
def test_across_midnight_month_and_year_ends(known):
    def filed(after):
        one = Said(1, known + timedelta(minutes=after), UNIT, CITY, known_at=known)
        return {clock.code: clock for clock in clocks([one], LIMITS)}

    made = filed(30)
    assert made[PHONE].due.date() == (known + timedelta(minutes=30)).date() != known.date()
    assert made[PHONE].late_minutes(known) == made[WRITTEN].late_minutes(known) == 0
    assert filed(31)[PHONE].late_minutes(known) == 1
    assert filed(61)[WRITTEN].late_minutes(known) == 1


def test_the_earliest_statement_of_when_one_knew_counts_and_a_later_one_buys_no_time():
    assert late(said(50), said(55, 2, known_at=KNOWN + timedelta(minutes=40))) == {PHONE: 20, WRITTEN: 0}
    early = said(90, 2, known_at=KNOWN - timedelta(minutes=20))
    assert late(said(50), early) == {PHONE: 40, WRITTEN: 10}


def test_a_call_that_is_first_spoken_of_afterwards_buys_no_time():
    call = KNOWN + timedelta(minutes=10)
    assert late(said(50), said(90, 2, called_at=call)) == {PHONE: 20, WRITTEN: 0}
    # What the authority itself took down is proof of it.
    assert late(said(50), said(90, 2, called_at=call, written=False)) == {PHONE: 0, WRITTEN: 0}
    # Nor does it make an authority late that was told by the paper only.
    up = said(50 + 120, 3, by=COUNTY, to=CITY, known_at=None)
    assert late(said(50, to=COUNTY), said(90, 2, to=COUNTY, called_at=call), up)[COUNTY] == 0


def test_a_call_taken_down_by_an_authority_is_no_written_report():
    taken = said(40, written=False, called_at=KNOWN + timedelta(minutes=20))
    assert late(taken) == {PHONE: 0, WRITTEN: 24 * 60 - 60}
    assert late(taken, said(59, 2)) == {PHONE: 0, WRITTEN: 0}


@pytest.mark.parametrize(("minutes", "over"), [(120, 0), (121, 1)])
def test_each_level_has_two_hours_from_when_it_was_told(minutes, over):
    first = said(20, to=COUNTY)
    up = said(20 + minutes, 2, by=COUNTY, to=CITY, known_at=None)
    assert late(first, up)[COUNTY] == over
    assert CITY not in late(first, up)


def test_the_city_reports_on_only_from_when_the_grade_reaches_beyond_it():
    first = said(10)
    grave = said(300, 2, reach=PROVINCE)
    up = said(430, 3, by=CITY, to=PROVINCE, known_at=None, reach=PROVINCE)
    assert CITY not in late(first)
    assert late(first, grave, up)[CITY] == 10


def test_a_clock_set_back_makes_nothing_late_and_nothing_negative():
    assert late(said(-90)) == {PHONE: 0, WRITTEN: 0}
