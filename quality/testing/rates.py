"""抽检合格率: which results count, and the table of a year by unit, material, month or district.

Counts are summed in SQL; a rate is of the summed counts, never a mean of rates, and 「—」 without any.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from supervision.people.models import User
from supervision.rules.models import RuleSet
from supervision.rules.numbers import percent
from supervision.rules.shipped import rule

from ..models import Test
from ..models.testing import Outcome, Purpose
from ..rules import RATE

FINAL = "final"


@dataclass(frozen=True)
class Breakdown:
    """Along what the table is broken down: the column, what its values are read as, the filter of the list."""

    label: str
    path: str
    name: str
    filter: str


BREAKDOWNS = {
    "unit": Breakdown("施工单位", "unit", "unit__name", "unit"),
    "material": Breakdown("试验对象", "material", "material", "material"),
    "month": Breakdown("月份", "tested_on__month", "tested_on__month", ""),
    "district": Breakdown(
        "县区", "section__project__district", "section__project__district__name", "section__project__district"
    ),
    "section": Breakdown("标段", "section", "section__code", "section"),
}


def counting_as_of(day: date, content: dict) -> QuerySet[Test]:
    """The results that count on a day: of spot-checks, not voided by then, of a chain of retests the first or the
    last one as the rules say. A group without result counts nowhere: it was made again."""
    kept = Q(voided_on__isnull=True) | Q(voided_on__gt=day)
    rows = Test.objects.filter(kept, purpose__in=content["purposes"], tested_on__lte=day)
    rows = rows.exclude(outcome=Outcome.INVALID)
    if content["counts"] == FINAL:
        later = Test.objects.filter(kept, retest_of=OuterRef("pk"), tested_on__lte=day)
        return rows.exclude(Exists(later))
    return rows.filter(after_failure=False)


@dataclass(frozen=True)
class Row:
    label: str
    count: int
    passed: int
    url: str
    failed_url: str

    @property
    def failed(self) -> int:
        return self.count - self.passed

    @property
    def rate(self) -> Decimal | None:
        return percent(self.passed, self.count)


@dataclass(frozen=True)
class Table:
    rows: list[Row]
    total: Row
    rules: RuleSet
    day: date

    @property
    def counts_final(self) -> bool:
        return self.rules.content["counts"] == FINAL

    @property
    def purposes(self) -> str:
        return "、".join(Purpose(code).label for code in self.rules.content["purposes"])


def table(user: User, year: int, by: str, day: date | None = None) -> Table:
    """The table of a year as far as `day` (default today), over what the person sees."""
    day = day or timezone.localdate()
    rules, how = rule(RATE, day), BREAKDOWNS[by]
    rows = counting_as_of(day, rules.content).filter(
        tested_on__year=year, pk__in=Test.objects.visible_to(user).values("pk")
    )
    keys = dict.fromkeys((how.path, how.name))
    if by == "section":
        keys["section__project__name"] = None
    found = rows.order_by().annotate(place=F(how.path)).values("place", *keys)
    found = found.annotate(count=Count("pk"), good=Count("pk", filter=Q(outcome=Outcome.PASSED)))
    made = [one(row, how, by, year) for row in sorted(found, key=lambda r: (-r["count"], str(r[how.name])))]
    if by == "month":
        made.sort(key=lambda row: int(row.label.removesuffix("月")))
    total = Row("合计", sum(r.count for r in made), sum(r.passed for r in made), address(year), "")
    return Table(made, total, rules, day)


def one(row: dict, how: Breakdown, by: str, year: int) -> Row:
    label = str(row[how.name] or "未登记")
    if by == "section":
        label = f"{row['section__project__name']} {label}"
    if by == "month":
        label = f"{label}月"
        url = address(year, month=row["place"])
        bad = address(year, month=row["place"], outcome="failed")
    else:
        given = {how.filter: row["place"]} if row["place"] else {}
        url, bad = address(year, **given), address(year, outcome="failed", **given)
    return Row(label, row["count"], row["good"], url, bad)


def address(year: int, month: int | None = None, **given: object) -> str:
    """The list of the tests of a year or month."""
    first = date(year, month or 1, 1)
    last = date(year, 12, 31) if month in (None, 12) else date(year, month + 1, 1) - date.resolution
    query = {"tested_on_after": first, "tested_on_before": last, "counting": "true", **given}
    return f"{reverse('tests:list')}?{urlencode(query)}"
