"""Which registered units the generic names of a notice mean: those that build in a year, by the registry."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from supervision.people.models import Organization, Role
from supervision.plan.shares.groups import unit_group

from .assessments.generating import at_work
from .models import Participation, Project


def owners_of(year: int) -> QuerySet:
    works = Project.objects.filter(at_work(date(year, 1, 1), date(year, 12, 31)), owner__isnull=False)
    return Organization.objects.filter(pk__in=works.values("owner"))


def taking_part(year: int, *roles: str) -> QuerySet:
    """The units that take part, in one of these capacities, in sections of projects at work in the year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = Participation.objects.filter(
        Q(until__isnull=True) | Q(until__gte=first),
        at_work(first, last, "section__project__"),
        since__lte=last,
        role__in=roles,
    )
    return Organization.objects.filter(pk__in=rows.values("organization"))


@unit_group("owners", "在建项目建设单位", ("各建设单位", "各项目建设单位", "各建设管理单位", "项目建设单位"))
def owners(year: int) -> QuerySet:
    return owners_of(year)


@unit_group("contractors", "在建标段施工单位", ("各施工单位", "各项目施工单位", "施工单位"))
def contractors(year: int) -> QuerySet:
    return taking_part(year, Role.CONTRACTOR)


@unit_group("supervisors", "在建标段监理单位", ("各监理单位", "各项目监理单位", "监理单位"))
def supervisors(year: int) -> QuerySet:
    return taking_part(year, Role.SUPERVISOR)


@unit_group(
    "builders",
    "在建项目参建单位",
    ("各工程参建单位", "各参建单位", "各项目参建单位", "工程参建单位", "参建单位"),
)
def builders(year: int) -> QuerySet:
    """Who builds: the owner, the contractor, the supervisor, the designer and the laboratory."""
    parts = taking_part(year, Role.CONTRACTOR, Role.SUPERVISOR, Role.DESIGNER, Role.LABORATORY)
    return Organization.objects.filter(Q(pk__in=owners_of(year).values("pk")) | Q(pk__in=parts.values("pk")))
