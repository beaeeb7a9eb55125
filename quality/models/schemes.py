"""Quality risks and difficult works (质量风险与重难点清单), and the construction schemes (施工方案)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from projects.models import Numbered
from supervision.flows.gate import Gated
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.stakes import StakeField

from .of_section import OfSection, not_ahead, raise_if

SCHEMES = "quality-scheme-grades"


class PointKind(models.TextChoices):
    RISK = "risk", "质量风险"
    DIFFICULT = "difficult", "重难点工程"
    COMMON = "common", "质量通病"


class KeyPoint(Numbered, OfSection, FlowRecord):
    """A risk to quality, a difficult part, or a common defect that is watched on a section."""

    number_prefix = "ZN"

    kind = models.CharField("类别", max_length=10, choices=PointKind.choices)
    part = models.CharField("部位或工序", max_length=120)
    stakes = StakeField("桩号", blank=True)
    description = models.TextField("风险或难点", max_length=2000)
    measures = models.TextField("控制措施", max_length=3000)
    unit = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任单位"
    )
    person = models.CharField("责任人", max_length=40)
    found_on = models.DateField("识别日期", default=timezone.localdate)
    controlled_on = models.DateField("纳入控制日期", null=True, blank=True, editable=False)
    settled_on = models.DateField("销号日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "质量风险与重难点"

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} {self.part}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["风险评估报告", "控制记录", "销号依据"]

    def before_create(self, actor) -> None:
        if self.unit_id is None and self.section_id:
            self.unit = self.unit_of("contractor")

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "found_on")
        raise_if(errors)


class SchemeGrade(models.TextChoices):
    """How a construction scheme is reviewed; what each grade asks for is the rule set `quality-scheme-grades`."""

    ORDINARY = "ordinary", "一般施工方案"
    SPECIAL = "special", "专项施工方案"
    ARGUED = "argued", "须专家论证的专项施工方案"


class ConstructionScheme(Numbered, OfSection, Gated):
    """A construction scheme on its way through the five musts: 编制, 审核, 论证, 审批, 交底, 实施, 验收."""

    number_prefix = "FA"
    # Filled in by the flow, whose table of steps it is.
    gate_steps = ()

    title = models.CharField("方案名称", max_length=120)
    part = models.CharField("适用部位", max_length=200)
    stakes = StakeField("桩号", blank=True)
    grade = models.CharField("方案分级", max_length=10, choices=SchemeGrade.choices)
    argued = models.BooleanField("须专家论证", default=False, editable=False)
    owner_approves = models.BooleanField("须建设单位审批", default=False, editable=False)
    experts = models.CharField("论证专家", max_length=200, blank=True)
    disclosed_to = models.PositiveIntegerField("交底人数", null=True, blank=True)
    disclosures = models.CharField("交底内容", max_length=300, blank=True, help_text="技术交底、安全技术交底")
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="分级规则"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "施工方案"

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} {self.title}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["施工方案", "审核意见", "专家论证报告", "交底记录", "验收记录"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_facts(errors)
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.rules = rule(SCHEMES)
        self.settle()

    def before_update(self, before: dict) -> None:
        if "grade" in before:
            self.settle()

    def settle(self) -> None:
        """What its grade asks for, by the rule version it was filed under."""
        asked = self.rules.content["grades"].get(self.grade, {})
        self.argued = bool(asked.get("argued"))
        self.owner_approves = bool(asked.get("owner_approves"))
