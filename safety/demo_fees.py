"""The demonstration's safety-fee account, kept by its persons over some months. All invented and marked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils import timezone
from PIL import Image, ImageDraw

from projects.loading.demo.sheet import demo_pdf
from projects.models import Section
from projects.models.section import SectionKind
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import User

from .fees import arithmetic, checks, closing, planning, posting
from .fees.rules import WORKS_OF_MODE, Works
from .models import FeeAccount, FeeEntry, FeePlan, FeeSubcontract, TenderFeeCheck

BATCH = "load_demo_fees"
MONTHS = 8
# (category, what for, from whom, part of what is due in thousandths)
SPENDINGS = (
    ("F01", "2号墩临边护栏、爬梯更换", "演示防护设施厂", 21),
    ("F05", "安全帽、安全带、反光衣", "演示劳保用品店", 9),
    ("F06", "安全教育培训及事故隐患报告奖励", "演示培训中心", 6),
    ("F02", "防汛应急物资及演练", "演示应急装备公司", 12),
    ("F03", "深基坑监测", "演示检测公司", 15),
    ("F08", "架桥机安全装置检验", "演示特检所", 4),
    ("F01", "临时用电标准化改造", "演示防护设施厂", 18),
    ("F04", "安全专家咨询", "演示咨询公司", 5),
)
# What is left on the way, each at another point: asked about, cut, returned, just filed.
OPEN = (
    ("F05", "防暑降温绿豆、毛巾", "演示劳保用品店", 1, "filed"),
    ("F01", "钢栈桥防护栏杆", "演示防护设施厂", 8, "cut"),
    ("F06", "安全警示标牌", "演示广告公司", 2, "returned"),
)


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def act(record, name: str, username: str, **data):
    return perform(type(record).objects.get(pk=record.pk), name, actor(username), data)


def load() -> int:
    """Load an account with its plan, entries, months and questions onto the section where the demonstration's
    contractor, supervisor and owner meet; returns how many entries. Run again it adds nothing. Raises LookupError
    when the demonstration is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    names = ("contractor", "supervisor", "owner", "staff")
    people = {name: User.objects.filter(username=name, is_demo=True).first() for name in names}
    if None in people.values():
        raise LookupError("没有演示用户，请先运行 load_demo。")
    sections = Section.objects.visible_to(people["contractor"]) & Section.objects.visible_to(
        people["supervisor"]
    )
    sections = (sections & Section.objects.visible_to(people["owner"])).filter(
        Q(end_on__isnull=True), kind=SectionKind.CONSTRUCTION, project__handover_on__isnull=True
    )
    section = sections.select_related("project").order_by("pk").first()
    if section is None:
        raise LookupError("演示的施工、监理和建设单位没有共同的在建施工标段。")
    today = timezone.localdate()
    first = arithmetic.later(arithmetic.month_of(today), -MONTHS)
    account = _account(section, first)
    _plan(account, first)
    number = _months(account, first, today)
    for at, (category, content, supplier, part, state) in enumerate(OPEN):
        _open_entry(account, at, category, content, supplier, part, state)
        number += 1
    closing.close([account.pk], arithmetic.later(arithmetic.month_of(today), -1), actor("owner"))
    _tender_check(section, account)
    checks.run(Actor.of(None, "command").in_batch(BATCH))
    return number


def _account(section: Section, first: date) -> FeeAccount:
    signed = min(section.contract_on or first, first)
    account = FeeAccount(
        section=section,
        works=WORKS_OF_MODE.get(section.project.mode, Works.HIGHWAY),
        base=(section.contract_price or Decimal(20_000)) * 10_000,
        contract_on=signed,
        opened_on=first,
        start_on=first + timedelta(days=9),
        tender_item="102-3",
        single_listed=True,
        is_demo=True,
    )
    account = records.create(account, actor("contractor"), reason="演示数据")
    return act(account, "confirm", "owner")


def _plan(account: FeeAccount, first: date) -> None:
    for year in sorted({first.year, timezone.localdate().year}):
        plan = FeePlan(account=account, year=year, basis="演示：按施工进度编制。", is_demo=True)
        plan = records.create(plan, actor("contractor"), reason="演示数据")
        amounts: dict[tuple[str, int], Decimal] = {}
        for at, (category, *_, part) in enumerate(SPENDINGS):
            month = arithmetic.later(first, at)
            if month.year == year:
                amounts[category, month.month] = arithmetic.cents(account.due * part / 1000)
        for month in range(1, 13):
            amounts.setdefault(("F09", month), arithmetic.cents(account.due / 1000))
        planning.save(plan, amounts, actor("contractor"))
        for name, who in (("submit", "contractor"), ("review", "supervisor"), ("approve", "owner")):
            plan = act(plan, name, who)


def _months(account: FeeAccount, first: date, today: date) -> int:
    """Each month: what was paid, accrued and used; one spending is reversed later."""
    subcontract = FeeSubcontract(
        account=account,
        unit="演示桥梁劳务分包",
        contract_no="演示-分包-01",
        amount=arithmetic.cents(account.due / 10),
        start_on=first,
        is_demo=True,
    )
    records.create(subcontract, actor("contractor"), reason="演示数据")
    number, wrong = 0, None
    for at, (category, content, supplier, part) in enumerate(SPENDINGS):
        month = arithmetic.later(first, at)
        end = min(arithmetic.last_day(month), today)
        if at in (1, 5):
            paid = FeeEntry(kind="payment", amount=arithmetic.cents(account.due * (2 if at == 1 else 1) / 5))
            _book(account, paid, "owner", month + timedelta(days=17), "计量支付")
            number += 1
        _book(
            account, FeeEntry(kind="accrual", progress=Decimal(6 * (at + 1))), "contractor", end, "按进度提取"
        )
        used = _spending(category, content, supplier, account.due * part / 1000, f"{at + 1:02}")
        # The last is reversed: it belongs to another project.
        wrong = _book(account, used, "contractor", month + timedelta(days=11), "")
        number += 2
    passed = FeeEntry(kind="passed_on", amount=arithmetic.cents(account.due / 25), subcontract=subcontract)
    _book(account, passed, "contractor", arithmetic.later(first) + timedelta(days=9), "支付分包安全费")
    undo = posting.reverse(wrong, "演示：票据属另一项目，冲销后另行列支。", actor("contractor"), today)
    act(act(undo, "agree", "supervisor"), "confirm", "owner")
    return number + 2


def _spending(category: str, content: str, supplier: str, amount: Decimal, number: str) -> FeeEntry:
    return FeeEntry(
        kind="use",
        category=category,
        content=f"演示：{content}",
        supplier=supplier,
        amount=arithmetic.cents(amount),
        voucher_no=f"演示-记-{number}",
        invoice_no=f"演示{number}",
    )


def _file(account: FeeAccount, entry: FeeEntry, who: str, day: date, words: str) -> FeeEntry:
    entry.account, entry.booked_on, entry.is_demo = account, day, True
    entry.content = entry.content or f"演示：{words}"
    entry.voucher_on = day if entry.kind == "use" else None
    return records.create(entry, actor(who), reason="演示数据")


def _book(account: FeeAccount, entry: FeeEntry, who: str, day: date, words: str) -> FeeEntry:
    entry = _file(account, entry, who, day, words)
    if entry.kind == "payment":
        return act(entry, "receive", "contractor")
    if entry.kind == "use":
        _papers(entry)
    return act(act(entry, "agree", "supervisor"), "confirm", "owner")


def _open_entry(account, at: int, category: str, content: str, supplier: str, part: int, state: str) -> None:
    entry = _spending(category, content, supplier, account.due * part / 1000, f"9{at}")
    entry = _file(account, entry, "contractor", timezone.localdate(), "")
    if state == "filed":
        return
    _papers(entry)
    if state == "cut":
        less = arithmetic.cents(entry.amount * 9 / 10)
        act(entry, "cut", "supervisor", approved=str(less), opinion="演示：数量与现场不符，核减。")
    else:
        act(entry, "send_back", "supervisor", opinion="演示：照片不能反映实物，请补充。")


def _papers(entry: FeeEntry) -> None:
    attach(entry, ContentFile(demo_pdf("凭证"), name="凭证.pdf"), "凭证", actor("contractor"))
    picture = Image.new("RGB", (640, 480), (90, 120 + entry.seq % 100, 150))
    ImageDraw.Draw(picture).rectangle((60, 80, 580, 400), outline=(30, 30 + entry.seq % 200, 60), width=6)
    out = BytesIO()
    picture.save(out, "PNG")
    attach(entry, ContentFile(out.getvalue(), name="现场照片.png"), "照片", actor("contractor"))


def _tender_check(section: Section, account: FeeAccount) -> None:
    for item, listed in (("演示招标文件甲", account.due), ("演示招标文件乙", account.due * 9 / 10)):
        check = TenderFeeCheck(
            project=section.project,
            section=section,
            document=item,
            issued_on=account.contract_on,
            works=account.works,
            item="102-3",
            single_listed=True,
            base=account.base,
            listed=arithmetic.cents(listed),
            is_demo=True,
        )
        records.create(check, actor("staff"), reason="演示数据")
