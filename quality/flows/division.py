"""The one thing that can happen to a node of the tree besides its evaluations: it is taken off the list."""

from __future__ import annotations

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import Role

from ..models.division import ACTIVE, DROPPED, Division

CHECKERS = frozenset({Role.SUPERVISOR, Role.OWNER})


def untouched(node: Division) -> list[str]:
    """A node that was evaluated stays: nothing that failed goes away by being dropped."""
    found = []
    if node.evaluations.exists():
        found.append("已有质量评定，不能取消。")
    if node.children.filter(status=ACTIVE).exists():
        found.append("还有下级，请先取消各下级。")
    return found


Division.flow = Flow(
    initial=ACTIVE,
    states={ACTIVE: State("在用", "blue", editable=True), DROPPED: State("已取消", "gray", final=True)},
    transitions=[
        Transition(
            "drop",
            "取消",
            (ACTIVE,),
            DROPPED,
            CHECKERS,
            opinion="required",
            opinion_label="取消原因",
            guard=untouched,
            duty=False,
            style="danger",
            help="只能取消没有评定过、也没有下级的；取消后不再计入上级。",
        )
    ],
)
