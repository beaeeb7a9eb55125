"""What a figure amounts to: value, state and gap. Exact integers and fractions throughout."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

MET, REACHABLE, MISSED, NOT_APPLICABLE = "met", "reachable", "missed", "not_applicable"


@dataclass(frozen=True)
class Judgement:
    """value: per cent with one decimal, or the count; None without a denominator. gap: how many more members
    are needed, 0 when met, None when not applicable."""

    value: Decimal | None
    state: str
    gap: int | None


def per_cent(numerator: int, denominator: int) -> Decimal:
    """numerator / denominator in per cent, rounded half up to one decimal. The denominator is not zero."""
    tenths = (2 * 1000 * numerator + denominator) // (2 * denominator)
    return Decimal(tenths).scaleb(-1)


def judge(
    kind: str,
    numerator: int,
    denominator: int | None,
    undecided: int,
    threshold: Decimal | int,
    year_over: bool,
) -> Judgement:
    """Judge a figure.

    kind        "ratio": numerator of denominator against `threshold` per cent; "count": numerator against
                `threshold` as a number, the denominator is ignored
    undecided   members not in the numerator that still could be
    year_over   the last day of the year has passed, so nothing can change any more

    The state compares exact numbers: 3 of 5 meets 60 %, and 1499 of 2500 (59.96 %) does not, though its value
    is rounded to 60.0. A ratio without members is not applicable, whatever the threshold.
    """
    if kind == "ratio":
        if not denominator:
            return Judgement(None, NOT_APPLICABLE, None)
        value = per_cent(numerator, denominator)
        needed = ceil(Fraction(threshold) * denominator / 100)
    else:
        value = Decimal(numerator)
        needed = ceil(Fraction(threshold))
    gap = max(0, needed - numerator)
    if not gap:
        state = MET
    elif undecided >= gap and not year_over:
        state = REACHABLE
    else:
        state = MISSED
    return Judgement(value, state, gap)
