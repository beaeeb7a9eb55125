"""What the pages of a share and of a report show beside their facts."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from supervision.flows import perform
from supervision.ledgers.registry import get, ledger_for
from supervision.people.models import User
from supervision.rules.numbers import date_cn

from .. import facts
from ..fact_pages import address
from ..models import ShareReport, TaskShare
from ..models.progress import DRAFT
from ..models.share import ASKED, DECLARED, UNDERWAY
from . import reports
from .acting import is_lead, is_unit
from .looking import standing


def share_context(share: TaskShare, user: User) -> dict[str, Any]:
    today = timezone.localdate()
    (stands,) = standing([share], today)
    unit, lead = is_unit(user, share), is_lead(user, share)
    open_now = share.status in (ASKED, UNDERWAY, DECLARED)
    slip = ""
    ledger = get("task-urgings")
    if open_now and lead and ledger.may_create(user):
        query = {"share": share.pk, "reason": stands.light.reason}
        if stands.light.urgency:
            query["colour"] = stands.light.urgency
        if stands.following:
            query["original_on"] = stands.following.planned_on.isoformat()
        slip = f"{reverse('task-urgings:new')}?{urlencode(query)}"
    period = reports.current_period(share, today)
    acts = perform.open_to(stands.steps, user) if stands.steps else {}
    return {
        "stands": stands,
        "today": date_cn(today),
        "steps_shown": [
            {
                "step": step,
                "url": reverse("task-milestones:detail", args=[step.pk]),
                "late": 0 if step.done_on else max((today - step.planned_on).days, 0),
                "acts": [
                    {
                        "label": act.label,
                        "url": reverse("task-milestones:do", args=[step.pk, act.name]),
                    }
                    for act in acts.get(step.pk, ())
                    if act.name == "reach"
                ],
            }
            for step in stands.steps
        ],
        "steps_url": reverse("share_steps", args=[share.pk])
        if open_now and share.status != DECLARED and (unit or lead)
        else "",
        "report_url": reverse("share_report", args=[share.pk])
        if unit and share.status == UNDERWAY and period.first <= today
        else "",
        "report_period": period.code,
        "slip_url": slip,
        "cited": cited(share, user),
        "cite_url": reverse("share_cite", args=[share.pk]) if open_now and (unit or lead) else "",
        "closed_unit": not share.unit.is_active,
    }


def cited(share: TaskShare, user: User) -> list[dict]:
    """The cited records; a link only where the person may open the ledger. Whether they see the record itself is
    asked there."""
    rows = []
    for citation in share.citations.all():
        try:
            ledger = get(citation.ledger)
        except LookupError:
            ledger = None
        rows.append(
            {
                "citation": citation,
                "label": ledger.label if ledger else citation.ledger,
                "url": ledger.record_url(citation.record) if ledger and ledger.may_view(user) else "",
            }
        )
    return rows


def report_context(report: ShareReport, user: User) -> dict[str, Any]:
    share = report.share
    place, span = reports.place_from(report.place, share.unit), reports.span_of(report)
    rows, figures = [], list(report.figures.all())
    moved = reports.moved_under(figures)
    for figure in figures:
        known = facts.find(figure.code)
        ledger = ledger_for(apps.get_model(known.model)) if known else None
        openable = known and ledger and ledger.may_view(user) and known.narrows(place)
        rows.append(
            {
                "figure": figure,
                "meaning": known.meaning if known else "该数据已不再统计",
                "moved": moved.get(figure.pk),
                "url": address(known, span, place) if openable else "",
            }
        )
    return {
        "figures": rows,
        "untold": [one.label for one in reports.knowable(share, place)[1]],
        "scope_label": place_label(report),
        "correct_url": reverse("share_report_figures", args=[report.pk])
        if report.status == DRAFT and rows and is_unit(user, share)
        else "",
        "as_of_label": date_cn(report.as_of) if report.as_of else "",
    }


def place_label(report: ShareReport) -> str:
    """Whose records the figures count, in words."""
    if "district" in report.place:
        return f"{report.share.unit.district}辖区" if report.share.unit.district_id else "所在县区"
    if "sector" in report.place:
        return "本中心主管领域"
    return "本单位" if "unit" in report.place else "全市"
