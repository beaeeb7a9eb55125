"""What somebody should be reminded of although no step waits for them. The desk, which lies above, tells them.

Of the portal as a whole, asked for every morning:

    @reminder
    def spot_checks(day):
        yield Reminder("spot-checks:2026", "尚未抽取", roles=frozenset({Role.BUREAU_STAFF}))

Of one record, by a job that knows whom it concerns:

    remind(people, "calibration:7:30", "检定校准还有30天到期", machine)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.dispatch import Signal

from supervision.people.records import Record


@dataclass(frozen=True)
class Reminder:
    """One message to everybody who holds one of `roles`; nobody gets it twice under the same `key`."""

    key: str
    title: str
    roles: frozenset[str]
    body: str = ""
    url: str = ""


Source = Callable[[date], Iterable[Reminder]]
_sources: list[Source] = []


def reminder(function: Source) -> Source:
    """Register a function that tells what is to be reminded of on a day."""
    if function not in _sources:
        _sources.append(function)
    return function


def due(day: date) -> Iterator[Reminder]:
    """All reminders of a day."""
    for source in _sources:
        yield from source(day)


# Sent with `users`, `key`, `title`, `body`, `record`, `red`; the desk listens.
reminded = Signal()


def remind(
    users: Iterable[int], key: str, title: str, record: Record, *, body: str = "", red: bool = False
) -> None:
    """Tell these persons (by id), as far as they see `record`, once under `key`: a rerun tells nobody twice."""
    reminded.send(type(record), users=set(users), key=key, title=title, body=body, record=record, red=red)
