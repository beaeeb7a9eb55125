"""How a record travels, as data: states, transitions, who may, what they must give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from .conditions import NEVER, holds

Guard = Callable[[Any], list[str]]
Effect = Callable[[Any, dict[str, Any], Any], None]


# Entering a record and changing its fields, where a transition may not be done by who did so (`not_by`).
CREATED, UPDATED = "create", "update"
AUTHORING = {CREATED: "新建", UPDATED: "修改"}


@dataclass(frozen=True)
class State:
    """A status value: its Chinese label and badge colour. `final` ends the journey; `editable` lets the
    holders of the ledger's edit roles change the record's fields."""

    label: str
    color: str = "gray"
    final: bool = False
    editable: bool = False


@dataclass(frozen=True)
class Overlay:
    """A mark beside the status, shown while the record's boolean or date `attribute` is set."""

    attribute: str
    label: str
    color: str = "red"


@dataclass(frozen=True)
class Transition:
    """One thing that can be done to a record.

    sources       statuses it starts from
    target        status it leads to; None leaves the status as it is
    roles         role codes that may do it, on records they see through that very role
    fields        model fields that must be filled in the act; `optional` may be
    opinion       "required", "optional" or "no": whether a reason is asked for
    opinion_label what the opinion is called here
    not_by        names of transitions whose performer may not do this one on the same record; CREATED and UPDATED
                  bar whoever entered it, and whoever changed its fields
    not_of        paths to persons who may not do this one: who had a hand in the record that this one is about
    attachments   attachment kinds of which at least one must be on the record
    when          condition on the record's own columns for the act to apply at all
    role_when     further condition for holders of a role (a contractor acts only on its own sections)
    own           the way to the organisation whose own people do it (those of an office above it too); the bureau's
                  staff do the bureau's own, and what names no organisation
    guard         record → what is still missing (Chinese sentences); non-empty blocks the act
    effect        called with (record, cleaned data, actor) before the record is saved
    deadline      record → date by which the next person must act, or None
    returns       counts as sending back
    duty          the next step that somebody is waited for, as against a way out (withdraw, cancel)
    due_field     date column by which a duty beside the others is to be done; `due_on` when empty
    tells         role codes whose holders are told at once, where they see the record, besides those who took part
    """

    name: str
    label: str
    sources: tuple[str, ...]
    target: str | None
    roles: frozenset[str]
    fields: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    opinion: str = "optional"
    opinion_label: str = "意见"
    not_by: tuple[str, ...] = ()
    not_of: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    when: Q = field(default_factory=Q)
    role_when: dict[str, Q] = field(default_factory=dict)
    own: str = ""
    guard: Guard | None = None
    effect: Effect | None = None
    deadline: Callable[[Any], Any] | None = None
    returns: bool = False
    duty: bool = True
    due_field: str = ""
    tells: frozenset[str] = frozenset()
    style: str = "primary"
    help: str = ""

    def condition(self, roles: frozenset[str]) -> Q:
        """When the act applies for somebody who holds `roles` (those of the transition's that count)."""
        by_role = [self.role_when.get(role, Q()) for role in sorted(roles & self.roles)]
        if not by_role:
            return NEVER
        if all(by_role):
            return self.when & reduce(or_, by_role)
        return self.when

    def applies(self, record: Any, roles: frozenset[str]) -> bool:
        """The same condition, asked of a record in memory."""
        return holds(self.condition(roles), record)

    def __post_init__(self):
        if self.opinion not in ("required", "optional", "no"):
            raise ValueError(f"{self.name}: opinion must be required, optional or no")


@dataclass
class Flow:
    """The states and transitions of one ledger. Raises ValueError when they do not fit together."""

    states: dict[str, State]
    initial: str
    transitions: Iterable[Transition]
    overlays: tuple[Overlay, ...] = ()
    by_name: dict[str, Transition] = field(init=False)

    def __post_init__(self):
        self.transitions = tuple(self.transitions)
        self.by_name = {t.name: t for t in self.transitions}
        if len(self.by_name) != len(self.transitions):
            raise ValueError("two transitions share a name")
        if self.initial not in self.states:
            raise ValueError(f"initial state {self.initial!r} is not a state")
        for t in self.transitions:
            unknown = {*t.sources, *([t.target] if t.target else [])} - set(self.states)
            if unknown:
                raise ValueError(f"{t.name}: unknown states {sorted(unknown)}")
            if missing := set(t.not_by) - set(self.by_name) - set(AUTHORING):
                raise ValueError(f"{t.name}: not_by names unknown transitions {sorted(missing)}")
        reached = {self.initial}
        while more := {t.target for t in self.transitions if t.target and set(t.sources) & reached} - reached:
            reached |= more
        if lost := set(self.states) - reached:
            raise ValueError(f"states that no transition leads to: {sorted(lost)}")

    def starting_from(self, status: str) -> list[Transition]:
        """The transitions that start from a status, in the order of declaration."""
        return [t for t in self.transitions if status in t.sources]

    def choices(self) -> list[tuple[str, str]]:
        return [(code, state.label) for code, state in self.states.items()]

    @property
    def open_states(self) -> list[str]:
        """Statuses of records that still travel."""
        return [code for code, state in self.states.items() if not state.final]
