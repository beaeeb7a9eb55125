"""How units and persons get into the register of responsibility and leave it.

The owner has the register filled in and confirms what the units sent; the owner's own rows are confirmed by the
authority. Nothing in force is changed: a successor is registered beside the former, or the term is ended.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role

from ..models import ResponsiblePerson, ResponsibleUnit
from ..models.responsibility import DRAFT, ENDED, IN_FORCE, SUBMITTED, UNDERTAKING, Capacity
from .roles import AUTHORITY, OWNER, UNITS, dated

OWN = Q(capacity=Capacity.OWNER)
CONFIRM = {Role.OWNER: ~OWN} | dict.fromkeys(AUTHORITY_ROLES | {Role.INSPECTOR}, OWN)


def end(record, data: dict, actor) -> None:
    """The term is over from the day given; the row stays in the register."""
    day = data.get("ended_on") or timezone.localdate()
    if record.until and record.until < day:
        raise ValidationError({"ended_on": f"责任已于{record.until}截止。"})
    record.ended_on = record.until = day


def registration() -> Flow:
    return Flow(
        initial=DRAFT,
        states={
            DRAFT: State("填报中", "blue", editable=True),
            SUBMITTED: State("待确认", "yellow"),
            IN_FORCE: State("已登记", "green"),
            ENDED: State("已离任", "gray", final=True),
        },
        overlays=(Overlay("until", "责任已截止", "gray"),),
        transitions=[
            Transition(
                "submit",
                "报送登记",
                (DRAFT,),
                SUBMITTED,
                UNITS,
                attachments=(UNDERTAKING,),
                help="质量责任承诺书由责任单位盖章、责任人签字后上传。",
            ),
            Transition(
                "confirm",
                "登记确认",
                (SUBMITTED,),
                IN_FORCE,
                OWNER | AUTHORITY,
                role_when=CONFIRM,
                effect=dated("confirmed_on"),
                style="success",
                help="确认后不再修改；有人接替的，另行登记接替者，原登记自动截止并保留。",
            ),
            Transition(
                "return",
                "退回",
                (SUBMITTED,),
                DRAFT,
                OWNER | AUTHORITY,
                role_when=CONFIRM,
                opinion="required",
                returns=True,
                duty=False,
                style="warning",
            ),
            Transition(
                "end",
                "登记离任",
                (IN_FORCE,),
                ENDED,
                OWNER | AUTHORITY,
                role_when=CONFIRM,
                optional=("ended_on",),
                opinion="required",
                opinion_label="离任原因",
                effect=end,
                duty=False,
            ),
        ],
    )


ResponsibleUnit.flow = registration()
ResponsiblePerson.flow = registration()
