"""How safety-fee accounts, plans, entries and questions travel.

The contractor files, its supervisor reviews, the owner confirms; a payment is confirmed by the side that did not
file it. What is confirmed is booked, and from then on only a reversal takes it back.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.papers import services as papers
from supervision.people.models import AUTHORITY_ROLES, Role

from ..fees import arithmetic, balances, closing
from ..fees.arithmetic import ACCRUAL, PASSED_ON, PAYMENT, REFUND, USE
from ..models import fee, fee_entry, fee_plan, fee_watch
from ..models.fee import FeeAccount
from ..models.fee_entry import FeeEntry
from ..models.fee_plan import FeePlan
from ..models.fee_watch import FeeQuestion

CONTRACTOR, SUPERVISOR, OWNER = (frozenset({role}) for role in (Role.CONTRACTOR, Role.SUPERVISOR, Role.OWNER))
REVIEWERS = SUPERVISOR | OWNER | AUTHORITY_ROLES | {Role.INSPECTOR}

# ------------------------------------------------------------------------------------------------------ account


def open_account(record: FeeAccount, data: dict, actor) -> None:
    record.confirmed_on = timezone.localdate()


def adjust(record: FeeAccount, data: dict, actor) -> None:
    # What is left out stays as it was.
    before = FeeAccount._base_manager.get(pk=record.pk)
    for name in ("base_kind", "rate", "rate_reason"):
        if getattr(record, name) in (None, ""):
            setattr(record, name, getattr(before, name))
    record.adjusted_on = data.get("adjusted_on") or timezone.localdate()
    if record.closed_through and arithmetic.month_of(record.adjusted_on) <= record.closed_through:
        raise ValidationError({"adjusted_on": fee_entry.closed_message(record.adjusted_on)})


def close_month(record: FeeAccount, data: dict, actor) -> None:
    month = record.next_month
    closing.close([record.pk], month, actor)
    # What the closing wrote on the row, so that saving it does not take it back.
    record.closed_through = FeeAccount._base_manager.values_list("closed_through", flat=True).get(
        pk=record.pk
    )
    if record.closed_through != month:
        raise ValidationError("该月有未办结的记账，不能结账。")


def settle(record: FeeAccount, data: dict, actor) -> None:
    record.settled_on = data.get("settled_on") or timezone.localdate()
    record.remainder = max(balances.of_account(record.pk).balance, arithmetic.ZERO)


def end(record: FeeAccount, data: dict, actor) -> None:
    record.ended_on = timezone.localdate()


def pending(record: FeeAccount) -> list[str]:
    number = record.entries.filter(status__in=fee_entry.PENDING).count()
    return [f"有{number}笔记账尚未办结（待审核、待确认或已退回）。"] if number else []


def rest_returned(record: FeeAccount) -> list[str]:
    left = balances.of_account(record.pk).balance
    return pending(record) + ([f"结余{left:,.2f}元尚未退回建设单位。"] if left > 0 else [])


FeeAccount.flow = Flow(
    initial=fee.DRAFT,
    states={
        fee.DRAFT: State("待启用", "blue", editable=True),
        fee.ACTIVE: State("在用", "green"),
        fee.SETTLED: State("已决算", "yellow"),
        fee.CLOSED: State("已销户", "gray", final=True),
    },
    transitions=[
        Transition(
            "confirm",
            "核对启用",
            (fee.DRAFT,),
            fee.ACTIVE,
            OWNER,
            effect=open_account,
            help="基数、费率、应提总额经建设单位核对后启用；启用后只能以“调整计提口径”改变，并注明依据。",
        ),
        Transition(
            "adjust",
            "调整计提口径",
            (fee.ACTIVE,),
            None,
            OWNER,
            fields=("base",),
            optional=("base_kind", "rate", "rate_reason", "adjusted_on"),
            opinion="required",
            opinion_label="调整依据",
            effect=adjust,
            duty=False,
            help="因变更或补充协议调整基数、提高费率的，自生效日期起按新口径计提，已结账月份不变。",
        ),
        Transition(
            "close_month",
            "结账",
            (fee.ACTIVE, fee.SETTLED),
            None,
            CONTRACTOR | OWNER,
            opinion="no",
            guard=lambda record: closing.missing(record),
            effect=close_month,
            duty=False,
            help="结账后该月不再增减、改动任何一笔，差错在以后月份冲销。",
        ),
        Transition(
            "settle",
            "竣工决算",
            (fee.ACTIVE,),
            fee.SETTLED,
            OWNER,
            fields=("settled_on",),
            guard=pending,
            effect=settle,
            duty=False,
            help="决算后只登记结余退回。",
        ),
        Transition(
            "end",
            "销户",
            (fee.SETTLED,),
            fee.CLOSED,
            OWNER,
            guard=rest_returned,
            effect=end,
        ),
    ],
)

# --------------------------------------------------------------------------------------------------------- plan


def has_lines(record: FeePlan) -> list[str]:
    return [] if record.lines.filter(amount__gt=0).exists() else ["尚未编制分月分类计划金额。"]


def approve_plan(record: FeePlan, data: dict, actor) -> None:
    record.approved_on = timezone.localdate()


def reopen_plan(record: FeePlan, data: dict, actor) -> None:
    record.approved_on = None


FeePlan.flow = Flow(
    initial=fee_plan.DRAFT,
    states={
        fee_plan.DRAFT: State("编制中", "blue", editable=True),
        fee_plan.SUBMITTED: State("待监理审核", "cyan"),
        fee_plan.REVIEWED: State("待建设单位批准", "yellow"),
        fee_plan.APPROVED: State("已批准", "green", final=True),
    },
    transitions=[
        Transition(
            "submit", "提交", (fee_plan.DRAFT,), fee_plan.SUBMITTED, CONTRACTOR, opinion="no", guard=has_lines
        ),
        Transition(
            "review",
            "监理审核同意",
            (fee_plan.SUBMITTED,),
            fee_plan.REVIEWED,
            SUPERVISOR,
            style="success",
        ),
        Transition(
            "approve",
            "批准",
            (fee_plan.REVIEWED,),
            fee_plan.APPROVED,
            OWNER,
            effect=approve_plan,
            style="success",
        ),
        Transition(
            "send_back",
            "退回",
            (fee_plan.SUBMITTED, fee_plan.REVIEWED),
            fee_plan.DRAFT,
            SUPERVISOR | OWNER,
            opinion="required",
            role_when={
                Role.SUPERVISOR: Q(status=fee_plan.SUBMITTED),
                Role.OWNER: Q(status=fee_plan.REVIEWED),
            },
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "revise",
            "调整计划",
            (fee_plan.APPROVED,),
            fee_plan.DRAFT,
            CONTRACTOR,
            opinion="required",
            opinion_label="调整原因",
            effect=reopen_plan,
            duty=False,
        ),
    ],
)

# -------------------------------------------------------------------------------------------------------- entry

SPENT = Q(kind=USE, reverses__isnull=True)
REVIEWED_KINDS = Q(kind__in=(ACCRUAL, USE, PASSED_ON))


def evidence_missing(record: FeeEntry) -> list[str]:
    """What the supervisor needs to see before agreeing to a spending."""
    if record.kind != USE or record.is_reversal:
        return []
    kinds = papers.counts(record)
    missing = [] if kinds.get("凭证") or kinds.get("发票") else ["缺少附件：凭证或发票"]
    return missing if kinds.get("照片") else [*missing, "缺少附件：照片"]


def agree(record: FeeEntry, data: dict, actor) -> None:
    record.approved = None if record.is_reversal else record.amount


def cut(record: FeeEntry, data: dict, actor) -> None:
    if record.approved >= record.amount:
        raise ValidationError({"approved": f"核减后的金额应小于申报金额 {record.amount} 元。"})


def book(record: FeeEntry, data: dict, actor) -> None:
    if not record.is_reversal and record.approved is None:
        record.approved = record.amount
    record.booked = record.amount if record.is_reversal else record.approved
    record.confirmed_on = timezone.localdate()


def withdraw_review(record: FeeEntry, data: dict, actor) -> None:
    record.approved = None


FeeEntry.flow = Flow(
    initial=fee_entry.FILED,
    states={
        fee_entry.FILED: State("待审核", "blue", editable=True),
        fee_entry.RETURNED: State("已退回", "orange", editable=True),
        fee_entry.REVIEWED: State("待确认", "cyan"),
        fee_entry.BOOKED: State("已入账", "green", final=True),
        fee_entry.VOID: State("已作废", "gray", final=True),
    },
    transitions=[
        Transition(
            "agree",
            "监理同意",
            (fee_entry.FILED,),
            fee_entry.REVIEWED,
            SUPERVISOR,
            when=REVIEWED_KINDS,
            guard=evidence_missing,
            effect=agree,
            style="success",
        ),
        Transition(
            "cut",
            "监理核减",
            (fee_entry.FILED,),
            fee_entry.REVIEWED,
            SUPERVISOR,
            fields=("approved",),
            opinion="required",
            opinion_label="核减理由",
            when=SPENT,
            guard=evidence_missing,
            effect=cut,
            duty=False,
            style="warning",
        ),
        Transition(
            "confirm",
            "建设单位确认入账",
            (fee_entry.REVIEWED,),
            fee_entry.BOOKED,
            OWNER,
            effect=book,
            style="success",
        ),
        Transition(
            "receive",
            "确认到账",
            (fee_entry.FILED,),
            fee_entry.BOOKED,
            CONTRACTOR,
            when=Q(kind=PAYMENT, filed_by=Role.OWNER),
            effect=book,
            style="success",
        ),
        Transition(
            "take",
            "建设单位确认",
            (fee_entry.FILED,),
            fee_entry.BOOKED,
            OWNER,
            when=Q(kind=REFUND) | Q(kind=PAYMENT, filed_by=Role.CONTRACTOR),
            effect=book,
            style="success",
        ),
        Transition(
            "send_back",
            "退回",
            (fee_entry.FILED, fee_entry.REVIEWED),
            fee_entry.RETURNED,
            SUPERVISOR | OWNER | CONTRACTOR,
            opinion="required",
            opinion_label="退回理由",
            role_when={
                Role.SUPERVISOR: REVIEWED_KINDS & Q(status=fee_entry.FILED),
                Role.OWNER: Q(status=fee_entry.REVIEWED)
                | Q(kind=REFUND)
                | Q(kind=PAYMENT, filed_by=Role.CONTRACTOR),
                Role.CONTRACTOR: Q(kind=PAYMENT, filed_by=Role.OWNER),
            },
            effect=withdraw_review,
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "submit",
            "重新提交",
            (fee_entry.RETURNED,),
            fee_entry.FILED,
            CONTRACTOR | OWNER,
            role_when={
                Role.CONTRACTOR: Q(filed_by=Role.CONTRACTOR),
                Role.OWNER: Q(filed_by=Role.OWNER),
            },
        ),
        Transition(
            "void",
            "作废",
            (fee_entry.FILED, fee_entry.RETURNED),
            fee_entry.VOID,
            CONTRACTOR | OWNER,
            opinion="required",
            opinion_label="作废原因",
            role_when={
                Role.CONTRACTOR: Q(filed_by=Role.CONTRACTOR),
                Role.OWNER: Q(filed_by=Role.OWNER),
            },
            duty=False,
            style="danger",
            help="未入账的可以作废，其票据随之可以重新使用；已入账的用“冲销”。",
        ),
    ],
)

# ----------------------------------------------------------------------------------------------------- question


def answer(record: FeeQuestion, data: dict, actor) -> None:
    record.answered_on = timezone.localdate()


FeeQuestion.flow = Flow(
    initial=fee_watch.OPEN,
    states={
        fee_watch.OPEN: State("待核实", "yellow"),
        fee_watch.ANSWERED: State("已核实", "green", final=True),
    },
    overlays=(Overlay("cleared_on", "情况已消除", "green"),),
    transitions=[
        Transition(
            "explain",
            "说明情况",
            (fee_watch.OPEN,),
            None,
            CONTRACTOR,
            fields=("explanation",),
            opinion="no",
            duty=False,
        ),
        Transition(
            "answer",
            "填写核实结论",
            (fee_watch.OPEN,),
            fee_watch.ANSWERED,
            REVIEWERS,
            fields=("conclusion", "answer"),
            opinion="no",
            effect=answer,
            style="success",
            help="疑点须经核实才有结论；数据和依据在上方。",
        ),
        Transition(
            "ask_again",
            "重新核实",
            (fee_watch.ANSWERED,),
            fee_watch.OPEN,
            AUTHORITY_ROLES | {Role.INSPECTOR},
            opinion="required",
            duty=False,
            style="warning",
        ),
    ],
)
