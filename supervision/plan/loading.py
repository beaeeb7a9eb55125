"""Entering what a plan brings along, once and for all runs."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ValidationError

from supervision.flows import records
from supervision.flows.history import Actor, plain
from supervision.flows.models import Event
from supervision.flows.reach import label_of
from supervision.people.records import Record

from .models import Period, Plan, Target, TargetKind, Task, TaskUnit

UNIT_LABELS = {"project": "个项目", "section": "个标段", "award": "项"}

R = TypeVar("R", bound=Record)


class Refused(ValueError):
    """A record of the load is not valid; the message names it and says why, in Chinese."""


class Once:
    """Creates each record the first time only, however often the load runs.

    The events of the load's batch say what it has created, under which key. What people renamed, merged or
    removed since is therefore neither made again nor overwritten.
    """

    def __init__(self, batch: str, actor: Actor, *, label: str, reason: str = "") -> None:
        self.actor = actor.in_batch(batch)
        self.label, self.reason = label, reason
        self.created: dict[str, int] = {}
        self._made: dict[str, list[tuple[int, dict]]] = {}
        rows = Event.objects.filter(batch=batch, verb="create").values_list("model", "object_id", "changes")
        for model, object_id, changes in rows:
            self._made.setdefault(model, []).append((object_id, changes))
        self._keys: dict[tuple, dict[tuple, int]] = {}

    def create(self, record: R, by: tuple[str, ...], *, twin: R | None = None, reason: str = "") -> R | None:
        """The record of this load with the same `by` fields; `twin`, one that is there by other ways; else
        `record`, created. None when the load's record has been removed since.

        Raises Refused when the record is not valid.
        """
        model = type(record)
        keys = self._index(model, by)
        key = tuple(plain(getattr(record, model._meta.get_field(name).attname)) for name in by)
        if key in keys:
            return model._base_manager.filter(pk=keys[key]).first()
        if twin is not None:
            return twin
        try:
            records.create(record, self.actor, label=self.label, reason=reason or self.reason)
        except ValidationError as error:
            what = f"{model._meta.verbose_name}“{record}”"
            raise Refused(f"{what}不能载入：{'；'.join(error.messages)}") from error
        keys[key] = record.pk
        name = str(model._meta.verbose_name)
        self.created[name] = self.created.get(name, 0) + 1
        return record

    def _index(self, model: type[Record], by: tuple[str, ...]) -> dict[tuple, int]:
        """What earlier runs created, by the values the fields had then."""
        if (model, by) not in self._keys:
            made: list[tuple[int, dict[str, list[Any]]]] = self._made.get(label_of(model), [])
            self._keys[model, by] = {
                tuple(changes[name][1] for name in by): object_id for object_id, changes in made
            }
        return self._keys[model, by]


def load_plan(data: dict[str, Any], once: Once, organization_named: Callable[[str], Any]) -> Plan | None:
    """Enter a plan with its targets, tasks and responsible units, each once.

    data                the plan as its data file gives it: document, targets, tasks, unit_groups
    organization_named  finds the organisation a name means, or None
    Returns the plan, None when people removed it since. Raises Refused when one is not valid.
    """
    document = data["document"]
    plan = once.create(
        Plan(
            number=document["number"],
            title=document["title"],
            issuer=document["issuer"],
            issued_on=document["issued_on"],
            year_from=document["period"]["from"],
            year_to=document["period"]["to"],
        ),
        ("number",),
        twin=Plan.objects.filter(number=document["number"]).first(),
    )
    if plan is None:
        return None
    for order, row in enumerate(data["targets"], start=1):
        once.create(
            target_of(plan, row, order),
            ("plan", "code"),
            twin=plan.targets.filter(code=row["code"]).first(),
        )
    for order, row in enumerate(data["tasks"], start=1):
        facts = {name: row[name] for name in ("no", "group", "title", "gist")}
        facts |= {name: row[name] for name in ("facts", "every") if name in row}
        if "lead" in row:
            facts["lead"] = organization_named(row["lead"])
        task = once.create(
            Task(plan=plan, order=order, **facts),
            ("plan", "no"),
            twin=plan.tasks.filter(no=row["no"]).first(),
        )
        if task is None:
            continue
        later = {name: facts[name] for name in ("lead", "facts") if facts.get(name)}
        if later and task.version == 1 and task.lead_id is None and not task.facts:
            # Entered before tasks had these, and touched by nobody since.
            task = records.update(task, later, once.actor, label="补充牵头单位和填报数据")
        for place, name in enumerate(units_of(row["units"], data["unit_groups"]), start=1):
            unit = TaskUnit(task=task, name=name, order=place, organization=organization_named(name))
            once.create(unit, ("task", "name"), twin=task.units.filter(name=name).first())
    return plan


def target_of(plan: Plan, row: dict[str, Any], order: int) -> Target:
    """A target, unsaved, from its row in a data file."""
    by_year = row["period"]["by"] if isinstance(row["period"], dict) else None
    return Target(
        plan=plan,
        code=row["code"],
        name=row["name"],
        group=row["group"],
        kind=row["kind"],
        threshold=Decimal(row["at_least" if row["kind"] == TargetKind.RATIO else "min"]),
        stretch=Decimal(row["stretch"]) if "stretch" in row else None,
        period=Period.BY_YEAR if by_year else Period.YEARLY,
        by_year=by_year,
        indicator=row["indicator"],
        parameters=row["parameters"],
        basis=row.get("basis", ""),
        unit_label=UNIT_LABELS[row["unit"]],
        order=order,
    )


def units_of(units: list[str], groups: dict[str, list[str]]) -> list[str]:
    """The responsible units one by one, groups written out, each once."""
    names = [name for unit in units for name in groups.get(unit, [unit])]
    return list(dict.fromkeys(names))
