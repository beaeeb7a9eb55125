"""How emergency plans, drills and weather checks travel."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from projects import findings
from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import months_after

from ..models.emergency import PLANS, Drill, EmergencyPlan, WeatherCheck
from ..rules import rule
from .danger_acts import BY_UNITS, OF_SECTION

UNITS = BY_UNITS
CHECKERS = {Role.SUPERVISOR: OF_SECTION, Role.OWNER: Q()} | dict.fromkeys(AUTHORITY_ROLES, Q())
IN_FORCE = Q(replaced_on__isnull=True)


# ------------------------------------------------------------------------------------------------------ plans


def review(record: EmergencyPlan, data: dict, actor) -> None:
    record.reviewed_on = data.get("reviewed_on") or timezone.localdate()


def file_plan(record: EmergencyPlan, data: dict, actor) -> None:
    record.filed_on = record.filed_on or timezone.localdate()
    record.next_review_on = months_after(record.reviewed_on, 12 * rule(PLANS).content["review_years"])
    record.due_on = record.next_review_on


def confirm(record: EmergencyPlan, data: dict, actor) -> None:
    record.rechecked_on = timezone.localdate()
    record.next_review_on = months_after(record.rechecked_on, 12 * rule(PLANS).content["review_years"])
    record.due_on = record.next_review_on


EmergencyPlan.flow = Flow(
    initial="draft",
    states={
        "draft": State("编制中", "gray", editable=True),
        "reviewed": State("待报备", "cyan"),
        "filed": State("已报备", "green", final=True),
    },
    overlays=(Overlay("replaced_on", "已停用", "gray"),),
    transitions=[
        Transition(
            "review",
            "评审通过",
            ("draft",),
            "reviewed",
            frozenset(UNITS),
            fields=("reviewers",),
            optional=("reviewed_on",),
            role_when=UNITS,
            effect=review,
            deadline=lambda record: timezone.localdate() + timedelta(days=rule(PLANS).content["file_days"]),
        ),
        Transition(
            "send_back",
            "退回修改",
            ("reviewed",),
            "draft",
            frozenset(CHECKERS),
            opinion="required",
            role_when=CHECKERS,
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "file",
            "报备",
            ("reviewed",),
            "filed",
            frozenset(UNITS),
            fields=("filed_with",),
            optional=("filed_on", "filing_number"),
            role_when=UNITS,
            effect=file_plan,
        ),
        Transition(
            "confirm",
            "复审仍适用",
            ("filed",),
            None,
            frozenset(UNITS),
            fields=("reviewers",),
            opinion="required",
            opinion_label="复审意见",
            when=IN_FORCE,
            role_when=UNITS,
            effect=confirm,
            duty=False,
            style="secondary",
            help="需要修改的，请新增一版并选“修订自”。",
        ),
    ],
)


# ----------------------------------------------------------------------------------------------------- drills


def hold(record: Drill, data: dict, actor) -> None:
    record.held_on = record.held_on or timezone.localdate()


Drill.flow = Flow(
    initial="planned",
    states={
        "planned": State("计划", "blue", editable=True),
        "held": State("已演练", "green", final=True),
        "cancelled": State("已取消", "gray", final=True),
    },
    transitions=[
        Transition(
            "hold",
            "登记演练",
            ("planned",),
            "held",
            frozenset(UNITS),
            fields=("headcount", "assessment"),
            optional=("held_on", "improvement"),
            role_when=UNITS,
            effect=hold,
        ),
        Transition(
            "cancel",
            "取消",
            ("planned",),
            "cancelled",
            frozenset(UNITS),
            opinion="required",
            role_when=UNITS,
            duty=False,
            style="warning",
        ),
    ],
)


# -------------------------------------------------------------------------------------------- weather checks


def unanswered(record: WeatherCheck) -> list[str]:
    if timezone.now() > record.ends_at:
        return ["预警已结束，不再填报。"]
    return [] if record.answers.exists() else ["请先填写核查清单。"]


def answer(record: WeatherCheck, data: dict, actor) -> None:
    """Take the answers as given; each item not in order becomes a hidden danger."""
    wrong = list(record.answers.filter(result="no"))
    record.answered_at = timezone.now()
    record.failed = len(wrong)
    for item in wrong:
        if not item.note.strip():
            raise ValidationError(f"“{item.text}”不符合，请写明情况。")
        findings.raise_finding(
            "hidden_danger",
            findings.Finding(
                label="safety.weatheranswer",
                id=item.pk,
                project=record.project,
                section=record.section,
                part=record.warning.get_kind_display() + "预警核查",
                description=f"{item.text}：不符合。{item.note}",
                found_on=timezone.localdate(),
                self_check=True,
                is_demo=record.is_demo,
            ),
            actor,
        )


WeatherCheck.flow = Flow(
    initial="asked",
    states={
        "asked": State("待核查", "orange"),
        "answered": State("已核查", "green", final=True),
    },
    overlays=(Overlay("lapsed_on", "逾期未报", "red"),),
    transitions=[
        Transition(
            "answer",
            "报送核查情况",
            ("asked",),
            "answered",
            frozenset(UNITS),
            opinion="no",
            when=Q(lapsed_on__isnull=True),
            role_when=UNITS,
            guard=unanswered,
            effect=answer,
        ),
    ],
)
