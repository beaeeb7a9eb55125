"""How services, assessments, warnings and listings of service bodies travel."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import months_after

from ..models.service_body import ServiceAssessment, ServiceJob, ServiceListing, ServiceWarning
from .danger_acts import AUTHORITY, BY_UNITS, dated

DECIDERS = frozenset({Role.BUREAU_STAFF, Role.BUREAU_LEADER})
BUYERS = BY_UNITS | dict.fromkeys(AUTHORITY, Q())


def today():
    return timezone.localdate()


ServiceJob.flow = Flow(
    initial="running",
    states={
        "running": State("服务中", "blue", editable=True),
        "done": State("已完成", "green", final=True),
        "cancelled": State("已终止", "gray", final=True),
    },
    transitions=[
        Transition(
            "finish",
            "完成",
            ("running",),
            "done",
            frozenset(BUYERS),
            fields=("conclusion",),
            optional=("done_on",),
            opinion="no",
            attachments=("服务报告",),
            role_when=BUYERS,
            effect=dated("done_on"),
            style="success",
        ),
        Transition(
            "cancel",
            "终止",
            ("running",),
            "cancelled",
            frozenset(BUYERS),
            opinion="required",
            opinion_label="理由",
            role_when=BUYERS,
            duty=False,
            style="secondary",
        ),
    ],
)


def two_persons(settle: str, label: str, to: str, deciders: frozenset, **more) -> list[Transition]:
    """Draft, proposed by one person, decided by another."""
    return [
        Transition("submit", "提请认定", ("draft",), "submitted", AUTHORITY_ROLES, opinion="no"),
        Transition(settle, label, ("submitted",), to, deciders, not_by=("submit",), **more),
        Transition(
            "send_back",
            "退回",
            ("submitted",),
            "draft",
            deciders,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
    ]


ServiceAssessment.flow = Flow(
    initial="draft",
    states={
        "draft": State("评分中", "gray", editable=True),
        "submitted": State("待评定", "blue"),
        "settled": State("已评定", "green", final=True),
    },
    overlays=(Overlay("veto", "一票否决", "red"),),
    transitions=two_persons(
        "settle",
        "评定",
        "settled",
        DECIDERS,
        effect=dated("settled_on"),
        style="success",
        help="由提请人以外的人评定；一票否决的等次为不合格，可据此提请列入黑名单。",
    ),
)


def issue(record: ServiceWarning, data: dict, actor) -> None:
    record.issued_on = today()


ServiceWarning.flow = Flow(
    initial="draft",
    states={
        "draft": State("拟稿", "gray", editable=True),
        "issued": State("待回复", "yellow"),
        "closed": State("已办结", "green", final=True),
    },
    transitions=[
        Transition(
            "issue",
            "发出",
            ("draft",),
            "issued",
            AUTHORITY_ROLES,
            opinion="no",
            effect=issue,
            deadline=lambda record: record.answer_by,
        ),
        Transition(
            "close",
            "登记回复，办结",
            ("issued",),
            "closed",
            AUTHORITY_ROLES,
            fields=("answer",),
            effect=dated("closed_on"),
            style="success",
        ),
    ],
)


def listed(record: ServiceListing, data: dict, actor) -> None:
    record.listed_on = record.listed_on or today()
    years = record.rules.content["listing"]["years"]
    record.valid_until = months_after(record.listed_on, 12 * years) - timedelta(days=1)


def long_enough(record: ServiceListing) -> list[str]:
    """An early exit: not before the months the rule names, and only with an undertaking given anew."""
    if record.listed_on is None:
        return []
    months = record.rules.content["listing"]["earliest_exit_months"]
    earliest = months_after(record.listed_on, months)
    lacking = [] if today() >= earliest else [f"列入未满{months}个月，{earliest}起方可提前移出。"]
    if not record.body.pledges.filter(pledged_on__gt=record.listed_on).exists():
        lacking.append("列入后尚未重新作出诚信承诺。")
    return lacking


ServiceListing.flow = Flow(
    initial="draft",
    states={
        "draft": State("草稿", "gray", editable=True),
        "submitted": State("待认定", "blue"),
        "listed": State("已列入", "red"),
        "exiting": State("待移出", "orange"),
        "exited": State("已移出", "gray", final=True),
        "refused": State("不列入", "gray", final=True),
    },
    overlays=(Overlay("is_over", "期满", "gray"),),
    transitions=[
        *two_persons(
            "list",
            "认定列入",
            "listed",
            DECIDERS,
            opinion="required",
            effect=listed,
            style="danger",
            help="由提请人以外的人认定；期满自动移出。",
        ),
        Transition(
            "refuse",
            "不列入",
            ("submitted",),
            "refused",
            DECIDERS,
            opinion="required",
            duty=False,
            style="secondary",
        ),
        Transition(
            "ask_exit",
            "提请提前移出",
            ("listed",),
            "exiting",
            AUTHORITY_ROLES,
            fields=("exit_reason",),
            opinion="no",
            attachments=("移出依据",),
            guard=long_enough,
            duty=False,
            style="secondary",
        ),
        Transition(
            "exit",
            "同意移出",
            ("exiting",),
            "exited",
            DECIDERS,
            not_by=("ask_exit",),
            effect=dated("exited_on"),
            style="success",
        ),
        Transition(
            "keep",
            "不同意移出",
            ("exiting",),
            "listed",
            DECIDERS,
            opinion="required",
            duty=False,
            style="warning",
        ),
    ],
)
