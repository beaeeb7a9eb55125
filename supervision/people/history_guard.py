"""No write without history: records may be written only while a history writer is open.

`supervision.flows.history` opens the writer and adds the Event in the same transaction. Code that calls
`record.save()` or `Model.objects.update()` past it fails at once, in a page as in a job or an import.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_open: ContextVar[bool] = ContextVar("history_writer_open", default=False)


class HistoryRequired(RuntimeError):
    """A record was written outside a history writer; use supervision.flows.records."""


def check(model: type) -> None:
    """Raise HistoryRequired when `model` keeps history and no writer is open."""
    if getattr(model, "keeps_history", False) and not _open.get():
        raise HistoryRequired(f"{model._meta.label} is written only through supervision.flows.records")


@contextmanager
def writer() -> Iterator[None]:
    """Allow writes to records inside the block. Only the history room opens it."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)
