"""What can be found: one row of text for each record of a searched ledger."""

from __future__ import annotations

from django.db import models
from django.db.models import Index, Q

from supervision.people.scope import NOTHING, Reach, Scoped


class SearchEntry(Scoped):
    """The words of one record as they are looked for. Derived from the record, and made anew where it is missing or
    older: it answers which records may fit, never who may see them.

    `text` holds the record's own texts, folded (`fold`) and each between bars, so that a whole field is `|field|`.
    `version` is the record's when the text was made.
    """

    model = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    # Where the record lies, as far as it does: to find by a project's name, and to pass over what is out of reach.
    project_id = models.BigIntegerField(null=True)
    section_id = models.BigIntegerField(null=True)
    text = models.TextField()

    class Meta:
        verbose_name = "检索条目"
        constraints = [
            models.UniqueConstraint(fields=["model", "object_id"], name="desk_search_once"),
        ]
        # On PostgreSQL a third one over the pairs of signs, see the migration.
        indexes = [
            Index(fields=["project_id", "-id"], name="desk_search_project"),
            Index(fields=["section_id", "-id"], name="desk_search_section"),
        ]

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """Nobody reads the entries themselves."""
        return NOTHING

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}"
