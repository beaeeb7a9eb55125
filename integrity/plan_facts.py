"""What the integrity ledgers know of a span of days; see supervision/plan/facts.py.

Nothing here counts reports about conduct: a number would tell that there are any.
"""

from __future__ import annotations

from django.db.models import QuerySet

from supervision.plan.facts import Span, fact

from .models import (
    CreditRecord,
    EducationRecord,
    FundFinding,
    FundMonth,
    IntegrityContract,
    PartyBranch,
    PerformanceCheck,
    ServiceProblem,
    ServiceVisit,
    Subcontract,
    TenderComplaint,
    TenderDocumentCheck,
    TenderObjection,
    WageComplaint,
)
from .models.credit_record import EFFECTIVE, Nature

OF_SECTION = {"units": ("section__project__owner",), "project": "section__project"}
OF_TENDER = {"units": ("tender__section__project__owner",), "project": "tender__section__project"}


@fact(
    "credit.bad",
    "认定不良信用行为",
    "integrity.creditrecord",
    measure="条",
    units=("subject__organization",),
    meaning="期间内生效、截至日未撤销的不良信用记录。",
)
def bad_records(span: Span) -> QuerySet:
    return effective(span).filter(nature=Nature.BAD)


@fact(
    "credit.good",
    "认定良好信用行为",
    "integrity.creditrecord",
    measure="条",
    units=("subject__organization",),
    meaning="期间内生效、截至日未撤销的良好信用记录。",
)
def good_records(span: Span) -> QuerySet:
    return effective(span).filter(nature=Nature.GOOD)


def effective(span: Span) -> QuerySet:
    rows = CreditRecord.objects.filter(status=EFFECTIVE, effect_from__range=span.days)
    return rows.exclude(revoked_on__lte=span.known)


@fact(
    "service.visits",
    "走访企业和项目",
    "integrity.servicevisit",
    measure="次",
    units=("office", "unit"),
    district="unit__district",
    meaning="期间内的“三服务”走访。",
)
def visits(span: Span) -> QuerySet:
    return ServiceVisit.objects.filter(visited_on__range=span.days)


@fact(
    "service.problems",
    "走访收集问题",
    "integrity.serviceproblem",
    measure="个",
    units=("visit__office", "visit__unit"),
    district="visit__unit__district",
    meaning="期间内走访收集的问题。",
)
def problems(span: Span) -> QuerySet:
    return ServiceProblem.objects.filter(visit__visited_on__range=span.days)


@fact(
    "service.solved",
    "协调解决走访问题",
    "integrity.serviceproblem",
    measure="个",
    units=("visit__office", "visit__unit"),
    district="visit__unit__district",
    meaning="期间内走访收集、截至日经被走访单位确认已解决的问题。",
)
def solved(span: Span) -> QuerySet:
    return problems(span).filter(confirmed_on__lte=span.known)


@fact(
    "education.held",
    "开展廉政教育",
    "integrity.educationrecord",
    measure="场次",
    units=("unit",),
    project="project",
    meaning="期间内登记的廉政教育。",
)
def education(span: Span) -> QuerySet:
    return EducationRecord.objects.filter(held_on__range=span.days)


@fact(
    "education.attended",
    "廉政教育参加人次",
    "integrity.educationrecord",
    measure="人次",
    units=("unit",),
    project="project",
    amount="attended",
    meaning="期间内登记的廉政教育的实到人数合计。",
)
def educated(span: Span) -> QuerySet:
    return education(span)


@fact(
    "contract.integrity",
    "签订廉政合同",
    "integrity.integritycontract",
    measure="份",
    **OF_SECTION,
    meaning="期间内签订的廉政合同。",
)
def contracts(span: Span) -> QuerySet:
    return IntegrityContract.objects.filter(signed_on__range=span.days)


@fact(
    "branch.founded",
    "成立项目临时党支部",
    "integrity.partybranch",
    measure="个",
    units=("project__owner",),
    project="project",
    meaning="期间内成立的项目临时党支部。",
)
def branches(span: Span) -> QuerySet:
    return PartyBranch.objects.filter(founded_on__range=span.days)


@fact(
    "tender.checked",
    "抽查招标文件",
    "integrity.tenderdocumentcheck",
    measure="份",
    **OF_TENDER,
    meaning="期间内抽查的招标文件。",
)
def document_checks(span: Span) -> QuerySet:
    return TenderDocumentCheck.objects.filter(checked_on__range=span.days)


@fact(
    "tender.objections",
    "收到招标异议",
    "integrity.tenderobjection",
    measure="件",
    **OF_TENDER,
    meaning="期间内收到的招标异议。",
)
def objections(span: Span) -> QuerySet:
    return TenderObjection.objects.filter(received_on__range=span.days)


@fact(
    "tender.complaints",
    "受理招标投诉",
    "integrity.tendercomplaint",
    measure="件",
    **OF_TENDER,
    meaning="期间内受理的招标投诉。",
)
def complaints(span: Span) -> QuerySet:
    return TenderComplaint.objects.filter(accepted_on__range=span.days)


@fact(
    "performance.checked",
    "履约考核抽查",
    "integrity.performancecheck",
    measure="次",
    units=("mark__unit", "mark__section__project__owner"),
    project="mark__section__project",
    meaning="期间内进行的履约考核抽查。",
)
def performance_checks(span: Span) -> QuerySet:
    return PerformanceCheck.objects.filter(checked_on__range=span.days)


@fact(
    "subcontract.registered",
    "登记分包与劳务合作",
    "integrity.subcontract",
    measure="份",
    **OF_SECTION,
    meaning="期间内登记的分包与劳务合作合同。",
)
def subcontracts(span: Span) -> QuerySet:
    return Subcontract.objects.filter(registered_on__range=span.days)


@fact(
    "fund.executed",
    "专项资金执行",
    "integrity.fundmonth",
    measure="元",
    units=("budget__project__owner",),
    project="budget__project",
    amount="amount",
    meaning="期间各月、截至日已确认的专项资金执行金额。",
)
def executed(span: Span) -> QuerySet:
    return FundMonth.objects.filter(month__range=span.days, confirmed_on__lte=span.known)


@fact(
    "audit.found",
    "审计发现问题",
    "integrity.fundfinding",
    measure="个",
    units=("project__owner",),
    project="project",
    meaning="期间内审计发现的问题。",
)
def findings(span: Span) -> QuerySet:
    return FundFinding.objects.filter(found_on__range=span.days)


@fact(
    "wage.complaints",
    "受理欠薪投诉",
    "integrity.wagecomplaint",
    measure="件",
    **OF_SECTION,
    meaning="期间内受理的欠薪投诉。",
)
def wage_complaints(span: Span) -> QuerySet:
    return WageComplaint.objects.filter(accepted_on__range=span.days)
