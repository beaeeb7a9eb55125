"""What a credit ledger asks of incidents, as querysets; nothing is judged here."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from projects.models import OF_WORKS, ObjectKind

from ..models import Incident, ReportingFault
from ..models.incident import FaultKind


def reporting_faults(
    first: date, last: date, kinds: tuple[str, ...] = tuple(FaultKind.values)
) -> QuerySet[ReportingFault]:
    """迟报、漏报、谎报、瞒报 that an authority confirmed between two days (both included), of units alone.
    Like all here of works: credit is of those who build them."""
    return ReportingFault.objects.filter(
        incident__project__object_kind=ObjectKind.WORKS,
        status="confirmed",
        unit__isnull=False,
        kind__in=kinds,
        decided_on__range=(first, last),
    ).select_related("unit", *ReportingFault.text_joins)


def incidents_of_units(first: date, last: date, *, liable: bool = False) -> QuerySet[Incident]:
    """Graded incidents that happened between two days (both included) and whose unit is known; with `liable` only
    those found to be 责任事故."""
    found = Q(liability="liable") if liable else Q()
    return Incident.objects.filter(
        found, OF_WORKS, in_statistics=True, unit__isnull=False, happened_on__range=(first, last)
    )


def by_unit_and_grade(year: int, *, liable: bool = False) -> QuerySet:
    """Rows {unit, grade, number, deaths} of a calendar year."""
    rows = incidents_of_units(date(year, 1, 1), date(year, 12, 31), liable=liable)
    return (
        rows.order_by()
        .values("unit", "grade")
        .annotate(number=Count("pk"), died=Sum("deaths"))
        .order_by("unit", "grade")
    )
