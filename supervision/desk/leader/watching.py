"""What is red now: conditions of ledgers' own lists, counted by the filter that the number's address carries, and
the plan's tasks, counted by the page that shows their lights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from supervision.ledgers.filters import filterset_for
from supervision.ledgers.registry import all_ledgers
from supervision.people.models import User
from supervision.plan.shares import matrix


@dataclass(frozen=True)
class Watch:
    """A condition of a ledger's list that should hold for nothing: its name, the ledger, the list's own filter."""

    label: str
    ledger: str
    query: str
    measure: str


WATCHED = (
    Watch("安全隐患办理超期", "hidden-dangers", "overdue=true", "处"),
    Watch("安全隐患挂牌督办中", "hidden-dangers", "listed=true", "处"),
    Watch("安全隐患停工中", "hidden-dangers", "suspended=true", "处"),
    Watch("质量缺陷办理超期", "quality-defects", "overdue=true", "处"),
    Watch("质量缺陷停工中", "quality-defects", "suspended=true", "处"),
    Watch("危大工程办理超期", "dangerous-works", "overdue=true", "项"),
    Watch("事故整改措施超期", "incident-measures", "overdue=true", "项"),
    Watch("检查任务超期", "inspection-tasks", "overdue=true", "项"),
    Watch("招标投诉办理超期", "tender-complaints", "overdue=true", "件"),
    Watch("欠薪投诉办理超期", "wage-complaints", "overdue=true", "件"),
    Watch("审计问题整改超期", "fund-findings", "overdue=true", "个"),
)


def watched(user: User) -> list[dict[str, Any]]:
    """Each condition with its number, over what the person sees; one query each. Those of ledgers that are not open
    to the person are left out."""
    by_slug = {ledger.slug: ledger for ledger in all_ledgers()}
    found = []
    for one in WATCHED:
        ledger = by_slug.get(one.ledger)
        if ledger is None or not ledger.may_view(user):
            continue
        filterset = filterset_for(ledger)(QueryDict(one.query), queryset=ledger.queryset(user))
        # A filter that the ledger does not have would count everything.
        unknown = set(filterset.data) - set(filterset.filters)
        if unknown or not filterset.is_valid():
            raise ValueError(f"{one.ledger}: the list has no filter {unknown or filterset.errors}")
        count = filterset.qs.order_by().count()
        found.append(
            {
                "label": one.label,
                "count": count,
                "measure": one.measure,
                "url": f"{ledger.url}?{one.query}",
                "red": bool(count),
            }
        )
    return found


def task_lights(user: User, today: date) -> list[dict[str, Any]]:
    """The tasks with a red light on the page that opens when no plan is named; empty without a plan of tasks."""
    plan = matrix.current_plan(user)
    if plan is None:
        return []
    counts = {row["color"]: row["count"] for row in matrix.matrix(user, plan, today.year, "", today).counts}
    count = counts["red"]
    return [
        {
            "label": "任务进度红灯",
            "count": count,
            "measure": "项",
            "url": f"{reverse('tasks_board')}?year={today.year}",
            "red": bool(count),
        }
    ]
