"""Golden cases of the evaluation, worked by hand, and what holds for all numbers. No database."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from integrity.credit import arithmetic as a
from integrity.credit import clocks, evaluating, standing
from integrity.credit.arithmetic import Before, Line, Unit

DATA = Path(a.__file__).resolve().parents[1] / "data"


def rules(code: str) -> dict:
    for name in ("credit_sets", "credit_procedure"):
        for row in yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))["rules"]:
            if row["code"] == code:
                return row["content"]
    raise LookupError(code)


GLSG, JJX, JJC, JCRY = (rules(f"credit-{code}") for code in ("glsg", "jjx", "jjc", "jcry"))
PROCEDURE = rules("credit-procedure")
# Tables whose keys are the cases themselves, looked up by the value of a column.
BY_GRADE = {"points", "signs", "items", "incident", "levels", "triggers"}


def lines(*points) -> tuple[Line, ...]:
    return tuple(Line(number, Decimal(str(one))) for number, one in enumerate(points))


def bid(*points) -> Unit:
    return Unit(1, a.BID, None, lines(*points))


def section(price, *points) -> Unit:
    return Unit(2, a.PERFORMANCE, Decimal(str(price)), lines(*points))


NEW = Before()


def judged(units, others=(), before=NEW, content=GLSG, effects=()):
    found = a.score(units, others, content)
    every = [line for unit in units for line in unit.lines] + list(others)
    every += [Line(99, effect=effect) for effect in effects]
    return found, a.judge(found, every, before, content, PROCEDURE)


# ---------------------------------------------------------------------------------------------- worked by hand


def test_two_bids_and_three_sections_of_different_prices():
    # T = (98 + 80) / 2 = 89. L = (100×1000 + 90×3000 + 76×500) / 4500 = 408000 / 4500 = 90.6666…
    # X = 0.2×89 + 0.8×90.6666… − 1 = 17.8 + 72.5333… − 1 = 89.3333…
    units = [bid(2), bid(20), section(1000), section(3000, 10), section(500, 20, 4)]
    found, verdict = judged(units, lines(1))
    assert (found.bid, found.performance) == (Decimal("89.0000"), Decimal("90.6666"))
    assert (found.a, found.b, found.other) == (Decimal("0.2"), Decimal("0.8"), 1)
    assert found.x == Decimal("89.3333")
    assert verdict.grade == "A"


def test_only_bids():
    # T = (100 + 94) / 2 = 97, a = 1: X = 97.
    found, verdict = judged([bid(), bid(6)])
    assert (found.x, found.a, found.b, found.performance) == (97, 1, 0, None)
    assert verdict.grade == "AA"


def test_only_performance():
    # L = (80×100 + 70×300) / 400 = 72.5, b = 1: X = 72.5.
    found, verdict = judged([section(100, 20), section(300, 30)])
    assert (found.x, found.a, found.b, found.bid) == (Decimal("72.5"), 0, 1, None)
    assert verdict.grade == "C"


def test_a_unit_never_falls_below_nothing():
    # A bid with 130 points against it counts 0, not −30: T = (0 + 100) / 2.
    found, verdict = judged([bid(40, 40, 50), bid()])
    assert found.x == 50
    assert verdict.grade == "D"


def test_direct_d_goes_before_a_score_of_98():
    found, verdict = judged([bid(2)], effects=["D"])
    assert found.x == 98
    assert (verdict.by_score, verdict.grade) == ("AA", "D")
    assert "优先于分值" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("taken", "x", "grade"),
    [
        ("15", "85.0000", "A"),
        ("15.05", "84.9500", "B"),
        ("15.01", "84.9900", "B"),
        ("5", "95.0000", "AA"),
        ("5.05", "94.9500", "A"),
        ("25", "75.0000", "B"),
        ("40", "60.0000", "C"),
        ("40.05", "59.9500", "D"),
    ],
)
def test_the_bounds(taken, x, grade):
    found, verdict = judged([section(1)], lines(taken))
    assert (found.x, verdict.grade) == (Decimal(x), grade)


def test_a_score_is_cut_and_not_rounded_over_a_bound():
    # L = (85×999999 + 84×1) / 1000000 = 84.999999: to two places it would read 85.00.
    found, verdict = judged([section(999999, 15), section(1, 16)])
    assert found.x == Decimal("84.9999")
    assert verdict.grade == "B"


def test_other_rule_sets_have_their_own_bounds():
    # Of supervisors 95 is not yet AA and 70 not yet B; of laboratories it is.
    assert a.grade_of(Decimal(95), JJX["bounds"]) == "A"
    assert a.grade_of(Decimal("95.0001"), JJX["bounds"]) == "AA"
    assert a.grade_of(Decimal(70), JJX["bounds"]) == "C"
    assert a.grade_of(Decimal(70), JJC["bounds"]) == "B"
    assert a.grade_of(Decimal(70), GLSG["bounds"]) == "C"


def test_a_laboratory_and_its_site_laboratories():
    # Two sites: γ = 0.4. W = 90×0.6 + (80 + 100)/2×0.4 = 54 + 36 = 90.
    found, verdict = judged([section(0, 20), section(0)], lines(10), content=JJC)
    assert (found.x, found.b, verdict.grade) == (90, Decimal("0.4"), "A")
    # None: γ = 0, W = W′.
    assert judged([], lines(4), content=JJC)[0].x == 96


def test_a_persons_points_add_up():
    assert judged([], lines(10, 9.5), content=JCRY)[1].grade == "正常"
    assert judged([], lines(10, 10), content=JCRY)[1].grade == "较差"
    assert judged([], lines(20, 20), content=JCRY)[1].grade == "差"
    # Two years 较差 running are 差.
    assert judged([], lines(20), before=Before("较差"), content=JCRY)[1].grade == "差"


def test_a_joint_venture_takes_the_lowest():
    assert a.worst(["AA", "B", "A"], standing.ENTERPRISE_LADDER) == "B"
    assert a.worst([], standing.ENTERPRISE_LADDER) == ""


def test_up_one_grade_a_year_and_down_as_far_as_it_goes():
    verdict = judged([bid()], before=Before("C"))[1]
    assert (verdict.by_score, verdict.grade) == ("AA", "B")
    assert verdict.reasons == ("上年度C，一年最多升1级",)
    assert judged([bid()], before=Before("A"))[1].grade == "AA"
    assert judged([bid(50)], before=Before("AA"))[1].grade == "D"


def test_one_that_lowers_a_grade_and_one_that_sets_it():
    assert judged([bid()], effects=["down"])[1].grade == "A"
    assert judged([bid()], effects=["down", "down"])[1].grade == "B"
    assert judged([bid()], effects=["C"])[1].grade == "C"
    # What is worse already stays so.
    assert judged([bid(45)], effects=["C"])[1].grade == "D"


def test_merged_takes_the_lower_and_split_not_more_than_it_was():
    merged = Before(parents=(("merge", "AA"), ("merge", "B")))
    assert judged([], before=merged)[1].grade == "B"
    assert judged([bid()], before=merged)[1].grade == "B"
    split = Before(parents=(("split", "A"),))
    assert judged([], before=split)[1] == a.Verdict(
        "A", "", "inherited", ("由合并、分立而来，按原等级（取较低者）A",)
    )
    assert judged([bid()], before=split)[1].grade == "A"
    assert judged([bid(20)], before=split)[1].grade == "B"


def test_no_result_this_year():
    # Carried over for a year, then as one that enters first.
    assert judged([], before=Before("A"))[1] == a.Verdict(
        "A", "", "carried", ("本年度无评价结果，延续上年度A",)
    )
    assert judged([], before=Before("B", carried=1))[1].basis == "first"


def test_first_entry():
    assert judged([], before=Before(national="C"))[1].grade == "C"
    assert judged([])[1].grade == "A"
    assert judged([], before=Before(bad=True))[1].grade == "B"


def test_direct_d_in_provinces_and_the_nation():
    assert standing.national([("D", True), ("A", False)]) == "C"
    assert standing.national([("D", True), ("D", True)]) == "D"
    # A D by score is no direct one.
    assert standing.national([("D", False)]) == ""


def test_every_shipped_rule_of_this_room_is_read_somewhere():
    """A number in a rule that no code reads would be a promise nobody keeps."""
    room = DATA.parent
    source = "".join(path.read_text(encoding="utf-8") for path in room.rglob("*.py"))
    shared = ("supervision/flows", "quality/flows", "quality/models")
    for folder in shared:
        source += "".join(path.read_text(encoding="utf-8") for path in (room.parent / folder).rglob("*.py"))

    def keys(content: dict):
        for key, value in content.items():
            if isinstance(key, str) and key.isascii() and key.islower() and key != "note":
                yield key
            if isinstance(value, dict):
                yield from keys(value)

    unread = set()
    for path in DATA.glob("*.yaml"):
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            names = {row["code"], *keys({k: v for k, v in row["content"].items() if k not in BY_GRADE})}
            unread |= {(row["code"], name) for name in names if not re.search(rf"[\"']{name}[\"']", source)}
    assert unread == set()


# ------------------------------------------------------------------------------------------- replaying a sheet


def sheet(**before) -> dict:
    return {
        "units": [
            {"id": 1, "kind": "bid", "name": "甲", "price": None, "lines": [[11, "GLSG1-12", "6", ""]]},
            {"id": 2, "kind": "performance", "name": "乙", "price": "1000", "lines": []},
        ],
        "others": [[12, "GSQB2-2", "5", ""], [13, "GLSG1-4", "0", "D"]],
        "before": {"prior": "", "carried": 0, "parents": [], "national": "", "bad": False} | before,
    }


def test_what_would_be_if_an_appeal_held():
    # X = 0.2×94 + 0.8×100 − 5 = 93.8; with the direct D it is D, without A; without the five points too 98.8, AA.
    now = evaluating.reckon(sheet(), GLSG, PROCEDURE)
    assert (now["score"], now["score_grade"], now["grade"]) == (Decimal("93.8"), "A", "D")
    without = evaluating.reckon(sheet(), GLSG, PROCEDURE, frozenset({13}))
    assert (without["score"], without["grade"]) == (Decimal("93.8"), "A")
    both = evaluating.reckon(sheet(), GLSG, PROCEDURE, frozenset({12, 13}))
    assert (both["score"], both["grade"]) == (Decimal("98.8"), "AA")
    # Who was C last year rises to B only.
    assert evaluating.reckon(sheet(prior="C"), GLSG, PROCEDURE, frozenset({12, 13}))["grade"] == "B"


# -------------------------------------------------------------------------------------------- terms and repair


V58, V36 = (
    (date(2023, 5, 1), rules("credit-repair")),
    (
        date(2026, 4, 1),
        next(
            row["content"]
            for row in yaml.safe_load((DATA / "credit_procedure.yaml").read_text(encoding="utf-8"))["rules"]
            if row["version"] == "发改委令第36号"
        ),
    ),
)
REPAIRS = [V58, V36]


@pytest.mark.parametrize(
    ("start", "level", "wanted"),
    [
        # General: two years of effect, but the 36 decree publishes for one at most.
        (date(2025, 6, 1), "general", date(2026, 5, 31)),
        # Over by the new decree before it came: published up to its eve.
        (date(2024, 6, 1), "general", date(2026, 3, 31)),
        # Over before it came.
        (date(2023, 6, 1), "general", date(2025, 5, 31)),
        (date(2025, 6, 1), "serious", date(2027, 5, 31)),
        (date(2026, 1, 10), "minor", date(2026, 3, 31)),
        (date(2026, 5, 6), "minor", None),
        (date(2026, 5, 6), "general", date(2027, 5, 5)),
    ],
)
def test_how_long_something_bad_is_published(start, level, wanted):
    until = clocks.effect_until(start, "", None, "bad", PROCEDURE)
    assert clocks.public_until(start, until, level, REPAIRS) == wanted


def test_from_when_repair_may_be_applied_for():
    start = date(2026, 1, 31)
    assert clocks.repair_from(start, "general", False, V58[1]) == date(2026, 4, 30)
    assert clocks.repair_from(start, "general", True, V58[1]) == date(2027, 1, 31)
    assert clocks.repair_from(start, "minor", False, V36[1]) == start
    assert clocks.repair_from(start, "general", True, V36[1]) == date(2026, 4, 30)
    assert clocks.repair_from(start, "serious", False, V36[1]) == date(2027, 1, 31)


def test_a_dynamic_d_lasts_a_year_and_not_less_than_its_penalty():
    start = date(2025, 9, 15)
    assert clocks.effect_until(start, "D", None, "bad", PROCEDURE) == date(2026, 9, 14)
    assert clocks.effect_until(start, "D", date(2026, 3, 1), "bad", PROCEDURE) == date(2026, 9, 14)
    assert clocks.effect_until(start, "D", date(2027, 3, 1), "bad", PROCEDURE) == date(2027, 3, 1)


# ------------------------------------------------------------------------------------------- what always holds

points = st.decimals(0, 130, places=2)
bids = st.builds(lambda some: bid(*some), st.lists(points, max_size=3))
sections = st.builds(
    lambda price, some: section(price, *some),
    st.decimals("0.01", 10**6, places=4),
    st.lists(points, max_size=3),
)
many = st.lists(bids | sections, min_size=1, max_size=8)


@given(many, st.lists(points, max_size=3))
def test_a_score_lies_between_its_parts_and_is_never_below_zero(units, taken):
    found = a.score(units, lines(*taken), GLSG)
    assert 0 <= found.x <= 100
    assert found.a + found.b == 1
    best = max(unit.score for unit in units)
    assert found.x <= best


@given(many, st.lists(points, max_size=2), points)
def test_more_taken_never_gives_more(units, taken, more):
    less = a.score(units, lines(*taken), GLSG).x
    assert a.score(units, lines(*taken, more), GLSG).x <= less


@given(st.fractions(0, 100, max_denominator=10**7))
def test_cutting_never_crosses_a_closed_bound(x):
    exact = next(row["grade"] for row in GLSG["bounds"] if x >= Fraction(row["min"]))
    assert a.grade_of(a.cut(x), GLSG["bounds"]) == exact
    assert 0 <= x - Fraction(a.cut(x)) < Fraction(1, 10**4)


@given(many, st.sampled_from(["", *standing.ENTERPRISE_LADDER]))
def test_nobody_rises_more_than_a_grade(units, prior):
    grade = judged(units, before=Before(prior))[1].grade
    order = list(standing.ENTERPRISE_LADDER)
    assert not prior or order.index(prior) - order.index(grade) <= 1


@given(many, st.lists(points, max_size=3), st.lists(st.sampled_from(["D", "down", "C", ""]), max_size=3))
def test_what_sets_a_grade_never_betters_it(units, taken, effects):
    with_them = judged(units, lines(*taken), effects=effects)[1].grade
    without = judged(units, lines(*taken))[1].grade
    order = list(standing.ENTERPRISE_LADDER)
    assert order.index(with_them) >= order.index(without)
