"""Quality defects (质量缺陷): what was found where, how grave it is, and who puts it right by when."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered, Placed, Section
from supervision.flows.oversight import LoopSpan, Overseen
from supervision.people.models import Organization, Role
from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.stakes import StakeField
from supervision.rules.words import WordField

from ..rules import DEFECTS, categories

REPORTED, DISMISSED = "reported", "dismissed"


class DefectGrade(models.TextChoices):
    GENERAL = "general", "一般"
    SERIOUS = "serious", "严重"


class DefectSource(models.TextChoices):
    TEST = "test", "试验不合格"
    INSPECTION = "inspection", "监督检查"
    ACCEPTANCE = "acceptance", "检验评定与验收"
    SELF_CHECK = "self_check", "自查"
    REPORT = "report", "举报与移交"


class QualityDefect(Numbered, Placed, Overseen):
    """One defect from its report to its closing, along the same loop as a hidden danger."""

    number_prefix = "QX"

    section = models.ForeignKey(
        Section,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="标段",
        help_text="项目层面的缺陷不填，由建设单位整改",
    )
    part = models.CharField("部位", max_length=160, help_text="单位、分部、分项工程或构件")
    stakes = StakeField("桩号", blank=True)
    description = models.TextField("缺陷描述", max_length=3000)
    source = models.CharField(
        "来源", max_length=12, choices=DefectSource.choices, default=DefectSource.SELF_CHECK
    )
    # Which record raised it; null where a person reported it, so that each record raises at most one.
    source_label = models.CharField("来源记录类别", max_length=60, null=True, editable=False)
    source_id = models.BigIntegerField("来源记录编号", null=True, editable=False)
    found_on = models.DateField("发现日期", default=timezone.localdate)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="上报人",
    )
    reporter = models.CharField("上报单位", max_length=120, blank=True, editable=False)
    category = WordField("缺陷类别", max_length=40, blank=True, words=categories)
    grade = models.CharField("等级", max_length=10, choices=DefectGrade.choices, blank=True, editable=False)
    clause = models.CharField("不符合的条款（设计要求）", max_length=300, blank=True)
    verified_on = models.DateField("核查日期", null=True, blank=True, editable=False)
    deadline_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="期限规则"
    )
    responsible_unit = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="quality_defects",
        verbose_name="责任单位",
    )
    responsible_person = models.CharField("责任人", max_length=40, blank=True)
    measures = models.TextField("处理方案（整改措施）", blank=True, max_length=3000)
    acceptor = models.CharField(
        "验收方",
        max_length=12,
        choices=[(role.value, role.label) for role in (Role.SUPERVISOR, Role.OWNER)],
        default=Role.SUPERVISOR.value,
        editable=False,
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "质量缺陷"
        constraints = [
            models.UniqueConstraint(fields=["source_label", "source_id"], name="quality_defect_source")
        ]
        indexes = [
            models.Index(fields=["status", "deadline"], name="quality_defect_deadline"),
            models.Index(fields=["verified_on", "grade"], name="quality_defect_figures"),
            models.Index(fields=["responsible_unit", "found_on"], name="quality_defect_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.part}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["缺陷照片", "处理方案", "整改照片", "检测报告", "验收记录", "现场复查记录", "文书"]

    def days(self, step: str) -> int:
        content = rule(DEFECTS).content
        found = content[self.grade or DefectGrade.GENERAL].get(step)
        return content[step] if found is None else found

    def most_extensions(self) -> int:
        return rule(DEFECTS).content["most_extensions"]

    def listing_plan_days(self) -> int:
        return rule(DEFECTS).content["listing_plan_days"]

    @property
    def is_serious(self) -> bool:
        return self.grade == DefectGrade.SERIOUS

    def clean(self) -> None:
        super().clean()
        self._meta.get_field("category").check_word(self)
        errors: dict[str, str] = {}
        self.check_place(errors)
        self.check_dates(errors)
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        if actor.user is not None and self.reported_by_id is None:
            self.reported_by = actor.user
            self.reporter = actor.organization_name
        if self.project_id and self.responsible_unit_id is None:
            self.responsible_unit = self.unit_now()
        if self.due_on is None:
            self.due_on = add_workdays(timezone.localdate(), self.days("verify"))
        self.acceptor = self.acceptor_now()

    def before_update(self, before: dict) -> None:
        if "status" in before or "section" in before:
            self.acceptor = self.acceptor_now()

    def after_write(self, changes: dict, actor) -> None:
        from .. import documents

        DefectSpan.follow(self, changes)
        documents.papers.follow(self, changes, actor)


class DefectSpan(LoopSpan):
    """From when until when a defect was closed, listed or suspended."""

    scope_through = "defect"

    defect = models.ForeignKey(QualityDefect, models.CASCADE, related_name="spans")

    class Meta:
        verbose_name = "缺陷状态区间"
        constraints = [
            models.UniqueConstraint(
                fields=["defect", "kind"],
                condition=Q(until__isnull=True),
                name="quality_defect_span_open",
            )
        ]
        indexes = [models.Index(fields=["kind", "since"], name="quality_defect_span_since")]

    def __str__(self) -> str:
        return f"{self.defect_id} {self.kind} {self.since}"
