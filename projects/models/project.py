"""The registry of what is supervised: one row per project of works, whatever names it goes by; and, where there are
no works, per enterprise and per stretch of a route (see supervised.py)."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.people.models import OBJECT_SECTORS, WORKS_SECTORS, District, Organization, Role, Sector
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach, Scoped, ScopedQuerySet, under
from supervision.rules.names import name_key, names_key
from supervision.rules.stakes import StakeError, StakeField, on_route


class ObjectKind(models.TextChoices):
    """What a row of the registry is. Only works have sections, titles, assessments and figures of the plan."""

    WORKS = "works", "工程项目"
    ENTERPRISE = "enterprise", "企业"
    ROUTE = "route", "路线路段"


# The condition on a project, and on what hangs on one, that keeps to works. As `limit_choices_to` of a foreign key
# it narrows forms, pick lists, sheets and validation alike.
WORKS = Q(object_kind=ObjectKind.WORKS)
OF_WORKS = Q(project__object_kind=ObjectKind.WORKS)


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


class ProjectQuerySet(ScopedQuerySet):
    def works(self) -> ProjectQuerySet:
        """Projects of works: what every count of "all projects" starts from."""
        return self.filter(WORKS)


class Project(Record):
    unrecorded_fields = Record.unrecorded_fields | {"search_key"}

    object_kind = models.CharField(
        "对象类别", max_length=10, choices=ObjectKind.choices, default=ObjectKind.WORKS, editable=False
    )
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

    objects = ProjectQuerySet.as_manager()

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

    @property
    def is_works(self) -> bool:
        return self.object_kind == ObjectKind.WORKS

    @property
    def noun(self) -> str:
        """What papers and pages call it."""
        return {ObjectKind.ENTERPRISE: "企业", ObjectKind.ROUTE: "路线路段"}.get(self.object_kind, "项目")

    def check_stakes(self, record: models.Model, errors: dict) -> None:
        """What lies on a route lies on its stretch, and is written with the route's number."""
        stakes = getattr(record, "stakes", "")
        if self.object_kind != ObjectKind.ROUTE or not stakes or "stakes" in errors:
            return
        try:
            record.stakes = on_route(stakes, self.route, self.stakes)
        except StakeError as error:
            errors["stakes"] = str(error)

    @classmethod
    def choices_within(cls, limit: Q, field: models.Field) -> list[tuple[str, str]]:
        """The choices of a column that rows within `limit` can have: works lie in the modes of works."""
        if field.name == "mode" and limit == WORKS:
            return [pair for pair in field.flatchoices if pair[0] in WORKS_SECTORS]
        return list(field.flatchoices)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.is_works and self.mode in OBJECT_SECTORS:
            errors["mode"] = "工程项目的领域为公路、水运、铁路、客货枢纽或其他；企业、路线在“监管对象”登记。"
        if not self.is_works:
            self._check_object(errors)
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
                errors[field] = f"“{name}”与{twin.noun}“{twin.name}”的名称或别名相同。"
        if errors:
            raise ValidationError(errors)

    def _check_object(self, errors: dict) -> None:
        """An enterprise names its organisation, a route its number and stakes; neither has what works have."""
        if not self.mode:
            errors["mode"] = "请填写领域：各领域的数据分开统计。"
        if not self.owner_id:
            errors["owner"] = "请填写管养单位。" if self.object_kind == ObjectKind.ROUTE else "请填写企业。"
        if self.object_kind == ObjectKind.ROUTE:
            for name, label in (("route", "路线编号"), ("stakes", "起讫桩号")):
                if not getattr(self, name):
                    errors[name] = f"请填写{label}。"
        days = [f"{key}_{tail}" for key, _ in MILESTONES for tail in ("planned_on", "on")]
        for name in ("nature", "category", "investment", "construction_cost", *days):
            if getattr(self, name) not in (None, ""):
                label = self._meta.get_field(name).verbose_name
                errors[name] = f"{self.noun}不填写{label}。"

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
    condition |= under((path for role, path in reach.parties if role == Role.OWNER), f"{at}owner__path")
    own = [path for role, path in reach.parties if role == Role.ENTERPRISE]
    if own:
        # An enterprise reaches itself, and no works that it may have commissioned.
        objects = Q(**{f"{at}object_kind__in": (ObjectKind.ENTERPRISE, ObjectKind.ROUTE)})
        condition |= objects & under(own, f"{at}owner__path")
    if not through and any(role not in (Role.OWNER, Role.ENTERPRISE) for role, _ in reach.parties):
        from .section import Participation

        sections = Participation.in_force(reach).values("section__project_id")
        condition |= Q(pk__in=sections)
    return condition
