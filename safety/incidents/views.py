"""The page of incident figures."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from supervision.ledgers.registry import get

from .. import statistics as periods
from . import statistics

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def incident_statistics(request: HttpRequest) -> HttpResponse:
    """Incidents by month, quarter or year with 同比 and 环比, and the three decreases; page or sheet."""
    if not get("incidents").may_view(request.user):
        raise PermissionDenied("您的角色不能查看事故统计。")
    year = periods.Period(timezone.localdate().replace(month=1, day=1), 12)
    period = periods.parse_period(request.GET.get("period", "")) or year
    by = request.GET.get("by", "")
    table = statistics.table(request.user, period, by if by in statistics.BREAKDOWNS else "district")
    if request.GET.get("format") == "xlsx":
        response = HttpResponse(periods.workbook(table, request.user), content_type=SHEET)
        name = f"incidents-{period.code}-{table.by}.xlsx"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    context = {"table": table, "breakdowns": statistics.BREAKDOWNS, "periods": periods.around(period)}
    return render(request, "safety/incident_statistics.html", context)
