"""Suppliers and what was found about them, batches of material, and where they went."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Sum
from django.utils import timezone

from projects.models import Numbered, Section
from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.uscc import validate_uscc
from supervision.rules.words import WordField

from ..rules import SUPPLIERS, bought, material

LISTED, WARNED, REMOVED, APPEALING, CLOSED = "listed", "warned", "removed", "appealing", "closed"
ENTERED, CHECKING, RELEASED, REJECTED = "entered", "checking", "released", "rejected"
QUARTER = re.compile(r"20\d\d-Q[1-4]")


class Supplier(FlowRecord):
    """A supplier of materials: register data that everybody reads, so that a removal holds everywhere."""

    scope_public = True
    natural = ("name",)

    name = models.CharField("供应商名称", max_length=120, unique=True)
    uscc = models.CharField("统一社会信用代码", max_length=18, blank=True, validators=[validate_uscc])
    supplies = models.CharField("供应材料", max_length=200, blank=True)
    warned_on = models.DateField("预警日期", null=True, blank=True, editable=False)
    removed_on = models.DateField("清退日期", null=True, blank=True, editable=False)
    reason = models.CharField("预警（清退）原因", max_length=500, blank=True)
    may_return_on = models.DateField("可申请恢复日期", null=True, blank=True, editable=False)
    restored_on = models.DateField("恢复日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "材料供应商"

    def __str__(self) -> str:
        return self.name

    def attachment_kinds(self) -> list[str]:
        return ["营业执照", "生产许可", "整改材料", "处理决定"]

    @property
    def is_removed(self) -> bool:
        return self.status in (REMOVED, APPEALING)


class Proposal(models.TextChoices):
    KEEP = "keep", "继续使用"
    WARN = "warn", "建议预警"
    REMOVE = "remove", "建议清退"


PROPOSAL_COLORS = {"keep": "green", "warn": "yellow", "remove": "red"}
MARKS = ("quality", "delivery", "papers", "service")


def mark(label: str) -> models.DecimalField:
    limits = [MinValueValidator(0), MaxValueValidator(100)]
    return models.DecimalField(label, max_digits=5, decimal_places=1, validators=limits, help_text="0～100")


class SupplierAssessment(Record):
    """How a supplier did in a section in a quarter. Score and proposal follow from the marks by the rules; what is
    decided about the supplier a person decides."""

    scope_through = "section"
    text_joins = ("section__project", "supplier")

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="assessments", verbose_name="供应商")
    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    quarter = models.CharField("季度", max_length=7, help_text="如 2026-Q1")
    quality = mark("质量")
    delivery = mark("供货")
    papers = mark("资料")
    service = mark("服务")
    score = models.DecimalField("得分", max_digits=5, decimal_places=1, null=True, editable=False)
    proposal = models.CharField("建议", max_length=8, choices=Proposal.choices, editable=False)
    facts = models.TextField("评价说明", max_length=2000, blank=True)
    scoring_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="评价规则"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-quarter", "-pk"]
        verbose_name = "供应商季度评价"
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "section", "quarter"],
                name="quality_supplier_assessed_once",
                violation_error_message="该标段本季度已评价过此供应商。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.supplier} {self.quarter}"

    def clean(self) -> None:
        if not QUARTER.fullmatch(self.quarter or ""):
            raise ValidationError({"quarter": "季度应写作 2026-Q1。"})
        year, number = int(self.quarter[:4]), int(self.quarter[-1])
        if date(year, number * 3 - 2, 1) > timezone.localdate():
            raise ValidationError({"quarter": "该季度尚未开始。"})

    def before_create(self, actor) -> None:
        self._score()

    def before_update(self, before: dict) -> None:
        if set(MARKS) & set(before):
            self._score()

    def _score(self) -> None:
        self.scoring_rule = rule(SUPPLIERS)
        rules = self.scoring_rule.content
        marks = [Decimal(str(getattr(self, row["name"]))) * Decimal(row["weight"]) for row in rules["items"]]
        self.score = sum(marks).quantize(Decimal("0.1"))
        self.proposal = next(b["proposal"] for b in rules["bands"] if self.score >= Decimal(b["least"]))


class RetestState(models.TextChoices):
    UNNEEDED = "", "不需复验"
    MISSING = "missing", "待复验"
    PASSED = "passed", "复验合格"
    FAILED = "failed", "复验不合格"


RETEST_COLORS = {"missing": "yellow", "passed": "green", "failed": "red"}


class MaterialBatch(Numbered, FlowRecord):
    """A batch of material that came to a section: entered, its certificate, its retests, released or sent away.

    A removed supplier's batch is refused unless the owner or an authority gives a reason; an authority sees it."""

    number_prefix = "CL"
    scope_through = "section"
    text_joins = ("section__project",)

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    material = WordField("材料", max_length=40, words=bought)
    grade = models.CharField("规格型号", max_length=60)
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="batches", verbose_name="供应商")
    batch = models.CharField("生产批号（炉批号）", max_length=60)
    certificate = models.CharField("质量证明书编号", max_length=80, blank=True)
    quantity = models.DecimalField(
        "进场数量", max_digits=14, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))]
    )
    unit = models.CharField("单位", max_length=10, help_text="如 t、m³、个")
    entered_on = models.DateField("进场日期", default=timezone.localdate)
    place = models.CharField("存放地点", max_length=80, blank=True)
    overrule_reason = models.CharField(
        "使用已清退供应商的理由",
        max_length=500,
        blank=True,
        help_text="供应商已清退的方须填写，由建设单位或主管部门填写，主管部门阅知",
    )
    overruled = models.BooleanField("已清退供应商供货", default=False, editable=False)
    overrule_seen_on = models.DateField("主管部门阅知日期", null=True, blank=True, editable=False)
    retest = models.CharField("复验", max_length=8, choices=RetestState.choices, blank=True, editable=False)
    released_on = models.DateField("准予使用日期", null=True, blank=True, editable=False)
    disposal = models.CharField("不合格处置", max_length=500, blank=True, help_text="退场、降级或返工及去向")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "材料进场批次"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "supplier", "material", "grade", "batch", "entered_on"],
                name="quality_batch_once",
                violation_error_message="该批材料当日已登记进场。",
            )
        ]
        indexes = [
            models.Index(fields=["section", "entered_on"], name="quality_batch_days"),
            models.Index(fields=["supplier", "entered_on"], name="quality_batch_supplier"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} {self.material} {self.grade}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["质量证明书", "进场照片", "复验报告", "处置记录"]

    def required(self) -> list[str]:
        """The parameters that a batch of this material must have passed."""
        known = material(self.material)
        return known["retest"] if known else []

    def clean(self) -> None:
        self._meta.get_field("material").check_word(self)
        errors = {}
        if self.entered_on and self.entered_on > timezone.localdate():
            errors["entered_on"] = "进场日期不能晚于今天。"
        if self._state.adding and self.supplier_id:
            if self.supplier.is_removed and not self.overrule_reason.strip():
                errors["supplier"] = (
                    f"{self.supplier}已于{self.supplier.removed_on}清退（{self.supplier.reason}），不得进场；"
                    "确需使用的，由建设单位或主管部门写明理由。"
                )
            elif self.supplier.status == CLOSED:
                errors["supplier"] = f"{self.supplier}已注销登记，不得进场。"
            elif self.overrule_reason.strip() and not self.supplier.is_removed:
                errors["overrule_reason"] = "供应商未被清退，不须填写。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.overruled = self.supplier_id is not None and self.supplier.is_removed
        self.retest = RetestState.MISSING if self.required() else RetestState.UNNEEDED

    def before_update(self, before: dict) -> None:
        if "material" in before:
            from ..testing import following

            self.retest = following.state_of(self)

    @property
    def used(self) -> Decimal:
        """How much of it has been used, in its unit."""
        return self.uses.aggregate(all=Sum("quantity"))["all"] or Decimal(0)


class MaterialUse(Record):
    """Where a part of a batch went. What was not released, or whose retest failed or is missing, cannot be used
    (《建设工程质量管理条例》第29条)."""

    scope_through = "batch"
    text_joins = ("batch__section__project",)

    batch = models.ForeignKey(MaterialBatch, models.PROTECT, related_name="uses", verbose_name="材料批次")
    part = models.CharField("使用部位", max_length=160)
    quantity = models.DecimalField(
        "使用数量", max_digits=14, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))]
    )
    used_on = models.DateField("使用日期", default=timezone.localdate)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-used_on", "-pk"]
        verbose_name = "材料使用"
        indexes = [models.Index(fields=["batch", "used_on"], name="quality_use_days")]

    def __str__(self) -> str:
        return f"{self.batch} {self.part}"

    def clean(self) -> None:
        if not self.batch_id or not self._state.adding:
            return
        from ..testing import following

        batch = self.batch
        if batch.status != RELEASED:
            raise ValidationError({"batch": f"该批材料“{batch.status_label}”，准予使用后方可登记使用。"})
        if missing := following.standing_in_the_way(batch):
            raise ValidationError({"batch": "".join(missing)})
        errors = {}
        if self.used_on and self.used_on > timezone.localdate():
            errors["used_on"] = "使用日期不能晚于今天。"
        elif self.used_on and batch.released_on and self.used_on < batch.released_on:
            errors["used_on"] = f"早于准予使用日期（{batch.released_on}）。"
        left = batch.quantity - batch.used
        if self.quantity and self.quantity > left:
            errors["quantity"] = f"该批尚余{left.normalize():f}{batch.unit}。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        # Of two uses at once the second waits here, and counts the first.
        if self.batch_id:
            self.batch = MaterialBatch.objects.select_for_update().get(pk=self.batch_id)
