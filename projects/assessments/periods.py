"""Periods of assessment by their codes: 2026-05, 2026-Q2, 2026-H1, 2026."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

MONTH, QUARTER, HALF, YEAR = "month", "quarter", "half", "year"
MONTHS = {MONTH: 1, QUARTER: 3, HALF: 6, YEAR: 12}
_CODE = re.compile(r"(?P<year>20\d\d)(-(Q(?P<quarter>[1-4])|H(?P<half>[12])|(?P<month>0[1-9]|1[0-2])))?")


@dataclass(frozen=True)
class Period:
    """`first` and `last` are its end days, both included."""

    code: str
    every: str
    first: date
    last: date

    @property
    def label(self) -> str:
        year, place = self.first.year, self.first.month
        return {
            MONTH: f"{year}年{place}月",
            QUARTER: f"{year}年第{(place + 2) // 3}季度",
            HALF: f"{year}年{'上' if place == 1 else '下'}半年",
            YEAR: f"{year}年",
        }[self.every]

    def ends(self, every: str) -> bool:
        """Whether a period of length `every` ends with this one: the second quarter ends a half-year."""
        return self.last.month % MONTHS[every] == 0


def read(code: str) -> Period:
    """The period of a code. Raises ValueError, in Chinese."""
    found = _CODE.fullmatch((code or "").strip())
    if not found:
        raise ValueError("期次应写作 2026-05（月）、2026-Q2（季）、2026-H1（半年）或 2026（年）。")
    for every in (MONTH, QUARTER, HALF):
        if found[every]:
            return _made(every, int(found["year"]), int(found[every]))
    return _made(YEAR, int(found["year"]), 1)


def holding(every: str, day: date) -> Period:
    """The period of length `every` in which `day` lies."""
    return _made(every, day.year, (day.month - 1) // MONTHS[every] + 1)


def _made(every: str, year: int, place: int) -> Period:
    first = date(year, (place - 1) * MONTHS[every] + 1, 1)
    month = place * MONTHS[every]
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    tail = {MONTH: f"-{place:02}", QUARTER: f"-Q{place}", HALF: f"-H{place}", YEAR: ""}[every]
    return Period(f"{year}{tail}", every, first, last)
