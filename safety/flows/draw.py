"""How a random draw travels: the rosters are published, then the lots are drawn; what is wrong is made void."""

from __future__ import annotations

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES

from ..draws import drawing
from ..models import RandomDraw


def commit(record: RandomDraw, data: dict, actor) -> None:
    drawing.commit(record, actor)


def draw(record: RandomDraw, data: dict, actor) -> None:
    drawing.draw_lots(record, actor)


RandomDraw.flow = Flow(
    initial="draft",
    states={
        "draft": State("拟定", "blue", editable=True),
        "committed": State("名单已公布", "yellow"),
        "drawn": State("已抽取", "green", final=True),
        "void": State("作废", "gray", final=True),
    },
    transitions=[
        Transition(
            "commit",
            "公布名单",
            ("draft",),
            "committed",
            AUTHORITY_ROLES,
            fields=("seed_source",),
            effect=commit,
            help="公布后名单和校验值固定，不能再改。公共种子须在公布之后才产生。",
        ),
        Transition(
            "draw",
            "录入种子并抽取",
            ("committed",),
            "drawn",
            AUTHORITY_ROLES,
            fields=("seed_text",),
            guard=drawing.changed,
            effect=draw,
            style="success",
            help="照公布的种子来源原样录入；抽取只能进行一次，随即生成检查任务。",
        ),
        Transition(
            "void",
            "作废",
            ("draft", "committed"),
            "void",
            AUTHORITY_ROLES,
            opinion="required",
            opinion_label="理由",
            duty=False,
            style="danger",
        ),
    ],
)
