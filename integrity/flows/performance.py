"""How the owners' marks and their spot-checks travel."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from projects.models.section import ParticipationRole
from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import add_workdays

from ..models import PerformanceCheck, PerformanceMark
from ..models.performance import (
    CLOSED,
    COMPARED,
    DRAFT,
    DRAWN,
    EXPLAINED,
    OBJECTED,
    SETTLED,
    SUBMITTED,
)

OWNER = frozenset({Role.OWNER})
AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
UNITS = frozenset(ParticipationRole.values)
MINE = {role: Q(subject=role) for role in ParticipationRole.values}


def in_days(step: str):
    return lambda record: add_workdays(timezone.localdate(), rules_of(record)[step])


def rules_of(record) -> dict:
    return (record if isinstance(record, PerformanceMark) else record.mark).rules.content


def submitted(record: PerformanceMark, data: dict, actor) -> None:
    record.submitted_on = timezone.localdate()


def under_check(record: PerformanceMark) -> list[str]:
    """Marks that were drawn stay as they were drawn until the spot-check is done."""
    drawn = PerformanceCheck._base_manager.filter(mark=record.pk).exclude(status=CLOSED).exists()
    return ["该考核已被抽中，抽查办结前不修改评分。"] if record.pk and drawn else []


def over(record) -> list[str]:
    """That its days are over."""
    if record.due_on is None or record.due_on < timezone.localdate():
        return []
    return [f"{record.due_on}期满后办理。"]


PerformanceMark.flow = Flow(
    initial=DRAFT,
    states={
        DRAFT: State("填报中", "blue", editable=True),
        SUBMITTED: State("待单位确认", "yellow"),
        OBJECTED: State("有异议", "orange"),
        SETTLED: State("已确认", "green", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "报送并告知单位",
            (DRAFT,),
            SUBMITTED,
            OWNER,
            opinion="no",
            effect=submitted,
            deadline=in_days("accept_workdays"),
            tells=UNITS,
        ),
        Transition(
            "accept",
            "单位确认",
            (SUBMITTED,),
            SETTLED,
            UNITS,
            role_when=MINE,
            style="success",
        ),
        Transition(
            "object",
            "提出异议",
            (SUBMITTED,),
            OBJECTED,
            UNITS,
            opinion="required",
            opinion_label="异议内容",
            role_when=MINE,
            deadline=in_days("explain_workdays"),
            duty=False,
            style="warning",
        ),
        Transition(
            "answer",
            "答复，维持评分",
            (OBJECTED,),
            SETTLED,
            OWNER,
            opinion="required",
            opinion_label="答复",
        ),
        Transition(
            "revise",
            "修改评分",
            (OBJECTED,),
            DRAFT,
            OWNER,
            opinion="required",
            guard=under_check,
            returns=True,
            duty=False,
            style="secondary",
        ),
        Transition(
            "confirm",
            "逾期未答，确认",
            (SUBMITTED,),
            SETTLED,
            OWNER,
            opinion="required",
            guard=lambda record: (
                []
                if record.due_on is None or record.due_on < timezone.localdate()
                else [f"{record.due_on}前由被考核单位确认或提出异议。"]
            ),
            duty=False,
            style="secondary",
        ),
    ],
)


def looked_at(record: PerformanceCheck) -> list[str]:
    return [] if record.seen and record.checked_on else ["请先填写现场核查日期和现场评分。"]


def side_by_side(record: PerformanceCheck, data: dict, actor) -> None:
    record.put_side_by_side()


PerformanceCheck.flow = Flow(
    initial=DRAWN,
    states={
        DRAWN: State("待现场核查", "yellow", editable=True),
        COMPARED: State("已比对", "cyan"),
        EXPLAINED: State("已说明", "cyan"),
        CLOSED: State("已办结", "green", final=True),
    },
    transitions=[
        Transition(
            "compare",
            "比对",
            (DRAWN,),
            COMPARED,
            AUTHORITY,
            opinion="no",
            guard=looked_at,
            effect=side_by_side,
            deadline=in_days("explain_workdays"),
            help="逐项比较建设单位评分与现场评分，偏差列出。",
        ),
        Transition(
            "explain",
            "说明偏差",
            (COMPARED,),
            EXPLAINED,
            OWNER,
            fields=("explanation",),
            opinion="no",
            when=Q(differs=True),
            deadline=in_days("accept_workdays"),
        ),
        Transition(
            "close",
            "一致，办结",
            (COMPARED,),
            CLOSED,
            AUTHORITY,
            when=Q(differs=False),
            style="success",
        ),
        Transition(
            "conclude",
            "逾期未说明，办结",
            (COMPARED,),
            CLOSED,
            AUTHORITY,
            opinion="required",
            opinion_label="处理意见",
            when=Q(differs=True),
            guard=over,
            duty=False,
            style="secondary",
        ),
        Transition(
            "settle",
            "审核说明，办结",
            (EXPLAINED,),
            CLOSED,
            AUTHORITY,
            opinion="required",
            opinion_label="审核意见",
            style="success",
        ),
    ],
)
