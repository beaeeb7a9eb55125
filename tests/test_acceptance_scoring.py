"""The marks of 交工, 鉴定 and 竣工验收: worked by hand, exact to the grade."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.acceptance import scoring
from quality.acceptance.scoring import Scored
from quality.models.acceptance import Grade

DATA = Path(__file__).resolve().parents[1] / "quality" / "data" / "acceptance.yaml"
RULES = {row["code"]: row["content"] for row in yaml.safe_load(DATA.read_text(encoding="utf-8"))["rules"]}
SCORES = RULES["acceptance-scores"]
D = Decimal


def stands(score, grade="") -> Scored:
    score = Fraction(score)
    return Scored("某", score, grade or scoring.grade_of(score, SCORES), "")


def test_a_part_by_hand():
    # (95 % × 3 + 80 % × 1) ÷ 4 × 100 = (285 + 80) ÷ 4 = 91.25, less 1.5 for appearance: 89.75
    found = scoring.part_score("基础", [("强度", 19, 20, D(3)), ("尺寸", 8, 10, D(1))], D("1.5"), SCORES)
    assert found.score == Fraction("89.75")
    assert found.grade == Grade.QUALIFIED
    assert found.arithmetic == "（95×3 + 80×1）÷（3 + 1） − 1.5 = 89.75"


def test_a_unit_a_section_and_a_project_by_hand():
    # (89.75 × 2 + 96 × 1) ÷ 3 = 275.5 ÷ 3 = 91.8333…
    unit = scoring.unit_score("桥", [(stands("89.75"), D(2)), (stands(96), D(1))], SCORES)
    assert unit.score == Fraction(551, 6)
    assert (scoring.marks(unit.score), unit.grade) == (D("91.83"), Grade.EXCELLENT)
    # (91.8333… × 3000 + 85 × 1000) ÷ 4000 = 90.125, less 0.5: 89.625
    section = scoring.section_score("一标", [(unit, D(3000)), (stands(85), D(1000))], D("0.5"), SCORES)
    assert section.score == Fraction("89.625")
    assert scoring.marks(section.score) == D("89.63")  # rounded half up, once
    assert section.grade == Grade.QUALIFIED
    # (89.625 × 1 + 93 × 3) ÷ 4 = 368.625 ÷ 4 = 92.15625
    project = scoring.project_score("项目", [(section, D("0.5")), (stands(93), D("1.5"))], SCORES)
    assert project.score == Fraction("92.15625")
    assert project.grade == Grade.EXCELLENT


def test_the_completion_by_hand():
    # 0.2 × 92 + 0.6 × 91 + 0.2 × 88 = 18.4 + 54.6 + 17.6 = 90.6
    quality = scoring.final_quality(Fraction(92), Fraction(91), D(88), SCORES)
    assert (quality.score, quality.grade) == (Fraction("90.6"), Grade.EXCELLENT)
    # 0.70 × 90.6 + 0.15 × 90 + 0.05 × (88 + 92 + 86) = 63.42 + 13.5 + 13.3 = 90.22
    whole = scoring.comprehensive(quality, D(90), D(88), D(92), D(86), SCORES)
    assert (whole.score, whole.grade) == (Fraction("90.22"), Grade.EXCELLENT)
    assert whole.arithmetic.endswith("= 90.22")


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ("90", Grade.EXCELLENT),
        ("89.999", Grade.QUALIFIED),  # reads 90.00
        ("75", Grade.QUALIFIED),
        ("74.999", Grade.FAILED),  # reads 75.00
        ("0", Grade.FAILED),
    ],
)
def test_grades_compare_unrounded(score, grade):
    assert scoring.grade_of(Fraction(score), SCORES) == grade


def test_a_project_is_excellent_only_where_its_works_are():
    works = scoring.final_quality(Fraction(89), Fraction(90), D(88), SCORES)  # 17.8 + 54 + 17.6 = 89.4
    whole = scoring.comprehensive(works, D(100), D(100), D(100), D(100), SCORES)  # 62.58 + 30 = 92.58
    assert (whole.score, whole.grade) == (Fraction("92.58"), Grade.QUALIFIED)


def test_works_that_failed_fail_the_project():
    works = scoring.final_quality(Fraction(74), Fraction(74), D(74), SCORES)
    whole = scoring.comprehensive(works, D(100), D(100), D(100), D(100), SCORES)  # 51.8 + 30 = 81.8
    assert (whole.score, whole.grade) == (Fraction("81.8"), Grade.FAILED)


def test_something_failed_below_fails_what_is_above():
    unit = scoring.unit_score("桥", [(stands(100), D(9)), (stands(70), D(1))], SCORES)
    assert (unit.score, unit.grade) == (97, Grade.FAILED)
    assert scoring.section_score("标", [(unit, D(1))], D(0), SCORES).grade == Grade.FAILED


def test_what_is_missing_is_said_and_no_score_given():
    unit = scoring.unit_score("桥", [(scoring.part_score("基础", [], D(0), SCORES), D(1))], SCORES)
    section = scoring.section_score("一标", [(unit, None)], D(0), SCORES)
    assert section.score is None and section.grade == ""
    assert "基础：没有已得分的抽查项目" in section.all_gaps()
    scored = scoring.section_score("一标", [(stands(80), None)], D(0), SCORES)
    assert scored.all_gaps() == ["一标：某未填投资额，不能加权"]


def test_a_part_without_a_score_is_not_left_out_of_the_mean():
    empty = scoring.part_score("基础", [], D(0), SCORES)
    assert scoring.unit_score("桥", [(stands(100), D(1)), (empty, D(1))], SCORES).score is None


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50), st.integers(1, 9)), min_size=1, max_size=6),
    st.integers(0, 15),
)
@settings(max_examples=60, deadline=None)
def test_a_score_lies_between_its_parts(rows, deducted):
    items = [
        (str(at), min(good, points), points, D(weight)) for at, (good, points, weight) in enumerate(rows)
    ]
    rates = [Fraction(good * 100, points) for _, good, points, _ in items]
    score = scoring.part_score("某", items, D(deducted), SCORES).score
    assert min(rates) - deducted <= score <= max(rates) - deducted
