"""What the checks of safety fees ask and find, and the spot-checks of tender documents."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from projects.models import Placed
from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.rules.models import RuleSet

from ..fees import arithmetic
from ..fees.rules import TENDER, BaseKind, Works, rate_of, rates_of
from ..rules import rule
from .fee import FeeAccount, percent, yuan
from .fee_entry import FeeEntry

OPEN, ANSWERED = "open", "answered"


class Nature(models.TextChoices):
    FINDING = "finding", "核查发现"
    QUESTION = "question", "疑点"
    WARNING = "warning", "提示"


class Conclusion(models.TextChoices):
    NORMAL = "normal", "情况正常"
    CORRECTED = "corrected", "已更正"
    PENDING = "pending", "要求整改"
    REFERRED = "referred", "移交核查"


class FeeQuestion(FlowRecord):
    """Something a check came upon: said with its figures and its rule, and answered by the reviewer. A question is
    no verdict: what it was is what the answer says."""

    scope_through = "account"
    text_joins = ("account__section__project",)

    account = models.ForeignKey(FeeAccount, models.PROTECT, related_name="questions", verbose_name="账户")
    entry = models.ForeignKey(
        FeeEntry, models.CASCADE, null=True, blank=True, related_name="questions", verbose_name="记账"
    )
    code = models.CharField("核查项", max_length=24, editable=False)
    key = models.CharField(max_length=80, editable=False)
    nature = models.CharField("性质", max_length=8, choices=Nature.choices)
    title = models.CharField("问题", max_length=200)
    figures = models.TextField("数据", max_length=2000)
    rule_set = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="依据规则"
    )
    raised_on = models.DateField("提出日期", default=timezone.localdate)
    cleared_on = models.DateField("消除日期", null=True, editable=False)
    explanation = models.TextField("施工单位说明", blank=True, max_length=2000)
    conclusion = models.CharField("核实结论", max_length=10, choices=Conclusion.choices, blank=True)
    answer = models.TextField("核实情况", blank=True, max_length=2000)
    answered_on = models.DateField("核实日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "安全生产费用疑点与发现"
        constraints = [
            models.UniqueConstraint(fields=["account", "code", "key"], name="safety_feequestion_once")
        ]
        indexes = [models.Index(fields=["code", "cleared_on"], name="safety_feequestion_code")]

    def __str__(self) -> str:
        return f"{self.account.section} {self.title}"

    def attachment_kinds(self) -> list[str]:
        return ["说明材料", "核实材料"]


class TenderFeeCheck(Placed, Record):
    """招标文件安全生产费用抽查: what the tender documents say, and by the rules what is wrong with it."""

    natural = ("project.name", "document")

    checked_on = models.DateField("抽查日期", default=timezone.localdate)
    document = models.CharField("招标文件", max_length=200, help_text="名称或编号")
    issued_on = models.DateField("招标文件日期", help_text="适用当日施行的提取标准")
    works = models.CharField("工程类别", max_length=16, choices=Works.choices, default=Works.HIGHWAY)
    item = models.CharField("清单子目号", max_length=40, blank=True, help_text="如 102-3")
    single_listed = models.BooleanField("单独列项", default=False)
    competitive = models.BooleanField("列入竞争", default=False, help_text="可由投标人下浮、删减的选“是”")
    base_kind = models.CharField(
        "计提基数口径", max_length=8, choices=BaseKind.choices, default=BaseKind.CEILING
    )
    base = yuan("计提基数（元）", validators=[MinValueValidator(Decimal("0.01"))])
    listed = yuan("列示金额（元）", validators=[MinValueValidator(Decimal(0))])
    rate = percent("折合费率（%）", null=True, editable=False)
    least_rate = percent("最低费率（%）", null=True, editable=False)
    conforms = models.BooleanField("符合", null=True, editable=False)
    problems = models.TextField("不符合之处", blank=True, editable=False)
    rate_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="提取标准"
    )
    tender_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="招标规定"
    )
    remark = models.TextField("处理意见", blank=True, max_length=2000)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "招标文件安全费抽查"

    def __str__(self) -> str:
        return f"{self.section or self.project} {self.document}"

    def attachment_kinds(self) -> list[str]:
        return ["招标文件节选", "抽查记录"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        for name in ("checked_on", "issued_on"):
            day = getattr(self, name)
            if day and day > timezone.localdate():
                errors[name] = f"{self._meta.get_field(name).verbose_name}不能晚于今天。"
        if self.base is not None and self.listed is not None and self.listed > self.base:
            errors["listed"] = "列示金额不能大于计提基数。"
        if self.issued_on:
            try:
                rates_of(self.issued_on)
            except ValidationError as error:
                errors["issued_on"] = error.messages[0]
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.judge()

    def before_update(self, before: dict) -> None:
        self.judge()

    def judge(self) -> None:
        """Item, rate and non-competition, each against its rule."""
        if not self.issued_on or self.base is None or self.listed is None or self.works not in Works.values:
            return
        try:
            self.rate_rule = rates_of(self.issued_on)
        except ValidationError:
            return
        self.tender_rule = rule(TENDER, self.issued_on)
        self.least_rate = rate_of(self.rate_rule, self.works)
        least = arithmetic.due_of(self.base, self.least_rate)
        self.rate = (self.listed * 100 / self.base).quantize(Decimal("0.001"))
        found = []
        if not self.single_listed:
            found.append("安全生产费用未单独列项。")
        if self.listed < least:
            found.append(f"列示 {self.listed} 元，低于按 {self.least_rate}% 计的 {least} 元。")
        if self.competitive:
            found.append("安全生产费用列入了竞争性报价。")
        self.conforms, self.problems = not found, "".join(found)
