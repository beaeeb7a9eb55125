"""How tenders, committee seats, experts, objections, complaints and questions travel."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role

from ..models import (
    CollusionQuestion,
    CommitteeMember,
    ExpertConduct,
    Tender,
    TenderComplaint,
    TenderExpert,
    TenderObjection,
)
from ..models import collusion as questions
from ..models import expert as experts
from ..models import objection as objections
from ..models import tendering as tenders
from ..models.tendering import committee_problems
from ..tendering import clocks

OWNER = frozenset({Role.OWNER})
AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
BUREAU = frozenset({Role.BUREAU_STAFF})
SEATED = "seated"


def today():
    return timezone.localdate()


def unanswered(record: Tender) -> list[str]:
    """Until an objection is answered the tender halts."""
    open_ones = TenderObjection._base_manager.filter(tender=record, status=objections.RECEIVED).count()
    return [f"有{open_ones}件异议尚未答复，答复前应暂停招标投标活动。"] if open_ones else []


def evaluable(record: Tender) -> list[str]:
    return [*unanswered(record), *(f"评标委员会：{text}" for text in committee_problems(record))]


def tender_step(name: str, label: str, source: str, target: str, *fields: str, **options) -> Transition:
    return Transition(
        name, label, (source,), target, OWNER, fields=fields, opinion="no", **{"duty": True, **options}
    )


Tender.flow = Flow(
    initial=tenders.DRAFT,
    states={
        tenders.DRAFT: State("准备中", "blue", editable=True),
        tenders.ISSUED: State("招标中", "cyan", editable=True),
        tenders.OPENED: State("已开标", "cyan", editable=True),
        tenders.EVALUATED: State("已评标", "cyan"),
        tenders.PUBLICISED: State("公示中", "yellow"),
        tenders.AWARDED: State("已定标", "green", final=True),
        tenders.FAILED: State("招标终止", "gray", final=True),
    },
    transitions=[
        tender_step("issue", "发出招标文件", tenders.DRAFT, tenders.ISSUED, "issued_on", "bid_by"),
        tender_step("open", "登记开标", tenders.ISSUED, tenders.OPENED, "opened_on", guard=unanswered),
        tender_step(
            "evaluate",
            "登记评标报告",
            tenders.OPENED,
            tenders.EVALUATED,
            "evaluated_on",
            guard=evaluable,
            help="评标委员会须为五人以上单数，其中专家不少于三分之二。",
        ),
        tender_step(
            "publicise",
            "公示中标候选人",
            tenders.EVALUATED,
            tenders.PUBLICISED,
            "publicised_on",
            optional=("publicity_days",),
        ),
        tender_step(
            "award",
            "登记定标",
            tenders.PUBLICISED,
            tenders.AWARDED,
            "awarded_on",
            "winner",
            "price",
            guard=unanswered,
            style="success",
        ),
        Transition(
            "fail",
            "终止招标",
            (tenders.DRAFT, tenders.ISSUED, tenders.OPENED, tenders.EVALUATED, tenders.PUBLICISED),
            tenders.FAILED,
            OWNER,
            opinion="required",
            opinion_label="终止原因",
            duty=False,
            style="danger",
        ),
    ],
)


def seated(record: CommitteeMember) -> list[str]:
    done = record.tender.status not in (tenders.DRAFT, tenders.ISSUED, tenders.OPENED)
    return [f"该项目“{record.tender.status_label}”，评标委员会不再变动。"] if done else []


def with_reason(record: CommitteeMember, data: dict, actor) -> None:
    record.reason = data.get("opinion", "")[:300]


def leave(name: str, label: str, target: str, what: str) -> Transition:
    return Transition(
        name,
        label,
        (SEATED,),
        target,
        OWNER,
        opinion="required",
        opinion_label=what,
        guard=seated,
        effect=with_reason,
        duty=False,
        style="warning",
    )


CommitteeMember.flow = Flow(
    initial=SEATED,
    states={
        SEATED: State("在任", "green", editable=True),
        tenders.RECUSED: State("已回避", "orange", final=True),
        tenders.REMOVED: State("已更换", "gray", final=True),
    },
    transitions=[
        leave("recuse", "登记回避", tenders.RECUSED, "回避事由"),
        leave("remove", "更换", tenders.REMOVED, "更换事由"),
    ],
)


def removed(record: TenderExpert, data: dict, actor) -> None:
    record.removed_on = today()
    record.suspended_until = None


def restored(record: TenderExpert, data: dict, actor) -> None:
    record.suspended_until, record.ground = None, ""


TenderExpert.flow = Flow(
    initial=experts.IN_FORCE,
    states={
        experts.IN_FORCE: State("在库", "green", editable=True),
        experts.SUSPENDED: State("暂停评标", "orange"),
        experts.REMOVED: State("取消资格", "red", final=True),
    },
    transitions=[
        Transition(
            "suspend",
            "暂停评标",
            (experts.IN_FORCE,),
            experts.SUSPENDED,
            BUREAU,
            fields=("ground", "suspended_until"),
            opinion="required",
            opinion_label="处理决定",
            duty=False,
            style="warning",
        ),
        Transition(
            "restore",
            "恢复",
            (experts.SUSPENDED,),
            experts.IN_FORCE,
            BUREAU,
            opinion="required",
            effect=restored,
            duty=False,
        ),
        Transition(
            "remove",
            "取消资格",
            (experts.IN_FORCE, experts.SUSPENDED),
            experts.REMOVED,
            BUREAU,
            fields=("ground",),
            opinion="required",
            opinion_label="处理决定",
            effect=removed,
            duty=False,
            style="danger",
        ),
    ],
)

ExpertConduct.flow = Flow(
    initial=experts.DRAFT,
    states={
        experts.DRAFT: State("草稿", "gray", editable=True),
        experts.SUBMITTED: State("待确认", "yellow"),
        experts.CONFIRMED: State("已扣分", "red", final=True),
        experts.DISMISSED: State("不予扣分", "gray", final=True),
    },
    transitions=[
        Transition("submit", "提交", (experts.DRAFT,), experts.SUBMITTED, AUTHORITY, opinion="no"),
        Transition(
            "confirm",
            "确认扣分",
            (experts.SUBMITTED,),
            experts.CONFIRMED,
            BUREAU,
            not_by=("submit",),
            opinion="required",
            style="danger",
            help="提交人与确认人须为两人。",
        ),
        Transition(
            "dismiss",
            "不予扣分",
            (experts.SUBMITTED,),
            experts.DISMISSED,
            BUREAU,
            opinion="required",
            duty=False,
            style="warning",
        ),
    ],
)


# ----------------------------------------------------------------------------------- objections and complaints


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

CollusionQuestion.flow = Flow(
    initial=questions.ASKED,
    states={
        questions.ASKED: State("待核实", "yellow"),
        questions.EXPLAINED: State("已说明", "green", final=True),
        questions.REFERRED: State("已移送查处", "purple", final=True),
    },
    transitions=[
        Transition(
            "explain",
            "核实，可以说明",
            (questions.ASKED,),
            questions.EXPLAINED,
            AUTHORITY,
            fields=("answer",),
            opinion="no",
            style="success",
        ),
        Transition(
            "refer",
            "移送有权机关查处",
            (questions.ASKED,),
            questions.REFERRED,
            AUTHORITY,
            fields=("answer",),
            opinion="no",
            duty=False,
            style="warning",
            help="本系统不作认定。",
        ),
    ],
)
