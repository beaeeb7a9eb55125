"""What of works stands on the pages of projects and sections."""

from __future__ import annotations

from projects import findings
from supervision.flows.reach import label_of
from supervision.ledgers.ledger import Panel
from supervision.ledgers.registry import add_panel

from ..models import GreenAnswer
from . import green_checks

# ledger, its column that names the project, the columns shown
OF_BOTH = (
    ("quality-persons", "project", ("section", "capacity", "post", "name", "since", "until", "status")),
    ("construction-schemes", "section__project", ("section", "title", "grade", "status")),
    ("first-articles", "section__project", ("section", "item", "status", "passed_on")),
    ("concealed-works", "section__project", ("number", "section", "part", "status", "accepted_on")),
)


def add() -> None:
    """Called when the app starts."""
    for slug, project, columns in OF_BOTH:
        add_panel("projects", Panel(slug, project, columns=columns))
        here = tuple(name for name in columns if name != "section")
        add_panel("sections", Panel(slug, "section", columns=here))
    add_panel("projects", Panel("design-reviews", "project"))
    add_panel("projects", Panel("innovations", "project", columns=("number", "title", "kind", "status")))
    add_panel("sections", Panel("crew-statements", "section", columns=("month", "workers", "gaps", "status")))
    findings.origins[label_of(GreenAnswer)] = findings.Origin("绿色施工检查", green_checks.origin)
