"""How meetings and experience travel."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, Role

from ..models import Experience, WorkMeeting
from ..models.contact import PUBLISHED

ORGANIZERS = AUTHORITY_ROLES | {Role.INSPECTOR}
BUREAU = frozenset({Role.BUREAU_STAFF})

WorkMeeting.flow = Flow(
    initial="announced",
    states={
        "announced": State("拟召开", "blue", editable=True),
        "held": State("已召开", "green", final=True),
        "cancelled": State("已取消", "gray", final=True),
    },
    transitions=[
        Transition(
            "hold",
            "登记召开",
            ("announced",),
            "held",
            ORGANIZERS,
            own="unit",
            fields=("held_on", "people"),
            optional=("units", "place", "summary"),
            opinion="no",
            due_field="planned_on",
            style="success",
        ),
        Transition(
            "amend",
            "更正",
            ("held",),
            None,
            ORGANIZERS,
            own="unit",
            optional=("held_on", "people", "units", "place", "summary"),
            opinion="required",
            opinion_label="更正原因",
            duty=False,
        ),
        Transition(
            "cancel",
            "取消",
            ("announced",),
            "cancelled",
            ORGANIZERS,
            own="unit",
            opinion="required",
            duty=False,
            style="warning",
        ),
    ],
)


def publish(experience: Experience, data: dict, actor) -> None:
    experience.published_on = timezone.localdate()


def take_down(experience: Experience, data: dict, actor) -> None:
    experience.published_on = None


Experience.flow = Flow(
    initial="draft",
    states={
        "draft": State("草稿", "gray", editable=True),
        "submitted": State("待审核", "yellow"),
        PUBLISHED: State("已发布", "green", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "报送",
            ("draft",),
            "submitted",
            AUTHORITY_ROLES | PARTY_ROLES,
            own="unit",
            opinion="no",
        ),
        Transition(
            "publish",
            "发布",
            ("submitted",),
            PUBLISHED,
            BUREAU,
            fields=("level",),
            opinion="no",
            effect=publish,
            style="success",
            help="发布后全体用户可见。",
        ),
        Transition(
            "send_back",
            "退回",
            ("submitted",),
            "draft",
            BUREAU,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "adopt",
            "登记采用单位",
            (PUBLISHED,),
            None,
            BUREAU,
            fields=("adopted_by",),
            opinion="no",
            duty=False,
        ),
        Transition(
            "take_down",
            "撤下",
            (PUBLISHED,),
            "draft",
            BUREAU,
            opinion="required",
            effect=take_down,
            duty=False,
            style="warning",
        ),
    ],
)
