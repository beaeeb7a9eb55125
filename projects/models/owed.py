"""各方应编制的文件: what each party of the works, each county and each centre owes, and whether it was handed in.

Rows are made from a shipped rule (`projects.owed.generating`), never by hand; overdue is a query on `due_by`.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.scope import Reach, unit_scope
from supervision.rules.models import RuleSet

from .placed import project_or_section_scope
from .project import Project
from .section import Section

OWED, HANDED, ACCEPTED, WAIVED = "owed", "handed", "accepted", "waived"


class OwedKind(models.TextChoices):
    GENERAL_PLAN = "general_plan", "建设单位总体方案"
    DESIGN_CHAPTER = "design_chapter", "设计专篇"
    IMPLEMENTATION_PLAN = "implementation_plan", "施工实施方案"
    SUPERVISION_OUTLINE = "supervision_outline", "监理大纲"
    COUNTY_PLAN = "county_plan", "县区工作方案"
    CENTRE_PLAN = "centre_plan", "中心工作方案"


class Checker(models.TextChoices):
    OWNER = "owner", "建设单位"
    AUTHORITY = "authority", "主管部门"
    BUREAU = "bureau", "市局"


class Goals(models.TextChoices):
    ALL = "all", "三个工程目标均载明"
    SOME = "some", "只载明一部分"
    NONE = "none", "未载明"


class OwedDocument(FlowRecord):
    """One document that one unit owes for a project, a section, or (an authority) for its own area."""

    natural = ("kind", "unit.name", "key")
    text_joins = ("unit", "project", "section__project")

    key = models.CharField("编号", max_length=80, unique=True, editable=False)
    kind = models.CharField("文件", max_length=24, choices=OwedKind.choices)
    unit = models.ForeignKey(
        Organization, models.PROTECT, related_name="owed_documents", verbose_name="编制单位"
    )
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="owed_documents", verbose_name="项目"
    )
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="标段"
    )
    due_by = models.DateField("应提交日期")
    checker = models.CharField("核查", max_length=10, choices=Checker.choices, editable=False)
    title = models.CharField("文件名称", max_length=200, blank=True)
    goals = models.CharField("三个工程目标", max_length=6, choices=Goals.choices, blank=True)
    handed_on = models.DateField("提交日期", null=True, editable=False)
    accepted_on = models.DateField("核查通过日期", null=True, editable=False)
    waived_on = models.DateField("免交日期", null=True, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据规则"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["due_by", "pk"]
        verbose_name = "应编文件"
        indexes = [models.Index(fields=["status", "due_by"], name="projects_owed_due")]

    def __str__(self) -> str:
        place = self.section or self.project
        return f"{self.get_kind_display()} {place or ''} {self.unit}".replace("  ", " ")

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """Of works: whoever sees the works; of an authority: itself and whoever oversees it."""
        works = project_or_section_scope(reach)
        if not works:
            return Q()
        return (works & Q(project__isnull=False)) | (Q(project__isnull=True) & unit_scope(reach))

    def attachment_kinds(self) -> list[str]:
        return ["文件"]

    @property
    def late(self) -> str:
        """Whether it is, or was, handed in after its day."""
        if self.waived_on:
            return ""
        day = self.handed_on or timezone.localdate()
        return f"逾期{(day - self.due_by).days}天" if day > self.due_by else ""
