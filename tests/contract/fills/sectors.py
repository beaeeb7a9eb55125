"""Enterprises, routes, entered figures, service bodies: what their records need in the generated tests."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from projects.models import Enterprise, Route
from safety.models import (
    FigureSeries,
    SeriesValue,
    ServiceAssessment,
    ServiceBody,
    ServiceJob,
    ServiceListing,
    ServicePledge,
    ServiceWarning,
)
from safety.models.service_body import grounds
from supervision.flows import records
from supervision.people.models import Organization
from tests.contract.world import COLUMN_OF, Side, Values, fills, make
from tests.factories import COMMAND

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


# Figures of the sectors are the authorities'; a centre reads those of its own.
COLUMN_OF[FigureSeries] = COLUMN_OF[SeriesValue] = "series"


@fills(FigureSeries)
def _(side: Side, number: int, given: Values) -> Values:
    return {"sector": side.mode, "target_kind": "falls", "measure": "起", "every": "month"}


@fills(SeriesValue)
def _(side: Side, number: int, given: Values) -> Values:
    # Every month of some years; beyond them a series of its own keeps two values apart.
    series = {} if "series" in given else {"series": make(FigureSeries, side)}
    period = f"{2010 + number // 12 % 15}-{number % 12 + 1:02}"
    return {"period": period, "value": number % 50, "sourced_on": date(2026, 1, 5)} | series


@fills(ServiceBody)
def _(side: Side, number: int, given: Values) -> Values:
    body = {"organization": make(Organization, side, kind="service_body")}
    span = {"qualified_from": date(2000, 1, 1), "qualified_until": date(2099, 12, 31)}
    return {"scope": ["安全评价"]} | span | body


def pledge(body: ServiceBody) -> None:
    """The undertaking of this year, once."""
    today = timezone.localdate()
    if not body.pledges.filter(year=today.year).exists():
        made = ServicePledge(body=body, year=today.year, pledged_on=today, signer="甲")
        records.create(made, COMMAND)


def pledged(side: Side) -> ServiceBody:
    """A body that may be chosen today."""
    body = make(ServiceBody, side)
    pledge(body)
    return body


@fills(ServicePledge)
@fills(ServiceAssessment)
def _(side: Side, number: int, given: Values) -> Values:
    # One a year: a year of its own for each under one body, and none that `pledge` takes.
    return {"year": 2040 + number % 60}


@fills(ServiceJob)
def _(side: Side, number: int, given: Values) -> Values:
    if "body" in given:
        pledge(given["body"])
    body = {} if "body" in given else {"body": pledged(side)}
    return {"section": side.section, "topic": f"安全评价{number}"} | body


@fills(ServiceWarning)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": "interview", "meeting_at": "9时"}


@fills(ServiceListing)
def _(side: Side, number: int, given: Values) -> Values:
    # Of one's own body alone can be what the assessment is about.
    return {"ground": grounds()[0]} | ({"body": given["assessment"].body} if "assessment" in given else {})
