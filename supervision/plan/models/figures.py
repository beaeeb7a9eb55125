"""What was computed, from which members, and which figures were reported."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from supervision.people.scope import NOTHING, Reach, Scoped

from .plan import Target, year_field


class MemberList(Scoped):
    """The ids behind a figure. Lists are stored once by content, so a night without changes adds none."""

    unit = models.CharField("记录类别", max_length=60)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    count = models.PositiveIntegerField("数量")
    ids = models.JSONField("记录编号", help_text="ascending")

    class Meta:
        ordering = ["pk"]
        verbose_name = "指标清单"

    def __str__(self) -> str:
        return f"{self.unit} {self.count}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        # Others read a list only through `services.members`, which narrows it to the records they see.
        return Q() if reach.everything else NOTHING


class ComplianceRun(Scoped):
    """All figures of one year as of one day, written in one transaction.

    A run that was reported is frozen: it keeps its figures, and a later re-computation stands beside it as
    another run that `corrects` it, with its reason.
    """

    scope_public = True

    as_of = models.DateField("截至日期")
    year = year_field("年度")
    job_id = models.BigIntegerField("后台任务编号", null=True, blank=True)
    made_at = models.DateTimeField("计算时间")
    frozen = models.BooleanField("已上报定格", default=False)
    frozen_at = models.DateTimeField("定格时间", null=True, blank=True)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="定格人",
    )
    frozen_label = models.CharField("上报期", max_length=40, blank=True)
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name="更正"
    )
    reason = models.TextField("理由", blank=True, max_length=2000, help_text="定格或更正的理由")

    class Meta:
        ordering = ["-as_of", "-pk"]
        verbose_name = "达标率计算"
        constraints = [
            models.UniqueConstraint(
                fields=["as_of", "year"], condition=Q(corrects__isnull=True), name="plan_run_day"
            ),
            models.UniqueConstraint(
                fields=["year", "frozen_label"],
                condition=Q(frozen=True, corrects__isnull=True),
                name="plan_run_reported_once",
            ),
        ]
        indexes = [models.Index(fields=["year", "as_of"], name="plan_run_year")]

    def __str__(self) -> str:
        return f"{self.year} 年度（截至 {self.as_of}）"


class Dimension(models.TextChoices):
    TOTAL = "total", "全市"
    DISTRICT = "district", "县区"
    SECTOR = "sector", "领域"


class State(models.TextChoices):
    MET = "met", "达标"
    REACHABLE = "reachable", "未达标·可达"
    MISSED = "missed", "未达标"
    NOT_APPLICABLE = "not_applicable", "无适用对象"


STATE_COLORS = {"met": "green", "reachable": "yellow", "missed": "red", "not_applicable": "gray", "": "gray"}


class Snapshot(Scoped):
    """One figure: a target, as of a day, for the whole city, a district or a sector.

    key             district id or sector code as text; "" for the total and for members without one
    denominator     null for a count
    undecided       members not counted that still could be
    value           per cent with one decimal, or the count; null without a denominator
    state, gap      "" and null where a city-wide minimum is not asked of a district or sector
    threshold, target_version   what it was judged by
    population, counted, undecided_list   the very members (no population for a count)
    """

    run = models.ForeignKey(ComplianceRun, models.PROTECT, related_name="snapshots", verbose_name="计算")
    target = models.ForeignKey(Target, models.PROTECT, related_name="snapshots", verbose_name="目标")
    target_version = models.PositiveIntegerField("目标版本")
    year = year_field("年度")
    as_of = models.DateField("截至日期")
    dimension = models.CharField("维度", max_length=10, choices=Dimension.choices)
    key = models.CharField("维度值", max_length=20, blank=True)
    key_label = models.CharField("范围", max_length=40)
    numerator = models.PositiveIntegerField("计入数")
    denominator = models.PositiveIntegerField("应计数", null=True, blank=True)
    undecided = models.PositiveIntegerField("未定数")
    value = models.DecimalField("完成值", max_digits=9, decimal_places=1, null=True, blank=True)
    threshold = models.DecimalField("目标值", max_digits=9, decimal_places=2)
    state = models.CharField("状态", max_length=20, choices=State.choices, blank=True)
    gap = models.PositiveIntegerField("差额", null=True, blank=True)
    population = models.ForeignKey(
        MemberList, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="应计清单"
    )
    counted = models.ForeignKey(MemberList, models.PROTECT, related_name="+", verbose_name="计入清单")
    undecided_list = models.ForeignKey(MemberList, models.PROTECT, related_name="+", verbose_name="未定清单")
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name="更正"
    )

    class Meta:
        ordering = ["-as_of", "target", "pk"]
        verbose_name = "达标率"
        constraints = [
            models.UniqueConstraint(fields=["run", "target", "dimension", "key"], name="plan_snapshot_once")
        ]
        indexes = [models.Index(fields=["target", "dimension", "as_of"], name="plan_snapshot_trend")]

    def __str__(self) -> str:
        return f"{self.target} {self.key_label} {self.as_of}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        if reach.everything:
            return Q()
        condition = NOTHING
        if reach.districts:
            condition |= Q(dimension=Dimension.DISTRICT, key__in=[str(pk) for pk in reach.districts])
        if reach.sectors:
            condition |= Q(dimension=Dimension.SECTOR, key__in=list(reach.sectors))
        return condition

    @property
    def color(self) -> str:
        """The colour of the figure's state."""
        return STATE_COLORS[self.state]

    @property
    def frozen(self) -> bool:
        """Whether the figure was reported and keeps its value."""
        return self.run.frozen
