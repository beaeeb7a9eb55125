"""Documents that each party owes."""

from __future__ import annotations

from datetime import date

from projects.models import OwedDocument
from tests.contract.world import Side, Values, fills


@fills(OwedDocument)
def _(side: Side, number: int, given: Values) -> Values:
    return {
        "key": f"implementation_plan:made:{number}",
        "kind": "implementation_plan",
        "project": side.project,
        "section": side.section,
        "due_by": date(2026, 3, 31),
        "checker": "owner",
        "rules": None,
    }
