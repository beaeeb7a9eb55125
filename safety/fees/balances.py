"""Sums of booked entries, made in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import DecimalField, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from ..models.fee import FeeTerm
from ..models.fee_entry import BOOKED, FeeEntry
from .arithmetic import ACCRUAL, USE, ZERO, Totals, cents

MONEY = DecimalField(max_digits=18, decimal_places=2)


def of_accounts(accounts: Iterable[int] | QuerySet, day: date | None = None) -> dict[int, Totals]:
    """Account → its totals, of what was booked by `day` (default: at all); without those that have no entries."""
    rows = FeeEntry.objects.filter(account__in=accounts, status=BOOKED)
    if day:
        rows = rows.filter(confirmed_on__lte=day)
    found: dict[int, list[tuple[str, Decimal]]] = {}
    for account, kind, total in rows.order_by().values_list("account", "kind").annotate(total=Sum("booked")):
        found.setdefault(account, []).append((kind, total))
    return {account: Totals.of(sums) for account, sums in found.items()}


def of_account(pk: int, day: date | None = None) -> Totals:
    return of_accounts([pk], day).get(pk, Totals())


def by_month(pk: int) -> dict[date, Totals]:
    """The totals of each month of one account."""
    found: dict[date, list[tuple[str, Decimal]]] = {}
    rows = FeeEntry.objects.filter(account=pk, status=BOOKED).order_by()
    for month, kind, total in rows.values_list("month", "kind").annotate(total=Sum("booked")):
        found.setdefault(month, []).append((kind, total))
    return {month: Totals.of(sums) for month, sums in found.items()}


def used_by_category(pk: int, year: int | None = None) -> dict[str, Decimal]:
    """Category → what was used, in a year or at all."""
    rows = FeeEntry.objects.filter(account=pk, status=BOOKED, kind=USE)
    if year:
        rows = rows.filter(month__year=year)
    sums = rows.order_by().values_list("category").annotate(total=Sum("booked"))
    return {category: cents(total) for category, total in sums}


def sum_of(kind: str, account: str = "pk", condition: Q | None = None) -> Coalesce:
    """An expression: what was booked of a kind on the account in column `account`, zero without any."""
    rows = FeeEntry.objects.filter(condition or Q(), account=OuterRef(account), kind=kind, status=BOOKED)
    rows = rows.order_by().values("account").annotate(total=Sum("booked"))
    return Coalesce(Subquery(rows.values("total")), ZERO, output_field=MONEY)


def due_by_terms(day: date) -> Subquery:
    """An expression: what was due in all on the account by the terms of a day."""
    term = FeeTerm.on(day).filter(account=OuterRef("pk")).order_by("-since").values("due")[:1]
    return Subquery(term, output_field=MONEY)


def standing_accruals(condition: Q | None = None) -> QuerySet[FeeEntry]:
    """Booked accruals that tell a progress and were not reversed, the latest first."""
    undone = FeeEntry.objects.filter(reverses=OuterRef("pk"), status=BOOKED)
    return FeeEntry.objects.filter(
        condition or Q(), ~Exists(undone), kind=ACCRUAL, status=BOOKED, progress__isnull=False
    ).order_by("-month", "-seq")


def progress_of(account: str = "pk", condition: Q | None = None) -> Coalesce:
    """An expression: the progress, in per cent, that the last accrual of the account told; zero without any."""
    rows = standing_accruals(condition).filter(account=OuterRef(account))
    return Coalesce(Subquery(rows.values("progress")[:1]), ZERO, output_field=MONEY)


def used_before(pk: int, year: int) -> Decimal:
    """What an account had used before a year began."""
    rows = FeeEntry.objects.filter(account=pk, status=BOOKED, kind=USE, month__lt=date(year, 1, 1))
    return cents(rows.aggregate(total=Sum("booked"))["total"] or ZERO)
