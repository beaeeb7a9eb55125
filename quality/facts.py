"""What the quality room found, for rooms above that judge by it: plain querysets between two days, both included.

Each row is evidence with a date and an address of its own; nothing here says what it means for anybody's credit.
"""

from __future__ import annotations

from datetime import date

from django.db.models import F, Q, QuerySet

from supervision.flows.oversight import SpanKind

from .models import (
    CrewStatement,
    DefectSpan,
    MaterialBatch,
    MaterialUse,
    QualityDefect,
    QualityIncident,
    Supplier,
    Test,
)
from .models.incident import DISMISSED
from .models.material import RetestState
from .models.testing import VALID, Outcome


def failed_tests(since: date, until: date) -> QuerySet[Test]:
    """Results that failed, retested or not; voided ones are left out."""
    return Test.objects.filter(outcome=Outcome.FAILED, status=VALID, tested_on__range=(since, until))


def used_though_failed(since: date, until: date) -> QuerySet[MaterialUse]:
    """Uses of batches whose retests stand failed: they were used before the result came."""
    return MaterialUse.objects.filter(batch__retest=RetestState.FAILED, used_on__range=(since, until))


def overruled_batches(since: date, until: date) -> QuerySet[MaterialBatch]:
    """Batches of removed suppliers that were let in with a reason."""
    return MaterialBatch.objects.filter(overruled=True, entered_on__range=(since, until))


def removed_suppliers(on: date) -> QuerySet[Supplier]:
    """Suppliers that stand removed, since a day not after `on`."""
    return Supplier.objects.filter(removed_on__lte=on)


def late_defects(since: date, until: date) -> QuerySet[QualityDefect]:
    """Defects whose deadline fell between the days and that were put right after it, or not by `until`."""
    late = Q(rectified_on__gt=F("deadline")) | Q(rectified_on__isnull=True) | Q(rectified_on__gt=until)
    return QualityDefect.objects.filter(
        late, deadline__range=(since, until), deadline__lt=until, verified_on__isnull=False
    )


def listed_defects(since: date, until: date) -> QuerySet[QualityDefect]:
    """Defects put under a supervised listing between the days."""
    spans = DefectSpan.objects.filter(kind=SpanKind.LISTED, since__range=(since, until))
    return QualityDefect.objects.filter(pk__in=spans.values("defect"))


def late_reports(since: date, until: date) -> QuerySet[QualityIncident]:
    """Incidents of these days whose report was late, or has not come though its time is over."""
    from django.utils import timezone

    unreported = Q(reported_at__isnull=True, report_by__lt=timezone.now())
    rows = QualityIncident.objects.filter(Q(is_late=True) | unreported)
    return rows.filter(happened_at__date__range=(since, until)).exclude(status=DISMISSED)


def crew_statements(since: date, until: date) -> QuerySet[CrewStatement]:
    """What contractors handed in of their crews and wages for the months between two first days."""
    return CrewStatement.objects.filter(month__range=(since, until)).exclude(status="draft")
