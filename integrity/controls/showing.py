"""The records behind a question, as its page lists them."""

from __future__ import annotations

from collections import defaultdict

from supervision.flows.reach import model_named
from supervision.ledgers.registry import ledger_for
from supervision.people.models import User


def records_of(found: list, user: User) -> list[dict]:
    """The records of a question with their ledger and, where the reader may open it, their address: one statement
    for each kind of record."""
    by_model = defaultdict(set)
    for label, pk, _ in found:
        by_model[label].add(pk)
    seen, ledgers = {}, {}
    for label, pks in by_model.items():
        model = model_named(label)
        ledger = ledger_for(model)
        if ledger is not None and ledger.may_view(user):
            ledgers[label] = ledger
            seen[label] = set(ledger.queryset(user).filter(pk__in=pks).values_list("pk", flat=True))
    return [
        {
            "title": title,
            "ledger": ledgers[label].label if label in ledgers else "",
            "url": ledgers[label].record_url(pk) if pk in seen.get(label, ()) else "",
        }
        for label, pk, title in found
    ]
