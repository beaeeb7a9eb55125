"""What an inspection found, and what becomes of it: two registries that run against the arrows.

The inspection lives here in `projects`, hidden dangers above in `safety`. So `safety` registers how a finding is
raised (`raisers`), and the inspection registers where a finding can be read (`origins`):

    findings.raisers["hidden_danger"] = raise_danger            # in SafetyConfig.ready
    record = findings.raise_finding("hidden_danger", finding, actor)

    findings.origins["projects.finding"] = Origin("检查发现的问题", find)   # by the inspection
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from supervision.flows.history import Actor
from supervision.people.models import User
from supervision.people.records import Record

from .models import Project, Section


@dataclass(frozen=True)
class Finding:
    """A fact that is to be put right. `label` and `id` name the record it comes from, so that raising the same
    finding twice gives the record that is there already."""

    label: str
    id: int
    project: Project
    section: Section | None
    part: str
    description: str
    clause: str = ""
    category: str = ""
    stakes: str = ""
    found_on: date | None = None
    # Found by the unit itself, not by an authority.
    self_check: bool = False
    is_demo: bool = False


@dataclass(frozen=True)
class Origin:
    """Where findings of one kind are read: its Chinese name, and a function (id, user) → (text, address), or
    None for a reader who may not see it."""

    name: str
    find: Callable[[int, User], tuple[str, str] | None]


LOOK_BACK = "plan.lookback"
raisers: dict[str, Callable[[Finding, Actor], Record]] = {}
origins: dict[str, Origin] = {}


def came_back(record: Any, look: Any, noun: str) -> Finding:
    """A problem (hidden danger, defect: `noun`) that a look back (回头看) found again, to be raised anew."""
    return Finding(
        label=LOOK_BACK,
        id=look.pk,
        project=record.project,
        section=record.section,
        part=record.part,
        stakes=record.stakes,
        description=f"回头看发现{record.number}号{noun}反弹：{look.words}",
        clause=record.clause,
        category=record.category,
        found_on=look.looked_on,
        is_demo=record.is_demo,
    )


def raise_finding(kind: str, finding: Finding, actor: Actor) -> Record:
    """Make the record of `kind` ("hidden_danger") for a finding, or return the one made before.

    Raises LookupError when no room registered the kind, and what making the record raises.
    """
    if kind not in raisers:
        raise LookupError(kind)
    return raisers[kind](finding, actor)


def origin_of(label: str, pk: int | None, user: User) -> dict[str, Any] | None:
    """The finding a record came from, as {name, text, url} for its page; None when there is none to show."""
    origin = origins.get(label)
    found = origin.find(pk, user) if origin and pk else None
    return {"name": origin.name, "text": found[0], "url": found[1]} if found else None
