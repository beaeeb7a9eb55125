"""By when a step is to be done: so many working days from today, as a rule set of the bureau says."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from supervision.rules.calendar import add_workdays
from supervision.rules.shipped import rule


def step_end(code: str, step: str, begun: date | None = None) -> date:
    """The working day by which a step begun on `begun` (default today) is to be done, by the rule set `code`."""
    return add_workdays(begun or timezone.localdate(), rule(code).content["days"][step])
