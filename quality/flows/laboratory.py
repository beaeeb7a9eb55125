"""How a laboratory travels: 待备案 → 已备案, 暂停, 注销."""

from __future__ import annotations

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role

from ..models import Laboratory
from ..models.laboratory import ACTIVE, CLOSED, DRAFT, STOPPED

REGISTRARS = AUTHORITY_ROLES | {Role.INSPECTOR}


def missing_for_filing(record: Laboratory) -> list[str]:
    if record.is_site and not record.parent.works_on(record.since):
        return [f"母体检测机构{record.parent}在{record.since}未备案或不在有效期内。"]
    return []


Laboratory.flow = Flow(
    initial=DRAFT,
    states={
        DRAFT: State("待备案", "blue", editable=True),
        ACTIVE: State("已备案", "green"),
        STOPPED: State("暂停", "orange"),
        CLOSED: State("已注销", "gray", final=True),
    },
    transitions=[
        Transition(
            "file",
            "同意备案",
            (DRAFT,),
            ACTIVE,
            REGISTRARS,
            guard=missing_for_filing,
            style="success",
            help="备案后由主管部门或建设单位登记授权参数。",
        ),
        Transition(
            "stop",
            "暂停",
            (ACTIVE,),
            STOPPED,
            REGISTRARS,
            opinion="required",
            opinion_label="暂停原因",
            duty=False,
            style="warning",
        ),
        Transition("resume", "恢复", (STOPPED,), ACTIVE, REGISTRARS, opinion="required", duty=False),
        Transition(
            "extend",
            "延续有效期",
            (ACTIVE, STOPPED),
            None,
            REGISTRARS,
            fields=("until",),
            opinion="required",
            opinion_label="依据",
            duty=False,
        ),
        Transition(
            "close",
            "注销",
            (ACTIVE, STOPPED),
            CLOSED,
            REGISTRARS,
            opinion="required",
            opinion_label="注销原因",
            duty=False,
            style="danger",
        ),
    ],
)
