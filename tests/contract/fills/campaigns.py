"""Records of campaigns: phases of days of their own, problems that are closed."""

from __future__ import annotations

from datetime import date, timedelta

from safety.models import HiddenDanger
from supervision.flows import records
from supervision.flows.rectification import CLOSED
from supervision.plan import facts
from supervision.plan.models import (
    Campaign,
    CampaignChoice,
    CampaignFigure,
    CampaignMeasure,
    CampaignPhase,
    CampaignReport,
    LookBack,
)
from tests.contract.world import COLUMN_OF, Side, Values, fills, make
from tests.factories import COMMAND

COLUMN_OF |= {CampaignMeasure: "unit", CampaignReport: "unit", CampaignChoice: "city", LookBack: "city"}
BEGUN = date(1950, 1, 1)


@fills(Campaign)
def _(side: Side, number: int, given: Values) -> Values:
    return {"since": BEGUN, "until": date(2090, 1, 1)}


@fills(CampaignPhase)
def _(side: Side, number: int, given: Values) -> Values:
    day = BEGUN + timedelta(days=number)
    return {"first": day, "last": day}


@fills(CampaignReport)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": f"第{number}期报告"}


@fills(CampaignChoice)
def _(side: Side, number: int, given: Values) -> Values:
    return {"ledger": "hidden-dangers", "record_key": make(HiddenDanger, side).pk}


@fills(LookBack)
def _(side: Side, number: int, given: Values) -> Values:
    danger = make(HiddenDanger, side)
    records.update(danger, {"status": CLOSED}, COMMAND)
    return {"ledger": "hidden-dangers", "record_key": danger.pk}


@fills(CampaignFigure)
def _(side: Side, number: int, given: Values) -> Values:
    # A campaign has a figure once; there are more facts than rows of one campaign in any test.
    if "campaign" not in given:
        return {"campaign": make(Campaign, side)}
    codes = [code for code, _ in facts.choices()]
    return {"fact": codes[number % len(codes)]}
