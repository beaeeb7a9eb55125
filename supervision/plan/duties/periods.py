"""What a duty asks of a unit in a year, as arithmetic on days.

The rules, none of which a notice states, so they are the portal's own:

* A month, quarter or half-year counts for a unit that was bound during the whole of it. A duty that starts, or
  a unit that begins or ends, in the middle of a period asks nothing of that period: nobody owes a quarter's meeting
  for its last fortnight. What is recorded there still counts for the year.
* A number asked of the year shrinks with the whole months in which the unit was bound, rounded down: four a year
  is two for half a year, and one a year is asked only of those bound through all twelve months.
* Where a unit was merged into another, the period of the merger is the successor's, once: the days of both count as
  one, and so do the records. What the former unit owed before stays its own.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
YEAR = "year"
_ONE = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Days:
    """From the first to the last day, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Ask:
    """How often something is to be done."""

    per: str
    at_least: int
    per_year: int | None = None

    @property
    def of_year(self) -> int:
        """The number asked of the year as a whole; 0: none."""
        return self.at_least if self.per == YEAR else self.per_year or 0


@dataclass(frozen=True)
class Due:
    """`windows`: (unit, days) whose records count."""

    per: str
    days: Days
    needed: int
    windows: tuple[tuple[int, Days], ...]


def periods(per: str, year: int) -> list[Days]:
    """The periods of a year; a year is its only one."""
    step = MONTHS[per]
    return [
        Days(date(year, at, 1), date(year, at + step - 1, monthrange(year, at + step - 1)[1]))
        for at in range(1, 13, step)
    ]


def meet(one: Days, other: Days) -> Days | None:
    """The days of both."""
    first, last = max(one.first, other.first), min(one.last, other.last)
    return Days(first, last) if first <= last else None


def joined(spans: Iterable[Days]) -> list[Days]:
    """The same days as spans that neither touch nor overlap, in their order."""
    made: list[Days] = []
    for span in sorted(spans):
        if made and span.first <= made[-1].last + _ONE:
            made[-1] = Days(made[-1].first, max(made[-1].last, span.last))
        else:
            made.append(span)
    return made


def covered(whole: Days, spans: Iterable[Days]) -> bool:
    """Whether every day of `whole` lies in one of the spans."""
    return any(span.first <= whole.first and whole.last <= span.last for span in joined(spans))


class Bound:
    """Who was bound by one duty on which days, and who took over from whom."""

    def __init__(self, spans: Mapping[int, Sequence[Days]], successors: Mapping[int, int]):
        self.spans = spans
        self.successors = successors
        self.former: dict[int, list[int]] = {}
        for unit, after in successors.items():
            self.former.setdefault(after, []).append(unit)

    def before(self, unit: int) -> list[int]:
        """The units that this one took over from, and those that they had."""
        found, ahead = [], list(self.former.get(unit, ()))
        while ahead:
            one = ahead.pop()
            if one not in found and one != unit:
                found.append(one)
                ahead += self.former.get(one, ())
        return found

    def owns(self, unit: int, period: Days) -> bool:
        """Whether the period is this unit's to answer for."""
        own = self.spans.get(unit, ())
        if covered(period, own):
            return True
        if not any(meet(period, span) for span in own):
            return False
        former = self.before(unit)
        days = [*own, *(span for one in former for span in self.spans.get(one, ()))]
        return covered(period, days) and not any(self.owns(one, period) for one in former)

    def dues(self, unit: int, ask: Ask, year: int) -> list[Due]:
        """What the unit owes in the year."""
        if not self.spans.get(unit):
            return []
        found = [] if ask.per == YEAR else self._periodic(unit, ask, year)
        whole = self._yearly(unit, ask, year)
        return [*found, whole] if whole else found

    def _periodic(self, unit: int, ask: Ask, year: int) -> list[Due]:
        return [
            Due(ask.per, period, ask.at_least, self._windows(unit, period))
            for period in periods(ask.per, year)
            if self.owns(unit, period)
        ]

    def _yearly(self, unit: int, ask: Ask, year: int) -> Due | None:
        whole = periods(YEAR, year)[0]
        months = periods("month", year)
        mine = [month for month in months if self.owns(unit, month)]
        needed = ask.of_year * len(mine) // 12
        if not needed:
            return None
        own = [days for span in self.spans[unit] if (days := meet(whole, span))]
        after = self.successors.get(unit)
        windows: list[tuple[int, Days]] = []
        for month in months:
            if month in mine:
                windows += self._windows(unit, month)
            elif after is None or not self.owns(after, month):
                windows += [(unit, days) for span in own if (days := meet(month, span))]
        first = min([*(month.first for month in mine), *(days.first for days in own)])
        last = max([*(month.last for month in mine), *(days.last for days in own)])
        return Due(YEAR, Days(first, last), needed, _merged(windows))

    def _windows(self, unit: int, period: Days) -> tuple[tuple[int, Days], ...]:
        """Its own days of the period, and those of former units that do not owe it themselves."""
        windows = [(unit, period)]
        for one in self.before(unit):
            if not self.owns(one, period):
                windows += [(one, days) for span in self.spans.get(one, ()) if (days := meet(period, span))]
        return tuple(windows)


def _merged(windows: list[tuple[int, Days]]) -> tuple[tuple[int, Days], ...]:
    by_unit: dict[int, list[Days]] = {}
    for unit, days in windows:
        by_unit.setdefault(unit, []).append(days)
    return tuple((unit, days) for unit, spans in by_unit.items() for days in joined(spans))


def reached(days: Iterable[date], needed: int) -> date | None:
    """The day on which the needed number was there."""
    found = sorted(days)
    return found[needed - 1] if len(found) >= needed else None
