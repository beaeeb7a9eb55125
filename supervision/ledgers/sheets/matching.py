"""Which record a row of a sheet is about: by the ledger's key, or, without one, by being the same throughout."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import models

from supervision.people.models import User

from .. import natural
from ..columns import Column
from ..ledger import Ledger
from . import acting

PART = 500


def key_columns(ledger: Ledger, present: list[Column]) -> list[Column]:
    """The columns that identify a record; in a ledger without a key, all that a person fills in."""
    if ledger.key:
        return [ledger.column(name) for name in ledger.key]
    return [column for column in present if column.writable]


def by_name(ledger: Ledger) -> bool:
    """Whether records are known by a name in any spelling, and by their aliases."""
    names = {field.name for field in ledger.model._meta.concrete_fields}
    return ledger.key == ("name",) and "search_key" in names


def comparable(value: Any) -> Any:
    """A key value as it can stand in a dictionary: the record's number, None for nothing."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list | dict):
        return repr(value)
    return None if value == "" else value


def lookup(
    ledger: Ledger, user: User | None, columns: list[Column], keys: list[tuple]
) -> dict[tuple, list[int]]:
    """Which visible records each key may mean, as {key: [pk, …]}; keys hold `comparable` values."""
    wanted = set(keys)
    if not wanted or not columns:
        return {}
    visible = acting.visible(ledger.base(), user).order_by()
    if by_name(ledger):
        return {(text,): pks for text, pks in natural.find(visible, [key[0] for key in wanted]).items()}
    # Narrow by the column that tells most apart, and compare the rest here.
    spread = [len({key[at] for key in wanted}) for at in range(len(columns))]
    choices = [
        at for at, column in enumerate(columns) if not isinstance(column.model_field, models.JSONField)
    ]
    narrow = max(choices, key=lambda at: spread[at])
    name = columns[narrow].model_field.attname
    values = sorted({key[narrow] for key in wanted if key[narrow] is not None}, key=str)
    attributes = [column.model_field.attname for column in columns]
    found: dict[tuple, list[int]] = defaultdict(list)

    def collect(rows: models.QuerySet) -> None:
        for pk, *parts in rows.values_list("pk", *attributes).iterator(2000):
            key = tuple(comparable(part) for part in parts)
            if key in wanted:
                found[key].append(pk)

    for start in range(0, len(values), PART):
        collect(visible.filter(**{f"{name}__in": values[start : start + PART]}))
    if any(key[narrow] is None for key in wanted):
        nothing = models.Q(**{f"{name}__isnull": True})
        if columns[narrow].model_field.empty_strings_allowed:
            nothing |= models.Q(**{name: ""})
        collect(visible.filter(nothing))
    return dict(found)
