"""进展报告: what a unit reports of its share for a month, a quarter or a year, with the ledgers' figures."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models

from supervision.flows.models import FlowRecord
from supervision.people.records import Record

from .share import TaskShare

DRAFT, SUBMITTED, READ = "draft", "submitted", "read"


class ShareReport(FlowRecord):
    """The report of one period.

    as_of   the day on which the ledgers were asked; the figures open to their lists as of it
    place   whose share was asked: {"unit": …}, {"district": …}, {"sector": …}; empty for the whole city
    """

    scope_through = "share"
    natural = ("share.task.no", "share.unit.name", "period")
    text_joins = ("share__task", "share__unit")

    share = models.ForeignKey(TaskShare, models.PROTECT, related_name="reports", verbose_name="任务分解")
    period = models.CharField("报告期", max_length=8)
    first = models.DateField("自")
    last = models.DateField("至")
    report_by = models.DateField("报送期限")
    as_of = models.DateField("数据截至", null=True, editable=False)
    place = models.JSONField("统计范围", default=dict, blank=True, editable=False)
    progress = models.TextField("工作进展", max_length=3000, blank=True)
    problems = models.TextField("存在问题", max_length=2000, blank=True)
    next_steps = models.TextField("下步安排", max_length=2000, blank=True)
    submitted_on = models.DateField("报送日期", null=True, editable=False)
    read_on = models.DateField("审阅日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-last", "-pk"]
        verbose_name = "进展报告"
        constraints = [
            models.UniqueConstraint(
                fields=["share", "period"],
                name="plan_report_once",
                violation_error_message="该报告期已有报告。",
            )
        ]
        indexes = [models.Index(fields=["status", "report_by"], name="plan_report_due")]

    def __str__(self) -> str:
        return f"{self.period_label} {self.share.task} {self.share.unit}"

    @property
    def period_label(self) -> str:
        from ..shares.periods import label

        return label(self.period)

    def attachment_kinds(self) -> list[str]:
        return ["佐证材料", "报告盖章件"]


class ShareFigure(Record):
    """One figure of a report as the ledgers gave it, and what the unit put in its place, with the reason."""

    scope_through = "report"
    natural = ("report.share.task.no", "report.share.unit.name", "report.period", "code")
    text_joins = ("report__share__task", "report__share__unit")

    report = models.ForeignKey(ShareReport, models.PROTECT, related_name="figures", verbose_name="进展报告")
    code = models.CharField("数据代码", max_length=60)
    label = models.CharField("数据", max_length=120)
    measure = models.CharField("单位", max_length=10, blank=True)
    computed = models.DecimalField("台账数", max_digits=18, decimal_places=2)
    typed = models.DecimalField("更正数", max_digits=18, decimal_places=2, null=True, blank=True)
    reason = models.CharField("更正理由", max_length=300, blank=True)
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        ordering = ["report", "order", "pk"]
        verbose_name = "报告数据"
        constraints = [models.UniqueConstraint(fields=["report", "code"], name="plan_figure_once")]

    def __str__(self) -> str:
        return f"{self.label} {self.value} {self.measure}".rstrip()

    def clean(self) -> None:
        if self.typed is not None and not self.reason.strip():
            raise ValidationError({"reason": f"“{self.label}”与台账数不同，请说明更正理由。"})
        if self.typed is None and self.reason.strip():
            raise ValidationError({"typed": f"“{self.label}”没有更正数，不必填写理由。"})
        if self.typed is not None and self.typed < 0:
            raise ValidationError({"typed": f"“{self.label}”不能为负数。"})

    @property
    def value(self) -> Decimal:
        """What the report says."""
        return self.computed if self.typed is None else self.typed

    @property
    def mark(self) -> str:
        return "人工更正" if self.typed is not None else ""
