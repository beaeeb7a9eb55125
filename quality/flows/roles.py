"""Who acts in the flows of works, and the days within which a rule set wants it done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils import timezone

from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import add_workdays
from supervision.rules.shipped import rule

AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
CONTRACTOR = frozenset({Role.CONTRACTOR})
SUPERVISOR = frozenset({Role.SUPERVISOR})
OWNER = frozenset({Role.OWNER})
DESIGNER = frozenset({Role.DESIGNER})
UNITS = CONTRACTOR | SUPERVISOR | OWNER | DESIGNER | {Role.LABORATORY}


def within(code: str, step: str) -> Callable[[object], date]:
    """A deadline: so many working days from today as the rule set says for the step."""
    return lambda record: add_workdays(timezone.localdate(), rule(code).content[step])


def dated(field: str) -> Callable:
    """An effect: the day the act happened, today unless one was given."""

    def effect(record, data: dict, actor) -> None:
        setattr(record, field, data.get(field) or timezone.localdate())

    return effect
