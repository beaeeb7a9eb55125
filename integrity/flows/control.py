"""How a question out of the history travels: asked, answered by a person, and that is all."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition

from ..models import ControlQuestion
from ..models.reporting import READERS


def answered(question: ControlQuestion, data: dict, actor) -> None:
    question.answered_on = timezone.localdate()


ControlQuestion.flow = Flow(
    initial="asked",
    states={
        "asked": State("待核实", "blue"),
        "explained": State("情况正常", "green", final=True),
        "followed": State("已另行处置", "orange", final=True),
    },
    transitions=[
        Transition(
            "explain",
            "核实：情况正常",
            ("asked",),
            "explained",
            READERS,
            fields=("answer",),
            optional=("remedy",),
            opinion="no",
            effect=answered,
        ),
        Transition(
            "follow",
            "核实：另行处置",
            ("asked",),
            "followed",
            READERS,
            fields=("answer",),
            optional=("remedy",),
            opinion="no",
            effect=answered,
            duty=False,
            style="warning",
            help="处置在平台外按规定办理；平台不自动处理任何人。",
        ),
    ],
)
