"""The page of 抽检合格率."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from supervision.ledgers.registry import get

from .rates import BREAKDOWNS, table


@require_safe
def rates(request: HttpRequest) -> HttpResponse:
    """The rates of a year (?year=), broken down (?by=unit, material, month, district, section)."""
    if not get("tests").may_view(request.user):
        raise PermissionDenied("您的角色不能查看试验检测。")
    this_year = timezone.localdate().year
    years = list(range(this_year, this_year - 5, -1))
    asked = request.GET.get("year", "")
    year = int(asked) if asked in map(str, years) else this_year
    by = request.GET.get("by", "")
    by = by if by in BREAKDOWNS else "unit"
    context = {
        "table": table(request.user, year, by),
        "year": year,
        "years": years,
        "by": by,
        "breakdowns": {code: how.label for code, how in BREAKDOWNS.items()},
        "label": BREAKDOWNS[by].label,
    }
    return render(request, "quality/rates.html", context)
