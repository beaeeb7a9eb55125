"""Design over the whole life (全寿命周期设计): evaluations at each stage and what became of their findings."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from projects.models import WORKS, Project
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.rules.calendar import add_workdays
from supervision.rules.shipped import rule

from .of_section import not_ahead, raise_if

DESIGN = "quality-design-reviews"
PLANNED = "planned"
OPEN_FINDING, ANSWERED, CLOSED_FINDING = "open", "answered", "closed"


class Stage(models.TextChoices):
    FEASIBILITY = "feasibility", "工程可行性研究"
    PRELIMINARY = "preliminary", "初步设计"
    DRAWINGS = "drawings", "施工图设计"


class ReviewKind(models.TextChoices):
    SAFETY = "safety", "安全性评价"
    BRIDGE_RISK = "bridge_risk", "桥梁安全风险评估"
    DURABILITY = "durability", "耐久性设计专篇"
    FOLLOW_UP = "follow_up", "设计效果跟踪"


class DesignReview(FlowRecord):
    """An evaluation of a project's design at one stage."""

    scope_through = "project"
    natural = ("project.name", "title")
    text_joins = ("project",)

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="+", limit_choices_to=WORKS, verbose_name="项目"
    )
    stage = models.CharField("设计阶段", max_length=12, choices=Stage.choices)
    kind = models.CharField("评价内容", max_length=12, choices=ReviewKind.choices)
    title = models.CharField("报告（专篇）名称", max_length=120)
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="编制单位"
    )
    completed_on = models.DateField("完成日期", null=True, blank=True)
    indicators = models.TextField(
        "耐久性指标与结论", max_length=3000, blank=True, help_text="设计使用年限、环境类别、强度与保护层等"
    )
    settled_on = models.DateField("落实日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "设计评价"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "title"],
                name="quality_design_review_once",
                violation_error_message="该项目已登记同名报告。",
            )
        ]
        indexes = [models.Index(fields=["project", "stage", "kind"], name="quality_design_stage")]

    def __str__(self) -> str:
        return f"{self.project} {self.title}"

    def attachment_kinds(self) -> list[str]:
        return ["评价报告", "评审意见", "批复"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "completed_on")
        allowed = rule(DESIGN).content["stages"].get(self.stage, [])
        if self.kind and allowed and self.kind not in allowed:
            names = "、".join(ReviewKind(kind).label for kind in allowed)
            errors["kind"] = f"{self.get_stage_display()}阶段的评价内容为：{names}。"
        raise_if(errors)

    def open_findings(self) -> int:
        return self.findings.exclude(status=CLOSED_FINDING).count()


class DesignFinding(FlowRecord):
    """What an evaluation asked for, and how the design followed."""

    scope_through = "review"
    text_joins = ("review__project",)

    review = models.ForeignKey(DesignReview, models.PROTECT, related_name="findings", verbose_name="设计评价")
    content = models.TextField("评价意见", max_length=2000)
    unit = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="落实单位"
    )
    answer = models.TextField("采纳与落实情况", max_length=2000, blank=True)
    answered_on = models.DateField("回复日期", null=True, blank=True, editable=False)
    closed_on = models.DateField("确认日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "设计评价意见"

    def __str__(self) -> str:
        return f"{self.review.title} {self.content[:30]}"

    def attachment_kinds(self) -> list[str]:
        return ["设计修改文件", "落实说明"]

    def before_create(self, actor) -> None:
        self.due_on = add_workdays(timezone.localdate(), rule(DESIGN).content["answer"])

    def clean(self) -> None:
        # An evaluation that is settled gets no more findings; what was settled says so.
        if self._state.adding and self.review_id and self.review.settled_on:
            raise ValidationError({"review": "该评价的意见已全部落实，不再增加。"})
