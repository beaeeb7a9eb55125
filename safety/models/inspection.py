"""Inspections: the yearly plan, its tasks, the visits, what each visit asked and found."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import AtObject, Numbered
from projects.models.candidacy import year_field
from projects.models.project import Sector
from supervision.flows.models import FlowRecord
from supervision.people.models import PARTY_ROLES, District, Organization
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach
from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet
from supervision.rules.stakes import StakeField
from supervision.rules.words import WordField

from ..rules import MAJOR_ITEMS, kinds_of_danger, rule
from .danger import HiddenDanger

KINDS, CHECKLISTS = "inspection-kinds", "inspection-checklists"
OPEN, SIGNING, SEALED, VOID = "open", "signing", "sealed", "void"
GENERAL_LIST = "TY"


class InspectionKind(models.TextChoices):
    ROUTINE = "routine", "日常巡查"
    COMPREHENSIVE = "comprehensive", "综合检查"
    SPECIAL = "special", "专项检查"
    RANDOM = "random", "双随机"
    UNANNOUNCED = "unannounced", "四不两直"
    COVERT = "covert", "暗查暗访"
    FOLLOW_UP = "follow_up", "回头看"
    SELF = "self", "企业自查"
    EXPERT = "expert", "专家服务"


def inspectors_needed(kind: str) -> int:
    """How many persons a kind of inspection takes at least (rule set inspection-kinds)."""
    return rule(KINDS).content["inspectors"].get(kind, 1)


def check_inspectors(record, errors: dict) -> None:
    """Note in `errors` when names are given twice, or too few for the kind."""
    names = record.inspectors or []
    if len(set(names)) != len(names):
        errors["inspectors"] = "检查人员有重名，请加以区分。"
    elif record.kind and len(names) < inspectors_needed(record.kind):
        label = InspectionKind(record.kind).label if record.kind in InspectionKind.values else ""
        errors["inspectors"] = f"{label}的检查人员不得少于{inspectors_needed(record.kind)}人。"


class OfficeScoped(models.Model):
    """What an authority keeps for its own area: a district's, a sector's, or (neither given) the whole city's."""

    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, verbose_name="县区", help_text="不填为全市"
    )
    mode = models.CharField("领域", max_length=20, choices=Sector.choices, blank=True)

    class Meta:
        abstract = True

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        if reach.everything:
            return Q()
        condition = NOTHING
        if reach.districts:
            condition |= Q(district__in=reach.districts)
        return condition | Q(mode__in=reach.sectors) if reach.sectors else condition


class InspectionPlan(OfficeScoped, FlowRecord):
    """What an authority means to inspect in a year."""

    natural = ("title",)

    title = models.CharField("计划名称", max_length=120)
    year = year_field("年度")
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="制定单位"
    )
    basis = models.CharField("依据", max_length=300, blank=True)
    content = models.TextField("检查重点与安排", max_length=5000, blank=True)
    issued_on = models.DateField("下达日期", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "年度检查计划"
        constraints = [
            models.UniqueConstraint(
                fields=["year", "title"],
                name="safety_plan_once",
                violation_error_message="该年度已有同名计划。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year}年 {self.title}"

    def clean(self) -> None:
        if self.issued_on and self.issued_on > timezone.localdate():
            raise ValidationError({"issued_on": "下达日期不能晚于今天。"})

    def attachment_kinds(self) -> list[str]:
        return ["计划文件", "其他"]


class InspectionTask(AtObject, FlowRecord):
    """One inspection to be made: where, how, by whom, by when. Not shown to the units: some are unannounced."""

    plan = models.ForeignKey(
        InspectionPlan, models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name="年度计划"
    )
    draw = models.ForeignKey(
        "safety.RandomDraw",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="tasks",
        verbose_name="随机抽取",
    )
    kind = models.CharField("检查方式", max_length=16, choices=InspectionKind.choices)
    inspectors = models.JSONField("检查人员", default=list, blank=True)
    requirement = models.TextField("检查内容", max_length=3000, blank=True)
    due_by = models.DateField("完成期限")
    done_on = models.DateField("完成日期", null=True, blank=True, editable=False)
    cancelled_on = models.DateField("取消日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "检查任务"
        indexes = [models.Index(fields=["due_by"], name="safety_task_due")]

    def __str__(self) -> str:
        return f"{self.section or self.project} {self.get_kind_display()} {self.due_by}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        check_inspectors(self, errors)
        if self.kind == InspectionKind.SELF:
            errors["kind"] = "企业自查由企业自行安排，不下达任务。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.due_on = self.due_by


class Outcome(models.TextChoices):
    """What an inspection led to (检查处理方式)."""

    NONE = "none", "未发现问题"
    ON_SITE = "on_site", "现场处理"
    ORDER = "order", "责令整改"
    LISTING = "listing", "建议挂牌督办"
    PENALTY = "penalty", "移送行政处罚"
    FORCE = "force", "行政强制"


class Visit(Numbered, AtObject, FlowRecord):
    """One inspection on site. Signed by both sides it is sealed, and from then on only corrected beside."""

    number_prefix = "JC"

    task = models.ForeignKey(
        InspectionTask, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name="检查任务"
    )
    kind = models.CharField("检查方式", max_length=16, choices=InspectionKind.choices)
    place = models.CharField("检查部位", max_length=200, blank=True)
    visited_on = models.DateField("检查日期", default=timezone.localdate)
    inspectors = models.JSONField("检查人员", default=list)
    unit = models.CharField("检查单位", max_length=120, blank=True, editable=False)
    lists = models.JSONField("检查表", default=list, blank=True, editable=False)
    checklist_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="检查表版本"
    )
    major_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="重大隐患判定标准"
    )
    outcome = models.CharField("处理方式", max_length=10, choices=Outcome.choices, blank=True)
    summary = models.TextField("检查意见", max_length=3000, blank=True)
    digest = models.CharField("签字内容校验值", max_length=64, blank=True, editable=False)
    seal = models.CharField("封存值", max_length=64, blank=True, editable=False)
    sealed_on = models.DateField("封存日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "检查记录"
        indexes = [models.Index(fields=["section", "visited_on"], name="safety_visit_cover")]

    def __str__(self) -> str:
        where = self.section or self.project
        return f"{self.number or ''} {where} {self.get_kind_display()} {self.visited_on}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["检查照片", "签字记录", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        check_inspectors(self, errors)
        if self.visited_on and self.visited_on > timezone.localdate():
            errors["visited_on"] = "检查日期不能晚于今天。"
        if self.task_id and (self.task.project_id, self.task.section_id) != (
            self.project_id,
            self.section_id,
        ):
            errors["task"] = "所选任务不是该项目、标段的。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.checklist_rule = rule(CHECKLISTS)
        self.major_rule = rule(MAJOR_ITEMS)
        self.lists = self.lists or [GENERAL_LIST]
        if self.due_on is None:
            self.due_on = add_workdays(timezone.localdate(), rule(KINDS).content["sign_days"])
        if actor.user is None:
            return
        self.unit = actor.organization_name
        # Whatever way a unit chose: what it inspects itself is its own check and no authority's.
        if actor.user.roles & PARTY_ROLES:
            self.kind = InspectionKind.SELF
        elif self.kind == InspectionKind.SELF:
            raise ValidationError({"kind": "企业自查由企业登记。"})


class OfVisit(Record):
    """A part of a visit: written while the visit is open, and not afterwards."""

    scope_through = "visit"
    # What the portal itself fills in once the visit is closed.
    later: frozenset[str] = frozenset()

    class Meta:
        abstract = True

    def clean(self) -> None:
        if self.visit_id is None or self.visit.status == OPEN:
            return
        former = type(self)._base_manager.filter(pk=self.pk).values().first()
        fields = [f for f in self._meta.concrete_fields if f.name not in self.later | self.unrecorded_fields]
        if former is None or any(former[f.attname] != getattr(self, f.attname) for f in fields):
            raise ValidationError(
                f"检查记录“{self.visit.status_label}”，不能再改；确需修改的请先退回检查或作更正。"
            )


class Result(models.TextChoices):
    PASS = "pass", "合格"
    FAIL = "fail", "不合格"
    NA = "na", "不适用"


class VisitItem(OfVisit):
    """One item of a checklist as it was asked and answered on a visit."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="items", verbose_name="检查记录")
    key = models.CharField("条目", max_length=40)
    text = models.CharField("检查内容", max_length=300)
    clause = models.CharField("依据", max_length=300, blank=True)
    result = models.CharField("结果", max_length=4, choices=Result.choices)

    class Meta:
        ordering = ["pk"]
        verbose_name = "检查条目"
        constraints = [models.UniqueConstraint(fields=["visit", "key"], name="safety_visit_item_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.get_result_display()}"


class Finding(OfVisit):
    """One thing that is not in order, at one place. When the visit is sealed it becomes a hidden danger."""

    text_joins = ("visit__project", "visit__section__project")
    later = frozenset({"danger"})

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="findings", verbose_name="检查记录")
    key = models.CharField("检查条目", max_length=40, blank=True, editable=False)
    part = models.CharField("部位", max_length=120)
    stakes = StakeField("桩号", blank=True)
    description = models.TextField("问题描述", max_length=3000)
    clause = models.CharField("依据", max_length=300, blank=True)
    category = WordField("隐患类别", max_length=40, blank=True, words=kinds_of_danger)
    danger = models.ForeignKey(
        HiddenDanger,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="findings",
        verbose_name="隐患",
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "检查发现的问题"

    def __str__(self) -> str:
        return f"{self.visit.number or ''} {self.part}：{self.description[:40]}"

    def clean(self) -> None:
        super().clean()
        errors: dict[str, str] = {}
        if self.visit_id:
            self.visit.project.check_stakes(self, errors)
        if errors:
            raise ValidationError(errors)
