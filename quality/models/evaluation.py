"""Evaluations: each round in which a node of the division was measured and judged. Rounds are only added."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max, Q
from django.utils import timezone

from projects.models import Numbered, Section
from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.rules.models import RuleSet

from .division import DROPPED, Division, Outcome, Standing, contractor_of

MEASURING, SUBMITTED, JUDGED = "measuring", "submitted", "judged"
UNFINISHED = (MEASURING, SUBMITTED)


class Appearance(models.TextChoices):
    GOOD = "good", "无超出限制的缺陷"
    BAD = "bad", "有超出限制的缺陷"


class Documents(models.TextChoices):
    COMPLETE = "complete", "基本要求符合，资料齐全真实"
    INCOMPLETE = "incomplete", "基本要求不符或资料不齐全"


class Evaluation(Numbered, FlowRecord):
    """One round. The verdict is computed when it is judged; a failed one stays, the next round stands beside it."""

    number_prefix = "PD"
    scope_through = "section"
    text_joins = ("section__project", "division")

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="evaluations", verbose_name="分部分项"
    )
    section = models.ForeignKey(
        Section, models.PROTECT, editable=False, related_name="+", verbose_name="标段"
    )
    unit = models.ForeignKey(
        Organization, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="施工单位"
    )
    round = models.PositiveSmallIntegerField("轮次", default=1, editable=False)
    measured_on = models.DateField("检查日期", default=timezone.localdate)
    repair = models.TextField(
        "返工处理情况",
        max_length=2000,
        blank=True,
        help_text="重新评定的必填：返工、加固、补强或调测的情况和依据",
    )
    appearance = models.CharField("外观质量", max_length=4, choices=Appearance.choices, blank=True)
    documents = models.CharField("基本要求与资料", max_length=10, choices=Documents.choices, blank=True)
    judged_on = models.DateField("评定日期", null=True, editable=False)
    result = models.CharField("评定结果", max_length=4, choices=Outcome.choices, blank=True, editable=False)
    reasons = models.JSONField("不合格原因", default=list, editable=False)
    points = models.PositiveIntegerField("检查点数", default=0, editable=False)
    good = models.PositiveIntegerField("合格点数", default=0, editable=False)
    judging_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="评定标准"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "质量评定"
        constraints = [
            models.UniqueConstraint(fields=["division", "round"], name="quality_evaluation_round"),
            models.UniqueConstraint(
                fields=["division"],
                condition=Q(status__in=UNFINISHED),
                name="quality_evaluation_one_open",
                violation_error_message="该分部分项已有一轮评定正在进行。",
            ),
        ]
        indexes = [
            models.Index(fields=["judged_on"], name="quality_evaluation_judged"),
            models.Index(fields=["section", "judged_on"], name="quality_evaluation_section"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.division} 第{self.round}轮".strip()

    def attachment_kinds(self) -> list[str]:
        return ["检验记录", "现场照片", "返工处理资料"]

    @property
    def rate(self) -> str:
        """The share of points within their limits, as text with one decimal; — without points."""
        from ..division.judging import rate_text

        return rate_text(self.good, self.points)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.measured_on and self.measured_on > timezone.localdate():
            errors["measured_on"] = "检查日期不能晚于今天。"
        if self.division_id and self._state.adding:
            if self.division.status == DROPPED:
                errors["division"] = "该分部分项已取消，不再评定。"
            earlier = Evaluation._base_manager.filter(division_id=self.division_id)
            if earlier.filter(status__in=UNFINISHED).exists():
                errors["division"] = "该分部分项已有一轮评定正在进行。"
            elif earlier.exists() and not self.repair.strip():
                errors["repair"] = "该分部分项已评定过，重新评定须写明返工处理情况。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        if not self.division_id:
            return
        # Takes the node's row: of two people who begin a round at once the second sees the first one's.
        Standing.objects.filter(division_id=self.division_id).update(own=models.F("own"))
        last = Evaluation._base_manager.filter(division_id=self.division_id).aggregate(last=Max("round"))
        self.round = (last["last"] or 0) + 1
        self.section_id = self.division.section_id
        self.unit = contractor_of(self.section_id)

    def after_write(self, changes: dict, actor) -> None:
        if "division" in changes:
            self.lay_out(actor)
        elif "judged_on" in changes:
            from ..division import following, rolling

            rolling.judged(self)
            following.follow(self, actor)

    def lay_out(self, actor) -> None:
        """The items to measure: those of the round before, else those the template names for this kind of works."""
        from ..division import templates

        if not self.division.is_item:
            return
        former = Measurement.objects.filter(
            evaluation__division_id=self.division_id, evaluation__round=self.round - 1
        ).order_by("pk")
        laid = [{name: getattr(row, name) for name in SPEC} for row in former]
        laid = laid or templates.measured(self.division.works, self.division.name)
        if laid:
            rows = [Measurement(evaluation=self, **spec) for spec in laid]
            records.create_many(rows, actor, label="列出检查项目")


def limit(label: str, help_text: str = "") -> models.DecimalField:
    return models.DecimalField(
        label, max_digits=14, decimal_places=4, null=True, blank=True, help_text=help_text
    )


SPEC = ("name", "is_key", "unit", "design", "lower", "upper", "extreme_lower", "extreme_upper")


class Measurement(Record):
    """One measured item of a round with the values of all its points, in one row: 3,000,000 points are then
    half a million rows, and what is counted of them is counted once, when they are written."""

    scope_through = "evaluation"
    text_joins = ("evaluation__division",)

    evaluation = models.ForeignKey(
        Evaluation, models.PROTECT, related_name="measurements", verbose_name="质量评定"
    )
    name = models.CharField("检查项目", max_length=80)
    is_key = models.BooleanField("关键项目", default=False)
    unit = models.CharField("单位", max_length=20, blank=True)
    design = limit("设计值", "空白为 0，即所填实测值本身为偏差或测值")
    lower = limit("允许偏差下限", "实测值减设计值不小于此数")
    upper = limit("允许偏差上限", "实测值减设计值不大于此数")
    extreme_lower = limit("极值下限", "任一测点的偏差不得小于此数")
    extreme_upper = limit("极值上限", "任一测点的偏差不得大于此数")
    values = models.TextField(
        "实测值", max_length=20_000, blank=True, help_text="用空格、顿号、逗号或换行隔开，可由表格整列粘贴"
    )
    points = models.PositiveIntegerField("检查点数", default=0, editable=False)
    good = models.PositiveIntegerField("合格点数", default=0, editable=False)
    beyond = models.PositiveIntegerField("超极值点数", default=0, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["evaluation_id", "pk"]
        verbose_name = "实测项目"
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "name"],
                name="quality_measurement_once",
                violation_error_message="该轮评定已有同名检查项目。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.evaluation.number or ''} {self.name}".strip()

    @property
    def rate(self) -> str:
        from ..division.judging import rate_text

        return rate_text(self.good, self.points)

    @property
    def limits(self) -> tuple[Decimal | None, ...]:
        return (self.design, self.lower, self.upper, self.extreme_lower, self.extreme_upper)

    def clean(self) -> None:
        from ..division.judging import plain, read_values

        errors: dict[str, str] = {}
        if self.evaluation_id:
            if not self.evaluation.division.is_item:
                errors["evaluation"] = "实测项目只属于分项工程的评定。"
            elif self.evaluation.status != MEASURING:
                errors["evaluation"] = f"该轮评定“{self.evaluation.status_label}”，实测数据不能再改。"
        try:
            values = read_values(self.values)
        except ValueError as error:
            errors["values"] = str(error)
        else:
            self.values = plain(values)
        for low, high in (("lower", "upper"), ("extreme_lower", "extreme_upper")):
            below, above = getattr(self, low), getattr(self, high)
            if None not in (below, above) and below > above:
                errors[high] = "上限小于下限。"
        if self.values and self.lower is None and self.upper is None:
            errors["lower"] = "有实测值的检查项目须填允许偏差的上限或下限。"
        for inner, outer, worse in (
            ("lower", "extreme_lower", lambda inner, outer: outer > inner),
            ("upper", "extreme_upper", lambda inner, outer: outer < inner),
        ):
            one, other = getattr(self, inner), getattr(self, outer)
            if None not in (one, other) and worse(one, other):
                errors[outer] = "极值应宽于允许偏差。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.count()

    def before_update(self, before: dict) -> None:
        self.count()

    def count(self) -> None:
        """Count the points by their limits; what does not read is for `clean` to say."""
        from ..division.judging import count_points, read_values

        try:
            values = read_values(self.values)
        except ValueError:
            return
        self.points, self.good, self.beyond = count_points(values, *self.limits)
