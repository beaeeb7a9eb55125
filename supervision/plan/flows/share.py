"""How the share of a unit travels: measures, steps, done, confirmed by the leading office."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition

from ..models import Milestone, TaskShare
from ..models.share import ASKED, DECLARED, DONE, ENDED, UNDERWAY
from .roles import LEADS, UNITS

BY_LEAD = {"roles": LEADS, "own": "lead"}
BY_UNIT = {"roles": UNITS, "own": "unit"}


def stamp(name: str):
    """An effect that dates the act with today."""

    def effect(record, data: dict, actor) -> None:
        setattr(record, name, timezone.localdate())

    return effect


def clear(*names: str):
    def effect(record, data: dict, actor) -> None:
        for name in names:
            setattr(record, name, None)

    return effect


def unplanned(share: TaskShare) -> list[str]:
    return [] if share.milestones.exists() else ["尚未排定节点，请先在本页“任务节点”中填写。"]


def unfinished(share: TaskShare) -> list[str]:
    left = list(share.milestones.filter(done_on__isnull=True).values_list("title", flat=True)[:5])
    return [f"节点尚未完成：{'、'.join(left)}。"] if left else []


TaskShare.flow = Flow(
    initial=ASKED,
    states={
        ASKED: State("待落实措施", "blue", editable=True),
        UNDERWAY: State("推进中", "cyan", editable=True),
        DECLARED: State("待确认完成", "yellow"),
        DONE: State("已完成", "green", final=True),
        ENDED: State("已终止", "gray", final=True),
    },
    transitions=[
        Transition(
            "plan",
            "报送措施",
            (ASKED,),
            UNDERWAY,
            **BY_UNIT,
            fields=("measures",),
            opinion="no",
            guard=unplanned,
            effect=stamp("planned_on"),
            help="由承办单位填写本单位的措施；节点排定后报送。",
        ),
        Transition(
            "replan",
            "退回重排",
            (UNDERWAY,),
            ASKED,
            **BY_LEAD,
            opinion="required",
            effect=clear("planned_on"),
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "declare",
            "申请确认完成",
            (UNDERWAY,),
            DECLARED,
            **BY_UNIT,
            fields=("result",),
            opinion="no",
            guard=unfinished,
            effect=stamp("declared_on"),
            duty=False,
        ),
        Transition(
            "confirm",
            "确认完成",
            (DECLARED,),
            DONE,
            **BY_LEAD,
            not_by=("declare",),
            guard=unfinished,
            effect=stamp("confirmed_on"),
            style="success",
            help="由牵头单位确认，申请的人不能自己确认。",
        ),
        Transition(
            "send_back",
            "退回",
            (DECLARED,),
            UNDERWAY,
            **BY_LEAD,
            opinion="required",
            effect=clear("declared_on"),
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "reopen",
            "重新推进",
            (DONE,),
            UNDERWAY,
            **BY_LEAD,
            opinion="required",
            effect=clear("declared_on", "confirmed_on"),
            duty=False,
            style="warning",
        ),
        Transition(
            "end",
            "终止",
            (ASKED, UNDERWAY, DECLARED),
            ENDED,
            **BY_LEAD,
            opinion="required",
            opinion_label="终止原因",
            effect=stamp("ended_on"),
            duty=False,
            style="danger",
            help="单位合并、撤销或任务调整时终止，已报送的内容保留。",
        ),
    ],
)


def reach(step: Milestone, data: dict, actor) -> None:
    step.done_on = data.get("done_on") or timezone.localdate()


Milestone.flow = Flow(
    initial="planned",
    states={
        "planned": State("未完成", "gray", editable=True),
        "done": State("已完成", "green", final=True),
    },
    transitions=[
        Transition(
            "reach",
            "登记完成",
            ("planned",),
            "done",
            UNITS,
            own="share__unit",
            optional=("done_on", "note"),
            opinion="no",
            effect=reach,
            duty=False,
            style="success",
            help="完成日期不填的为今天。",
        ),
        Transition(
            "take_back",
            "撤销完成",
            ("done",),
            "planned",
            UNITS,
            own="share__unit",
            opinion="required",
            effect=clear("done_on"),
            duty=False,
            style="warning",
        ),
    ],
)
