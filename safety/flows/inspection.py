"""How plans, tasks and visits travel.

A visit: 检查中 → 待签字 → 已封存. Finished it says something (`digest`), both sides sign that, sealed it stays.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role

from ..inspections import asking, sealing
from ..models import InspectionPlan, InspectionTask, Visit
from ..models.inspection import OPEN, SEALED, SIGNING, VOID, InspectionKind
from .danger_acts import AUTHORITY

LEADERS = AUTHORITY_ROLES | {Role.BUREAU_LEADER}
BY_UNIT = Q(kind=InspectionKind.SELF)
INSPECTING = dict.fromkeys(AUTHORITY, ~BY_UNIT) | dict.fromkeys(
    (Role.CONTRACTOR, Role.SUPERVISOR, Role.OWNER, Role.ENTERPRISE), BY_UNIT
)
EVERYBODY = frozenset(INSPECTING)


def issue(record: InspectionPlan, data: dict, actor) -> None:
    record.issued_on = data.get("issued_on") or timezone.localdate()


InspectionPlan.flow = Flow(
    initial="draft",
    states={
        "draft": State("拟定", "blue", editable=True),
        "issued": State("已下达", "green"),
        "ended": State("已结束", "gray", final=True),
    },
    transitions=[
        Transition(
            "issue", "下达", ("draft",), "issued", LEADERS, optional=("issued_on",), effect=issue, duty=False
        ),
        Transition(
            "withdraw",
            "撤回修改",
            ("issued",),
            "draft",
            LEADERS,
            opinion="required",
            duty=False,
            style="warning",
        ),
        Transition("end", "结束", ("issued",), "ended", LEADERS, duty=False, style="secondary"),
    ],
)


def sealed_visit(record: InspectionTask) -> list[str]:
    there = record.visits.filter(status__in=(SIGNING, SEALED)).exists()
    return [] if there else ["还没有双方签字的检查记录，请先开始检查。"]


def complete(record: InspectionTask, data: dict, actor) -> None:
    record.done_on = timezone.localdate()


def cancel(record: InspectionTask, data: dict, actor) -> None:
    record.cancelled_on = timezone.localdate()


InspectionTask.flow = Flow(
    initial="assigned",
    states={
        "assigned": State("待实施", "blue", editable=True),
        "done": State("已完成", "green", final=True),
        "cancelled": State("已取消", "gray", final=True),
    },
    transitions=[
        Transition("complete", "完成", ("assigned",), "done", AUTHORITY, guard=sealed_visit, effect=complete),
        Transition(
            "postpone",
            "调整期限",
            ("assigned",),
            None,
            AUTHORITY_ROLES,
            fields=("due_by",),
            opinion="required",
            opinion_label="理由",
            deadline=lambda record: record.due_by,
            duty=False,
            style="secondary",
        ),
        Transition(
            "cancel",
            "取消",
            ("assigned",),
            "cancelled",
            AUTHORITY_ROLES,
            opinion="required",
            opinion_label="理由",
            effect=cancel,
            duty=False,
            style="warning",
        ),
    ],
)


def finish(record: Visit, data: dict, actor) -> None:
    record.digest = sealing.digest_of(record)


def reopen(record: Visit, data: dict, actor) -> None:
    record.digest = ""


def seal(record: Visit, data: dict, actor) -> None:
    if sealing.digest_of(record) != record.digest:
        raise ValidationError("检查内容与签字时不一致，请退回检查后重新签字。")
    sealing.seal(record, actor)
    sealing.end_task(record.task, actor)


Visit.flow = Flow(
    initial=OPEN,
    states={
        OPEN: State("检查中", "blue", editable=True),
        SIGNING: State("待签字", "yellow"),
        SEALED: State("已签字封存", "green", final=True),
        VOID: State("作废", "gray", final=True),
    },
    transitions=[
        Transition(
            "finish",
            "结束检查，签字",
            (OPEN,),
            SIGNING,
            EVERYBODY,
            fields=("outcome",),
            optional=("summary",),
            opinion="no",
            role_when=INSPECTING,
            guard=asking.missing,
            effect=finish,
            deadline=lambda record: record.due_on,
        ),
        Transition(
            "seal",
            "封存",
            (SIGNING,),
            SEALED,
            EVERYBODY,
            opinion="no",
            role_when=INSPECTING,
            guard=sealing.unsigned,
            effect=seal,
            style="success",
            help="封存后不再改动；不合格的各条转为隐患。",
        ),
        Transition(
            "reopen",
            "退回检查",
            (SIGNING,),
            OPEN,
            EVERYBODY,
            opinion="required",
            opinion_label="理由",
            role_when=INSPECTING,
            effect=reopen,
            deadline=lambda record: record.due_on,
            returns=True,
            duty=False,
            style="warning",
            help="改动之后须重新签字。",
        ),
        Transition(
            "void",
            "作废",
            (OPEN, SIGNING),
            VOID,
            EVERYBODY,
            opinion="required",
            opinion_label="理由",
            role_when=INSPECTING,
            duty=False,
            style="danger",
        ),
    ],
)
