"""The shared rectification loop: somebody puts a defect right, others look at it, and it is closed.

Hidden dangers and quality defects travel it alike. A ledger says who hands in, who looks in which order, who
decides on extensions and disputes; `rectification()` makes the states and transitions of it, to which the
ledger adds its own beginning (reporting, grading) and its overlays.

    整改中 ──hand in──► check ──► check … ──► 已销号
      ▲  └► 延期待批, 异议待答复 ─┘   │ return: counted, the work goes back
      └──────────────────────────────┘

The clock. `deadline` is the day until which the unit has to be done; `due_on` is the day by which whoever is
waited for must act. Asking for an extension does not stop the clock. A dispute does: when it is answered, the
deadline moves by the working days it took, unless whoever answers decides that the clock ran on (`clock_ran_on`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.rules.calendar import add_workdays, workdays_between

from .flow import State, Transition
from .models import FlowRecord

RECTIFYING, EXTENDING, DISPUTED, CLOSED = "rectifying", "extending", "disputed", "closed"
# While the work is with the unit, its deadline counts; later the deadline of whoever looks does.
WITH_UNIT = (RECTIFYING, EXTENDING)


class Rectifiable(FlowRecord):
    """A record that travels the loop."""

    deadline = models.DateField("整改期限", null=True, blank=True)
    requested_deadline = models.DateField("申请延期至", null=True, blank=True)
    rectified_on = models.DateField("整改完成日期", null=True, blank=True)
    closed_on = models.DateField("销号日期", null=True, blank=True)
    reopened_on = models.DateField("重开日期", null=True, blank=True, editable=False)
    disputed_on = models.DateField("提出异议日期", null=True, blank=True, editable=False)
    clock_ran_on = models.BooleanField(
        "异议期间期限照计", default=False, help_text="不勾选的，整改期限按异议占用的工作日顺延"
    )
    failed = models.PositiveSmallIntegerField("整改不合格次数", default=0, editable=False)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0, editable=False)

    class Meta:
        abstract = True

    def days(self, step: str) -> int:
        """Working days allowed for a step: "rectify", "redo", "check", "decide" (an extension), "answer" (a
        dispute). The ledger takes them from its rule set."""
        raise NotImplementedError

    def most_extensions(self) -> int:
        """How often the deadline may be extended."""
        raise NotImplementedError

    def clean(self) -> None:
        today = timezone.localdate()
        for name in ("rectified_on", "closed_on"):
            day = getattr(self, name)
            if day and day > today:
                raise ValidationError({name: f"{self._meta.get_field(name).verbose_name}不能晚于今天。"})
        if self.closed_on and self.rectified_on and self.closed_on < self.rectified_on:
            raise ValidationError({"closed_on": f"销号日期早于整改完成日期（{self.rectified_on}）。"})


@dataclass(frozen=True)
class HandIn:
    """One way of handing in what was put right: who, which records, and which check comes first."""

    name: str
    to: str
    roles: frozenset[str]
    when: Q = field(default_factory=Q)
    label: str = "提交整改"
    fields: tuple[str, ...] = ()
    optional: tuple[str, ...] = ("rectified_on",)
    attachments: tuple[str, ...] = ()
    guard: Callable[[Any], list[str]] | None = None


@dataclass(frozen=True)
class Check:
    """One look at what was handed in. The record waits for it in `state`; `to` is where it goes when in order.

    Each check makes two transitions: `name`, and `return_<name>` which sends the work back.
    """

    name: str
    label: str
    state: str
    to: str
    roles: frozenset[str]
    when: Q = field(default_factory=Q)
    role_when: Mapping[str, Q] = field(default_factory=dict)
    not_by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    opinion: str = "optional"
    attachments: tuple[str, ...] = ()
    guard: Callable[[Any], list[str]] | None = None
    return_label: str = "退回整改"
    duty: bool = True
    # The unit's own look at its work, which is no acceptance: whoever handed in may take it.
    own: bool = False
    effect: Callable[[Any, dict, Any], None] | None = None
    help: str = ""


def today() -> Any:
    return timezone.localdate()


def in_days(step: str) -> Callable[[Rectifiable], Any]:
    """A deadline for the next person: so many working days from today."""
    return lambda record: add_workdays(today(), record.days(step))


def keep_due(record: Rectifiable) -> Any:
    """For acts beside the loop: whoever was waited for is waited for until the same day."""
    return record.due_on


def keep_deadline(record: Rectifiable) -> Any:
    return record.deadline


# ---------------------------------------------------------------------------------------------------- effects


def hand_in(record: Rectifiable, data: dict, actor: Any) -> None:
    if not data.get("rectified_on"):
        record.rectified_on = today()


def close(record: Rectifiable, data: dict, actor: Any) -> None:
    if not data.get("closed_on"):
        record.closed_on = today()
    if record.rectified_on is None:
        record.rectified_on = record.closed_on
    record.due_on = None


def send_back(record: Rectifiable, data: dict, actor: Any) -> None:
    """The work failed the look: it is counted, and there is at least the time to redo it."""
    record.failed += 1
    record.rectified_on = None
    again = add_workdays(today(), record.days("redo"))
    record.deadline = max(record.deadline or again, again)
    record.due_on = record.deadline


def reopen(record: Rectifiable, data: dict, actor: Any) -> None:
    """It is there again: the former closing stays in the history, the work begins anew."""
    record.reopened_on = today()
    record.closed_on = record.rectified_on = None
    record.deadline = add_workdays(today(), record.days("rectify"))
    record.due_on = record.deadline


def ask_extension(record: Rectifiable, data: dict, actor: Any) -> None:
    if record.deadline and record.requested_deadline <= record.deadline:
        raise ValidationError({"requested_deadline": f"须晚于现在的整改期限（{record.deadline}）。"})


def grant_extension(record: Rectifiable, data: dict, actor: Any) -> None:
    record.deadline, record.requested_deadline = record.requested_deadline, None
    record.extensions += 1
    record.due_on = record.deadline


def refuse_extension(record: Rectifiable, data: dict, actor: Any) -> None:
    record.requested_deadline = None
    record.due_on = record.deadline


def may_extend(record: Rectifiable) -> list[str]:
    most = record.most_extensions()
    return [f"已延期{record.extensions}次，不能再延期（最多{most}次）。"] if record.extensions >= most else []


def dispute(record: Rectifiable, data: dict, actor: Any) -> None:
    record.disputed_on = today()
    record.clock_ran_on = False


def end_dispute(record: Rectifiable, data: dict, actor: Any) -> None:
    """Back to work; the deadline moves by the working days of the dispute unless the clock ran on."""
    # A dispute raised after the deadline does not undo that it was missed.
    in_time = record.deadline and record.disputed_on and record.disputed_on <= record.deadline
    if in_time and not record.clock_ran_on:
        record.deadline = add_workdays(record.deadline, workdays_between(record.disputed_on, today()))
    record.disputed_on = None
    record.due_on = record.deadline


def drop_dispute(record: Rectifiable, data: dict, actor: Any) -> None:
    record.clock_ran_on = True
    end_dispute(record, data, actor)


def uphold_dispute(record: Rectifiable, data: dict, actor: Any) -> None:
    record.disputed_on = None


# ----------------------------------------------------------------------------------------------------- making


def states_of(checks: Sequence[Check]) -> dict[str, State]:
    """The loop's states, checks in their order. `labels` of a check's state come from the ledger."""
    labels = {RECTIFYING: State("整改中", "yellow")}
    labels |= {EXTENDING: State("延期待批", "yellow"), DISPUTED: State("异议待答复", "orange")}
    for check in checks:
        labels.setdefault(check.state, State(f"待{check.label}", "cyan"))
    return labels | {CLOSED: State("已销号", "green", final=True)}


def rectification(
    *,
    hand_ins: Sequence[HandIn],
    checks: Sequence[Check],
    deciders: Mapping[str, Q],
    answerers: Mapping[str, Q],
    again: str,
    reopeners: frozenset[str],
) -> list[Transition]:
    """The loop's transitions.

    deciders    role → condition on the record under which it decides on extensions
    answerers   the same for answers to disputes
    again       the state a record returns to when a dispute is right (it is looked at anew)
    reopeners   who may say that it is there again after it was closed
    Whoever handed in never accepts: every check but the unit's own bars the performers of all hand-ins.
    """
    names = tuple(way.name for way in hand_ins)
    units = frozenset().union(*(way.roles for way in hand_ins))
    by_unit = {role: _any(way.when for way in hand_ins if role in way.roles) for role in units}
    made = [
        Transition(
            way.name,
            way.label,
            WITH_UNIT,
            way.to,
            way.roles,
            fields=way.fields,
            optional=way.optional,
            opinion="required",
            opinion_label="整改情况",
            attachments=way.attachments,
            when=way.when,
            guard=way.guard,
            effect=hand_in,
            deadline=in_days("check"),
        )
        for way in hand_ins
    ]
    for check in checks:
        closes = check.to == CLOSED
        made.append(
            Transition(
                check.name,
                check.label,
                (check.state,),
                check.to,
                check.roles,
                fields=check.fields,
                optional=(*check.optional, *(("closed_on",) if closes else ())),
                opinion=check.opinion,
                not_by=() if check.own else tuple(dict.fromkeys((*names, *check.not_by))),
                attachments=check.attachments,
                when=check.when,
                role_when=dict(check.role_when),
                guard=check.guard,
                effect=close if closes else check.effect,
                deadline=None if closes else in_days("check"),
                duty=check.duty,
                style="success",
                help=check.help,
            )
        )
        made.append(
            Transition(
                f"return_{check.name}",
                check.return_label,
                (check.state,),
                RECTIFYING,
                check.roles,
                opinion="required",
                opinion_label="不合格之处",
                when=check.when,
                role_when=dict(check.role_when),
                effect=send_back,
                deadline=keep_deadline,
                returns=True,
                duty=False,
                style="warning",
            )
        )
    return [
        *made,
        Transition(
            "request_extension",
            "申请延期",
            (RECTIFYING,),
            EXTENDING,
            units,
            fields=("requested_deadline",),
            opinion="required",
            opinion_label="延期理由",
            role_when=by_unit,
            guard=may_extend,
            effect=ask_extension,
            deadline=in_days("decide"),
            duty=False,
            style="secondary",
            help="申请期间原期限照计。",
        ),
        Transition(
            "grant_extension",
            "同意延期",
            (EXTENDING,),
            RECTIFYING,
            frozenset(deciders),
            role_when=dict(deciders),
            effect=grant_extension,
        ),
        Transition(
            "refuse_extension",
            "不同意延期",
            (EXTENDING,),
            RECTIFYING,
            frozenset(deciders),
            opinion="required",
            role_when=dict(deciders),
            effect=refuse_extension,
            duty=False,
            style="warning",
        ),
        Transition(
            "dispute",
            "提出异议",
            (RECTIFYING,),
            DISPUTED,
            units,
            opinion="required",
            opinion_label="异议内容",
            role_when=by_unit,
            effect=dispute,
            deadline=in_days("answer"),
            duty=False,
            style="secondary",
            help="答复前整改期限停止计算；答复时可决定异议期间期限照计。",
        ),
        Transition(
            "withdraw_dispute",
            "撤回异议",
            (DISPUTED,),
            RECTIFYING,
            units,
            role_when=by_unit,
            effect=drop_dispute,
            duty=False,
            style="secondary",
            help="撤回的，异议期间期限照计。",
        ),
        Transition(
            "answer_dispute",
            "异议不成立",
            (DISPUTED,),
            RECTIFYING,
            frozenset(answerers),
            optional=("clock_ran_on",),
            opinion="required",
            opinion_label="答复",
            role_when=dict(answerers),
            effect=end_dispute,
        ),
        Transition(
            "uphold_dispute",
            "异议成立，重新核查",
            (DISPUTED,),
            again,
            frozenset(answerers),
            opinion="required",
            opinion_label="答复",
            role_when=dict(answerers),
            effect=uphold_dispute,
            deadline=in_days("check"),
            duty=False,
            style="secondary",
        ),
        Transition(
            "reopen",
            "复现重开",
            (CLOSED,),
            RECTIFYING,
            reopeners,
            opinion="required",
            opinion_label="复现情况",
            effect=reopen,
            duty=False,
            style="danger",
        ),
    ]


def _any(conditions: Any) -> Q:
    """Either of some conditions; no condition at all when one of them asks for nothing."""
    found = list(conditions)
    if any(not condition for condition in found):
        return Q()
    whole = found[0]
    for condition in found[1:]:
        whole |= condition
    return whole
