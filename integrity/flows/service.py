"""How visits and the problems raised on them travel."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, Role
from supervision.rules.calendar import add_workdays
from supervision.rules.shipped import rule

from ..models import ServiceProblem, ServiceVisit
from ..models.service import SERVICE

VISITORS = AUTHORITY_ROLES | {Role.BUREAU_LEADER, Role.DISCIPLINE}


def rated(visit: ServiceVisit, data: dict, actor) -> None:
    visit.rated_on = timezone.localdate()


ServiceVisit.flow = Flow(
    initial="visited",
    states={
        "visited": State("待评价", "blue", editable=True),
        "rated": State("已评价", "green", final=True),
    },
    transitions=[
        Transition(
            "rate",
            "评价满意度",
            ("visited",),
            "rated",
            PARTY_ROLES,
            fields=("satisfaction",),
            own="unit",
            effect=rated,
            help="由被走访单位评价。",
        )
    ],
)


def assign(problem: ServiceProblem, data: dict, actor) -> None:
    if problem.solve_by is None:
        problem.solve_by = timezone.localdate() + timedelta(days=rule(SERVICE).content["solve_days"])
    problem.due_on = problem.solve_by


def confirm_by(problem: ServiceProblem) -> date:
    return add_workdays(timezone.localdate(), rule(SERVICE).content["confirm_workdays"])


def solve(problem: ServiceProblem, data: dict, actor) -> None:
    problem.solved_on = timezone.localdate()


def confirm(problem: ServiceProblem, data: dict, actor) -> None:
    problem.confirmed_on = timezone.localdate()


def not_solved(problem: ServiceProblem, data: dict, actor) -> None:
    problem.solved_on = None
    problem.due_on = problem.solve_by


ServiceProblem.flow = Flow(
    initial="raised",
    states={
        "raised": State("待交办", "gray", editable=True),
        "assigned": State("办理中", "yellow"),
        "solved": State("待确认", "blue"),
        "confirmed": State("已解决", "green", final=True),
    },
    transitions=[
        Transition(
            "assign",
            "交办",
            ("raised",),
            "assigned",
            VISITORS,
            fields=("solver",),
            optional=("solve_by",),
            effect=assign,
            help="不填期限的按规则排定。",
        ),
        Transition(
            "solve",
            "登记解决",
            ("assigned",),
            "solved",
            VISITORS,
            fields=("result",),
            opinion="no",
            effect=solve,
            deadline=confirm_by,
        ),
        Transition(
            "hand_in",
            "登记解决",
            ("assigned",),
            "solved",
            PARTY_ROLES,
            fields=("result",),
            opinion="no",
            own="solver",
            effect=solve,
            deadline=confirm_by,
            help="由解决单位自己登记。",
        ),
        Transition(
            "confirm",
            "确认已解决",
            ("solved",),
            "confirmed",
            PARTY_ROLES,
            own="visit__unit",
            effect=confirm,
            style="success",
            help="由被走访单位确认。",
        ),
        Transition(
            "return",
            "尚未解决",
            ("solved",),
            "assigned",
            PARTY_ROLES,
            opinion="required",
            own="visit__unit",
            effect=not_solved,
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)
