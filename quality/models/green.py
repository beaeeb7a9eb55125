"""Green works (绿色环保) and crews (班组): checks by a versioned list, monthly statements of the contractor."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from projects.models import Numbered
from supervision.flows.models import FlowRecord
from supervision.people.models import PARTY_ROLES
from supervision.people.records import Record
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.stakes import StakeField

from .of_section import OfSection, not_ahead, raise_if

GREEN, CREWS = "quality-green-checklist", "quality-crew-statements"
OPEN, FINISHED = "open", "finished"
EVIDENCE = ("工资支付凭证", "工伤保险凭证")


class Result(models.TextChoices):
    PASS = "pass", "合格"
    FAIL = "fail", "不合格"
    NA = "na", "不适用"


class GreenCheck(Numbered, OfSection, FlowRecord):
    """One check of dust, noise, water and spoil on a section, item by item."""

    number_prefix = "LS"

    checked_on = models.DateField("检查日期", default=timezone.localdate)
    place = models.CharField("检查部位", max_length=120)
    stakes = StakeField("桩号", blank=True)
    inspectors = models.CharField("检查人员", max_length=120)
    unit = models.CharField("检查单位", max_length=120, blank=True, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="检查表版本"
    )
    self_check = models.BooleanField("参建单位自查", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "绿色施工检查"

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} 绿色施工检查 {self.checked_on}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["检查照片", "监测数据", "签字记录"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "checked_on")
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.rules = rule(GREEN)
        self.unit = actor.organization_name
        self.self_check = actor.user is not None and bool(actor.user.roles & PARTY_ROLES)

    @property
    def items(self) -> list[dict]:
        """The list's items in order: key, group, text."""
        return [
            {"key": item["key"], "group": group["name"], "text": item["text"]}
            for group in self.rules.content["groups"]
            for item in group["items"]
        ]


class GreenAnswer(Record):
    """The answer to one item of a check; a bad one becomes a finding once the check is finished."""

    scope_through = "check_of"
    text_joins = ("check_of__section__project",)

    check_of = models.ForeignKey(
        GreenCheck, models.PROTECT, related_name="answers", editable=False, verbose_name="绿色施工检查"
    )
    key = models.CharField("条目", max_length=20, editable=False)
    group = models.CharField("类别", max_length=40, editable=False)
    text = models.CharField("检查内容", max_length=300, editable=False)
    result = models.CharField("结果", max_length=4, choices=Result.choices)
    description = models.CharField("不合格情况", max_length=500, blank=True)
    raised = models.CharField("整改记录", max_length=60, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["check_of_id", "pk"]
        verbose_name = "绿色施工检查条目"
        constraints = [models.UniqueConstraint(fields=["check_of", "key"], name="quality_green_answer_once")]

    def __str__(self) -> str:
        return f"{self.check_of} {self.text}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.check_of_id and self.check_of.status != OPEN:
            errors["result"] = "检查已完成，不再修改。"
        if self.result == Result.FAIL and not self.description.strip():
            errors["description"] = f"“{self.text}”不合格，请写明情况。"
        raise_if(errors)


def number_field(label: str, **options) -> models.PositiveIntegerField:
    return models.PositiveIntegerField(label, **options)


class CrewStatement(OfSection, FlowRecord):
    """What the contractor states of its crews for one month: counts and sums, no personal data."""

    month = models.DateField("月份", help_text="当月第一天")
    crews = number_field("班组数")
    workers = number_field("在场工人数")
    real_name = number_field("其中实名登记人数")
    insured = number_field("参加工伤保险人数")
    paid_workers = number_field("当月足额支付工资人数")
    payable = models.DecimalField(
        "当月应付工资（元）", max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    paid = models.DecimalField(
        "当月实付工资（元）", max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    trained = number_field("当月培训人次", default=0)
    remark = models.CharField("说明", max_length=500, blank=True, help_text="未足额支付、未参保的，说明原因")
    checked_on = models.DateField("核查日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-month", "-pk"]
        verbose_name = "班组月报"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "month"],
                name="quality_crew_once",
                violation_error_message="该标段此月的班组月报已有。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.month:%Y年%m月}班组月报"

    def attachment_kinds(self) -> list[str]:
        return [*EVIDENCE, "实名制统计表"]

    @property
    def settled(self) -> bool:
        """Whether the month's wages were paid in full, to everybody (月结月清)."""
        return self.paid_workers >= self.workers and self.paid >= self.payable

    @property
    def gaps(self) -> list[str]:
        """What falls short, as short words."""
        found = [
            (self.real_name < self.workers, f"未实名{self.workers - self.real_name}人"),
            (self.insured < self.workers, f"未参保{self.workers - self.insured}人"),
            (self.paid_workers < self.workers, f"未足额支付{self.workers - self.paid_workers}人"),
            (self.paid < self.payable, f"欠付{self.payable - self.paid}元"),
        ]
        return [text for short, text in found if short]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "month")
        if self.month and self.month.day != 1:
            errors["month"] = "月份请填当月第一天。"
        for name in ("real_name", "insured", "paid_workers"):
            value = getattr(self, name)
            if value is not None and self.workers is not None and value > self.workers:
                label = self._meta.get_field(name).verbose_name
                errors[name] = f"{label}不能多于在场工人数（{self.workers}）。"
        if self.crews is not None and self.workers is not None and self.crews > self.workers:
            errors["crews"] = "班组数不能多于在场工人数。"
        if None not in (self.paid, self.payable) and self.paid > self.payable:
            errors["paid"] = "实付工资不能多于应付工资。"
        told = (self.workers, self.real_name, self.insured, self.paid_workers, self.paid, self.payable)
        if not errors and None not in told and self.gaps and not self.remark.strip():
            errors["remark"] = f"{'，'.join(self.gaps)}，请说明原因。"
        raise_if(errors)
