"""Rates of duties: by unit, by duty, by period, in one statement of sums each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from supervision.rules.numbers import percent

from ..models import DutyDue

WAYS = {
    "unit": ("单位", ("organization", "organization__name")),
    "duty": ("履职要求", ("duty", "duty__post", "duty__what")),
    "period": ("周期", ("per", "first", "last")),
}
STATES = {"due": "应完成", "done": "已完成", "missed": "未完成", "open": "未定", "ahead": "尚未开始"}
PERIODS = {"month": "月", "quarter": "季度", "half-year": "半年", "year": "全年"}


@dataclass(frozen=True)
class Asked:
    """What is looked at: a year as of a day, perhaps of one kind of units, district, unit, duty or period."""

    year: int
    as_of: date
    kind: str = ""
    district: int | None = None
    unit: int | None = None
    duty: int | None = None
    per: str = ""
    first: date | None = None

    def narrow(self, dues: QuerySet) -> QuerySet:
        chosen: dict[str, Any] = {
            "organization__kind": self.kind,
            "organization__district": self.district,
            "organization": self.unit,
            "duty": self.duty,
            "per": self.per,
            "first": self.first,
        }
        return dues.filter(year=self.year, **{name: value for name, value in chosen.items() if value})

    def where(self, state: str) -> Q:
        """The dues that stand so on the day. `due` are those decided: done, or over and not done."""
        done = Q(done_on__lte=self.as_of)
        return {
            "done": done,
            "missed": ~done & Q(last__lt=self.as_of),
            "open": ~done & Q(first__lte=self.as_of, last__gte=self.as_of),
            "ahead": ~done & Q(first__gt=self.as_of),
            "due": done | Q(last__lt=self.as_of),
        }[state]


def table(dues: QuerySet, asked: Asked, way: str) -> list[dict]:
    """A row for each unit, duty or period: counts by standing, and the rate of what is decided."""
    names = WAYS[way][1]
    counts = {state: Count("pk", filter=asked.where(state)) for state in STATES}
    rows = asked.narrow(dues).order_by().values(*names).annotate(**counts).order_by(*reversed(names))
    return [with_rate(dict(row)) | {"label": label(row, way)} for row in rows]


def label(row: dict, way: str) -> str:
    if way == "unit":
        return row["organization__name"]
    if way == "duty":
        return f"{row['duty__post']}：{row['duty__what']}"
    return f"{row['first']}至{row['last']}（{PERIODS[row['per']]}）"


def total(rows: list[dict]) -> dict:
    """The sum; its rate is of sums."""
    return with_rate({state: sum(row[state] for row in rows) for state in STATES} | {"label": "合计"})


def with_rate(row: dict) -> dict:
    return row | {"rate": percent(row["done"], row["due"])}


def dues_for(user) -> QuerySet:
    return DutyDue.objects.visible_to(user)
