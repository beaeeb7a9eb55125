"""How key points are watched, and how construction schemes pass the gate of the five musts."""

from __future__ import annotations

from django.db.models import Q

from supervision.flows.flow import Flow, State, Transition
from supervision.flows.gate import OVERLAYS, Step, gate, states_of

from ..models import ConstructionScheme, KeyPoint
from ..models.schemes import SCHEMES
from .roles import AUTHORITY, CONTRACTOR, OWNER, SUPERVISOR, dated, within

KeyPoint.flow = Flow(
    initial="found",
    states={
        "found": State("待审核", "blue", editable=True),
        "controlled": State("控制中", "yellow"),
        "settled": State("已销号", "gray", final=True),
    },
    transitions=[
        Transition(
            "control",
            "审核纳入控制",
            ("found",),
            "controlled",
            SUPERVISOR | OWNER,
            effect=dated("controlled_on"),
            style="success",
        ),
        Transition(
            "settle",
            "销号",
            ("controlled",),
            "settled",
            SUPERVISOR | OWNER,
            opinion="required",
            opinion_label="控制效果与销号依据",
            effect=dated("settled_on"),
            duty=False,
        ),
    ],
)

ConstructionScheme.gate_steps = (
    Step("make", "方案编制完成", "待编制", "made_on", CONTRACTOR, color="blue", attachments=("施工方案",)),
    Step(
        "review",
        "方案审核通过",
        "待监理审核",
        "reviewed_on",
        SUPERVISOR,
        attachments=("审核意见",),
        returns_to="make",
        due=within(SCHEMES, "review"),
    ),
    Step(
        "argue",
        "专家论证通过",
        "待专家论证",
        "argued_on",
        CONTRACTOR,
        when=Q(argued=True),
        fields=("experts",),
        attachments=("专家论证报告",),
        returns_to="make",
        return_label="论证未通过，修改方案",
    ),
    Step(
        "approve",
        "方案批准",
        "待审批",
        "approved_on",
        SUPERVISOR | OWNER,
        role_when={"supervisor": Q(owner_approves=False), "owner": Q(owner_approves=True)},
        returns_to="make",
        due=within(SCHEMES, "approve"),
        help="一般方案由监理单位批准，专项方案由建设单位批准。",
    ),
    Step(
        "disclose",
        "交底完成",
        "待交底",
        "disclosed_on",
        CONTRACTOR,
        fields=("disclosed_to", "disclosures"),
        attachments=("交底记录",),
        overrulers=OWNER,
    ),
    Step("begin", "开工", "待实施", "begun_on", CONTRACTOR),
    Step("finish", "完工报验", "实施中", "finished_on", CONTRACTOR, help="按方案施工完成后报验。"),
    Step(
        "accept",
        "验收合格",
        "待验收",
        "accepted_on",
        SUPERVISOR,
        color="yellow",
        attachments=("验收记录",),
        not_by=("finish",),
        returns_to="finish",
        return_label="验收不合格，整改",
        help="验收合格方可进入下道工序。",
    ),
)
ConstructionScheme.flow = Flow(
    states_of(ConstructionScheme.gate_steps, State("已验收", "green", final=True)),
    "make",
    gate(ConstructionScheme.gate_steps, watchers=AUTHORITY),
    OVERLAYS,
)
