"""Schemes of titles and awards, who is eligible for them, and who stands for them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.people.scope import Reach

from .placed import project_or_section_scope
from .project import WORKS, Project
from .section import Section


class SchemeLevel(models.TextChoices):
    CITY = "city", "市级"
    PROVINCE = "province", "省级"
    MINISTRY = "ministry", "部级"
    NATION = "nation", "国家级"


class SchemeFamily(models.TextChoices):
    SAFE_SITE = "safe_site", "平安工地"
    SAFE_PROJECT = "safe_project", "平安工程"
    QUALITY = "quality", "品质工程"
    AWARD = "award", "优质工程奖"
    SCIENCE = "science", "科技奖"


class SchemeUnit(models.TextChoices):
    PROJECT = "project", "项目"
    SECTION = "section", "标段"


class Stage(models.TextChoices):
    LISTING = "listing", "挂牌"
    CREATION = "creation", "创建"
    REVIEW = "review", "核查评审"


month_day = RegexValidator(r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", "请写成月-日，如 03-01。")


def year_field(label: str = "年度", **options) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        label, validators=[MinValueValidator(2000), MaxValueValidator(2100)], **options
    )


class Scheme(Record):
    """A title or award: data, so that a bureau can add one."""

    scope_public = True
    few = True

    code = models.CharField("方案代码", max_length=20, unique=True)
    name = models.CharField("名称", max_length=60, unique=True)
    family = models.CharField("类别", max_length=20, choices=SchemeFamily.choices)
    level = models.CharField("级别", max_length=10, choices=SchemeLevel.choices)
    unit = models.CharField("申报对象", max_length=10, choices=SchemeUnit.choices)
    has_listing = models.BooleanField("设挂牌阶段", default=False)
    graded = models.BooleanField("命名分达标与优秀", default=False)
    needs_assessment = models.BooleanField(
        "命名须考核合格", default=False, help_text="当年有合格的建设单位考核或主管部门抽查结果，方可命名"
    )
    listing_materials = models.JSONField("申报材料", default=list, blank=True)
    review_materials = models.JSONField("核查材料", default=list, blank=True)
    window_from = models.CharField("申报窗口起", max_length=5, blank=True, validators=[month_day])
    window_to = models.CharField("申报窗口止", max_length=5, blank=True, validators=[month_day])
    source = models.CharField(
        "依据", max_length=120, blank=True, help_text="没有正式依据的，页面显示“本系统设定”"
    )
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = "申报方案"

    def __str__(self) -> str:
        return self.name

    @property
    def source_label(self) -> str:
        return self.source or "本系统设定"

    def clean(self) -> None:
        if bool(self.window_from) != bool(self.window_to):
            raise ValidationError({"window_to": "申报窗口须同时填起止日期。"})

    def window_open(self, day) -> bool:
        """Whether applications are taken on `day`; a scheme without a window always takes them."""
        if not self.window_from:
            return True
        today = f"{day:%m-%d}"
        if self.window_from <= self.window_to:
            return self.window_from <= today <= self.window_to
        return today >= self.window_from or today <= self.window_to


def check_unit(scheme: Scheme, project: Project, section: Section | None) -> None:
    """Raise ValidationError when project and section do not fit the scheme's unit."""
    if scheme.unit == SchemeUnit.SECTION and section is None:
        raise ValidationError({"section": f"“{scheme.name}”按标段申报，请选择标段。"})
    if scheme.unit == SchemeUnit.PROJECT and section is not None:
        raise ValidationError({"section": f"“{scheme.name}”按项目申报，不填标段。"})
    if section is not None and section.project_id != project.pk:
        raise ValidationError({"section": "所选标段不属于该项目。"})


class Eligibility(Record):
    """A decision that a project or section meets the conditions of a scheme's stage in a year, or does not.

    Decisions are never edited: a new one, with its own date and reason, supersedes the last. Those in
    force on a date are the denominators of that date.
    """

    text_joins = ("scheme", "project", "section__project")

    scheme = models.ForeignKey(Scheme, models.PROTECT, verbose_name="申报方案")
    stage = models.CharField("阶段", max_length=10, choices=Stage.choices)
    year = year_field()
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="eligibilities", limit_choices_to=WORKS, verbose_name="项目"
    )
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="eligibilities", verbose_name="标段"
    )
    eligible = models.BooleanField("符合条件")
    decided_on = models.DateField("认定日期", default=timezone.localdate)
    reason = models.TextField("认定理由", max_length=2000)
    superseded_on = models.DateField("失效日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "符合条件认定"
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "stage", "year", "project"],
                condition=Q(superseded_on__isnull=True, section__isnull=True),
                name="projects_eligibility_project",
            ),
            models.UniqueConstraint(
                fields=["scheme", "stage", "year", "section"],
                condition=Q(superseded_on__isnull=True, section__isnull=False),
                name="projects_eligibility_section",
            ),
        ]
        indexes = [models.Index(fields=["year", "scheme", "stage"], name="projects_eligibility_base")]

    def __str__(self) -> str:
        word = "符合" if self.eligible else "不符合"
        return f"{self.section or self.project} {self.year}年{self.scheme} {self.get_stage_display()}{word}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return project_or_section_scope(reach)

    def former(self) -> Eligibility | None:
        """The decision in force that this one replaces."""
        return (
            Eligibility.objects.filter(
                scheme_id=self.scheme_id,
                stage=self.stage,
                year=self.year,
                project_id=self.project_id,
                section_id=self.section_id,
                superseded_on__isnull=True,
            )
            .exclude(pk=self.pk)
            .first()
        )

    def clean(self) -> None:
        if self.decided_on and self.decided_on > timezone.localdate():
            raise ValidationError({"decided_on": "认定日期不能晚于今天。"})
        if self.scheme_id and self.project_id:
            check_unit(self.scheme, self.project, self.section)
            if self.stage == Stage.LISTING and not self.scheme.has_listing:
                raise ValidationError({"stage": f"“{self.scheme.name}”没有挂牌阶段。"})
        former = self.former() if self.superseded_on is None and self.decided_on else None
        if former and former.decided_on > self.decided_on:
            raise ValidationError({"decided_on": f"已有{former.decided_on}的认定，新认定不能早于它。"})

    def before_create(self, actor) -> None:
        if not (self.scheme_id and self.project_id and self.year and self.decided_on):
            return
        self.clean()
        if former := self.former():
            records.update(
                former,
                {"superseded_on": self.decided_on},
                actor,
                label="由新认定取代",
                reason=self.reason,
                clean=False,
            )


class Grade(models.TextChoices):
    PASSED = "passed", "达标"
    EXCELLENT = "excellent", "优秀"


class Candidacy(FlowRecord):
    """A project or section standing for a title. Its dates say, for any day, how far it had come.

    stage  where the journey begins: 挂牌 (listing), 创建 (creation, no listing), 核查评审 (review of works
           listed in an earlier year)
    year   the year it counts in for that stage; `review_year` the year its review counts in
    """

    text_joins = ("scheme", "project", "section__project")

    scheme = models.ForeignKey(Scheme, models.PROTECT, verbose_name="申报方案")
    year = year_field("申报年度")
    stage = models.CharField("申报阶段", max_length=10, choices=Stage.choices)
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="candidacies", limit_choices_to=WORKS, verbose_name="项目"
    )
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="candidacies", verbose_name="标段"
    )
    achievement = models.CharField("成果名称", max_length=120, blank=True, help_text="科技奖等填写成果名称")
    declared_on = models.DateField("申报日期", null=True, blank=True)
    listing_decided_on = models.DateField("挂牌审定日期", null=True, blank=True)
    listed = models.BooleanField("挂牌", null=True, editable=False)
    review_applied_on = models.DateField("申请核查日期", null=True, blank=True)
    review_year = year_field("核查年度", null=True, blank=True)
    publicity_from = models.DateField("公示开始", null=True, blank=True)
    publicity_until = models.DateField("公示结束", null=True, blank=True)
    objection_open = models.BooleanField("异议未处理", default=False, editable=False)
    decided_on = models.DateField("命名审定日期", null=True, blank=True)
    named = models.BooleanField("命名", null=True, editable=False)
    grade = models.CharField("等次", max_length=10, choices=Grade.choices, blank=True)
    withdrawn_on = models.DateField("撤回日期", null=True, blank=True)
    provenance = models.CharField("立项依据", max_length=120, blank=True)
    remark = models.TextField("备注", blank=True, max_length=2000)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "创建申报"
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "year", "stage", "project", "achievement"],
                condition=Q(section__isnull=True) & ~Q(status="withdrawn"),
                name="projects_candidacy_project",
                violation_error_message="该项目本年度已有同一方案、同一阶段的申报。",
            ),
            models.UniqueConstraint(
                fields=["scheme", "year", "stage", "section", "achievement"],
                condition=Q(section__isnull=False) & ~Q(status="withdrawn"),
                name="projects_candidacy_section",
                violation_error_message="该标段本年度已有同一方案、同一阶段的申报。",
            ),
        ]
        indexes = [
            models.Index(fields=["scheme", "year", "stage"], name="projects_candidacy_year"),
            models.Index(fields=["scheme", "review_year"], name="projects_candidacy_review"),
        ]

    def __str__(self) -> str:
        return f"{self.section or self.project} {self.year}年{self.scheme}{self.get_stage_display()}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return project_or_section_scope(reach)

    def materials(self) -> list[str]:
        """The papers that the scheme asks for at the present stage."""
        if self.stage == Stage.REVIEW or self.status in ("creating", "review_applied", "document_review"):
            return list(self.scheme.review_materials)
        return list(self.scheme.listing_materials)

    def attachment_kinds(self) -> list[str]:
        """What a file on this record can be."""
        return list(dict.fromkeys([*self.scheme.listing_materials, *self.scheme.review_materials]))

    def clean(self) -> None:
        if self.scheme_id and self.project_id:
            check_unit(self.scheme, self.project, self.section)
            if self.stage == Stage.LISTING and not self.scheme.has_listing:
                raise ValidationError({"stage": f"“{self.scheme.name}”没有挂牌阶段，请选“创建”。"})
            if self.stage == Stage.CREATION and self.scheme.has_listing:
                raise ValidationError({"stage": f"“{self.scheme.name}”设挂牌阶段，请选“挂牌”或“核查评审”。"})
        today, previous = timezone.localdate(), None
        for name in ("declared_on", "listing_decided_on", "review_applied_on", "decided_on"):
            day, label = getattr(self, name), self._meta.get_field(name).verbose_name
            if day is None:
                continue
            if day > today:
                raise ValidationError({name: f"{label}不能晚于今天。"})
            if previous and day < previous[1]:
                raise ValidationError({name: f"{label}早于{previous[0]}（{previous[1]}）。"})
            previous = (label, day)
        if self.withdrawn_on and self.withdrawn_on > today:
            raise ValidationError({"withdrawn_on": "撤回日期不能晚于今天。"})
        if self.withdrawn_on and previous and self.withdrawn_on < previous[1]:
            raise ValidationError({"withdrawn_on": f"撤回日期早于{previous[0]}（{previous[1]}）。"})
        if self.publicity_from and self.publicity_until and self.publicity_until < self.publicity_from:
            raise ValidationError({"publicity_until": "公示结束早于公示开始。"})
