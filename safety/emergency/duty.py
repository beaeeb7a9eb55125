"""The duty roster: on which days a section is not covered round the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from projects.assessments.generating import at_work
from projects.models import Section
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


def gaps(sections: Iterable[Section], first: date, days: int = DAYS) -> dict[int, list[tuple[date, str]]]:
    """Section id → the days from `first` on that are not covered, and what is missing. A project's own roster
    covers all its sections. One query, however many sections."""
    sections = list(sections)
    wanted = [first + timedelta(days=at) for at in range(days)]
    of_project = Q(section__isnull=True, project__in={section.project_id for section in sections})
    rows = DutyShift.objects.filter(
        Q(section__in=sections) | of_project, day__range=(wanted[0], wanted[-1])
    ).values_list("project_id", "section_id", "day", "period")
    there: dict[tuple, set[str]] = {}
    for project, section, day, period in rows:
        key = ("section", section) if section else ("project", project)
        there.setdefault((*key, day), set()).add(period)
    found = {}
    for section in sections:
        missing = []
        for day in wanted:
            periods = there.get(("section", section.pk, day), set()) | there.get(
                ("project", section.project_id, day), set()
            )
            if what := covered(periods):
                missing.append((day, what))
        found[section.pk] = missing
    return found
