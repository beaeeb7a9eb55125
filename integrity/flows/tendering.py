"""How tenders, committee seats, experts, objections, complaints and questions travel."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.shipped import rule

from ..models import (
    CollusionQuestion,
    CommitteeMember,
    ExpertConduct,
    Tender,
    TenderExpert,
    TenderObjection,
)
from ..models import collusion as questions
from ..models import expert as experts
from ..models import objection as objections
from ..models import tendering as tenders
from ..models.tendering import committee_problems

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


# What is known of a tender at each of its states, and may have been written down wrongly.
KNOWN = {
    tenders.ISSUED: ("issued_on", "bid_by"),
    tenders.OPENED: ("issued_on", "bid_by", "opened_on"),
    tenders.EVALUATED: ("issued_on", "bid_by", "opened_on", "evaluated_on"),
    tenders.PUBLICISED: (
        "issued_on",
        "bid_by",
        "opened_on",
        "evaluated_on",
        "publicised_on",
        "publicity_days",
    ),
    tenders.AWARDED: ("publicised_on", "publicity_days", "awarded_on", "winner", "price"),
}


def correction(state: str, known: tuple[str, ...]) -> Transition:
    """What was registered is put right, with a reason; the state stays."""
    return Transition(
        f"correct_{state}",
        "更正登记",
        (state,),
        None,
        OWNER,
        fields=known,
        opinion="required",
        opinion_label="更正事由",
        duty=False,
        style="secondary",
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
            guard=unanswered,
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
        *(correction(state, known) for state, known in KNOWN.items()),
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
    return record.settled()


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


def suspended(record: TenderExpert, data: dict, actor) -> None:
    if record.ground in rule(experts.REMOVAL).content["permanent"]:
        raise ValidationError({"ground": f"“{record.ground}”的应取消资格，不是暂停。"})
    if record.suspended_until < today():
        raise ValidationError({"suspended_until": "暂停至早于今天。"})


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
            effect=suspended,
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
