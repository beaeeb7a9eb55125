"""Training and disclosure with attendance, and competitions and 警示教育."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Project, Section
from projects.models.project import WORKS
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach, scope_of

from .on_section import OfSection
from .works import DangerousWork

PLANNED, HELD, DROPPED = "planned", "held", "dropped"


class TrainingKind(models.TextChoices):
    ENTRY = "entry", "三级安全教育"
    DISCLOSURE = "disclosure", "安全技术交底"
    SHIFT = "shift", "班前会"
    SPECIAL = "special", "专项培训"
    WARNING = "warning", "警示教育"
    OTHER = "other", "其他"


class Training(OfSection, Record):
    """One training or disclosure, of a section or of an enterprise (route): how many were to come and how many
    came. Who they are stands on the signed sheet."""

    scope_through = None
    text_joins = ("section__project", "enterprise")

    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="标段"
    )
    enterprise = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=~WORKS,
        verbose_name="企业（路线）",
        help_text="“监管对象”中的企业、路线路段；标段的培训不填",
    )
    kind = models.CharField("类别", max_length=12, choices=TrainingKind.choices)
    work = models.ForeignKey(
        DangerousWork,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="trainings",
        verbose_name="所属危大工程",
        help_text="危大工程的安全技术交底须选择",
    )
    topic = models.CharField("主题", max_length=120)
    held_on = models.DateField("日期", default=timezone.localdate)
    hours = models.DecimalField(
        "学时",
        max_digits=4,
        decimal_places=1,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.1"))],
    )
    lecturer = models.CharField("主讲（交底）人", max_length=40)
    expected = models.PositiveIntegerField("应到人数", validators=[MinValueValidator(1)])
    attended = models.PositiveIntegerField("实到人数")
    made_up = models.PositiveIntegerField("补训人数", default=0)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "教育培训与交底"
        indexes = [models.Index(fields=["held_on"], name="safety_training_day")]

    def __str__(self) -> str:
        return f"{self.section or self.enterprise} {self.held_on} {self.topic}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """Who sees the section, or the enterprise, sees it."""
        sections, projects = scope_of(Section, reach), scope_of(Project, reach)
        if not projects:
            return Q()
        return Q(section__in=Section._base_manager.filter(sections).values("pk")) | Q(
            enterprise__in=Project._base_manager.filter(projects).exclude(WORKS).values("pk")
        )

    @property
    def project(self) -> Project:
        """What it is of: the section's works, or the enterprise."""
        return self.section.project if self.section_id else self.enterprise

    def attachment_kinds(self) -> list[str]:
        return ["签到表", "交底记录", "培训教材", "考核结果", "其他"]

    @property
    def rate(self) -> Decimal:
        """Of those who were to come, how many came or made it up, in per cent with one decimal."""
        share = Decimal(100) * (self.attended + self.made_up) / self.expected
        return share.quantize(Decimal("0.1"))

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_past(errors, "held_on")
        self.check_same_section(errors, "work")
        if bool(self.section_id) == bool(self.enterprise_id):
            errors["section"] = "标段与企业（路线），须填且只填一项。"
        elif self.enterprise_id and self.work_id:
            errors["work"] = "企业的培训不属于危大工程，请不填。"
        if None not in (self.expected, self.attended, self.made_up):
            if self.attended > self.expected:
                errors["attended"] = "实到人数多于应到人数。"
            elif self.attended + self.made_up > self.expected:
                errors["made_up"] = "实到与补训人数之和多于应到人数。"
        if errors:
            raise ValidationError(errors)


class ActivityKind(models.TextChoices):
    CONTEST = "contest", "安全知识竞赛"
    SKILLS = "skills", "技能比武"
    TRAINING = "training", "专项培训"
    WARNING = "warning", "警示教育"
    SERVICE = "service", "送专家、送技术、送服务"
    VISIT = "visit", "观摩交流"
    OTHER = "other", "其他"


class SafetyActivity(FlowRecord):
    """A competition, 警示教育 or the like, of one project or, held by an authority, for everybody."""

    text_joins = ("project",)

    title = models.CharField("活动名称", max_length=120)
    kind = models.CharField("类别", max_length=12, choices=ActivityKind.choices)
    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="项目",
        help_text="面向全行业的不填，由主管部门登记",
    )
    organizer = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="组织单位")
    planned_on = models.DateField("计划日期")
    held_on = models.DateField("举办日期", null=True, blank=True)
    participants = models.PositiveIntegerField("参加人数", null=True, blank=True)
    units = models.PositiveIntegerField("参加单位数", null=True, blank=True)
    content = models.TextField("内容与成效", max_length=3000, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "竞赛与警示教育"

    def __str__(self) -> str:
        return f"{self.title}（{self.get_kind_display()}）"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        if reach.everything:
            return Q()
        if reach.empty:
            return NOTHING
        mine = Project._base_manager.filter(scope_of(Project, reach))
        return Q(project__isnull=True) | Q(project__in=mine.values("pk"))

    def attachment_kinds(self) -> list[str]:
        return ["活动方案", "签到表", "总结", "其他"]

    def clean(self) -> None:
        if self.held_on and self.held_on > timezone.localdate():
            raise ValidationError({"held_on": "举办日期不能晚于今天。"})
