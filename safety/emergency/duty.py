"""The duty roster: on which days a section, an enterprise or a route is not covered round the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from projects.assessments.generating import at_work
from projects.models import ObjectKind, Project, Section
from projects.models.section import SectionKind
from supervision.people.models import User

from ..models import DutyShift
from ..models.emergency import ShiftPeriod

DAYS = 7


def sections_at_work(user: User) -> QuerySet[Section]:
    """The construction sections that `user` sees and that are being built today."""
    today = timezone.localdate()
    return (
        Section.objects.visible_to(user)
        .filter(
            Q(start_on__isnull=True) | Q(start_on__lte=today),
            Q(end_on__isnull=True) | Q(end_on__gte=today),
            at_work(today, today, "project__"),
            kind=SectionKind.CONSTRUCTION,
        )
        .select_related("project")
        .order_by("project__name", "code", "pk")
    )


def covered(periods: set[str]) -> str:
    """What is missing of a day: "" when it is covered for all 24 hours, else the shift that is missing."""
    if ShiftPeriod.WHOLE in periods or {ShiftPeriod.DAY, ShiftPeriod.NIGHT} <= periods:
        return ""
    if ShiftPeriod.DAY in periods:
        return "缺夜班"
    return "缺白班" if ShiftPeriod.NIGHT in periods else "无安排"


def objects_seen(user: User) -> QuerySet[Project]:
    """The enterprises and stretches of routes that `user` sees."""
    rows = Project.objects.visible_to(user).filter(merged_into__isnull=True)
    return rows.exclude(object_kind=ObjectKind.WORKS).order_by("object_kind", "name", "pk")


Gaps = dict[int, list[tuple[date, str]]]


def gaps(sections: Iterable[Section], first: date, days: int = DAYS) -> Gaps:
    """Section id → the days from `first` on that are not covered, and what is missing. A project's own roster
    covers all its sections. One query, however many sections."""
    sections = list(sections)
    of_project = Q(section__isnull=True, project__in={section.project_id for section in sections})
    there = _shifts(Q(section__in=sections) | of_project, first, days)
    places = {section.pk: (("section", section.pk), ("project", section.project_id)) for section in sections}
    return _missing(places, there, first, days)


def gaps_of_objects(objects: Iterable[Project], first: date, days: int = DAYS) -> Gaps:
    """The same of enterprises and routes, which have a roster of their own."""
    objects = list(objects)
    there = _shifts(Q(section__isnull=True, project__in=objects), first, days)
    return _missing({one.pk: (("project", one.pk),) for one in objects}, there, first, days)


def _shifts(where: Q, first: date, days: int) -> dict[tuple, set[str]]:
    """(kind of place, its key, day) → the shifts arranged; one query."""
    last = first + timedelta(days=days - 1)
    rows = DutyShift.objects.filter(where, day__range=(first, last))
    there: dict[tuple, set[str]] = {}
    for project, section, day, period in rows.values_list("project_id", "section_id", "day", "period"):
        key = ("section", section) if section else ("project", project)
        there.setdefault((*key, day), set()).add(period)
    return there


def _missing(places: dict[int, tuple], there: dict[tuple, set[str]], first: date, days: int) -> Gaps:
    wanted = [first + timedelta(days=at) for at in range(days)]
    found: Gaps = {}
    for pk, keys in places.items():
        arranged = [(day, set().union(*(there.get((*key, day), set()) for key in keys))) for day in wanted]
        found[pk] = [(day, what) for day, periods in arranged if (what := covered(periods))]
    return found
