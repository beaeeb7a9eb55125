"""The filled portal: writing rows by COPY, and the people who look at them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from datetime import date, datetime
from io import StringIO
from typing import Any

from django.db import connection, models
from django.test import Client

PART = 20_000


class World:
    """What fills and scenarios share. `random` is seeded: the same rows come out every time.

    scale           1 for the full size
    day             the day everything is looked at
    bureau, county, contractor   signed-in clients, set by the fill that makes the people
    """

    def __init__(self, scale: float):
        self.scale = scale
        self.random = random.Random(69)
        self.day = date(2026, 6, 30)
        self.filled: dict[str, int] = {}
        self.people: dict[str, Any] = {}
        self.bureau: Client
        self.county: Client
        self.contractor: Client

    def scaled(self, number: int) -> int:
        return max(1, round(number * self.scale))

    def next_id(self, model: type[models.Model]) -> int:
        """The first number that is free; `copy` takes rows with their `id`."""
        return (model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0) + 1

    def copy(self, model: type[models.Model], rows: Iterable[dict[str, Any]]) -> int:
        """Write rows (by column name, every row the same columns) past every rule; returns how many.

        Columns that a row leaves out get the field's default, or NULL.
        """
        number, buffer, columns = 0, StringIO(), []
        rest = ""
        with connection.cursor() as cursor:

            def flush() -> None:
                buffer.seek(0)
                names = ", ".join(f'"{name}"' for name in columns)
                cursor.cursor.copy_expert(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', buffer)
                buffer.seek(0)
                buffer.truncate()

            for row in rows:
                if not columns:
                    left = [field for field in model._meta.concrete_fields if field.attname not in row]
                    columns = [*row, *(field.column for field in left if not field.primary_key)]
                    rest = "".join(
                        f"\t{text(moment_or_default(field))}" for field in left if not field.primary_key
                    )
                buffer.write("\t".join(map(text, row.values())) + rest + "\n")
                number += 1
                if number % PART == 0:
                    flush()
            if columns:
                flush()
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        name = model._meta.label
        self.filled[name] = self.filled.get(name, 0) + number
        return number

    def sign_in(self, person: Any) -> Client:
        """A client with this person signed in, as a browser would be."""
        client = Client(SERVER_NAME="localhost")
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client


NOON = datetime(2024, 1, 1, 4, tzinfo=None).isoformat() + "+00:00"


def moment_or_default(field: models.Field) -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return NOON
    value = field.get_default()
    return json.dumps(value) if isinstance(field, models.JSONField) else value


def text(value: Any) -> str:
    """A value as COPY's text format has it."""
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return str(value)
