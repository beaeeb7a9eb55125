"""What the tests of laboratories, materials and defects share: a laboratory with its machine, samples, results."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from quality.models import (
    Authorisation,
    Calibration,
    DurabilityCheck,
    Equipment,
    Laboratory,
    MaterialBatch,
    MaterialUse,
    QualityDefect,
    QualityIncident,
    Sample,
    Supplier,
    SupplierAssessment,
    Test,
)
from quality.rules import SUPPLIERS
from supervision.flows import records
from supervision.people.models import Organization
from supervision.rules.shipped import rule

from . import factories, safety
from .factories import COMMAND
from .safety import paper

_numbers = count(1)
SINCE = date(2020, 1, 1)
CONCRETE = "混凝土抗压强度（28d）"
STEEL = ("钢筋屈服强度", "钢筋抗拉强度", "钢筋断后伸长率")
KNOWN = (CONCRETE, *STEEL)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def put(record, status: str, **facts: Any):
    """The record as it stands in `status`, written past the flow but not past the history."""
    fresh = type(record)._base_manager.get(pk=record.pk)
    return records.update(fresh, {"status": status, **facts}, COMMAND, clean=False)


def laboratory(section=None, office: Organization | None = None, **facts) -> Laboratory:
    """A filed institution, or with a section a site laboratory of one; authorised for concrete and steel."""
    office = office or factories.organization("laboratory")
    mother = Laboratory(name=f"检测机构{next(_numbers)}", organization=office, since=SINCE)
    mother = put(records.create(mother, COMMAND), "active")
    authorise(mother, *KNOWN)
    if section is None:
        return mother
    facts = {"name": f"工地试验室{next(_numbers)}", "since": SINCE, "grade": "综合乙级"} | facts
    site = Laboratory(organization=office, parent=mother, section=section, **facts)
    site = put(records.create(site, COMMAND), "active")
    authorise(site, *KNOWN)
    return site


def authorise(whose: Laboratory, *names: str, **facts) -> None:
    facts = {"since": SINCE} | facts
    rows = [Authorisation(laboratory=whose, parameter=name, **facts) for name in names]
    records.create_many(rows, COMMAND)


def machine(of: Laboratory, calibrated_until: date | None = date(2099, 1, 1), **facts) -> Equipment:
    facts = {"code": f"YQ-{next(_numbers)}", "name": "压力试验机"} | facts
    made = records.create(Equipment(laboratory=of, **facts), COMMAND)
    if calibrated_until:
        calibrate(made, calibrated_until)
    return Equipment.objects.get(pk=made.pk)


def calibrate(one: Equipment, until: date, since: date = SINCE, **facts) -> Calibration:
    facts = {"certificate": f"JZ-{next(_numbers)}", "agency": "计量所"} | facts
    return records.create(
        Calibration(equipment=one, calibrated_on=since, valid_until=until, **facts), COMMAND
    )


def supplier(**facts) -> Supplier:
    facts = {"name": f"供应商{next(_numbers)}号"} | facts
    return records.create(Supplier(**facts), COMMAND)


def batch(section, **facts) -> MaterialBatch:
    facts = {
        "material": "钢筋",
        "grade": "HRB400",
        "batch": f"L{next(_numbers)}",
        "quantity": 60,
        "unit": "t",
        "entered_on": date(2026, 3, 2),
    } | facts
    facts.setdefault("supplier", supplier())
    return records.create(MaterialBatch(section=section, **facts), COMMAND)


def sample(section, **facts) -> Sample:
    """One that the laboratory has received."""
    facts = {
        "material": "水泥混凝土",
        "grade": "C30",
        "purpose": "parallel",
        "part": "2号墩承台",
        "sampled_on": date(2026, 2, 1),
        "sampler": "取样员",
    } | facts
    return put(records.create(Sample(section=section, **facts), COMMAND), "received")


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def result(of: Sample, by: Laboratory, measured: str = "35.2、36.1、34.8", **facts) -> Test:
    """A test of 2 March 2026 that took an hour, unless told otherwise."""
    day = facts.pop("day", date(2026, 3, 2))
    facts = {
        "parameter": CONCRETE,
        "started_at": at(day),
        "finished_at": at(day) + timedelta(hours=1),
        "tester": "试验员",
    } | facts
    actor = facts.pop("actor", COMMAND)
    return records.create(Test(sample=of, laboratory=by, measured=measured, **facts), actor)


def steel(of: MaterialBatch, by: Laboratory, bad: str = "", **facts) -> list[Test]:
    """The three tests of a batch of HRB400 on one sample, the parameter `bad` failed."""
    bar = sample(of.section, material="钢筋", grade=of.grade, batch=of)
    good = dict(zip(STEEL, ("435、441", "598、602", "22.5、23.0"), strict=True))
    poor = dict(zip(STEEL, ("385、441", "520、602", "12.5、23.0"), strict=True))
    return [result(bar, by, (poor if name == bad else good)[name], parameter=name, **facts) for name in STEEL]


@dataclass
class Works(safety.Site):
    """A section with its units and people, and its site laboratory."""

    laboratory: Laboratory = field(init=False)

    def __post_init__(self):
        office = self.unit("laboratory")
        self.laboratory = laboratory(self.section, office)

    def defect(self, **facts) -> QualityDefect:
        """One just reported by the contractor."""
        facts = {"part": "3号墩", "description": "竖向裂缝两道"} | facts
        facts.setdefault("section", self.section)
        by = facts.pop("by", "contractor")
        return records.create(QualityDefect(project=self.section.project, **facts), self.actor(by))

    def verified(self, name: str = "verify", **facts) -> QualityDefect:
        made = self.defect(**facts)
        unit = made.responsible_unit_id
        return self.act(made, name, "inspector", category="裂缝", responsible_unit=unit)


def works(**facts) -> Works:
    made = safety.site(**facts)
    factories.participation(made.section, factories.organization("laboratory"), "laboratory")
    return Works(made.section)


def with_papers(record, *kinds: str):
    for kind in kinds:
        paper(record, kind)
    return record


def supplier_variants() -> list[Supplier]:
    """For the generated tests: one that may ask to come back on the day it was removed."""
    rules = rule(SUPPLIERS)
    rules.content["removal_months"] = 0
    rules.save()
    return [with_papers(supplier(), "整改材料")]


def batch_variants(side) -> list[MaterialBatch]:
    """For the generated tests: one with its certificate, and one of a removed supplier that was let in."""
    plain = batch(side.section, material="支座", grade="GYZ", unit="个")
    gone = put(supplier(), "removed", removed_on=SINCE, reason="不合格")
    let_in = batch(side.section, material="支座", grade="GYZ", supplier=gone, overrule_reason="已订货")
    return [with_papers(plain, "质量证明书"), let_in]


def defect_variants(side) -> list[QualityDefect]:
    """For the generated tests: the kinds of defect between which the flow's conditions tell apart."""
    early = date(2024, 3, 4)
    common = {
        "found_on": early,
        "project": side.project,
        "part": "3号墩",
        "description": "裂缝",
        "measures": "压浆",
        "responsible_unit": side.offices["contractor"],
    }
    of_section = {**common, "section": side.section}
    halted = {"suspended_on": early, "suspended_by_role": "bureau_staff", "resume_applied_on": early}
    rows = [
        {**of_section, "source": "self_check"},
        {**of_section, "grade": "serious"},
        {
            **of_section,
            "grade": "serious",
            "listed_on": early,
            "listed_by_role": "bureau_staff",
            **halted,
        },
        {**of_section, "grade": "general", **halted, "resume_applied_on": None},
        {**common, "grade": "general"},
    ]
    made = [records.create(QualityDefect(**row), COMMAND) for row in rows]
    for defect in made[1:]:
        for kind in ("整改照片", "检测报告", "验收记录", "现场复查记录"):
            paper(defect, kind)
    return made


def _of_section(model, **facts):
    return records.create(model(section=factories.section(), **facts), COMMAND)


def _institution() -> Laboratory:
    office = factories.organization("laboratory")
    return records.create(
        Laboratory(name=f"检测机构{next(_numbers)}", organization=office, since=SINCE), COMMAND
    )


def _result() -> Test:
    one = sample(factories.section())
    return result(one, laboratory(one.section))


def _use() -> MaterialUse:
    lot = batch(factories.section(), material="支座", grade="GYZ")
    lot = put(lot, "released", released_on=date(2026, 3, 2))
    facts = {"part": "2号墩", "quantity": Decimal("1.5"), "used_on": date(2026, 3, 3)}
    return records.create(MaterialUse(batch=lot, **facts), COMMAND)


# One plain record of each model, for `factories.make`.
MAKERS = {
    Laboratory: _institution,
    Authorisation: lambda: records.create(
        Authorisation(laboratory=_institution(), parameter=CONCRETE, since=SINCE), COMMAND
    ),
    Equipment: lambda: machine(_institution(), None),
    Calibration: lambda: calibrate(machine(_institution(), None), date(2027, 2, 28)),
    Sample: lambda: _of_section(
        Sample, material="水泥混凝土", grade="C30", part="=1+1", sampled_on=SINCE, sampler="张三"
    ),
    Test: _result,
    DurabilityCheck: lambda: _of_section(
        DurabilityCheck,
        component="梁板",
        part="1号梁",
        indicator="cover",
        design=40,
        measured="41、38.5",
        checked_on=SINCE,
    ),
    Supplier: supplier,
    MaterialBatch: lambda: batch(factories.section()),
    MaterialUse: _use,
    SupplierAssessment: lambda: _of_section(
        SupplierAssessment,
        supplier=supplier(),
        quarter="2026-Q1",
        quality=80,
        delivery=Decimal("75.5"),
        papers=90,
        service=100,
    ),
    QualityDefect: lambda: factories.of_section(
        QualityDefect, part="3号墩", description="裂缝", stakes="K1+200"
    ),
    QualityIncident: lambda: factories.of_section(
        QualityIncident,
        part="盖梁",
        description="开裂",
        happened_at=at(SINCE),
        loss=Decimal("1200000.50"),
    ),
}
