"""The sums of a safety-fee account, without a database: amounts in yuan with cents, rates in per cent."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from supervision.rules.names import name_key

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
ACCRUAL, PAYMENT, USE, PASSED_ON, REFUND = "accrual", "payment", "use", "passed_on", "refund"


def cents(amount: Decimal) -> Decimal:
    """`amount` to the cent, half away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def due_of(base: Decimal, rate: Decimal) -> Decimal:
    """应提总额: `rate` per cent of `base`."""
    return cents(base * rate / 100)


def due_at(due: Decimal, progress: Decimal) -> Decimal:
    """What is to be accrued by a progress of `progress` per cent of the works (月末按工程进度提取)."""
    return cents(due * progress / 100)


def part_of(amount: Decimal, ratio: Decimal) -> Decimal:
    """The part `ratio` (0.5 for a half) of an amount, to the cent."""
    return cents(amount * ratio)


# ----------------------------------------------------------------------------------------------------- calendar


def month_of(day: date) -> date:
    return day.replace(day=1)


def later(month: date, number: int = 1) -> date:
    """The first of the month that lies `number` months later."""
    total = month.year * 12 + month.month - 1 + number
    return date(total // 12, total % 12 + 1, 1)


def last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def months(first: date, last: date) -> Iterator[date]:
    """The firsts of the months from `first` to `last`, both included."""
    while first <= last:
        yield first
        first = later(first)


def within(start: date, number: int) -> date:
    """The last day of `number` months from `start`, which itself does not count: the same day of the month, or the
    month's last where it has no such day."""
    month = later(month_of(start), number)
    return min(month.replace(day=min(start.day, last_day(month).day)), last_day(month))


# ----------------------------------------------------------------------------------------------------- balances


@dataclass(frozen=True)
class Totals:
    """What was booked on an account, by kind."""

    accrual: Decimal = ZERO
    payment: Decimal = ZERO
    use: Decimal = ZERO
    passed_on: Decimal = ZERO
    refund: Decimal = ZERO

    @property
    def balance(self) -> Decimal:
        """What the contractor still holds of the owner's money; below zero it has spent of its own."""
        return self.payment - self.use - self.refund

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, name) + getattr(other, name) for name in KINDS))

    @classmethod
    def of(cls, entries: Iterable[tuple[str, Decimal]]) -> Totals:
        """The totals of (kind, amount booked), in whatever order they come, to the cent."""
        sums = dict.fromkeys(KINDS, ZERO)
        for kind, amount in entries:
            # Some databases add up in floating point; every amount has whole cents.
            sums[kind] += cents(amount)
        return cls(**sums)


KINDS = (ACCRUAL, PAYMENT, USE, PASSED_ON, REFUND)


# ----------------------------------------------------------------------------------------------------- evidence


def plain_number(text: str) -> str:
    """A number of a voucher or invoice as two people would write the same one: width, case, blanks, dashes and
    brackets do not matter."""
    return re.sub(r"[^0-9A-Z\u3400-\u9fff]", "", name_key(text))


def voucher_key(contractor: int | None, number: str, day: date | None) -> str:
    """Under which a bookkeeping voucher is the same one: its firm, its month and its number, since firms count
    their vouchers month by month. Empty without a number."""
    plain = plain_number(number)
    return f"V|{contractor or 0}|{day:%Y%m}|{plain}" if plain and day else ""


def invoice_key(issuer: str, number: str, complete_digits: int) -> str:
    """Under which an invoice is the same one. A whole number (code and number, or an electronic one) is the only
    one of its kind in the country; a shorter one is one of its issuer's."""
    plain = plain_number(number)
    if not plain:
        return ""
    whole = plain.isdigit() and len(plain) >= complete_digits
    return f"I|{plain}" if whole else f"I|{name_key(issuer)}|{plain}"
