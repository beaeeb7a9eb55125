"""Hazards (风险): what could go wrong where, how grave it is, and who keeps it under control."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import AtObject, Numbered, Section
from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.people.scope import Scoped
from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet
from supervision.rules.stakes import StakeField

from ..hazards import scoring
from ..rules import rule

HANDLING, REASSESSMENT = "hazard-handling", "hazard-reassessment"
IDENTIFIED, ASSESSED, CONTROLLED, REASSESSING, REMOVED = (
    "identified",
    "assessed",
    "controlled",
    "reassessing",
    "removed",
)
FIVE_LISTS = ("basic_list", "duty_list", "monitoring_list", "prevention_list", "emergency_list")


class RiskLevel(models.TextChoices):
    MAJOR = "major", "重大"
    LARGER = "larger", "较大"
    GENERAL = "general", "一般"
    MINOR = "minor", "较小"


LEVEL_COLORS = {"major": "red", "larger": "orange", "general": "yellow", "minor": "blue"}


class AccidentType(models.TextChoices):
    """The kinds of accident of GB 6441 that occur on works of roads and waterways."""

    COLLAPSE = "collapse", "坍塌"
    FALL = "fall", "高处坠落"
    LIFTING = "lifting", "起重伤害"
    STRUCK = "struck", "物体打击"
    VEHICLE = "vehicle", "车辆伤害"
    MACHINERY = "machinery", "机械伤害"
    SHOCK = "shock", "触电"
    DROWNING = "drowning", "淹溺"
    FIRE = "fire", "火灾"
    EXPLOSION = "explosion", "爆炸"
    WATER = "water", "透水"
    POISONING = "poisoning", "中毒和窒息"
    ROOF = "roof", "冒顶片帮"
    OTHER = "other", "其他伤害"


def score_field(label: str, **options) -> models.DecimalField:
    return models.DecimalField(
        label,
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        **options,
    )


class Hazard(Numbered, AtObject, FlowRecord):
    """One hazard. Its level follows from the scores by the rule set in force; nobody types it."""

    number_prefix = "FX"

    section = models.ForeignKey(
        Section,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="标段",
        help_text="项目层面和企业、路线的风险不填，由建设单位、企业、管养单位管控",
    )
    part = models.CharField("风险点", max_length=120, help_text="分部分项、构造物、场所或环节")
    stakes = StakeField("桩号", blank=True, help_text="如 K0+500-K1+200；场站、构造物可不填")
    event = models.CharField("风险事件", max_length=120, help_text="可能发生的事，如“支架坍塌”")
    accident = models.CharField("可能导致的事故类型", max_length=12, choices=AccidentType.choices)
    causes = models.TextField("致险因素", max_length=2000, help_text="人、物、环境、管理四方面")
    identified_on = models.DateField("辨识日期", default=timezone.localdate)
    # ---- assessment
    method = models.CharField(
        "评估方法", max_length=4, choices=scoring.METHODS, default=scoring.LC, help_text=scoring.HELP
    )
    likelihood = score_field("可能性 L")
    exposure = score_field("暴露频度 E", help_text="只有 LEC 法填写")
    consequence = score_field("后果 C")
    score = models.DecimalField("风险值 D", max_digits=9, decimal_places=2, null=True, editable=False)
    level = models.CharField("等级", max_length=8, choices=RiskLevel.choices, blank=True, editable=False)
    scoring_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="评估标准"
    )
    assessed_on = models.DateField("评估日期", null=True, blank=True, editable=False)
    # ---- control
    measures = models.TextField("管控措施", max_length=3000, blank=True)
    responsible_unit = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="hazards",
        verbose_name="责任单位",
    )
    responsible_person = models.CharField("责任人", max_length=40, blank=True)
    basic_list = models.TextField("基础信息清单", max_length=3000, blank=True)
    duty_list = models.TextField("防控责任清单", max_length=3000, blank=True)
    monitoring_list = models.TextField("监测监控清单", max_length=3000, blank=True)
    prevention_list = models.TextField("防范措施清单", max_length=3000, blank=True)
    emergency_list = models.TextField("应急处置清单", max_length=3000, blank=True)
    controlled_on = models.DateField("纳入管控日期", null=True, blank=True, editable=False)
    reassess_by = models.DateField("下次评估期限", null=True, blank=True, editable=False)
    trigger_on = models.DateField("触发重新评估日期", null=True, blank=True, editable=False)
    removed_on = models.DateField("销除日期", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "风险"
        indexes = [models.Index(fields=["status", "reassess_by"], name="safety_hazard_yearly")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.part}：{self.event}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["评估报告", "专家论证意见", "五清单", "公示照片", "监测记录", "销除依据"]

    @property
    def is_major(self) -> bool:
        return self.level == RiskLevel.MAJOR

    @property
    def arithmetic(self) -> str:
        """The score as it was reckoned, such as L×C＝6×10＝60."""
        return scoring.words(self)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        today = timezone.localdate()
        self.check_place(errors)
        for name in ("identified_on", "removed_on"):
            day = getattr(self, name)
            if day and day > today:
                errors[name] = f"{self._meta.get_field(name).verbose_name}不能晚于今天。"
        if self.removed_on and self.identified_on and self.removed_on < self.identified_on:
            errors["removed_on"] = f"销除日期早于辨识日期（{self.identified_on}）。"
        errors |= scoring.problems(self)
        if errors:
            raise ValidationError(errors)

    # ----------------------------------------------------------------------------------------------- writing

    def before_create(self, actor) -> None:
        if self.project_id and self.responsible_unit_id is None:
            self.responsible_unit = self.unit_now()
        if self.due_on is None:
            self.due_on = add_workdays(timezone.localdate(), rule(HANDLING).content["assess"])
        self.grade()

    def before_update(self, before: dict) -> None:
        if {"method", "likelihood", "exposure", "consequence"} & set(before):
            self.grade()

    def grade(self) -> None:
        """Score and level by the scores that stand there and the rules of today; empty while one is missing."""
        found = scoring.assess(self)
        self.score = found.score if found else None
        self.level = found.level if found else ""
        self.scoring_rule = found.rules if found else None

    def after_write(self, changes: dict, actor) -> None:
        if {"level", "status", "controlled_on", "removed_on"} & set(changes):
            HazardSpan.follow(self)


class HazardSpan(Scoped):
    """From when to when a hazard was under control at a level; what as-of figures are made of."""

    scope_through = "hazard"

    hazard = models.ForeignKey(Hazard, models.CASCADE, related_name="spans", verbose_name="风险")
    level = models.CharField("等级", max_length=8, choices=RiskLevel.choices)
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)

    class Meta:
        verbose_name = "风险等级区间"
        constraints = [
            models.UniqueConstraint(
                fields=["hazard"], condition=Q(until__isnull=True), name="safety_hazard_span_open"
            )
        ]
        indexes = [models.Index(fields=["level", "since"], name="safety_hazard_span_since")]

    def __str__(self) -> str:
        return f"{self.hazard_id} {self.level} {self.since}"

    @classmethod
    def follow(cls, hazard: Hazard) -> None:
        """Bring the spans in line: a hazard keeps its level while it is assessed anew, and ends it when removed."""
        open_one = cls.objects.filter(hazard=hazard, until__isnull=True).first()
        today = timezone.localdate()
        if hazard.status == REMOVED and open_one:
            cls.objects.filter(pk=open_one.pk).update(until=hazard.removed_on or today)
        if hazard.status != CONTROLLED or (open_one and open_one.level == hazard.level):
            return
        if open_one:
            cls.objects.filter(pk=open_one.pk).update(until=today)
        cls.objects.create(hazard=hazard, level=hazard.level, since=hazard.controlled_on or today)

    @classmethod
    def on(cls, day: date) -> models.QuerySet[HazardSpan]:
        """The spans that hold on `day`."""
        return cls.objects.filter(Q(until__isnull=True) | Q(until__gt=day), since__lte=day)


class TriggerKind(models.TextChoices):
    METHOD = "method", "工艺、设备、材料改变"
    ACCIDENT = "accident", "发生死亡或重伤事故"
    YEARLY = "yearly", "距上次评估满一年"
    RULES = "rules", "国家或省有新要求"
    OTHER = "other", "其他"


class HazardTrigger(AtObject, Record):
    """Why a hazard has to be assessed anew; of one hazard, or of all that are under control in its place.

    Written once, it marks the hazards it is about; each gets its step in the workbench.
    """

    text_joins = ("project", "section__project", "hazard__project", "hazard__section__project")

    hazard = models.ForeignKey(
        Hazard,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="triggers",
        verbose_name="风险",
        help_text="不填为该标段（未选标段时为整个项目）管控中的全部风险",
    )
    kind = models.CharField("触发情形", max_length=10, choices=TriggerKind.choices)
    happened_on = models.DateField("发生日期", default=timezone.localdate)
    deaths = models.PositiveSmallIntegerField("死亡（人）", null=True, blank=True)
    serious_injuries = models.PositiveSmallIntegerField("重伤（人）", null=True, blank=True)
    description = models.TextField("说明", max_length=2000)
    marked = models.PositiveIntegerField("涉及风险数", default=0, editable=False)
    trigger_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "重新评估触发"

    def __str__(self) -> str:
        return f"{self.hazard or self.section or self.project} {self.get_kind_display()} {self.happened_on}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        if self.happened_on and self.happened_on > timezone.localdate():
            errors["happened_on"] = "发生日期不能晚于今天。"
        if self.hazard_id and (self.hazard.project_id, self.hazard.section_id) != (
            self.project_id,
            self.section_id,
        ):
            errors["hazard"] = "所选风险不属于该项目、标段。"
        if self.kind == TriggerKind.ACCIDENT:
            least = rule(REASSESSMENT).content
            deaths, injuries = self.deaths or 0, self.serious_injuries or 0
            if self.hazard_id:
                errors["hazard"] = "发生事故后须全面重新评估，不选单项风险。"
            if deaths < least["deaths"] and injuries < least["serious_injuries"]:
                errors["deaths"] = (
                    f"死亡{least['deaths']}人以上或重伤{least['serious_injuries']}人以上的，方以此情形登记。"
                )
        elif self.kind == TriggerKind.YEARLY and self.hazard_id is None:
            errors["hazard"] = "满一年重新评估的，请选择风险。"
        if errors:
            raise ValidationError(errors)

    def concerned(self) -> models.QuerySet[Hazard]:
        """The hazards under control that this is about and that are not marked yet."""
        rows = Hazard.objects.filter(
            project_id=self.project_id, status=CONTROLLED, trigger_on__isnull=True
        ).order_by("pk")
        if self.hazard_id:
            rows = rows.filter(pk=self.hazard_id)
        return rows.filter(section_id=self.section_id) if self.section_id else rows

    def before_create(self, actor) -> None:
        self.trigger_rule = rule(REASSESSMENT)
        self.marked = self.concerned().count() if self.project_id else 0

    def after_write(self, changes: dict, actor) -> None:
        if "kind" not in changes or changes["kind"][0] is not None:
            return
        due = add_workdays(timezone.localdate(), self.trigger_rule.content["days"])
        for hazard in self.concerned():
            records.update(
                hazard,
                {"trigger_on": self.happened_on, "due_on": due},
                actor,
                label="触发重新评估",
                reason=f"{self.get_kind_display()}：{self.description}"[:1000],
                clean=False,
            )
