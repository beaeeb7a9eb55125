"""Dangerous works (危大工程), their large temporary facilities, and the first safety facility of a kind."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered
from supervision.flows.gate import Gated
from supervision.flows.models import FlowRecord
from supervision.rules.models import RuleSet
from supervision.rules.stakes import StakeField
from supervision.rules.words import WordField

from ..rules import WORK_ITEMS, kinds_of_work, rule
from ..site import scale
from .on_section import OfSection

MAKE, REVIEW, ARGUE, APPROVE, DISCLOSE, CHECK, BEGIN, FINISH, ACCEPT, CANCELLED = (
    "make",
    "review",
    "argue",
    "approve",
    "disclose",
    "check",
    "begin",
    "finish",
    "accept",
    "cancelled",
)
FACILITY_RULE = "temporary-facilities"


class WorkLevel(models.TextChoices):
    LARGE = scale.LARGE, "超过一定规模"
    DANGEROUS = scale.DANGEROUS, "危大"
    BELOW = scale.BELOW, "未达规模（参照管理）"


LEVEL_COLORS = {"large": "red", "dangerous": "orange", "below": "gray"}


class ArgumentResult(models.TextChoices):
    PASSED = "passed", "通过"
    CHANGED = "changed", "修改后通过"


def size_field(label: str, help_text: str = "") -> models.DecimalField:
    return models.DecimalField(
        label,
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=help_text,
    )


class DangerousWork(Numbered, OfSection, Gated):
    """One dangerous work of a section on its way through the gate. Its level follows from its size by the table in
    force; nobody types it, and it decides whether experts have to argue the scheme."""

    number_prefix = "WD"

    item = WordField("工程类别", max_length=60, words=kinds_of_work)
    part = models.CharField("工程部位", max_length=120, help_text="如“3号墩承台基坑”")
    stakes = StakeField("桩号", blank=True)
    height = size_field("高度或深度（m）", "开挖深度、搭设高度等")
    span = size_field("跨度（m）")
    load = size_field("施工总荷载（kN/m²）")
    weight = size_field("单件起重量（kN）")
    level = models.CharField("规模", max_length=10, choices=WorkLevel.choices, blank=True, editable=False)
    needs_experts = models.BooleanField("须专家论证", default=False, editable=False)
    item_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="判定依据"
    )
    planned_on = models.DateField("计划开工日期", null=True, blank=True)
    scheme_title = models.CharField("专项施工方案名称", max_length=120, blank=True)
    maker = models.CharField("方案编制人", max_length=40, blank=True)
    reviewer = models.CharField("方案审核人", max_length=40, blank=True, help_text="施工单位技术负责人")
    argument_result = models.CharField(
        "论证结论", max_length=10, choices=ArgumentResult.choices, blank=True, help_text="不通过的请退回编制"
    )
    checked_on = models.DateField("条件核查日期", null=True, blank=True)
    site_supervisor = models.CharField("现场监督人", max_length=40, blank=True, help_text="施工中专人监督")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "危大工程"
        indexes = [
            models.Index(
                fields=["overruling_unseen"], condition=Q(overruling_unseen=True), name="safety_work_unseen"
            ),
            models.Index(fields=["begun_on"], name="safety_work_begun"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} {self.part}（{self.item}）".strip()

    def attachment_kinds(self) -> list[str]:
        return [
            "专项施工方案",
            "专家论证报告",
            "方案审批表",
            "专项风险评估报告",
            "监测方案",
            "验收记录",
            "其他",
        ]

    def sizes(self) -> dict[str, Decimal | None]:
        """The measures as numbers, also before the record was validated."""
        return {name: self._meta.get_field(name).to_python(getattr(self, name)) for name in scale.MEASURES}

    @property
    def scale(self) -> scale.Scale:
        """The level by the sizes that stand there and the table in force."""
        return scale.judge(rule(WORK_ITEMS).content, self.item, self.sizes())

    @property
    def scale_text(self) -> str:
        """By what its level was judged."""
        if self.item_rule is None:
            return ""
        return scale.judge(self.item_rule.content, self.item, self.sizes()).words

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_facts(errors)
        # Once past its first step a work stays what it was judged to be, by the table of that day.
        if self.status in ("", MAKE):
            found = self.scale
            errors |= found.missing
            if self.item and not found.level and not found.missing:
                errors["item"] = "请从工程类别表中选择。"
        if self.reviewer and self.reviewer == self.maker:
            errors["reviewer"] = "审核人不能是编制人本人。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self._judge()

    def before_update(self, before: dict) -> None:
        if {"item", *scale.MEASURES} & set(before):
            self._judge()

    def _judge(self) -> None:
        self.level = self.scale.level
        self.needs_experts = self.level == WorkLevel.LARGE
        self.item_rule = rule(WORK_ITEMS)

    def after_write(self, changes: dict, actor) -> None:
        from ..site import clauses

        before, after = changes.get("status", [None, None])
        if after == REVIEW:
            clauses.list_once(self, actor)
        elif after == MAKE and before:
            clauses.begin_round(self, actor)


class FacilityKind(models.TextChoices):
    SCAFFOLD = "scaffold", "支架"
    TRAVELLER = "form_traveller", "挂篮"
    MOVABLE = "movable_frame", "移动模架"
    COFFERDAM = "cofferdam", "围堰"
    TRESTLE = "trestle", "栈桥"
    PLATFORM = "platform", "作业平台"
    OTHER = "other", "其他"


DESIGN, ERECTING, TESTING, IN_USE, REMOVED = "design", "erecting", "testing", "in_use", "removed"


class TemporaryFacility(OfSection, FlowRecord):
    """A large temporary facility: calculated, checked, erected, accepted, load-tested where required, then used."""

    work = models.ForeignKey(
        DangerousWork,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="facilities",
        verbose_name="所属危大工程",
    )
    kind = models.CharField("种类", max_length=20, choices=FacilityKind.choices)
    name = models.CharField("名称", max_length=120)
    calculated_by = models.CharField("验算单位", max_length=120, blank=True)
    calculated_on = models.DateField("验算日期", null=True, blank=True)
    design_load = size_field("设计荷载（kN）", "须做荷载试验（预压）的填写")
    checked_on = models.DateField("验算复核日期", null=True, blank=True)
    erected_on = models.DateField("搭设验收日期", null=True, blank=True)
    needs_test = models.BooleanField("须荷载试验", default=False, editable=False)
    test_load = size_field("试验荷载（kN）")
    tested_on = models.DateField("荷载试验日期", null=True, blank=True)
    removed_on = models.DateField("拆除日期", null=True, blank=True)
    facility_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="试验依据"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "大型临时设施"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "name"],
                name="safety_facility_once",
                violation_error_message="该标段已有同名设施。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.name}"

    def attachment_kinds(self) -> list[str]:
        return ["验算书", "验收记录", "荷载试验报告", "其他"]

    @property
    def load_ratio(self) -> Decimal | None:
        """Load of the test to that of the design, two places; None while one is missing."""
        if not self.test_load or not self.design_load:
            return None
        return (self.test_load / self.design_load).quantize(Decimal("0.01"))

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_past(errors, "calculated_on", "checked_on", "erected_on", "tested_on", "removed_on")
        self.check_same_section(errors, "work")
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self._ask_rule()

    def before_update(self, before: dict) -> None:
        if "kind" in before:
            self._ask_rule()

    def _ask_rule(self) -> None:
        self.facility_rule = rule(FACILITY_RULE)
        self.needs_test = self.kind in self.facility_rule.content["tested"]


MADE, CONFIRMING, MODEL = "made", "confirming", "model"


class FirstFacility(OfSection, FlowRecord):
    """The first safety facility of its kind in a section: looked at before more of the kind are built like it."""

    name = models.CharField("防护设施名称", max_length=80, help_text="如“墩柱施工平台”“临边栏杆”")
    part = models.CharField("所在部位", max_length=120)
    points = models.TextField("做法要点", max_length=2000, help_text="材料、尺寸、连接、标志，供后续照做")
    completed_on = models.DateField("首件完成日期", default=timezone.localdate)
    accepted_on = models.DateField("监理验收日期", null=True, blank=True)
    confirmed_on = models.DateField("确认示范日期", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "首件安全防护设施"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "name"],
                name="safety_first_facility_once",
                violation_error_message="该标段此类设施已有首件。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.name}"

    def attachment_kinds(self) -> list[str]:
        return ["设计图", "验收记录", "照片", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_past(errors, "completed_on", "accepted_on", "confirmed_on")
        if self.accepted_on and self.completed_on and self.accepted_on < self.completed_on:
            errors["accepted_on"] = f"监理验收日期早于首件完成日期（{self.completed_on}）。"
        if self.confirmed_on and self.accepted_on and self.confirmed_on < self.accepted_on:
            errors["confirmed_on"] = f"确认示范日期早于监理验收日期（{self.accepted_on}）。"
        if errors:
            raise ValidationError(errors)
