"""Pipelines underground (地下管线) and neighbours of the works: known, agreed and protected before digging."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models

from projects import findings
from projects.models import Numbered, Placed
from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.rules.stakes import StakeField

from .emergency import later_than_today

# The days of the steps before digging, in their order.
STEPS = ("surveyed_on", "agreed_on", "protected_on", "cleared_on")


class PipelineKind(models.TextChoices):
    GAS = "gas", "燃气"
    OIL = "oil", "输油输气"
    WATER = "water", "给水"
    DRAIN = "drain", "排水"
    POWER = "power", "电力"
    TELECOM = "telecom", "通信"
    HEAT = "heat", "热力"
    OTHER = "other", "其他"


class Pipeline(Numbered, Placed, FlowRecord):
    """One pipeline or cable near the works, from being known of to digging beside it."""

    number_prefix = "GX"

    kind = models.CharField("管线类别", max_length=10, choices=PipelineKind.choices)
    part = models.CharField("部位", max_length=120, help_text="涉及的开挖部位")
    stakes = StakeField("桩号", blank=True)
    spec = models.CharField("规格材质", max_length=120, blank=True)
    owner_unit = models.CharField("权属单位", max_length=120)
    contact = models.CharField("权属单位联系人", max_length=80, blank=True)
    depth = models.DecimalField("埋深（米）", max_digits=5, decimal_places=2, null=True, blank=True)
    survey = models.TextField("探查结果", max_length=2000, blank=True, help_text="位置、走向、探查方法")
    surveyed_on = models.DateField("探查日期", null=True, blank=True)
    agreement = models.TextField("权属单位意见", max_length=2000, blank=True)
    agreed_on = models.DateField("权属单位同意日期", null=True, blank=True)
    protection = models.TextField("保护措施", max_length=2000, blank=True)
    protected_on = models.DateField("保护完成日期", null=True, blank=True)
    cleared_on = models.DateField("准予开挖日期", null=True, blank=True)
    restored_on = models.DateField("恢复日期", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "地下管线"
        indexes = [models.Index(fields=["section", "status"], name="safety_pipeline_open")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.get_kind_display()} {self.part}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["探查成果", "权属单位意见", "保护方案", "保护照片", "恢复照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        names = (*STEPS, "restored_on")
        later_than_today(self, names, errors)
        done = [name for name in names if getattr(self, name)]
        for before, name in zip(done, done[1:], strict=False):
            if getattr(self, name) < getattr(self, before):
                label, former = (self._meta.get_field(one).verbose_name for one in (name, before))
                errors.setdefault(name, f"{label}早于{former}（{getattr(self, before)}）。")
        if self.depth is not None and self.depth < 0:
            errors["depth"] = "埋深不能为负数。"
        if errors:
            raise ValidationError(errors)


class NeighbourKind(models.TextChoices):
    HOUSE = "house", "房屋"
    BRIDGE = "bridge", "桥梁"
    ROAD = "road", "道路"
    RAILWAY = "railway", "铁路"
    LINE = "line", "架空线路"
    DIKE = "dike", "堤防"
    OTHER = "other", "其他"


class Neighbour(Numbered, Placed, Record):
    """A structure beside the works: how it is protected, what is watched, and from which value on it alarms."""

    number_prefix = "LJ"

    kind = models.CharField("类别", max_length=10, choices=NeighbourKind.choices)
    name = models.CharField("名称", max_length=120)
    stakes = StakeField("桩号", blank=True)
    distance = models.DecimalField("距离（米）", max_digits=7, decimal_places=2)
    owner_unit = models.CharField("权属单位", max_length=120, blank=True)
    protection = models.TextField("保护措施", max_length=2000)
    watched = models.CharField("监测项目", max_length=80, blank=True, help_text="如“沉降（mm）”")
    alarm = models.DecimalField(
        "预警值", max_digits=9, decimal_places=2, null=True, blank=True, help_text="按保护方案填写"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "邻近建（构）筑物"

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.name}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["原状照片", "保护方案", "监测方案"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        if self.distance is not None and self.distance < 0:
            errors["distance"] = "距离不能为负数。"
        if self.alarm is not None and self.alarm <= 0:
            errors["alarm"] = "预警值须大于零。"
        if self.alarm is not None and not self.watched:
            errors["watched"] = "填写预警值的，须写明监测项目。"
        if errors:
            raise ValidationError(errors)


class NeighbourReading(Record):
    """What was measured on a day. A value that reaches the alarm (up or down) becomes a hidden danger."""

    scope_through = "neighbour"
    text_joins = ("neighbour__project", "neighbour__section__project")

    neighbour = models.ForeignKey(
        Neighbour, models.PROTECT, related_name="readings", verbose_name="邻近建（构）筑物"
    )
    read_on = models.DateField("监测日期")
    value = models.DecimalField("累计变化值", max_digits=9, decimal_places=2)
    reader = models.CharField("监测人", max_length=40, blank=True)
    alarmed = models.BooleanField("达到预警值", default=False, editable=False)
    danger = models.ForeignKey(
        "safety.HiddenDanger",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="隐患",
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-read_on", "-pk"]
        verbose_name = "监测记录"
        indexes = [models.Index(fields=["neighbour", "read_on"], name="safety_reading_day")]

    def __str__(self) -> str:
        return f"{self.neighbour} {self.read_on} {self.value}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        later_than_today(self, ("read_on",), errors)
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        alarm = self.neighbour.alarm if self.neighbour_id else None
        self.alarmed = bool(alarm and self.value is not None and abs(Decimal(self.value)) >= alarm)

    def after_write(self, changes: dict, actor) -> None:
        if not self.alarmed or "neighbour" not in changes:
            return
        at = self.neighbour
        danger = findings.raise_finding(
            "hidden_danger",
            findings.Finding(
                label="safety.neighbourreading",
                id=self.pk,
                project=at.project,
                section=at.section,
                part=at.name,
                description=f"{at.watched}累计变化 {self.value}，达到预警值 {at.alarm}（{self.read_on}）。",
                stakes=at.stakes,
                found_on=self.read_on,
                self_check=True,
                is_demo=self.is_demo,
            ),
            actor,
        )
        records.update(self, {"danger": danger}, actor, label="转为隐患", clean=False)
        self.refresh_from_db(fields=["version", "danger"])
