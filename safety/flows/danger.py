"""How a hidden danger travels: 上报 → 核查 → 整改 → 验收 → 销号.

一般: the contractor rectifies, the supervisor accepts, the owner may look again (抽查). 重大: the contractor's own
check → supervisor → owner → the authority on site. Dangers of a whole project, of an enterprise or of a route are
put right by its owner, the enterprise or the keeper, and accepted by the authority.
挂牌督办 and 停工 lie over the status and never move it.
"""

from __future__ import annotations

from django.db.models import Q

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.flows.oversight import OVERLAYS, beside, oversight, unsuspended
from supervision.flows.rectification import (
    CLOSED,
    EXTENDING,
    RECTIFYING,
    Check,
    HandIn,
    in_days,
    keep_deadline,
    rectification,
    states_of,
)
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import add_workdays

from ..models import Grade, HiddenDanger
from ..models.danger import DISMISSED, EXPERT, REPORTED, Outcome
from ..rules import DEADLINES, rule
from .danger_acts import (
    AUTHORITY,
    AUTHORITY_CHECK,
    BY_UNITS,
    CONTRACTOR,
    GENERAL,
    HOLDERS,
    MAJOR,
    OF_PROJECT,
    OF_SECTION,
    OPEN,
    OWNER,
    OWNER_CHECK,
    SELF_CHECK,
    SUPERVISION,
    SUPERVISOR,
    VERIFIERS,
    arrange,
    close_reply,
    dated,
    file_case,
    five_missing,
    grade_as,
    judge_anew,
    judged_first,
    other_checker,
    raise_grade,
    refer,
    return_reply,
    send_plan,
    today,
)

ENFORCERS = frozenset({Role.INSPECTOR, Role.BUREAU_STAFF, Role.COUNTY_STAFF})


# ------------------------------------------------------------------------------------------------------ checks


# Where a section has no supervisor, its owner looks in the supervisor's place.
ACCEPTORS = {role: Q(acceptor=role.value) for role in (Role.SUPERVISOR, Role.OWNER)}
# A reply from the site of an enterprise, a route or a whole project: the authority, as for all that is of these.
REPLY_ACCEPTORS = ACCEPTORS | dict.fromkeys(AUTHORITY, OF_PROJECT)

HAND_INS = (
    HandIn(
        "rectify",
        SUPERVISION,
        CONTRACTOR,
        when=GENERAL & OF_SECTION,
        optional=("measures", "rectified_on"),
    ),
    HandIn(
        "rectify_major",
        SELF_CHECK,
        CONTRACTOR,
        when=MAJOR & OF_SECTION,
        attachments=("整改照片",),
        guard=five_missing,
    ),
    HandIn(
        "rectify_project",
        AUTHORITY_CHECK,
        HOLDERS,
        when=OF_PROJECT,
        optional=("measures", "rectified_on"),
    ),
)
CHECKS = (
    Check(
        "self_check",
        "施工自验合格",
        SELF_CHECK,
        SUPERVISION,
        CONTRACTOR,
        fields=("self_checker",),
        opinion="required",
        attachments=("自验记录",),
        own=True,
        effect=other_checker,
        return_label="自验不合格",
        help="由整改责任人和提交整改的人以外的人自验，附签字的自验记录。",
    ),
    Check(
        "accept",
        "验收合格，销号",
        SUPERVISION,
        CLOSED,
        SUPERVISOR | OWNER,
        when=GENERAL,
        role_when=ACCEPTORS,
        not_by=("self_check",),
    ),
    Check(
        "pass_supervisor",
        "监理复核合格",
        SUPERVISION,
        OWNER_CHECK,
        SUPERVISOR | OWNER,
        when=MAJOR,
        role_when=ACCEPTORS,
        not_by=("self_check",),
        opinion="required",
    ),
    Check(
        "pass_owner",
        "建设单位验收合格",
        OWNER_CHECK,
        AUTHORITY_CHECK,
        OWNER,
        not_by=("self_check",),
        opinion="required",
        attachments=("验收记录",),
    ),
    Check(
        "review",
        "现场复查合格，销号",
        AUTHORITY_CHECK,
        CLOSED,
        AUTHORITY,
        not_by=("self_check", "pass_supervisor", "pass_owner"),
        opinion="required",
        attachments=("现场复查记录",),
        guard=unsuspended,
    ),
)
LABELS = {
    SELF_CHECK: State("待施工自验", "cyan"),
    SUPERVISION: State("待监理验收", "cyan"),
    OWNER_CHECK: State("待建设单位验收", "cyan"),
    AUTHORITY_CHECK: State("待主管部门复查", "purple"),
}


def grading(
    name: str, label: str, grade: str, source: str, roles: dict, when: Q, opinion_label: str
) -> Transition:
    """A transition that gives a grade."""
    return Transition(
        name,
        label,
        (source,),
        RECTIFYING,
        frozenset(roles),
        fields=("category", "responsible_unit"),
        optional=("clause", "responsible_person", "deadline", "measures"),
        opinion="required" if source == EXPERT else "optional",
        opinion_label=opinion_label,
        when=when,
        role_when=roles if source == REPORTED else {},
        guard=judged_first if source == REPORTED else None,
        effect=grade_as(grade),
        style="danger" if grade == Grade.MAJOR else "primary",
        help="期限不填的，按等级和本系统设定的工作日数计算。",
    )


# What was judged major cannot be graded general, nor the unclear at all: both go by the experts.
MAY_BE_GENERAL = Q(judged__in=("", Outcome.GENERAL))
MAY_BE_MAJOR = ~Q(judged=Outcome.UNCLEAR)


def verification() -> list[Transition]:
    experts = dict.fromkeys(AUTHORITY, Q())
    return [
        grading("verify", "核查定为一般", Grade.GENERAL, REPORTED, VERIFIERS, MAY_BE_GENERAL, "核查情况"),
        grading("verify_major", "核查定为重大", Grade.MAJOR, REPORTED, VERIFIERS, MAY_BE_MAJOR, "核查情况"),
        grading("expert_general", "按专家意见定为一般", Grade.GENERAL, EXPERT, experts, Q(), "专家意见"),
        grading("expert_major", "按专家意见定为重大", Grade.MAJOR, EXPERT, experts, Q(), "专家意见"),
        Transition(
            "refer",
            "提请专家研判",
            (REPORTED,),
            EXPERT,
            frozenset(VERIFIERS),
            opinion="required",
            opinion_label="研判事项",
            role_when=VERIFIERS,
            effect=refer,
            deadline=lambda record: add_workdays(today(), rule(DEADLINES).content["expert"]),
            style="warning",
        ),
        Transition(
            "dismiss",
            "不属实",
            (REPORTED, EXPERT),
            DISMISSED,
            frozenset(VERIFIERS),
            opinion="required",
            opinion_label="核查情况",
            role_when=VERIFIERS,
            duty=False,
            style="danger",
        ),
        Transition(
            "raise_grade",
            "升级为重大",
            OPEN,
            RECTIFYING,
            AUTHORITY,
            fields=("clause",),
            opinion="required",
            opinion_label="升级理由",
            when=GENERAL,
            effect=raise_grade,
            duty=False,
            style="danger",
        ),
    ]


def beside_the_loop() -> list[Transition]:
    return [
        beside(
            "arrange",
            "落实五到位",
            CONTRACTOR | HOLDERS,
            (RECTIFYING, EXTENDING),
            fields=("responsible_person", "measures", "funds", "contingency"),
            when=Q(arranged_on__isnull=True),
            role_when=BY_UNITS,
            effect=arrange,
            duty=False,
            opinion="no",
        ),
        beside(
            "send_plan",
            "报送整改方案",
            CONTRACTOR | HOLDERS,
            (RECTIFYING, EXTENDING),
            attachments=("整改方案",),
            when=MAJOR & Q(plan_on__isnull=True),
            role_when=BY_UNITS,
            effect=send_plan,
            duty=False,
        ),
        *oversight(
            open_states=OPEN,
            lift_from=(AUTHORITY_CHECK, CLOSED),
            units=BY_UNITS,
            listed_when=MAJOR,
            listing_fields=("listing_source", "listing_level"),
        ),
        beside(
            "file_case",
            "立案",
            ENFORCERS,
            (*OPEN, CLOSED),
            fields=("case_number",),
            optional=("filed_on",),
            when=Q(filed_on__isnull=True),
            effect=file_case,
            duty=False,
        ),
        beside(
            "trace",
            "责任倒查",
            ENFORCERS,
            (*OPEN, CLOSED),
            optional=("traced_on",),
            opinion="required",
            opinion_label="倒查情况与处理",
            when=Q(traced_on__isnull=True),
            effect=dated("traced_on"),
            duty=False,
        ),
        beside(
            "spot_check",
            "抽查合格",
            OWNER,
            (CLOSED,),
            optional=("spot_checked_on",),
            when=GENERAL & OF_SECTION & Q(spot_checked_on__isnull=True),
            not_by=("accept",),
            effect=dated("spot_checked_on"),
            duty=False,
        ),
        Transition(
            "accept_reply",
            "按现场回复验收合格",
            (RECTIFYING,),
            CLOSED,
            frozenset(REPLY_ACCEPTORS),
            role_when=REPLY_ACCEPTORS,
            optional=("closed_on",),
            when=GENERAL & Q(replied_on__isnull=False),
            effect=close_reply,
            duty=True,
            style="success",
            help="现场已凭通知书上的二维码回复并上传照片；现场核实后办理。",
        ),
        Transition(
            "return_reply",
            "回复不合格，退回",
            (RECTIFYING,),
            RECTIFYING,
            frozenset(REPLY_ACCEPTORS),
            role_when=REPLY_ACCEPTORS,
            opinion="required",
            when=GENERAL & Q(replied_on__isnull=False),
            effect=return_reply,
            deadline=keep_deadline,
            returns=True,
            duty=False,
            style="warning",
        ),
    ]


def made() -> list[Transition]:
    """The whole table; what the shared loop does in a way of its own here is replaced."""
    loop = rectification(
        hand_ins=HAND_INS,
        checks=CHECKS,
        deciders={Role.OWNER: GENERAL & OF_SECTION} | dict.fromkeys(AUTHORITY_ROLES, MAJOR | OF_PROJECT),
        answerers=VERIFIERS,
        again=REPORTED,
        reopeners=AUTHORITY | SUPERVISOR | OWNER,
    )
    own = []
    for transition in loop:
        if transition.name == "uphold_dispute":
            transition = Transition(
                **{**vars(transition), "effect": judge_anew, "deadline": in_days("check")}
            )
        own.append(transition)
    return [*verification(), *own, *beside_the_loop()]


HiddenDanger.flow = Flow(
    initial=REPORTED,
    states={
        REPORTED: State("待核查", "blue", editable=True),
        EXPERT: State("专家研判", "purple"),
        **states_of(CHECKS),
        **LABELS,
        DISMISSED: State("不属实", "gray", final=True),
    },
    overlays=(
        *OVERLAYS,
        Overlay("is_repeat", "屡改屡犯", "red"),
        Overlay("replied_on", "现场已回复", "blue"),
    ),
    transitions=made(),
)
