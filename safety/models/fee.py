"""Safety-fee accounts (安全生产费用账户): one of each construction section, its terms, and its closed months."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from projects.models import Section
from projects.models.section import Participation, SectionKind
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization, Role
from supervision.people.records import Record
from supervision.people.scope import Scoped
from supervision.rules.models import RuleSet

from ..fees import arithmetic
from ..fees.rules import PAYMENT, BaseKind, Works, rate_of, rates_of
from ..rules import rule

DRAFT, ACTIVE, SETTLED, CLOSED = "draft", "active", "settled", "closed"


def yuan(label: str, **options) -> models.DecimalField:
    """A column of yuan with cents."""
    return models.DecimalField(label, max_digits=16, decimal_places=2, **options)


def percent(label: str, **options) -> models.DecimalField:
    return models.DecimalField(label, max_digits=6, decimal_places=3, **options)


class FeeAccount(FlowRecord):
    """The account of one construction section: what is due, by which rate, and until when it is closed.

    `posted` counts its entries, `closed_through` is the last month that was closed: both follow from rows that have
    a history of their own, and every posting passes through a conditional UPDATE on them (see `enter`).
    """

    scope_through = "section"
    natural = ("section.project.name", "section.code")
    text_joins = ("section__project",)
    unrecorded_fields = FlowRecord.unrecorded_fields | {"posted", "closed_through"}

    section = models.OneToOneField(
        Section,
        models.PROTECT,
        related_name="fee_account",
        verbose_name="标段",
        error_messages={"unique": "该标段已有安全生产费用账户。"},
    )
    works = models.CharField("工程类别", max_length=16, choices=Works.choices, default=Works.HIGHWAY)
    base_kind = models.CharField(
        "计提基数口径", max_length=8, choices=BaseKind.choices, default=BaseKind.COST
    )
    base = yuan("计提基数（元）", validators=[MinValueValidator(Decimal("0.01"))])
    contract_on = models.DateField("合同签订日期", help_text="适用签订当日施行的提取标准")
    rate = percent(
        "费率（%）",
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.001")), MaxValueValidator(Decimal(100))],
        help_text="不填为该类工程的最低费率；高于最低费率的须说明理由",
    )
    rate_reason = models.CharField("提高费率理由", max_length=500, blank=True)
    least_rate = percent("最低费率（%）", null=True, editable=False)
    rate_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="提取标准"
    )
    due = yuan("应提总额（元）", default=0, editable=False)
    tender_item = models.CharField("清单子目号", max_length=40, blank=True, help_text="如 102-3")
    single_listed = models.BooleanField("招标文件单列", null=True, blank=True)
    opened_on = models.DateField("建账日期", default=timezone.localdate, help_text="自当月起逐月记账、结账")
    start_on = models.DateField("开工日期", null=True, blank=True, help_text="首次支付期限自开工日起算")
    first_payment_by = models.DateField("首次支付期限", null=True, editable=False)
    contractor = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="fee_accounts",
        verbose_name="施工单位",
    )
    adjusted_on = models.DateField("调整生效日期", null=True, blank=True)
    confirmed_on = models.DateField("启用日期", null=True, editable=False)
    settled_on = models.DateField("竣工决算日期", null=True, blank=True)
    remainder = yuan("决算结余（元）", null=True, editable=False)
    ended_on = models.DateField("销户日期", null=True, editable=False)
    posted = models.PositiveIntegerField("笔数", default=0, editable=False)
    closed_through = models.DateField("已结账至", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "安全生产费用账户"
        indexes = [models.Index(fields=["status", "closed_through"], name="safety_feeaccount_open")]

    def __str__(self) -> str:
        return f"{self.section} 安全生产费用"

    def attachment_kinds(self) -> list[str]:
        return ["合同安全费条款", "招标文件节选", "决算文件", "退回凭证"]

    @property
    def closed_label(self) -> str:
        return f"{self.closed_through:%Y年%-m月}" if self.closed_through else ""

    @property
    def next_month(self) -> date:
        """The month that is closed next."""
        return (
            arithmetic.later(self.closed_through)
            if self.closed_through
            else arithmetic.month_of(self.opened_on)
        )

    def clean(self) -> None:
        errors: dict[str, str] = {}
        today = timezone.localdate()
        if self.section_id and self.section.kind != SectionKind.CONSTRUCTION:
            errors["section"] = "安全生产费用账户只为施工标段设立。"
        for name in ("contract_on", "opened_on", "start_on", "settled_on", "adjusted_on"):
            day = getattr(self, name)
            if day and day > today:
                errors[name] = f"{self._meta.get_field(name).verbose_name}不能晚于今天。"
        if self.adjusted_on and self.opened_on and self.adjusted_on < self.opened_on:
            errors["adjusted_on"] = f"调整生效日期早于建账日期（{self.opened_on}）。"
        if self.contract_on and self.works in Works.values:
            try:
                least = rate_of(rates_of(self.contract_on), self.works)
            except ValidationError as error:
                errors["contract_on"] = error.messages[0]
            else:
                if self.rate is not None and self.rate < least:
                    errors["rate"] = (
                        f"{self.contract_on} 签订的{self.get_works_display()}合同，费率不得低于{least}%。"
                    )
                elif self.rate is not None and self.rate > least and not self.rate_reason.strip():
                    errors["rate_reason"] = f"费率高于最低费率 {least}%，请说明理由。"
        if errors:
            raise ValidationError(errors)

    # ----------------------------------------------------------------------------------------------- writing

    def before_create(self, actor) -> None:
        self.work_out()

    def before_update(self, before: dict) -> None:
        self.work_out()

    def work_out(self) -> None:
        """Rate, amount due and the first payment's last day, by the rules of the contract's day. What is missing
        or cannot be is left to `clean`, which says so."""
        if self.contract_on and self.works in Works.values:
            try:
                self.rate_rule = rates_of(self.contract_on)
            except ValidationError:
                return
            self.least_rate = rate_of(self.rate_rule, self.works)
            self.rate = self.least_rate if self.rate is None else self.rate
        if self.base is not None and self.rate is not None:
            self.due = arithmetic.due_of(self.base, self.rate)
        self.first_payment_by = None
        if self.start_on:
            months = rule(PAYMENT, self.contract_on).content["months"]
            self.first_payment_by = arithmetic.within(self.start_on, months)
        if self.contractor_id is None and self.section_id:
            rows = Participation.objects.filter(section_id=self.section_id, role=Role.CONTRACTOR)
            self.contractor_id = rows.order_by("-since").values_list("organization_id", flat=True).first()

    def after_write(self, changes: dict, actor) -> None:
        if {"due", "rate", "opened_on"} & set(changes):
            FeeTerm.follow(self)

    @classmethod
    def enter(cls, pk: int, month: date, number: int = 0) -> int | None:
        """Take the account for this transaction in order to write in `month`; returns how many entries it then has
        (with `number` new ones), None when the month is closed.

        A conditional UPDATE, like every claim of this house: it waits for a closing that goes on, and a closing
        waits for it, so that an entry is in the close or is refused.
        """
        rows = cls._base_manager.filter(Q(closed_through__isnull=True) | Q(closed_through__lt=month), pk=pk)
        if not rows.update(posted=F("posted") + number):
            return None
        return cls._base_manager.values_list("posted", flat=True).get(pk=pk)


class FeeTerm(Scoped):
    """By which base and rate an account was due from when to when; what as-of figures are made of."""

    scope_through = "account"

    account = models.ForeignKey(FeeAccount, models.CASCADE, related_name="terms", verbose_name="账户")
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True, help_text="自该日起不再适用")
    base = yuan("计提基数（元）")
    rate = percent("费率（%）")
    due = yuan("应提总额（元）")

    class Meta:
        verbose_name = "安全生产费用计提口径"
        ordering = ["account", "since"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(until__isnull=True), name="safety_feeterm_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.since} {self.rate}%"

    @classmethod
    def follow(cls, account: FeeAccount) -> None:
        """Begin a new term where base or rate changed: from the day the change takes effect, for a draft from the
        account's first day. Terms that were to begin later give way to it, so that no day has two."""
        since = account.adjusted_on or account.opened_on
        terms = cls.objects.filter(account=account)
        (terms if account.status == DRAFT else terms.filter(since__gte=since)).delete()
        terms.filter(Q(until__isnull=True) | Q(until__gt=since)).update(until=since)
        cls.objects.create(
            account=account, since=since, base=account.base, rate=account.rate, due=account.due
        )

    @classmethod
    def on(cls, day: date) -> models.QuerySet[FeeTerm]:
        """The terms that hold on `day`."""
        return cls.objects.filter(Q(until__isnull=True) | Q(until__gt=day), since__lte=day)


class FeeMonth(Record):
    """A month of an account as it was when it was closed. Written once, by `safety.fees.closing`."""

    scope_through = "account"
    text_joins = ("account__section__project",)

    account = models.ForeignKey(
        FeeAccount, models.PROTECT, editable=False, related_name="months", verbose_name="账户"
    )
    month = models.DateField("月份", editable=False, help_text="当月第一天")
    due = yuan("应提总额（元）", default=0, editable=False)
    progress = percent("累计进度（%）", default=0, editable=False)
    accrual = yuan("提取（元）", default=0, editable=False)
    payment = yuan("支付（元）", default=0, editable=False)
    use = yuan("使用（元）", default=0, editable=False)
    passed_on = yuan("支付分包（元）", default=0, editable=False)
    refund = yuan("退回（元）", default=0, editable=False)
    balance = yuan("月末结余（元）", default=0, editable=False)
    entries = models.PositiveIntegerField("笔数", default=0, editable=False)
    closed_by = models.CharField("结账人", max_length=60, default="", editable=False)

    class Meta:
        ordering = ["-month", "-pk"]
        verbose_name = "安全生产费用月结"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "month"],
                name="safety_feemonth_once",
                violation_error_message="该月已结账。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.month_label}"

    @property
    def month_label(self) -> str:
        return f"{self.month:%Y年%-m月}"

    @property
    def totals(self) -> arithmetic.Totals:
        return arithmetic.Totals(*(getattr(self, kind) for kind in arithmetic.KINDS))

    def before_update(self, before: dict) -> None:
        raise ValidationError("已结账的月份不能修改；差错在以后月份冲销。")

    def before_delete(self) -> None:
        raise ValidationError("已结账的月份不能删除。")
