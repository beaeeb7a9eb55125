"""屡改屡犯: the same unit, the same clause or category, near stakes, within the window of the rule set."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from supervision.rules.stakes import StakeError, bounds

from .models.danger import DISMISSED, HiddenDanger
from .rules import REPEATS, rule


def alike(danger: HiddenDanger):
    """Dangers that could be the same one again, the newest first; nearness along the road aside."""
    if not danger.responsible_unit_id or not (danger.category or danger.clause) or not danger.found_on:
        return HiddenDanger.objects.none()
    window = timedelta(days=rule(REPEATS).content["window_days"])
    same = Q(pk__in=())
    if danger.category:
        same |= Q(category=danger.category)
    if danger.clause:
        same |= Q(clause=danger.clause)
    rows = HiddenDanger.objects.filter(
        same,
        responsible_unit_id=danger.responsible_unit_id,
        project_id=danger.project_id,
        found_on__range=(danger.found_on - window, danger.found_on),
    ).exclude(status=DISMISSED)
    if danger.pk:
        rows = rows.filter(pk__lt=danger.pk)
    return rows.order_by("-found_on", "-pk")


def former_of(danger: HiddenDanger) -> HiddenDanger | None:
    """The last danger that this one repeats, or None."""
    return next(iter(repeats_of(danger, 1)), None)


def repeats_of(danger: HiddenDanger, limit: int = 10) -> list[HiddenDanger]:
    """The dangers that this one repeats, the newest first, at most `limit`."""
    metres, found = rule(REPEATS).content["metres"], []
    for other in alike(danger)[:200]:
        if near(danger, other, metres):
            found.append(other)
            if len(found) == limit:
                break
    return found


def near(one: HiddenDanger, other: HiddenDanger, metres: int) -> bool:
    """Whether two dangers lie close together: by their stakes where both have them, else by their section."""
    if one.stakes and other.stakes:
        try:
            a, b = bounds(one.stakes), bounds(other.stakes)
        except StakeError:
            return False
        if a.route and b.route and a.route != b.route:
            return False
        return max(a.start, b.start) - min(a.end, b.end) <= metres
    return one.section_id == other.section_id
