"""督办单 and 约谈 of a task that falls behind.

The slip's three colours (蓝 near, 黄 late, 红 overdue) are those of the paper, and no lights.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from supervision.flows.models import FlowRecord

from .share import DONE, ENDED, TaskShare


class Urgency(models.TextChoices):
    BLUE = "blue", "蓝色（临近期限）"
    YELLOW = "yellow", "黄色（进度滞后）"
    RED = "red", "红色（已经逾期）"


class TaskUrging(FlowRecord):
    """A slip to the unit of one share: why, what is asked, by when; what the unit answered, and how it ended."""

    scope_through = "share"
    natural = ("share.task.no", "share.unit.name", "share.year", "colour", "drafted_on")
    text_joins = ("share__task", "share__unit")

    share = models.ForeignKey(TaskShare, models.PROTECT, related_name="urgings", verbose_name="任务分解")
    colour = models.CharField("督办等级", max_length=8, choices=Urgency.choices)
    reason = models.CharField("督办事由", max_length=300)
    demand = models.TextField("督办要求", max_length=2000, blank=True)
    original_on = models.DateField("原定期限", null=True, blank=True)
    answer_by = models.DateField(
        "督办期限", null=True, blank=True, help_text="不填的按规则排定（本系统设定）"
    )
    drafted_on = models.DateField("拟办日期", default=timezone.localdate, editable=False)
    issued_on = models.DateField("发出日期", null=True, editable=False)
    answer = models.TextField("办理情况", max_length=3000, blank=True)
    answered_on = models.DateField("答复日期", null=True, editable=False)
    closed_on = models.DateField("办结日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "任务督办单"
        indexes = [models.Index(fields=["issued_on"], name="plan_urging_issued")]

    def __str__(self) -> str:
        return f"{self.get_colour_display()[:2]}督办单 {self.share}"

    def attachment_kinds(self) -> list[str]:
        return ["督办单", "办理情况材料"]

    def clean(self) -> None:
        if self.answer_by and self.answer_by < self.drafted_on:
            raise ValidationError({"answer_by": "督办期限早于拟办日期。"})
        if self._state.adding and self.share_id and self.share.status in (DONE, ENDED):
            raise ValidationError({"share": "该任务已完成或终止，不再督办。"})

    def after_write(self, changes: dict, actor) -> None:
        from ..shares.reminding import tell_urged

        if changes.get("status", [None, None])[1] == "issued":
            tell_urged(self)


class TaskInterview(FlowRecord):
    """约谈 after a slip that did not help: summoned, held with its minutes, closed when the promises are kept."""

    scope_through = "urging"
    natural = ("urging.share.task.no", "urging.share.unit.name", "urging.drafted_on", "arranged_on")
    text_joins = ("urging__share__task", "urging__share__unit")

    urging = models.ForeignKey(TaskUrging, models.PROTECT, related_name="interviews", verbose_name="督办单")
    arranged_on = models.DateField("启动日期", default=timezone.localdate, editable=False)
    reason = models.CharField("约谈事由", max_length=300)
    held_on = models.DateField("约谈日期", null=True, blank=True)
    place = models.CharField("约谈地点", max_length=120, blank=True)
    host = models.CharField("主持人", max_length=60, blank=True)
    present = models.CharField("参加人员", max_length=300, blank=True)
    recorder = models.CharField("记录人", max_length=60, blank=True)
    minutes = models.TextField("约谈内容", max_length=5000, blank=True)
    commitments = models.TextField("整改承诺", max_length=2000, blank=True)
    outcome = models.TextField("落实情况", max_length=2000, blank=True)
    closed_on = models.DateField("办结日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "任务约谈"
        indexes = [models.Index(fields=["held_on"], name="plan_interview_held")]

    def __str__(self) -> str:
        return f"约谈 {self.urging.share}"

    def attachment_kinds(self) -> list[str]:
        return ["约谈记录签字件", "整改报告"]
