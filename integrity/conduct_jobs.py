"""Nightly work of conduct. No result and no message: others than the discipline role read the list of jobs."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from supervision.flows.reminders import Reminder, remind, reminder
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, Membership, Role
from supervision.rules.models import Holiday
from supervision.rules.shipped import rule

from .controls import asking
from .models import EducationPush, RiskPoint
from .models.conduct import RISK_CHECKS

EDUCATION = "integrity-education"
EVERYBODY = PARTY_ROLES | AUTHORITY_ROLES | {Role.BUREAU_LEADER, Role.INSPECTOR, Role.DISCIPLINE}


@job("integrity_controls", label="制度核查")
def integrity_controls(run: JobRun) -> None:
    """Ask what the history of the year asks; in January the last days of the year before are asked once more."""
    today = timezone.localdate()
    if today.month == 1:
        asking.ask(today.year - 1)
    asking.ask(today.year)


@job("remind_integrity_checks", label="廉政风险点检查提醒")
def remind_integrity_checks(run: JobRun) -> None:
    """Remind the people of a unit of the checks of its posts that are due; each deadline once."""
    today = timezone.localdate()
    until = today + timedelta(days=rule(RISK_CHECKS).content["remind_days"])
    due = list(RiskPoint.objects.filter(status="active", due_on__lte=until).select_related("unit"))
    people: dict[int, set[int]] = {}
    held = Membership.objects.current().filter(organization__in={point.unit_id for point in due})
    for unit, user in held.filter(role__in=PARTY_ROLES | AUTHORITY_ROLES).values_list(
        "organization_id", "user_id"
    ):
        people.setdefault(unit, set()).add(user)
    discipline = set(
        Membership.objects.current().filter(role=Role.DISCIPLINE).values_list("user_id", flat=True)
    )
    for point in due:
        whom = people.get(point.unit_id, set()) | (discipline if point.of_authority else set())
        remind(
            whom,
            f"risk-check:{point.pk}:{point.due_on}",
            f"廉政风险点检查将于{point.due_on:%Y年%m月%d日}到期：{point.post}",
            point,
            red=point.due_on < today,
        )


@reminder
def before_holidays(day):
    """A few days before a holiday begins, once: the reminder that comes with it."""
    ahead = rule(EDUCATION, day).content["days_before_holiday"]
    off = list(
        Holiday.objects.filter(
            is_workday=False, date__gte=day, date__lte=day + timedelta(days=ahead)
        ).order_by("date")
    )
    days = {holiday.date for holiday in off}
    for holiday in off:
        if holiday.date > day and holiday.date - timedelta(days=1) not in days:
            yield Reminder(
                f"integrity-holiday:{holiday.date}",
                f"{holiday.name}廉洁提醒：不收送礼品礼金，不接受管理服务对象宴请，不公车私用",
                EVERYBODY,
                body=f"{holiday.name}自{holiday.date:%Y年%m月%d日}起。违规线索可向纪检监督人员反映。",
            )


@reminder
def education_of_month(day):
    """Late in a month without a push: those who push are reminded."""
    if day.day < rule(EDUCATION, day).content["remind_from_day"]:
        return
    if not EducationPush.objects.filter(month=f"{day:%Y-%m}", status="pushed").exists():
        yield Reminder(
            f"integrity-education:{day:%Y-%m}",
            f"{day:%Y年%m月}的廉政教育尚未推送",
            frozenset({Role.DISCIPLINE}),
            url="/integrity-pushes/",
        )
