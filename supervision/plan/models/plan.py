"""A bureau's plan: what is to be reached by when, and who does what for it."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from supervision.people.models import Organization
from supervision.people.records import Record

from .. import facts, indicators


def year_field(label: str, **options) -> models.PositiveSmallIntegerField:
    """A column holding a calendar year."""
    return models.PositiveSmallIntegerField(
        label, validators=[MinValueValidator(2000), MaxValueValidator(2100)], **options
    )


class Plan(Record):
    """A plan or notice whose targets are computed: 文号, years it runs, and whether it is in force."""

    scope_public = True
    natural = ("title",)
    few = True

    number = models.CharField("文号", max_length=60, blank=True)
    title = models.CharField("标题", max_length=200, unique=True)
    issuer = models.CharField("印发单位", max_length=120, blank=True)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    year_from = year_field("起始年度")
    year_to = year_field("截止年度")
    is_active = models.BooleanField("执行中", default=True)
    source = models.CharField("来源", max_length=200, blank=True)

    class Meta:
        ordering = ["-year_from", "-pk"]
        verbose_name = "计划"
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                condition=~Q(number=""),
                name="plan_plan_number",
                violation_error_message="该文号已有计划。",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.year_from and self.year_to and self.year_to < self.year_from:
            raise ValidationError({"year_to": "截止年度早于起始年度。"})


class TargetGroup(models.TextChoices):
    QUALITY = "quality", "平安百年品质工程"
    SAFETY = "safety", "平安工地"
    AWARD = "award", "优质工程"
    INTEGRITY = "integrity", "廉洁工程"
    OTHER = "other", "其他"


class TargetKind(models.TextChoices):
    RATIO = "ratio", "比例"
    COUNT = "count", "数量"


class Period(models.TextChoices):
    YEARLY = "yearly", "每年"
    BY_YEAR = "by_year", "到某年累计"


class Target(Record):
    """One figure a plan asks for, and the indicator that computes it.

    threshold  ratio: per cent to be reached; count: the least number
    stretch    count: the number hoped for; it is shown and never judges
    at_most    the threshold is the most that may be (零事故, 不超过3%): shown, and never computed
    indicator  empty for a target of a notice that no indicator computes: it is followed by hand
    basis      how the base is read where the plan leaves it open, shown on the page
    """

    scope_public = True
    natural = ("plan.title", "code")
    text_joins = ("plan",)

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="targets", verbose_name="计划")
    code = models.CharField("指标代码", max_length=40)
    name = models.CharField("指标名称", max_length=120)
    group = models.CharField("类别", max_length=20, choices=TargetGroup.choices)
    kind = models.CharField("形式", max_length=10, choices=TargetKind.choices)
    threshold = models.DecimalField(
        "目标值",
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
        help_text="比例填百分数，数量填最低数",
    )
    stretch = models.DecimalField(
        "争取值",
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    period = models.CharField("考核周期", max_length=10, choices=Period.choices, default=Period.YEARLY)
    by_year = year_field("截止年度", null=True, blank=True)
    at_most = models.BooleanField("不高于", default=False, help_text="目标值为上限的，如“零事故”")
    indicator = models.CharField(
        "计算指标",
        max_length=60,
        choices=indicators.choices,
        blank=True,
        help_text="没有适用指标的不填，由人工跟踪",
    )
    parameters = models.JSONField("计算参数", default=dict, blank=True)
    basis = models.TextField("口径", blank=True, max_length=1000)
    unit_label = models.CharField("计量单位", max_length=10, blank=True, help_text="如 个项目、个标段、项")
    order = models.PositiveSmallIntegerField("排序", default=0)
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        ordering = ["plan", "order", "pk"]
        verbose_name = "目标"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "code"],
                name="plan_target_code",
                violation_error_message="该计划已有同一代码的目标。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors: dict[str, object] = {}
        if self.threshold is not None:
            if self.kind == TargetKind.RATIO and self.threshold > 100:
                errors["threshold"] = "比例的目标值应在 0 到 100 之间。"
            if self.kind == TargetKind.COUNT and self.indicator and self.threshold != int(self.threshold):
                errors["threshold"] = "数量的目标值应为整数。"
            if self.stretch is not None and self.stretch < self.threshold:
                errors["stretch"] = "争取值小于目标值。"
        if self.kind == TargetKind.RATIO and self.stretch is not None and self.stretch > 100:
            errors["stretch"] = "比例的争取值应在 0 到 100 之间。"
        if self.period == Period.BY_YEAR and not self.by_year:
            errors["by_year"] = "请填写截止年度。"
        elif self.period == Period.YEARLY and self.by_year:
            errors["by_year"] = "每年考核的目标不填截止年度。"
        elif self.by_year and self.plan_id and self.by_year < self.plan.year_from:
            errors["by_year"] = f"截止年度早于计划起始年度（{self.plan.year_from}）。"
        if self.at_most and self.indicator:
            errors["at_most"] = "计算指标只判断是否不低于目标值，上限目标请不填计算指标。"
        if self.at_most and self.stretch is not None:
            errors["stretch"] = "上限目标不填争取值。"
        if not self.indicator and self.parameters:
            errors["parameters"] = "未选计算指标的，不填计算参数。"
        if known := indicators.find(self.indicator):
            if self.kind and known.kind != self.kind:
                kind = TargetKind(known.kind).label
                errors["indicator"] = f"计算指标“{known.label}”得出的是{kind}，与目标的形式不符。"
            if problems := known.problems(self.parameters):
                errors["parameters"] = problems
        if errors:
            raise ValidationError(errors)

    @property
    def rule_label(self) -> str:
        """The parameters in words."""
        return indicators.rules_in_words([(self.indicator, self.parameters)])[0]

    @property
    def deadline_year(self) -> int | None:
        """The year whose end decides a cumulative target; None for a yearly one."""
        return self.by_year if self.period == Period.BY_YEAR else None

    @property
    def threshold_text(self) -> str:
        """The threshold as people read it: ≥60%, 2～4 个项目."""
        low = plain_number(self.threshold)
        sign = "≤" if self.at_most else "≥"
        if self.kind == TargetKind.RATIO:
            until = f"（至{self.by_year}年）" if self.deadline_year else ""
            return f"{sign}{low}%{until}"
        text = f"{low}～{plain_number(self.stretch)}" if self.stretch is not None else f"{sign}{low}"
        text = f"{text} {self.unit_label}".rstrip()
        return f"{text}（至{self.by_year}年）" if self.deadline_year else text


def plain_number(value: Decimal | int) -> str:
    """A number without trailing zeros."""
    return f"{Decimal(value):f}".rstrip("0").rstrip(".") if Decimal(value) % 1 else str(int(value))


class TaskGroup(models.TextChoices):
    SAFETY = "safety", "平安工程"
    QUALITY = "quality", "精品工程"
    INTEGRITY = "integrity", "廉洁工程"
    OTHER = "other", "其他"


class ReportEvery(models.TextChoices):
    MONTH = "month", "每月"
    QUARTER = "quarter", "每季度"
    YEAR = "year", "每年"


class Task(Record):
    """A piece of work the plan gives to named units.

    lead     the office that leads it, which reads the reports and confirms that it is done
    every    how often its units report
    facts    codes of the facts of the ledgers with which their reports are filled beforehand
    """

    scope_public = True
    natural = ("plan.title", "no")
    text_joins = ("plan",)

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="tasks", verbose_name="计划")
    no = models.CharField("序号", max_length=20)
    group = models.CharField("类别", max_length=20, choices=TaskGroup.choices)
    title = models.CharField("任务", max_length=120)
    gist = models.TextField("内容", blank=True, max_length=20000)
    due = models.CharField("完成时限", max_length=120, blank=True)
    lead = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="led_tasks",
        verbose_name="牵头单位",
        help_text="不填的，由市局业务人员审阅和确认",
    )
    every = models.CharField(
        "报告周期", max_length=8, choices=ReportEvery.choices, default=ReportEvery.QUARTER
    )
    facts = models.JSONField(
        "填报数据", default=list, blank=True, help_text="报告中由台账自动带出的数据，填数据代码"
    )
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        ordering = ["plan", "order", "pk"]
        verbose_name = "任务"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "no"],
                name="plan_task_no",
                violation_error_message="该计划已有同一序号的任务。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.no} {self.title}"

    def clean(self) -> None:
        unknown = [code for code in self.facts if not (isinstance(code, str) and facts.find(code))]
        if unknown:
            raise ValidationError({"facts": f"没有这些数据：{'、'.join(map(str, unknown))}。"})

    @property
    def fact_labels(self) -> str:
        """The facts of its reports in words."""
        return "、".join(known.label for code in self.facts if (known := facts.find(code)))


class UnitRole(models.TextChoices):
    RESPONSIBLE = "responsible", "责任"
    LEAD = "lead", "牵头"
    ASSIST = "assist", "配合"


class TaskUnit(Record):
    """A unit responsible for a task: the name as the plan wrote it, and the organization it means."""

    scope_through = "task"

    task = models.ForeignKey(Task, models.PROTECT, related_name="units", verbose_name="任务")
    name = models.CharField("责任单位", max_length=120)
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="plan_tasks",
        verbose_name="对应单位",
        help_text="泛指的（如“各工程参建单位”）不填",
    )
    role = models.CharField("分工", max_length=12, choices=UnitRole.choices, default=UnitRole.RESPONSIBLE)
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        ordering = ["task", "order", "pk"]
        verbose_name = "责任单位"
        constraints = [
            models.UniqueConstraint(
                fields=["task", "name"],
                name="plan_task_unit_once",
                violation_error_message="该任务已有此责任单位。",
            )
        ]

    def __str__(self) -> str:
        return self.name
