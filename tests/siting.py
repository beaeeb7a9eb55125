"""What the tests of the site share: dangerous works on their way, machines with certificates, camps."""

from __future__ import annotations

from datetime import date

from safety.models import Camp, DangerousWork, DeviceCertificate, Machine, Training
from safety.site import clauses
from supervision.flows import records
from supervision.flows.perform import perform

from .factories import COMMAND
from .safety import Site, paper

PIT = {"item": "基坑开挖与支护", "part": "主墩基坑", "height": "4"}
GIVEN = {
    "make": {"scheme_title": "专项方案", "maker": "甲"},
    "review": {"reviewer": "乙"},
    "argue": {"argument_result": "passed"},
    "check": {"site_supervisor": "丙"},
}
BY_SUPERVISOR = {"approve", "check", "accept"}


def work(site: Site, **facts) -> DangerousWork:
    """A pit just listed by the contractor, with the papers its steps ask for; of experts only above 5 m."""
    row = DangerousWork(section=site.section, **(PIT | facts))
    made = records.create(row, site.actor("contractor"))
    for kind in ("专项施工方案", "专家论证报告", "验收记录"):
        paper(made, kind)
    return made


def act(site: Site, record, name: str, role: str = "", **data):
    """One step by whoever takes it, with what it asks for."""
    step = name.split("_to_")[0]
    role = role or ("supervisor" if step in BY_SUPERVISOR else "contractor")
    data = {"opinion": "理由"} | GIVEN.get(step, {}) | data
    return perform(type(record).objects.get(pk=record.pk), name, site.actor(role), data)


def walk(site: Site, record: DangerousWork, *steps: str) -> DangerousWork:
    """Several steps one after the other; what a step needs beforehand is seen to."""
    for name in steps:
        if name == "disclose":
            disclosure(site, record)
        elif name == "check":
            meet(site, record)
        record = act(site, record, name)
    return record


def disclosure(site: Site, record: DangerousWork, **facts) -> Training:
    facts = {"topic": "交底", "lecturer": "甲", "expected": 10, "attended": 10} | facts
    row = Training(section=site.section, work=record, kind="disclosure", **facts)
    return records.create(row, site.actor("contractor"))


def meet(site: Site, subject) -> None:
    """Every clause of the last round answered 符合."""
    for row in clauses.rows_of(subject).exclude(status="met"):
        perform(row, "meet", site.actor("supervisor"), {})


def machine(site: Site, **facts) -> Machine:
    facts = {"kind": "tower_crane", "code": "T1", "model_name": "QTZ80", "registration": "R1"} | facts
    return records.create(Machine(section=site.section, **facts), site.actor("contractor"))


def certificate(site: Site, owner: Machine, valid_until: date, **facts) -> DeviceCertificate:
    facts = {"kind": "inspection", "number": "J1"} | facts
    row = DeviceCertificate(machine=owner, valid_until=valid_until, **facts)
    return records.create(row, site.actor("contractor"))


def camp(site: Site, sleepers: int = 9, **facts) -> Camp:
    facts = {
        "name": "驻地",
        "address": "K1",
        "whistleblower": "甲",
        "leave_when": "暴雨",
        "assembly_point": "北门",
    } | facts
    row = Camp(section=site.section, sleepers=sleepers, **facts)
    return perform(records.create(row, COMMAND), "submit", site.actor("contractor"), {})
