"""The four-colour board of a project."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.models import Project
from supervision.ledgers.registry import get

from ..models.hazard import RiskLevel
from .board import board


@require_safe
def hazard_board(request: HttpRequest, pk: int) -> HttpResponse:
    """风险四色图: the hazards under control along the road, to look at and to print; ?least=larger leaves out what
    need not be posted on site."""
    ledger = get("hazards")
    if not ledger.may_view(request.user):
        raise PermissionDenied("您的角色不能查看风险。")
    project = get_object_or_404(Project.objects.visible_to(request.user), pk=pk)
    least = request.GET.get("least", "")
    least = least if least in RiskLevel.values else ""
    context = {
        "project": project,
        "least": least,
        "board": board(project, request.user, least),
        "today": timezone.localdate(),
    }
    return render(request, "safety/hazard_board.html", context)
