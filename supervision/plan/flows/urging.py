"""How slips and talks travel: drafted and issued by the leading office, answered by the unit, closed; or a talk."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows import records
from supervision.flows.flow import Flow, State, Transition
from supervision.rules.calendar import add_workdays
from supervision.rules.shipped import rule

from ..models import TaskInterview, TaskUrging
from ..shares.following import FOLLOWING
from .roles import LEADS, UNITS
from .share import stamp

DRAFT, ISSUED, ANSWERED, CLOSED, TALKED, DROPPED = (
    "draft",
    "issued",
    "answered",
    "closed",
    "talked",
    "dropped",
)
BY_LEAD = {"roles": LEADS, "own": "share__lead"}


def issue(slip: TaskUrging, data: dict, actor) -> None:
    slip.issued_on = timezone.localdate()
    if slip.answer_by is None:
        days = rule(FOLLOWING).content["answer_workdays"][slip.colour]
        slip.answer_by = add_workdays(slip.issued_on, days)
    slip.due_on = slip.answer_by


def again(slip: TaskUrging, data: dict, actor) -> None:
    slip.answered_on, slip.due_on = None, slip.answer_by


def talk(slip: TaskUrging, data: dict, actor) -> None:
    """The talk that follows begins with the slip's reason."""
    told = f"{slip.get_colour_display()[:2]}督办后仍未落实：{slip.reason}"[:300]
    records.create(TaskInterview(urging=slip, reason=told, is_demo=slip.is_demo), actor, label="启动约谈")


TaskUrging.flow = Flow(
    initial=DRAFT,
    states={
        DRAFT: State("拟办", "gray", editable=True),
        ISSUED: State("待答复", "yellow"),
        ANSWERED: State("已答复", "blue"),
        CLOSED: State("已办结", "green", final=True),
        TALKED: State("转约谈", "purple", final=True),
        DROPPED: State("不发", "gray", final=True),
    },
    transitions=[
        Transition(
            "issue",
            "发出督办单",
            (DRAFT,),
            ISSUED,
            **BY_LEAD,
            opinion="no",
            effect=issue,
            help="发出后承办单位即收到消息；督办期限不填的按规则排定（本系统设定）。",
        ),
        Transition(
            "drop",
            "不发",
            (DRAFT,),
            DROPPED,
            **BY_LEAD,
            opinion="required",
            duty=False,
            style="warning",
        ),
        Transition(
            "reply",
            "答复",
            (ISSUED,),
            ANSWERED,
            UNITS,
            own="share__unit",
            fields=("answer",),
            opinion="no",
            effect=stamp("answered_on"),
        ),
        Transition(
            "close",
            "办结",
            (ANSWERED,),
            CLOSED,
            **BY_LEAD,
            not_by=("reply",),
            effect=stamp("closed_on"),
            style="success",
        ),
        Transition(
            "send_back",
            "退回重办",
            (ANSWERED,),
            ISSUED,
            **BY_LEAD,
            fields=("answer_by",),
            opinion="required",
            effect=again,
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "talk",
            "转约谈",
            (ISSUED, ANSWERED),
            TALKED,
            **BY_LEAD,
            opinion="required",
            effect=talk,
            duty=False,
            style="danger",
            help="督办后仍未落实的，启动约谈，生成约谈记录。",
        ),
    ],
)

TALK_BY_LEAD = {"roles": LEADS, "own": "urging__share__lead"}
TaskInterview.flow = Flow(
    initial="arranged",
    states={
        "arranged": State("待约谈", "yellow", editable=True),
        "held": State("待落实", "blue"),
        "closed": State("已办结", "green", final=True),
    },
    transitions=[
        Transition(
            "hold",
            "登记约谈",
            ("arranged",),
            "held",
            **TALK_BY_LEAD,
            fields=("held_on", "host", "present", "minutes"),
            optional=("place", "recorder", "commitments"),
            opinion="no",
        ),
        Transition(
            "report",
            "报送落实情况",
            ("held",),
            None,
            UNITS,
            own="urging__share__unit",
            fields=("outcome",),
            opinion="no",
            duty=False,
        ),
        Transition(
            "close",
            "办结",
            ("held",),
            "closed",
            **TALK_BY_LEAD,
            not_by=("report",),
            effect=stamp("closed_on"),
            style="success",
        ),
    ],
)
