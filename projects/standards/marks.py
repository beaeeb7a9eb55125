"""What an assessor gives an item, checked; and which marks of a sheet's four columns count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from supervision.rules.numbers import parse_decimal

from ..models.standard import MarkColumn
from .running import figure
from .spec import Item

COLUMNS: tuple[str, ...] = tuple(MarkColumn.values)


@dataclass(frozen=True)
class Mark:
    """What one assessor gave one item in one column.

    item            the item's key, "SGJC/1.1"
    deduction       points taken off; None on a check list and for an item that was opened but not answered
    not_applicable  the item leaves 实得 and 应得 alike; needs a reason
    conforms        on check lists: 符合 or not
    """

    item: str
    column: str = MarkColumn.SELF.value
    deduction: Decimal | None = None
    not_applicable: bool = False
    conforms: bool | None = None
    reason: str = ""

    @property
    def answered(self) -> bool:
        return self.not_applicable or self.deduction is not None or self.conforms is not None


def read_deduction(value: object, item: Item) -> Decimal:
    """A deduction as typed, checked: a number with at most two decimals, not negative, not above full marks.

    Raises ValueError with a Chinese sentence.
    """
    amount = parse_decimal(value, 2, "扣分", units=("分",))
    if amount < 0:
        raise ValueError("扣分不能是负数")
    if item.full is None:
        raise ValueError("符合性核查的条目不扣分")
    if amount > item.full:
        raise ValueError(f"扣分不能超过该项满分 {figure(Fraction(item.full))}")
    return amount


def mark_problems(mark: Mark, item: Item) -> list[str]:
    """What is wrong with one mark, as Chinese sentences; empty when it can be taken."""
    problems = []
    if mark.not_applicable:
        if item.mandatory:
            problems.append("必查项不能标为不适用")
        if not mark.reason.strip():
            problems.append("标为不适用须写明理由")
        if mark.deduction or mark.conforms is not None:
            problems.append("标为不适用的条目不能再扣分或判定")
        return problems
    if item.full is None:
        if mark.deduction is not None:
            problems.append("符合性核查的条目不扣分")
    elif mark.conforms is not None:
        problems.append("扣分制的条目不作符合性判定")
    elif mark.deduction is not None:
        try:
            read_deduction(mark.deduction, item)
        except ValueError as error:
            problems.append(str(error))
    if (mark.deduction or mark.conforms is False) and not mark.reason.strip():
        problems.append("扣分须写明理由" if mark.deduction else "不符合须写明理由")
    return problems


def in_column(marks: Iterable[Mark], column: str, *, inherit: bool = False) -> dict[str, Mark]:
    """The answered marks of one column by item key.

    With `inherit` an item that this column leaves open takes the last answer of an earlier column (a recheck that
    changes two items of forty). Raises ValueError when a column marks an item twice.
    """
    place = COLUMNS.index(column)
    found: dict[str, Mark] = {}
    for mark in marks:
        at = COLUMNS.index(mark.column)
        if not mark.answered or at > place or (at < place and not inherit):
            continue
        there = found.get(mark.item)
        if there is not None and there.column == mark.column:
            raise ValueError(f"条目 {mark.item} 在“{MarkColumn(mark.column).label}”中有两个评分")
        if there is None or COLUMNS.index(there.column) < at:
            found[mark.item] = mark
    return found
