"""The working calendar: which days are worked, and when a deadline falls.

A year without entries knows weekends only; `known_year` tells. The entries are rows that a bureau edits.
"""

import time
from calendar import monthrange
from datetime import date, datetime, timedelta
from pathlib import Path

import yaml
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from .models import Holiday
from .numbers import local_day

DATA = Path(__file__).parent / "data" / "holidays.yaml"
LIMIT = 10_000

# Another process learns of an edit when its copy has grown this old.
CACHE_SECONDS = 60
_years: dict[int, tuple[float, dict[date, bool]]] = {}
_ONE_DAY = timedelta(days=1)


def is_workday(day: date | datetime) -> bool:
    """Return whether `day` is worked. A datetime counts as the day its users see."""
    day = local_day(day)
    return _year(day.year).get(day, day.weekday() < 5)


def known_year(year: int) -> bool:
    """Return whether the year's holidays have been entered; if not, only weekends are known."""
    return bool(_year(year))


def add_workdays(day: date | datetime, count: int) -> date:
    """Return the `count`-th working day after `day` (before it when negative); 0 returns `day` itself.

    Raises ValueError when `count` is beyond ±10,000.
    """
    if abs(count) > LIMIT:
        raise ValueError(f"工作日天数应在 {LIMIT} 以内")
    day, step = local_day(day), _ONE_DAY if count > 0 else -_ONE_DAY
    left = abs(count)
    while left:
        day += step
        left -= is_workday(day)
    return day


def months_after(day: date, months: int) -> date:
    """The same day so many months on (`months` may be negative); the month's last one where it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def workdays_between(start: date | datetime, end: date | datetime) -> int:
    """Return how many working days it takes from `start` to reach `end`; negative when `end` is earlier.

    `start` is not counted and `end` is: workdays_between(d, add_workdays(d, n)) == n.
    """
    start, end = local_day(start), local_day(end)
    sign = 1 if end >= start else -1
    return sign * sum(is_workday(start + n * sign * _ONE_DAY) for n in range(1, abs((end - start).days) + 1))


def due_date(start: date | datetime, days: int, kind: str = "working", roll: bool = False) -> date:
    """Return the last day of a period of `days` that begins the day after `start`.

    `kind` is 'working' or 'calendar'. With `roll` an end on a day off moves to the next working day.
    Raises ValueError for a negative or enormous number of days and for another kind.
    """
    if not 0 <= days <= LIMIT:
        raise ValueError(f"期限天数应在 0 至 {LIMIT} 之间")
    if kind == "working":
        end = add_workdays(start, days)
    elif kind == "calendar":
        end = local_day(start) + timedelta(days=days)
    else:
        raise ValueError(f"期限种类应为 working 或 calendar，现为 {kind}")
    return add_workdays(end, 1) if roll and not is_workday(end) else end


def shipped_holidays() -> list[Holiday]:
    """Return unsaved rows for every day in the data file. Raises ValueError when a day is named twice."""
    rows: dict[date, Holiday] = {}
    for notice in yaml.safe_load(DATA.read_text(encoding="utf-8")).values():
        named = [(day, name, False) for name, ends in notice["holidays"].items() for day in _days(*ends)]
        named += [(day, name, True) for name, days in notice["workdays"].items() for day in days]
        for day, name, worked in named:
            if day in rows:
                raise ValueError(f"{DATA.name}: {day} is named twice")
            rows[day] = Holiday(date=day, name=name, is_workday=worked, source=notice["source"])
    return list(rows.values())


def load_holidays() -> int:
    """Enter the shipped days that the database does not have; days already there stay as they are.

    Returns how many were added; running it again adds none.
    """
    with transaction.atomic():
        present = set(Holiday.objects.values_list("date", flat=True))
        missing = [row for row in shipped_holidays() if row.date not in present]
        Holiday.objects.bulk_create(missing, ignore_conflicts=True)
        _changed()
    return len(missing)


def forget() -> None:
    """Drop the in-process copy, so that the next question reads the database."""
    _years.clear()


def _days(first: date, last: date | None = None) -> list[date]:
    return [first + n * _ONE_DAY for n in range(((last or first) - first).days + 1)]


def _year(year: int) -> dict[date, bool]:
    read_at, days = _years.get(year, (None, {}))
    if read_at is None or time.monotonic() - read_at > CACHE_SECONDS:
        read_at = time.monotonic()
        days = dict(Holiday.objects.filter(date__year=year).values_list("date", "is_workday"))
        _years[year] = read_at, days
    return days


@receiver([post_save, post_delete], sender=Holiday)
def _changed(**kwargs) -> None:
    # Twice: at once for this transaction, and after commit because another thread may have read the old
    # rows in between.
    forget()
    transaction.on_commit(forget)
