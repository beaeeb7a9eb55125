"""Incidents, emergency management, pipelines: what their records need in the generated tests."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from projects.models import Section
from safety.models import (
    Drill,
    DutyShift,
    EmergencyMaterial,
    EmergencyPlan,
    Incident,
    IncidentMeasure,
    IncidentReport,
    NearMiss,
    Neighbour,
    Pipeline,
    WeatherCheck,
    WeatherWarning,
)
from tests.contract.world import COLUMN_OF, Side, Values, fills, make

COLUMN_OF[WeatherWarning] = "area"


@fills(Incident)
def _(side: Side, number: int, given: Values) -> Values:
    happened = timezone.now() - timedelta(minutes=20)
    return {"section": side.section, "happened_at": happened, "known_at": happened + timedelta(minutes=1)}


@fills(IncidentReport)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": "follow"}


@fills(IncidentMeasure)
def _(side: Side, number: int, given: Values) -> Values:
    return {"due_by": timezone.localdate() + timedelta(days=30)}


@fills(NearMiss)
@fills(EmergencyPlan)
@fills(Drill)
@fills(EmergencyMaterial)
@fills(DutyShift)
@fills(Pipeline)
@fills(Neighbour)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section}


@fills(WeatherWarning)
def _(side: Side, number: int, given: Values) -> Values:
    issued = timezone.now() - timedelta(minutes=number)
    return {
        "district": side.district,
        "mode": side.mode,
        "issued_at": issued,
        "ends_at": timezone.now() + timedelta(days=1),
    }


@fills(WeatherCheck)
def _(side: Side, number: int, given: Values) -> Values:
    # A warning asks each section once.
    section = make(Section, side) if "warning" in given else side.section
    return {"section": section, "ends_at": timezone.now() + timedelta(days=1)}
