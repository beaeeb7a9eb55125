"""Wages of a section (工资支付): the account and deposit, the months, and complaints. No worker's personal data."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from projects.models import Numbered
from quality import facts
from quality.models import CrewStatement
from quality.models.of_section import OfSection
from supervision.flows.models import FlowRecord
from supervision.rules.models import RuleSet

from ..money import clocks
from .commissioned import in_order, not_ahead, raise_if, rules_on, yuan

ACCOUNT, PAY, COMPLAINTS = "wage-account", "wage-pay", "wage-complaints"
DRAFT, SUBMITTED, IN_USE, CLOSED, CHECKED = "draft", "submitted", "in_use", "closed", "checked"
RECEIVED, HANDLING, SETTLED, UNFOUNDED = "received", "handling", "settled", "unfounded"
TEN_THOUSAND = 10_000


class DepositKind(models.TextChoices):
    CASH = "cash", "现金"
    GUARANTEE = "guarantee", "银行保函"
    EXEMPT = "exempt", "免存"


class WageAccount(OfSection, FlowRecord):
    """A section's special account for wages, its deposit, and who pays them out."""

    natural = ("section.project.name", "section.code")

    bank = models.CharField("开户银行", max_length=120)
    tail = models.CharField(
        "账号后四位",
        max_length=4,
        validators=[RegexValidator(r"^[0-9]{4}\Z", "请填账号的后四位数字。")],
        help_text="只填后四位",
    )
    opened_on = models.DateField("专户开立日期")
    deposit_kind = models.CharField(
        "保证金方式", max_length=10, choices=DepositKind.choices, default=DepositKind.GUARANTEE
    )
    deposit = yuan("保证金（元）", default=0, validators=[MinValueValidator(Decimal(0))])
    deposit_on = models.DateField("保证金存储日期", null=True, blank=True)
    exempt_reason = models.CharField("免存理由", max_length=300, blank=True)
    agent_paid = models.BooleanField("委托总包代发", default=True)
    real_name = models.BooleanField("实名制管理", default=True)
    notice_board = models.BooleanField("设置维权告示牌", default=True)
    guaranteed = models.BooleanField("建设单位提供工程款支付担保", default=True)
    officer = models.BooleanField("配备劳资专管员", default=True)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )
    drawn_on = models.DateField("保证金动用日期", null=True, blank=True)
    topped_up_on = models.DateField("保证金补足日期", null=True, blank=True)
    release_notice_on = models.DateField("退还公示起始日期", null=True, blank=True)
    released_on = models.DateField("保证金退还日期", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "工资专户与保证金"
        constraints = [
            models.UniqueConstraint(
                fields=["section"],
                name="integrity_wageaccount_once",
                violation_error_message="该标段已登记工资专户。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} 工资专户"

    def attachment_kinds(self) -> list[str]:
        return ["专户开户证明", "保证金凭证（保函）", "代发协议", "其他"]

    @property
    def content(self) -> dict:
        """What its rules say; what an earlier version did not say yet, as the present one says it."""
        own = self.rules.content if self.rules_id else {}
        return own if "release_notice_days" in own else rules_on(ACCOUNT, None).content | own

    @property
    def deposit_by(self):
        """Until when the deposit was to be made: by the day the contract was signed, as the registry has it."""
        signed = self.section.contract_on
        return clocks.deposit_by(signed, self.content) if signed and self.rules_id else None

    @property
    def top_up_by(self):
        """Until when a deposit that was drawn on is whole again."""
        return clocks.top_up_by(self.drawn_on, self.content) if self.drawn_on and self.rules_id else None

    @property
    def release_from(self):
        """The first day on which the deposit may be given back: the whole notice is over."""
        if not (self.release_notice_on and self.rules_id):
            return None
        return clocks.release_from(self.release_notice_on, self.content)

    @property
    def gaps(self) -> list[str]:
        words = (
            ("agent_paid", "未委托总包代发"),
            ("real_name", "未实名制管理"),
            ("notice_board", "未设维权告示牌"),
            ("guaranteed", "未提供支付担保"),
            ("officer", "未配劳资专管员"),
        )
        found = [text for name, text in words if not getattr(self, name)]
        content = self.content
        by, price = self.deposit_by, self.section.contract_price
        price = price * TEN_THOUSAND if price is not None else None
        if self.deposit_kind == DepositKind.EXEMPT:
            gap = clocks.exemption_gap(price, content)
            return [*found, gap] if gap else found
        if (again := self.top_up_by) and (self.topped_up_on or timezone.localdate()) > again:
            found.append(f"保证金动用后应于{again}前补足")
        if by and (self.deposit_on or timezone.localdate()) > by:
            found.append(f"保证金应于{by}前存储")
        gap = clocks.deposit_gap(price, self.deposit, content)
        return [*found, gap] if gap else found

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(
            self,
            errors,
            "opened_on",
            "deposit_on",
            "drawn_on",
            "topped_up_on",
            "release_notice_on",
            "released_on",
        )
        in_order(self, errors, "deposit_on", "drawn_on", "topped_up_on")
        in_order(self, errors, "opened_on", "release_notice_on", "released_on")
        if self.deposit_kind == DepositKind.EXEMPT and not self.exempt_reason.strip():
            errors["exempt_reason"] = "免存的请写明理由。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.rules = rules_on(ACCOUNT, self.opened_on)


class WageMonth(OfSection, FlowRecord):
    """A month's settlement. Counts and sums are the crew statement's: stated once, there."""

    natural = ("section.project.name", "section.code", "month")
    text_joins = ("section__project", "crew")

    month = models.DateField("月份", help_text="当月第一天；人数和应付、实付由班组月报带入")
    crew = models.OneToOneField(
        CrewStatement,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="wage_month",
        verbose_name="班组月报",
    )
    labour_fee = yuan("拨入专户人工费（元）", validators=[MinValueValidator(Decimal(0))])
    labour_fee_on = models.DateField("人工费拨入日期", null=True, blank=True)
    by_general = yuan("总包代发（元）", validators=[MinValueValidator(Decimal(0))])
    settled_on = models.DateField("发放完成日期", null=True, blank=True, help_text="未发完的不填")
    settle_by = models.DateField("月清期限", null=True, editable=False)
    remark = models.CharField("说明", max_length=500, blank=True)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )
    checked_on = models.DateField("核查日期", null=True, editable=False)

    class Meta:
        ordering = ["-month", "-pk"]
        verbose_name = "工资月结"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "month"],
                name="integrity_wagemonth_once",
                violation_error_message="该标段此月的工资月结已有。",
            )
        ]
        indexes = [models.Index(fields=["month", "settled_on"], name="integrity_wagemonth_month")]

    def __str__(self) -> str:
        return f"{self.section} {self.month:%Y年%-m月}工资月结"

    def attachment_kinds(self) -> list[str]:
        return ["银行代发回单", "人工费拨付凭证", "其他"]

    @property
    def settled(self) -> bool:
        """Paid in full, to everybody, and in time (月结月清)."""
        return bool(self.paid_up and self.settled_on and self.settle_by and self.settled_on <= self.settle_by)

    @property
    def paid_up(self) -> bool:
        return bool(self.crew_id and self.crew.settled)

    @property
    def gaps(self) -> list[str]:
        crew, found = self.crew if self.crew_id else None, []
        if crew is not None:
            found += crew.gaps
            if self.by_general < crew.paid:
                found.append(f"总包代发少于实付{crew.paid - self.by_general}元")
            if self.labour_fee < crew.payable:
                found.append(f"拨入人工费少于应付{crew.payable - self.labour_fee}元")
        if self.settled_on and self.settle_by and self.settled_on > self.settle_by:
            found.append("逾期发放")
        if not self.settled_on and self.settle_by and timezone.localdate() > self.settle_by:
            found.append(f"月清期限{self.settle_by}已过，尚未发放完成")
        if self.rules_id and self.month:
            by = clocks.labour_fee_by(self.month, self.rules.content)
            if self.labour_fee_on and self.labour_fee_on > by:
                found.append(f"人工费应于{by}前拨入")
            elif not self.labour_fee_on and timezone.localdate() > by:
                found.append(f"人工费应于{by}前拨入，拨入日期未登记")
        return found

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "month", "labour_fee_on", "settled_on")
        if self.month and self.month.day != 1:
            errors["month"] = "月份请填当月第一天。"
        if self._state.adding:
            self.follow()
        if self.section_id and self.month and not self.crew_id and "month" not in errors:
            errors["month"] = "该标段此月尚无已报送的班组与工资月报，请先在“班组与工资月报”填报。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.follow()

    def follow(self) -> None:
        """The crew statement of the month, and until when it is settled."""
        if not (self.section_id and self.month):
            return
        self.crew = facts.crew_statements(self.month, self.month).filter(section=self.section_id).first()
        self.rules = rules_on(PAY, self.month)
        self.settle_by = clocks.settle_by(self.month, self.rules.content)


class WageChannel(models.TextChoices):
    VISIT = "visit", "来访"
    PHONE = "phone", "电话"
    PLATFORM = "platform", "平台转办"
    LABOUR = "labour", "劳动监察移送"
    OTHER = "other", "其他"


class Payer(models.TextChoices):
    SUBCONTRACTOR = "subcontractor", "用人单位支付"
    GENERAL = "general", "施工总承包单位清偿"
    OWNER = "owner", "建设单位先行垫付"


class WageComplaint(Numbered, OfSection, FlowRecord):
    """A complaint about unpaid wages, with counts and sums alone; who complained is not kept here."""

    number_prefix = "XT"

    received_on = models.DateField("收到日期", default=timezone.localdate)
    channel = models.CharField("来源", max_length=10, choices=WageChannel.choices, default=WageChannel.PHONE)
    people = models.PositiveIntegerField("涉及人数", validators=[MinValueValidator(1)])
    amount = yuan("反映欠薪（元）", validators=[MinValueValidator(Decimal(0))])
    content = models.TextField("反映情况", max_length=2000, help_text="不填投诉人姓名、身份证号、电话")
    accept_by = models.DateField("受理期限", null=True, editable=False)
    accepted_on = models.DateField("受理日期", null=True, blank=True)
    extended = models.BooleanField("已延期", default=False, editable=False)
    settle_by = models.DateField("办结期限", null=True, editable=False)
    settled_on = models.DateField("办结日期", null=True, blank=True)
    paid = yuan("查实并支付（元）", null=True, blank=True, validators=[MinValueValidator(Decimal(0))])
    payer = models.CharField("支付方", max_length=14, choices=Payer.choices, blank=True)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="时限依据"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "欠薪投诉"
        indexes = [models.Index(fields=["status", "settle_by"], name="integrity_wage_open")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} 欠薪投诉".strip()

    def attachment_kinds(self) -> list[str]:
        return ["核查记录", "支付凭证", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "received_on", "accepted_on", "settled_on")
        in_order(self, errors, "received_on", "accepted_on", "settled_on")
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.work_out()
        self.due_on = self.accept_by

    def before_update(self, before: dict) -> None:
        if "received_on" in before:
            self.work_out()
            if self.status == RECEIVED:
                self.due_on = self.accept_by

    def work_out(self) -> None:
        if self.received_on:
            self.rules = rules_on(COMPLAINTS, self.received_on)
            self.accept_by = clocks.add_workdays(self.received_on, self.rules.content["accept_workdays"])

    def count_on(self) -> None:
        self.settle_by = clocks.complaint_by(
            self.accepted_on or self.received_on, self.extended, self.rules.content
        )
