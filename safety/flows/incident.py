"""How incidents travel: 处置 → 调查 → 待批复 → 整改落实 → 结案 → 评估; their faults, measures, and near misses.

四不放过 and 一案三查 are written down one by one, and together with every measure they gate the closing.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from projects import findings
from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.flows.rectification import keep_due
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import months_after

from ..incidents import grading
from ..models.incident import (
    FOUR,
    INCIDENT_HANDLING,
    THREE,
    VOID,
    Incident,
    IncidentMeasure,
    NearMiss,
    ReportingFault,
)
from ..rules import rule
from .danger_acts import BY_UNITS

REPORTED, INVESTIGATING, CONCLUDED, RECTIFYING, CLOSED, EVALUATED = (
    "reported",
    "investigating",
    "concluded",
    "rectifying",
    "closed",
    "evaluated",
)
AUTHORITY = frozenset(AUTHORITY_ROLES)
PRINCIPLES = "incident-principles"
TODO, SUBMITTED, ACCEPTED = "todo", "submitted", "accepted"
ASKED = Q(evaluation_asked_on__isnull=False)


def handling(incident: Incident) -> dict:
    return rule(INCIDENT_HANDLING, incident.happened_on).content


# ---------------------------------------------------------------------------------------------- investigation


def investigate(record: Incident, data: dict, actor) -> None:
    record.investigation_until = record.happened_on + timedelta(days=handling(record)["investigation_days"])
    record.due_on = record.investigation_until


def extend(record: Incident, data: dict, actor) -> None:
    content = handling(record)
    ends = record.happened_on + timedelta(days=content["investigation_days"])
    latest = ends + timedelta(days=content["extension_days"])
    if not ends < record.investigation_until <= latest:
        raise ValidationError(
            {
                "investigation_until": f"须在 {ends} 之后、{latest} 以前（最多延长{content['extension_days']}日）。"
            }
        )
    record.due_on = record.investigation_until


def approval_due(record: Incident) -> date:
    content = handling(record)
    gravest = record.grade == grading_top()
    days = content["approval_days_extraordinary" if gravest else "approval_days"]
    return timezone.localdate() + timedelta(days=days)


def grading_top() -> str:
    return rule(grading.GRADES).content["levels"][0]["code"]


def approve(record: Incident, data: dict, actor) -> None:
    record.replied_on = record.replied_on or timezone.localdate()
    record.evaluate_by = months_after(record.replied_on, 12 * handling(record)["evaluation_years"])


def still_open(record: Incident) -> list[str]:
    """What stands in the way of closing: the principles one by one, and every measure not yet accepted."""
    content = rule(PRINCIPLES).content
    names = [*zip(FOUR, content["four"], strict=True), *zip(THREE, content["three"], strict=True)]
    missing = [f"未填写：{label}" for name, label in names if not getattr(record, name).strip()]
    measures = record.measures.all()
    if not measures.exists():
        missing.append("尚未登记整改措施。")
    if left := measures.exclude(status=ACCEPTED).count():
        missing.append(f"还有{left}项整改措施未验收。")
    return missing


def close(record: Incident, data: dict, actor) -> None:
    record.closed_on = timezone.localdate()
    record.due_on = record.evaluate_by


def evaluate(record: Incident, data: dict, actor) -> None:
    record.evaluated_on = timezone.localdate()


def annul(record: Incident, data: dict, actor) -> None:
    record.in_statistics = False
    record.annulled_on = timezone.localdate()


Incident.flow = Flow(
    initial=REPORTED,
    states={
        REPORTED: State("处置中", "red"),
        INVESTIGATING: State("调查中", "orange"),
        CONCLUDED: State("待批复", "cyan"),
        RECTIFYING: State("整改落实", "yellow"),
        CLOSED: State("已结案", "blue"),
        EVALUATED: State("已评估", "green", final=True),
        VOID: State("已撤销", "gray", final=True),
    },
    overlays=(Overlay("evaluation_asked_on", "须评估整改落实", "orange"),),
    transitions=[
        Transition(
            "investigate",
            "启动调查",
            (REPORTED,),
            INVESTIGATING,
            AUTHORITY,
            fields=("investigator",),
            effect=investigate,
            help="调查期限自事故发生之日起计算。",
        ),
        Transition(
            "extend",
            "延长调查期限",
            (INVESTIGATING,),
            None,
            AUTHORITY,
            fields=("investigation_until",),
            opinion="required",
            opinion_label="批准单位和理由",
            effect=extend,
            duty=False,
            style="secondary",
        ),
        Transition(
            "conclude",
            "提交调查报告",
            (INVESTIGATING,),
            CONCLUDED,
            AUTHORITY,
            fields=("liability", "direct_cause"),
            attachments=("调查报告",),
            deadline=approval_due,
        ),
        Transition(
            "approve",
            "批复",
            (CONCLUDED,),
            RECTIFYING,
            AUTHORITY,
            optional=("replied_on",),
            effect=approve,
        ),
        Transition(
            "send_back",
            "退回调查",
            (CONCLUDED,),
            INVESTIGATING,
            AUTHORITY,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
            deadline=lambda record: record.investigation_until,
        ),
        Transition(
            "check_four",
            "填写四不放过",
            (RECTIFYING,),
            None,
            AUTHORITY,
            fields=FOUR,
            deadline=keep_due,
            duty=False,
            style="secondary",
        ),
        Transition(
            "check_three",
            "填写一案三查",
            (RECTIFYING,),
            None,
            AUTHORITY,
            fields=THREE,
            deadline=keep_due,
            duty=False,
            style="secondary",
        ),
        Transition(
            "close",
            "结案",
            (RECTIFYING,),
            CLOSED,
            AUTHORITY,
            guard=still_open,
            effect=close,
            style="success",
        ),
        Transition(
            "evaluate",
            "整改落实评估",
            (CLOSED,),
            EVALUATED,
            AUTHORITY,
            fields=("evaluation",),
            when=ASKED,
            effect=evaluate,
            style="success",
            help="批复后在规定期限内组织评估，结果向社会公开。",
        ),
        Transition(
            "evaluate_early",
            "提前评估",
            (CLOSED,),
            EVALUATED,
            AUTHORITY,
            fields=("evaluation",),
            when=~ASKED,
            effect=evaluate,
            duty=False,
            style="secondary",
        ),
        Transition(
            "annul",
            "撤销登记",
            (REPORTED, INVESTIGATING),
            VOID,
            AUTHORITY,
            opinion="required",
            opinion_label="撤销理由",
            effect=annul,
            duty=False,
            style="danger",
            help="误报、重复登记或不属于生产安全事故的。报告和已发现的迟报、漏报记录仍保留。",
        ),
    ],
)


# ----------------------------------------------------------------------------------------------------- faults


def decide(record: ReportingFault, data: dict, actor) -> None:
    record.decided_on = timezone.localdate()


ReportingFault.flow = Flow(
    initial="found",
    states={
        "found": State("待认定", "orange"),
        "confirmed": State("已认定", "red", final=True),
        "dismissed": State("不成立", "gray", final=True),
    },
    transitions=[
        Transition(
            "confirm",
            "认定",
            ("found",),
            "confirmed",
            AUTHORITY,
            opinion="required",
            opinion_label="认定意见",
            effect=decide,
            style="danger",
        ),
        Transition(
            "dismiss",
            "不成立",
            ("found",),
            "dismissed",
            AUTHORITY,
            opinion="required",
            opinion_label="理由",
            effect=decide,
            duty=False,
            style="secondary",
        ),
    ],
)


# --------------------------------------------------------------------------------------------------- measures


def hand_in(record: IncidentMeasure, data: dict, actor) -> None:
    record.done_on = data.get("done_on") or timezone.localdate()


def accept(record: IncidentMeasure, data: dict, actor) -> None:
    record.accepted_on = timezone.localdate()


def take_back(record: IncidentMeasure, data: dict, actor) -> None:
    record.done_on = None


IncidentMeasure.flow = Flow(
    initial=TODO,
    states={
        TODO: State("整改中", "yellow", editable=True),
        SUBMITTED: State("待验收", "cyan"),
        ACCEPTED: State("已落实", "green", final=True),
    },
    transitions=[
        Transition(
            "hand_in",
            "提交完成情况",
            (TODO,),
            SUBMITTED,
            frozenset({Role.CONTRACTOR, Role.OWNER, Role.ENTERPRISE, *AUTHORITY}),
            fields=("done",),
            optional=("done_on",),
            opinion="no",
            effect=hand_in,
        ),
        Transition(
            "accept",
            "验收合格",
            (SUBMITTED,),
            ACCEPTED,
            AUTHORITY,
            not_by=("hand_in",),
            effect=accept,
            style="success",
        ),
        Transition(
            "return_work",
            "退回",
            (SUBMITTED,),
            TODO,
            AUTHORITY,
            opinion="required",
            effect=take_back,
            deadline=lambda record: record.due_by,
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)


# ------------------------------------------------------------------------------------------------ near misses


def analyse(record: NearMiss, data: dict, actor) -> None:
    record.analysed_on = timezone.localdate()


def to_danger(record: NearMiss, data: dict, actor) -> None:
    record.danger = findings.raise_finding(
        "hidden_danger",
        findings.Finding(
            label="safety.nearmiss",
            id=record.pk,
            project=record.project,
            section=record.section,
            part=record.part,
            description=f"险情：{record.description}"[:3000],
            found_on=record.happened_on,
            self_check=bool(actor.user and not actor.user.roles & (AUTHORITY | {Role.INSPECTOR})),
            is_demo=record.is_demo,
        ),
        actor,
    )


ANALYSTS = BY_UNITS | dict.fromkeys(AUTHORITY, Q())

NearMiss.flow = Flow(
    initial="filed",
    states={
        "filed": State("待分析", "blue"),
        "analysed": State("已分析", "green", final=True),
    },
    transitions=[
        Transition(
            "analyse",
            "分析",
            ("filed",),
            "analysed",
            frozenset(ANALYSTS),
            fields=("cause", "lesson"),
            optional=("accident",),
            role_when=ANALYSTS,
            effect=analyse,
            help="一事一分析：写明原因和防范措施。",
        ),
        Transition(
            "raise_danger",
            "转为隐患",
            ("filed", "analysed"),
            None,
            frozenset(ANALYSTS),
            when=Q(danger__isnull=True),
            role_when=ANALYSTS,
            effect=to_danger,
            deadline=keep_due,
            duty=False,
            style="warning",
        ),
    ],
)
