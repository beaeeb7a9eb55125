"""The plan of a section's safety fee: a year, by month and by the ten categories."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.people.records import Record

from ..fees.rules import Category
from .fee import FeeAccount, yuan

DRAFT, SUBMITTED, REVIEWED, APPROVED = "draft", "submitted", "reviewed", "approved"


class FeePlan(FlowRecord):
    """What is to be spent in a year; its lines change only while it is drafted."""

    scope_through = "account"
    natural = ("account.section.project.name", "account.section.code", "year")
    text_joins = ("account__section__project",)

    account = models.ForeignKey(FeeAccount, models.PROTECT, related_name="plans", verbose_name="账户")
    year = models.PositiveSmallIntegerField(
        "年度", validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    basis = models.TextField("编制说明", blank=True, max_length=2000)
    approved_on = models.DateField("批准日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-year", "-pk"]
        verbose_name = "安全生产费用使用计划"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "year"],
                name="safety_feeplan_once",
                violation_error_message="该账户本年度已有计划。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account.section} {self.year}年安全生产费用使用计划"

    def attachment_kinds(self) -> list[str]:
        return ["使用计划", "审批意见"]


class FeePlanLine(Record):
    """What a plan gives one category in one month."""

    scope_through = "plan"
    text_joins = ("plan__account__section__project",)

    plan = models.ForeignKey(FeePlan, models.PROTECT, related_name="lines", verbose_name="计划")
    month = models.PositiveSmallIntegerField("月份", validators=[MinValueValidator(1), MaxValueValidator(12)])
    category = models.CharField("列支类别", max_length=3, choices=Category.choices)
    amount = yuan("计划金额（元）", validators=[MinValueValidator(Decimal(0))])

    class Meta:
        ordering = ["plan", "month", "category"]
        verbose_name = "安全生产费用计划明细"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "month", "category"],
                name="safety_feeplanline_once",
                violation_error_message="该月该类别已有计划金额。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.month}月 {self.category}"

    def clean(self) -> None:
        if self.plan_id and self.plan.status != DRAFT:
            raise ValidationError({"plan": f"计划{self.plan.status_label}，明细不能改动；须先退回或调整。"})

    # Asked again in the transaction that writes: the plan may have gone on since the form was opened.

    def before_create(self, actor) -> None:
        if self.plan_id:
            self._plan_is_open()

    def before_update(self, before: dict) -> None:
        self._plan_is_open()

    def before_delete(self) -> None:
        self._plan_is_open()

    def _plan_is_open(self) -> None:
        plan = FeePlan._base_manager.filter(pk=self.plan_id, status=DRAFT)
        # The update holds the plan's row, so that it cannot be submitted before this is written, and tells whoever
        # has its grid open that it changed.
        if not plan.update(updated_at=timezone.now()):
            self.clean()
            raise ValidationError({"plan": "计划刚被提交，明细不能改动。"})
