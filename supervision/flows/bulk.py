"""One transition on many records at once, for steps that ask nothing of the person but to start them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any, TypeVar

from django.db import connections, models, router, transaction
from django.db.models import F
from django.utils import timezone

from supervision.people import history_guard
from supervision.people.records import Record

from . import history
from .errors import NotAllowed
from .flow import Transition
from .history import Actor
from .models import FlowRecord
from .records import INSERTED

R = TypeVar("R", bound=FlowRecord)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Thousands of rows and what hangs on them, none of it in a circle, go by their counts; for the collector of
    circles they are a reason to walk through the whole process again and again, which took a third of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def perform_many(
    model: type[R],
    pks: Iterable[int],
    name: str,
    actor: Actor,
    values: Callable[[list[R]], Mapping[int, Mapping[str, Any]]],
) -> int:
    """Perform the transition `name` on those of the records that stand where it starts; returns how many.

    values   claimed records → {record id: {field: value}}, what the step writes besides the status; it stands in
             for the transition's effect, which knows one record only

    One transaction: the rows are claimed by one conditional UPDATE, so that of two at once each record is taken by
    one. Who may is asked as `perform` asks it (role, scope, condition, `not_by`); records that somebody may not act
    on raise NotAllowed and nothing is written. Only for transitions without fields, attachments and guards (raises
    ValueError), and the values are not validated again: they are computed, not typed.
    """
    from . import perform

    transition = _plain_step(model, name)
    wanted = list(pks)
    with collector_at_rest(), transaction.atomic(), history_guard.writer():
        rows = model._base_manager.filter(pk__in=wanted, status__in=transition.sources)
        if not rows.update(version=F("version") + 1):
            return 0
        claimed = list(rows.select_related(*getattr(model, "text_joins", ())).order_by("pk"))
        open_to = perform.open_to(claimed, actor.user) if actor.user else {}
        mine = frozenset(transition.roles) & (actor.user.roles if actor.user else frozenset())
        seen = set(
            model.objects.visible_to(actor.user, mine).filter(pk__in=wanted).values_list("pk", flat=True)
        )
        if any(row.pk not in seen or transition not in open_to.get(row.pk, ()) for row in claimed):
            raise NotAllowed(f"您的角色不能办理“{transition.label}”。")
        found = values(claimed)
        now, entries, names = timezone.now(), [], set()
        for row in claimed:
            before = copy(row)
            for field, value in found.get(row.pk, {}).items():
                setattr(row, field, value)
            if transition.target:
                row.status, row.status_since = transition.target, now
            row.due_on = transition.deadline(row) if transition.deadline else None
            row.updated_at = now
            changes = history.difference(before, row)
            names |= set(changes)
            entries.append((row, changes))
        _write(model, claimed, sorted(names | {"status_since", "updated_at"}))
        history.write_events(entries, actor, verb="transition", name=name, label=transition.label)
        for row, changes in entries:
            row.after_write(changes, actor)
    return len(claimed)


def create_performed(
    new: list[R],
    name: str,
    actor: Actor,
    values: Callable[[list[R]], Iterable[Mapping[str, Any]]],
    *,
    label: str = "新建",
) -> list[R]:
    """Create records that take the transition `name` at once; returns them.

    values   the records, not saved yet → for each in turn {field: value}, what the step writes besides the status

    Each row is written once, as it stands after the step; its history has an event for the making and one for the
    step, as if one had come after the other. Who may is asked as by `perform_many`, and the same transitions are
    refused. The records are not validated: this is for what a job computes.
    """
    if not new:
        return new
    model = type(new[0])
    transition = _plain_step(model, name)
    if transition.own or transition.not_of or transition.not_by:
        raise ValueError(f"{model._meta.label} {name} depends on who acts; use perform()")
    if model.save is not Record.save:
        raise ValueError(f"{model._meta.label} saves itself in a way of its own; use records.create()")
    mine = frozenset(transition.roles) & (actor.user.roles if actor.user else frozenset())
    with collector_at_rest(), transaction.atomic(), history_guard.writer():
        now = timezone.now()
        for row in new:
            row.before_create(actor)
            row.status = model.flow.initial
        made = [{field: [None, value] for field, value in history.snapshot(row).items()} for row in new]
        if model.flow.initial not in transition.sources or not all(
            transition.applies(row, mine) for row in new
        ):
            raise NotAllowed(f"您的角色不能办理“{transition.label}”。")
        steps = []
        for row, told, found in zip(new, made, values(new), strict=True):
            for field, value in found.items():
                setattr(row, field, value)
            if transition.target:
                row.status, row.status_since = transition.target, now
            row.due_on = transition.deadline(row) if transition.deadline else None
            steps.append(history.since(told, row))
        model._base_manager.bulk_create(new, batch_size=INSERTED)
        seen = model.objects.visible_to(actor.user, mine).filter(pk__in=[row.pk for row in new]).count()
        if not mine or seen != len(new):
            raise NotAllowed(f"您的角色不能办理“{transition.label}”。")
        made, steps = list(zip(new, made, strict=True)), list(zip(new, steps, strict=True))
        first = history.write_events(made, actor, verb="create", label=label, fresh=True)
        history.write_events(steps, actor, verb="transition", name=name, label=transition.label, after=first)
        for row, changes in (*made, *steps):
            row.after_write(changes, actor)
    return new


def _plain_step(model: type[R], name: str) -> Transition:
    """The transition, if it asks for nothing of its own; ValueError otherwise."""
    transition = model.flow.by_name[name]
    if transition.fields or transition.attachments or transition.guard:
        raise ValueError(f"{name} asks for something of its own; use perform()")
    return transition


def _write(model: type[R], rows: list[R], names: list[str]) -> None:
    """The same columns of many rows in one go; `bulk_update` would build an expression for every cell."""
    connection = connections[router.db_for_write(model)]
    fields: list[models.Field] = [model._meta.get_field(name) for name in names]
    values = [
        [row.pk, *(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields)]
        for row in rows
    ]
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    columns = [quote(field.column) for field in fields]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cells = ", ".join(f"{column} = %s" for column in columns)
            statement = f"UPDATE {table} SET {cells} WHERE {key} = %s"  # noqa: S608 - names of columns
            cursor.executemany(statement, [[*cells, pk] for pk, *cells in values])
            return
        # One statement for all, as sending one for each row takes most of the time. What is sent has no type yet:
        # each column says its own, without the length, so that what is too long is refused and not cut.
        cells = ", ".join(
            f"{column} = new.{column}::{field.db_type(connection).partition('(')[0]}"
            for column, field in zip(columns, fields, strict=True)
        )
        row = f"({', '.join(['%s'] * (1 + len(fields)))})"
        cursor.execute(
            f"UPDATE {table} SET {cells} FROM (VALUES {', '.join([row] * len(values))})"  # noqa: S608
            f" AS new ({', '.join([key, *columns])}) WHERE {table}.{key} = new.{key}",
            [cell for one in values for cell in one],
        )
