"""Records of duties, appraisals and campaigns, for their own tests and for those generated over all ledgers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count

from supervision.flows import records
from supervision.people import history_guard
from supervision.people.records import Record
from supervision.plan.models import (
    Appraisal,
    AppraisalItem,
    AppraisalScheme,
    Campaign,
    CampaignMeasure,
    CampaignPhase,
    CampaignReport,
    Duty,
    DutyBinding,
    Fulfilment,
    UnitTerm,
)

from . import factories

_numbers = count(1)


def duty(**facts) -> Duty:
    number = next(_numbers)
    facts = {
        "code": f"duty-{number}",
        "post": "局安委会",
        "what": "=1+1",
        "per": "quarter",
        "at_least": 1,
    } | facts
    return records.create(Duty(**facts), factories.COMMAND)


def scheme(**facts) -> AppraisalScheme:
    number = next(_numbers)
    facts = {"title": f"方案{number}", "year": 2025, "edition": "1"} | facts
    return records.create(AppraisalScheme(**facts), factories.COMMAND)


def item(of: AppraisalScheme | None = None, **facts) -> AppraisalItem:
    facts = {
        "code": f"item-{next(_numbers)}",
        "dimension": "安全监管",
        "name": "事故",
        "kind": "deduction",
        "marks": Decimal(10),
        "fact": "duty.missed",
        "per_event": Decimal("2.5"),
        "cap": Decimal(10),
    } | facts
    return records.create(AppraisalItem(scheme=of or scheme(), **facts), factories.COMMAND)


def campaign(**facts) -> Campaign:
    facts = {
        "title": f"专项整治{next(_numbers)}",
        "since": date(2024, 1, 1),
        "until": date(2026, 12, 31),
    } | facts
    return records.create(Campaign(**facts), factories.COMMAND)


def whole_scheme(side) -> AppraisalScheme:
    """One that may be put in force, with a result that is fixed."""
    made = scheme(year=2090)
    item(made, marks=Decimal(100))
    unit = factories.organization("county", district=side.district)
    row = records.create(Appraisal(scheme=made, organization=unit), factories.COMMAND)
    with history_guard.writer():
        Appraisal._base_manager.filter(pk=row.pk).update(status="fixed")
    return made


def variants_of_campaign(side) -> list:
    made = campaign()
    days = {"first": made.since, "last": made.until}
    records.create(CampaignPhase(campaign=made, name="排查整治", **days), factories.COMMAND)
    return [made]


def report_with_paper(side) -> list:
    from tests.testing import with_papers

    made = CampaignReport(
        campaign=campaign(), organization=side.offices["contractor"], kind="总结", due_by=date(2024, 12, 20)
    )
    return [with_papers(records.create(made, factories.COMMAND), "报送材料")]


# Records on which every transition of a ledger can be performed: see tests/contract/test_transitions.py.
VARIANTS: dict[type, Callable] = {
    Appraisal: lambda world, side: [{"organization": world.offices["county_a"]}],
    AppraisalScheme: lambda world, side: [whole_scheme(side)],
    Campaign: lambda world, side: variants_of_campaign(side),
    CampaignMeasure: lambda world, side: [{"organization": world.offices["bureau"]}],
    CampaignReport: lambda world, side: report_with_paper(side),
}

MAKERS: dict[type, Callable[[], Record]] = {
    Duty: duty,
    DutyBinding: lambda: records.create(
        DutyBinding(duty=duty(), kind="county", since=date(2026, 1, 1)), factories.COMMAND
    ),
    UnitTerm: lambda: records.create(
        UnitTerm(organization=factories.organization("contractor"), since=date(2026, 2, 28)),
        factories.COMMAND,
    ),
    Fulfilment: lambda: records.create(
        Fulfilment(
            duty=duty(),
            organization=factories.organization("contractor"),
            held_on=date(2024, 2, 29),
            words="=1+1",
        ),
        factories.COMMAND,
    ),
    AppraisalItem: item,
    CampaignPhase: lambda: records.create(
        CampaignPhase(
            campaign=campaign(), name="动员部署", first=date(2024, 2, 29), last=date(2024, 3, 31), work="=1+1"
        ),
        factories.COMMAND,
    ),
}
