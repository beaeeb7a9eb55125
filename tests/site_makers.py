"""One plain record of each model that the ledgers of the site keep, for the tests generated over all ledgers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count

from safety.models import (
    Camp,
    CampNeighbour,
    DangerousWork,
    DeviceCertificate,
    FirstFacility,
    Machine,
    SafetyActivity,
    TemporaryFacility,
    Training,
    WorkerCertificate,
)
from supervision.flows import records
from supervision.people.records import Record

from . import factories

_numbers = count(1)


def of_section(model: type, **facts) -> Record:
    return records.create(model(section=factories.section(), **facts), factories.COMMAND)


def machine() -> Machine:
    return of_section(Machine, kind="tower_crane", code=f"00{next(_numbers)}", model_name="=1+1")


def camp() -> Camp:
    facts = {
        "address": "K1+200右侧",
        "whistleblower": "甲",
        "leave_when": "暴雨\n台风",
        "assembly_point": "北门",
    }
    return of_section(Camp, name=f"驻地{next(_numbers)}", sleepers=12, **facts)


def neighbour() -> CampNeighbour:
    facts = {"kind": "crane", "name": "1号塔吊", "height": Decimal("40.5"), "distance": Decimal("45.50")}
    return records.create(CampNeighbour(camp=camp(), **facts), factories.COMMAND)


def device_certificate() -> DeviceCertificate:
    facts = {"kind": "calibration", "device": "力矩限制器", "valid_until": date(2028, 2, 29)}
    row = DeviceCertificate(machine=machine(), number=f"00{next(_numbers)}", **facts)
    return records.create(row, factories.COMMAND)


def activity() -> SafetyActivity:
    owner = factories.organization("owner")
    facts = {"kind": "warning", "planned_on": date(2026, 6, 1), "organizer": owner}
    row = SafetyActivity(title="警示教育", project=factories.project(owner=owner), **facts)
    return records.create(row, factories.COMMAND)


MAKERS: dict[type, Callable[[], Record]] = {
    DangerousWork: lambda: of_section(
        DangerousWork, item="基坑开挖与支护", part="主墩", stakes="K0+500-K1+200", height=Decimal("4.25")
    ),
    TemporaryFacility: lambda: of_section(
        TemporaryFacility,
        kind="trestle",
        name="栈桥",
        calculated_on=date(2024, 2, 29),
        design_load=Decimal("12.5"),
    ),
    FirstFacility: lambda: of_section(
        FirstFacility,
        name="临边栏杆",
        part="2号墩",
        points="=cmd|' /C calc'!A0",
        completed_on=date(2024, 2, 29),
    ),
    Machine: machine,
    DeviceCertificate: device_certificate,
    WorkerCertificate: lambda: of_section(
        WorkerCertificate, holder="某甲", trade="electrician", number="0012", valid_until=date(2027, 1, 2)
    ),
    Camp: camp,
    CampNeighbour: neighbour,
    Training: lambda: of_section(
        Training,
        kind="entry",
        topic="三级教育",
        held_on=date(2024, 2, 29),
        hours=Decimal("1.5"),
        lecturer="甲",
        expected=10,
        attended=9,
    ),
    SafetyActivity: activity,
}
