"""Which evaluations of design a project must have by now and has not, and the page that lists them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.models import Project
from supervision.ledgers.registry import get
from supervision.rules.numbers import whole_number
from supervision.rules.shipped import rule

from ..models import DesignReview
from ..models.design import DESIGN, PLANNED, ReviewKind, Stage

PER_PAGE = 20


@dataclass(frozen=True)
class Lack:
    """A project with what it lacks: (stage, the evaluations missing there, in words)."""

    project: Project
    stages: list[tuple[str, str]]


def missing_of(projects: Iterable[Project], day: date) -> list[Lack]:
    """What each project must have on a day by the rule set and has not filed, in one query for all of them.

    A milestone counts from its day on; an evaluation that is only planned, or was sent back, does not count.
    """
    projects = list(projects)
    filed: dict[int, set[tuple[str, str]]] = defaultdict(set)
    rows = DesignReview.objects.filter(project__in=projects).exclude(status=PLANNED)
    for project, stage, kind in rows.order_by().values_list("project", "stage", "kind").distinct():
        filed[project].add((stage, kind))
    required = rule(DESIGN, day).content["required"]
    found = []
    for project in projects:
        stages: dict[str, list[str]] = defaultdict(list)
        for row in required:
            reached = getattr(project, f"{row['after']}_on")
            if reached is None or reached > day or (row["stage"], row["kind"]) in filed[project.pk]:
                continue
            if project.category in row.get("categories", [project.category]):
                stages[Stage(row["stage"]).label].append(ReviewKind(row["kind"]).label)
        found.append(Lack(project, [(stage, "、".join(kinds)) for stage, kinds in stages.items()]))
    return found


@require_safe
def missing(request: HttpRequest) -> HttpResponse:
    """Projects past a milestone of the rule set and not handed over, with what they lack; ?project= narrows."""
    if not get("design-reviews").may_view(request.user):
        raise PermissionDenied("您的角色不能查看设计评价。")
    today = timezone.localdate()
    rules = rule(DESIGN, today)
    reached = Q()
    for name in {row["after"] for row in rules.content["required"]}:
        reached |= Q(**{f"{name}_on__lte": today})
    rows = (
        Project.objects.works()
        .visible_to(request.user)
        .filter(reached, handover_on__isnull=True, merged_into__isnull=True)
    )
    project = None
    if (given := whole_number(request.GET.get("project"))) is not None:
        project = get_object_or_404(Project.objects.works().visible_to(request.user), pk=given)
        rows = rows.filter(pk=project.pk)
    page = Paginator(rows.order_by("name", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": missing_of(page.object_list, today),
        "project": project,
        "today": today,
        "rules": rules,
    }
    return render(request, "quality/missing_reviews.html", context)
