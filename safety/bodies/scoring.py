"""The yearly score of a service body: no item loses more than it is worth, and one ground outweighs all marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

FAILED = "failed"


@dataclass(frozen=True)
class Scored:
    """`lines` are (item, full marks, deducted, left)."""

    lines: tuple[tuple[str, Decimal, Decimal, Decimal], ...]
    score: Decimal
    grade: str


def problems(sheet: Sequence[Mapping[str, Any]], deducted: Mapping[str, Any]) -> list[str]:
    """What is wrong with deductions by item, as Chinese sentences."""
    full = {row["item"]: Decimal(str(row["full"])) for row in sheet}
    found = []
    for item, points in deducted.items():
        if item not in full:
            found.append(f"评分表没有“{item}”，各项为：{'、'.join(full)}。")
            continue
        try:
            value = Decimal(str(points))
        except ArithmeticError:
            found.append(f"“{item}”的扣分应为数字。")
            continue
        if not value.is_finite() or not 0 <= value <= full[item]:
            found.append(f"“{item}”的扣分应在0与{full[item]}之间。")
    return found


def score(
    sheet: Sequence[Mapping[str, Any]],
    grades: Sequence[Mapping[str, Any]],
    deducted: Mapping[str, Any],
    vetoed: bool,
) -> Scored:
    """The sheet reckoned. The grades stand from the best to the worst, each with the least score that earns it."""
    lines = []
    for row in sheet:
        full = Decimal(str(row["full"]))
        lost = min(full, max(Decimal(0), Decimal(str(deducted.get(row["item"], 0)))))
        lines.append((row["item"], full, lost, full - lost))
    whole = sum((line[3] for line in lines), Decimal(0))
    grade = next(row["grade"] for row in grades if whole >= Decimal(str(row["at_least"])))
    return Scored(tuple(lines), whole, FAILED if vetoed else grade)
