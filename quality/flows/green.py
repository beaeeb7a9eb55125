"""How green checks and monthly statements of crews travel."""

from __future__ import annotations

from django.db.models import Q

from supervision.flows.flow import Flow, State, Transition

from ..models import CrewStatement, GreenCheck
from ..models.green import CREWS, EVIDENCE, FINISHED, OPEN
from ..works.green_checks import left_open, raise_findings
from .roles import AUTHORITY, CONTRACTOR, OWNER, SUPERVISOR, dated, within

PARTIES = SUPERVISOR | OWNER | CONTRACTOR
GreenCheck.flow = Flow(
    initial=OPEN,
    states={
        OPEN: State("检查中", "blue", editable=True),
        FINISHED: State("已完成", "green", final=True),
    },
    transitions=[
        Transition(
            "finish",
            "完成检查",
            (OPEN,),
            FINISHED,
            AUTHORITY | PARTIES,
            role_when=dict.fromkeys(PARTIES, Q(self_check=True) | Q(unit="")) | dict.fromkeys(AUTHORITY, Q()),
            guard=left_open,
            effect=raise_findings,
            style="success",
            help="不合格条目随即转入整改。",
        )
    ],
)


CrewStatement.flow = Flow(
    initial="draft",
    states={
        "draft": State("填报中", "blue", editable=True),
        "submitted": State("待核查", "yellow"),
        "checked": State("已核查", "green", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "报送",
            ("draft",),
            "submitted",
            CONTRACTOR,
            attachments=EVIDENCE,
            deadline=within(CREWS, "check"),
            help="佐证材料不得含身份证号、银行卡号等工人个人信息，请遮盖后上传。",
        ),
        Transition(
            "check",
            "核查属实",
            ("submitted",),
            "checked",
            OWNER,
            opinion="required",
            opinion_label="核查情况",
            effect=dated("checked_on"),
            style="success",
        ),
        Transition(
            "return",
            "退回",
            ("submitted",),
            "draft",
            OWNER,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)
