"""The base of every business record: scoped, versioned, and written only with history."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from . import history_guard
from .scope import Scoped


class Record(Scoped):
    """A row with a history.

    `version` counts writes: a form or a transition says which version it saw, and the second of two
    people who saw the same one is told. `created_by` is filled by the history writer.
    """

    keeps_history: ClassVar[bool] = True
    # Columns whose value never enters history (the event says only that it changed).
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    # Columns that bookkeeping may write without an event (sign-in times, derived keys).
    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"version", "created_at", "updated_at"})

    # Role codes whose holders are told in red, where they see it, as soon as a record is filed.
    tells: ClassVar[frozenset[str]] = frozenset()

    version = models.PositiveIntegerField("版本", default=1, editable=False)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        fields = kwargs.get("update_fields")
        if fields is None or not set(fields) <= self.unrecorded_fields:
            history_guard.check(type(self))
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        history_guard.check(type(self))
        return super().delete(*args, **kwargs)

    def before_create(self, actor) -> None:
        """Called by the history writer inside the transaction, before a new record is saved."""

    def before_update(self, before: dict) -> None:
        """Called by the history writer before a changed record is saved; `before` maps field names to old
        values. For facts that follow from a change, such as keeping a former name."""

    def before_delete(self) -> None:
        """Called by the history writer inside the transaction, before a record is removed."""

    def after_write(self, changes: dict, actor) -> None:
        """Called inside the transaction once the record and its event are written; `changes` maps field
        names to [before, after]. For rows derived from this one."""
