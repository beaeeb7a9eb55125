"""What the tables of hidden dangers count, each in one place: the tables sum it, and the list behind a figure is
filtered by the very same condition.

Every figure is of dangers verified within the table's period, as they stood on its last day (or today).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from supervision.flows.oversight import ListingLevel

from .indicators import closed, graded, once_listed
from .models import Grade

# Dangers of merged projects are counted with the project that took them over.
STANDING = Q(project__merged_into__isnull=True)


@dataclass(frozen=True)
class Figure:
    """A count: its name, and the condition of the dangers it counts on a day."""

    label: str
    condition: Callable[[date], Q]


def general(day: date) -> Q:
    return graded(Grade.GENERAL, day) & ~Q(grade="")


def major(day: date) -> Q:
    return graded(Grade.MAJOR, day)


def due(day: date) -> Q:
    return closed(day) | Q(deadline__lt=day)


def province(day: date) -> Q:
    return Q(listing_level__in=(ListingLevel.PROVINCE, ListingLevel.MINISTRY))


FIGURES = {
    "found": Figure("排查", lambda day: Q()),
    "closed": Figure("已销号", closed),
    "general": Figure("一般隐患", general),
    "general_done": Figure("一般隐患已整改", lambda day: general(day) & closed(day)),
    "major": Figure("重大隐患", major),
    "major_closed": Figure("重大隐患已销号", lambda day: major(day) & closed(day)),
    "due": Figure("到期", due),
    "in_time": Figure("按期整改", lambda day: closed(day, in_time=True)),
    "listed": Figure("挂牌督办", once_listed),
    "repeated": Figure("屡改屡犯", lambda day: Q(is_repeat=True)),
    "planned": Figure("列入治理计划", lambda day: major(day) & Q(plan_on__lte=day)),
    "arranged": Figure("重大隐患达到“五到位”", lambda day: major(day) & Q(arranged_on__lte=day)),
    "major_listed": Figure("重大隐患挂牌督办", lambda day: major(day) & once_listed(day)),
    "major_listed_province": Figure(
        "重大隐患省级挂牌督办", lambda day: major(day) & once_listed(day) & province(day)
    ),
}

# The rows of a table whose heading is empty on the record: code → words, condition.
NOTHING_FILLED = {
    "district": ("未分县区", Q(project__district__isnull=True)),
    "sector": ("未填领域", Q(project__mode="")),
    "unit": ("未定责任单位", Q(responsible_unit__isnull=True)),
    "category": ("未填类别", Q(category="")),
}


def counts(keys: tuple[str, ...], day: date) -> dict[str, Count]:
    """The figures as aggregates."""
    return {key: Count("pk", filter=FIGURES[key].condition(day)) for key in keys}


def condition(figure: str, day: date) -> Q:
    """What a figure counted on `day`, for its list."""
    return FIGURES[figure].condition(day) & STANDING


def list_url(figure: str, begin: date, day: date, **rest: str) -> str:
    """The list of exactly the dangers that a figure of the period from `begin` to `day` counts."""
    query = {
        "verified_on_after": begin.isoformat(),
        "verified_on_before": day.isoformat(),
        "figure": figure,
        "as_of": day.isoformat(),
    }
    return f"{reverse('hidden-dangers:list')}?{urlencode(query | rest)}"
