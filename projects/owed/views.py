"""The button that makes the checklist anew, and its figures by unit."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from supervision.jobs.services import enqueue
from supervision.ledgers.registry import get
from supervision.people.models import Role
from supervision.rules.numbers import percent

from ..models import OwedDocument
from ..models.owed import OWED, WAIVED


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    if Role.BUREAU_STAFF not in request.user.roles:
        raise PermissionDenied("应编文件由市局业务人员生成。")
    enqueue("owed_documents", {}, user=request.user, key="all")
    messages.success(request, "已开始按在建项目生成，可以离开本页；已有的不会重复。")
    return redirect("owed-documents:list")


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """By unit: owed, handed in, in time, overdue now; rates of what has come due. One statement."""
    if not get("owed-documents").may_view(request.user):
        raise PermissionDenied("您的角色不能查看“应编文件”。")
    today = timezone.localdate()
    rows = OwedDocument.objects.visible_to(request.user).exclude(status=WAIVED).order_by()
    due = Q(due_by__lte=today)
    table = list(
        rows.values("unit", "unit__name")
        .annotate(
            all=Count("pk"),
            due=Count("pk", filter=due),
            handed=Count("pk", filter=due & Q(handed_on__isnull=False)),
            in_time=Count("pk", filter=due & Q(handed_on__lte=F("due_by"))),
            accepted=Count("pk", filter=Q(accepted_on__isnull=False)),
            overdue=Count("pk", filter=Q(status=OWED, due_by__lt=today)),
        )
        .order_by("-overdue", "unit__name")
    )
    for row in table:
        row["rate"] = percent(row["handed"], row["due"])
    names = ("all", "due", "handed", "in_time", "accepted", "overdue")
    total = {name: sum(row[name] for row in table) for name in names}
    total["rate"] = percent(total["handed"], total["due"])
    return render(request, "projects/owed_figures.html", {"rows": table, "total": total, "day": today})
