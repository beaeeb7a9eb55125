"""Records of duties: of the contractor of a side."""

from __future__ import annotations

from datetime import date, timedelta

from supervision.people.models import Organization
from supervision.plan.models import Duty, DutyBinding, DutyDue, Fulfilment, UnitTerm
from tests.contract.world import COLUMN_OF, Side, Values, fills, make

COLUMN_OF |= {Fulfilment: "unit", DutyDue: "unit"}


@fills(Duty)
def _(side: Side, number: int, given: Values) -> Values:
    return {"per": "quarter", "at_least": 1, "cites": []}


@fills(DutyBinding)
def _(side: Side, number: int, given: Values) -> Values:
    # A day comes round again, a duty does not; and nothing of a hundred past years is computed for each binding.
    duty = {} if "duty" in given else {"duty": make(Duty, side)}
    since = date(2026, 1, 1) + timedelta(days=number % 300)
    return duty | {"kind": "", "organization": side.offices["contractor"], "since": since}


@fills(UnitTerm)
def _(side: Side, number: int, given: Values) -> Values:
    unit = {} if "organization" in given else {"organization": make(Organization, side)}
    return unit | {"since": date(2020, 1, 1), "until": None, "successor": None}


@fills(Fulfilment)
def _(side: Side, number: int, given: Values) -> Values:
    return {"words": f"第{number}次"}


@fills(DutyDue)
def _(side: Side, number: int, given: Values) -> Values:
    duty = {} if "duty" in given else {"duty": make(Duty, side)}
    return duty | {
        "year": 2025,
        "per": "year",
        "first": date(2025, 1, 1),
        "last": date(2025, 12, 31),
        "needed": 1,
    }
