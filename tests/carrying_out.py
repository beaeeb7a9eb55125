"""One plain record of each model of duties and appraisals, for the tests generated over all ledgers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count

from supervision.flows import records
from supervision.people.records import Record
from supervision.plan.models import (
    AppraisalItem,
    AppraisalScheme,
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
}
