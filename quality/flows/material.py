"""How suppliers and batches travel: 在册 → 预警 → 清退 → 申请恢复 → 恢复; 进场 → 报验 → 准予使用 or 退场."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.flows.oversight import beside
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import months_after
from supervision.rules.shipped import rule

from ..models import MaterialBatch, Supplier
from ..models.material import (
    APPEALING,
    CHECKING,
    CLOSED,
    ENTERED,
    LISTED,
    REJECTED,
    RELEASED,
    REMOVED,
    WARNED,
)
from ..rules import SUPPLIERS
from ..testing import following

CUSTOMERS = frozenset({Role.OWNER, Role.CONTRACTOR})


def warn(record: Supplier, data: dict, actor) -> None:
    record.warned_on = timezone.localdate()


def remove(record: Supplier, data: dict, actor) -> None:
    record.removed_on = timezone.localdate()
    record.restored_on = None
    record.may_return_on = months_after(record.removed_on, rule(SUPPLIERS).content["removal_months"])


def too_early(record: Supplier) -> list[str]:
    day = record.may_return_on
    return [f"清退未满期，{day}起方可申请恢复。"] if day and timezone.localdate() < day else []


def restore(record: Supplier, data: dict, actor) -> None:
    record.restored_on = timezone.localdate()
    record.warned_on = record.removed_on = record.may_return_on = None
    record.reason = ""


Supplier.flow = Flow(
    initial=LISTED,
    states={
        LISTED: State("在册", "green", editable=True),
        WARNED: State("预警", "yellow"),
        REMOVED: State("清退", "red"),
        APPEALING: State("申请恢复", "orange"),
        CLOSED: State("已注销", "gray", final=True),
    },
    transitions=[
        Transition(
            "warn",
            "预警",
            (LISTED,),
            WARNED,
            AUTHORITY_ROLES,
            fields=("reason",),
            opinion="no",
            effect=warn,
            duty=False,
            style="warning",
        ),
        Transition(
            "remove",
            "清退",
            (LISTED, WARNED),
            REMOVED,
            AUTHORITY_ROLES,
            fields=("reason",),
            opinion="no",
            effect=remove,
            duty=False,
            style="danger",
            help="清退后其材料不得进场；确需使用的由建设单位或主管部门写明理由。",
        ),
        Transition(
            "lift",
            "解除预警",
            (WARNED,),
            LISTED,
            AUTHORITY_ROLES,
            opinion="required",
            opinion_label="整改情况",
            effect=restore,
            duty=False,
        ),
        Transition(
            "close",
            "注销登记",
            (LISTED, WARNED),
            CLOSED,
            AUTHORITY_ROLES,
            opinion="required",
            opinion_label="注销原因",
            duty=False,
            style="secondary",
            help="不再供货或已并入其他单位的；注销后不能再登记进场。",
        ),
        Transition(
            "appeal",
            "代为申请恢复",
            (REMOVED,),
            APPEALING,
            CUSTOMERS,
            opinion="required",
            opinion_label="整改情况与理由",
            attachments=("整改材料",),
            guard=too_early,
            duty=False,
        ),
        Transition(
            "restore",
            "同意恢复",
            (APPEALING,),
            LISTED,
            AUTHORITY_ROLES,
            opinion="required",
            opinion_label="核查情况",
            not_by=("appeal",),
            effect=restore,
            style="success",
        ),
        Transition(
            "refuse",
            "不同意恢复",
            (APPEALING,),
            REMOVED,
            AUTHORITY_ROLES,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)


def release(record: MaterialBatch, data: dict, actor) -> None:
    record.released_on = timezone.localdate()


def see(record: MaterialBatch, data: dict, actor) -> None:
    record.overrule_seen_on = timezone.localdate()


MaterialBatch.flow = Flow(
    initial=ENTERED,
    states={
        ENTERED: State("已进场", "blue", editable=True),
        CHECKING: State("待准用", "yellow"),
        RELEASED: State("准予使用", "green"),
        REJECTED: State("不合格处置", "red", final=True),
    },
    overlays=(Overlay("overruled", "已清退供应商", "red"),),
    transitions=[
        Transition(
            "submit",
            "报验",
            (ENTERED,),
            CHECKING,
            frozenset({Role.CONTRACTOR}),
            fields=("certificate",),
            attachments=("质量证明书",),
        ),
        Transition(
            "release",
            "准予使用",
            (CHECKING,),
            RELEASED,
            frozenset({Role.SUPERVISOR, Role.OWNER}),
            guard=following.standing_in_the_way,
            not_by=("submit",),
            effect=release,
            style="success",
            help="质量证明书在案、规定的复验全部合格后方可准用。",
        ),
        Transition(
            "return",
            "退回补正",
            (CHECKING,),
            ENTERED,
            frozenset({Role.SUPERVISOR, Role.OWNER}),
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "reject",
            "判为不合格",
            (ENTERED, CHECKING, RELEASED),
            REJECTED,
            frozenset({Role.SUPERVISOR, Role.OWNER, Role.INSPECTOR}) | AUTHORITY_ROLES,
            fields=("disposal",),
            duty=False,
            style="danger",
        ),
        beside(
            "see",
            "阅知",
            AUTHORITY_ROLES,
            (ENTERED, CHECKING, RELEASED, REJECTED),
            when=Q(overruled=True, overrule_seen_on__isnull=True),
            effect=see,
            help="已清退供应商的材料经说明理由进场，请阅知；不同意的可判为不合格。",
        ),
    ],
)
