"""Durability of reinforced concrete: strength, appearance, dimensions and cover, measured in groups."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from projects.models import Section
from supervision.people.records import Record
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.stakes import StakeField
from supervision.rules.words import WordField

from ..durability import judging
from ..rules import DURABILITY, components


class DurabilityIndicator(models.TextChoices):
    STRENGTH = "strength", "混凝土强度"
    APPEARANCE = "appearance", "外观质量"
    DIMENSION = "dimension", "构件尺寸"
    COVER = "cover", "钢筋保护层厚度"


class Checker(models.TextChoices):
    CONTRACTOR = "contractor", "施工自检"
    SUPERVISOR = "supervisor", "监理抽检"
    AUTHORITY = "authority", "监督抽检"


class DurabilityCheck(Record):
    """One group of measurements of one indicator on one member. Points, rate and outcome follow from what was
    measured, by the limits in force on its day."""

    scope_through = "section"
    text_joins = ("section__project",)

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    component = WordField("构件类型", max_length=40, words=components)
    part = models.CharField("构件（部位）", max_length=120)
    stakes = StakeField("桩号", blank=True)
    indicator = models.CharField("指标", max_length=12, choices=DurabilityIndicator.choices)
    checker = models.CharField("检测方", max_length=12, choices=Checker.choices, default=Checker.CONTRACTOR)
    checked_on = models.DateField("检测日期", default=timezone.localdate)
    design = models.DecimalField(
        "设计值",
        max_digits=12,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.001"))],
        help_text="强度 MPa，尺寸、保护层 mm；外观质量不填",
    )
    measured = models.CharField(
        "实测值",
        max_length=1000,
        help_text="用、隔开；外观质量填缺陷面积占比（%）",
    )
    points = models.PositiveIntegerField("点数", default=0, editable=False)
    passed_points = models.PositiveIntegerField("合格点数", default=0, editable=False)
    mean = models.DecimalField("均值", max_digits=12, decimal_places=3, null=True, editable=False)
    rate = models.DecimalField("合格率（%）", max_digits=5, decimal_places=1, null=True, editable=False)
    low = models.DecimalField("下限", max_digits=12, decimal_places=3, null=True, editable=False)
    high = models.DecimalField("上限", max_digits=12, decimal_places=3, null=True, editable=False)
    passed = models.BooleanField("合格", default=False, editable=False)
    limit_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="限值"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-checked_on", "-pk"]
        verbose_name = "耐久性指标检测"
        indexes = [
            models.Index(fields=["section", "indicator", "checked_on"], name="quality_durability_chart"),
            models.Index(fields=["checked_on", "indicator"], name="quality_durability_days"),
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.part} {self.get_indicator_display()}"

    def attachment_kinds(self) -> list[str]:
        return ["检测报告", "检测照片", "原始记录"]

    def clean(self) -> None:
        self._meta.get_field("component").check_word(self)
        errors = {}
        if self.checked_on and self.checked_on > timezone.localdate():
            errors["checked_on"] = "检测日期不能晚于今天。"
        if self.indicator == DurabilityIndicator.APPEARANCE:
            if self.design is not None:
                errors["design"] = "外观质量不填设计值。"
        elif self.indicator and self.design is None:
            errors["design"] = "请填写设计值。"
        if not errors and self.indicator and self.checked_on and self.measured:
            try:
                judging.values_of(self.measured)
            except ValueError as error:
                errors["measured"] = str(error)
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        # What cannot be read is refused by `clean`, which is asked next.
        try:
            self._judge()
        except ValueError:
            return

    def before_update(self, before: dict) -> None:
        if {"measured", "design", "indicator", "component", "checked_on"} & set(before):
            self._judge()

    def _judge(self) -> None:
        self.limit_rule = rule(DURABILITY, self.checked_on)
        found = judging.judge(
            self.indicator, self.component, self.measured, self.design, self.limit_rule.content
        )
        self.measured = found.text
        self.points, self.passed_points, self.mean = found.points, found.passed_points, found.mean
        self.rate, self.low, self.high, self.passed = found.rate, found.low, found.high, found.passed
