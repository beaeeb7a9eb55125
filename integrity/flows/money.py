"""How subcontracts, wages and special funds travel."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from quality.flows.roles import within
from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role

from ..models import Subcontract, WageAccount, WageComplaint, WageMonth
from ..models import subcontract as subs
from ..models import wage as wages

OWNER, CONTRACTOR = frozenset({Role.OWNER}), frozenset({Role.CONTRACTOR})
AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
STEPS = "subcontract-steps"


def stamp(field: str):
    """An effect: today, unless a day was given."""

    def effect(record, data: dict, actor) -> None:
        setattr(record, field, data.get(field) or timezone.localdate())

    return effect


def sending_back(
    sources: tuple[str, ...], target: str, roles: frozenset[str], name: str = "return"
) -> Transition:
    return Transition(
        name,
        "退回",
        sources,
        target,
        roles,
        opinion="required",
        returns=True,
        duty=False,
        style="warning",
    )


Subcontract.flow = Flow(
    initial=subs.DRAFT,
    states={
        subs.DRAFT: State("填报中", "blue", editable=True),
        subs.SUBMITTED: State("待建设单位同意", "yellow"),
        subs.CONSENTED: State("待备案", "yellow"),
        subs.REGISTERED: State("已备案", "green"),
        subs.ENDED: State("已完工结算", "gray", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "报建设单位",
            (subs.DRAFT,),
            subs.SUBMITTED,
            CONTRACTOR,
            opinion="no",
            attachments=(subs.CONTRACT,),
            guard=lambda record: record.bans,
            deadline=within(STEPS, "consent"),
        ),
        Transition(
            "consent",
            "同意",
            (subs.SUBMITTED,),
            subs.CONSENTED,
            OWNER,
            fields=("consent",),
            effect=stamp("consented_on"),
            deadline=within(STEPS, "register"),
            help="未经建设单位认可不得分包。",
        ),
        sending_back((subs.SUBMITTED,), subs.DRAFT, OWNER, "refuse"),
        Transition(
            "register",
            "备案",
            (subs.CONSENTED,),
            subs.REGISTERED,
            AUTHORITY,
            effect=stamp("registered_on"),
            style="success",
        ),
        sending_back((subs.CONSENTED,), subs.DRAFT, AUTHORITY),
        Transition(
            "end",
            "登记完工结算",
            (subs.REGISTERED,),
            subs.ENDED,
            CONTRACTOR,
            optional=("ended_on",),
            effect=stamp("ended_on"),
            duty=False,
        ),
    ],
)


def drawn(record: WageAccount, data: dict, actor) -> None:
    record.topped_up_on = None


def released(record: WageAccount, data: dict, actor) -> None:
    """The deposit is given back after its notice, and with nobody still waiting for wages."""
    owed = WageComplaint._base_manager.filter(
        section=record.section_id, status__in=(wages.RECEIVED, wages.HANDLING)
    ).count()
    if owed:
        raise ValidationError(f"该标段有{owed}件欠薪投诉尚未办结，不能退还保证金。")
    if record.deposit_kind == wages.DepositKind.EXEMPT:
        return
    first = record.release_from
    if record.released_on < first:
        days = record.content["release_notice_days"]
        raise ValidationError({"released_on": f"退还前公示{days}日，{first}起方可退还。"})


WageAccount.flow = Flow(
    initial=wages.DRAFT,
    states={
        wages.DRAFT: State("填报中", "blue", editable=True),
        wages.SUBMITTED: State("待核查", "yellow"),
        wages.IN_USE: State("使用中", "green"),
        wages.CLOSED: State("已注销", "gray", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "报送",
            (wages.DRAFT,),
            wages.SUBMITTED,
            CONTRACTOR,
            opinion="no",
            attachments=("专户开户证明",),
        ),
        Transition("check", "核查属实", (wages.SUBMITTED,), wages.IN_USE, OWNER, style="success"),
        sending_back((wages.SUBMITTED,), wages.DRAFT, OWNER),
        Transition(
            "renew",
            "变更",
            (wages.IN_USE,),
            wages.DRAFT,
            CONTRACTOR,
            opinion="required",
            opinion_label="变更事由",
            duty=False,
            style="secondary",
        ),
        Transition(
            "close",
            "完工退还保证金并注销",
            (wages.IN_USE,),
            wages.CLOSED,
            OWNER,
            fields=("released_on",),
            when=Q(deposit_kind=wages.DepositKind.EXEMPT) | Q(release_notice_on__isnull=False),
            opinion="required",
            duty=False,
            effect=released,
            help="工程完工且无拖欠，公示期满后退还；免存的填销户日期。",
        ),
        Transition(
            "draw",
            "登记动用保证金",
            (wages.IN_USE,),
            None,
            OWNER | AUTHORITY,
            fields=("drawn_on",),
            opinion="required",
            opinion_label="动用事由和金额",
            when=~Q(deposit_kind=wages.DepositKind.EXEMPT),
            effect=drawn,
            duty=False,
            style="warning",
            help="动用后应在规定的工作日内补足。",
        ),
        Transition(
            "top_up",
            "登记补足",
            (wages.IN_USE,),
            None,
            OWNER,
            fields=("topped_up_on",),
            opinion="no",
            when=Q(drawn_on__isnull=False, topped_up_on__isnull=True),
            duty=False,
            style="secondary",
        ),
        Transition(
            "announce",
            "登记退还公示",
            (wages.IN_USE,),
            None,
            OWNER,
            fields=("release_notice_on",),
            opinion="no",
            when=Q(drawn_on__isnull=True) | Q(topped_up_on__isnull=False),
            duty=False,
            style="secondary",
            help="工程完工且无拖欠的，公示期满方可退还保证金。",
        ),
    ],
)

WageMonth.flow = Flow(
    initial=wages.DRAFT,
    states={
        wages.DRAFT: State("填报中", "blue", editable=True),
        wages.SUBMITTED: State("待核查", "yellow"),
        wages.CHECKED: State("已核查", "green", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "报送",
            (wages.DRAFT,),
            wages.SUBMITTED,
            CONTRACTOR,
            opinion="no",
            attachments=("银行代发回单",),
            help="回单请遮盖工人姓名、证件号和卡号。",
        ),
        Transition(
            "check",
            "核查属实",
            (wages.SUBMITTED,),
            wages.CHECKED,
            OWNER,
            opinion="required",
            opinion_label="核查情况",
            effect=stamp("checked_on"),
            style="success",
        ),
        sending_back((wages.SUBMITTED,), wages.DRAFT, OWNER),
    ],
)


def accepted(record: WageComplaint, data: dict, actor) -> None:
    stamp("accepted_on")(record, data, actor)
    if record.accepted_on < record.received_on:
        raise ValidationError({"accepted_on": f"受理日期早于收到日期（{record.received_on}）。"})
    record.count_on()
    record.due_on = record.settle_by


def extended(record: WageComplaint, data: dict, actor) -> None:
    record.extended = True
    record.count_on()
    record.due_on = record.settle_by


WageComplaint.flow = Flow(
    initial=wages.RECEIVED,
    states={
        wages.RECEIVED: State("待受理", "yellow", editable=True),
        wages.HANDLING: State("处理中", "cyan"),
        wages.SETTLED: State("已办结", "green", final=True),
        wages.UNFOUNDED: State("不属实", "gray", final=True),
    },
    transitions=[
        Transition(
            "accept",
            "受理",
            (wages.RECEIVED,),
            wages.HANDLING,
            AUTHORITY,
            optional=("accepted_on",),
            effect=accepted,
        ),
        Transition(
            "extend",
            "延长办理",
            (wages.HANDLING,),
            None,
            AUTHORITY,
            opinion="required",
            opinion_label="延长理由",
            when=Q(extended=False),
            effect=extended,
            duty=False,
            style="secondary",
            help="情况复杂的可延长一次，三十个工作日。",
        ),
        Transition(
            "settle",
            "办结",
            (wages.HANDLING,),
            wages.SETTLED,
            AUTHORITY,
            fields=("paid", "payer"),
            optional=("settled_on",),
            opinion="required",
            opinion_label="处理结果",
            effect=stamp("settled_on"),
            style="success",
        ),
        Transition(
            "dismiss",
            "查无此事",
            (wages.RECEIVED, wages.HANDLING),
            wages.UNFOUNDED,
            AUTHORITY,
            opinion="required",
            effect=stamp("settled_on"),
            duty=False,
            style="warning",
        ),
    ],
)
