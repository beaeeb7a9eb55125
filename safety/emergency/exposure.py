"""Which places a weather warning concerns, and the short checklist that goes to them alone.

A place (a section, or a project's own hazards) is exposed when it is being built where the warning holds and has a
hazard assessed or under control whose kind of accident, or a word in whose place or event, the rule set
weather-checks names for this kind of weather; or a dangerous work in progress in whose item or part such a word
occurs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from projects.assessments.generating import at_work
from supervision.flows import records
from supervision.flows.history import SYSTEM, Actor

from ..models.emergency import WEATHER, WeatherCheck, WeatherWarning
from ..models.hazard import ASSESSED, CONTROLLED, REASSESSING, Hazard
from ..models.works import FINISH, DangerousWork
from ..rules import rule

# So many hazards and works are named as the reason; the others are counted.
NAMED, PART = 4, 200


def settings_of(kind: str) -> dict:
    return rule(WEATHER).content["kinds"][kind]


def places(warning: WeatherWarning) -> dict[tuple[int, int | None], list[str]]:
    """(project, section or None) of every exposed place → the hazards and works that expose it, in words."""
    today = timezone.localdate()
    if warning.kind not in rule(WEATHER).content["kinds"] or not warning.ends_at:
        return {}
    if warning.ends_at <= timezone.now():
        return {}
    how = settings_of(warning.kind)
    going = Q(section__isnull=True) | Q(section__end_on__isnull=True) | Q(section__end_on__gte=today)
    hazards = Hazard.objects.filter(
        Q(accident__in=how["accidents"]) | _named(how["words"], "part", "event"),
        going,
        _where(warning, "project__", today),
        status__in=(ASSESSED, CONTROLLED, REASSESSING),
    ).values_list("project_id", "section_id", "part", "event")
    # What is begun and not yet finished.
    works = DangerousWork.objects.filter(
        _named(how["words"], "part", "item"),
        going,
        _where(warning, "section__project__", today),
        status=FINISH,
    ).values_list("section__project_id", "section_id", "part", "item")
    found: dict[tuple[int, int | None], list[str]] = {}
    for rows in (hazards, works):
        for project, section, part, what in rows.order_by("pk"):
            found.setdefault((project, section), []).append(f"{part}（{what}）")
    return found


def _named(words: Iterable[str], *columns: str) -> Q:
    """One of the words occurs in one of the columns."""
    named = Q(pk__in=())
    for word in words:
        for column in columns:
            named |= Q(**{f"{column}__contains": word})
    return named


def _where(warning: WeatherWarning, at: str, day: date) -> Q:
    """Being built on a day where the warning holds; `at` leads to the project."""
    place = at_work(day, day, at)
    if warning.district_id:
        place &= Q(**{f"{at}district": warning.district_id})
    if warning.mode:
        place &= Q(**{f"{at}mode": warning.mode})
    return place


def send_checks(warning: WeatherWarning, actor: Actor) -> list[WeatherCheck]:
    """A check for each exposed place, to be answered by the warning's end."""
    checks = [
        WeatherCheck(
            warning=warning,
            project_id=project,
            section_id=section,
            because=reason(exposed),
            ends_at=warning.ends_at,
            due_on=timezone.localdate(warning.ends_at),
            is_demo=warning.is_demo,
        )
        for (project, section), exposed in places(warning).items()
    ]
    return records.create_many(checks, actor, label="下发核查清单") if checks else []


def reason(exposed: list[str]) -> str:
    more = f"等{len(exposed)}项" if len(exposed) > NAMED else ""
    return f"{'、'.join(exposed[:NAMED])[:450]}{more}"


def lapse(now: datetime | None = None) -> int:
    """Mark the checks whose warning ended unanswered; returns how many. A second run finds none."""
    now = now or timezone.now()
    rows = WeatherCheck.objects.filter(status="asked", lapsed_on__isnull=True, ends_at__lt=now).order_by("pk")
    done = 0
    for check in rows.iterator(PART):
        values = {"lapsed_on": timezone.localdate(check.ends_at), "due_on": None}
        records.update(check, values, SYSTEM, label="预警结束未报", clean=False)
        done += 1
    return done
