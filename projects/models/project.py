"""The project registry: one row per project of works, whatever names it goes by."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.people.models import District, Organization, Role, Sector
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach, Scoped, under
from supervision.rules.names import name_key, names_key
from supervision.rules.stakes import StakeField


class Level(models.TextChoices):
    CITY = "city", "市本级"
    COUNTY = "county", "县区"


class Nature(models.TextChoices):
    NEW = "new", "新建"
    REBUILD = "rebuild", "改建"
    EXTEND = "extend", "扩建"
    REBUILD_EXTEND = "rebuild_extend", "改扩建"
    MAINTAIN = "maintain", "养护"


class Category(models.TextChoices):
    EXPRESSWAY = "expressway", "高速公路"
    TRUNK = "trunk", "普通国省道"
    RURAL = "rural", "农村公路"
    URBAN = "urban", "城市快速路与连接线"
    BRIDGE = "bridge", "独立桥梁"
    FAIRWAY = "fairway", "航道"
    PORT = "port", "港口码头"
    LOCK = "lock", "船闸"
    HUB = "hub", "客货枢纽"
    MAINTENANCE = "maintenance", "养护工程"
    OTHER = "other", "其他"


MILESTONES = (
    ("approval", "立项"),
    ("design", "设计"),
    ("tender", "招标"),
    ("permit", "施工许可"),
    ("start", "开工"),
    ("handover", "交工"),
    ("completion", "竣工"),
)


def money(label: str, **options) -> models.DecimalField:
    """A column of ten thousand yuan (万元), exact to the yuan, never negative."""
    return models.DecimalField(
        label,
        max_digits=16,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        **options,
    )


class Project(Record):
    unrecorded_fields = Record.unrecorded_fields | {"search_key"}

    code = models.CharField("项目编号", max_length=40, blank=True)
    name = models.CharField("项目名称", max_length=120, unique=True)
    aliases = models.JSONField("别名", default=list, blank=True)
    mode = models.CharField("领域", max_length=20, choices=Sector.choices, blank=True)
    category = models.CharField("项目类别", max_length=20, choices=Category.choices, blank=True)
    nature = models.CharField("建设性质", max_length=20, choices=Nature.choices, blank=True)
    level = models.CharField("项目层级", max_length=10, choices=Level.choices, blank=True)
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, verbose_name="所属县区")
    placed_since = models.DateField(
        "层级县区变更生效日", null=True, blank=True, help_text="层级或县区变更自哪天起算；不填为当天"
    )
    owner = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="建设单位",
        related_name="owned_projects",
    )
    investment = money("总投资（万元）")
    construction_cost = money("建安费（万元）")
    route = models.CharField("路线编号", max_length=40, blank=True)
    stakes = StakeField("起讫桩号", max_length=200, blank=True)
    approval_planned_on = models.DateField("立项计划日期", null=True, blank=True)
    approval_on = models.DateField("立项日期", null=True, blank=True)
    design_planned_on = models.DateField("设计批复计划日期", null=True, blank=True)
    design_on = models.DateField("设计批复日期", null=True, blank=True)
    tender_planned_on = models.DateField("招标计划日期", null=True, blank=True)
    tender_on = models.DateField("招标日期", null=True, blank=True)
    permit_planned_on = models.DateField("施工许可计划日期", null=True, blank=True)
    permit_on = models.DateField("施工许可日期", null=True, blank=True)
    start_planned_on = models.DateField("计划开工日期", null=True, blank=True)
    start_on = models.DateField("开工日期", null=True, blank=True, db_index=True)
    handover_planned_on = models.DateField("计划交工日期", null=True, blank=True)
    handover_on = models.DateField("交工日期", null=True, blank=True)
    completion_planned_on = models.DateField("计划竣工日期", null=True, blank=True)
    completion_on = models.DateField("竣工日期", null=True, blank=True)
    provenance = models.CharField("入库依据", max_length=120, blank=True)
    remark = models.TextField("备注", blank=True, max_length=2000)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, verbose_name="已并入"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)
    search_key = models.TextField(editable=False, default="")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "项目"
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code=""),
                name="projects_project_code",
                violation_error_message="项目编号已被另一项目使用。",
            )
        ]
        indexes = [
            models.Index(fields=["district", "level"], name="projects_project_place"),
            models.Index(fields=["mode"], name="projects_project_mode"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return registry_scope(reach, through="")

    def clean(self) -> None:
        errors: dict[str, str] = {}
        today = timezone.localdate()
        previous: tuple[str, date] | None = None
        for key, label in MILESTONES:
            actual = getattr(self, f"{key}_on")
            if actual is None:
                continue
            if actual > today:
                errors[f"{key}_on"] = f"{label}日期不能晚于今天；尚未发生的请填计划日期。"
            elif previous and actual < previous[1]:
                errors[f"{key}_on"] = f"{label}日期早于{previous[0]}日期（{previous[1]}）。"
            previous = (label, actual)
        if None not in (self.investment, self.construction_cost) and self.construction_cost > self.investment:
            errors["construction_cost"] = "建安费不能大于总投资。"
        for name, field in [(self.name, "name"), *((alias, "aliases") for alias in self.aliases)]:
            key = name_key(name or "")
            twin = (
                Project.objects.filter(search_key__contains=f"|{key}|", merged_into__isnull=True)
                .exclude(pk=self.pk)
                .first()
                if key and not self.merged_into_id
                else None
            )
            if twin:
                errors[field] = f"“{name}”与项目“{twin.name}”的名称或别名相同。"
        if errors:
            raise ValidationError(errors)

    def save(self, *args, **kwargs):
        self.search_key = names_key(self.name, self.aliases)
        super().save(*args, **kwargs)

    def after_write(self, changes: dict, actor) -> None:
        if "district" in changes or "level" in changes:
            Placement.follow(self, changes)


class Placement(Scoped):
    """Under which district and level a project stood since when: derived from the project's own history, so
    that a rate can be computed as of a past date. `since` null means from the beginning."""

    scope_through = "project"

    project = models.ForeignKey(Project, models.CASCADE, related_name="placements")
    district = models.ForeignKey(District, models.PROTECT, null=True)
    level = models.CharField(max_length=10, choices=Level.choices, blank=True)
    since = models.DateField(null=True)
    until = models.DateField(null=True, help_text="first day on which it no longer held")

    class Meta:
        verbose_name = "项目归属"
        constraints = [models.UniqueConstraint(fields=["project", "since"], name="projects_placement_since")]
        indexes = [models.Index(fields=["project", "until"], name="projects_placement_open")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.level} {self.since}"

    @classmethod
    def follow(cls, project: Project, changes: dict) -> None:
        """Bring the placements in line with a change of the project's district or level.

        Filling in what was empty completes the present row; a real move ends it on the date the move takes
        effect (`placed_since` if given with the change, else today).
        """
        current = cls.objects.filter(project=project, until__isnull=True).first()
        values = {"district_id": project.district_id, "level": project.level}
        if current is None:
            cls.objects.create(project=project, since=None, **values)
            return
        moved = any(changes[name][0] not in (None, "") for name in ("district", "level") if name in changes)
        since = project.placed_since if "placed_since" in changes else None
        since = since or timezone.localdate()
        if not moved or (current.since and current.since >= since):
            cls.objects.filter(pk=current.pk).update(**values)
            return
        cls.objects.filter(pk=current.pk).update(until=since)
        cls.objects.create(project=project, since=since, **values)


def registry_scope(reach: Reach, through: str) -> Q:
    """The condition for rows whose project lies at lookup `through` ("" for projects themselves).

    Regulators reach by district or sector, owners by ownership; other units reach a project through the
    sections they take part in. Rows of single sections narrow this further (see Section.scope_q).
    """
    if reach.everything:
        return Q()
    at = f"{through}__" if through else ""
    condition = NOTHING
    if reach.districts:
        condition |= Q(**{f"{at}district__in": reach.districts})
    if reach.sectors:
        condition |= Q(**{f"{at}mode__in": reach.sectors})
    owned = under((path for role, path in reach.parties if role == Role.OWNER), f"{at}owner__path")
    condition |= owned
    if not through and any(role != Role.OWNER for role, _ in reach.parties):
        from .section import Participation

        sections = Participation.in_force(reach).values("section__project_id")
        condition |= Q(pk__in=sections)
    return condition
