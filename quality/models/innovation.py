"""Micro-innovation (微创新), key tasks (要点任务) and the periodic summaries."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import WORKS, Numbered, Participation, Placed, Project
from projects.models.candidacy import year_field
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.rules.models import RuleSet
from supervision.rules.numbers import parse_decimal
from supervision.rules.shipped import rule
from supervision.rules.words import WordField

from .of_section import not_ahead, raise_if

INNOVATION = "quality-innovation"
DRAFT, SUBMITTED, REVIEWING, PUBLISHED, REJECTED = (
    "draft",
    "submitted",
    "reviewing",
    "published",
    "rejected",
)
RESULTS = "成果材料"


class PrizeLevel(models.TextChoices):
    CITY = "city", "市级"
    PROVINCE = "province", "省级"
    MINISTRY = "ministry", "部级"
    NATION = "nation", "国家级"


def kinds() -> list[str]:
    """The kinds of micro-innovation in force."""
    return list(rule(INNOVATION).content["kinds"])


class Innovation(Numbered, Placed, FlowRecord):
    """A micro-innovation of a project, submitted by its owner at any time."""

    number_prefix = "WCX"

    title = models.CharField("成果名称", max_length=120)
    kind = WordField("类别", max_length=40, words=kinds)
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="完成单位")
    problem = models.TextField("解决的问题", max_length=3000)
    solution = models.TextField("创新内容", max_length=5000)
    effect = models.TextField("应用效果", max_length=3000)
    submitted_on = models.DateField("申报日期", null=True, blank=True, editable=False)
    score = models.DecimalField("评审得分", max_digits=5, decimal_places=2, null=True, editable=False)
    decided_on = models.DateField("评审日期", null=True, blank=True, editable=False)
    published_on = models.DateField("发布日期", null=True, blank=True, editable=False)
    prize = models.CharField("获奖名称", max_length=120, blank=True)
    prize_level = models.CharField("获奖级别", max_length=10, choices=PrizeLevel.choices, blank=True)
    prize_on = models.DateField("获奖日期", null=True, blank=True)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="评审规则"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "微创新成果"
        indexes = [
            models.Index(fields=["published_on"], name="quality_innovation_published"),
            models.Index(fields=["prize_on"], name="quality_innovation_prize"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.title}".strip()

    def attachment_kinds(self) -> list[str]:
        return [RESULTS, "应用证明", "评审会纪要", "获奖证书"]

    def before_create(self, actor) -> None:
        self.rules = rule(INNOVATION)

    def clean(self) -> None:
        self._meta.get_field("kind").check_word(self)
        errors: dict[str, str] = {}
        self.check_place(errors)
        not_ahead(self, errors, "prize_on")
        raise_if(errors)

    def counted_scores(self) -> models.QuerySet[InnovationScore]:
        return self.scores.filter(recused=False)

    def units(self) -> set[int]:
        """The units that may not judge it: who made it, the project's owner, and who takes part in its sections
        today, or in its own section where it is of one."""
        parts = Participation.on(timezone.localdate()).filter(section__project_id=self.project_id)
        if self.section_id:
            parts = parts.filter(section_id=self.section_id)
        return {self.unit_id, self.project.owner_id, *parts.values_list("organization_id", flat=True)} - {
            None
        }


class InnovationScore(Record):
    """One expert's sheet. An expert of a unit that has a part in it is recused and never scores."""

    scope_through = "innovation"
    text_joins = ("innovation",)

    innovation = models.ForeignKey(
        Innovation, models.PROTECT, related_name="scores", verbose_name="微创新成果"
    )
    expert = models.CharField("专家姓名", max_length=40)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name="专家所在单位"
    )
    recused = models.BooleanField("回避", default=False)
    reason = models.CharField("回避事由", max_length=200, blank=True)
    points = models.JSONField(
        "评分", default=dict, blank=True, help_text="评分项=得分，多项用；隔开；回避的不填"
    )
    total = models.DecimalField("总分", max_digits=5, decimal_places=2, null=True, editable=False)
    opinion = models.TextField("评审意见", max_length=2000, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "微创新专家评分"
        constraints = [
            models.UniqueConstraint(
                fields=["innovation", "expert", "organization"],
                name="quality_innovation_expert_once",
                violation_error_message="该专家对此成果的评分或回避已登记。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.innovation} {self.expert}"

    def attachment_kinds(self) -> list[str]:
        return ["签字评分表"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if not self.innovation_id:
            return
        if self.innovation.status != REVIEWING:
            errors["innovation"] = f"该成果“{self.innovation.status_label}”，不在评审中。"
        if self.recused:
            if not self.reason.strip():
                errors["reason"] = "请填写回避事由。"
            if self.points:
                errors["points"] = "回避的专家不评分。"
        else:
            if self.organization_id and self.has_a_part():
                errors["recused"] = f"{self.organization}参与该项目，其专家应当回避，不能评分。"
            try:
                self.total = self.sum_up()
            except ValueError as error:
                errors["points"] = str(error)
        raise_if(errors)

    def has_a_part(self) -> bool:
        """Whether the expert's unit, or one above or below it, has a part in the innovation."""
        mine = self.organization.path
        paths = Organization.objects.filter(pk__in=self.innovation.units()).values_list("path", flat=True)
        return any(mine.startswith(path) or path.startswith(mine) for path in paths)

    def sum_up(self) -> Decimal:
        """The sum by the innovation's own rule version. Raises ValueError, in Chinese, naming the criterion."""
        criteria = {row["name"]: Decimal(row["full"]) for row in self.innovation.rules.content["criteria"]}
        if unknown := [name for name in self.points if name not in criteria]:
            raise ValueError(f"没有评分项“{unknown[0][:40]}”，应为：{'、'.join(criteria)}。")
        total = Decimal(0)
        for name, full in criteria.items():
            if name not in self.points:
                raise ValueError(f"缺少“{name}”的得分。")
            try:
                given = parse_decimal(str(self.points[name]), 2)
            except ValueError as error:
                raise ValueError(f"“{name}”：{error}") from None
            if not 0 <= given <= full:
                raise ValueError(f"“{name}”的得分应在 0 至 {full} 之间。")
            total += given
        return total


class PublishedInnovation(Record):
    """What was published: read by everybody who signs in."""

    scope_public = True
    natural = ("number",)

    innovation = models.OneToOneField(Innovation, models.PROTECT, related_name="+", editable=False)
    number = models.CharField("编号", max_length=20, editable=False)
    title = models.CharField("成果名称", max_length=120, editable=False)
    kind = models.CharField("类别", max_length=40, editable=False)
    project_name = models.CharField("依托项目", max_length=120, editable=False)
    unit_name = models.CharField("完成单位", max_length=120, editable=False)
    problem = models.TextField("解决的问题", editable=False)
    solution = models.TextField("创新内容", editable=False)
    effect = models.TextField("应用效果", editable=False)
    published_on = models.DateField("发布日期", editable=False, db_index=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-published_on", "-pk"]
        verbose_name = "已发布微创新成果"

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class KeyTask(Placed, FlowRecord):
    """A key task of the year (要点任务) that a project takes on."""

    year = year_field("年度")
    title = models.CharField("要点任务", max_length=200)
    target = models.TextField("目标与成果形式", max_length=2000)
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="责任单位")
    planned_on = models.DateField("计划完成日期")
    done_on = models.DateField("完成日期", null=True, blank=True)
    result = models.TextField("完成情况", max_length=3000, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "年度要点任务"

    def __str__(self) -> str:
        return f"{self.year}年 {self.project} {self.title}"

    def attachment_kinds(self) -> list[str]:
        return ["成果材料", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        not_ahead(self, errors, "done_on")
        raise_if(errors)


class Period(models.TextChoices):
    MONTH = "month", "月度"
    QUARTER = "quarter", "季度"
    YEAR = "year", "年度"


class WorkSummary(FlowRecord):
    """A project's summary of a month, quarter or year; the counts are filled in by the portal."""

    scope_through = "project"
    text_joins = ("project",)

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="+", limit_choices_to=WORKS, verbose_name="项目"
    )
    kind = models.CharField("总结类别", max_length=8, choices=Period.choices)
    starts_on = models.DateField("期间起始日期", help_text="月、季、年的第一天")
    counts = models.JSONField("统计", default=dict, editable=False)
    counted_on = models.DateField("统计截至", null=True, editable=False)
    progress = models.TextField("工作进展", max_length=5000, blank=True)
    problems = models.TextField("存在问题", max_length=3000, blank=True)
    plans = models.TextField("下一步安排", max_length=3000, blank=True)
    submitted_on = models.DateField("报送日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name = "要点任务与创新工作总结"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "starts_on"],
                name="quality_summary_once",
                violation_error_message="该项目此期间的总结已有。",
            ),
            models.CheckConstraint(condition=Q(kind__in=Period.values), name="quality_summary_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.period_label}{self.get_kind_display()}总结"

    @property
    def period_label(self) -> str:
        day = self.starts_on
        return {
            Period.MONTH: f"{day.year}年{day.month}月",
            Period.QUARTER: f"{day.year}年第{(day.month + 2) // 3}季度",
        }.get(self.kind, f"{day.year}年")

    def attachment_kinds(self) -> list[str]:
        return ["总结报告", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "starts_on")
        if self.starts_on and self.kind:
            first = {
                Period.MONTH: self.starts_on.day == 1,
                Period.QUARTER: self.starts_on.day == 1 and self.starts_on.month in (1, 4, 7, 10),
                Period.YEAR: (self.starts_on.month, self.starts_on.day) == (1, 1),
            }
            if not first.get(self.kind, True):
                errors["starts_on"] = f"{self.get_kind_display()}总结的起始日期应为该期间的第一天。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        if not (self.project_id and self.starts_on and self.kind):
            raise ValidationError("请填写项目、类别和起始日期。")
        self.fill_in()

    def fill_in(self) -> None:
        """Count anew what the ledgers hold for the period up to today."""
        # Counting reads models of this very module.
        from ..works.prefill import counts_of

        self.counts = counts_of(self)
        self.counted_on = timezone.localdate()
