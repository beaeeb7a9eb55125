"""What the tests of subcontracts, wages and special funds share: records on their way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count

from django.db.models import F

from integrity.models import (
    FundAllocation,
    FundBudget,
    FundMonth,
    NegativeItem,
    Subcontract,
    WageAccount,
    WageMonth,
)
from integrity.models.fund import APPROVED
from supervision.flows import records
from supervision.people import history_guard

from . import factories, quality_works
from .factories import COMMAND

_numbers = count(1)


def made(model, **facts):
    return records.create(model(**facts), COMMAND)


def stands(record, **values):
    """The record as it stands with these values, with its event, in the database and in hand."""
    fresh = type(record)._base_manager.get(pk=record.pk)
    after = records.update(fresh, values, COMMAND, clean=False)
    for name in ("version", *values):
        setattr(record, name, getattr(after, name))
    return record


def subcontract(section=None, **facts) -> Subcontract:
    facts = {
        "unit": f"分包单位{next(_numbers)}",
        "content": "桥面铺装",
        "amount": Decimal("100000.00"),
        "signed_on": date(2026, 3, 4),
        "qualification": "专业承包二级",
    } | facts
    return made(Subcontract, section=section or factories.section(), **facts)


def negative(**facts) -> NegativeItem:
    number = next(_numbers)
    facts = {"code": f"2026-{number:03d}", "year": 2026, "text": "主桥主体", "document": "演示清单"} | facts
    return made(NegativeItem, **facts)


def budget(project=None, amount: str = "1000000.00", approved: bool = True, **facts) -> FundBudget:
    """A budget, approved unless told otherwise."""
    facts = {
        "fund": f"养护资金{next(_numbers)}",
        "year": 2026,
        "decision": "会议纪要1号",
        "decided_on": date(2026, 1, 9),
    } | facts
    row = made(FundBudget, project=project or factories.project(), amount=Decimal(amount), **facts)
    return in_force(row) if approved else row


def in_force(row: FundBudget) -> FundBudget:
    stands(row, status=APPROVED, approved_on=date(2026, 1, 12))
    with history_guard.writer():
        FundBudget._base_manager.filter(pk=row.pk).update(current=row.amount)
    row.refresh_from_db()
    return row


def allocation(of: FundBudget, amount: str, **facts) -> FundAllocation:
    facts = {"payee": "建设单位", "voucher_no": f"P{next(_numbers)}", "paid_on": date(2026, 2, 3)} | facts
    return made(FundAllocation, budget=of, amount=Decimal(amount), **facts)


def spent(row: FundBudget) -> FundBudget:
    """The budget with half of what was paid out spent."""
    with history_guard.writer():
        FundBudget._base_manager.filter(pk=row.pk).update(executed=F("allocated") / 2)
    return row


def month(of: FundBudget, number: int, amount: str) -> FundMonth:
    return made(FundMonth, budget=of, month=date(2026, number, 1), amount=Decimal(amount))


def wage_month(section, day: date = date(2026, 3, 1), crew: dict | None = None, **facts) -> WageMonth:
    statement = quality_works.crew(section, month=day, **(crew or {}))
    stands(statement, status="submitted")
    facts = {"labour_fee": statement.payable, "by_general": statement.paid} | facts
    return made(WageMonth, section=section, month=day, **facts)


def account(section, **facts) -> WageAccount:
    facts = {"bank": "某银行", "tail": "0123", "opened_on": date(2026, 2, 20)} | facts
    return made(WageAccount, section=section, **facts)


def account_variants(side) -> list[WageAccount]:
    """One whose deposit is whole, and one whose deposit was drawn on and not topped up."""
    days = {"opened_on": date(2020, 1, 6), "release_notice_on": date(2026, 1, 5)}
    made = []
    for drawn in (None, date(2025, 3, 4)):
        section = factories.section(side.project)
        factories.participation(section, side.offices["contractor"], since=date(2019, 1, 1))
        made.append(account(section, drawn_on=drawn, **days))
        quality_works.file(made[-1], "专户开户证明")
    return made


VARIANTS = {WageAccount: lambda world, side: account_variants(side)}

MAKERS = {NegativeItem: lambda: negative(keywords=["主桥", "斜拉索"])}
