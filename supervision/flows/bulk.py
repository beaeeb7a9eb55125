"""One transition on many records at once, for steps that ask nothing of the person but to start them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import Any, TypeVar

from django.db import connections, models, router, transaction
from django.db.models import F
from django.utils import timezone

from supervision.people import history_guard

from . import history
from .errors import NotAllowed
from .history import Actor
from .models import FlowRecord

R = TypeVar("R", bound=FlowRecord)


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

    transition = model.flow.by_name[name]
    if transition.fields or transition.attachments or transition.guard:
        raise ValueError(f"{name} asks for something of its own; use perform()")
    wanted = list(pks)
    with transaction.atomic(), history_guard.writer():
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


def _write(model: type[R], rows: list[R], names: list[str]) -> None:
    """The same columns of many rows in one go; `bulk_update` would build an expression for every cell."""
    connection = connections[router.db_for_write(model)]
    fields: list[models.Field] = [model._meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    cells = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    statement = f"UPDATE {quote(model._meta.db_table)} SET {cells} WHERE {quote(model._meta.pk.column)} = %s"  # noqa: S608 - names of columns
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                [
                    *(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields),
                    row.pk,
                ]
                for row in rows
            ],
        )
