"""How an entered figure travels, by two persons: 草稿 → 待确认 → 已确认."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.flow import CREATED, UPDATED, Flow, Overlay, State, Transition
from supervision.people.models import Role

from ..models.series import CONFIRMED, SeriesValue

# The figures are the city's: a county reads them. Centres keep those of their own sector (the scope says so).
ENTERERS = frozenset({Role.BUREAU_STAFF, Role.CENTRE_STAFF})
CONFIRMERS = ENTERERS | {Role.BUREAU_LEADER}
# What is of all sectors together they read; it is the bureau's to enter and to confirm.
OF_A_SECTOR = {Role.CENTRE_STAFF: ~Q(series__sector="")}


def confirm(record: SeriesValue, data: dict, actor) -> None:
    record.confirmed_on = timezone.localdate()
    if record.corrects_id:
        former = SeriesValue.objects.get(pk=record.corrects_id)
        records.update(
            former,
            {"superseded_on": record.confirmed_on},
            actor,
            verb="supersede",
            label="更正生效",
            reason=record.reason,
        )


SeriesValue.flow = Flow(
    initial="draft",
    states={
        "draft": State("草稿", "gray", editable=True),
        "submitted": State("待确认", "blue"),
        CONFIRMED: State("已确认", "green", final=True),
    },
    overlays=(Overlay("superseded_on", "已更正", "orange"),),
    transitions=[
        Transition(
            "submit",
            "提交确认",
            ("draft",),
            "submitted",
            ENTERERS,
            role_when=OF_A_SECTOR,
            opinion="no",
        ),
        Transition(
            "confirm",
            "确认",
            ("submitted",),
            CONFIRMED,
            CONFIRMERS,
            role_when=OF_A_SECTOR,
            not_by=("submit", CREATED, UPDATED),
            effect=confirm,
            style="success",
            help="由录入、修改、提交以外的人对照来源确认；确认后不再改动，有误的另行登记更正。",
        ),
        Transition(
            "send_back",
            "退回",
            ("submitted",),
            "draft",
            ENTERERS,
            role_when=OF_A_SECTOR,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)
