"""Nightly: units that joined a kind, a new year's periods, and a word to units whose period is about to end."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from django.utils import timezone

from supervision.flows.reminders import remind
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.rules.shipped import rule

from ..acting import people_of
from ..models import Duty, DutyDue
from . import dues
from .adopting import CODE

JANUARY = 1


@job("duty_dues", label="履职周期计算与提醒")
def duty_dues(run: JobRun) -> dict:
    """Bring this year's dues up to date (in January the last year's too), then remind."""
    today = timezone.localdate()
    years = [today.year - 1, today.year] if today.month == JANUARY else [today.year]
    changed = sum(dues.refresh(year) for year in years)
    return {"changed": changed, "reminded": remind_units(today)}


def remind_units(day: date) -> int:
    """One message a unit and a period's end to those who act for it; returns how many units were told."""
    if not Duty._base_manager.exists():
        return 0
    ahead = rule(CODE, day).content["remind_days"]
    near: dict[tuple[int, date], list[DutyDue]] = defaultdict(list)
    for per, days in ahead.items():
        found = DutyDue._base_manager.filter(
            per=per, first__lte=day, last__gte=day, last__lte=day + timedelta(days=days), done_on__isnull=True
        )
        for due in found.select_related("duty", "organization"):
            near[due.organization_id, due.last].append(due)
    people = people_of(unit for unit, _ in near)
    for (unit, last), owed in near.items():
        body = "；".join(f"{due.duty}（已{due.done}次，应{due.needed}次）" for due in owed[:20])
        title = f"{len(owed)}项履职{last.month}月{last.day}日到期，尚未登记"
        remind(people.get(unit, set()), f"duty:{unit}:{last}", title, owed[0].organization, body=body)
    return len(near)
