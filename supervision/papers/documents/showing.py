"""A record's documents as its page shows them: those there are, and those that can be drafted now."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from supervision.flows.reach import label_of
from supervision.people.models import User
from supervision.people.records import Record

from . import contents, registry, services
from .flow import DRAFT
from .models import Document


def of_record(record: Record, user: User, limit: int = 20) -> dict[str, Any]:
    """For `documents/of_record.html`: the documents this reader sees, the newest first, and the kinds that
    this reader may draft at the point where the record has come to."""
    found = list(services.of(record).visible_to(user).order_by("-pk")[:limit])
    open_drafts = {document.code for document in found if document.status == DRAFT}
    label = label_of(type(record))
    kinds = [
        {"label": kind.label, "url": reverse("draft_document", args=[label, record.pk, kind.code])}
        for kind in registry.kinds_for(label)
        if user.roles & kind.drafters
        and kind.open_to(record, user)
        and kind.code not in open_drafts
        and kind.fits(record)
    ]
    return {"documents": found, "kinds": kinds}


def facts(document: Document) -> list[dict[str, Any]]:
    """What a document says, for its page: {label, text} or {label, heads, rows}; empty facts are left out."""
    made = []
    for name, label, parts in contents.described(document.kind.paper.contents):
        value = document.contents.get(name)
        if not value:
            continue
        if parts:
            rows = [[row.get(key, "") for key, _, _ in parts] for row in value]
            made.append({"label": label, "heads": [head for _, head, _ in parts], "rows": rows})
        else:
            made.append({"label": label, "text": "\n".join(value) if isinstance(value, list) else value})
    return made
