"""Who is told what of shares: reports before they are due, slips when they go out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from supervision.flows.reminders import remind
from supervision.people.models import Membership
from supervision.rules.shipped import rule

from ..flows.roles import UNITS
from ..models import Milestone, ShareReport, TaskUrging
from ..models.progress import DRAFT
from ..models.share import UNDERWAY
from .following import FOLLOWING


def people_of(units: Iterable[int]) -> dict[int, set[int]]:
    """By organisation the persons who act for it today."""
    found: dict[int, set[int]] = {}
    rows = Membership.objects.current().filter(organization__in=set(units), role__in=UNITS)
    for unit, user in rows.values_list("organization_id", "user_id"):
        found.setdefault(unit, set()).add(user)
    return found


def tell_urged(slip: TaskUrging) -> None:
    """The unit's people learn of the slip at once."""
    unit = slip.share.unit_id
    remind(
        people_of([unit]).get(unit, set()),
        f"task-urging:{slip.pk}:{slip.issued_on}",
        f"收到{slip}",
        slip,
        body=f"{slip.reason}。请于{slip.answer_by:%Y年%m月%d日}前答复。",
        red=slip.colour == "red",
    )


def remind_reports(day: date) -> int:
    """Remind of the reports that are due within the rule's days or overdue: each deadline once before, once after.

    Returns how many reports."""
    until = day + timedelta(days=rule(FOLLOWING, day).content["remind_days"])
    rows = ShareReport.objects.filter(status=DRAFT, report_by__lte=until, share__unit__is_active=True)
    reports = list(rows.select_related("share__task", "share__unit"))
    people = people_of(report.share.unit_id for report in reports)
    for report in reports:
        late = report.report_by < day
        state = "已逾期" if late else f"应于{report.report_by:%Y年%m月%d日}前报送"
        remind(
            people.get(report.share.unit_id, set()),
            f"share-report:{report.pk}:{report.report_by}:{'late' if late else 'near'}",
            f"进展报告{state}：{report.share.task} {report.period_label}",
            report,
            red=late,
        )
    return len(reports)


def remind_steps(day: date) -> int:
    """Remind of the steps that are near by the rule's days, each date once. Returns how many."""
    until = day + timedelta(days=rule(FOLLOWING, day).content["near_days"])
    rows = Milestone.objects.filter(
        done_on__isnull=True, planned_on__range=(day, until), share__status=UNDERWAY
    )
    steps = list(rows.filter(share__unit__is_active=True).select_related("share__task", "share__unit"))
    people = people_of(step.share.unit_id for step in steps)
    for step in steps:
        remind(
            people.get(step.share.unit_id, set()),
            f"task-step:{step.pk}:{step.planned_on}",
            f"任务节点应于{step.planned_on:%Y年%m月%d日}前完成：{step.share.task} {step.title}",
            step,
        )
    return len(steps)
