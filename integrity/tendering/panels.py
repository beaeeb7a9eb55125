"""What of tendering, subcontracts and special funds stands on the pages of projects and sections."""

from __future__ import annotations

from supervision.ledgers.ledger import Panel
from supervision.ledgers.registry import add_panel


def add() -> None:
    """Called when the app starts."""
    add_panel("sections", Panel("tenders", "section", columns=("number", "title", "status", "awarded_on")))
    columns = ("number", "kind", "unit", "amount", "paid", "status")
    add_panel("sections", Panel("subcontracts", "section", columns=columns))
    columns = ("number", "fund", "year", "current", "executed", "status")
    add_panel("projects", Panel("fund-budgets", "project", columns=columns))
    columns = ("number", "source", "status", "deadline")
    add_panel("projects", Panel("fund-findings", "project", columns=columns))
