"""How a questionnaire travels: built, open, closed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import Role

from ..models import Survey

BUILDERS = frozenset({Role.BUREAU_STAFF, Role.DISCIPLINE})


def has_questions(survey: Survey) -> list[str]:
    return [] if survey.questions.exists() else ["问卷还没有题目。"]


def start(survey: Survey, data: dict, actor) -> None:
    if survey.close_on < timezone.localdate():
        raise ValidationError({"close_on": "截止日期早于今天。"})
    survey.opened_on = timezone.localdate()
    survey.due_on = survey.close_on


def stop(survey: Survey, data: dict, actor) -> None:
    survey.closed_on = timezone.localdate()


Survey.flow = Flow(
    initial="draft",
    states={
        "draft": State("编制中", "gray", editable=True),
        "open": State("开放中", "blue"),
        "closed": State("已关闭", "green", final=True),
    },
    transitions=[
        Transition(
            "open",
            "开放",
            ("draft",),
            "open",
            BUILDERS,
            fields=("close_on",),
            opinion="no",
            guard=has_questions,
            effect=start,
            help="开放后题目不再修改，扫码即可作答，不记名。",
        ),
        Transition("close", "关闭", ("open",), "closed", BUILDERS, opinion="no", effect=stop),
    ],
)
