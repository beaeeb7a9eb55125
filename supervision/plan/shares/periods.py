"""Months, quarters and years of reports, as codes and as days: 2026-03, 2026-Q1, 2026. No database."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

MONTH, QUARTER, YEAR = "month", "quarter", "year"
MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}


@dataclass(frozen=True)
class Period:
    """A period with its first and last day, both included."""

    code: str
    first: date
    last: date

    def report_by(self, days: int) -> date:
        """The day by which its report is in."""
        return self.last + timedelta(days=days)


def periods_of(year: int, every: str) -> list[Period]:
    """All periods of a year, in order. Raises KeyError for an unknown rhythm."""
    size, found = MONTHS[every], []
    for number, first in enumerate(range(1, 13, size), start=1):
        last = first + size - 1
        code = {1: f"{year}-{first:02}", 3: f"{year}-Q{number}", 12: str(year)}[size]
        found.append(Period(code, date(year, first, 1), date(year, last, monthrange(year, last)[1])))
    return found


def period_of(day: date, every: str) -> Period:
    """The period in which a day lies."""
    return next(one for one in periods_of(day.year, every) if one.first <= day <= one.last)


def ended(year: int, every: str, day: date, since: date | None = None) -> list[Period]:
    """The periods of a year that are over on `day`, without those that were over before `since`."""
    return [one for one in periods_of(year, every) if one.last < day and (since is None or one.last >= since)]


def label(code: str) -> str:
    """2026年3月, 2026年第1季度, 2026年; what is no period comes back as it is."""
    year, _, part = code.partition("-")
    if not part:
        return f"{year}年"
    if part.startswith("Q") and part[1:].isdigit():
        return f"{year}年第{int(part[1:])}季度"
    return f"{year}年{int(part)}月" if part.isdigit() else code
