"""Series of figures that are entered (超限率, 港口重大危险源在线监测监控率 …), and their values by period."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.assessments import periods
from supervision.flows.models import FlowRecord
from supervision.people.models import Sector
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach

from ..series import judging


class SeriesKind(models.TextChoices):
    COUNT = "count", "数量"
    RATE = "rate", "比率（%）"


class Every(models.TextChoices):
    MONTH = periods.MONTH, "每月"
    QUARTER = periods.QUARTER, "每季度"
    YEAR = periods.YEAR, "每年"


def number_field(label: str, **options) -> models.DecimalField:
    return models.DecimalField(
        label,
        max_digits=16,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        **options,
    )


class FigureSeries(Record):
    """What is entered: its name and unit, which way is good, its target, and the document that asks for it."""

    natural = ("name",)

    # What reports bind to, whatever people rename it to; only series that come with the portal have one.
    code = models.CharField("编码", max_length=40, blank=True, editable=False)
    name = models.CharField("指标名称", max_length=80, unique=True)
    kind = models.CharField("指标类型", max_length=8, choices=SeriesKind.choices, default=SeriesKind.COUNT)
    measure = models.CharField("单位", max_length=10, help_text="如 起、人、%")
    every = models.CharField("报送周期", max_length=8, choices=Every.choices, default=Every.MONTH)
    sector = models.CharField(
        "领域", max_length=20, choices=Sector.choices, blank=True, help_text="不填为全部领域"
    )
    target_kind = models.CharField("目标", max_length=10, choices=judging.TARGETS, default=judging.NONE)
    target = number_field("目标值", help_text="同比减少和不设目标的不填")
    document = models.CharField(
        "依据文件", max_length=160, help_text="提出该指标的文件；本单位自定的写“本系统设定”"
    )
    meaning = models.TextField("口径", max_length=1000, blank=True)
    is_active = models.BooleanField("启用", default=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["sector", "name"]
        verbose_name = "指标序列"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """The authorities': the city's and a county's people read all, a centre's those of its sector."""
        if reach.everything or reach.districts:
            return Q()
        return Q(sector__in=("", *reach.sectors)) if reach.sectors else NOTHING

    @property
    def target_text(self) -> str:
        return judging.target_text(self.target_kind, self.target, self.measure)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        asks = self.target_kind in (judging.AT_MOST, judging.AT_LEAST, judging.EXACTLY)
        if asks and self.target is None:
            errors["target"] = "请填写目标值。"
        if not asks and self.target is not None:
            errors["target"] = "该目标不填目标值。"
        if self.kind == SeriesKind.RATE:
            self.measure = "%"
            if self.target is not None and self.target > 100:
                errors["target"] = "比率的目标不能超过100。"
        former = type(self)._base_manager.filter(pk=self.pk).first()
        if former and (former.every, former.kind) != (self.every, self.kind) and self.values.exists():
            errors["every"] = "已有报送的数值，类型和周期不能再改；请另建指标。"
        if errors:
            raise ValidationError(errors)


CONFIRMED = "confirmed"


class SeriesValue(FlowRecord):
    """The figure of one period. Confirmed by a second person it stays; what was wrong is corrected by another one
    beside it, which takes effect when it is confirmed itself."""

    natural = ("series.name", "period")
    scope_through = "series"
    text_joins = ("series",)

    series = models.ForeignKey(FigureSeries, models.PROTECT, related_name="values", verbose_name="指标")
    period = models.CharField("期次", max_length=8, help_text="月报 2026-05，季报 2026-Q2，年报 2026")
    begins_on = models.DateField("起", editable=False)
    ends_on = models.DateField("止", editable=False)
    numerator = number_field("分子", help_text="比率填写分子、分母，由平台计算")
    denominator = number_field("分母")
    value = number_field("数值", help_text="数量填写；比率填了分子、分母的不填")
    source = models.CharField("数据来源", max_length=120, help_text="报表、系统或来文的名称")
    sourced_on = models.DateField("来源日期")
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name="更正",
        help_text="更正已确认的数值时选择原值；原值保留",
    )
    reason = models.CharField("更正理由", max_length=300, blank=True)
    confirmed_on = models.DateField("确认日期", null=True, blank=True, editable=False)
    superseded_on = models.DateField("被更正日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-begins_on", "-pk"]
        verbose_name = "指标数值"
        constraints = [
            models.UniqueConstraint(
                fields=["series", "period"],
                condition=Q(corrects__isnull=True),
                name="safety_series_value_once",
                violation_error_message="该期已有数值；有误的请登记更正。",
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(corrects__isnull=False),
                name="safety_series_corrected_once",
                violation_error_message="该数值已有更正；请更正最近的一条。",
            ),
        ]
        indexes = [models.Index(fields=["series", "begins_on"], name="safety_series_value_when")]

    def __str__(self) -> str:
        return f"{self.series.name} {self.period_label}"

    def attachment_kinds(self) -> list[str]:
        return ["来源材料"]

    @property
    def period_label(self) -> str:
        try:
            return periods.read(self.period).label
        except ValueError:
            return self.period

    @property
    def shown(self) -> str:
        return "" if self.value is None else f"{judging.plain(self.value)}{self.series.measure}"

    @classmethod
    def valid_on(cls, day: date) -> models.QuerySet[SeriesValue]:
        """What was known on a day: confirmed by then, and corrected only later."""
        return cls.objects.filter(
            Q(superseded_on__isnull=True) | Q(superseded_on__gt=day), confirmed_on__lte=day
        )

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.series_id:
            self._read_period(errors)
            self._reckon(errors)
        if self.sourced_on and self.sourced_on > timezone.localdate():
            errors["sourced_on"] = "来源日期不能晚于今天。"
        if self.corrects_id:
            former = self.corrects
            if (former.series_id, former.period) != (self.series_id, self.period):
                errors["corrects"] = "更正的须是同一指标同一期的数值。"
            elif former.status != CONFIRMED:
                errors["corrects"] = "只有已确认的数值需要更正，其他的请直接修改。"
            if not self.reason:
                errors["reason"] = "请写明更正理由。"
        if errors:
            raise ValidationError(errors)

    def _read_period(self, errors: dict) -> None:
        try:
            period = periods.read(self.period)
        except ValueError as error:
            errors["period"] = str(error)
            return
        if period.every != self.series.every:
            errors["period"] = f"该指标{self.series.get_every_display()}报送，期次与之不符。"
        elif period.first > timezone.localdate():
            errors["period"] = "该期尚未开始。"
        self.period, self.begins_on, self.ends_on = period.code, period.first, period.last

    def _reckon(self, errors: dict) -> None:
        """The value of a rate follows from its two numbers; only where they are not told is it given itself."""
        parts = self.numerator, self.denominator
        if self.series.kind != SeriesKind.RATE:
            if parts != (None, None):
                errors["numerator"] = "数量不填分子、分母。"
            if self.value is None:
                errors["value"] = "请填写数值。"
        elif None not in parts:
            try:
                self.value = judging.rate(*parts)
            except ValueError as error:
                errors["denominator"] = str(error)
        elif parts != (None, None):
            errors["denominator"] = "分子、分母须同时填写。"
        elif self.value is None:
            errors["value"] = "请填写分子、分母，或来源给出的比率。"
        elif self.value > 100:
            errors["value"] = "比率不能超过100%。"
