"""How special funds travel: who proposes, who approves, and audit findings along the shared loop."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from quality.flows.roles import within
from supervision.flows.flow import Flow, State, Transition
from supervision.flows.rectification import (
    CLOSED,
    Check,
    HandIn,
    in_days,
    rectification,
    states_of,
    today,
)
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import add_workdays

from ..models import (
    FundAdjustment,
    FundBudget,
    FundCircular,
    FundEvaluation,
    FundFinding,
    FundMonth,
    FundProposal,
)
from ..models import fund as funds
from ..models import fund_review as reviews
from ..money import circulars
from .money import sending_back, stamp

OWNER, BUREAU = frozenset({Role.OWNER}), frozenset({Role.BUREAU_STAFF})
AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
FILERS = OWNER | BUREAU
STEPS = "fund-steps"
TWO = "提交人与审核人须为两人。"


def submit(source: str, target: str, roles: frozenset[str] = FILERS, **options) -> Transition:
    facts = {"opinion": "no", "deadline": within(STEPS, "check")} | options
    return Transition("submit", "提交", (source,), target, roles, **facts)


def approved(record: FundBudget, data: dict, actor) -> None:
    record.current = record.amount
    record.approved_on = timezone.localdate()


def settled(record: FundBudget) -> list[str]:
    """What waits on a budget that is to be closed: nobody could confirm it afterwards."""
    waiting = (
        (FundAdjustment, "资金调整"),
        (FundMonth, "月度执行"),
    )
    found = []
    for model, what in waiting:
        if number := model._base_manager.filter(budget=record.pk, status=funds.SUBMITTED).count():
            found.append(f"有{number}件{what}尚未审核，先办结。")
    return found


FundBudget.flow = Flow(
    initial=funds.DRAFT,
    states={
        funds.DRAFT: State("草稿", "gray", editable=True),
        funds.SUBMITTED: State("待审核", "yellow"),
        funds.APPROVED: State("执行中", "green"),
        funds.CLOSED: State("已决算", "gray", final=True),
    },
    transitions=[
        submit(funds.DRAFT, funds.SUBMITTED),
        Transition(
            "approve",
            "审核通过",
            (funds.SUBMITTED,),
            funds.APPROVED,
            BUREAU,
            not_by=("submit",),
            effect=approved,
            style="success",
            help=TWO,
        ),
        sending_back((funds.SUBMITTED,), funds.DRAFT, BUREAU),
        Transition(
            "close",
            "决算",
            (funds.APPROVED,),
            funds.CLOSED,
            BUREAU,
            opinion="required",
            opinion_label="决算情况",
            guard=settled,
            duty=False,
        ),
    ],
)


def in_force(record) -> list[str]:
    at = record.budget
    return [] if at.status == funds.APPROVED else [f"该预算“{at.status_label}”，不能调整或执行。"]


def bearable(record: FundAdjustment) -> list[str]:
    missing = in_force(record)
    if not missing and record.budget.current + record.delta < record.budget.allocated:
        missing.append(f"调减后少于已拨付的{record.budget.allocated}元。")
    return missing


def adjusted(record: FundAdjustment, data: dict, actor) -> None:
    if not FundBudget.move(record.budget_id, current=record.delta):
        raise ValidationError("调减后的预算少于已拨付数。")
    record.approved_on = timezone.localdate()


FundAdjustment.flow = Flow(
    initial=funds.DRAFT,
    states={
        funds.DRAFT: State("草稿", "gray", editable=True),
        funds.SUBMITTED: State("待审核", "yellow"),
        funds.APPROVED: State("已调整", "green", final=True),
        funds.REFUSED: State("不予调整", "red", final=True),
    },
    transitions=[
        submit(funds.DRAFT, funds.SUBMITTED),
        Transition(
            "approve",
            "同意调整",
            (funds.SUBMITTED,),
            funds.APPROVED,
            BUREAU,
            not_by=("submit",),
            opinion="required",
            guard=bearable,
            effect=adjusted,
            style="success",
            help=TWO,
        ),
        Transition(
            "refuse",
            "不予调整",
            (funds.SUBMITTED,),
            funds.REFUSED,
            BUREAU,
            opinion="required",
            duty=False,
            style="warning",
        ),
    ],
)


def spendable(record: FundMonth) -> list[str]:
    missing, at = in_force(record), record.budget
    if not missing and at.executed + record.amount > at.allocated:
        missing.append(f"累计支出将多于已拨付的{at.allocated}元（已执行{at.executed}元）。")
    return missing


def executed(record: FundMonth, data: dict, actor) -> None:
    if not FundBudget.move(record.budget_id, executed=record.amount):
        raise ValidationError("累计支出多于已拨付数。")
    record.confirmed_on = timezone.localdate()


def unconfirmed(record: FundMonth, data: dict, actor) -> None:
    if not FundBudget.move(record.budget_id, executed=-record.amount):
        raise ValidationError("该预算已决算，不能更正。")
    record.confirmed_on = None


FundMonth.flow = Flow(
    initial=funds.DRAFT,
    states={
        funds.DRAFT: State("填报中", "blue", editable=True),
        funds.SUBMITTED: State("待确认", "yellow"),
        funds.CONFIRMED: State("已确认", "green", final=True),
    },
    transitions=[
        submit(funds.DRAFT, funds.SUBMITTED, OWNER),
        Transition(
            "confirm",
            "确认",
            (funds.SUBMITTED,),
            funds.CONFIRMED,
            AUTHORITY_ROLES,
            guard=spendable,
            effect=executed,
            style="success",
        ),
        sending_back((funds.SUBMITTED,), funds.DRAFT, AUTHORITY_ROLES),
        Transition(
            "correct",
            "撤回确认，更正",
            (funds.CONFIRMED,),
            funds.DRAFT,
            AUTHORITY_ROLES,
            opinion="required",
            opinion_label="更正事由",
            guard=in_force,
            effect=unconfirmed,
            returns=True,
            duty=False,
            style="warning",
            help="已计入的支出随即扣回，由建设单位改正后重新报送。",
        ),
    ],
)


def frozen(record: FundCircular, data: dict, actor) -> None:
    record.lines = circulars.lines(record.year)
    record.issued_on = timezone.localdate()


FundCircular.flow = Flow(
    initial=reviews.DRAFT,
    states={
        reviews.DRAFT: State("拟稿", "blue", editable=True),
        reviews.ISSUED: State("已通报", "green", final=True),
    },
    transitions=[
        Transition(
            "issue",
            "通报",
            (reviews.DRAFT,),
            reviews.ISSUED,
            BUREAU,
            effect=frozen,
            help="各县区的预算、拨付、执行和执行率按此刻台账固定下来。",
        )
    ],
)

FundEvaluation.flow = Flow(
    initial=reviews.DRAFT,
    states={
        reviews.DRAFT: State("填报中", "blue", editable=True),
        reviews.SUBMITTED: State("待确认", "yellow"),
        reviews.CONFIRMED: State("已确认", "green", final=True),
    },
    transitions=[
        submit(reviews.DRAFT, reviews.SUBMITTED, attachments=("评价报告",)),
        Transition(
            "confirm",
            "确认",
            (reviews.SUBMITTED,),
            reviews.CONFIRMED,
            BUREAU,
            not_by=("submit",),
            effect=stamp("confirmed_on"),
            style="success",
            help=TWO,
        ),
        sending_back((reviews.SUBMITTED,), reviews.DRAFT, BUREAU),
    ],
)


def renewed(record: FundProposal, data: dict, actor) -> None:
    record.work_out()


FundProposal.flow = Flow(
    initial=reviews.PROPOSED,
    states={
        reviews.PROPOSED: State("待决定", "yellow"),
        reviews.ACCEPTED: State("已决定", "green", final=True),
        reviews.DISMISSED: State("不采用", "gray", final=True),
    },
    transitions=[
        Transition(
            "accept",
            "作出决定",
            (reviews.PROPOSED,),
            reviews.ACCEPTED,
            BUREAU,
            fields=("decided",),
            opinion="required",
            opinion_label="决定理由",
            style="success",
            help="建议只供参考，金额由人决定。",
        ),
        Transition(
            "renew",
            "按当前台账重算",
            (reviews.PROPOSED,),
            None,
            BUREAU,
            opinion="no",
            effect=renewed,
            duty=False,
            style="secondary",
            help="提出建议以后执行数、绩效评价有变化的，重新计算；决定以后不再改变。",
        ),
        Transition(
            "dismiss",
            "不采用",
            (reviews.PROPOSED,),
            reviews.DISMISSED,
            BUREAU,
            opinion="required",
            duty=False,
            style="warning",
        ),
    ],
)

# ------------------------------------------------------------------------------------------------ audit findings

CHECKING = "authority_check"


def assigned(record: FundFinding, data: dict, actor) -> None:
    record.verified_on = today()
    if record.deadline is None:
        record.deadline = add_workdays(today(), record.days("rectify"))
    record.due_on = record.deadline


CHECKS = (
    Check(
        "accept",
        "审核合格，销号",
        CHECKING,
        CLOSED,
        AUTHORITY,
        opinion="required",
        attachments=("整改证明",),
    ),
)

FundFinding.flow = Flow(
    initial=reviews.REPORTED,
    states={
        reviews.REPORTED: State("待交办", "blue", editable=True),
        **states_of(CHECKS),
        CHECKING: State("待审核", "cyan"),
        reviews.DISMISSED: State("不作问题", "gray", final=True),
    },
    transitions=[
        Transition(
            "assign",
            "交办整改",
            (reviews.REPORTED,),
            "rectifying",
            AUTHORITY,
            optional=("deadline",),
            effect=assigned,
            help="期限不填的，按本系统设定的工作日数计算。",
        ),
        Transition(
            "dismiss",
            "不作问题",
            (reviews.REPORTED,),
            reviews.DISMISSED,
            AUTHORITY,
            opinion="required",
            duty=False,
            style="warning",
        ),
        *(
            Transition(**{**vars(one), "deadline": in_days("verify")})
            if one.name == "uphold_dispute"
            else one
            for one in rectification(
                hand_ins=(HandIn("rectify", CHECKING, OWNER, optional=("measures", "rectified_on")),),
                checks=CHECKS,
                deciders=dict.fromkeys(AUTHORITY_ROLES, Q()),
                answerers=dict.fromkeys(AUTHORITY, Q()),
                again=reviews.REPORTED,
                reopeners=AUTHORITY,
            )
        ),
    ],
)
