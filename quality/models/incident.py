"""Quality incidents (质量事故) and the clock of their report."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from projects.models import Numbered, Placed, Section
from supervision.flows.models import FlowRecord
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from ..rules import INCIDENTS

UNREPORTED, REPORTED, INVESTIGATING, CONCLUDED, DISMISSED = (
    "unreported",
    "reported",
    "investigating",
    "concluded",
    "dismissed",
)


class IncidentGrade(models.TextChoices):
    EXTRAORDINARY = "extraordinary", "特别重大质量事故"
    MAJOR = "major", "重大质量事故"
    LARGER = "larger", "较大质量事故"
    GENERAL = "general", "一般质量事故"
    PROBLEM = "problem", "质量问题"


GRADE_COLORS = {
    "extraordinary": "red",
    "major": "red",
    "larger": "orange",
    "general": "yellow",
    "problem": "gray",
}


def grade_of(loss: Decimal | None, deaths: int | None, injuries: int | None, rules: dict) -> str:
    """The grade by loss (yuan), deaths and serious injuries: the gravest one of whose bounds is reached; a bound
    belongs to the graver grade."""
    for row in rules["grades"]:
        bounds = (
            (loss or Decimal(0), Decimal(row["loss"])),
            (deaths or 0, row["deaths"]),
            (injuries or 0, row["injuries"]),
        )
        if any(value >= bound for value, bound in bounds):
            return row["code"]
    raise ValueError("the rule set has no lowest grade")


class QualityIncident(Numbered, Placed, FlowRecord):
    """One incident. It is reported within 24 hours of when it happened (《建设工程质量管理条例》第52条). The moment
    of the report is the portal's own, and whether it was late follows from the two. When it happened is fixed with
    the first entry; an authority alone corrects it, with a reason, and a report that was late stays marked."""

    number_prefix = "SG"

    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="标段"
    )
    part = models.CharField("事故部位", max_length=160)
    happened_at = models.DateTimeField("发生时间", help_text="登记后不再修改；确有错误的由主管部门更正")
    description = models.TextField("事故经过与现状", max_length=3000)
    measures = models.TextField("已采取的措施", max_length=3000, blank=True)
    loss = models.DecimalField(
        "直接经济损失（元）",
        max_digits=16,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    deaths = models.PositiveIntegerField("死亡（人）", null=True, blank=True)
    injuries = models.PositiveIntegerField("重伤（人）", null=True, blank=True)
    grade = models.CharField("等级", max_length=16, choices=IncidentGrade.choices, editable=False)
    grade_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="等级标准"
    )
    report_by = models.DateTimeField("报告时限", null=True, editable=False)
    reported_at = models.DateTimeField("报告时间", null=True, editable=False)
    is_late = models.BooleanField("迟报", default=False, editable=False)
    cause = models.TextField("事故原因", max_length=3000, blank=True)
    settlement = models.TextField("处理结果", max_length=3000, blank=True)
    concluded_on = models.DateField("结案日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "质量事故"
        indexes = [
            models.Index(fields=["status", "report_by"], name="quality_incident_clock"),
            models.Index(fields=["is_late", "happened_at"], name="quality_incident_late"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.part}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["事故快报", "事故照片", "调查报告", "处理决定"]

    @property
    def clock_ran_out(self) -> bool:
        """Unreported although its time is over."""
        return self.reported_at is None and self.report_by is not None and timezone.now() > self.report_by

    @property
    def lateness(self) -> str:
        """By how much the report was or is late, in hours; empty when it was in time."""
        end = self.reported_at or timezone.now()
        if self.report_by is None or end <= self.report_by:
            return ""
        hours = (end - self.report_by).total_seconds() / 3600
        return f"{'迟报' if self.reported_at else '超时未报'}{hours:.1f}小时"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        if self.happened_at and self.happened_at > timezone.now() + timedelta(minutes=1):
            errors["happened_at"] = "发生时间不能晚于现在。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self._grade()
        self._clock()

    def before_update(self, before: dict) -> None:
        # Harm once stated is corrected, never emptied.
        for name in set(before) & {"loss", "deaths", "injuries"}:
            if getattr(self, name) is None:
                setattr(self, name, self._meta.get_field(name).to_python(before[name]))
        if {"loss", "deaths", "injuries"} & set(before):
            self._grade()
        if "happened_at" in before:
            self._clock()

    def _grade(self) -> None:
        self.grade_rule = rule(INCIDENTS)
        self.grade = grade_of(self.loss, self.deaths, self.injuries, self.grade_rule.content)

    def _clock(self) -> None:
        if self.happened_at is None:
            return
        self.report_by = self.happened_at + timedelta(hours=rule(INCIDENTS).content["report_hours"])
        if self.reported_at is None:
            self.due_on = timezone.localdate(self.report_by)
        # A report that was late once stays marked, whatever is corrected later.
        if self.reported_at is not None and self.reported_at > self.report_by:
            self.is_late = True
