"""Records of the site: dangerous works, facilities, equipment, certificates, camps, training."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from safety.models import (
    Camp,
    CampNeighbour,
    DangerousWork,
    DeviceCertificate,
    FirstFacility,
    SafetyActivity,
    SiteClause,
    TemporaryFacility,
    Training,
    WorkerCertificate,
)
from safety.site import clauses
from supervision.flows import records
from supervision.papers.services import attach
from tests.contract.world import Side, Values, fills, make, makes, values_for
from tests.factories import COMMAND


def filed(record, *kinds: str) -> None:
    for kind in kinds:
        attach(record, SimpleUploadedFile(f"{kind}.txt", kind.encode()), kind, COMMAND)


def all_met(subject) -> None:
    clauses.begin_round(subject, COMMAND)
    for row in subject.clauses.all():
        records.update(row, {"status": "met"}, COMMAND, clean=False)


def made(model, side: Side, number: int) -> list:
    return records.create_many([model(**values_for(model, side)) for _ in range(number)], COMMAND)


@fills(DangerousWork)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section, "item": "基坑开挖与支护", "height": Decimal(6)}


@makes(DangerousWork)
def _(side: Side, number: int) -> list[DangerousWork]:
    """With all that its steps ask for: papers, a disclosure, the conditions met."""
    works = made(DangerousWork, side, number)
    for work in works:
        filed(work, "专项施工方案", "专家论证报告", "验收记录")
        all_met(work)
        facts = {"work": work, "kind": "disclosure", "held_on": timezone.localdate()}
        records.create(Training(**values_for(Training, side, **facts)), COMMAND)
    return works


@fills(TemporaryFacility)
def _(side: Side, number: int, given: Values) -> Values:
    return {
        "section": side.section,
        "kind": "scaffold",
        "calculated_by": "某验算单位",
        "calculated_on": timezone.localdate() - timedelta(days=9),
        "design_load": Decimal("0.5"),
    }


@makes(TemporaryFacility)
def _(side: Side, number: int) -> list[TemporaryFacility]:
    facilities = made(TemporaryFacility, side, number)
    for facility in facilities:
        filed(facility, "验算书", "验收记录", "荷载试验报告")
    return facilities


@fills(FirstFacility)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section, "completed_on": timezone.localdate() - timedelta(days=9)}


@fills(DeviceCertificate)
@fills(WorkerCertificate)
def _(side: Side, number: int, given: Values) -> Values:
    # Run out and reminded of, so that it may be renewed.
    return {"valid_until": timezone.localdate() - timedelta(days=5), "reminded": 0}


@makes(Camp)
def _(side: Side, number: int) -> list[Camp]:
    camps = made(Camp, side, number)
    for camp in camps:
        all_met(camp)
    return camps


@fills(CampNeighbour)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": "crane", "height": Decimal(30), "distance": Decimal(20)}


@fills(SiteClause)
def _(side: Side, number: int, given: Values) -> Values:
    if "work" in given or "camp" in given:
        return {"section": (given.get("work") or given.get("camp")).section, "category": "消防"}
    section = given.get("section", side.section)
    return {"section": section, "camp": make(Camp, side, section=section), "category": "消防"}


@fills(Training)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section, "expected": 20, "attended": 18}


@fills(SafetyActivity)
def _(side: Side, number: int, given: Values) -> Values:
    return {"project": side.project}
