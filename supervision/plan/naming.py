"""What the names in a notice mean: organisations from the register, projects from the room above that keeps them.

The plan lies below the projects, which fill `projects` when their app starts (see projects/notice_lists.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Protocol

from django.db.models import Q

from supervision.flows.history import Actor
from supervision.people.models import Organization
from supervision.rules.names import name_key

from .notices.units import Unit


class Projects(Protocol):
    """What the room of the projects answers."""

    def named(self, names: Iterable[str]) -> dict[str, str]:
        """name as written → registered name, for those that one project goes by."""

    def uses(self) -> list[tuple[str, str]]:
        """What a list of projects can be adopted as: code and label."""

    def adopt(self, use: str, year: int, names: list[str], provenance: str, actor: Actor) -> int:
        """Enter the registered projects for this use and year, those already there left alone; how many are new.

        Raises ValidationError when one cannot be entered; the caller's transaction is then undone."""


_projects: Projects | None = None


def keep_projects(provider: Projects) -> None:
    """Called by the room of the projects in its AppConfig.ready."""
    global _projects
    _projects = provider


def projects() -> Projects | None:
    return _projects


def organizations_for(units: Iterable[Unit]) -> dict[Unit, tuple[Organization | None, str]]:
    """For each unit the one organisation it means, and why none where none is. A handful of queries at most."""
    units = list(dict.fromkeys(units))
    keys = {key for unit in units if not unit.generic for key in map(name_key, unit.candidates) if key}
    found: dict[str, list[Organization]] = {}
    for row in matching(Organization.objects.filter(is_active=True), keys):
        for key in row.search_key.strip("|").split("|"):
            if key in keys:
                found.setdefault(key, []).append(row)
    made = {}
    for unit in units:
        if unit.generic:
            made[unit] = (None, "泛指，不对应单个单位")
            continue
        for place, candidate in enumerate(unit.candidates):
            rows = {row.pk: row for row in found.get(name_key(candidate), ())}
            if len(rows) == 1:
                row = next(iter(rows.values()))
                made[unit] = (row, f"按“{candidate}”对应" if place else "")
                break
            if rows:
                made[unit] = (
                    None,
                    f"“{candidate}”对应多个单位：{'、'.join(row.name for row in rows.values())}"[:200],
                )
                break
        else:
            made[unit] = (None, "单位库中没有这一名称或别名")
    return made


def matching(rows, keys: Iterable[str], size: int = 40):
    """The rows whose search_key holds one of the keys, asked in batches."""
    keys = sorted(keys)
    seen = set()
    for start in range(0, len(keys), size):
        condition = reduce(or_, (Q(search_key__contains=f"|{key}|") for key in keys[start : start + size]))
        for row in rows.filter(condition):
            if row.pk not in seen:
                seen.add(row.pk)
                yield row
