"""How dangerous works, temporary facilities and first safety facilities travel.

A dangerous work passes the gate of the five musts: 编制 → 审核 → 专家论证 (超过一定规模) → 批准 → 交底 → 条件核查 →
开工 → 完工 → 验收. The scheme, its approval and the acceptance are never passed over.
"""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.flows.gate import OVERLAYS, Step, gate, states_of, take_off_from
from supervision.rules.calendar import add_workdays

from ..models import DangerousWork, FirstFacility, TemporaryFacility
from ..models.training import TrainingKind
from ..models.works import (
    ACCEPT,
    APPROVE,
    ARGUE,
    BEGIN,
    CANCELLED,
    CHECK,
    CONFIRMING,
    DESIGN,
    DISCLOSE,
    ERECTING,
    FINISH,
    IN_USE,
    MADE,
    MAKE,
    MODEL,
    REMOVED,
    REVIEW,
    TESTING,
)
from ..rules import rule
from ..site import clauses
from .danger_acts import AUTHORITY, CONTRACTOR, OWNER, SUPERVISOR, dated

WORK_DAYS = "dangerous-work-days"
OVERRULERS = OWNER | SUPERVISOR


def within(step: str):
    return lambda record: add_workdays(timezone.localdate(), rule(WORK_DAYS).content[step])


def disclosed(work: DangerousWork) -> list[str]:
    held = work.trainings.filter(kind=TrainingKind.DISCLOSURE, attended__gt=0)
    # A scheme made anew is explained anew.
    if work.approved_on:
        held = held.filter(held_on__gte=work.approved_on)
    return (
        []
        if held.exists()
        else ["方案批准后的安全技术交底尚未登记，请先在“教育培训与交底”中登记本工程的交底。"]
    )


def facilities_ready(work: DangerousWork) -> list[str]:
    waiting = work.facilities.exclude(status__in=(IN_USE, REMOVED)).values_list("name", flat=True)
    names = "、".join(waiting[:5])
    return [f"大型临时设施尚未验收（含荷载试验）：{names}。"] if names else []


STEPS = (
    Step(
        MAKE,
        "方案编制完成",
        "待编制方案",
        "made_on",
        CONTRACTOR,
        fields=("scheme_title", "maker"),
        attachments=("专项施工方案",),
        color="blue",
    ),
    Step(
        REVIEW,
        "方案审核通过",
        "待审核方案",
        "reviewed_on",
        CONTRACTOR,
        fields=("reviewer",),
        returns_to=MAKE,
        return_label="审核退回",
        due=within("review"),
        help="由施工单位技术负责人审核，审核人与编制人不得为同一人。",
    ),
    Step(
        ARGUE,
        "专家论证通过",
        "待专家论证",
        "argued_on",
        CONTRACTOR,
        when=Q(needs_experts=True),
        fields=("argument_result",),
        attachments=("专家论证报告",),
        returns_to=MAKE,
        return_label="论证不通过",
        overrulers=OVERRULERS,
        due=within("argue"),
    ),
    Step(
        APPROVE,
        "方案批准",
        "待批准方案",
        "approved_on",
        SUPERVISOR,
        returns_to=MAKE,
        return_label="不予批准",
        due=within("approve"),
    ),
    Step(
        DISCLOSE,
        "完成安全技术交底",
        "待交底",
        "disclosed_on",
        CONTRACTOR,
        guard=disclosed,
        overrulers=OVERRULERS,
        due=within("disclose"),
    ),
    Step(
        CHECK,
        "作业前条件核查符合",
        "待条件核查",
        "checked_on",
        SUPERVISOR,
        fields=("site_supervisor",),
        guard=clauses.missing,
        returns_to=DISCLOSE,
        return_label="条件不符合",
        overrulers=OVERRULERS,
        due=within("check"),
        help="按施工前安全生产条件核查表逐条核查，并确定现场监督人。",
    ),
    Step(BEGIN, "开工", "待开工", "begun_on", CONTRACTOR, guard=facilities_ready),
    Step(FINISH, "完工", "施工中", "finished_on", CONTRACTOR, color="yellow"),
    Step(
        ACCEPT,
        "验收合格",
        "待验收",
        "accepted_on",
        SUPERVISOR,
        attachments=("验收记录",),
        returns_to=FINISH,
        return_label="验收不合格",
        due=within("accept"),
        help="验收合格后方可进入下道工序。",
    ),
)

DangerousWork.gate_steps = STEPS
DangerousWork.flow = Flow(
    initial=MAKE,
    states=states_of(STEPS, State("已验收", "green", final=True))
    | {CANCELLED: State("不再实施", "gray", final=True)},
    transitions=[
        *gate(STEPS, watchers=AUTHORITY),
        Transition(
            "revise",
            "方案变更，重新编审",
            (DISCLOSE, CHECK, BEGIN, FINISH),
            MAKE,
            CONTRACTOR,
            opinion="required",
            opinion_label="变更原因",
            effect=take_off_from(STEPS, MAKE),
            duty=False,
            style="warning",
            help="变更后的方案重新审核、批准、交底；超过一定规模的重新论证。",
        ),
        Transition(
            "cancel",
            "不再实施",
            (MAKE, REVIEW, ARGUE, APPROVE, DISCLOSE, CHECK, BEGIN),
            CANCELLED,
            OVERRULERS,
            opinion="required",
            opinion_label="原因",
            duty=False,
            style="secondary",
        ),
    ],
    overlays=OVERLAYS,
)


# ------------------------------------------------------------------------------------------ temporary facilities


def calculated(record: TemporaryFacility) -> list[str]:
    wanted = ("calculated_by", "calculated_on", *(("design_load",) if record.needs_test else ()))
    labels = [record._meta.get_field(name).verbose_name for name in wanted if not getattr(record, name)]
    return [f"请先填写{'、'.join(labels)}。"] if labels else []


def pass_load_test(record: TemporaryFacility, data: dict, actor) -> None:
    dated("tested_on")(record, data, actor)
    least = Decimal(record.facility_rule.content["least_load_ratio"])
    if record.test_load < record.design_load * least:
        raise ValidationError({"test_load": f"试验荷载不小于设计荷载（{record.design_load}kN）的{least}倍。"})


def erection(name: str, target: str, needs_test: bool) -> Transition:
    return Transition(
        name,
        "搭设验收合格",
        (ERECTING,),
        target,
        SUPERVISOR,
        optional=("erected_on",),
        when=Q(needs_test=needs_test),
        attachments=("验收记录",),
        effect=dated("erected_on"),
        style="primary" if needs_test else "success",
    )


def redesign(record: TemporaryFacility, data: dict, actor) -> None:
    record.checked_on = record.erected_on = record.tested_on = record.test_load = None


TemporaryFacility.flow = Flow(
    initial=DESIGN,
    states={
        DESIGN: State("待验算复核", "blue", editable=True),
        ERECTING: State("待搭设验收", "cyan"),
        TESTING: State("待荷载试验", "cyan"),
        IN_USE: State("使用中", "green"),
        REMOVED: State("已拆除", "gray", final=True),
    },
    transitions=[
        Transition(
            "check_calculation",
            "验算复核通过",
            (DESIGN,),
            ERECTING,
            SUPERVISOR,
            optional=("checked_on",),
            attachments=("验算书",),
            guard=calculated,
            effect=dated("checked_on"),
        ),
        erection("accept_erection", TESTING, needs_test=True),
        erection("accept_for_use", IN_USE, needs_test=False),
        Transition(
            "pass_test",
            "荷载试验合格",
            (TESTING,),
            IN_USE,
            SUPERVISOR,
            fields=("test_load",),
            optional=("tested_on",),
            attachments=("荷载试验报告",),
            effect=pass_load_test,
            style="success",
        ),
        Transition(
            "send_back",
            "不合格，退回",
            (ERECTING, TESTING),
            DESIGN,
            SUPERVISOR,
            opinion="required",
            effect=redesign,
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "remove",
            "登记拆除",
            (IN_USE,),
            REMOVED,
            CONTRACTOR,
            optional=("removed_on",),
            effect=dated("removed_on"),
            duty=False,
            style="secondary",
        ),
    ],
)


# ---------------------------------------------------------------------------------------- first safety facilities


def not_yet(record: FirstFacility, data: dict, actor) -> None:
    record.accepted_on = None


FirstFacility.flow = Flow(
    initial=MADE,
    states={
        MADE: State("待监理验收", "blue", editable=True),
        CONFIRMING: State("待建设单位确认", "cyan"),
        MODEL: State("已确认示范", "green", final=True),
    },
    transitions=[
        Transition(
            "accept",
            "监理验收合格",
            (MADE,),
            CONFIRMING,
            SUPERVISOR,
            optional=("accepted_on",),
            effect=dated("accepted_on"),
        ),
        Transition(
            "confirm",
            "确认为示范",
            (CONFIRMING,),
            MODEL,
            OWNER,
            optional=("confirmed_on",),
            effect=dated("confirmed_on"),
            style="success",
            help="确认后，本标段同类防护设施照此实施。",
        ),
        Transition(
            "send_back",
            "退回整改",
            (CONFIRMING,),
            MADE,
            OWNER,
            opinion="required",
            effect=not_yet,
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)
