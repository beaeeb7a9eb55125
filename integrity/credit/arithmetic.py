"""The arithmetic of an evaluation, without a database: scores, grades, and what overrides them.

    T = ΣT_j / n        T_j = max(0, 100 − ΣA)            each bid begins with 100
    L = Σ(L_k · C_k) / ΣC_k                               each contract section, weighted by its price
    X = a·T + b·L − ΣQ                                    a, b = 0.2 / 0.8, 1 / 0 or 0 / 1

A score is cut, not rounded, to four places, so that what is shown never stands on the other side of a bound than
what was reckoned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

FULL, ZERO = Decimal(100), Decimal(0)
PLACES = Decimal("0.0001")
# What a column of marks holds; far beyond every bound.
MOST = Decimal(9999)
BID, PERFORMANCE, OTHER = "bid", "performance", "other"
WEIGHTED, LABORATORY, ACCUMULATE = "weighted", "laboratory", "accumulate"
DIRECT, DOWN = "D", "down"


class Line(NamedTuple):
    """What one record takes away. `effect` is "" for points, "D", "C" or "down" for what sets a grade."""

    id: int
    points: Decimal = ZERO
    effect: str = ""


@dataclass(frozen=True)
class Unit:
    """One bid or one contract section with what was held against the subject in it."""

    id: int
    kind: str
    price: Decimal | None = None
    lines: tuple[Line, ...] = ()

    @property
    def score(self) -> Decimal:
        return max(ZERO, FULL - sum((line.points for line in self.lines), ZERO))


@dataclass(frozen=True)
class Score:
    """X and its parts; `x` is None when there was nothing to evaluate."""

    x: Decimal | None
    bid: Decimal | None = None
    performance: Decimal | None = None
    other: Decimal = ZERO
    a: Decimal = ZERO
    b: Decimal = ZERO


def cut(value: Fraction | Decimal) -> Decimal:
    """Cut to four places towards zero."""
    part = Fraction(value)
    return (Decimal(part.numerator * 10**4 // part.denominator) / 10**4).quantize(PLACES, ROUND_DOWN)


def exact(value: Decimal | int) -> Fraction:
    return Fraction(value)


def mean(units: Sequence[Unit]) -> Fraction | None:
    """T: the plain mean of the units' scores."""
    # Sums of what has few places are exact; only the quotient is a fraction.
    return exact(sum((unit.score for unit in units), ZERO)) / len(units) if units else None


def by_price(units: Sequence[Unit]) -> Fraction | None:
    """L: the mean of the units' scores weighted by price; a unit without one makes it a plain mean of all."""
    if any(not unit.price for unit in units):
        return mean(units)
    if not units:
        return None
    total = sum((unit.price for unit in units), ZERO)
    return exact(sum((unit.score * unit.price for unit in units), ZERO)) / exact(total)


def weights_for(rules: Mapping[str, Any], bids: bool, sections: bool) -> tuple[Decimal, Decimal]:
    kind = "both" if bids and sections else BID if bids else PERFORMANCE
    a, b = rules["weights"][kind]
    return Decimal(a), Decimal(b)


def score(units: Iterable[Unit], others: Iterable[Line], rules: Mapping[str, Any]) -> Score:
    """X by the rule set's own way of reckoning."""
    units, taken = list(units), sum((line.points for line in others), ZERO)
    bids = [unit for unit in units if unit.kind == BID]
    sections = [unit for unit in units if unit.kind == PERFORMANCE]
    mode = rules["mode"]
    if mode == ACCUMULATE:
        return Score(cut(min(taken, MOST)), other=taken)
    if mode == LABORATORY:
        gammas = rules["gamma"]
        gamma = Decimal(gammas[min(len(sections), len(gammas) - 1)])
        own = max(Fraction(0), exact(FULL - taken))
        sites = mean(sections) or Fraction(0)
        x = own * (1 - exact(gamma)) + sites * exact(gamma)
        return Score(cut(x), None, cut(sites) if sections else None, taken, 1 - gamma, gamma)
    if not units:
        return Score(None, other=taken)
    a, b = weights_for(rules, bool(bids), bool(sections))
    t, performance = mean(bids), by_price(sections)
    x = exact(a) * (t or 0) + exact(b) * (performance or 0) - exact(taken)
    return Score(
        cut(max(Fraction(0), x)),
        None if t is None else cut(t),
        None if performance is None else cut(performance),
        taken,
        a,
        b,
    )


def grade_of(x: Decimal, bounds: Sequence[Mapping[str, Any]]) -> str:
    """The first bound from above that is reached; an `open` one must be passed."""
    for bound in bounds:
        least = Decimal(bound["min"])
        if x > least or (x == least and not bound.get("open")):
            return bound["grade"]
    return bounds[-1]["grade"]


def ladder(rules: Mapping[str, Any]) -> list[str]:
    """The grades of a rule set, the best first."""
    found = [bound["grade"] for bound in rules["bounds"]]
    return found[::-1] if rules["mode"] == ACCUMULATE else found


@dataclass(frozen=True)
class Before:
    """What is known of a subject besides this year's marks.

    prior      the grade of the year before, "" without one
    carried    how many years in a row it was carried over already
    parents    (kind, grade) of those it was merged of or split from this year: kind "merge" or "split"
    national   its grade in the nation-wide evaluation, for one that enters first
    bad        whether anything bad stands against it, for one that enters first
    """

    prior: str = ""
    carried: int = 0
    parents: tuple[tuple[str, str], ...] = ()
    national: str = ""
    bad: bool = False


@dataclass(frozen=True)
class Verdict:
    """The grade, the one the score alone gave, and in words why they differ. `basis` says what the grade rests on:
    "score", "carried", "first", "inherited" or ""."""

    grade: str
    by_score: str = ""
    basis: str = "score"
    reasons: tuple[str, ...] = field(default_factory=tuple)


def worst(grades: Iterable[str], order: Sequence[str]) -> str:
    """The lowest of some grades; "" for none. A joint venture has the lowest of its members'."""
    known = [grade for grade in grades if grade in order]
    return max(known, key=order.index) if known else ""


def lower(grade: str, order: Sequence[str], steps: int = 1) -> str:
    return order[min(order.index(grade) + steps, len(order) - 1)]


def judge(
    found: Score,
    lines: Iterable[Line],
    before: Before,
    rules: Mapping[str, Any],
    procedure: Mapping[str, Any],
) -> Verdict:
    """The grade of the year: direct D first, then the score with what lowers it, then how far it may rise."""
    order, effects = ladder(rules), [line.effect for line in lines if line.effect]
    reasons: list[str] = []
    if DIRECT in effects and DIRECT in order:
        by_score = grade_of(found.x, rules["bounds"]) if found.x is not None else ""
        return Verdict(DIRECT, by_score, "score", ("有直接定为D级的行为，优先于分值",))
    by_score, basis = "", "score"
    if rules["mode"] == ACCUMULATE:
        by_score = grade = grade_of(found.x or ZERO, rules["bounds"])
        twice = rules.get("twice")
        if twice and grade == twice["grade"] == before.prior:
            grade = twice["becomes"]
            reasons.append(f"连续两年{before.prior}，按{grade}")
        return Verdict(grade, by_score, basis, tuple(reasons))
    if found.x is None:
        grade, basis, why = without_result(before, order, procedure)
        reasons += why
        if not grade:
            return Verdict("", "", basis, tuple(reasons))
    else:
        by_score = grade = grade_of(found.x, rules["bounds"])
    for effect in effects:
        if effect == DOWN:
            grade = lower(grade, order)
            reasons.append(f"有降一级的行为，降为{grade}")
        elif effect in order and order.index(effect) > order.index(grade):
            grade = effect
            reasons.append(f"有直接定为{effect}级的行为")
    split = [one for kind, one in before.parents if kind == "split" and one in order]
    merged = [one for kind, one in before.parents if kind == "merge" and one in order]
    if basis == "score":
        for label, limit in (("分立前", worst(split, order)), ("合并各方中较低的", worst(merged, order))):
            if limit and order.index(grade) < order.index(limit):
                grade = limit
                reasons.append(f"不高于{label}等级{limit}")
        steps = procedure["upgrade_steps"]
        if before.prior in order and order.index(before.prior) - order.index(grade) > steps:
            grade = order[order.index(before.prior) - steps]
            reasons.append(f"上年度{before.prior}，一年最多升{steps}级")
    return Verdict(grade, by_score, basis, tuple(reasons))


def without_result(
    before: Before, order: Sequence[str], procedure: Mapping[str, Any]
) -> tuple[str, str, list[str]]:
    """The grade of a subject with no result this year: from those it came of, carried over for a year, else as one
    that enters first."""
    if limit := worst((grade for _, grade in before.parents), order):
        return limit, "inherited", [f"由合并、分立而来，按原等级（取较低者）{limit}"]
    if before.prior in order and before.carried < procedure["carry_years"]:
        return before.prior, "carried", [f"本年度无评价结果，延续上年度{before.prior}"]
    if before.national in order:
        return before.national, "first", [f"初次进入，按全国综合评价{before.national}"]
    entry = procedure["first_entry"]
    grade = entry["bad"] if before.bad else entry["clean"]
    why = "有不良记录" if before.bad else "无全国评价且无不良记录"
    return grade, "first", [f"初次进入，{why}，按{grade}"]
