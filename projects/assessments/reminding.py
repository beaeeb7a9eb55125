"""The bureau is reminded of the year's spot-check while it was not drawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse

from supervision.flows.reminders import Reminder, reminder
from supervision.people.models import Role
from supervision.rules.calendar import is_workday
from supervision.rules.shipped import rule

from ..models import AssessmentSchedule, SpotCheckDraw, Standard
from ..models.standard import Subject
from .generating import sections_at_work

REMINDERS = "spot-check-reminders"


def drawn_standards():
    """Standards in use whose sections the bureau checks by lot: the owner assesses them all, the bureau not."""
    rows = AssessmentSchedule.objects.filter(
        is_active=True, standard__is_example=False, subject=Subject.CONTRACTOR, bureau_every=""
    ).exclude(owner_every="")
    return Standard.objects.filter(pk__in=rows.values("standard")).order_by("pk")


def latest_day(day: date) -> date | None:
    """The last of the year's reminder days that has come by `day`."""
    days = (date.fromisoformat(f"{day.year}-{each}") for each in rule(REMINDERS, day).content["days"])
    return max((each for each in days if each <= day), default=None)


@reminder
def undrawn(day: date) -> Iterator[Reminder]:
    """One reminder for each standard and reminder day, sent on working days, as long as there are sections to draw
    from and no draw of the year. A missed morning is made up for by the next."""
    since = latest_day(day)
    if since is None or not is_workday(day) or not sections_at_work(day.year).exists():
        return
    held = SpotCheckDraw.objects.filter(year=day.year).values("standard")
    for standard in drawn_standards().exclude(pk__in=held):
        yield Reminder(
            f"spot-check:{standard.pk}:{since}",
            f"{day.year}年{standard}尚未抽取年度抽查标段",
            frozenset({Role.BUREAU_STAFF}),
            "主管部门每年至少对每个建设单位抽查一次，且抽查标段不少于规定比例。请在“抽查抽取”中办理。",
            f"{reverse('assessment-draws:new')}?standard={standard.pk}&year={day.year}",
        )
