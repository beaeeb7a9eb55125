"""Laboratories, tests, materials, defects and incidents."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from quality.models import (
    Authorisation,
    Calibration,
    DataQuestion,
    DurabilityCheck,
    Equipment,
    Laboratory,
    MaterialBatch,
    MaterialUse,
    QualityDefect,
    QualityIncident,
    Sample,
    SupplierAssessment,
    Test,
)
from quality.rules import LIMITS, PARAMETERS
from supervision.rules.shipped import rule
from tests import testing
from tests.contract.world import Side, Values, fills


def laboratory(side: Side) -> Laboratory:
    """The side's own site laboratory, filed and authorised."""
    found = Laboratory.objects.filter(section=side.section, name__startswith="工地试验室", status="active")
    return found.first() or testing.laboratory(side.section, side.offices["laboratory"])


def parameter(number: int, *, of: Laboratory | None = None) -> str:
    """A parameter of concrete of its own, for which limits and an authorisation stand."""
    name = f"契约参数{number}"
    for code, key, row in (
        (
            PARAMETERS,
            "parameters",
            {
                "name": name,
                "material": "水泥混凝土",
                "unit": "MPa",
                "specimens": 3,
                "representative": "mean",
                "places": 1,
                "minutes": 6,
                "machine": 2,
                "age": 0,
            },
        ),
        (LIMITS, "limits", {"parameter": name, "grade": "C30", "low": "30"}),
    ):
        rules = rule(code)
        rules.content[key].append(row)
        rules.save()
    if of is not None:
        testing.authorise(of.parent, name)
        testing.authorise(of, name)
    return name


@fills(Laboratory)
def _(side: Side, number: int, given: Values) -> Values:
    if given.get("section", side.section) is None:
        return {}
    return {"parent": testing.laboratory(office=side.offices["laboratory"]), "section": side.section}


@fills(Authorisation)
def _(side: Side, number: int, given: Values) -> Values:
    whose = given.get("laboratory") or laboratory(side)
    name = parameter(number)
    if whose.parent_id:
        testing.authorise(whose.parent, name)
    return {"laboratory": whose, "parameter": name, "since": testing.SINCE}


@fills(Equipment)
def _(side: Side, number: int, given: Values) -> Values:
    return {"laboratory": laboratory(side)}


@fills(Calibration)
def _(side: Side, number: int, given: Values) -> Values:
    machine = {} if "equipment" in given else {"equipment": testing.machine(laboratory(side), None)}
    return machine | {"calibrated_on": testing.SINCE, "valid_until": testing.SINCE + timedelta(days=number)}


@fills(Sample)
def _(side: Side, number: int, given: Values) -> Values:
    of = given.get("batch")
    return {"material": of.material if of else "水泥混凝土", "grade": of.grade if of else "C30"}


@fills(Test)
def _(side: Side, number: int, given: Values) -> Values:
    section = given.get("section", side.section)
    by = laboratory(side) if section == side.section else testing.laboratory(section)
    day = testing.SINCE + timedelta(days=400 + number % 1000)
    sample = given.get("sample")
    if sample is not None:
        testing.put(sample, "received")
        sample.status = "received"
        sample.sampled_on = testing.SINCE
    return {
        "sample": sample or testing.sample(section, sampled_on=testing.SINCE),
        "laboratory": by,
        "parameter": parameter(number, of=by),
        "started_at": testing.at(day),
        "finished_at": testing.at(day, 10),
        "measured": "35.2、36.1、34.8",
    }


@fills(DataQuestion)
def _(side: Side, number: int, given: Values) -> Values:
    return {"laboratory": laboratory(side), "key": f"k{number}", "statistic": Decimal(1), "test_ids": []}


@fills(DurabilityCheck)
def _(side: Side, number: int, given: Values) -> Values:
    return {
        "component": "梁板",
        "indicator": "cover",
        "design": Decimal(40),
        "measured": "41、42、44、38",
    }


@fills(SupplierAssessment)
def _(side: Side, number: int, given: Values) -> Values:
    return {"quarter": f"20{number // 4 % 25:02}-Q{number % 4 + 1}"}


@fills(MaterialBatch)
def _(side: Side, number: int, given: Values) -> Values:
    return {"material": "支座", "unit": "个", "quantity": Decimal(20)}


@fills(MaterialUse)
def _(side: Side, number: int, given: Values) -> Values:
    batch = given.get("batch") or testing.batch(side.section, material="支座", quantity=Decimal(1000))
    day = timezone.localdate()
    testing.put(batch, "released", released_on=testing.SINCE, quantity=Decimal(1000))
    batch.status, batch.quantity = "released", Decimal(1000)
    return {"batch": batch, "used_on": day, "quantity": Decimal("0.5")}


@fills(QualityDefect)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section, "source_label": None, "source_id": None}


@fills(QualityIncident)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section, "happened_at": timezone.now().replace(microsecond=0, second=0)}
