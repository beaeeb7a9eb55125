"""How many visits, problems and answers a year had, by visiting office."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from supervision.ledgers.registry import get
from supervision.rules.numbers import percent, whole_year

from ..models import Satisfaction, ServiceProblem, ServiceVisit


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The year's table; two statements. A rate without anything below its line is left blank."""
    if not get("service-visits").may_view(request.user):
        raise PermissionDenied("您的角色不能查看“走访”。")
    this_year = timezone.localdate().year
    year = whole_year(request.GET.get("year"), this_year)
    visits = ServiceVisit.objects.visible_to(request.user).filter(visited_on__year=year).order_by()
    problems = ServiceProblem.objects.visible_to(request.user).filter(visit__visited_on__year=year).order_by()
    rows = {
        row["office"]: row
        for row in visits.values("office", "office__name").annotate(
            visits=Count("pk"),
            units=Count("unit", distinct=True),
            rated=Count("pk", filter=~Q(satisfaction="")),
            happy=Count("pk", filter=Q(satisfaction__in=(Satisfaction.VERY, Satisfaction.CONTENT))),
        )
    }
    solved = {
        row["visit__office"]: row
        for row in problems.values("visit__office").annotate(
            problems=Count("pk"), solved=Count("pk", filter=Q(confirmed_on__isnull=False))
        )
    }
    table = []
    for office, row in sorted(rows.items(), key=lambda pair: pair[1]["office__name"]):
        row |= {"problems": 0, "solved": 0} | solved.get(office, {})
        table.append(with_rates(row | {"name": row["office__name"], "office": office}))
    keys = ("visits", "units", "rated", "happy", "problems", "solved")
    total = with_rates({key: sum(row[key] for row in table) for key in keys} | {"name": "合计"})
    context = {"year": year, "years": [this_year - back for back in range(3)], "rows": table, "total": total}
    return render(request, "integrity/service_figures.html", context)


def with_rates(row: dict) -> dict:
    """The row with its two rates: rates of sums, never means of rates."""
    return row | {
        "solved_rate": percent(row["solved"], row["problems"]),
        "happy_rate": percent(row["happy"], row["rated"]),
    }
