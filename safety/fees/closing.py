"""Closing months (结账): a month's sums are written down once, and from then on the month takes and loses nothing.

Closing and posting meet at the account's row. Both begin with an UPDATE of it: whichever comes second waits for the
first to end. An entry that was posted is in the sums; one that comes after finds the month closed and is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from django.db import transaction
from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils import timezone

from supervision.flows import history, records
from supervision.flows.history import Actor, Breach
from supervision.flows.reach import label_of

from ..models.fee import ACTIVE, SETTLED, FeeAccount, FeeMonth, FeeTerm
from ..models.fee_entry import BOOKED, PENDING, FeeEntry
from . import arithmetic
from .arithmetic import Totals
from .balances import standing_accruals
from .rules import watch

PART = 200


def month_due(day: date) -> date:
    """The last month that is to be closed by `day`: the one before, once the closing day has passed."""
    last = arithmetic.later(arithmetic.month_of(day), -1)
    return last if day.day > watch(day)["close_day"] else arithmetic.later(last, -1)


def missing(account: FeeAccount) -> list[str]:
    """Why the account's next month cannot be closed yet, as sentences."""
    month = account.next_month
    if month >= arithmetic.month_of(timezone.localdate()):
        return ["上月已结账，本月尚未结束。"]
    number = FeeEntry.objects.filter(account=account, month=month, status__in=PENDING).count()
    return [f"{month:%Y年%-m月}有{number}笔记账尚未办结（待审核、待确认或已退回）。"] if number else []


def close(pks: Iterable[int], through: date, actor: Actor) -> int:
    """Close the months of some accounts (few enough for one transaction) through the month `through`; returns how
    many months were closed.

    A month that has entries not yet decided stays open, and so do those after it; a month that is not over is left
    alone, and so are accounts not in use.
    """
    pks = list(pks)
    through = min(through, arithmetic.later(arithmetic.month_of(timezone.localdate()), -1))
    with transaction.atomic():
        # Takes the rows, on both databases.
        FeeAccount._base_manager.filter(pk__in=pks).update(posted=F("posted"))
        accounts = list(
            FeeAccount._base_manager.filter(pk__in=pks, status__in=(ACTIVE, SETTLED))
            .filter(Q(closed_through__isnull=True) | Q(closed_through__lt=through))
            .select_related("section__project")
            .order_by("pk")
        )
        wanted = {account.pk: _open_months(account, through) for account in accounts}
        _stop_at_pending(wanted)
        made = _write(accounts, wanted, actor.name)
        records.create_many(made, actor, label="结账", clean=False)
        for month in {max(one) for one in wanted.values() if one}:
            closed = [pk for pk, one in wanted.items() if one and max(one) == month]
            FeeAccount._base_manager.filter(pk__in=closed).update(closed_through=month)
    return len(made)


def close_all(
    actor: Actor, through: date, progress: Callable[[int, int], None] | None = None
) -> dict[str, int]:
    """Close every account in use through a month, part by part; returns {"closed": months, "open": accounts that
    still have that month open}. Run again it goes on where it was."""
    waiting = FeeAccount.objects.filter(status__in=(ACTIVE, SETTLED)).filter(
        Q(closed_through__isnull=True) | Q(closed_through__lt=through)
    )
    waiting = waiting.exclude(opened_on__gt=arithmetic.last_day(through))
    pks = list(waiting.order_by("pk").values_list("pk", flat=True))
    closed = 0
    for start in range(0, len(pks), PART):
        closed += close(pks[start : start + PART], through, actor)
        if progress:
            progress(min(start + PART, len(pks)), len(pks))
    return {"closed": closed, "open": waiting.count()}


def _open_months(account: FeeAccount, through: date) -> list[date]:
    return list(arithmetic.months(account.next_month, through))


def _stop_at_pending(wanted: dict[int, list[date]]) -> None:
    rows = FeeEntry.objects.filter(account__in=wanted, status__in=PENDING).order_by()
    for account, first in rows.values_list("account").annotate(first=Min("month")):
        wanted[account] = [month for month in wanted[account] if month < first]


def _write(accounts: list[FeeAccount], wanted: dict[int, list[date]], who: str) -> list[FeeMonth]:
    """The closings to be saved. Four statements, however many accounts there are."""
    months = [month for one in wanted.values() for month in one]
    if not months:
        return []
    first, last = min(months), max(months)
    sums: dict[tuple[int, date], list] = {}
    counts: dict[tuple[int, date], int] = {}
    rows = FeeEntry.objects.filter(
        account__in=wanted, month__gte=first, month__lte=last, status=BOOKED
    ).order_by()
    for account, month, kind, total, number in rows.values_list("account", "month", "kind").annotate(
        total=Sum("booked"), number=Count("pk")
    ):
        sums.setdefault((account, month), []).append((kind, total))
        counts[account, month] = counts.get((account, month), 0) + number
    before = {
        row.account_id: row.balance
        for row in FeeMonth.objects.filter(
            account__in=wanted,
            month=F("account__closed_through"),
        )
    }
    told: dict[int, list[tuple[date, object]]] = {}
    accruals = standing_accruals(Q(account__in=wanted, month__lte=last)).order_by("month", "seq")
    for account, month, progress in accruals.values_list("account", "month", "progress"):
        told.setdefault(account, []).append((month, progress))
    terms: dict[int, list[FeeTerm]] = {}
    for term in FeeTerm.objects.filter(account__in=wanted).order_by("since"):
        terms.setdefault(term.account_id, []).append(term)
    made = []
    for account in accounts:
        balance = before.get(account.pk, arithmetic.ZERO)
        for month in wanted[account.pk]:
            totals = Totals.of(sums.get((account.pk, month), []))
            balance += totals.balance
            end = arithmetic.last_day(month)
            dues = [term.due for term in terms.get(account.pk, []) if term.since <= end]
            steps = [progress for when, progress in told.get(account.pk, []) if when <= month]
            made.append(
                FeeMonth(
                    account=account,
                    month=month,
                    due=dues[-1] if dues else account.due,
                    progress=steps[-1] if steps else arithmetic.ZERO,
                    balance=balance,
                    closed_by=who,
                    entries=counts.get((account.pk, month), 0),
                    **{kind: getattr(totals, kind) for kind in arithmetic.KINDS},
                )
            )
    return made


def compare() -> Iterator[Breach]:
    """For `verify_history`: months whose written sums are not those of their entries, and accounts whose mark is
    not their last closed month."""
    label = label_of(FeeMonth)
    kinds = {f"sum_{kind}": Sum("booked", filter=Q(kind=kind)) for kind in arithmetic.KINDS}
    rows = (
        FeeEntry.objects.filter(status=BOOKED, account__closed_through__gte=F("month"))
        .order_by()
        .values("account", "month")
        .annotate(number=Count("pk"), **kinds)
    )
    found = {(row["account"], row["month"]): row for row in rows}
    for kept in FeeMonth.objects.order_by("pk").iterator(2000):
        row = found.pop((kept.account_id, kept.month), {})
        same = all(
            getattr(kept, kind) == arithmetic.cents(row.get(f"sum_{kind}") or arithmetic.ZERO)
            for kind in arithmetic.KINDS
        )
        if not same or kept.entries != row.get("number", 0):
            yield Breach(label, kept.pk, f"{kept.month:%Y年%-m月}已结账，其记账与结账时不符")
    for account, month in found:
        yield Breach(label_of(FeeAccount), account, f"{month:%Y年%-m月}有记账，却没有结账记录")
    marks = FeeAccount.objects.annotate(last=Max("months__month")).exclude(closed_through=F("last"))
    for account in marks.filter(Q(closed_through__isnull=False) | Q(last__isnull=False)):
        yield Breach(label_of(FeeAccount), account.pk, "结账月份未经平台改动")


history.derived[label_of(FeeMonth)] = compare
