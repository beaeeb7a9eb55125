"""Enterprises, routes: what their records need in the generated tests."""

from __future__ import annotations

from projects.models import Enterprise, Route
from tests.contract.world import COLUMN_OF, Side, Values, fills

# Centres supervise the sectors of works here, and so see neither.
COLUMN_OF[Enterprise] = COLUMN_OF[Route] = "objects"


@fills(Enterprise)
def _(side: Side, number: int, given: Values) -> Values:
    return {"mode": "port", "district": side.district, "owner": side.offices["owner"], "level": "county"}


@fills(Route)
def _(side: Side, number: int, given: Values) -> Values:
    return {
        "mode": "infrastructure",
        "route": f"X{number % 9000 + 100}",
        "stakes": "K0+500-K5+100",
        "district": side.district,
        "owner": side.offices["owner"],
        "level": "county",
    }
