"""Terms of objection, answer, notice, effect and publication."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from supervision.rules.calendar import add_workdays, months_after, workdays_between

ONE_DAY = timedelta(days=1)


def over(last: date | None, today: date) -> bool:
    """Whether a term whose last day is `last` has run out."""
    return last is None or today > last


def answer_by(filed: date, days: int, pauses: Iterable[tuple[date, date | None]], today: date) -> date:
    """The last day to answer: `days` working days after filing, and those of each pause added back.

    A pause runs from the day it was ordered (not counted against the answer) to the day before it was lifted; one
    that still runs lasts until today.
    """
    paused = sum(max(0, workdays_between(start - ONE_DAY, (end or today) - ONE_DAY)) for start, end in pauses)
    return add_workdays(filed, days + paused)


def last_of(start: date, months: int) -> date:
    """The last day of so many months that begin on `start`."""
    return months_after(start, months) - ONE_DAY


def effect_until(
    start: date, effect: str, penalty_until: date | None, nature: str, procedure: Mapping[str, Any]
) -> date:
    """The last day a record has effect: of a dynamic D a year, else the months of its nature; never before a
    penalty ends."""
    months = procedure["dynamic_months"] if effect == "D" else procedure["publish_months"][nature]
    return max(last_of(start, months), penalty_until or date.min)


def public_until(
    start: date, until: date, level: str, versions: Sequence[tuple[date, Mapping[str, Any]]]
) -> date | None:
    """The last day on which something bad is published; None when it is not published at all.

    versions   (day it takes effect, content) of the repair rules, the oldest first. Each is asked on the days it is
               in force: a longest term that a new version shortens ends what runs longer on the eve of that day.
    """
    end = None
    for at, (since, content) in enumerate(versions):
        ends = versions[at + 1][0] - ONE_DAY if at + 1 < len(versions) else date.max
        if ends < start:
            continue
        terms = content["levels"][level]
        if not terms["publish"]:
            break
        end = min(until, last_of(start, terms["most"]))
        if end < since and at:
            # Over by the new version before it began: published up to its eve.
            return since - ONE_DAY
        if end <= ends:
            return end
        end = ends
    return end


def repair_from(start: date, level: str, special: bool, content: Mapping[str, Any]) -> date:
    """The first day on which repair may be applied for."""
    months = content["levels"][level]["least"]
    if special:
        months = max(months, content["special_months"])
    return months_after(start, months)
