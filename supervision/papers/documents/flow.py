"""How a document travels: 草稿 → 已签发 → 已送达; 已签收 is a mark beside it, set by the last recipient."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from supervision.flows.flow import Flow, Overlay, State, Transition

from .registry import LEADERS, PARTY_ROLES, STAFF, Signature

DRAFT, ISSUED, DELIVERED, VOID = "draft", "issued", "delivered", "void"


def _may_sign() -> dict[str, Q]:
    """Leaders sign what leaders and clerks sign, clerks what clerks sign, units their own papers."""
    by_role = {role: Q(signature=Signature.STAFF) for role in STAFF}
    by_role |= {role: Q(signature__in=(Signature.LEADER, Signature.STAFF)) for role in LEADERS}
    return by_role | {role: Q(signature=Signature.PARTY) for role in PARTY_ROLES}


def _may_handle() -> dict[str, Q]:
    """What is signed is sent out by the office, whoever signed it."""
    by_role = {role: Q(signature__in=(Signature.LEADER, Signature.STAFF)) for role in STAFF}
    return by_role | {role: Q(signature=Signature.PARTY) for role in PARTY_ROLES}


def _ready(document: Any) -> list[str]:
    from . import issuing

    return issuing.missing_for_issue(document)


def _issue(document: Any, data: dict[str, Any], actor: Any) -> None:
    from . import issuing

    issuing.sign(document, actor)


def _has_recipients(document: Any) -> list[str]:
    return [] if document.deliveries.exists() else ["尚未指定送达单位"]


def _deliver(document: Any, data: dict[str, Any], actor: Any) -> None:
    from . import issuing

    issuing.stamp_delivery(document)


EVERY_ROLE = STAFF | PARTY_ROLES

FLOW = Flow(
    initial=DRAFT,
    states={
        DRAFT: State("草稿", "gray"),
        ISSUED: State("已签发", "blue"),
        DELIVERED: State("已送达", "green", final=True),
        VOID: State("已作废", "gray", final=True),
    },
    overlays=(Overlay("acknowledged_at", "已签收", "green"),),
    transitions=[
        Transition(
            "issue",
            "签发",
            (DRAFT,),
            ISSUED,
            EVERY_ROLE,
            optional=("approved_by",),
            role_when=_may_sign(),
            guard=_ready,
            effect=_issue,
            help="签发后取得文号，内容不能再改。",
        ),
        Transition(
            "deliver",
            "送达",
            (ISSUED,),
            DELIVERED,
            EVERY_ROLE,
            role_when=_may_handle(),
            guard=_has_recipients,
            effect=_deliver,
        ),
        Transition(
            "void",
            "作废",
            (DRAFT, ISSUED),
            VOID,
            EVERY_ROLE,
            role_when=_may_handle(),
            opinion="required",
            opinion_label="作废原因",
            duty=False,
            style="danger",
            help="已取得的文号不再使用，登记保留。",
        ),
    ],
)
