"""What counts owed documents: the rate of those handed in, and the facts."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from supervision.plan.facts import Span, fact
from supervision.plan.indicators import Members, Window, indicator

from ..indicators import district_on
from ..models import OwedDocument

OF_DOCUMENT = {"measure": "份", "units": ("unit",), "project": "project"}


@indicator(
    "document.handed",
    "应编文件提交率",
    unit="projects.oweddocument",
    kind="ratio",
    meaning="应计：应提交日期在考核年度内且不晚于截至日、未免交的工程文件。计入：其中截至日已提交的。",
)
def handed_rate(window: Window) -> Members:
    last = min(window.end, window.as_of)
    rows = OwedDocument.objects.filter(due_by__range=(window.begin, last), project__merged_into__isnull=True)
    rows = rows.filter(Q(waived_on__isnull=True) | Q(waived_on__gt=last), project__isnull=False)
    done = Q(handed_on__lte=last)
    return Members(rows, done, Q(pk__in=()), district_on(window.as_of, "project_id"), F("project__mode"))


@fact(
    "document.handed",
    "提交方案、专篇、大纲",
    "projects.oweddocument",
    **OF_DOCUMENT,
    meaning="期间内提交的各方应编文件。",
)
def handed(span: Span) -> QuerySet:
    return OwedDocument.objects.filter(handed_on__range=span.days)


@fact(
    "document.overdue",
    "逾期未提交的方案、专篇、大纲",
    "projects.oweddocument",
    **OF_DOCUMENT,
    meaning="应提交日期在期间内、截至日仍未提交也未免交的各方应编文件。",
)
def overdue(span: Span) -> QuerySet:
    missing = Q(handed_on__isnull=True) | Q(handed_on__gt=span.known)
    owing = Q(waived_on__isnull=True) | Q(waived_on__gt=span.known)
    return OwedDocument.objects.filter(missing, owing, due_by__range=span.days, due_by__lt=span.known)
