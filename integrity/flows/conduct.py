"""How risk points, integrity contracts, education pushes and party branches travel."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, Role

from ..models import EducationPush, IntegrityContract, PartyBranch, RiskPoint
from ..models.conduct import CONTRACT_FILE

DISCIPLINE = frozenset({Role.DISCIPLINE})
OWNER = frozenset({Role.OWNER})
BUREAU = frozenset({Role.BUREAU_STAFF})
# Who looks whether the measures at a post are kept: the unit itself at its own posts, at those of the authorities
# the discipline role and the authority's own people.
CHECKERS = PARTY_ROLES | AUTHORITY_ROLES | DISCIPLINE
CHECKED_BY = dict.fromkeys(sorted(AUTHORITY_ROLES | DISCIPLINE), Q(of_authority=True)) | dict.fromkeys(
    sorted(PARTY_ROLES), Q(of_authority=False)
)

RiskPoint.flow = Flow(
    initial="draft",
    states={
        "draft": State("待确认", "gray", editable=True),
        "active": State("防控中", "blue"),
        "retired": State("已解除", "green", final=True),
    },
    transitions=[
        Transition(
            "confirm",
            "确认入册",
            ("draft",),
            "active",
            AUTHORITY_ROLES | DISCIPLINE,
            deadline=RiskPoint.next_check,
            help="确认后按风险等级排定下次检查日期。",
        ),
        Transition(
            "check",
            "登记检查",
            ("active",),
            None,
            CHECKERS,
            fields=("checked_on", "result"),
            optional=("finding",),
            opinion="no",
            role_when=CHECKED_BY,
            deadline=RiskPoint.next_check,
            duty=False,
        ),
        Transition(
            "revise",
            "退回修订",
            ("active",),
            "draft",
            AUTHORITY_ROLES | DISCIPLINE,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "retire",
            "解除",
            ("active",),
            "retired",
            AUTHORITY_ROLES | DISCIPLINE,
            opinion="required",
            opinion_label="解除理由",
            duty=False,
            style="secondary",
        ),
    ],
)

IntegrityContract.flow = Flow(
    initial="draft",
    states={
        "draft": State("待签订", "gray", editable=True),
        "signed": State("履行中", "blue"),
        "breached": State("有违反", "red"),
        "ended": State("已终止", "green", final=True),
    },
    transitions=[
        Transition(
            "sign",
            "登记签订",
            ("draft",),
            "signed",
            OWNER,
            fields=("signed_on",),
            optional=("number",),
            attachments=(CONTRACT_FILE,),
        ),
        Transition(
            "breach",
            "登记违反",
            ("signed",),
            "breached",
            OWNER | BUREAU | DISCIPLINE,
            fields=("breach",),
            duty=False,
            style="danger",
        ),
        Transition(
            "end",
            "终止",
            ("signed", "breached"),
            "ended",
            OWNER,
            fields=("ended_on",),
            opinion="required",
            opinion_label="终止事由",
            duty=False,
            style="secondary",
        ),
    ],
)


def push_now(record: EducationPush, data: dict, actor) -> None:
    record.pushed_on = timezone.localdate()


EducationPush.flow = Flow(
    initial="draft",
    states={
        "draft": State("起草", "gray", editable=True),
        "pushed": State("已推送", "green", final=True),
    },
    transitions=[
        Transition(
            "push",
            "推送",
            ("draft",),
            "pushed",
            BUREAU | DISCIPLINE,
            effect=push_now,
            tells=PARTY_ROLES | AUTHORITY_ROLES,
        )
    ],
)

PartyBranch.flow = Flow(
    initial="preparing",
    states={
        "preparing": State("筹建", "gray", editable=True),
        "active": State("已成立", "blue"),
        "ended": State("已撤销", "green", final=True),
    },
    transitions=[
        Transition(
            "found",
            "登记成立",
            ("preparing",),
            "active",
            OWNER,
            fields=("founded_on",),
            attachments=("成立批复",),
        ),
        Transition(
            "grade",
            "达标定级",
            ("active",),
            None,
            BUREAU | DISCIPLINE,
            fields=("grade", "graded_on"),
            duty=False,
        ),
        Transition(
            "end",
            "撤销",
            ("active",),
            "ended",
            OWNER | BUREAU,
            fields=("ended_on",),
            opinion="required",
            opinion_label="撤销事由",
            duty=False,
            style="secondary",
        ),
    ],
)
