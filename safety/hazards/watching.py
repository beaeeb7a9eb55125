"""The daily watch over hazards: whose assessment is a year old is asked for anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor

from ..models.hazard import CONTROLLED, Hazard, HazardTrigger, TriggerKind

PART = 200


def ask_anew(
    actor: Actor, day: date | None = None, progress: Callable[[int, int], None] | None = None
) -> int:
    """Record a trigger for every hazard under control whose time has come by `day` (default today); returns how
    many. Those asked for already are left alone, so a second run of a day does nothing."""
    day = day or timezone.localdate()
    rows = (
        Hazard.objects.filter(status=CONTROLLED, reassess_by__lte=day, trigger_on__isnull=True)
        .select_related(*Hazard.text_joins)
        .order_by("pk")
    )
    total, done = rows.count(), 0
    for hazard in rows.iterator(PART):
        records.create(
            HazardTrigger(
                project=hazard.project,
                section=hazard.section,
                hazard=hazard,
                kind=TriggerKind.YEARLY,
                happened_on=hazard.reassess_by,
                description=f"上次评估 {hazard.assessed_on}，期限 {hazard.reassess_by}",
                is_demo=hazard.is_demo,
            ),
            actor,
            label="到期重新评估",
        )
        done += 1
        if progress:
            progress(done, total)
    return done
