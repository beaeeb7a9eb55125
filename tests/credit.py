"""What the tests of credit share: subjects, records on their way, a year evaluated."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from integrity.models import (
    CreditAppeal,
    CreditEvaluation,
    CreditListing,
    CreditOrigin,
    CreditProposal,
    CreditRecord,
    CreditRepair,
    CreditSubject,
    CreditUnit,
    ExternalGrade,
    InspectionAdvice,
)
from supervision.flows import records
from supervision.papers import services as papers
from supervision.people import history_guard
from supervision.people.models import Organization
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.uscc import make_uscc

from . import factories, incidents
from .factories import COMMAND

_numbers = count(1)
HIGHWAY = "credit-glsg"
# A clause of other behaviour that costs five points.
FIVE = "公路施工 GSQB2-2 拒签不良行为认定书或整改通知"
DIRECT = "公路施工 GLSG1-4 串通投标"


def code(number: int) -> str:
    """A credit code that no other number gives."""
    return make_uscc(f"91321300{number:09}")


def enterprise(kind: str = "contractor", family: str = HIGHWAY, **facts) -> CreditSubject:
    number = next(_numbers)
    office = facts.pop("organization", None) or factories.organization(kind, uscc=code(number))
    return records.create(CreditSubject(organization=office, family=family, **facts), COMMAND)


def tester(**facts) -> CreditSubject:
    number = next(_numbers)
    facts = {
        "kind": "person",
        "name": f"演示甲{number}",
        "post": "试验检测师",
        "certificate": f"JC{number:06}",
        "family": "credit-jcry",
    } | facts
    return records.create(
        CreditSubject(organization=factories.organization("laboratory", uscc=code(number)), **facts), COMMAND
    )


def put(record, **facts):
    """The record with other columns, written past the flow."""
    with history_guard.writer():
        type(record)._base_manager.filter(pk=record.pk).update(**facts)
    return type(record)._base_manager.get(pk=record.pk)


def paper(record, kind: str = "认定文书"):
    papers.attach(record, SimpleUploadedFile("r.txt", b"r"), kind, COMMAND)
    return record


def bid(subject: CreditSubject, year: int, name: str = "", **facts) -> CreditUnit:
    return unit(subject, year, "bid", name, **facts)


def performance(subject: CreditSubject, year: int, price: Any, name: str = "", **facts) -> CreditUnit:
    return unit(subject, year, "performance", name, price=Decimal(price), **facts)


def unit(subject: CreditSubject, year: int, kind: str, name: str = "", **facts) -> CreditUnit:
    name = name or f"单元{next(_numbers)}"
    made = CreditUnit(subject=subject, family=subject.family, year=year, kind=kind, name=name, **facts)
    return records.create(made, COMMAND)


def draft(subject: CreditSubject, item: str = FIVE, **facts) -> CreditRecord:
    return records.create(CreditRecord(subject=subject, item=item, description="经查属实", **facts), COMMAND)


def effective(subject: CreditSubject, item: str = FIVE, **facts) -> CreditRecord:
    """A record in effect since the day it was decided."""
    made = draft(subject, item, **facts)
    made.enter(made.decided_on, made.decided_on)
    names = ("notice_from", "notice_until", "effect_from", "effect_until", "public_until")
    return put(made, status="effective", **{name: getattr(made, name) for name in names})


def opened(subject: CreditSubject, year: int, family: str = "") -> CreditEvaluation:
    one = CreditEvaluation(subject=subject, family=family or subject.family, year=year)
    return records.create(one, COMMAND)


def published(subject: CreditSubject, year: int, grade: str, **facts) -> CreditEvaluation:
    """A result as it stands published, whatever it came from."""
    days = {"published_on": date(year + 1, 3, 20), "valid_until": date(year + 2, 3, 19)}
    facts = (
        {"status": "published", "grade": grade, "basis": "score", "rules": rule(subject.family)}
        | days
        | facts
    )
    return put(opened(subject, year), **facts)


def no_waiting() -> RuleSet:
    """A version of the procedure, in force from today, whose terms are over at once."""
    content = rule("credit-procedure").content | {"objection_days": -1, "notice_days": -1}
    return RuleSet.objects.get_or_create(
        code="credit-procedure",
        version="不候",
        defaults={"title": "程序", "effective_from": timezone.localdate(), "content": content},
    )[0]


# ----------------------------------------------------------------- for the generated tests of sheets and contract


def external() -> ExternalGrade:
    subject = enterprise()
    facts = {
        "uscc": subject.organization.uscc,
        "family": HIGHWAY,
        "year": 2024,
        "scope": "province",
        "grade": "A",
    }
    return records.create(ExternalGrade(authority="演示省厅", **facts), COMMAND)


def proposal(subject: CreditSubject | None = None, **facts) -> CreditProposal:
    number = next(_numbers)
    facts = {
        "kind": "deduction",
        "trigger": "incident",
        "reason": "责任事故",
        "key": f"k{number}",
        "item": FIVE,
    } | facts
    return records.create(CreditProposal(subject=subject or enterprise(), **facts), COMMAND)


MAKERS = {
    CreditSubject: enterprise,
    CreditOrigin: lambda: records.create(
        CreditOrigin(subject=enterprise(), predecessor=enterprise(), kind="merge", on=date(2024, 5, 6)),
        COMMAND,
    ),
    CreditUnit: lambda: performance(enterprise(), 2024, "1200.5"),
    ExternalGrade: external,
    CreditRecord: lambda: draft(enterprise()),
    CreditAppeal: lambda: records.create(
        CreditAppeal(record=effective(enterprise()), grounds="=1+1"), COMMAND
    ),
    CreditRepair: lambda: records.create(
        CreditRepair(record=effective(enterprise()), done="已改正"), COMMAND
    ),
    CreditEvaluation: lambda: opened(enterprise(), 2024),
    CreditListing: lambda: records.create(
        CreditListing(subject=enterprise(), kind="black", reason="处罚"), COMMAND
    ),
    CreditProposal: proposal,
    InspectionAdvice: lambda: records.create(InspectionAdvice(subject=enterprise(), year=2024), COMMAND),
}


def subject_of(side) -> CreditSubject:
    """An enterprise below the side's contractor, at work on the side's section."""
    number = next(_numbers)
    office = Organization(
        name=f"契约信用{side.name}{number}",
        kind="contractor",
        parent=side.offices["contractor"],
        uscc=code(900_000 + number),
    )
    records.create(office, COMMAND)
    factories.participation(side.section, office, "contractor", since=date(2019, 1, 1))
    return enterprise(organization=office)


def record_variants(world, side) -> list[CreditRecord]:
    no_waiting()
    unit = side.offices["owner"]
    return [
        paper(draft(subject_of(side), recording_unit=unit)),
        put(draft(subject_of(side), recording_unit=unit), revoked_on=date(2024, 3, 4)),
    ]


def evaluation_variants(world, side) -> list[CreditEvaluation]:
    no_waiting()
    subject = subject_of(side)
    bid(subject, 2024)
    return [opened(subject, 2024)]


def appeal_variants(world, side) -> list[CreditAppeal]:
    subject = subject_of(side)
    one = put(opened(subject, 2024), status="sent", objection_until=date(2025, 3, 4))
    about = ({"record": effective(subject)}, {"evaluation": one})
    return [records.create(CreditAppeal(grounds="不属实", **facts), COMMAND) for facts in about]


def repair_variants(world, side) -> list[CreditRepair]:
    year_ago = timezone.localdate() - timedelta(days=300)
    held = effective(subject_of(side), decided_on=year_ago)
    return [records.create(CreditRepair(record=held, done="已改正"), COMMAND)]


def listing_variants(world, side) -> list[CreditListing]:
    made = CreditListing(subject=subject_of(side), kind="black", reason="处罚")
    return [records.create(made, COMMAND)]


VARIANTS = {
    CreditRecord: record_variants,
    CreditEvaluation: evaluation_variants,
    CreditAppeal: appeal_variants,
    CreditRepair: repair_variants,
    CreditListing: listing_variants,
    CreditProposal: lambda world, side: [
        proposal(subject_of(side)),
        proposal(subject_of(side), kind="joint", item=""),
    ],
    InspectionAdvice: lambda world, side: [
        records.create(InspectionAdvice(subject=subject_of(side), year=2024), COMMAND)
    ],
}


# ------------------------------------------------------------------------------------------------------ incidents


def site(subject: CreditSubject):
    """A section that the subject builds."""
    section = factories.section(contract_price=Decimal(1000))
    factories.participation(section, subject.organization)
    return section


def accident(section, *, liable: bool = True, **facts):
    """An incident, by default found to be 责任事故 by an approved investigation."""
    made = incidents.incident(section, **facts)
    if liable:
        made = put(made, liability="liable", replied_on=timezone.localdate())
    return made
