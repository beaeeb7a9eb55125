"""Emergency management (应急管理): plans, drills, materials, the duty roster, weather warnings and their checks."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import AtObject, Numbered, Placed
from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.records import Record

from ..rules import rule
from .inspection import OfficeScoped

PLANS, MATERIALS, WEATHER = "emergency-plans", "emergency-materials", "weather-checks"


def later_than_today(record, names: tuple[str, ...], errors: dict) -> None:
    """Note in `errors` each of these days that lies in the future."""
    today = timezone.localdate()
    for name in names:
        day = getattr(record, name)
        if day and day > today:
            errors[name] = f"{record._meta.get_field(name).verbose_name}不能晚于今天。"


def once_at(name: str, fields: tuple[str, ...], where: str, message: str) -> list[models.UniqueConstraint]:
    """Once for each place, and once where `where` is left empty, for to a database no two empty ones are alike."""
    options = {"violation_error_message": message}
    return [
        models.UniqueConstraint(fields=(*fields, where), name=name, **options),
        models.UniqueConstraint(
            fields=fields, name=f"{name}_whole", condition=Q(**{f"{where}__isnull": True}), **options
        ),
    ]


class PlanKind(models.TextChoices):
    COMPREHENSIVE = "comprehensive", "综合应急预案"
    SPECIAL = "special", "专项应急预案"
    ON_SITE = "on_site", "现场处置方案"


class EmergencyPlan(Numbered, AtObject, FlowRecord):
    """One version of an emergency plan. A newer version that is filed takes the place of the one before it."""

    number_prefix = "YA"

    kind = models.CharField("预案类别", max_length=16, choices=PlanKind.choices)
    title = models.CharField("预案名称", max_length=120)
    edition = models.PositiveSmallIntegerField("版本", default=1, editable=False)
    former = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="newer",
        verbose_name="修订自",
        help_text="修订已有预案的，选原预案；报备后原预案停用",
    )
    content = models.TextField("主要内容", max_length=5000, blank=True)
    reviewed_on = models.DateField("评审日期", null=True, blank=True)
    reviewers = models.CharField("评审人员", max_length=300, blank=True)
    filed_on = models.DateField("报备日期", null=True, blank=True)
    filed_with = models.CharField("报备部门", max_length=120, blank=True)
    filing_number = models.CharField("报备编号", max_length=60, blank=True)
    rechecked_on = models.DateField("最近复审日期", null=True, blank=True, editable=False)
    next_review_on = models.DateField("下次评审期限", null=True, blank=True, editable=False)
    replaced_on = models.DateField("停用日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "应急预案"
        indexes = [models.Index(fields=["status", "next_review_on"], name="safety_plan_review")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.title}（第{self.edition}版）".strip()

    def attachment_kinds(self) -> list[str]:
        return ["预案文本", "评审意见", "报备登记"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        later_than_today(self, ("reviewed_on", "filed_on"), errors)
        if self.reviewed_on and self.filed_on and self.filed_on < self.reviewed_on:
            errors["filed_on"] = f"报备日期早于评审日期（{self.reviewed_on}）。"
        if self.former_id:
            same = (self.former.project_id, self.former.section_id, self.former.kind)
            if same != (self.project_id, self.section_id, self.kind):
                errors["former"] = "原预案须为同一项目、标段的同类预案。"
            elif self.former_id == self.pk:
                errors["former"] = "不能修订自本预案。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.edition = self.former.edition + 1 if self.former_id else 1

    def before_update(self, before: dict) -> None:
        if "former" in before:
            self.edition = self.former.edition + 1 if self.former_id else 1

    def after_write(self, changes: dict, actor) -> None:
        if self.former_id and changes.get("filed_on", [None, None])[1]:
            former = EmergencyPlan.objects.get(pk=self.former_id)
            if former.replaced_on is None:
                values = {"replaced_on": timezone.localdate(), "due_on": None}
                reason = f"第{self.edition}版已报备"
                records.update(former, values, actor, label="停用", reason=reason, clean=False)


class DrillKind(models.TextChoices):
    COMPREHENSIVE = "comprehensive", "综合应急预案演练"
    SPECIAL = "special", "专项应急预案演练"
    ON_SITE = "on_site", "现场处置方案演练"
    TABLETOP = "tabletop", "桌面推演"
    EVACUATION = "evacuation", "应急疏散逃生演练"


class Drill(Numbered, AtObject, FlowRecord):
    """One drill, planned and held. What was held when is all that the required frequency asks."""

    number_prefix = "YL"

    kind = models.CharField("演练类别", max_length=16, choices=DrillKind.choices)
    plan = models.ForeignKey(
        EmergencyPlan, models.PROTECT, null=True, blank=True, related_name="drills", verbose_name="依据预案"
    )
    topic = models.CharField("演练内容", max_length=200)
    planned_on = models.DateField("计划日期", null=True, blank=True)
    held_on = models.DateField("演练日期", null=True, blank=True)
    headcount = models.PositiveIntegerField("参加人数", null=True, blank=True)
    assessment = models.TextField("演练评估", max_length=3000, blank=True)
    improvement = models.TextField("改进措施", max_length=3000, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "应急演练"
        indexes = [models.Index(fields=["section", "kind", "held_on"], name="safety_drill_held")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.topic}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["演练方案", "演练记录", "演练照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        later_than_today(self, ("held_on",), errors)
        if self.plan_id and self.plan.project_id != self.project_id:
            errors["plan"] = "所选预案不属于该项目。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.due_on = self.planned_on

    def before_update(self, before: dict) -> None:
        if "planned_on" in before and self.status == "planned":
            self.due_on = self.planned_on


class EmergencyMaterial(AtObject, Record):
    """One kind of emergency material at one place: how much there is, how much there has to be, until when it
    is good."""

    name = models.CharField("物资名称", max_length=80)
    spec = models.CharField("规格型号", max_length=80, blank=True)
    measure = models.CharField("计量单位", max_length=10)
    quantity = models.DecimalField("现有数量", max_digits=10, decimal_places=2)
    least = models.DecimalField("最低储备", max_digits=10, decimal_places=2, default=0)
    place = models.CharField("存放地点", max_length=120)
    keeper = models.CharField("管理人", max_length=40, blank=True)
    phone = models.CharField("联系电话", max_length=40, blank=True)
    expires_on = models.DateField("有效期至", null=True, blank=True)
    checked_on = models.DateField("检查日期", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "应急物资"
        constraints = [
            *once_at(
                "safety_material_once",
                ("project", "name", "spec", "place"),
                "section",
                "该处已登记同名同规格的物资。",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, least__gte=0),
                name="safety_material_amount",
                violation_error_message="数量不能为负数。",
            ),
        ]
        indexes = [models.Index(fields=["expires_on"], name="safety_material_expiry")]

    def __str__(self) -> str:
        return f"{self.section or self.project} {self.name}"

    def attachment_kinds(self) -> list[str]:
        return ["照片", "检测报告"]

    @property
    def standing(self) -> str:
        """expired, soon, short or fit, as of today; an expired one is worse than one of which there is little."""
        today = timezone.localdate()
        if self.expires_on and self.expires_on < today:
            return "expired"
        if self.quantity < self.least:
            return "short"
        # The list brings the figure along, so that no row asks for it.
        days = getattr(self, "soon_days", None) or rule(MATERIALS).content["soon_days"]
        return "soon" if self.expires_on and self.expires_on <= today + timedelta(days=days) else "fit"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        later_than_today(self, ("checked_on",), errors)
        for name in ("quantity", "least"):
            value = getattr(self, name)
            if value is not None and value < 0:
                errors[name] = "数量不能为负数。"
        if errors:
            raise ValidationError(errors)


class ShiftPeriod(models.TextChoices):
    WHOLE = "whole", "全天"
    DAY = "day", "白班"
    NIGHT = "night", "夜班"


class DutyShift(AtObject, Record):
    """Who is on duty at a place on a day, and the leader with them."""

    day = models.DateField("日期")
    period = models.CharField("班次", max_length=8, choices=ShiftPeriod.choices, default=ShiftPeriod.WHOLE)
    leader = models.CharField("带班领导", max_length=40)
    leader_phone = models.CharField("带班领导电话", max_length=40, blank=True)
    officers = models.CharField("值班人员", max_length=120)
    phone = models.CharField("值班电话", max_length=40)

    class Meta:
        ordering = ["-day", "-pk"]
        verbose_name = "值班安排"
        constraints = [
            *once_at("safety_shift_once", ("project", "day", "period"), "section", "该处当日此班次已有安排。")
        ]
        indexes = [models.Index(fields=["day", "section"], name="safety_shift_day")]

    def __str__(self) -> str:
        return f"{self.section or self.project} {self.day} {self.get_period_display()}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        if errors:
            raise ValidationError(errors)


class WeatherKind(models.TextChoices):
    WIND = "wind", "大风"
    RAIN = "rain", "暴雨"
    TYPHOON = "typhoon", "台风"
    THUNDER = "thunder", "雷电"
    FOG = "fog", "大雾"
    HEAT = "heat", "高温"
    COLD = "cold", "低温雨雪冰冻"


class WarningColor(models.TextChoices):
    BLUE = "blue", "蓝色"
    YELLOW = "yellow", "黄色"
    ORANGE = "orange", "橙色"
    RED = "red", "红色"


class WeatherWarning(Numbered, OfficeScoped, Record):
    """A warning of the weather service, entered or imported. Its checks go to exposed places at once."""

    number_prefix = "QX"

    kind = models.CharField("灾害种类", max_length=10, choices=WeatherKind.choices)
    color = models.CharField("预警等级", max_length=8, choices=WarningColor.choices)
    issued_at = models.DateTimeField("发布时间")
    ends_at = models.DateTimeField("预警结束时间", help_text="核查清单到此时截止")
    source = models.CharField("发布单位", max_length=120)
    content = models.TextField("预警内容", max_length=2000, blank=True)
    exposed = models.PositiveIntegerField("下发核查数", default=0, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "气象预警"
        constraints = [
            *once_at(
                "safety_weather_once", ("kind", "color", "issued_at", "mode"), "district", "该预警已登记。"
            )
        ]

    def __str__(self) -> str:
        issued = f"{timezone.localtime(self.issued_at):%Y-%m-%d %H:%M}" if self.issued_at else ""
        name = f"{self.get_kind_display()}{self.get_color_display()}预警"
        return f"{self.number or ''} {name} {issued}".strip()

    def clean(self) -> None:
        if self.issued_at and self.ends_at and self.ends_at <= self.issued_at:
            raise ValidationError({"ends_at": "预警结束时间须晚于发布时间。"})

    def before_create(self, actor) -> None:
        from ..emergency import exposure

        self.exposed = len(exposure.places(self))

    def after_write(self, changes: dict, actor) -> None:
        if "issued_at" in changes:  # changes only when the warning is filed
            from ..emergency import exposure

            exposure.send_checks(self, actor)


class WeatherCheck(Placed, FlowRecord):
    """What an exposed place is asked when a warning comes, and what it answers by the warning's end."""

    text_joins = ("project", "section__project", "warning")
    warning = models.ForeignKey(
        WeatherWarning, models.PROTECT, related_name="checks", verbose_name="气象预警"
    )
    because = models.CharField("下发原因", max_length=500)
    ends_at = models.DateTimeField("截止时间")
    answered_at = models.DateTimeField("填报时间", null=True, editable=False)
    lapsed_on = models.DateField("逾期未报日期", null=True, editable=False)
    failed = models.PositiveSmallIntegerField("不符合项", default=0, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "气象预警核查"
        constraints = [*once_at("safety_check_once", ("warning", "project"), "section", "该处已下发核查。")]
        indexes = [models.Index(fields=["status", "lapsed_on", "ends_at"], name="safety_check_end")]

    def __str__(self) -> str:
        return f"{self.section or self.project} {self.warning}"

    def attachment_kinds(self) -> list[str]:
        return ["现场照片"]


class WeatherAnswer(Record):
    """One item of the checklist as it was answered; what is not in order becomes a hidden danger."""

    scope_through = "check_of"

    check_of = models.ForeignKey(
        WeatherCheck, models.PROTECT, related_name="answers", verbose_name="气象预警核查"
    )
    text = models.CharField("核查内容", max_length=200)
    result = models.CharField(
        "结果", max_length=4, choices=[("yes", "符合"), ("no", "不符合"), ("na", "不适用")]
    )
    note = models.CharField("情况说明", max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = "核查项"
        constraints = [
            models.UniqueConstraint(fields=["check_of", "text"], name="safety_weather_answer_once")
        ]

    def __str__(self) -> str:
        return f"{self.text} {self.get_result_display()}"
