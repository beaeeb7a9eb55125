"""The chain of procedures: 监督登记, 交工验收, 竣工鉴定 and 竣工验收 of a project and its sections."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import WORKS, Numbered, Placed, Project, Section
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from .division import DROPPED, Division, Kind, contractor_of
from .of_section import not_ahead

SCORES, PREREQUISITES, REGISTRATION = (
    "acceptance-scores",
    "acceptance-prerequisites",
    "supervision-registration",
)


class Grade(models.TextChoices):
    EXCELLENT = "excellent", "优良"
    QUALIFIED = "qualified", "合格"
    FAILED = "failed", "不合格"


GRADE_COLORS = {"excellent": "green", "qualified": "cyan", "failed": "red"}


def score_field(label: str, *, entered: bool = False, **options) -> models.DecimalField:
    """Marks out of 100 with two decimals: computed unless `entered`."""
    if entered:
        options["validators"] = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]
        options["blank"] = True
    return models.DecimalField(label, max_digits=5, decimal_places=2, null=True, editable=entered, **options)


def deduction(label: str, help_text: str) -> models.DecimalField:
    return models.DecimalField(
        label,
        max_digits=4,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text=help_text,
    )


def grade_field() -> models.CharField:
    return models.CharField(
        "质量等级", max_length=10, choices=Grade.choices, blank=True, editable=False, db_index=True
    )


def scoring_rule() -> models.ForeignKey:
    return models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="评分标准"
    )


class ProjectFile(Numbered, FlowRecord):
    """What is filed once for a whole project."""

    scope_through = "project"
    text_joins = ("project",)

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="+", limit_choices_to=WORKS, verbose_name="项目"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number or ''} {self.project} {self._meta.verbose_name}".strip()


class Registration(ProjectFile):
    """The registration with the quality supervision (质量监督登记), its acceptance and the briefing (监督交底)."""

    number_prefix = "JDDJ"

    content = models.TextField("工程概况与参建单位", max_length=3000)
    contact = models.CharField("联系人", max_length=40, blank=True)
    accepted_on = models.DateField("受理日期", null=True, blank=True)
    office = models.CharField("监督机构", max_length=120, blank=True)
    supervisors = models.CharField("监督人员", max_length=120, blank=True)
    briefed_on = models.DateField("交底日期", null=True, blank=True)
    briefing = models.TextField("交底内容", max_length=3000, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "质量监督登记"
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                name="quality_registration_once",
                violation_error_message="该项目已有质量监督登记。",
            )
        ]

    def attachment_kinds(self) -> list[str]:
        return ["监督登记表", "施工图设计文件审查意见", "合同与资质", "监督通知书", "监督计划", "交底记录"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "accepted_on", "briefed_on")
        if self.accepted_on and self.briefed_on and self.briefed_on < self.accepted_on:
            errors["briefed_on"] = f"交底日期早于受理日期（{self.accepted_on}）。"
        if errors:
            raise ValidationError(errors)


class Purpose(models.TextChoices):
    HANDOVER = "handover", "交工验收"
    APPRAISAL = "appraisal", "竣工鉴定"


class ScoreSheet(Numbered, FlowRecord):
    """The marks of one section, for its 交工验收 or for the 鉴定 before 竣工验收; computed from its lines."""

    number_prefix = "PF"
    scope_through = "section"
    text_joins = ("section__project",)

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    purpose = models.CharField("用途", max_length=10, choices=Purpose.choices)
    checked_on = models.DateField("检查日期", default=timezone.localdate)
    documents_deduction = deduction("内业资料扣分", "按内业资料审查的缺陷扣，不超过现行标准的上限")
    sealed_on = models.DateField("定分日期", null=True, blank=True, editable=False)
    score = score_field("合同段得分")
    grade = grade_field()
    arithmetic = models.JSONField("计算过程", default=list, editable=False)
    scoring_rule = scoring_rule()
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "工程质量评分表"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "purpose"],
                name="quality_score_sheet_once",
                violation_error_message="该标段已有同一用途的评分表。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} {self.get_purpose_display()}评分表".strip()

    def attachment_kinds(self) -> list[str]:
        return ["检测报告", "外观检查记录", "内业资料审查意见", "鉴定报告", "照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "checked_on")
        most = Decimal(rule(SCORES).content["documents_max"])
        if self.documents_deduction is not None and self.documents_deduction > most:
            errors["documents_deduction"] = f"内业资料扣分不超过 {most} 分。"
        if errors:
            raise ValidationError(errors)


class OfSheet(Record):
    """A line of a score sheet: written while the sheet is open, and not afterwards."""

    class Meta:
        abstract = True

    def check_open(self, sheet: ScoreSheet | None, errors: dict, field: str) -> None:
        if sheet is not None and sheet.status != "open":
            errors[field] = f"评分表“{sheet.status_label}”，不能再改。"


class ScoredPart(OfSheet):
    """One 分部工程 on a score sheet: its weight in its 单位工程 and what its appearance cost."""

    scope_through = "sheet"
    text_joins = ("sheet__section__project", "division")
    natural = ("sheet.number", "division.code")

    sheet = models.ForeignKey(ScoreSheet, models.PROTECT, related_name="parts", verbose_name="评分表")
    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="分部工程")
    weight = models.DecimalField(
        "分部权值",
        max_digits=6,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    appearance = deduction("外观扣分", "不超过现行标准的上限")
    remark = models.CharField("扣分说明", max_length=300, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["sheet_id", "pk"]
        verbose_name = "分部工程评分"
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "division"],
                name="quality_scored_part_once",
                violation_error_message="该分部工程已在评分表上。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sheet.number or ''} {self.division}".strip()

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.sheet_id:
            self.check_open(self.sheet, errors, "sheet")
        if self.division_id and self.sheet_id:
            if self.division.section_id != self.sheet.section_id:
                errors["division"] = "所选分部工程不属于该评分表的标段。"
            elif self.division.kind != Kind.PART:
                errors["division"] = (
                    f"“{self.division}”是{self.division.get_kind_display()}，请选择分部工程。"
                )
            elif self.division.status == DROPPED:
                errors["division"] = "该分部工程已取消。"
        most = Decimal(rule(SCORES).content["appearance_max"])
        if self.appearance is not None and self.appearance > most:
            errors["appearance"] = f"外观扣分不超过 {most} 分。"
        if errors:
            raise ValidationError(errors)


class ScoredItem(OfSheet):
    """One spot-checked item (抽查项目) of a part: how many points were checked, how many were good."""

    scope_through = "part"
    text_joins = ("part__sheet", "part__division")

    part = models.ForeignKey(ScoredPart, models.PROTECT, related_name="items", verbose_name="分部工程")
    name = models.CharField("抽查项目", max_length=80)
    points = models.PositiveIntegerField("抽查点数", validators=[MinValueValidator(1)])
    good = models.PositiveIntegerField("合格点数")
    weight = models.DecimalField(
        "权值",
        max_digits=6,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["part_id", "pk"]
        verbose_name = "抽查项目"
        constraints = [
            models.UniqueConstraint(
                fields=["part", "name"],
                name="quality_scored_item_once",
                violation_error_message="该分部工程已有同名抽查项目。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.part.division} {self.name}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.part_id:
            self.check_open(self.part.sheet, errors, "part")
        if None not in (self.points, self.good) and self.good > self.points:
            errors["good"] = "合格点数不能多于抽查点数。"
        if errors:
            raise ValidationError(errors)


class Handover(Numbered, FlowRecord):
    """The 交工验收 of one section. A failed one stays; what follows is a new one."""

    number_prefix = "JGYS"
    scope_through = "section"
    text_joins = ("section__project",)
    natural = ("number",)

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    summary = models.TextField("完成情况与自检结论", max_length=3000)
    unit = models.ForeignKey(
        Organization, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="施工单位"
    )
    decided_on = models.DateField("交工验收日期", null=True, blank=True)
    score = score_field("合同段得分")
    grade = grade_field()
    scoring_rule = scoring_rule()
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "交工验收"
        constraints = [
            models.UniqueConstraint(
                fields=["section"],
                condition=~Q(status="decided"),
                name="quality_handover_one_open",
                violation_error_message="该标段已有一次交工验收正在办理。",
            )
        ]
        indexes = [models.Index(fields=["decided_on"], name="quality_handover_decided")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} 交工验收".strip()

    def attachment_kinds(self) -> list[str]:
        return ["施工自检报告", "监理评定报告", "交工验收报告", "交工验收证书", "照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "decided_on")
        if self.section_id and self._state.adding:
            passed = Handover._base_manager.filter(section_id=self.section_id, status="decided")
            if passed.exclude(grade=Grade.FAILED).exists():
                errors["section"] = "该标段已通过交工验收。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.unit = contractor_of(self.section_id)

    def after_write(self, changes: dict, actor) -> None:
        if "status" in changes and self.status == "decided":
            from ..acceptance import milestones

            milestones.handed_over(self, actor)


class HandoverProblem(Placed, FlowRecord):
    """Something left over at the 交工验收 (遗留问题), to be settled before the 竣工验收."""

    handover = models.ForeignKey(
        Handover, models.PROTECT, null=True, blank=True, related_name="problems", verbose_name="交工验收"
    )
    part = models.CharField("部位", max_length=120)
    description = models.TextField("问题", max_length=2000)
    due_by = models.DateField("处理期限")
    settled_on = models.DateField("处理完成日期", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "交工遗留问题"

    def __str__(self) -> str:
        return f"{self.section or self.project} {self.part}"

    def attachment_kinds(self) -> list[str]:
        return ["处理前照片", "处理后照片", "处理报告"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        not_ahead(self, errors, "settled_on")
        if self.handover_id and self.handover.section_id != self.section_id:
            errors["handover"] = "所选交工验收不是该标段的。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.due_on = self.due_by


class Completion(ProjectFile):
    """The 竣工验收 of a project: what has to be there before, the marks given, and the grade they lead to."""

    number_prefix = "JGYSX"

    trial_from = models.DateField(
        "通车试运营起始日期", null=True, blank=True, help_text="不填按最后一个标段的交工日期"
    )
    audited_on = models.DateField("竣工决算审计日期", null=True, blank=True)
    documents_on = models.DateField("竣工文件编制完成日期", null=True, blank=True)
    archives_on = models.DateField("档案验收日期", null=True, blank=True)
    environment_on = models.DateField("环保等单项验收日期", null=True, blank=True)
    summaries_on = models.DateField("参建单位总结完成日期", null=True, blank=True)
    applied_on = models.DateField("申请日期", null=True, blank=True, editable=False)
    examined_on = models.DateField("审查通过日期", null=True, blank=True, editable=False)
    decided_on = models.DateField("竣工验收日期", null=True, blank=True)
    committee_score = score_field("验收委员会评定得分", entered=True)
    owner_score = score_field("项目法人评价得分", entered=True)
    design_score = score_field("设计单位评价得分", entered=True)
    construction_score = score_field("施工单位评价得分", entered=True)
    supervision_score = score_field("监理单位评价得分", entered=True)
    handover_score = score_field("交工得分")
    appraisal_score = score_field("鉴定得分")
    quality_score = score_field("竣工质量得分")
    quality_grade = models.CharField(
        "工程质量等级", max_length=10, choices=Grade.choices, blank=True, editable=False
    )
    score = score_field("综合得分")
    grade = models.CharField("建设项目等级", max_length=10, choices=Grade.choices, blank=True, editable=False)
    arithmetic = models.JSONField("计算过程", default=list, editable=False)
    scoring_rule = scoring_rule()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "竣工验收"
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=~Q(status="decided"),
                name="quality_completion_one_open",
                violation_error_message="该项目已有一次竣工验收正在办理。",
            )
        ]

    def attachment_kinds(self) -> list[str]:
        proofs = [row["attachment"] for row in rule(PREREQUISITES).content["proofs"]]
        return [*proofs, "质量鉴定报告", "竣工验收申请", "竣工验收鉴定书", "照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        days = ("trial_from", "audited_on", "documents_on", "archives_on", "environment_on", "summaries_on")
        not_ahead(self, errors, *days, "decided_on")
        if self.project_id and self._state.adding:
            done = Completion._base_manager.filter(project_id=self.project_id, status="decided")
            if done.exclude(grade=Grade.FAILED).exists():
                errors["project"] = "该项目已通过竣工验收。"
        if errors:
            raise ValidationError(errors)

    def after_write(self, changes: dict, actor) -> None:
        if "status" in changes and self.status == "decided":
            from ..acceptance import milestones

            milestones.completed(self, actor)
