"""Reports: of a district, made already with nothing found."""

from __future__ import annotations

from datetime import date

from supervision.plan.models import Report, ReportTemplate
from tests.contract.world import COLUMN_OF, Side, Values, fills

COLUMN_OF |= {Report: "area"}


@fills(ReportTemplate)
def _(side: Side, number: int, given: Values) -> Values:
    return {"title": f"专项报告{number}", "kind": "campaign", "number": 1}


@fills(Report)
def _(side: Side, number: int, given: Values) -> Values:
    # What a stored row has and a form does not ask for: a made report, so that the steps of its flow are open.
    return {
        "title": f"专项整治报告{number}",
        "first": date(2024, 3, 4),
        "last": date(2024, 5, 6),
        "as_of": date(2024, 5, 6),
        "district": side.district,
        "sector": side.mode,
        "made_at": None,
        "texts": {},
        "sums": [],
        "findings": [],
        "hints": [],
    }
