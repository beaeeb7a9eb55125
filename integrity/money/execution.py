"""The arithmetic of special funds: execution rates, grades of an evaluation, and what is proposed from both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from supervision.rules.numbers import percent

CENT = Decimal("0.01")


def rate(executed: Decimal, budget: Decimal | None) -> Decimal | None:
    """Executed in per cent of the budget as it now is; None without a budget."""
    return percent(executed, budget)


def grade_of(score: Decimal, content: Mapping[str, Any]) -> str:
    """The grade of a score: the first line whose least is reached."""
    return next(row["name"] for row in content["grades"] if score >= Decimal(row["least"]))


@dataclass(frozen=True)
class Proposal:
    share: Decimal
    amount: Decimal
    reason: str


def propose(budget: Decimal, executed: Decimal, grade: str, content: Mapping[str, Any]) -> Proposal:
    """What is proposed for next year of this year's budget. The exact ratio decides, not the rounded one."""
    exact = executed * 100 / budget if budget else Decimal(0)
    share = next(Decimal(row["share"]) for row in content["steps"] if exact >= Decimal(row["rate"]))
    shown = rate(executed, budget)
    reason = f"执行率{'—' if shown is None else f'{shown}%'}，按{share:f}%安排"
    most = content["most"].get(grade)
    if most is not None and Decimal(most) < share:
        share = Decimal(most)
        reason += f"；绩效评价为“{grade}”，不高于{share:f}%"
    return Proposal(share, (budget * share / 100).quantize(CENT, ROUND_HALF_UP), reason)
