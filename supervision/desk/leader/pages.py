"""The page for paper and screen, and the wall."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from supervision.people.models import Role, User

from .. import todo
from . import turning, watching

MAY_SEE = frozenset({Role.BUREAU_LEADER, Role.BUREAU_STAFF})
SIGNED = 8
SECONDS = 60


def gathered(user: User) -> dict[str, Any]:
    """What the page and the wall show; the number of queries is the same however many records there are."""
    today = timezone.localdate()
    waiting = todo.counts_by_ledger(user)
    home = reverse("workbench")
    return {
        "now": timezone.localtime(),
        # What is red stands first; the rest keeps its order.
        "watched": sorted(
            watching.watched(user) + watching.task_lights(user, today), key=lambda item: not item["red"]
        ),
        "targets": turning.targets(user, today),
        "recent": turning.recent(user, today),
        "waiting": [
            {
                "label": ledger.label,
                "total": row["total"],
                "overdue": row["overdue"],
                "url": f"{home}?ledger={ledger.slug}",
                "overdue_url": f"{home}?late=overdue&ledger={ledger.slug}",
            }
            for ledger, row in waiting
        ],
        "summed": todo.summed(waiting) | {"url": home, "overdue_url": f"{home}?late=overdue"},
    }


def check_may(user: User) -> None:
    if not user.roles & MAY_SEE:
        raise PermissionDenied("领导看板只对市局领导和业务人员开放。")


@require_safe
def leader(request: HttpRequest) -> HttpResponse:
    """One printable page."""
    check_may(request.user)
    context = gathered(request.user)
    context["rows"] = todo.page(request.user, 0, SIGNED)
    return render(request, "desk/leader.html", context)


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """The same numbers on a wall: large, dark, without anybody's name; the page fetches itself anew."""
    check_may(request.user)
    return render(request, "desk/wall.html", gathered(request.user) | {"seconds": SECONDS})
