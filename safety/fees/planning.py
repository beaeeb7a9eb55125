"""Writing a plan's grid: ten categories by twelve months."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from supervision.flows import records
from supervision.flows.errors import LostRace
from supervision.flows.history import Actor
from supervision.rules.numbers import parse_decimal

from ..models.fee_plan import FeePlan, FeePlanLine
from .rules import Category

CHANGED = "该计划在您打开后有人改动过，您填写的尚未保存；请核对后再次保存。"
Cell = tuple[str, int]
CELLS: tuple[Cell, ...] = tuple((code, month) for code in Category.values for month in range(1, 13))


def read(typed: Mapping[str, str]) -> tuple[dict[Cell, Decimal], list[str]]:
    """The amounts of a posted grid (fields named F01-1 to F10-12; empty is nothing), and what is wrong with it."""
    amounts: dict[Cell, Decimal] = {}
    wrong = []
    for code, month in CELLS:
        text = typed.get(f"{code}-{month}", "").strip()
        if not text:
            continue
        try:
            amount = parse_decimal(text, 2, f"{code} {month}月")
        except ValueError as error:
            wrong.append(f"{error}。")
            continue
        if amount < 0 or amount >= Decimal("1e13"):
            wrong.append(f"{code} {month}月的金额应在 0 与 10 万亿元之间。")
        elif amount:
            amounts[code, month] = amount
    return amounts, wrong


def save(
    plan: FeePlan, amounts: Mapping[Cell, Decimal], actor: Actor, *, seen: datetime | None = None
) -> int:
    """Make the plan's lines these amounts; returns how many lines changed. One transaction.

    seen   the plan's `updated_at` when the person opened its grid; not asked for when None
    Raises ValidationError once the plan was submitted, LostRace when somebody wrote to it since it was seen.
    """
    changed = 0
    with transaction.atomic():
        if seen is not None:
            mine = FeePlan._base_manager.filter(pk=plan.pk, updated_at=seen)
            if not mine.update(updated_at=timezone.now()):
                raise LostRace(CHANGED)
        lines = {
            (line.category, line.month): line
            for line in FeePlanLine.objects.filter(plan=plan).select_related(*FeePlanLine.text_joins)
        }
        fresh = [
            FeePlanLine(plan=plan, category=code, month=month, amount=amount)
            for (code, month), amount in amounts.items()
            if (code, month) not in lines
        ]
        records.create_many(fresh, actor, label="编制计划")
        changed += len(fresh)
        for cell, line in lines.items():
            amount = amounts.get(cell)
            if amount is None:
                records.delete(line, actor, reason="计划中删去")
                changed += 1
            elif amount != line.amount:
                records.update(line, {"amount": amount}, actor, label="编制计划")
                changed += 1
    return changed
