"""From rates and events to points, from points to a total and a grade. Exact fractions until the last rounding.

What a notice leaves open, and how it is done here (本系统设定):

* An item without a denominator (no such works, no such events to judge) is left out and marked. Its marks go to the
  other items of its dimension in proportion; where a whole dimension has none, to the other dimensions. So nobody
  gains or loses by what they do not have.
* Where fewer marks apply than the scheme asks for, there is a total and no grade.
* Bonus points never lift a total above the full hundred, deductions never take an item below zero.
* A veto decides the grade whatever the total is; the total stays to be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

FULL = 100
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """A scored item: its marks and the points before redistribution; None: left out."""

    dimension: str
    marks: Fraction
    points: Fraction | None


def rate_points(
    marks: Fraction, numerator: int, denominator: int, zero_at: Fraction, full_at: Fraction
) -> Fraction | None:
    """In proportion between the two rates (per cent); `full_at` below `zero_at` where less is better."""
    if not denominator:
        return None
    share = (Fraction(numerator * FULL, denominator) - zero_at) / (full_at - zero_at)
    return marks * min(max(share, Fraction(0)), Fraction(1))


def event_points(per_event: Fraction, cap: Fraction, events: Fraction) -> Fraction:
    """What so many events take or give."""
    return min(cap, per_event * events)


def shares(lines: Sequence[Line]) -> list[Fraction | None]:
    """Each line's points with the marks of what was left out spread over the others; None where left out."""
    whole, there = {}, {}
    for line in lines:
        whole[line.dimension] = whole.get(line.dimension, Fraction(0)) + line.marks
        if line.points is not None:
            there[line.dimension] = there.get(line.dimension, Fraction(0)) + line.marks
    standing = sum(whole[name] for name in there)
    return [
        None
        if line.points is None
        else line.points * whole[line.dimension] / there[line.dimension] * FULL / standing
        for line in lines
    ]


def total(lines: Sequence[Line], bonus: Fraction = Fraction(0)) -> Fraction | None:
    """Of a hundred; None where nothing applied."""
    found = [share for share in shares(lines) if share is not None]
    return min(sum(found) + bonus, Fraction(FULL)) if found else None


def applying(lines: Sequence[Line]) -> Fraction:
    """The marks of what applied."""
    return sum((line.marks for line in lines if line.points is not None), Fraction(0))


def rounded(value: Fraction) -> Decimal:
    """Two decimals, half up."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(CENT, ROUND_HALF_UP)


def grade(
    points: Decimal | None, vetoed: bool, thresholds: Iterable[tuple[str, Decimal]], lowest: str, none: str
) -> str:
    """The first grade whose threshold is reached; a veto is the lowest, and without a total there is none."""
    if vetoed:
        return lowest
    if points is None:
        return none
    return next((name for name, least in thresholds if points >= least), lowest)
