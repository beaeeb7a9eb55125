"""The daily watch over calibrations: who answers for a machine hears of it 30, 7 and 0 days before they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from supervision.flows.reminders import remind
from supervision.people.models import Membership, Role
from supervision.rules.shipped import rule

from ..models import Equipment
from ..models.laboratory import CLOSED
from ..rules import CALIBRATION


def remind_of_calibrations(
    day: date | None = None, progress: Callable[[int, int], None] | None = None
) -> int:
    """Tell the people of each laboratory of its machines that reach one of the days of the rules; returns of how
    many machines. A missed night is made up for: whoever was not told of a step yet hears of the nearest one."""
    day = day or timezone.localdate()
    steps = sorted(rule(CALIBRATION, day).content["days"])
    rows = (
        Equipment.objects.filter(
            valid_until__lte=day + timedelta(days=max(steps)),
            valid_until__gte=day - timedelta(days=max(steps)),
        )
        .filter(Q(retired_on__isnull=True) | Q(retired_on__gt=day))
        .exclude(laboratory__status=CLOSED)
        .select_related("laboratory__organization")
        .order_by("valid_until", "pk")
    )
    total = rows.count()
    for done, machine in enumerate(rows.iterator(500), 1):
        left = (machine.valid_until - day).days
        step = next(step for step in steps if left <= step)
        words = "今日到期" if left == 0 else f"还有{left}天到期" if left > 0 else f"已过期{-left}天"
        remind(
            people_of(machine),
            f"calibration:{machine.pk}:{machine.valid_until}:{step}",
            f"{machine.laboratory} {machine} 检定校准{words}",
            machine,
            body=f"有效期至{machine.valid_until}。到期后所做的试验会列为数据疑点。",
            red=left <= 0,
        )
        if progress:
            progress(done, total)
    return total


def people_of(machine: Equipment) -> list[int]:
    """Who works for the unit that keeps the laboratory, as its tester."""
    path = machine.laboratory.organization.path
    held = Membership.objects.current().filter(
        organization__path__startswith=path, role=Role.LABORATORY, user__is_active=True
    )
    return list(held.values_list("user", flat=True).distinct())
