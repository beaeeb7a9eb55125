"""Records of safety fees: accounts in use on sections of their own, and what hangs on them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from projects.models import Participation, Section
from safety.models import (
    FeeAccount,
    FeeEntry,
    FeeMonth,
    FeePlan,
    FeePlanLine,
    FeeQuestion,
    FeeSubcontract,
    TenderFeeCheck,
)
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people import history_guard
from tests.contract.world import Side, Values, fills, make
from tests.factories import COMMAND


def own_section(side: Side) -> Section:
    """A section of the side's project in which the side's units take part: one account stands on each."""
    section = make(Section, side, kind="construction")
    for role in ("contractor", "supervisor", "designer", "laboratory"):
        row = Participation(
            section=section, role=role, organization=side.offices[role], since=date(2024, 1, 2)
        )
        records.create(row, COMMAND)
    return section


def account(side: Side) -> FeeAccount:
    """An account in use."""
    return in_use(make(FeeAccount, side), side)


def in_use(record: FeeAccount, side: Side) -> FeeAccount:
    return perform(record, "confirm", Actor.of(side.people["owner"], "page"))


@fills(FeeAccount)
def _(side: Side, number: int, given: Values) -> Values:
    section = {} if "section" in given else {"section": own_section(side)}
    return section | {"contract_on": date(2024, 1, 2), "opened_on": date(2024, 2, 1), "rate": None}


@fills(FeePlan)
def _(side: Side, number: int, given: Values) -> Values:
    account_ = {} if "account" in given else {"account": account(side)}
    return account_ | {"year": 2000 + number % 100}


@fills(FeePlanLine)
def _(side: Side, number: int, given: Values) -> Values:
    cell = {"month": number % 12 + 1, "category": f"F{number // 12 % 10 + 1:02}"}
    return cell | ({} if "plan" in given else {"plan": make(FeePlan, side)})


@fills(FeeEntry)
def _(side: Side, number: int, given: Values) -> Values:
    # A payment may be filed by either side.
    given_account = given.get("account") or (given["subcontract"].account if "subcontract" in given else None)
    if given_account and given_account.status == "draft":
        # The record that was given is the one that is asked.
        given_account.status = in_use(FeeAccount.objects.get(pk=given_account.pk), side).status
    facts = {"kind": "payment", "booked_on": date(2024, 3, 4) + timedelta(days=number % 28)}
    return facts | {"amount": Decimal(number % 1000 + 1), "account": given_account or account(side)}


@fills(FeeSubcontract)
def _(side: Side, number: int, given: Values) -> Values:
    return {"start_on": date(2024, 3, 4)} | ({} if "account" in given else {"account": account(side)})


@fills(FeeMonth)
def _(side: Side, number: int, given: Values) -> Values:
    # Of days before any entry; the account bears the mark of its last month, as closing leaves it.
    month = date(1930 + number % 60, number // 60 % 12 + 1, 1)
    owner = given.get("account") or account(side)
    closed = FeeAccount._base_manager.filter(pk=owner.pk)
    last = max(filter(None, [month, *closed.values_list("closed_through", flat=True)]))
    with history_guard.writer():
        closed.update(closed_through=last)
    return {"month": month, "account": owner}


@fills(FeeQuestion)
def _(side: Side, number: int, given: Values) -> Values:
    given_account = given["entry"].account if "entry" in given else given.get("account") or account(side)
    facts = {"account": given_account, "code": "round_sum", "key": str(number), "nature": "question"}
    return facts | {"title": f"疑点{number}", "figures": "10,000.00元", "rule_set": None}


@fills(TenderFeeCheck)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": given.get("section", side.section), "issued_on": date(2024, 3, 4)}
