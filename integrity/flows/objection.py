"""How objections (异议) and complaints (投诉) travel, with what stops and moves their clocks."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from supervision.flows.flow import Flow, State, Transition

from ..models import TenderComplaint, TenderObjection
from ..models import objection as objections
from ..tendering import clocks
from .tendering import AUTHORITY, OWNER, today


def answered(record: TenderObjection, data: dict, actor) -> None:
    record.answered_on = record.answered_on or today()


TenderObjection.flow = Flow(
    initial=objections.RECEIVED,
    states={
        objections.RECEIVED: State("待答复", "yellow", editable=True),
        objections.ANSWERED: State("已答复", "green", final=True),
        objections.REJECTED: State("不予受理", "gray", final=True),
        objections.WITHDRAWN: State("已撤回", "gray", final=True),
    },
    transitions=[
        Transition(
            "answer",
            "登记答复",
            (objections.RECEIVED,),
            objections.ANSWERED,
            OWNER,
            optional=("answered_on",),
            opinion="required",
            opinion_label="答复要点",
            effect=answered,
            style="success",
        ),
        Transition(
            "reject",
            "逾期或不符，不予受理",
            (objections.RECEIVED,),
            objections.REJECTED,
            OWNER,
            opinion="required",
            effect=answered,
            duty=False,
            style="warning",
        ),
        Transition(
            "withdraw",
            "异议人撤回",
            (objections.RECEIVED,),
            objections.WITHDRAWN,
            OWNER,
            opinion="required",
            effect=answered,
            duty=False,
            style="secondary",
        ),
    ],
)


def objected_first(record: TenderComplaint) -> list[str]:
    if record.needs_objection and not record.objection_id:
        return [f"对{record.get_matter_display()}投诉的，应当先向招标人提出异议；请选择该异议，或不予受理。"]
    return []


def accepted(record: TenderComplaint, data: dict, actor) -> None:
    record.accepted_on = record.accepted_on or today()
    if record.accepted_on < record.received_on:
        raise ValidationError({"accepted_on": f"受理日期早于收到日期（{record.received_on}）。"})
    # The objection that came first may have been answered since the complaint was entered.
    record.work_out()
    record.count_on()
    record.due_on = record.decide_by


def halted(record: TenderComplaint, data: dict, actor) -> None:
    record.halted_on = today()
    record.due_on = None


def resumed(record: TenderComplaint, data: dict, actor) -> None:
    record.halted_days += clocks.suspended_days(record.halted_on or today(), today())
    record.halted_on = None
    record.count_on()
    record.due_on = record.decide_by


def decided(record: TenderComplaint, data: dict, actor) -> None:
    record.decided_on = record.decided_on or today()


TenderComplaint.flow = Flow(
    initial=objections.RECEIVED,
    states={
        objections.RECEIVED: State("待受理", "yellow", editable=True),
        objections.HANDLING: State("处理中", "cyan"),
        objections.HALTED: State("中止计时", "orange"),
        objections.DECIDED: State("已处理", "green", final=True),
        objections.REFUSED: State("不予受理", "gray", final=True),
        objections.WITHDRAWN: State("已撤回", "gray", final=True),
    },
    transitions=[
        Transition(
            "accept",
            "受理",
            (objections.RECEIVED,),
            objections.HANDLING,
            AUTHORITY,
            optional=("accepted_on",),
            guard=objected_first,
            effect=accepted,
            help="自受理之日起三十个工作日内处理。",
        ),
        Transition(
            "refuse",
            "不予受理",
            (objections.RECEIVED,),
            objections.REFUSED,
            AUTHORITY,
            opinion="required",
            duty=False,
            style="warning",
        ),
        Transition(
            "halt",
            "检验、鉴定或专家评审",
            (objections.HANDLING,),
            objections.HALTED,
            AUTHORITY,
            opinion="required",
            opinion_label="中止事由",
            effect=halted,
            duty=False,
            style="secondary",
            help="所需时间不计入处理期限。",
        ),
        Transition(
            "resume",
            "恢复计时",
            (objections.HALTED,),
            objections.HANDLING,
            AUTHORITY,
            effect=resumed,
        ),
        Transition(
            "decide",
            "作出处理决定",
            (objections.HANDLING,),
            objections.DECIDED,
            AUTHORITY,
            fields=("outcome",),
            optional=("decided_on",),
            opinion="required",
            opinion_label="处理决定要点",
            effect=decided,
            style="success",
        ),
        Transition(
            "withdraw",
            "投诉人撤回",
            (objections.RECEIVED, objections.HANDLING, objections.HALTED),
            objections.WITHDRAWN,
            AUTHORITY,
            opinion="required",
            duty=False,
            style="secondary",
        ),
    ],
)
