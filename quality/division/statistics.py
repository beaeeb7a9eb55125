"""Figures of evaluation and handover by district, unit, section or month: one statement for each of the two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from supervision.people.models import User
from supervision.rules.numbers import NOTHING

from ..models.acceptance import Grade, Handover
from ..models.division import Kind, Outcome
from ..models.evaluation import JUDGED, Evaluation
from .judging import rate_text

# code → label, the lookups to group by from an evaluation or handover, and those that name the group
BREAKDOWNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "district": ("县区", ("section__project__district__name",)),
    "unit": ("施工单位", ("unit__name",)),
    "section": ("标段", ("section__project__name", "section__code")),
    "month": ("月份", ("month",)),
}
COLUMNS = (
    "首轮评定（项）",
    "首轮合格（项）",
    "一次验收合格率",
    "评定（轮次）",
    "不合格（轮次）",
    "检查点数",
    "合格点数",
    "实测点合格率",
    "交工验收（标段）",
    "交工合格（标段）",
    "交工合格率",
)


@dataclass(frozen=True)
class Line:
    label: str
    cells: tuple[str, ...]


@dataclass
class Sums:
    first: int = 0
    first_passed: int = 0
    rounds: int = 0
    failed: int = 0
    points: int = 0
    good: int = 0
    decided: int = 0
    accepted: int = 0

    def add(self, row: dict[str, Any]) -> None:
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + (row.get(name) or 0))

    @property
    def cells(self) -> tuple[str, ...]:
        return (
            str(self.first),
            str(self.first_passed),
            rate_text(self.first_passed, self.first),
            str(self.rounds),
            str(self.failed),
            str(self.points),
            str(self.good),
            rate_text(self.good, self.points),
            str(self.decided),
            str(self.accepted),
            rate_text(self.accepted, self.decided),
        )


@dataclass(frozen=True)
class Table:
    head: str
    rows: tuple[Line, ...]
    total: Line


def evaluated(user: User, first: date, last: date, by: str) -> Iterable[dict[str, Any]]:
    """Rounds of 分项 judged from `first` to `last` as `user` sees them, summed by group in one statement."""
    rows = Evaluation.objects.visible_to(user).filter(
        status=JUDGED, judged_on__range=(first, last), division__kind=Kind.ITEM
    )
    if by == "month":
        rows = rows.annotate(month=TruncMonth("judged_on"))
    return (
        rows.order_by()
        .values(*BREAKDOWNS[by][1])
        .annotate(
            first=Count("pk", filter=Q(round=1)),
            first_passed=Count("pk", filter=Q(round=1, result=Outcome.PASS)),
            rounds=Count("pk"),
            failed=Count("pk", filter=Q(result=Outcome.FAIL)),
            # Named apart from the columns they sum: a sum called like a column would stand in the conditions.
            point_sum=Sum("points"),
            good_sum=Sum("good"),
        )
    )


def handed_over(user: User, first: date, last: date, by: str) -> Iterable[dict[str, Any]]:
    """Sections whose 交工验收 was decided from `first` to `last`, summed likewise."""
    rows = Handover.objects.visible_to(user).filter(status="decided", decided_on__range=(first, last))
    if by == "month":
        rows = rows.annotate(month=TruncMonth("decided_on"))
    return (
        rows.order_by()
        .values(*BREAKDOWNS[by][1])
        .annotate(decided=Count("pk"), accepted=Count("pk", filter=~Q(grade=Grade.FAILED)))
    )


def table(user: User, first: date, last: date, by: str) -> Table:
    """The table from `first` to `last`, both included, broken down by a key of BREAKDOWNS."""
    label, keys = BREAKDOWNS[by]
    groups: dict[tuple, Sums] = {}
    total = Sums()
    for row in [*evaluated(user, first, last, by), *handed_over(user, first, last, by)]:
        sums = row | {"points": row.get("point_sum"), "good": row.get("good_sum")}
        groups.setdefault(tuple(row[key] for key in keys), Sums()).add(sums)
        total.add(sums)
    lines = [
        Line(_named(key), sums.cells)
        for key, sums in sorted(groups.items(), key=lambda pair: tuple(map(str, pair[0])))
    ]
    return Table(label, tuple(lines), Line("合计", total.cells))


def _named(key: tuple) -> str:
    words = [f"{part:%Y-%m}" if isinstance(part, date) else str(part) for part in key if part is not None]
    return " ".join(words) or NOTHING
