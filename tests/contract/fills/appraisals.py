"""Records of the yearly appraisal: a draft is the bureau's, what was sent is the county's too."""

from __future__ import annotations

from decimal import Decimal

from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people.models import Organization
from supervision.plan.models import Appraisal, AppraisalItem, AppraisalObjection, AppraisalScheme
from tests.contract.world import COLUMN_OF, Side, Values, fills, make

COLUMN_OF |= {Appraisal: "city", AppraisalObjection: "snapshot"}


@fills(AppraisalItem)
def _(side: Side, number: int, given: Values) -> Values:
    rules = {"kind": "deduction", "marks": Decimal(10), "per_event": Decimal(1), "cap": Decimal(5)}
    return rules | {"fact": "duty.missed"}


@fills(Appraisal)
def _(side: Side, number: int, given: Values) -> Values:
    # A scheme appraises a unit once.
    scheme = {} if "scheme" in given else {"scheme": make(AppraisalScheme, side)}
    unit = make(Organization, side, kind="county", district=side.district)
    return scheme | {"organization": unit, "sheet": {"lines": [], "words": []}}


@fills(AppraisalObjection)
def _(side: Side, number: int, given: Values) -> Values:
    if "appraisal" in given:
        # The record that was given is the one that is asked.
        given["appraisal"].status = "sent"
        return {}
    sheet = {"lines": [{"code": "a", "lists": {}}], "words": []}
    sheet["lines"][0] |= {"dimension": "维度", "name": "内容", "kind": "veto", "events": "", "words": ""}
    sheet["lines"][0] |= {"marks": "0", "points": None, "share": None}
    row = make(Appraisal, side, sheet=sheet)
    return {"appraisal": perform(row, "send", Actor.of(bureau(), "page"))}


def bureau():
    from supervision.people.models import User

    return User.objects.get(username="c.bureau")
