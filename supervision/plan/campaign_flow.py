"""How campaigns, their measures, reports and looks back travel."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.ledgers.registry import get
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, Role

from .campaigns import problems
from .models import Campaign, CampaignMeasure, CampaignPhase, CampaignReport, LookBack
from .models.campaign import LookResult

BUREAU = frozenset({Role.BUREAU_STAFF})
TOLD = frozenset({Role.COUNTY_STAFF, Role.CENTRE_STAFF})
LOOKERS = frozenset({Role.BUREAU_STAFF, Role.INSPECTOR})


def has_phases(campaign: Campaign) -> list[str]:
    return [] if CampaignPhase._base_manager.filter(campaign=campaign).exists() else ["还没有划分阶段。"]


def evaluate(campaign: Campaign, data: dict, actor) -> None:
    from .campaigns import standing

    today = timezone.localdate()
    campaign.evaluation = standing.frozen(campaign, today)
    campaign.evaluated_on = today


Campaign.flow = Flow(
    initial="draft",
    states={
        "draft": State("编制中", "gray", editable=True),
        "running": State("进行中", "blue", editable=True),
        "evaluated": State("已评估", "green", final=True),
    },
    transitions=[
        Transition("start", "启动", ("draft",), "running", BUREAU, guard=has_phases, tells=TOLD),
        Transition(
            "evaluate",
            "评估总结",
            ("running",),
            "evaluated",
            BUREAU,
            fields=("conclusion",),
            opinion="no",
            effect=evaluate,
            duty=False,
            help="评估时的数字和清单随即定格，不再随台账变动。",
        ),
    ],
)


def moved(owed, data: dict, actor) -> None:
    owed.due_on = owed.due_by


def moving(*states: str) -> Transition:
    """A deadline is moved by a step of its own, with a reason."""
    return Transition(
        "move",
        "调整期限",
        states,
        None,
        BUREAU,
        fields=("due_by",),
        opinion="required",
        opinion_label="理由",
        effect=moved,
        duty=False,
        style="secondary",
    )


CampaignMeasure.flow = Flow(
    initial="doing",
    states={"doing": State("制定中", "yellow", editable=True), "done": State("已完成", "green", final=True)},
    transitions=[
        Transition(
            "finish",
            "登记完成",
            ("doing",),
            "done",
            AUTHORITY_ROLES,
            fields=("done_on", "paper"),
            opinion="no",
            own="organization",
        ),
        moving("doing"),
    ],
)


def handed(report: CampaignReport, data: dict, actor) -> None:
    report.handed_on = timezone.localdate()


CampaignReport.flow = Flow(
    initial="owed",
    states={"owed": State("待报送", "yellow", editable=True), "handed": State("已报送", "green", final=True)},
    transitions=[
        Transition(
            "hand_in",
            "报送",
            ("owed",),
            "handed",
            AUTHORITY_ROLES | PARTY_ROLES,
            fields=("words",),
            opinion="no",
            attachments=("报送材料",),
            effect=handed,
            own="organization",
        ),
        moving("owed"),
    ],
)


def looked(look: LookBack, data: dict, actor) -> None:
    """A problem that came back goes the way of its own ledger, as a new record there."""
    known = problems.find(look.ledger)
    if (
        look.result == LookResult.BACK
        and look.new_key is None
        and known is not None
        and known.again is not None
    ):
        record = get(look.ledger).model._base_manager.get(pk=look.record_key)
        look.new_key = known.again(record, look, actor).pk


LookBack.flow = Flow(
    initial="chosen",
    states={
        "chosen": State("待回访", "yellow", editable=True),
        "looked": State("已回访", "green", final=True),
    },
    transitions=[
        Transition(
            "look",
            "登记回访",
            ("chosen",),
            "looked",
            LOOKERS,
            fields=("looked_on", "lookers", "result", "words"),
            opinion="no",
            effect=looked,
            help="问题反弹的，同时在来源台账新立一条，按其流程整改。",
        )
    ],
)
