"""Contract sections (标段), the units that take part in them, and their key people."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.people.models import Organization, Role
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach
from supervision.rules.stakes import StakeField

from .project import WORKS, Project, money, registry_scope


class SectionKind(models.TextChoices):
    CONSTRUCTION = "construction", "施工"
    SUPERVISION = "supervision", "监理"
    DESIGN = "design", "设计"
    TESTING = "testing", "检测"


class Section(Record):
    natural = ("project.name", "code")
    text_joins = ("project",)

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="sections", limit_choices_to=WORKS, verbose_name="项目"
    )
    code = models.CharField("标段号", max_length=40)
    name = models.CharField("标段名称", max_length=120, blank=True)
    kind = models.CharField(
        "标段类别", max_length=20, choices=SectionKind.choices, default=SectionKind.CONSTRUCTION
    )
    contract_price = money("合同价（万元）")
    contract_on = models.DateField("合同签订日期", null=True, blank=True)
    start_on = models.DateField("开工日期", null=True, blank=True)
    end_planned_on = models.DateField("计划完工日期", null=True, blank=True)
    end_on = models.DateField("完工日期", null=True, blank=True)
    stakes = StakeField("桩号范围", max_length=200, blank=True)
    is_placeholder = models.BooleanField(
        "占位", default=False, help_text="方案只给出标段总数、未逐一列明的标段；核实后取消"
    )
    remark = models.TextField("备注", blank=True, max_length=2000)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["project_id", "code"]
        verbose_name = "标段"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "code"],
                name="projects_section_code",
                violation_error_message="该项目已有同号标段。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project.name} {self.code}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        condition = registry_scope(reach, through="project")
        if reach.everything:
            return condition
        return condition | Q(pk__in=Participation.in_force(reach).values("section_id"))

    def clean(self) -> None:
        errors = {}
        today = timezone.localdate()
        for name in ("contract_on", "start_on", "end_on"):
            value = getattr(self, name)
            if value and value > today:
                errors[name] = "不能晚于今天。"
        if self.start_on and self.end_on and self.end_on < self.start_on:
            errors["end_on"] = f"完工日期早于开工日期（{self.start_on}）。"
        if self.start_on and self.end_planned_on and self.end_planned_on < self.start_on:
            errors["end_planned_on"] = f"计划完工日期早于开工日期（{self.start_on}）。"
        if errors:
            raise ValidationError(errors)


class ParticipationRole(models.TextChoices):
    """In which capacity a unit takes part; the values are the role codes of its people."""

    CONTRACTOR = Role.CONTRACTOR.value, "施工"
    SUPERVISOR = Role.SUPERVISOR.value, "监理"
    DESIGNER = Role.DESIGNER.value, "设计"
    LABORATORY = Role.LABORATORY.value, "检测"


class Participation(Record):
    """A unit in a section, from when to when. Its people see the section while it lasts."""

    scope_through = "section"
    text_joins = ("section__project", "organization")

    section = models.ForeignKey(Section, models.PROTECT, related_name="participations", verbose_name="标段")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="participations", verbose_name="单位"
    )
    role = models.CharField("参建身份", max_length=20, choices=ParticipationRole.choices)
    since = models.DateField("进场日期", default=timezone.localdate)
    until = models.DateField("退场日期", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["section_id", "role", "since"]
        verbose_name = "参建单位"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "organization", "role", "since"],
                name="projects_participation_once",
                violation_error_message="该单位自同一天起已以此身份参建。",
            )
        ]
        indexes = [models.Index(fields=["organization", "role"], name="projects_participation_who")]

    def __str__(self) -> str:
        return f"{self.section} {self.get_role_display()} {self.organization}"

    @classmethod
    def in_force(cls, reach: Reach) -> models.QuerySet[Participation]:
        """Today's participations of the reach's project units, each in the capacity its person holds."""
        condition = NOTHING
        for role, path in reach.parties:
            if role != Role.OWNER:
                condition |= Q(role=role, organization__path__startswith=path)
        return cls.on(timezone.localdate()).filter(condition)

    @classmethod
    def on(cls, day: date) -> models.QuerySet[Participation]:
        """The participations of a day, whoever asks."""
        return cls._base_manager.filter(Q(until__isnull=True) | Q(until__gte=day), since__lte=day)

    def clean(self) -> None:
        if self.until and self.since and self.until < self.since:
            raise ValidationError({"until": "退场日期早于进场日期。"})


class KeyPerson(Record):
    """A post in a section and who held it when. A change ends the former row and adds one."""

    scope_through = "section"

    section = models.ForeignKey(Section, models.PROTECT, related_name="key_people", verbose_name="标段")
    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="所属单位")
    post = models.CharField("岗位", max_length=40)
    name = models.CharField("姓名", max_length=40)
    certificate = models.CharField("资格证书编号", max_length=60, blank=True)
    since = models.DateField("任职日期", default=timezone.localdate)
    until = models.DateField("离任日期", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["section_id", "post", "since"]
        verbose_name = "关键人员"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "post", "name", "since"],
                name="projects_key_person_once",
                violation_error_message="该人员自同一天起已任此岗位。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.name}"

    def clean(self) -> None:
        if self.until and self.since and self.until < self.since:
            raise ValidationError({"until": "离任日期早于任职日期。"})

    def before_create(self, actor) -> None:
        """A successor ends the predecessor's term the day before; the former row stays."""
        if not self.section_id or not self.since:
            return
        former = KeyPerson.objects.filter(
            section_id=self.section_id, post=self.post, until__isnull=True, since__lt=self.since
        )
        for person in former:
            records.update(
                person,
                {"until": self.since - timedelta(days=1)},
                actor,
                label="离任",
                reason=f"由{self.name}接任",
            )
