"""Integrity as work: risk points of posts, integrity contracts, education, party branches of projects."""

from __future__ import annotations

from datetime import date

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import WORKS, Project, Section
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.people.scope import Reach, scope_of
from supervision.rules.calendar import months_after
from supervision.rules.shipped import rule

from .of_unit import AUTHORITY_KINDS, OfUnit, not_ahead, raise_if, unit_scope

RISK_CHECKS = "integrity-risk-checks"
CONTRACT_FILE = "廉政合同"


class RiskLevel(models.TextChoices):
    HIGH = "high", "高"
    MEDIUM = "medium", "中"
    LOW = "low", "低"


class Phase(models.TextChoices):
    """The three phases of 交通基础设施建设项目廉政风险防控手册(试行), and posts outside any project."""

    EARLY = "early", "前期"
    BUILDING = "building", "建设实施"
    HANDOVER = "handover", "交竣工验收"
    OTHER = "other", "日常管理"


class CheckResult(models.TextChoices):
    KEPT = "kept", "措施落实"
    PARTLY = "partly", "部分落实"
    NOT_KEPT = "not_kept", "未落实"


class RiskPoint(OfUnit, FlowRecord):
    """岗位廉政风险点: what may go wrong at a post, what is done against it, by whom, and when that is looked at."""

    post = models.CharField("岗位", max_length=60)
    phase = models.CharField("阶段", max_length=10, choices=Phase.choices)
    process = models.CharField("流程环节", max_length=80)
    risk = models.TextField("廉政风险", max_length=1000)
    level = models.CharField("风险等级", max_length=6, choices=RiskLevel.choices)
    measures = models.TextField("防控措施", max_length=2000)
    measure_owner = models.CharField("措施责任岗位", max_length=60)
    of_authority = models.BooleanField("主管部门岗位", default=False, editable=False)
    checked_on = models.DateField("检查日期", null=True, blank=True)
    result = models.CharField("检查结果", max_length=8, choices=CheckResult.choices, blank=True)
    finding = models.TextField("检查发现", max_length=1000, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "岗位廉政风险点"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "post", "process", "phase"],
                name="integrity_risk_once",
                violation_error_message="该岗位在此流程环节的风险点已登记。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.post}：{self.process}"

    def before_create(self, actor) -> None:
        self.of_authority = self.unit.kind in AUTHORITY_KINDS

    def before_update(self, before: dict) -> None:
        self.of_authority = self.unit.kind in AUTHORITY_KINDS

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "checked_on")
        if self.result in (CheckResult.PARTLY, CheckResult.NOT_KEPT) and not self.finding.strip():
            errors["finding"] = "措施没有全部落实的，请写明检查发现。"
        raise_if(errors)

    def next_check(self) -> date:
        """By when the measures are looked at again: counted from the last check, or from today."""
        months = rule(RISK_CHECKS).content["months"][self.level]
        return months_after(self.checked_on or timezone.localdate(), months)


class IntegrityContract(FlowRecord):
    """廉政合同: signed beside the contract of works, one for each unit and section."""

    scope_through = "section"
    text_joins = ("section__project", "unit")

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="签订单位（乙方）")
    number = models.CharField("合同编号", max_length=60, blank=True)
    duties = models.TextField("双方廉政责任摘要", max_length=2000, blank=True)
    signed_on = models.DateField("签订日期", null=True, blank=True)
    ended_on = models.DateField("终止日期", null=True, blank=True)
    breach = models.TextField("违反情况", max_length=2000, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "廉政合同"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "unit"],
                condition=Q(ended_on__isnull=True),
                name="integrity_contract_once",
                violation_error_message="该单位在此标段的廉政合同已登记。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.unit} 廉政合同"

    def attachment_kinds(self) -> list[str]:
        return [CONTRACT_FILE]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "signed_on", "ended_on")
        if self.signed_on and self.ended_on and self.ended_on < self.signed_on:
            errors["ended_on"] = "终止日期早于签订日期。"
        raise_if(errors)


class EducationKind(models.TextChoices):
    LECTURE = "lecture", "专题党课"
    WARNING = "warning", "警示教育"
    FILM = "film", "观看教育片"
    HOLIDAY = "holiday", "节前提醒"
    OTHER = "other", "其他"


class EducationPush(FlowRecord):
    """The month's integrity education, pushed to all units: topic and outline, no forms to fill."""

    scope_public = True

    month = models.CharField(
        "月份",
        max_length=7,
        help_text="如 2024-03",
        validators=[RegexValidator(r"^20[0-9]{2}-(0[1-9]|1[0-2])\Z", "请写成 2024-03 的样子。")],
    )
    kind = models.CharField("形式", max_length=10, choices=EducationKind.choices)
    topic = models.CharField("主题", max_length=120)
    outline = models.TextField("内容要点", max_length=3000)
    pushed_on = models.DateField("推送日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-month", "-pk"]
        verbose_name = "廉政教育推送"
        constraints = [
            models.UniqueConstraint(
                fields=["month", "topic"],
                name="integrity_push_once",
                violation_error_message="该月这一主题已登记。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.topic}"

    def attachment_kinds(self) -> list[str]:
        return ["教育材料"]


class EducationRecord(OfUnit, Record):
    """What a unit held: when, what, how many were to come and how many came. Counts, no names."""

    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=WORKS,
        verbose_name="项目",
    )
    kind = models.CharField("形式", max_length=10, choices=EducationKind.choices)
    topic = models.CharField("主题", max_length=120)
    held_on = models.DateField("开展日期")
    expected = models.PositiveIntegerField("应到人数")
    attended = models.PositiveIntegerField("实到人数")

    class Meta:
        ordering = ["-held_on", "-pk"]
        verbose_name = "廉政教育记录"
        indexes = [models.Index(fields=["project", "held_on"], name="integrity_education_held")]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "project", "held_on", "topic"],
                condition=Q(project__isnull=False),
                name="integrity_education_once",
                violation_error_message="该单位当日这一主题的教育已登记。",
            ),
            models.UniqueConstraint(
                fields=["unit", "held_on", "topic"],
                condition=Q(project__isnull=True),
                name="integrity_education_office_once",
                violation_error_message="该单位当日这一主题的教育已登记。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.held_on:%Y-%m-%d} {self.topic}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """The unit's own, and those of the projects one sees."""
        units, projects = unit_scope(reach), scope_of(Project, reach)
        if not units or not projects:
            return Q()
        return units | Q(project__in=Project._base_manager.filter(projects).values("pk"))

    def attachment_kinds(self) -> list[str]:
        return ["教育材料", "活动照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "held_on")
        if self.expected == 0:
            errors["expected"] = "应到人数须大于0。"
        if self.expected is not None and self.attended is not None and self.attended > self.expected:
            errors["attended"] = "实到人数多于应到人数。"
        raise_if(errors)

    @property
    def rate(self) -> str:
        """Who came of those who were to come, in per cent."""
        return f"{self.attended * 100 / self.expected:.1f}%" if self.expected else "—"


class BranchGrade(models.TextChoices):
    EXCELLENT = "excellent", "先进"
    PASSED = "passed", "达标"
    FAILED = "failed", "未达标"


class PartyBranch(FlowRecord):
    """项目临时党支部, and the grade it was given (达标定级)."""

    scope_through = "project"
    text_joins = ("project",)

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="+", limit_choices_to=WORKS, verbose_name="项目"
    )
    name = models.CharField("支部名称", max_length=120)
    units = models.CharField("共建单位", max_length=300, blank=True)
    members = models.PositiveIntegerField("党员人数")
    founded_on = models.DateField("成立日期", null=True, blank=True)
    grade = models.CharField("达标定级", max_length=10, choices=BranchGrade.choices, blank=True)
    graded_on = models.DateField("定级日期", null=True, blank=True)
    ended_on = models.DateField("撤销日期", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "项目临时党支部"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="integrity_branch_once",
                violation_error_message="该项目已有同名支部。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def attachment_kinds(self) -> list[str]:
        return ["成立批复"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "founded_on", "graded_on", "ended_on")
        if self.members is not None and self.members < 3:
            errors["members"] = "正式党员不足3人的，应与其他单位联合成立，党员人数按联合后填写。"
        for name in ("graded_on", "ended_on"):
            day = getattr(self, name)
            if day and self.founded_on and day < self.founded_on:
                errors[name] = "早于成立日期。"
        raise_if(errors)
