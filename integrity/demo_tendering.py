"""The demonstration's tendering, owners' marks, subcontracts, special funds and wages, performed by its persons.
All invented and marked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils import timezone

from projects.loading.demo.sheet import demo_pdf
from projects.models import Section
from projects.models.section import SectionKind
from quality.models import CrewStatement
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import User
from supervision.rules.calendar import months_after

from .models import (
    CommitteeMember,
    ExpertConduct,
    FundAllocation,
    FundBudget,
    FundCircular,
    FundEvaluation,
    FundFinding,
    FundMonth,
    PerformanceCheck,
    PerformanceDraw,
    PerformanceMark,
    Subcontract,
    SubcontractPayment,
    Tender,
    TenderBid,
    TenderComplaint,
    TenderExpert,
    TenderObjection,
    WageAccount,
    WageComplaint,
    WageMonth,
)

BATCH = "load_demo_tendering"
# unit, price, who prepared it, from whose account: two share an account.
BIDS = (
    ("演示·甲路桥公司", "96800000", "", "演示·甲路桥公司"),
    ("演示·乙建设公司", "97350000", "演示·某咨询部", "演示·某商贸部"),
    ("演示·丙工程公司", "98120000", "", "演示·某商贸部"),
)
MARKS = {
    "质量管理": 23,
    "安全管理": 22,
    "进度管理": 13,
    "人员到岗": 14,
    "工资支付与分包": 9,
    "环保与文明施工": 9,
}


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def put(who: str, model, **facts):
    return records.create(model(is_demo=True, **facts), actor(who), reason="演示数据")


def act(record, name: str, who: str, **data):
    fresh = type(record)._base_manager.get(pk=record.pk)
    return perform(fresh, name, actor(who), {"opinion": "演示：同意。", **data})


def file(record, who: str, *kinds: str) -> None:
    for kind in kinds:
        attach(record, ContentFile(demo_pdf(kind), name=f"{kind}.pdf"), kind, actor(who))


def days_ago(number: int) -> date:
    return timezone.localdate() - timedelta(days=number)


def load() -> int:
    """Load them onto the section where the demonstration's contractor and supervisor work; returns how many
    records. Run again it adds nothing. Raises LookupError when the demonstration is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    people = {
        name: User.objects.filter(username=name, is_demo=True).first()
        for name in ("contractor", "supervisor", "owner", "staff", "inspector", "centre")
    }
    if None in people.values():
        raise LookupError("没有演示用户，请先运行 load_demo。")
    sections = Section.objects.filter(
        Q(end_on__isnull=True), kind=SectionKind.CONSTRUCTION, project__handover_on__isnull=True
    )
    for name in ("contractor", "supervisor", "owner"):
        sections &= Section.objects.visible_to(people[name])
    section = sections.order_by("pk").first()
    if section is None:
        raise LookupError("演示的施工、监理和建设单位没有共同参建的在建标段。")
    _tender(section)
    _marks(section)
    _subcontracts(section)
    _funds(section)
    _wages(section)
    return Event.objects.filter(batch=BATCH, verb="create").count()


def _tender(section: Section) -> None:
    tender = put(
        "owner",
        Tender,
        section=section,
        title="演示·交安与绿化工程施工招标",
        agent="演示·招标代理公司",
        ceiling=Decimal(100_000_000),
    )
    experts = [
        put(
            "staff",
            TenderExpert,
            register_no=f"YS{at:04d}",
            name=f"演示·专家{at}",
            unit=f"演示·设计院{at}",
            speciality="公路工程",
            title="高级工程师",
            years=10 + at,
        )
        for at in range(1, 6)
    ]
    act(tender, "issue", "owner", issued_on=days_ago(45), bid_by=days_ago(20))
    objection = put(
        "owner",
        TenderObjection,
        tender=Tender.objects.get(pk=tender.pk),
        subject="document",
        raised_by="演示·丁工程公司",
        received_on=days_ago(34),
        content="演示：对业绩要求的表述提出异议。",
    )
    act(objection, "answer", "owner", answered_on=days_ago(32), opinion="演示：已发补遗书澄清。")
    for one in experts[:4]:
        put("owner", CommitteeMember, tender=tender, expert=one, drawn_on=days_ago(20))
    put("owner", CommitteeMember, tender=tender, capacity="owner", name="演示·代表某", drawn_on=days_ago(20))
    act(tender, "open", "owner", opened_on=days_ago(20))
    for rank, (bidder, price, prepared_by, account) in enumerate(BIDS, start=1):
        facts = {"price": Decimal(price), "prepared_by": prepared_by, "deposit_from": account, "rank": rank}
        put("owner", TenderBid, tender=Tender.objects.get(pk=tender.pk), bidder=bidder, **facts)
    act(tender, "evaluate", "owner", evaluated_on=days_ago(18))
    act(tender, "publicise", "owner", publicised_on=days_ago(16))
    complaint = put(
        "staff",
        TenderComplaint,
        tender=Tender.objects.get(pk=tender.pk),
        matter="other",
        complainant="演示·丁工程公司",
        respondent="演示·甲路桥公司",
        knew_on=days_ago(14),
        received_on=days_ago(12),
        content="演示：反映业绩材料不实。",
    )
    act(complaint, "accept", "staff", accepted_on=days_ago(10))
    conduct = put(
        "staff",
        ExpertConduct,
        expert=experts[3],
        tender=tender,
        kind="迟到",
        occurred_on=days_ago(20),
        description="演示：迟到20分钟。",
    )
    act(conduct, "submit", "inspector")
    act(conduct, "confirm", "staff")


def _marks(section: Section) -> None:
    """Of the last quarter but one, which is over whatever the day."""
    today = timezone.localdate()
    begin = months_after(today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), -3)
    mark = put(
        "owner",
        PerformanceMark,
        section=section,
        subject="contractor",
        kind="quarter",
        starts_on=begin,
        marks=MARKS,
        grounds="演示：一处临边防护整改不及时。",
    )
    act(mark, "submit", "owner")
    act(mark, "accept", "contractor")
    put("staff", PerformanceDraw, kind="quarter", starts_on=begin, size=1, seed="演示20260101")
    check = PerformanceCheck.objects.get(mark=mark)
    seen = {
        "checked_on": days_ago(3),
        "inspectors": "演示·吴监督",
        "seen": MARKS | {"安全管理": 16, "人员到岗": 11},
        "notes": "演示：现场安全员缺岗一人，两处临边未防护。",
    }
    records.update(check, seen, actor("inspector"), reason="演示数据")
    act(check, "compare", "inspector")


def _subcontracts(section: Section) -> None:
    today = timezone.localdate()
    row = put(
        "contractor",
        Subcontract,
        section=section,
        unit="演示·交安设施公司",
        content="护栏、标志标线",
        amount=Decimal(3_200_000),
        signed_on=days_ago(60),
        qualification="公路交通工程专业承包二级",
        contract_no="演示-FB-01",
    )
    file(row, "contractor", "分包合同")
    act(row, "submit", "contractor")
    act(row, "consent", "owner", consent="演示：施工合同第4.3款")
    row = act(row, "register", "staff")
    put(
        "contractor",
        SubcontractPayment,
        subcontract=row,
        paid_on=today,
        amount=Decimal(800_000),
        wages=Decimal(260_000),
        voucher_no="演示-101",
    )
    labour = put(
        "contractor",
        Subcontract,
        section=section,
        kind="labour",
        unit="演示·劳务公司",
        content="钢筋绑扎与模板安装劳务",
        amount=Decimal(1_500_000),
        signed_on=days_ago(50),
        contract_no="演示-LW-01",
    )
    file(labour, "contractor", "分包合同")
    act(labour, "submit", "contractor")


def _funds(section: Section) -> None:
    today = timezone.localdate()
    budget = put(
        "owner",
        FundBudget,
        project=section.project,
        year=today.year,
        fund="演示·普通国省道建设补助",
        amount=Decimal(20_000_000),
        decision="演示·会议纪要〔1〕号",
        decided_on=date(today.year, 1, 1),
    )
    act(budget, "submit", "owner")
    budget = act(budget, "approve", "staff")
    put(
        "staff",
        FundAllocation,
        budget=budget,
        amount=Decimal(12_000_000),
        paid_on=today,
        payee="演示·建设单位",
        voucher_no="演示-201",
    )
    spent = put("owner", FundMonth, budget=budget, month=today.replace(day=1), amount=Decimal(9_600_000))
    act(spent, "submit", "owner")
    act(spent, "confirm", "staff")
    own = put("owner", FundEvaluation, budget=budget, evaluator="演示·建设单位", score=Decimal("88.5"))
    file(own, "owner", "评价报告")
    act(own, "submit", "owner")
    circular = put("staff", FundCircular, year=today.year, title="演示·专项资金执行情况通报")
    act(circular, "issue", "staff")
    finding = put(
        "staff",
        FundFinding,
        project=section.project,
        budget=budget,
        report="演示·跟踪审计报告〔1〕号",
        source="tracking",
        description="演示：一笔材料预付款缺少合同依据。",
        amount=Decimal(350_000),
    )
    act(finding, "assign", "staff")


def _wages(section: Section) -> None:
    account = put(
        "contractor",
        WageAccount,
        section=section,
        bank="演示·某银行宿迁分行",
        tail="0000",
        opened_on=days_ago(300),
        deposit=Decimal(1_000_000),
        deposit_on=days_ago(290),
    )
    file(account, "contractor", "专户开户证明")
    act(account, "submit", "contractor")
    act(account, "check", "owner")
    statement = (
        CrewStatement.objects.filter(section=section).exclude(status="draft").order_by("-month").first()
    )
    if statement is not None:
        month = put(
            "contractor",
            WageMonth,
            section=section,
            month=statement.month,
            labour_fee=statement.payable,
            by_general=statement.paid,
            settled_on=timezone.localdate(),
        )
        file(month, "contractor", "银行代发回单")
        act(month, "submit", "contractor")
    complaint = put(
        "staff",
        WageComplaint,
        section=section,
        received_on=days_ago(8),
        people=4,
        amount=Decimal(36_000),
        content="演示：反映上月工资未足额发放。",
    )
    act(complaint, "accept", "staff", accepted_on=days_ago(6))
