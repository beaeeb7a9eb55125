"""How machines, certificates, camps, their clauses and neighbours, evacuations and activities travel."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.people.models import Role

from ..models import (
    Camp,
    CampNeighbour,
    DeviceCertificate,
    Evacuation,
    Machine,
    SafetyActivity,
    SiteClause,
    WorkerCertificate,
    training,
)
from ..models import camp as camps
from ..models import clauses as answers
from ..models import equipment as machines
from ..rules import rule
from ..site import clauses
from ..site.raising import raise_once
from .danger_acts import AUTHORITY, CONTRACTOR, OWNER, SUPERVISOR, dated

CHECKERS = SUPERVISOR | OWNER | AUTHORITY
PARTIES = frozenset({Role.OWNER, Role.CONTRACTOR, Role.SUPERVISOR, Role.ENTERPRISE})
NOT_RAISED = Q(danger__isnull=True)

# --------------------------------------------------------------------------------------------------- machines


Machine.flow = Flow(
    initial=machines.ENTERING,
    states={
        machines.ENTERING: State("待进场验收", "blue", editable=True),
        machines.USED: State("在用", "green"),
        machines.STOPPED: State("停用", "orange"),
        machines.LEFT: State("已退场", "gray", final=True),
    },
    transitions=[
        Transition(
            "accept",
            "进场验收合格",
            (machines.ENTERING,),
            machines.USED,
            SUPERVISOR,
            optional=("entered_on",),
            guard=Machine.lacking,
            effect=dated("entered_on"),
            style="success",
            help="特种设备须检验合格并登记后方可使用。",
        ),
        Transition(
            "refuse",
            "验收不合格，退场",
            (machines.ENTERING,),
            machines.LEFT,
            SUPERVISOR,
            opinion="required",
            effect=dated("left_on"),
            duty=False,
            style="warning",
        ),
        Transition(
            "stop",
            "停用",
            (machines.USED,),
            machines.STOPPED,
            CONTRACTOR | CHECKERS,
            opinion="required",
            opinion_label="停用原因",
            duty=False,
            style="warning",
        ),
        Transition(
            "resume",
            "恢复使用",
            (machines.STOPPED,),
            machines.USED,
            SUPERVISOR,
            guard=Machine.lacking,
            duty=False,
        ),
        Transition(
            "leave",
            "登记退场",
            (machines.USED, machines.STOPPED),
            machines.LEFT,
            CONTRACTOR,
            optional=("left_on",),
            effect=dated("left_on"),
            duty=False,
            style="secondary",
        ),
    ],
)


# ----------------------------------------------------------------------------------------------- certificates


def still_needed(record: DeviceCertificate) -> list[str]:
    """A machine in use keeps a certificate of each kind that special equipment has to have."""
    machine = record.machine
    needed = machine.is_special and record.kind in rule(machines.SPECIAL_RULE).content["required"]
    if not needed or machine.status != machines.USED:
        return []
    others = machine.certificates.filter(kind=record.kind, status=machines.HELD).exclude(pk=record.pk)
    return [] if others.exists() else ["设备在用，不能注销其唯一的检验证书；请先停用设备。"]


def renewed(record, data: dict, actor) -> None:
    before = type(record)._base_manager.values_list("valid_until", flat=True).get(pk=record.pk)
    if record.valid_until <= before:
        raise ValidationError({"valid_until": f"换证后的有效期应晚于原有效期（{before}）。"})


def certificate_flow(end_guard=None) -> Flow:
    """A certificate on the list: renewed when it was reminded of, taken off when no longer needed."""
    return Flow(
        initial=machines.HELD,
        states={
            machines.HELD: State("在册", "green", editable=True),
            machines.ENDED: State("已注销", "gray", final=True),
        },
        transitions=[
            Transition(
                "renew",
                "换证（重新检验）",
                (machines.HELD,),
                None,
                CONTRACTOR,
                fields=("number", "valid_until"),
                optional=("issued_by", "issued_on"),
                when=Q(reminded__isnull=False),
                effect=renewed,
                help="原证书的编号和有效期留在办理记录中。",
            ),
            Transition(
                "end",
                "注销",
                (machines.HELD,),
                machines.ENDED,
                CONTRACTOR,
                opinion="required",
                opinion_label="原因",
                guard=end_guard,
                duty=False,
                style="secondary",
            ),
        ],
    )


DeviceCertificate.flow = certificate_flow(still_needed)
WorkerCertificate.flow = certificate_flow()


# ------------------------------------------------------------------------------------------------------ camps


def camp_ready(camp: Camp) -> list[str]:
    close = camp.neighbours.filter(status=camps.NOTED, enough=False).values_list("name", flat=True)
    names = "、".join(close[:5])
    short = [f"与周边危险源距离不足：{names}。"] if names else []
    return [*clauses.missing(camp), *short]


def blow_whistle(camp: Camp, data: dict, actor) -> None:
    """Leaving needs nobody's approval: the order itself is the record."""
    now = timezone.now()
    camp.evacuated_since = now
    records.create(
        Evacuation(
            camp=camp,
            reason=data["opinion"],
            ordered_at=now,
            ordered_by=actor.name,
            unit=actor.organization_name,
            is_demo=camp.is_demo,
        ),
        actor,
        label="下令撤离",
        reason=data["opinion"],
    )


Camp.flow = Flow(
    initial=camps.DRAFTED,
    states={
        camps.DRAFTED: State("待提请核查", "blue", editable=True),
        camps.PLANNED: State("待核查", "cyan"),
        camps.OPEN: State("使用中", "green"),
        camps.CLOSED: State("已撤除", "gray", final=True),
    },
    overlays=(Overlay("evacuated_since", "撤离中", "red"),),
    transitions=[
        Transition(
            "submit",
            "提请核查",
            (camps.DRAFTED,),
            camps.PLANNED,
            CONTRACTOR | OWNER,
            help="提请后按现行清单列出核查条目。",
        ),
        Transition(
            "send_back",
            "退回补充",
            (camps.PLANNED,),
            camps.DRAFTED,
            CHECKERS,
            opinion="required",
            duty=False,
            returns=True,
            style="warning",
        ),
        Transition(
            "approve",
            "核查合格，启用",
            (camps.PLANNED,),
            camps.OPEN,
            SUPERVISOR | OWNER,
            optional=("opened_on",),
            guard=camp_ready,
            effect=dated("opened_on"),
            style="success",
        ),
        Transition(
            "recheck",
            "条件变化，重新核查",
            (camps.OPEN,),
            camps.DRAFTED,
            CONTRACTOR | CHECKERS,
            opinion="required",
            opinion_label="变化情况",
            duty=False,
            returns=True,
            style="warning",
        ),
        Transition(
            "evacuate",
            "下令撤离",
            (camps.DRAFTED, camps.PLANNED, camps.OPEN),
            None,
            CONTRACTOR | CHECKERS,
            opinion="required",
            opinion_label="险情",
            when=Q(evacuated_since__isnull=True),
            effect=blow_whistle,
            deadline=lambda record: record.due_on,
            duty=False,
            tells=AUTHORITY | OWNER | SUPERVISOR,
            style="danger",
            help="吹哨人及在场人员发现险情可直接下令撤离，不须请示；本记录即时告知建设、监理单位和主管部门。",
        ),
        Transition(
            "close",
            "登记撤除",
            (camps.DRAFTED, camps.PLANNED, camps.OPEN),
            camps.CLOSED,
            CONTRACTOR,
            optional=("closed_on",),
            effect=dated("closed_on"),
            duty=False,
            style="secondary",
        ),
    ],
)


def all_out(record: Evacuation, data: dict, actor) -> None:
    record.cleared_at = timezone.now()


def go_back(record: Evacuation, data: dict, actor) -> None:
    record.returned_at = timezone.now()
    others = record.camp.evacuations.exclude(pk=record.pk).exclude(status=camps.BACK)
    if not others.exists():
        camp = Camp._base_manager.get(pk=record.camp_id)
        records.update(camp, {"evacuated_since": None}, actor, label="返回驻地", clean=False)


Evacuation.flow = Flow(
    initial=camps.LEAVING,
    states={
        camps.LEAVING: State("撤离中", "red"),
        camps.EMPTY: State("已全员撤出", "orange"),
        camps.BACK: State("已返回", "green", final=True),
    },
    transitions=[
        Transition(
            "confirm_out",
            "确认全员撤出",
            (camps.LEAVING,),
            camps.EMPTY,
            CONTRACTOR | SUPERVISOR,
            fields=("people",),
            effect=all_out,
            tells=AUTHORITY,
        ),
        Transition(
            "return_back",
            "复核安全，准予返回",
            (camps.EMPTY,),
            camps.BACK,
            SUPERVISOR | OWNER,
            opinion="required",
            opinion_label="复核情况",
            effect=go_back,
            style="success",
        ),
    ],
)


# ----------------------------------------------------------------------------------------- clauses, neighbours


def raise_clause(record: SiteClause, data: dict, actor) -> None:
    record.danger = raise_once(
        record,
        f"unmet-{record.answered_on}",
        part=record.work.part if record.work else record.camp.name,
        description=f"{record.text}：不符合。{data['opinion']}",
        clause=record.clause_rule.source_label if record.clause_rule else "",
        category=record.category,
        actor=actor,
    )


def raise_distance(record: CampNeighbour, data: dict, actor) -> None:
    record.danger = raise_once(
        record,
        f"distance-{record.distance}",
        part=record.camp.name,
        description=f"{record.name}距驻地{record.distance}m，所需{record.required}m。{data['opinion']}",
        category="场地设置",
        actor=actor,
    )


def raising(sources: tuple[str, ...], when: Q, effect) -> Transition:
    return Transition(
        "raise",
        "转为隐患",
        sources,
        None,
        CONTRACTOR | CHECKERS,
        opinion_label="补充说明",
        when=when,
        effect=effect,
        duty=False,
        style="danger",
    )


def answered(record: SiteClause, data: dict, actor) -> None:
    """What was raised of an earlier answer is another case; the danger itself stays."""
    record.answered_on = timezone.localdate()
    record.danger = None


def answer(name: str, label: str, sources: tuple[str, ...], target: str, **more) -> Transition:
    return Transition(name, label, sources, target, CHECKERS, effect=answered, duty=False, **more)


SiteClause.flow = Flow(
    initial=answers.OPEN,
    states={
        answers.OPEN: State("待核查", "blue"),
        answers.MET: State("符合", "green"),
        answers.UNMET: State("不符合", "red"),
        answers.SKIPPED: State("不适用", "gray"),
    },
    overlays=(Overlay("danger_id", "已转隐患", "orange"),),
    transitions=[
        answer("meet", "符合", (answers.OPEN, answers.UNMET), answers.MET, style="success"),
        answer(
            "fail",
            "不符合",
            (answers.OPEN, answers.MET),
            answers.UNMET,
            opinion="required",
            opinion_label="不符合之处",
            style="warning",
        ),
        answer(
            "skip",
            "不适用",
            (answers.OPEN,),
            answers.SKIPPED,
            opinion="required",
            opinion_label="不适用的理由",
            style="secondary",
        ),
        raising((answers.UNMET,), NOT_RAISED, raise_clause),
    ],
)

CampNeighbour.flow = Flow(
    initial=camps.NOTED,
    states={
        camps.NOTED: State("在册", "blue", editable=True),
        camps.CLEARED: State("已消除", "gray", final=True),
    },
    overlays=(Overlay("danger_id", "已转隐患", "orange"),),
    transitions=[
        raising((camps.NOTED,), Q(enough=False) & NOT_RAISED, raise_distance),
        Transition(
            "clear",
            "已消除（拆除、移走）",
            (camps.NOTED,),
            camps.CLEARED,
            CONTRACTOR | SUPERVISOR,
            opinion="required",
            opinion_label="情况",
            duty=False,
            style="success",
        ),
    ],
)


# -------------------------------------------------------------------------------------------------- activities

OF_PROJECT = dict.fromkeys(PARTIES, Q(project__isnull=False)) | dict.fromkeys(AUTHORITY, Q())


def held(record: SafetyActivity, data: dict, actor) -> None:
    if record.participants == 0:
        raise ValidationError({"participants": "请填写实际参加人数。"})


SafetyActivity.flow = Flow(
    initial=training.PLANNED,
    states={
        training.PLANNED: State("计划", "blue", editable=True),
        training.HELD: State("已举办", "green", final=True),
        training.DROPPED: State("已取消", "gray", final=True),
    },
    transitions=[
        Transition(
            "hold",
            "登记举办",
            (training.PLANNED,),
            training.HELD,
            frozenset(OF_PROJECT),
            fields=("held_on", "participants"),
            optional=("units", "content"),
            role_when=OF_PROJECT,
            effect=held,
        ),
        Transition(
            "drop",
            "取消",
            (training.PLANNED,),
            training.DROPPED,
            frozenset(OF_PROJECT),
            opinion="required",
            opinion_label="原因",
            role_when=OF_PROJECT,
            duty=False,
            style="secondary",
        ),
    ],
)
