"""How an evaluation of design and its findings travel: filed by the owner, followed by the designer, confirmed."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition

from ..models import DesignFinding, DesignReview
from ..models.design import ANSWERED, CLOSED_FINDING, DESIGN, OPEN_FINDING, PLANNED
from .roles import AUTHORITY, DESIGNER, OWNER, dated, within


def all_closed(record: DesignReview) -> list[str]:
    number = record.open_findings()
    return [f"还有 {number} 条评价意见未确认落实。"] if number else []


DesignReview.flow = Flow(
    initial=PLANNED,
    states={
        PLANNED: State("待报送", "blue", editable=True),
        "filed": State("待审核", "yellow"),
        "following": State("意见落实中", "cyan"),
        "settled": State("已落实", "green", final=True),
    },
    transitions=[
        Transition(
            "file",
            "报送评价报告",
            (PLANNED,),
            "filed",
            OWNER,
            fields=("completed_on",),
            attachments=("评价报告",),
        ),
        Transition("accept", "审核通过，落实意见", ("filed",), "following", AUTHORITY, style="success"),
        Transition(
            "return",
            "退回",
            ("filed",),
            PLANNED,
            AUTHORITY,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "settle",
            "意见全部落实",
            ("following",),
            "settled",
            OWNER,
            guard=all_closed,
            effect=dated("settled_on"),
            style="success",
        ),
    ],
)


def no_answer(record: DesignFinding, data: dict, actor) -> None:
    record.answered_on = None


def answer(record: DesignFinding, data: dict, actor) -> None:
    record.answered_on = timezone.localdate()


DesignFinding.flow = Flow(
    initial=OPEN_FINDING,
    states={
        OPEN_FINDING: State("待落实", "yellow", editable=True),
        ANSWERED: State("待确认", "cyan"),
        CLOSED_FINDING: State("已落实", "green", final=True),
    },
    transitions=[
        Transition(
            "answer",
            "回复落实情况",
            (OPEN_FINDING,),
            ANSWERED,
            OWNER | DESIGNER,
            fields=("answer",),
            effect=answer,
            deadline=within(DESIGN, "confirm"),
        ),
        Transition(
            "close",
            "确认落实",
            (ANSWERED,),
            CLOSED_FINDING,
            AUTHORITY,
            effect=dated("closed_on"),
            style="success",
        ),
        Transition(
            "return",
            "退回",
            (ANSWERED,),
            OPEN_FINDING,
            AUTHORITY,
            opinion="required",
            effect=no_answer,
            deadline=within(DESIGN, "answer"),
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)
