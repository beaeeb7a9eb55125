"""Records of the yearly appraisal, sent to the county of a side."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people import history_guard
from supervision.people.models import Organization, User
from supervision.plan.models import Appraisal, AppraisalItem, AppraisalObjection, AppraisalScheme
from tests.contract.world import COLUMN_OF, Side, Values, fills, make

COLUMN_OF |= {Appraisal: "snapshot"}


@fills(AppraisalItem)
def _(side: Side, number: int, given: Values) -> Values:
    rules = {"kind": "deduction", "marks": Decimal(10), "per_event": Decimal(1), "cap": Decimal(5)}
    return rules | {"fact": "duty.missed"}


SHEET = {
    "words": [],
    "lines": [
        {
            "code": "a",
            "dimension": "维度",
            "name": "内容",
            "kind": "veto",
            "events": "",
            "words": "",
            "lists": {},
        }
        | {"marks": "0", "points": None, "share": None}
    ],
}


@fills(Appraisal)
def _(side: Side, number: int, given: Values) -> Values:
    # A scheme appraises a unit once.
    kept = {"sheet": SHEET, "sent_on": date(2026, 1, 5)}
    if "scheme" in given:
        return kept | {"organization": make(Organization, side, kind="county", district=side.district)}
    county = User.objects.get(username=f"c.county_{side.name.lower()}").organization
    return kept | {"scheme": make(AppraisalScheme, side), "organization": county}


@fills(AppraisalObjection)
def _(side: Side, number: int, given: Values) -> Values:
    if "appraisal" in given:
        with history_guard.writer():
            Appraisal._base_manager.filter(pk=given["appraisal"].pk).update(status="sent")
        return {}
    staff = User.objects.get(username="c.bureau")
    return {"appraisal": perform(make(Appraisal, side), "send", Actor.of(staff, "page"))}
