"""Site camps (驻地): where they stand, what stands near them, and leaving them in danger."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.rules.models import RuleSet

from ..rules import rule
from ..site import distances
from .on_section import BelowSection, OfSection, Raisable

DISTANCE_RULE = "camp-distances"
DRAFTED, PLANNED, OPEN, CLOSED = "drafted", "planned", "open", "closed"
NOTED, CLEARED = "noted", "cleared"
LEAVING, EMPTY, BACK = "leaving", "empty", "back"


class Camp(OfSection, FlowRecord):
    """A place where people of a section live or work off the works themselves."""

    natural = ("section.project.name", "section.code", "name")

    name = models.CharField("驻地名称", max_length=80)
    address = models.CharField("位置", max_length=200)
    sleepers = models.PositiveIntegerField("住宿人数", default=0)
    whistleblower = models.CharField(
        "吹哨人", max_length=40, help_text="发现险情可直接下令撤离，不须请示批准"
    )
    deputy = models.CharField("吹哨人备岗", max_length=40, blank=True)
    leave_when = models.TextField("撤离条件", max_length=1000, help_text="如雨量、风力、水位达到何值即撤离")
    assembly_point = models.CharField("集合地点", max_length=120)
    opened_on = models.DateField("启用日期", null=True, blank=True)
    closed_on = models.DateField("撤除日期", null=True, blank=True)
    evacuated_since = models.DateTimeField("撤离自", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "驻地"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "name"],
                name="safety_camp_once",
                violation_error_message="该标段已有同名驻地。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.name}"

    def attachment_kinds(self) -> list[str]:
        return ["选址评估", "平面布置图", "消防验收记录", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_past(errors, "opened_on", "closed_on")
        if self.closed_on and self.opened_on and self.closed_on < self.opened_on:
            errors["closed_on"] = f"撤除日期早于启用日期（{self.opened_on}）。"
        if errors:
            raise ValidationError(errors)

    def after_write(self, changes: dict, actor) -> None:
        from ..site import clauses

        before, after = changes.get("status", [None, None])
        if before == OPEN and after == DRAFTED:
            clauses.begin_round(self, actor)
        elif after == PLANNED:
            clauses.list_once(self, actor)


class NeighbourKind(models.TextChoices):
    CRANE = "crane", "塔式、门式起重机"
    SILO = "silo", "筒仓、水泥罐"
    PILING = "piling", "桩机等高耸设备"
    SLOPE = "slope", "边坡、陡坎"
    POWER_LINE = "power_line", "高压线"
    WATER = "water", "河道、水库"
    DANGEROUS_GOODS = "dangerous_goods", "危险品存放处"
    OTHER = "other", "其他"


def metres(label: str, least: str, **options) -> models.DecimalField:
    return models.DecimalField(
        label, max_digits=8, decimal_places=2, validators=[MinValueValidator(Decimal(least))], **options
    )


class CampNeighbour(BelowSection, Raisable, FlowRecord):
    """Something dangerous near a camp, its height and its measured distance. How far it has to be is computed from
    the height by the rule in force: what may topple reaches as far as it is high."""

    scope_through = "camp"
    text_joins = ("camp__section__project",)

    camp = models.ForeignKey(Camp, models.PROTECT, related_name="neighbours", verbose_name="驻地")
    kind = models.CharField("种类", max_length=20, choices=NeighbourKind.choices)
    name = models.CharField("名称", max_length=80)
    height = metres("高度（m）", "0.01", null=True, blank=True, help_text="起重机、筒仓、桩机、边坡须填")
    distance = metres("实测距离（m）", "0", help_text="设备或危险源边缘至驻地最近处")
    required = metres("所需距离（m）", "0", null=True, editable=False)
    enough = models.BooleanField("距离满足", default=False, editable=False)
    distance_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "驻地周边危险源"

    def __str__(self) -> str:
        return f"{self.camp} {self.name}"

    def clean(self) -> None:
        content = rule(DISTANCE_RULE).content
        if self.kind and self.height is None and distances.needs_height(content, self.kind):
            raise ValidationError({"height": "该类危险源按高度计算倾覆范围，请填写高度。"})

    def before_create(self, actor) -> None:
        self._measure()

    def before_update(self, before: dict) -> None:
        if {"kind", "height", "distance"} & set(before):
            self._measure()
            self.danger = None

    def _measure(self) -> None:
        self.distance_rule = rule(DISTANCE_RULE)
        height, distance = (
            self._meta.get_field(name).to_python(getattr(self, name)) for name in ("height", "distance")
        )
        self.required = distances.required(self.distance_rule.content, self.kind, height)
        self.enough = self.required is not None and distance is not None and distance >= self.required


class Evacuation(BelowSection, FlowRecord):
    """That a camp was left in danger: who ordered it and why, that everybody is out, and when it was safe again."""

    scope_through = "camp"
    text_joins = ("camp__section__project",)

    camp = models.ForeignKey(Camp, models.PROTECT, related_name="evacuations", verbose_name="驻地")
    reason = models.TextField("险情", max_length=5000)
    ordered_at = models.DateTimeField("下令时间", default=timezone.now, editable=False)
    ordered_by = models.CharField("下令人", max_length=60, blank=True)
    unit = models.CharField("下令人单位", max_length=120, blank=True)
    people = models.PositiveIntegerField("撤出人数", null=True, blank=True)
    cleared_at = models.DateTimeField("全员撤出时间", null=True, editable=False)
    returned_at = models.DateTimeField("返回时间", null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "驻地撤离"

    def __str__(self) -> str:
        return f"{self.camp} {timezone.localtime(self.ordered_at):%Y-%m-%d %H:%M} 撤离"

    def attachment_kinds(self) -> list[str]:
        return ["撤离记录", "安全复核意见", "其他"]
