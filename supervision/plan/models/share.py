"""任务分解: what one unit does in one year for a task of the plan, its dated steps, and the records it cites.

A light is nowhere stored: it is worked out for a day from the dates here (`supervision.plan.shares.lights`).
"""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.people.scope import Reach, unit_scope

from .plan import Task, year_field

ASKED, UNDERWAY, DECLARED, DONE, ENDED = "asked", "underway", "declared", "done", "ended"
# Its steps may be written.
OPEN = (ASKED, UNDERWAY)


class TaskShare(FlowRecord):
    """A task as one unit's own work of a year.

    named_as   how the plan names the unit, where it came from the plan: 各县（区）交通运输局
    lead       who reads and confirms; by default the task's
    """

    natural = ("task.plan.title", "task.no", "unit.name", "year")
    text_joins = ("task", "unit")

    task = models.ForeignKey(Task, models.PROTECT, related_name="shares", verbose_name="任务")
    year = year_field("年度")
    unit = models.ForeignKey(
        Organization, models.PROTECT, related_name="task_shares", verbose_name="承办单位"
    )
    lead = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="牵头单位",
        help_text="不填的，由市局业务人员审阅和确认",
    )
    named_as = models.CharField("方案所列责任单位", max_length=120, blank=True, editable=False)
    measures = models.TextField("工作措施", max_length=3000, blank=True)
    planned_on = models.DateField("落实措施日期", null=True, editable=False)
    declared_on = models.DateField("申请确认日期", null=True, editable=False)
    result = models.TextField("完成情况", max_length=3000, blank=True)
    confirmed_on = models.DateField("确认完成日期", null=True, editable=False)
    ended_on = models.DateField("终止日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["year", "task", "pk"]
        verbose_name = "任务分解"
        constraints = [
            models.UniqueConstraint(
                fields=["task", "unit", "year"],
                name="plan_share_once",
                violation_error_message="该单位本年度已有此任务。",
            )
        ]
        indexes = [models.Index(fields=["year", "unit"], name="plan_share_year")]

    def __str__(self) -> str:
        return f"{self.year}年 {self.task} {self.unit}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """The unit and who oversees it, and the office that leads."""
        own = unit_scope(reach)
        return own | unit_scope(reach, "lead") if own else Q()

    @property
    def light(self):
        """Today's light. `shares.looking.stand` finds those of many at once."""
        from ..shares.looking import stand

        if not hasattr(self, "_light"):
            stand([self], timezone.localdate())
        return self._light

    def attachment_kinds(self) -> list[str]:
        return ["佐证材料", "工作方案", "总结"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.task_id and self.year:
            plan = self.task.plan
            if not plan.year_from <= self.year <= plan.year_to:
                errors["year"] = f"年度应在计划期{plan.year_from}—{plan.year_to}年内。"
        if self._state.adding and self.unit_id and not self.unit.is_active:
            errors["unit"] = "该单位已停用（合并或撤销），不能再分解任务。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        if self.lead_id is None and self.task_id:
            self.lead_id = self.task.lead_id


class Milestone(FlowRecord):
    """A dated step of a share. `first_planned_on` is the date it was first given, kept when it is moved."""

    scope_through = "share"
    natural = ("share.task.no", "share.unit.name", "share.year", "title")
    text_joins = ("share__task", "share__unit")

    share = models.ForeignKey(TaskShare, models.PROTECT, related_name="milestones", verbose_name="任务分解")
    title = models.CharField("节点", max_length=120)
    planned_on = models.DateField("计划完成日期")
    first_planned_on = models.DateField("最初计划日期", null=True, editable=False)
    done_on = models.DateField("完成日期", null=True, blank=True)
    note = models.CharField("说明", max_length=300, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["share", "planned_on", "pk"]
        verbose_name = "任务节点"
        constraints = [
            models.UniqueConstraint(
                fields=["share", "title"],
                name="plan_milestone_once",
                violation_error_message="该任务已有同名节点。",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.share_id and self.share.status not in (ASKED, UNDERWAY):
            raise ValidationError("该任务已申请确认、已完成或已终止，节点不能再改动。")
        if self.planned_on and self.share_id and self.planned_on.year != self.share.year:
            errors["planned_on"] = f"计划完成日期应在{self.share.year}年内。"
        if self.done_on and self.done_on > timezone.localdate():
            errors["done_on"] = "完成日期不能晚于今天。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.first_planned_on = self.planned_on

    @property
    def moved(self) -> str:
        """Where it was planned first, if it was moved since."""
        first = self.first_planned_on
        return f"原定{first:%Y-%m-%d}" if first and first != self.planned_on else ""


class ShareCitation(Record):
    """A record of the portal that shows what was done: its ledger, its key, and its name on the day of citing."""

    scope_through = "share"
    natural = ("share.task.no", "share.unit.name", "ledger", "record")
    text_joins = ("share__task", "share__unit")
    MOST: ClassVar[int] = 200

    share = models.ForeignKey(TaskShare, models.PROTECT, related_name="citations", verbose_name="任务分解")
    ledger = models.CharField("台账", max_length=60)
    record = models.PositiveBigIntegerField("记录号")
    title = models.CharField("记录", max_length=200)
    cited_on = models.DateField("引用日期", default=timezone.localdate, editable=False)
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        ordering = ["share", "pk"]
        verbose_name = "佐证记录"
        constraints = [
            models.UniqueConstraint(
                fields=["share", "ledger", "record"],
                name="plan_citation_once",
                violation_error_message="这条记录已经引用过。",
            )
        ]

    def __str__(self) -> str:
        return self.title
