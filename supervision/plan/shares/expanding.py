"""From the units a plan names to one share for each registered unit and year: shown first, then made by a job.

Run again it makes what is missing and nothing twice; what people ended or changed stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.people.models import Organization

from ..models import Plan, Task, TaskShare, TaskUnit
from .groups import UnitGroup, group_named

AT_ONCE = 200


@dataclass
class Name:
    """A responsible unit as the plan writes it, with what it comes to for a year."""

    text: str
    generic: bool
    group: UnitGroup | None = None
    tasks: list[Task] = field(default_factory=list)
    units: list[Organization] = field(default_factory=list)
    closed: list[Organization] = field(default_factory=list)
    new: int = 0
    there: int = 0

    @property
    def unknown(self) -> bool:
        return self.generic and self.group is None

    @property
    def word(self) -> str:
        """What is left out, and why."""
        if self.unknown:
            return "未能识别为登记单位，请在“任务责任单位”中填写对应单位"
        if self.closed:
            return "已停用（合并或撤销），不分解：" + "、".join(unit.name for unit in self.closed)
        return "" if self.units else "本年度没有符合的登记单位"


def preview(plan: Plan, year: int) -> list[Name]:
    """What the plan's names come to, each name once; the same whatever was made already but for the counts."""
    rows = TaskUnit.objects.filter(task__plan=plan).select_related("task__lead", "organization")
    names: dict[tuple, Name] = {}
    for row in rows.order_by("task__order", "task", "order", "pk"):
        unit = row.organization
        key = (unit.pk,) if unit else (row.name,)
        if key not in names:
            made = names[key] = Name(row.name, generic=unit is None)
            if unit is None:
                made.group = group_named(row.name)
                found = made.group.members(year) if made.group else []
            else:
                found = [unit]
            made.units = [one for one in found if one.is_active]
            made.closed = [one for one in found if not one.is_active]
        if row.task not in names[key].tasks:
            names[key].tasks.append(row.task)
    made = set(TaskShare.objects.filter(task__plan=plan, year=year).values_list("task", "unit"))
    for name in names.values():
        pairs = [(task.pk, unit.pk) for task in name.tasks for unit in name.units]
        name.there = sum(pair in made for pair in pairs)
        name.new = len(pairs) - name.there
    return list(names.values())


def expand(
    plan: Plan,
    year: int,
    generic: Iterable[str],
    actor: Actor,
    progress: Callable[[int, int], None] = lambda done, total: None,
    **facts,
) -> int:
    """Make the shares that are missing: of every unit the plan names itself, and of those `generic` names that a
    person chose. Returns how many."""
    chosen = set(generic)
    taken = set(TaskShare.objects.filter(task__plan=plan, year=year).values_list("task", "unit"))
    wanted: list[TaskShare] = []
    for name in preview(plan, year):
        if name.generic and name.text not in chosen:
            continue
        for task in name.tasks:
            for unit in name.units:
                if (task.pk, unit.pk) not in taken:
                    taken.add((task.pk, unit.pk))
                    wanted.append(
                        TaskShare(
                            task=task, unit=unit, year=year, named_as=name.text, lead=task.lead, **facts
                        )
                    )
    made = 0
    for start in range(0, len(wanted), AT_ONCE):
        made += _make(wanted[start : start + AT_ONCE], actor)
        progress(min(start + AT_ONCE, len(wanted)), len(wanted))
    return made


def _make(shares: list[TaskShare], actor: Actor) -> int:
    try:
        # What they are made of was checked by the plan itself; the constraint keeps each unique.
        with transaction.atomic():
            return len(records.create_many(shares, actor, label="分解任务", clean=False))
    except IntegrityError:
        # Somebody made some of them meanwhile: one by one, leaving out those.
        made = 0
        for share in shares:
            share.pk, share._state.adding = None, True
            try:
                with transaction.atomic():
                    made += len(records.create_many([share], actor, label="分解任务", clean=False))
            except IntegrityError:
                continue
        return made
