"""Records of subcontracts, wages and special funds, each with what its whole way asks for."""

from datetime import date, timedelta

from django.utils import timezone

from integrity.models import (
    FundAdjustment,
    FundAllocation,
    FundBudget,
    FundCircular,
    FundEvaluation,
    FundFinding,
    FundMonth,
    FundProposal,
    NegativeItem,
    Subcontract,
    SubcontractPayment,
    WageAccount,
    WageComplaint,
    WageMonth,
)
from projects.models import Section
from tests import moneys, quality_works
from tests.contract.fills.fees import own_section
from tests.contract.fills.quality_works import each
from tests.contract.world import COLUMN_OF, Side, Values, fills, make

COLUMN_OF |= {
    FundBudget: "commissions",
    FundFinding: "commissions",
    FundCircular: "register",
}


@fills(NegativeItem)
def _(side: Side, number: int, given: Values) -> Values:
    return {"code": f"QD-{number}", "year": 2025, "keywords": ["斜拉索"]}


@fills(Subcontract)
def _(side: Side, number: int, given: Values) -> Values:
    return {"amount": 1_000_000, "qualification": "专业承包二级", "signed_on": date(2024, 3, 4)}


each(Subcontract, ("分包合同",))


@fills(SubcontractPayment)
def _(side: Side, number: int, given: Values) -> Values:
    if "subcontract" in given:
        # In hand only: page by page its history stays as short as it was.
        given["subcontract"].status = "registered"
        return {"amount": 10}
    return {"subcontract": moneys.stands(make(Subcontract, side), status="registered"), "amount": 10}


@fills(WageAccount)
def _(side: Side, number: int, given: Values) -> Values:
    place = {} if "section" in given else {"section": own_section(side)}
    # Long open, and its release announced so long ago that the deposit may be given back.
    days = {"opened_on": date(2020, 1, 6), "release_notice_on": timezone.localdate() - timedelta(days=40)}
    return place | days | {"tail": f"{number % 10000:04d}", "deposit_kind": "guarantee"}


each(WageAccount, ("专户开户证明",))


@fills(WageMonth)
def _(side: Side, number: int, given: Values) -> Values:
    # Of a section of its own, so that no two are of one section's month.
    section: Section = given.get("section") or own_section(side)
    month = date(1950 + number % 70, number % 12 + 1, 1)
    statement = quality_works.crew(section, month=month)
    moneys.stands(statement, status="submitted")
    return {"section": section, "month": month, "crew": statement}


each(WageMonth, ("银行代发回单",))


@fills(WageComplaint)
def _(side: Side, number: int, given: Values) -> Values:
    return {"received_on": timezone.localdate() - timedelta(days=5)}


def of_budget(side: Side, given: Values) -> Values:
    """A budget in force with all of its money paid out."""
    if "budget" in given:
        given["budget"].status = "approved"
        return {}
    row = moneys.in_force(make(FundBudget, side))
    moneys.allocation(row, str(row.amount / 2))
    return {"budget": row}


@fills(FundBudget)
def _(side: Side, number: int, given: Values) -> Values:
    return {"amount": 1_000_000, "year": 2000 + number % 26}


@fills(FundAllocation)
def _(side: Side, number: int, given: Values) -> Values:
    if "budget" in given:
        moneys.in_force(given["budget"])
    return of_budget(side, given)


@fills(FundAdjustment)
@fills(FundProposal)
@fills(FundMonth)
@fills(FundEvaluation)
def _(side: Side, number: int, given: Values) -> Values:
    return of_budget(side, given)


@fills(FundMonth)
def _(side: Side, number: int, given: Values) -> Values:
    month = date(1950 + number // 12 % 70, number % 12 + 1, 1)
    facts = of_budget(side, given)
    # Of a year before all those months, as no form would take it, and spent as far as to be given back.
    budget = moneys.stands(given.get("budget") or facts["budget"], year=1949)
    moneys.spent(budget)
    return facts | {"month": month}


each(FundEvaluation, ("评价报告",))
each(FundFinding, ("整改证明",))
