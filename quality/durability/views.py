"""The page of a section's control charts."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from projects.models import Section
from supervision.ledgers.registry import get
from supervision.rules.numbers import percent

from ..models import DurabilityCheck
from ..models.durability import DurabilityIndicator
from ..rules import components
from .charting import chart as draw

LIMIT = 200


@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    """Control chart and pass rate of one indicator (?indicator=) in a section (?section=), of one kind of member
    (?component=) or all. Without a section: the sections that have measurements."""
    if not get("durability-checks").may_view(request.user):
        raise PermissionDenied("您的角色不能查看耐久性指标。")
    seen = Section.objects.visible_to(request.user).select_related("project")
    chosen = request.GET.get("section", "")
    labels = dict(DurabilityIndicator.choices)
    indicator = request.GET.get("indicator", "")
    indicator = indicator if indicator in labels else DurabilityIndicator.COVER.value
    context = {"indicator": indicator, "indicators": labels, "label": labels[indicator]}
    if not chosen.isascii() or not chosen.isdigit() or len(chosen) > 18:
        measured = DurabilityCheck.objects.visible_to(request.user).order_by().values("section")
        context["sections"] = seen.filter(pk__in=measured).order_by("project__name", "code")[:LIMIT]
        return render(request, "quality/durability.html", context)
    section = get_object_or_404(seen, pk=int(chosen))
    component = request.GET.get("component", "")
    component = component if component in components() else ""
    found = draw(request.user, section, indicator, component)
    context |= {
        "section": section,
        "component": component,
        "components": components(),
        "chart": found,
        "point_rate": percent(found.passed_points, found.points),
        "group_rate": percent(found.passed_groups, found.groups),
    }
    return render(request, "quality/durability.html", context)
