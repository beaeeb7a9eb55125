"""Conditions on a record's own columns, and on those of what it points to, written once as Q and asked both in SQL
and of a record in memory."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

NEVER = Q(pk__in=())

_tests = {
    "exact": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
    "isnull": lambda value, wanted: (value is None) == wanted,
    "lt": lambda value, wanted: value is not None and value < wanted,
    "lte": lambda value, wanted: value is not None and value <= wanted,
    "gt": lambda value, wanted: value is not None and value > wanted,
    "gte": lambda value, wanted: value is not None and value >= wanted,
}


def holds(condition: Q, record: Any) -> bool:
    """Whether `record` meets `condition`, without a query where what it points to is loaded (`text_joins`).

    Knows the record's own columns, and one step along a foreign key, with exact, in, isnull and the comparisons.
    Raises ValueError for anything else, so that a flow that could not be checked fails in its first test.
    """
    answers = (
        holds(part, record) if isinstance(part, Q) else _one(part, record) for part in condition.children
    )
    met = any(answers) if condition.connector == Q.OR and condition.children else all(answers)
    return met != condition.negated


def _one(part: tuple[str, Any], record: Any) -> bool:
    name, _, test = part[0].partition("__")
    keys = {column.name for column in record._meta.concrete_fields if column.many_to_one}
    if test and test not in _tests and name in keys:
        beyond = getattr(record, name)
        return beyond is not None and _one((test, part[1]), beyond)
    if (test or "exact") not in _tests:
        raise ValueError(f"a flow condition cannot use {part[0]!r}")
    if test == "isnull" and hasattr(record, f"{name}_id"):
        name = f"{name}_id"
    return _tests[test or "exact"](getattr(record, name), part[1])
