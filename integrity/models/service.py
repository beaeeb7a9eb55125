"""三服务: visits to units and projects, the problems that were raised there, and how content the visited were."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered, Project
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.scope import Reach

from .of_unit import not_ahead, raise_if, unit_scope

SERVICE = "integrity-service"


class Satisfaction(models.TextChoices):
    VERY = "very", "很满意"
    CONTENT = "content", "满意"
    FAIR = "fair", "基本满意"
    NOT = "not", "不满意"


class ServiceVisit(Numbered, FlowRecord):
    """One visit: who came, to whom, about what. The visited unit alone says how content it was."""

    number_prefix = "FW"
    text_joins = ("unit", "office")

    office = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="走访单位")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="被走访单位")
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="项目"
    )
    point = models.ForeignKey(
        "ContactPoint",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="visits",
        verbose_name="领导联系点",
        help_text="到联系点走访的填写",
    )
    visited_on = models.DateField("走访日期")
    visitors = models.PositiveSmallIntegerField("走访人数")
    topic = models.CharField("主题", max_length=120)
    summary = models.TextField("走访情况", max_length=3000, blank=True)
    satisfaction = models.CharField("满意度", max_length=8, choices=Satisfaction.choices, blank=True)
    rated_on = models.DateField("评价日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "走访"

    def __str__(self) -> str:
        return f"{self.number or ''} {self.unit} {self.topic}".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """The visited unit, the visiting office, and whoever oversees the visited unit."""
        visited = unit_scope(reach)
        return visited | unit_scope(reach, "office") if visited else Q()

    def attachment_kinds(self) -> list[str]:
        return ["走访记录", "现场照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "visited_on")
        if self.visitors == 0:
            errors["visitors"] = "走访人数须大于0。"
        if self.office_id and self.office_id == self.unit_id:
            errors["unit"] = "被走访单位不能是走访单位本身。"
        if self.point_id and self.unit_id and self.point.unit_id != self.unit_id:
            errors["point"] = "该联系点联系的不是被走访单位。"
        raise_if(errors)


class ServiceProblem(Numbered, FlowRecord):
    """A problem raised on a visit: who solves it, by when, and whether the visited unit finds it solved."""

    number_prefix = "WT"
    text_joins = ("visit",)

    visit = models.ForeignKey(ServiceVisit, models.PROTECT, related_name="problems", verbose_name="走访")
    description = models.TextField("问题", max_length=2000)
    solver = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="解决单位"
    )
    solve_by = models.DateField("解决期限", null=True, blank=True)
    result = models.TextField("解决情况", max_length=2000, blank=True)
    solved_on = models.DateField("解决日期", null=True, blank=True, editable=False)
    confirmed_on = models.DateField("确认日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "走访问题"
        indexes = [models.Index(fields=["confirmed_on"], name="integrity_problem_confirmed")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.description[:40]}".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """Whoever sees the visit, and the unit that is to solve it with whoever oversees that."""
        visits = ServiceVisit.scope_q(reach)
        if not visits:
            return Q()
        seen = ServiceVisit._base_manager.filter(visits).values("pk")
        return Q(visit__in=seen) | unit_scope(reach, "solver")

    def attachment_kinds(self) -> list[str]:
        return ["解决情况材料"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.solve_by and self.visit_id and self.solve_by < self.visit.visited_on:
            errors["solve_by"] = "解决期限早于走访日期。"
        raise_if(errors)

    @property
    def late(self) -> str:
        """Whether it was, or is, solved later than it should."""
        day = self.solved_on or timezone.localdate()
        return "逾期" if self.solve_by and day > self.solve_by else ""
