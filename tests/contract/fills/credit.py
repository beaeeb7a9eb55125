"""Credit: who sees a subject's, and what its records need in the generated tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

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
from supervision.people.models import Organization
from tests import credit, factories
from tests.contract.world import COLUMN_OF, PEOPLE, Side, Values, fills, make
from tests.factories import COMMAND

COLUMN_OF |= {
    CreditSubject: "credit",
    CreditRecord: "credit_recorded",
    CreditEvaluation: "credit_drafts",
    CreditListing: "credit_drafts",
    CreditRepair: "credit",
}
# The subject itself, the owners it works for, and the authorities; not who works beside it on a section.
SEEN = {
    "A B": ("bureau", "leader", "discipline", "inspector", "audit"),
    "A": ("centre_a", "county_a", "county_inspector_a", "owner_a", "contractor_a"),
    "B": ("centre_b", "county_b", "county_inspector_b", "owner_b", "contractor_b"),
}
for sides, names in SEEN.items():
    for name in names:
        PEOPLE[name] = replace(PEOPLE[name], credit=sides)

FAMILIES = ("credit-glsg", "credit-sysg", "credit-jjx", "credit-jjc")


@fills(CreditSubject)
def _(side: Side, number: int, given: Values) -> Values:
    office = make(
        Organization,
        side,
        parent=side.offices["contractor"],
        uscc=credit.code(500_000 + number),
        kind="contractor",
    )
    # Before the side's own contractor came, who still answers for the section.
    factories.participation(side.section, office, "contractor", since=date(2019, 1, 1))
    return {"organization": office, "family": "credit-glsg", "kind": "enterprise"}


@fills(CreditOrigin)
def _(side: Side, number: int, given: Values) -> Values:
    return {} if "predecessor" in given else {"predecessor": make(CreditSubject, side)}


@fills(CreditUnit)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": "bid", "family": "credit-glsg", "section": None}


@fills(ExternalGrade)
def _(side: Side, number: int, given: Values) -> Values:
    subject = given.get("subject") or make(CreditSubject, side)
    return {"uscc": subject.organization.uscc, "grade": "A", "family": "credit-glsg"}


@fills(CreditRecord)
def _(side: Side, number: int, given: Values) -> Values:
    facts = {"item": credit.FIVE, "given": None, "unit": None, "quantity": 1}
    return facts | {"recording_unit": side.offices["owner"]}


def noticed(side: Side, **facts) -> CreditRecord:
    """A record that its subject reads."""
    return records.update(make(CreditRecord, side, **facts), {"status": "noticed"}, COMMAND, clean=False)


@fills(CreditAppeal)
def _(side: Side, number: int, given: Values) -> Values:
    if {"record", "evaluation"} & set(given):
        return {}
    if "subject" in given:
        return {"record": noticed(side, subject=given["subject"])}
    return {"record": noticed(side)}


@fills(CreditRepair)
def _(side: Side, number: int, given: Values) -> Values:
    return {} if "record" in given else {"record": noticed(side)}


@fills(CreditEvaluation)
def _(side: Side, number: int, given: Values) -> Values:
    return {"family": FAMILIES[number % 4], "year": 2019 + number // 4 % 7}


@fills(CreditListing)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": "black"}


@fills(CreditProposal)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": "deduction", "item": credit.FIVE, "key": f"proposal-{number}"}


@fills(InspectionAdvice)
def _(side: Side, number: int, given: Values) -> Values:
    return {"year": 2000 + number % 101}
