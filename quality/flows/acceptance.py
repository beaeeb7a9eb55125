"""How the procedures travel: 监督登记, the score sheets, 交工验收 with what it leaves over, 竣工验收."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import months_after
from supervision.rules.shipped import rule

from ..acceptance import prerequisites, scoring
from ..models.acceptance import (
    PREREQUISITES,
    REGISTRATION,
    SCORES,
    Completion,
    Handover,
    HandoverProblem,
    Purpose,
    Registration,
    ScoreSheet,
)
from .roles import AUTHORITY as APPRAISERS
from .roles import CONTRACTOR, OWNER, SUPERVISOR, within

AUTHORITY = frozenset(AUTHORITY_ROLES)
MARKS = ("committee_score", "owner_score", "design_score", "construction_score", "supervision_score")


Registration.flow = Flow(
    initial="draft",
    states={
        "draft": State("待提交", "gray", editable=True),
        "submitted": State("待受理", "yellow"),
        "accepted": State("已受理，待交底", "blue"),
        "briefed": State("已交底", "green", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "提交监督登记",
            ("draft",),
            "submitted",
            OWNER,
            attachments=("监督登记表",),
            deadline=within(REGISTRATION, "accept"),
        ),
        Transition(
            "accept",
            "受理",
            ("submitted",),
            "accepted",
            AUTHORITY,
            fields=("accepted_on", "office", "supervisors"),
            deadline=within(REGISTRATION, "brief"),
        ),
        Transition(
            "send_back",
            "退回补正",
            ("submitted",),
            "draft",
            AUTHORITY,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "brief",
            "登记监督交底",
            ("accepted",),
            "briefed",
            APPRAISERS,
            fields=("briefed_on", "briefing"),
            style="success",
        ),
    ],
)

# ----------------------------------------------------------------------------------------------- score sheets

OF_HANDOVER, OF_APPRAISAL = Q(purpose=Purpose.HANDOVER), Q(purpose=Purpose.APPRAISAL)
SCORERS = {Role.OWNER: OF_HANDOVER} | dict.fromkeys(APPRAISERS, OF_APPRAISAL)


def seal(sheet: ScoreSheet, data: dict, actor) -> None:
    rules = rule(SCORES)
    scored = scoring.of_sheet(sheet, rules)
    sheet.score, sheet.grade = scoring.marks(scored.score), scored.grade
    sheet.arithmetic, sheet.scoring_rule = scored.lines(), rules
    sheet.sealed_on = timezone.localdate()


def reopen(sheet: ScoreSheet, data: dict, actor) -> None:
    sheet.score, sheet.grade, sheet.arithmetic = None, "", []
    sheet.scoring_rule = sheet.sealed_on = None


def unused(sheet: ScoreSheet) -> list[str]:
    """A score that a 交工 or 竣工验收 was decided on stays."""
    if Completion.objects.filter(project_id=sheet.section.project_id, status="decided").exists():
        return ["该项目已作竣工验收。"]
    decided = Handover.objects.filter(section_id=sheet.section_id, status="decided").exclude(grade="failed")
    if sheet.purpose == Purpose.HANDOVER and decided.exists():
        return ["该标段已按此评分通过交工验收。"]
    return []


ScoreSheet.flow = Flow(
    initial="open",
    states={"open": State("评分中", "blue", editable=True), "sealed": State("已定分", "green", final=True)},
    transitions=[
        Transition(
            "seal",
            "计算并定分",
            ("open",),
            "sealed",
            frozenset(SCORERS),
            opinion_label="鉴定或评分结论",
            role_when=SCORERS,
            guard=prerequisites.sheet_complete,
            effect=seal,
            style="success",
            help="得分和等级按抽查数据、权值、投资额和现行计算式得出，不能直接填写。",
        ),
        Transition(
            "reopen",
            "退回重评",
            ("sealed",),
            "open",
            frozenset(SCORERS),
            opinion="required",
            role_when=SCORERS,
            guard=unused,
            effect=reopen,
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)

# --------------------------------------------------------------------------------------------------- 交工验收


def decide_handover(record: Handover, data: dict, actor) -> None:
    sheet = ScoreSheet.objects.get(section_id=record.section_id, purpose=Purpose.HANDOVER)
    record.score, record.grade, record.scoring_rule = sheet.score, sheet.grade, sheet.scoring_rule


Handover.flow = Flow(
    initial="draft",
    states={
        "draft": State("准备中", "gray", editable=True),
        "applied": State("待监理审查", "yellow"),
        "agreed": State("待组织验收", "blue"),
        "decided": State("已验收", "green", final=True),
    },
    transitions=[
        Transition(
            "apply",
            "申请交工验收",
            ("draft",),
            "applied",
            CONTRACTOR,
            guard=lambda record: prerequisites.missing(prerequisites.handover_applies(record)),
        ),
        Transition(
            "agree",
            "同意申请",
            ("applied",),
            "agreed",
            SUPERVISOR,
            opinion="required",
            opinion_label="监理审查意见",
        ),
        Transition(
            "send_back",
            "退回",
            ("applied", "agreed"),
            "draft",
            SUPERVISOR | OWNER,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "decide",
            "登记交工验收结论",
            ("agreed",),
            "decided",
            OWNER,
            fields=("decided_on",),
            opinion_label="验收结论",
            guard=lambda record: prerequisites.missing(prerequisites.handover_decides(record)),
            effect=decide_handover,
            tells=AUTHORITY,
            style="success",
            help="得分和等级取自已定分的交工验收评分表。",
        ),
    ],
)

HandoverProblem.flow = Flow(
    initial="open",
    states={
        "open": State("待处理", "yellow", editable=True),
        "treated": State("待确认", "blue"),
        "settled": State("已处理", "green", final=True),
    },
    transitions=[
        Transition(
            "treat",
            "报处理完成",
            ("open",),
            "treated",
            CONTRACTOR | OWNER,
            fields=("settled_on",),
            opinion="required",
            opinion_label="处理情况",
            role_when={Role.CONTRACTOR: Q(section__isnull=False), Role.OWNER: Q()},
        ),
        Transition(
            "send_back",
            "退回再处理",
            ("treated",),
            "open",
            OWNER | SUPERVISOR,
            opinion="required",
            role_when={Role.SUPERVISOR: Q(section__isnull=False), Role.OWNER: Q()},
            deadline=lambda record: record.due_by,
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "settle",
            "确认处理完毕",
            ("treated",),
            "settled",
            OWNER | SUPERVISOR,
            not_by=("treat",),
            role_when={Role.SUPERVISOR: Q(section__isnull=False), Role.OWNER: Q()},
            style="success",
        ),
    ],
)

# --------------------------------------------------------------------------------------------------- 竣工验收


def apply_completion(record: Completion, data: dict, actor) -> None:
    record.applied_on = timezone.localdate()


def admit(record: Completion, data: dict, actor) -> None:
    record.examined_on = timezone.localdate()


def decide_completion(record: Completion, data: dict, actor) -> None:
    rules = rule(SCORES)
    content = rules.content
    handover = scoring.of_project(record.project, Purpose.HANDOVER, rules)
    appraisal = scoring.of_project(record.project, Purpose.APPRAISAL, rules)
    quality = scoring.final_quality(handover.score, appraisal.score, record.committee_score, content)
    whole = scoring.comprehensive(
        quality,
        *(getattr(record, name) for name in MARKS[1:]),
        content,
    )
    record.handover_score, record.appraisal_score = map(scoring.marks, (handover.score, appraisal.score))
    record.quality_score, record.quality_grade = scoring.marks(quality.score), quality.grade
    record.score, record.grade = scoring.marks(whole.score), whole.grade
    record.arithmetic = [*handover.lines()[-1:], *appraisal.lines()[-1:], *whole.lines()]
    record.scoring_rule = rules


def to_examine(record: Completion):
    return timezone.localdate() + timedelta(days=rule(PREREQUISITES).content["examine_days"])


def to_organise(record: Completion):
    return months_after(timezone.localdate(), rule(PREREQUISITES).content["organise_months"])


Completion.flow = Flow(
    initial="draft",
    states={
        "draft": State("准备中", "gray", editable=True),
        "applied": State("待审查", "yellow"),
        "admitted": State("待组织验收", "blue"),
        "decided": State("已验收", "green", final=True),
    },
    transitions=[
        Transition(
            "apply",
            "申请竣工验收",
            ("draft",),
            "applied",
            OWNER,
            guard=lambda record: prerequisites.missing(prerequisites.completion_applies(record)),
            effect=apply_completion,
            deadline=to_examine,
        ),
        Transition(
            "admit",
            "审查通过",
            ("applied",),
            "admitted",
            AUTHORITY,
            opinion_label="审查意见",
            guard=lambda record: prerequisites.missing(prerequisites.completion_applies(record)),
            effect=admit,
            deadline=to_organise,
        ),
        Transition(
            "send_back",
            "不符合条件，退回",
            ("applied", "admitted"),
            "draft",
            AUTHORITY,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "decide",
            "登记竣工验收结论",
            ("admitted",),
            "decided",
            AUTHORITY,
            fields=("decided_on", *MARKS),
            opinion_label="验收委员会意见",
            guard=prerequisites.completion_decides,
            effect=decide_completion,
            style="success",
            help="质量得分、综合得分和等级按所填得分和现行计算式得出。",
        ),
    ],
)
