"""The lights of many shares at once, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from supervision.rules.shipped import rule

from ..models import Milestone, ShareReport, TaskShare
from . import lights
from .following import FOLLOWING
from .lights import Light, Progress, Step

AT_ONCE = 5000


@dataclass
class Standing:
    """How a share stands on a day."""

    share: TaskShare
    light: Light
    progress: Progress
    steps: list[Milestone]
    following: Milestone | None
    reports_late: int


def standing(shares: Iterable[TaskShare], day: date) -> list[Standing]:
    """Each share with its light and progress on `day`: two statements for every five thousand, and the rule's."""
    shares = list(shares)
    if not shares:
        return []
    days = rule(FOLLOWING, day).content
    pks = [share.pk for share in shares]
    steps: dict[int, list[Milestone]] = {}
    late: dict[int, int] = {}
    for start in range(0, len(pks), AT_ONCE):
        some = pks[start : start + AT_ONCE]
        for step in Milestone.objects.filter(share__in=some).order_by("planned_on", "pk"):
            steps.setdefault(step.share_id, []).append(step)
        waiting = Q(submitted_on__isnull=True) | Q(submitted_on__gt=day)
        rows = ShareReport.objects.filter(waiting, share__in=some, report_by__lt=day).order_by()
        late |= dict(rows.values_list("share").annotate(number=Count("pk")))
    found = []
    for share in shares:
        own = steps.get(share.pk, [])
        plain = [Step(step.title, step.planned_on, step.done_on) for step in own]
        left = [step for step in own if step.done_on is None or step.done_on > day]
        found.append(
            Standing(
                share,
                lights.light(
                    share.year,
                    plain,
                    day,
                    near_days=days["near_days"],
                    red_after_days=days["red_after_days"],
                    confirmed_on=share.confirmed_on,
                    ended_on=share.ended_on,
                    reports_late=late.get(share.pk, 0),
                ),
                lights.progress(plain, day),
                own,
                left[0] if left else None,
                late.get(share.pk, 0),
            )
        )
    return found


def stand(shares: Iterable[TaskShare], day: date) -> None:
    """Let each share know its light of `day`; the statements of `standing`, however many there are."""
    for one in standing(shares, day):
        one.share._light = one.light
