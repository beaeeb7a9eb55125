"""Judging of results, durability groups, control limits, incident grades: arithmetic by hand, no database."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.durability import judging as durability
from quality.durability.charting import control_lines
from quality.models import DigitCount
from quality.models.incident import grade_of
from quality.testing import judging

DATA = Path(judging.__file__).parents[1] / "data"


def shipped(name: str, code: str) -> dict:
    rules = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))["rules"]
    return next(row["content"] for row in rules if row["code"] == code)


CUBES = next(
    row
    for row in shipped("testing.yaml", "test-parameters")["parameters"]
    if row["name"] == "混凝土抗压强度（28d）"
)


@pytest.mark.parametrize(
    ("measured", "value", "outcome"),
    [
        ("35.2、36.1、34.8", "35.4", "passed"),  # mean 35.366…
        ("30.0、30.0、30.0", "30.0", "passed"),  # the limit itself
        ("29.9、29.9、30.0", "29.9", "failed"),
        ("30.0、34.5、30.0", "31.5", "passed"),  # 34.5 is exactly 15 % above the middle: still the mean
        ("30.0、34.6、29.0", "30.0", "passed"),  # one too far: the middle one
        ("25.4、30.0、34.6", None, "invalid"),  # both too far: no result
    ],
)
def test_cubes(measured, value, outcome):
    found = judging.judge(judging.read(measured, 1), CUBES, {"low": "30"})
    assert (found.value, found.outcome) == (None if value is None else Decimal(value), outcome)


@pytest.mark.parametrize(
    ("value", "outcome"), [("59.9", "failed"), ("60", "passed"), ("80", "passed"), ("80.1", "failed")]
)
def test_both_ends_of_a_band_belong_to_it(value, outcome):
    rules = {"representative": "mean", "places": 1}
    assert judging.judge([Decimal(value)], rules, {"low": "60", "high": "80"}).outcome == outcome


def test_results_are_rounded_to_even():
    assert judging.round_to(Decimal("30.25"), 1) == Decimal("30.2")
    assert judging.round_to(Decimal("30.35"), 1) == Decimal("30.4")
    assert judging.round_to(Decimal("30.251"), 1) == Decimal("30.3")


def test_what_cannot_be_read_is_named():
    with pytest.raises(ValueError, match="第2个实测值"):
        judging.read("35.2、甲、34.8", 1)
    with pytest.raises(ValueError, match="第1个实测值最多 1 位小数"):
        judging.read("35.25", 1)
    assert judging.read("３５．２；36.1 34.8", 1) == [Decimal("35.2"), Decimal("36.1"), Decimal("34.8")]


@given(st.lists(st.decimals("0", "99", places=1), min_size=3, max_size=3))
@settings(max_examples=60)
def test_what_a_group_says_is_one_of_its_kind(values):
    """The representative value lies within the group, whatever the order; and so does its key depend on order."""
    found = judging.representative(values, "cubes", 1, Decimal("0.15"))
    again = judging.representative(values[::-1], "cubes", 1, Decimal("0.15"))
    assert found == again
    if found is not None:
        assert min(values) - Decimal("0.1") <= found <= max(values) + Decimal("0.1")
    same = judging.series_key(values) == judging.series_key(values[::-1])
    assert same == (values == values[::-1])


LIMITS = shipped("durability.yaml", "durability-limits")


@pytest.mark.parametrize(
    ("indicator", "component", "measured", "design", "rate", "passed"),
    [
        ("strength", "梁板", "50、49.9", "50", "50.0", False),  # 99.8 % of the design is below it
        ("strength", "梁板", "50、55", "50", "100.0", True),
        ("cover", "梁板", "35、45、40、40、40、40、40、40、40、46", "40", "90.0", True),  # ±5 belong, 46 not
        ("cover", "梁板", "34、46、40、40、40、40、40、40、40、40", "40", "80.0", False),
        ("cover", "墩台身、墩柱", "30、50", "40", "100.0", True),  # ±10
        ("appearance", "梁板", "0、0.5、0.2", None, "100.0", True),
        ("appearance", "梁板", "0.6", None, "0.0", False),
    ],
)
def test_durability(indicator, component, measured, design, rate, passed):
    found = durability.judge(indicator, component, measured, design and Decimal(design), LIMITS)
    assert (found.rate, found.passed) == (Decimal(rate), passed)


def test_a_durability_rate_is_not_rounded_up_to_its_limit():
    # 1799 of 2000 points are 89.95 %: shown as 90.0, and yet below 90.
    text = "、".join(["40"] * 1799 + ["50"] * 201)
    found = durability.judge("cover", "梁板", text, Decimal(40), LIMITS)
    assert (found.rate, found.passed) == (Decimal("90.0"), False)


def test_control_lines():
    rules = shipped("durability.yaml", "durability-chart")
    assert control_lines([Decimal(1)] * 7, rules) is None
    # Means 1 and 3 in turn: centre 2, moving range 2, 3 × 2 ÷ 1.128 = 5.3191…
    found = control_lines([Decimal(1), Decimal(3)] * 4, rules)
    assert (found.centre, found.upper, found.lower) == (Decimal("2.00"), Decimal("7.32"), Decimal("-3.32"))


INCIDENTS = shipped("defects.yaml", "quality-incidents")


@pytest.mark.parametrize(
    ("loss", "deaths", "injuries", "grade"),
    [
        (None, None, None, "problem"),
        ("999999.99", 0, 0, "problem"),
        ("1000000", 0, 0, "general"),
        ("9999999.99", 0, 0, "general"),
        ("10000000", 0, 0, "larger"),
        ("50000000", 0, 0, "major"),
        ("99999999.99", 0, 0, "major"),
        ("100000000", 0, 0, "extraordinary"),
        ("0", 1, 0, "general"),
        ("0", 2, 0, "general"),
        ("0", 3, 0, "larger"),
        ("0", 9, 49, "larger"),
        ("0", 10, 0, "major"),
        ("0", 29, 0, "major"),
        ("0", 30, 0, "extraordinary"),
        ("0", 0, 10, "larger"),
        ("0", 0, 50, "major"),
        ("0", 0, 100, "extraordinary"),
        ("1000000", 3, 0, "larger"),  # the gravest of the three
    ],
)
def test_incident_grades_at_their_bounds(loss, deaths, injuries, grade):
    assert grade_of(loss and Decimal(loss), deaths, injuries, INCIDENTS) == grade


def test_chi_square_of_digits():
    assert DigitCount(**{f"d{n}": 30 for n in range(10)}).chi_square == 0
    # 40 of one digit, 20 of another: 2 × 100 ÷ 30 = 6.6667
    uneven = {f"d{n}": 30 for n in range(10)} | {"d0": 40, "d1": 20}
    assert DigitCount(**uneven).chi_square == Decimal("6.6667")
    assert DigitCount().chi_square == 0
