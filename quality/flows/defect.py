"""How a quality defect travels: 上报 → 核查定级 → 整改 → 验收 → 销号, by the shared loop.

一般: the contractor rectifies, the supervisor (or the owner) accepts. 严重: supervisor → owner → the authority on
site. What a failed test or a failed evaluation raised is dismissed only when the retest or the next round passed,
or when the test was voided.
"""

from __future__ import annotations

from django.db.models import Q

from supervision.flows.flow import Flow, State, Transition
from supervision.flows.oversight import OVERLAYS, oversight, unsuspended
from supervision.flows.rectification import (
    CLOSED,
    DISPUTED,
    EXTENDING,
    RECTIFYING,
    Check,
    HandIn,
    in_days,
    rectification,
    states_of,
    today,
    uphold_dispute,
)
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import add_workdays
from supervision.rules.shipped import rule

from ..division import following
from ..models import DefectGrade, DefectSource, QualityDefect, Test
from ..models.defect import DISMISSED, REPORTED
from ..models.testing import VALID, Outcome
from ..rules import DEFECTS
from ..testing.following import LABEL
from .roles import AUTHORITY, CONTRACTOR, OWNER, SUPERVISOR

GENERAL, SERIOUS = Q(grade=DefectGrade.GENERAL), Q(grade=DefectGrade.SERIOUS)
OF_SECTION, OF_PROJECT = Q(section__isnull=False), Q(section__isnull=True)
BY_UNITS = {Role.CONTRACTOR: OF_SECTION, Role.OWNER: OF_PROJECT}
# Who finds out what it is: of a section its supervisor and owner too, unless an authority found it.
OF_UNITS = OF_SECTION & ~Q(source__in=(DefectSource.INSPECTION, DefectSource.REPORT))
VERIFIERS = dict.fromkeys(AUTHORITY, Q()) | {Role.SUPERVISOR: OF_UNITS, Role.OWNER: OF_UNITS}
DISMISSERS = dict.fromkeys(AUTHORITY, Q()) | {Role.OWNER: OF_UNITS}
ACCEPTORS = {role: Q(acceptor=role.value) for role in (Role.SUPERVISOR, Role.OWNER)}
SUPERVISION, OWNER_CHECK, AUTHORITY_CHECK = "supervisor_check", "owner_check", "authority_check"
OPEN = (RECTIFYING, EXTENDING, DISPUTED, SUPERVISION, OWNER_CHECK, AUTHORITY_CHECK)


def planned(record: QualityDefect) -> list[str]:
    return [] if record.measures.strip() else ["严重缺陷须先填写处理方案。"]


HAND_INS = (
    HandIn(
        "rectify",
        SUPERVISION,
        CONTRACTOR,
        when=GENERAL & OF_SECTION,
        optional=("measures", "rectified_on"),
    ),
    HandIn(
        "rectify_serious",
        SUPERVISION,
        CONTRACTOR,
        when=SERIOUS & OF_SECTION,
        attachments=("整改照片", "检测报告"),
        guard=planned,
    ),
    HandIn(
        "rectify_project",
        AUTHORITY_CHECK,
        OWNER,
        when=OF_PROJECT,
        optional=("measures", "rectified_on"),
    ),
)
CHECKS = (
    Check(
        "accept",
        "验收合格，销号",
        SUPERVISION,
        CLOSED,
        SUPERVISOR | OWNER,
        when=GENERAL,
        role_when=ACCEPTORS,
    ),
    Check(
        "pass_supervisor",
        "监理验收合格",
        SUPERVISION,
        OWNER_CHECK,
        SUPERVISOR | OWNER,
        when=SERIOUS,
        role_when=ACCEPTORS,
        opinion="required",
    ),
    Check(
        "pass_owner",
        "建设单位验收合格",
        OWNER_CHECK,
        AUTHORITY_CHECK,
        OWNER,
        opinion="required",
        attachments=("验收记录",),
    ),
    Check(
        "review",
        "现场复查合格，销号",
        AUTHORITY_CHECK,
        CLOSED,
        AUTHORITY,
        not_by=("pass_supervisor", "pass_owner"),
        opinion="required",
        attachments=("现场复查记录",),
        guard=unsuspended,
    ),
)
LABELS = {
    SUPERVISION: State("待监理验收", "cyan"),
    OWNER_CHECK: State("待建设单位验收", "cyan"),
    AUTHORITY_CHECK: State("待主管部门复查", "purple"),
}


def graded(grade: str):
    """A grade given today, with the deadline that the rule set allows it unless one was set by hand."""

    def effect(record: QualityDefect, data: dict, actor) -> None:
        record.grade = grade
        record.verified_on = record.verified_on or today()
        if record.deadline is None:
            record.deadline = add_workdays(today(), record.days("rectify"))
        record.deadline_rule = rule(DEFECTS)
        record.due_on = record.deadline

    return effect


def raise_grade(record: QualityDefect, data: dict, actor) -> None:
    record.rectified_on = record.requested_deadline = record.disputed_on = record.deadline = None
    graded(DefectGrade.SERIOUS)(record, data, actor)


def look_anew(record: QualityDefect, data: dict, actor) -> None:
    """A right dispute: nothing of the former grading is taken over silently."""
    uphold_dispute(record, data, actor)
    record.grade, record.deadline, record.verified_on = "", None, None


def still_failed(record: QualityDefect) -> list[str]:
    """A failed test is no defect only when its retest passed, or when it was voided; a failed round of evaluation
    only when the next one passed."""
    if record.source_label != LABEL:
        return following.still_failed(record)
    test = Test.objects.filter(pk=record.source_id).first()
    while test is not None and (after := Test.objects.filter(retest_of=test, status=VALID).first()):
        test = after
    if test is None or test.status != VALID or test.outcome == Outcome.PASSED:
        return []
    return [f"来源试验{test.number}{test.get_outcome_display()}，复检合格或作废后方可不作缺陷。"]


def verification() -> list[Transition]:
    def grading(name: str, label: str, grade: str) -> Transition:
        return Transition(
            name,
            label,
            (REPORTED,),
            RECTIFYING,
            frozenset(VERIFIERS),
            fields=("category", "responsible_unit"),
            optional=("clause", "responsible_person", "deadline", "measures"),
            opinion_label="核查情况",
            role_when=VERIFIERS,
            effect=graded(grade),
            style="danger" if grade == DefectGrade.SERIOUS else "primary",
            help="期限不填的，按等级和本系统设定的工作日数计算。",
        )

    return [
        grading("verify_serious", "核查定为严重", DefectGrade.SERIOUS),
        grading("verify", "核查定为一般", DefectGrade.GENERAL),
        Transition(
            "dismiss",
            "不作缺陷",
            (REPORTED,),
            DISMISSED,
            frozenset(DISMISSERS),
            opinion="required",
            opinion_label="核查情况",
            role_when=DISMISSERS,
            guard=still_failed,
            duty=False,
            style="warning",
        ),
        Transition(
            "raise_grade",
            "升级为严重",
            OPEN,
            RECTIFYING,
            AUTHORITY,
            opinion="required",
            opinion_label="升级理由",
            when=GENERAL,
            effect=raise_grade,
            duty=False,
            style="danger",
        ),
        Transition(
            "plan",
            "填写处理方案",
            (RECTIFYING, EXTENDING),
            None,
            CONTRACTOR | OWNER,
            fields=("measures", "responsible_person"),
            opinion="no",
            role_when=BY_UNITS,
            deadline=lambda record: record.due_on,
            duty=False,
        ),
    ]


def loop() -> list[Transition]:
    made = rectification(
        hand_ins=HAND_INS,
        checks=CHECKS,
        deciders={Role.OWNER: GENERAL & OF_SECTION} | dict.fromkeys(AUTHORITY_ROLES, SERIOUS | OF_PROJECT),
        answerers=VERIFIERS,
        again=REPORTED,
        reopeners=AUTHORITY | SUPERVISOR | OWNER,
    )
    return [
        Transition(**{**vars(one), "effect": look_anew, "deadline": in_days("verify")})
        if one.name == "uphold_dispute"
        else one
        for one in made
    ]


QualityDefect.flow = Flow(
    initial=REPORTED,
    states={
        REPORTED: State("待核查", "blue", editable=True),
        **states_of(CHECKS),
        **LABELS,
        DISMISSED: State("不作缺陷", "gray", final=True),
    },
    overlays=OVERLAYS,
    transitions=[
        *verification(),
        *loop(),
        *oversight(
            open_states=OPEN,
            lift_from=(AUTHORITY_CHECK, CLOSED),
            units=BY_UNITS,
            listed_when=SERIOUS,
        ),
    ],
)
