"""The way to digging beside a pipeline: 探查 → 权属单位同意 → 保护 → 准予开挖 → 恢复, no step before the former.

The unit that works takes the first three, its supervisor (or the owner) allows the digging, and nobody who
protected allows it.
"""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import Role

from ..models.pipeline import Pipeline
from .danger_acts import OF_PROJECT, OF_SECTION

UNITS = {Role.CONTRACTOR: OF_SECTION, Role.OWNER: OF_PROJECT}
CLEARERS = {Role.SUPERVISOR: OF_SECTION, Role.OWNER: Q()}


def on_day(name: str):
    """An effect: the day of a step is today unless one was given."""

    def effect(record: Pipeline, data: dict, actor) -> None:
        if getattr(record, name) is None:
            setattr(record, name, timezone.localdate())

    return effect


def take_off(record: Pipeline, data: dict, actor) -> None:
    record.protected_on = None


def step(name, label, source, target, day, fields, attachment) -> Transition:
    return Transition(
        name,
        label,
        (source,),
        target,
        frozenset(UNITS),
        fields=fields,
        optional=(day,),
        attachments=(attachment,),
        role_when=UNITS,
        effect=on_day(day),
    )


Pipeline.flow = Flow(
    initial="known",
    states={
        "known": State("待探查", "gray", editable=True),
        "surveyed": State("待权属单位同意", "orange"),
        "agreed": State("待保护", "yellow"),
        "protected": State("待准予开挖", "cyan"),
        "cleared": State("可以开挖", "green"),
        "restored": State("已恢复", "gray", final=True),
    },
    transitions=[
        step("survey", "登记探查结果", "known", "surveyed", "surveyed_on", ("survey", "depth"), "探查成果"),
        step("agree", "登记权属单位同意", "surveyed", "agreed", "agreed_on", ("agreement",), "权属单位意见"),
        step("protect", "登记保护完成", "agreed", "protected", "protected_on", ("protection",), "保护照片"),
        Transition(
            "clear",
            "准予开挖",
            ("protected",),
            "cleared",
            frozenset(CLEARERS),
            optional=("cleared_on",),
            opinion="required",
            opinion_label="现场核查情况",
            not_by=("protect",),
            role_when=CLEARERS,
            effect=on_day("cleared_on"),
            style="success",
        ),
        Transition(
            "return_protection",
            "保护不到位，退回",
            ("protected",),
            "agreed",
            frozenset(CLEARERS),
            opinion="required",
            role_when=CLEARERS,
            effect=take_off,
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "restore",
            "登记恢复",
            ("cleared",),
            "restored",
            frozenset(UNITS),
            optional=("restored_on",),
            role_when=UNITS,
            effect=on_day("restored_on"),
        ),
    ],
)
