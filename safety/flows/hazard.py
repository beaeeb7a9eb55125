"""How a hazard travels: 辨识 → 评估 → 管控中 → 重新评估 → 销除.

The unit that works identifies, assesses and controls; its supervisor, owner or the authority may send an
assessment back, and only they take a hazard off the list. A level is computed, never chosen.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import add_workdays, months_after

from ..models.hazard import (
    ASSESSED,
    CONTROLLED,
    FIVE_LISTS,
    HANDLING,
    IDENTIFIED,
    REASSESSING,
    REASSESSMENT,
    REMOVED,
    Hazard,
    RiskLevel,
)
from ..rules import rule
from .danger_acts import BY_UNITS, OF_SECTION

WORKERS = BY_UNITS
CHECKERS = {Role.SUPERVISOR: OF_SECTION, Role.OWNER: OF_SECTION} | dict.fromkeys(
    AUTHORITY_ROLES | {Role.INSPECTOR}, Q()
)
SCORES = ("method", "likelihood", "consequence")
CONTROL = ("measures", "responsible_unit", "responsible_person")
MAJOR = Q(level=RiskLevel.MAJOR)


def workdays(step: str):
    return lambda record: add_workdays(timezone.localdate(), rule(HANDLING).content[step])


def assess(record: Hazard, data: dict, actor) -> None:
    record.assessed_on = timezone.localdate()
    record.grade()
    if not record.level:
        raise ValidationError({"exposure": "LEC 法须填写暴露频度 E。"})


def a_year_on(record: Hazard):
    day = record.assessed_on or timezone.localdate()
    return months_after(day, 12 * rule(REASSESSMENT).content["years"])


def control(record: Hazard, data: dict, actor) -> None:
    today = timezone.localdate()
    record.controlled_on = today
    record.trigger_on = None
    record.reassess_by = a_year_on(record)


def remove(record: Hazard, data: dict, actor) -> None:
    record.removed_on = data.get("removed_on") or timezone.localdate()
    record.trigger_on = None


Hazard.flow = Flow(
    initial=IDENTIFIED,
    states={
        IDENTIFIED: State("待评估", "blue", editable=True),
        ASSESSED: State("待管控", "cyan"),
        CONTROLLED: State("管控中", "green"),
        REASSESSING: State("重新评估", "yellow"),
        REMOVED: State("已销除", "gray", final=True),
    },
    overlays=(Overlay("trigger_on", "须重新评估", "orange"),),
    transitions=[
        Transition(
            "assess",
            "评估定级",
            (IDENTIFIED, REASSESSING),
            ASSESSED,
            frozenset(WORKERS),
            fields=SCORES,
            optional=("exposure",),
            opinion_label="评估说明",
            role_when=WORKERS,
            effect=assess,
            deadline=workdays("control"),
            help="等级按所填分值和现行评估标准计算，不能直接选定。",
        ),
        Transition(
            "control",
            "纳入管控",
            (ASSESSED,),
            CONTROLLED,
            frozenset(WORKERS),
            fields=CONTROL,
            when=~MAJOR,
            role_when=WORKERS,
            effect=control,
        ),
        Transition(
            "control_major",
            "纳入管控（重大，五清单）",
            (ASSESSED,),
            CONTROLLED,
            frozenset(WORKERS),
            fields=(*CONTROL, *FIVE_LISTS),
            when=MAJOR,
            role_when=WORKERS,
            effect=control,
            style="danger",
            help="重大风险须备齐基础信息、防控责任、监测监控、防范措施、应急处置五个清单。",
        ),
        Transition(
            "send_back",
            "评估退回",
            (ASSESSED,),
            IDENTIFIED,
            frozenset(CHECKERS),
            opinion="required",
            role_when=CHECKERS,
            deadline=workdays("assess"),
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "revise",
            "调整措施与责任",
            (CONTROLLED,),
            None,
            frozenset(WORKERS),
            fields=CONTROL,
            when=~MAJOR,
            role_when=WORKERS,
            duty=False,
            deadline=lambda record: record.due_on,
        ),
        Transition(
            "revise_major",
            "调整五清单",
            (CONTROLLED,),
            None,
            frozenset(WORKERS),
            fields=(*CONTROL, *FIVE_LISTS),
            when=MAJOR,
            role_when=WORKERS,
            duty=False,
            deadline=lambda record: record.due_on,
        ),
        Transition(
            "reassess",
            "重新评估",
            (CONTROLLED,),
            REASSESSING,
            frozenset(WORKERS),
            when=Q(trigger_on__isnull=False),
            role_when=WORKERS,
            deadline=workdays("assess"),
            help="评估期间原管控措施继续执行。",
        ),
        Transition(
            "reassess_early",
            "提前重新评估",
            (CONTROLLED,),
            REASSESSING,
            frozenset({*WORKERS, *CHECKERS}),
            opinion="required",
            opinion_label="理由",
            when=Q(trigger_on__isnull=True),
            role_when={role: Q() for role in CHECKERS} | WORKERS | {Role.OWNER: Q()},
            deadline=workdays("assess"),
            duty=False,
        ),
        Transition(
            "remove",
            "销除",
            (CONTROLLED, REASSESSING),
            REMOVED,
            frozenset(CHECKERS),
            optional=("removed_on",),
            opinion="required",
            opinion_label="销除依据",
            not_by=("assess",),
            role_when=CHECKERS,
            effect=remove,
            duty=False,
            style="success",
        ),
    ],
)
