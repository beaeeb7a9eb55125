"""The gate of the five musts (五必须): a work's steps in their order, none recorded before the one before it.

A scheme is made, examined and approved before work, explained to those who work, kept to while they do, and what is
finished is accepted before the next begins. Dangerous works and construction schemes pass the gate alike. A ledger
says what its steps are, who takes each and what it asks for; `gate()` makes the transitions of it.

    make ──► review ──► argue (where required) ──► approve ──► disclose ──► begin ──► finish ──► accept ──► done
      ▲         │ sent back with a reason: the facts from there on are taken off, and are recorded anew

The state of a record is the step that it waits for. A step may be passed over only where the ledger names who may,
with a reason: the authority is told at once, the record bears a mark, and the reason lies on the authority's
workbench until somebody there has read it. The last step is not taken before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .conditions import holds
from .flow import Overlay, State, Transition
from .models import FlowRecord

DONE = "done"
UNSEEN = Q(overruling_unseen=True)
# For the flow of whoever passes the gate.
OVERLAYS = (
    Overlay("overruled_on", "有越过步骤", "orange"),
    Overlay("overruling_unseen", "越过理由待阅", "red"),
)


@dataclass(frozen=True)
class Step:
    """One step. A record waits for it in the state of its name, labelled `waits`.

    fact        date column in which it is recorded; today unless a day is given in the act
    roles       who takes it; `role_when` further conditions, as in Transition
    when        which records need it at all; others pass it by. Asks boolean columns that are never null and do
                not change while the record is past its first step
    returns_to  step to which whoever takes this one may send the record back with a reason
    overrulers  who may pass it over with a reason; nobody: it is never passed over
    not_by      steps whose performer may not take this one
    due         record → day by which it is to be taken, asked when the record begins to wait for it
    """

    name: str
    label: str
    waits: str
    fact: str
    roles: frozenset[str]
    role_when: Mapping[str, Q] = field(default_factory=dict)
    when: Q = field(default_factory=Q)
    color: str = "cyan"
    fields: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    opinion: str = "optional"
    opinion_label: str = "意见"
    attachments: tuple[str, ...] = ()
    guard: Callable[[Any], list[str]] | None = None
    effect: Callable[[Any, dict, Any], None] | None = None
    not_by: tuple[str, ...] = ()
    returns_to: str = ""
    return_label: str = "退回"
    overrulers: frozenset[str] = frozenset()
    due: Callable[[Any], date | None] | None = None
    help: str = ""


class Gated(FlowRecord):
    """A record that passes the gate: the day of each step, and what was passed over.

    The ledger sets `gate_steps`, and `clean` calls `check_facts`. A ledger with a step of its own adds a date.
    """

    gate_steps: ClassVar[Sequence[Step]]

    made_on = models.DateField("方案编制日期", null=True, blank=True)
    reviewed_on = models.DateField("方案审核日期", null=True, blank=True)
    argued_on = models.DateField("专家论证日期", null=True, blank=True)
    approved_on = models.DateField("方案批准日期", null=True, blank=True)
    disclosed_on = models.DateField("交底日期", null=True, blank=True)
    begun_on = models.DateField("开工日期", null=True, blank=True)
    finished_on = models.DateField("完工日期", null=True, blank=True)
    accepted_on = models.DateField("验收日期", null=True, blank=True)
    # Each {step, label, on, by, unit, reason, seen_on, seen_by}, the oldest first; none is ever taken off.
    overrulings = models.JSONField("越过的步骤", default=list, blank=True, editable=False)
    overruled_on = models.DateField("最近越过步骤日期", null=True, blank=True, editable=False)
    overruling_unseen = models.BooleanField("越过理由待阅", default=False, editable=False)

    class Meta:
        abstract = True

    @property
    def overrulings_text(self) -> str:
        """What was passed over, when, by whom and why, and who above has read it: a line each."""
        return "\n".join(
            f"{one['on']} 越过“{one['label']}”（{one['by']}，{one['unit']}）：{one['reason']}"
            + (f"（{one['seen_on']} {one['seen_by']}已阅）" if one["seen_on"] else "（待阅）")
            for one in self.overrulings
        )

    def ahead(self) -> list[str]:
        """The steps after the one it waits for, as far as this record needs them, and its end."""
        names = [step.name for step in self.gate_steps]
        if self.status not in names:
            return []
        after = self.gate_steps[names.index(self.status) + 1 :]
        coming = [step.name for step in after if holds(step.when, self)]
        return [self.flow.states[name].label for name in (*coming, DONE)]

    def check_facts(self, errors: dict) -> None:
        """Note in `errors` each day that lies in the future or before that of an earlier step."""
        last_label, last_day = "", None
        for step in self.gate_steps:
            day = getattr(self, step.fact)
            if day is None:
                continue
            label = self._meta.get_field(step.fact).verbose_name
            if day > timezone.localdate():
                errors[step.fact] = f"{label}不能晚于今天。"
            elif last_day and day < last_day:
                errors[step.fact] = f"{label}早于{last_label}（{last_day}）。"
            last_label, last_day = label, day


def states_of(steps: Sequence[Step], done: State) -> dict[str, State]:
    """The gate's states in their order. While the first step is waited for the record may still be edited."""
    return {step.name: State(step.waits, step.color, editable=step is steps[0]) for step in steps} | {
        DONE: done
    }


def gate(steps: Sequence[Step], *, watchers: frozenset[str]) -> list[Transition]:
    """The gate's transitions: for each step the one that takes it, where it `returns_to` the one that sends back
    (`return_<name>`), where it has `overrulers` the one that passes it over (`overrule_<name>`), and `acknowledge`.

    A step before one that not every record needs has a transition for each way on; the further way is called
    `<name>_to_<step>`. `watchers` are the roles that are told of an overruling and have to read its reason.
    Raises ValueError when a step goes back to one that does not come before it, or the last may be passed over.
    """
    names = [step.name for step in steps]
    if steps[-1].overrulers:
        raise ValueError(f"{names[-1]}: the last step is not passed over")
    made: list[Transition] = []
    for at, step in enumerate(steps):
        if step.returns_to and step.returns_to not in names[:at]:
            raise ValueError(f"{step.name}: {step.returns_to!r} is no step before it")
        barred = tuple(name for other in step.not_by for name in _taking(steps, other))
        last = at == len(steps) - 1
        for suffix, target, when in _ways_on(steps, at):
            made.append(
                Transition(
                    step.name + suffix,
                    step.label,
                    (step.name,),
                    target,
                    step.roles,
                    fields=step.fields,
                    optional=(step.fact, *step.optional),
                    opinion=step.opinion,
                    opinion_label=step.opinion_label,
                    not_by=barred,
                    attachments=step.attachments,
                    when=when,
                    role_when=dict(step.role_when),
                    guard=_all_seen(step.guard) if last else step.guard,
                    effect=_take(step),
                    deadline=_due(steps, target),
                    style="success" if last else "primary",
                    help=step.help,
                )
            )
            if step.overrulers:
                made.append(
                    Transition(
                        f"overrule_{step.name}{suffix}",
                        f"越过“{step.label}”",
                        (step.name,),
                        target,
                        step.overrulers,
                        opinion="required",
                        opinion_label="越过的理由",
                        when=when,
                        effect=_overrule(step),
                        deadline=_due(steps, target),
                        duty=False,
                        tells=watchers,
                        style="danger",
                        help="本步骤不留日期，理由即时告知主管部门并留痕；主管部门阅知前不能办理最后一步。",
                    )
                )
        if step.returns_to:
            made.append(
                Transition(
                    f"return_{step.name}",
                    step.return_label,
                    (step.name,),
                    step.returns_to,
                    step.roles,
                    opinion="required",
                    role_when=dict(step.role_when),
                    effect=take_off_from(steps, step.returns_to),
                    deadline=_due(steps, step.returns_to),
                    returns=True,
                    duty=False,
                    style="warning",
                )
            )
    acknowledge = Transition(
        "acknowledge",
        "已阅越过理由",
        (*names, DONE),
        None,
        watchers,
        when=UNSEEN,
        # Told at once, it is to be read the same day: it does not wait for the step that comes next.
        due_field="overruled_on",
        effect=_acknowledge,
        deadline=lambda record: record.due_on,
    )
    return [*made, acknowledge]


def take_off_from(steps: Sequence[Step], name: str) -> Callable[[Any, dict, Any], None]:
    """An effect: the days of a step and of all after it are taken off the record (they stay in its history)."""
    at = [step.name for step in steps].index(name)

    def effect(record: Gated, data: dict, actor: Any) -> None:
        for step in steps[at:]:
            setattr(record, step.fact, None)

    return effect


def _ways_on(steps: Sequence[Step], at: int) -> Iterator[tuple[str, str, Q]]:
    """Where a record goes after a step: (suffix of the transition's name, state, condition) for each way."""
    passed_by = Q()
    for step in steps[at + 1 :]:
        suffix = "" if step is steps[at + 1] else f"_to_{step.name}"
        yield suffix, step.name, passed_by & step.when
        if not step.when:
            return
        passed_by &= ~step.when
    yield "" if at == len(steps) - 1 else f"_to_{DONE}", DONE, passed_by


def _taking(steps: Sequence[Step], name: str) -> list[str]:
    """The names of the transitions that take a step."""
    at = [step.name for step in steps].index(name)
    return [name + suffix for suffix, _, _ in _ways_on(steps, at)]


def _due(steps: Sequence[Step], state: str) -> Callable[[Any], date | None] | None:
    return next((step.due for step in steps if step.name == state), None)


def _take(step: Step) -> Callable[[Any, dict, Any], None]:
    def effect(record: Gated, data: dict, actor: Any) -> None:
        if not data.get(step.fact):
            setattr(record, step.fact, timezone.localdate())
        if step.effect:
            step.effect(record, data, actor)

    return effect


def _overrule(step: Step) -> Callable[[Any, dict, Any], None]:
    def effect(record: Gated, data: dict, actor: Any) -> None:
        today = timezone.localdate()
        one = {"step": step.name, "label": step.label, "on": today.isoformat(), "reason": data["opinion"]}
        one |= {"by": actor.name, "unit": actor.organization_name, "seen_on": None, "seen_by": ""}
        record.overrulings = [*record.overrulings, one]
        record.overruled_on = today
        record.overruling_unseen = True

    return effect


def _acknowledge(record: Gated, data: dict, actor: Any) -> None:
    seen = {
        "seen_on": timezone.localdate().isoformat(),
        "seen_by": f"{actor.organization_name} {actor.name}".strip(),
    }
    record.overrulings = [one if one["seen_on"] else one | seen for one in record.overrulings]
    record.overruling_unseen = False


def _all_seen(own: Callable[[Any], list[str]] | None) -> Callable[[Any], list[str]]:
    def guard(record: Gated) -> list[str]:
        unread = ["越过步骤的理由尚待主管部门阅知。"] if record.overruling_unseen else []
        return [*unread, *(own(record) if own else [])]

    return guard
