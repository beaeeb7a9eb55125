"""How a version of a standard travels: drafted, adopted, retired."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import Role

from ..models import StandardVersion
from .checking import problems
from .store import spec_of

KEEPERS = frozenset({Role.BUREAU_STAFF})


def faults(record: StandardVersion) -> list[str]:
    """What keeps a draft from being adopted, as Chinese sentences."""
    return [problem.text for problem in problems(spec_of(record))]


def end(record: StandardVersion, data: dict, actor) -> None:
    if record.effective_to is None:
        record.effective_to = max(timezone.localdate(), record.effective_from)


version_flow = Flow(
    initial="draft",
    states={
        "draft": State("草稿", "gray", editable=True),
        "active": State("启用", "green"),
        "retired": State("停用", "gray", final=True),
    },
    transitions=[
        Transition(
            "adopt",
            "启用",
            ("draft",),
            "active",
            KEEPERS,
            guard=faults,
            style="success",
            help="启用后，表、条目、分值、公式都不能再改；已作的考核仍按原版本。",
        ),
        Transition(
            "retire",
            "停用",
            ("active",),
            "retired",
            KEEPERS,
            optional=("effective_to",),
            opinion="required",
            opinion_label="停用理由",
            effect=end,
            duty=False,
            style="danger",
            help="停用后不能用于新的考核；按它作出的考核不变。失效日期不填为当天。",
        ),
    ],
)
StandardVersion.flow = version_flow
