"""Sections that stand still after failing twice: an overlay other pages and rooms ask for."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from supervision.people.models import User

from ..models import Assessment, Project, Section

STOPPED = Q(stopped_on__isnull=False, resumed_on__isnull=True)


def stopped_now(user: User | None = None) -> QuerySet[Assessment]:
    """The sheets by which something stands still today, as far as `user` sees them (None: all)."""
    rows = Assessment.objects.all() if user is None else Assessment.objects.visible_to(user)
    return rows.filter(STOPPED).select_related(*Assessment.text_joins).order_by("stopped_on", "pk")


def of_section(section: Section, user: User) -> list[Assessment]:
    return list(stopped_now(user).filter(section=section))


def of_project(project: Project, user: User) -> list[Assessment]:
    return list(stopped_now(user).filter(project=project))
