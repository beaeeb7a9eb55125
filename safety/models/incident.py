"""Incidents (事故险情): what happened, every report of it as it was made, what is to follow from it.

A report, once made, is never changed: what turns out otherwise is said by another report. What the incident shows
(casualties, loss, grade) is what its last report that counts says.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F
from django.utils import timezone

from projects.models import AtObject, Numbered
from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.models import AUTHORITY_ROLES, Organization, Role
from supervision.people.records import Record
from supervision.people.scope import Scoped
from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet

from ..incidents import clocks, grading
from ..rules import rule

REPORTING, INCIDENT_HANDLING, NEAR_MISSES = "incident-reporting", "incident-handling", "near-misses"
VOID = "void"
FOUR = ("cause_clear", "liable_dealt", "measures_done", "people_taught")
THREE = ("company_checked", "regulator_checked", "government_checked")
# What an incident keeps as it was first said.
AS_FIRST_SAID = frozenset({"happened_at", "known_at", "called_at", "place", "accident", "project", "section"})
FIGURES = ("deaths", "missing", "serious_injuries", "minor_injuries", "direct_loss")


class IncidentGrade(models.TextChoices):
    EXTRAORDINARY = "extraordinary", "特别重大事故"
    MAJOR = "major", "重大事故"
    LARGER = "larger", "较大事故"
    GENERAL = "general", "一般事故"


GRADE_COLORS = {"extraordinary": "red", "major": "red", "larger": "orange", "general": "yellow"}


class AccidentKind(models.TextChoices):
    """The twenty kinds of GB 6441, and road traffic, whose casualties are followed for a shorter time."""

    STRUCK = "struck", "物体打击"
    VEHICLE = "vehicle", "车辆伤害"
    MACHINERY = "machinery", "机械伤害"
    LIFTING = "lifting", "起重伤害"
    SHOCK = "shock", "触电"
    DROWNING = "drowning", "淹溺"
    SCALD = "scald", "灼烫"
    FIRE = "fire", "火灾"
    FALL = "fall", "高处坠落"
    COLLAPSE = "collapse", "坍塌"
    ROOF = "roof", "冒顶片帮"
    WATER = "water", "透水"
    BLASTING = "blasting", "放炮"
    POWDER = "powder", "火药爆炸"
    GAS = "gas", "瓦斯爆炸"
    BOILER = "boiler", "锅炉爆炸"
    VESSEL = "vessel", "容器爆炸"
    EXPLOSION = "explosion", "其他爆炸"
    POISONING = "poisoning", "中毒和窒息"
    TRAFFIC = "traffic", "道路交通"
    OTHER = "other", "其他伤害"


class Level(models.TextChoices):
    UNIT = clocks.UNIT, "事故单位"
    COUNTY = clocks.COUNTY, "县区主管部门"
    CITY = clocks.CITY, "市级主管部门"
    PROVINCE = clocks.PROVINCE, "省级主管部门"
    MINISTRY = clocks.MINISTRY, "部级主管部门"


def persons(label: str, **options) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, **options)


def yuan(label: str, **options) -> models.DecimalField:
    return models.DecimalField(
        label, max_digits=15, decimal_places=2, validators=[MinValueValidator(Decimal(0))], **options
    )


def text(label: str, **options) -> models.TextField:
    return models.TextField(label, max_length=3000, **options)


def ruled(code: str, day: date) -> RuleSet:
    """The rule of the day an incident happened; ValidationError for a day before there was one."""
    try:
        return rule(code, day)
    except RuleSet.DoesNotExist as error:
        raise ValidationError({"happened_at": "发生时间早于有关规定施行之日，请核对。"}) from error


def check_times(record, errors: dict) -> None:
    """Note in `errors` what no incident can have been: known before it happened, told before it was known."""
    now = timezone.now()
    # A clock that is some minutes off keeps nobody from reporting.
    latest = now + timedelta(minutes=rule(REPORTING).content["doubt_minutes"])
    for name in ("happened_at", "known_at", "called_at"):
        moment, label = getattr(record, name), record._meta.get_field(name).verbose_name
        if moment and moment > latest:
            errors[name] = f"{label}不能晚于现在（{timezone.localtime(now):%Y-%m-%d %H:%M}）。"
    if record.happened_at and record.known_at and record.known_at < record.happened_at:
        errors.setdefault("known_at", "单位获知时间早于发生时间。")
    if record.called_at and record.known_at and record.called_at < record.known_at:
        errors.setdefault("called_at", "电话或微信报告时间早于单位获知时间。")


class Incident(Numbered, AtObject, FlowRecord):
    """One incident. Filing it is its first report; afterwards only reports change what it shows."""

    number_prefix = "SG"
    tells = AUTHORITY_ROLES | {Role.BUREAU_LEADER}

    place = models.CharField("发生地点", max_length=200, help_text="桩号、构造物或场所")
    accident = models.CharField("事故类型", max_length=12, choices=AccidentKind.choices)
    happened_at = models.DateTimeField("发生时间")
    known_at = models.DateTimeField(
        "单位获知时间", help_text="单位负责人接到现场报告的时间，30分钟、1小时由此起算"
    )
    called_at = models.DateTimeField(
        "电话或微信报告时间",
        null=True,
        blank=True,
        help_text="填报前已用电话或微信报告主管部门的，填报告的时间",
    )
    called_to = models.CharField("接报单位和人员", max_length=120, blank=True)
    # ---- as the last report that counts says
    deaths = persons("死亡（人）", default=0)
    missing = persons("下落不明（人）", default=0)
    serious_injuries = persons("重伤（人）", default=0, help_text="含急性中毒")
    minor_injuries = persons("轻伤（人）", default=0)
    direct_loss = yuan("直接经济损失（元）", default=Decimal(0), help_text="初步估计")
    summary = text("简要经过和已采取的措施")
    happened_on = models.DateField("发生日期", null=True, editable=False)
    grade = models.CharField("等级", max_length=16, choices=IncidentGrade.choices, blank=True, editable=False)
    grade_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="定级标准"
    )
    in_statistics = models.BooleanField("计入事故统计", default=False, editable=False)
    unit = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="incidents",
        verbose_name="事故单位",
    )
    # ---- investigation and what follows
    investigator = models.CharField("调查组织单位", max_length=120, blank=True)
    investigation_until = models.DateField("调查期限", null=True, blank=True)
    liability = models.CharField(
        "性质认定",
        max_length=16,
        choices=[("liable", "责任事故"), ("not_liable", "非责任事故")],
        blank=True,
    )
    direct_cause = text("调查认定的原因", blank=True)
    replied_on = models.DateField("批复日期", null=True, blank=True)
    cause_clear = text("事故原因查清情况", blank=True)
    liable_dealt = text("责任人员处理情况", blank=True)
    measures_done = text("整改措施落实情况", blank=True)
    people_taught = text("有关人员受教育情况", blank=True)
    company_checked = text("企业主体责任检查情况", blank=True)
    regulator_checked = text("部门监管责任检查情况", blank=True)
    government_checked = text("党委政府领导责任检查情况", blank=True)
    closed_on = models.DateField("结案日期", null=True, blank=True, editable=False)
    evaluate_by = models.DateField("整改评估期限", null=True, blank=True, editable=False)
    evaluation_asked_on = models.DateField("提请评估日期", null=True, blank=True, editable=False)
    evaluation = text("整改落实评估结论", blank=True)
    evaluated_on = models.DateField("评估日期", null=True, blank=True, editable=False)
    annulled_on = models.DateField("撤销日期", null=True, blank=True, editable=False)
    hazard_trigger = models.ForeignKey(
        "safety.HazardTrigger",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="incidents",
        verbose_name="风险重新评估",
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "事故"
        indexes = [
            models.Index(fields=["in_statistics", "happened_on"], name="safety_incident_counted"),
            models.Index(fields=["unit", "happened_on"], name="safety_incident_of_unit"),
            models.Index(fields=["status", "evaluate_by"], name="safety_incident_evaluate"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.get_accident_display()}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["现场照片", "书面报告", "调查报告", "批复文件", "处理决定", "评估报告"]

    @property
    def loss_text(self) -> str:
        return f"{self.direct_loss:,.2f}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        if self._state.adding:
            check_times(self, errors)
        if self.replied_on and self.replied_on > timezone.localdate():
            errors["replied_on"] = "批复日期不能晚于今天。"
        if self.replied_on and self.happened_on and self.replied_on < self.happened_on:
            errors["replied_on"] = f"批复日期早于发生日期（{self.happened_on}）。"
        if errors:
            raise ValidationError(errors)

    # ----------------------------------------------------------------------------------------------- writing

    def before_create(self, actor) -> None:
        if self.happened_at:
            self.happened_on = timezone.localdate(self.happened_at)
            self.settle({name: getattr(self, name) for name in FIGURES})
        if self.project_id and self.unit_id is None:
            self.unit = self.unit_now()

    def before_update(self, before: dict) -> None:
        if said := AS_FIRST_SAID & set(before):
            labels = "、".join(str(self._meta.get_field(name).verbose_name) for name in sorted(said))
            raise ValidationError(f"{labels}以首报为准，不能修改；有变化的请另作续报、补报或更正。")

    def settle(self, figures: dict) -> None:
        """Take over the figures of a report, and what follows from them by the rules of the day it happened."""
        for name, value in figures.items():
            setattr(self, name, value)
        self.grade_rule = ruled(grading.GRADES, self.happened_on)
        found = grading.level_for(
            self.grade_rule.content, self.deaths, self.serious_injuries, self.direct_loss
        )
        self.grade = found["code"] if found else ""
        self.in_statistics = bool(found) and self.status != VOID

    @property
    def reach(self) -> str:
        """Up to which level an incident of this grade is reported."""
        level = grading.level_named(self.grade_rule.content, self.grade) if self.grade_rule else None
        return level["report_up_to"] if level else clocks.CITY

    def after_write(self, changes: dict, actor) -> None:
        if "happened_at" not in changes:  # changes only when the incident is filed
            return
        records.create(
            IncidentReport(
                incident=self,
                kind=ReportKind.FIRST,
                happened_at=self.happened_at,
                known_at=self.known_at,
                called_at=self.called_at,
                called_to=self.called_to,
                content=self.summary,
                is_demo=self.is_demo,
                **{name: getattr(self, name) for name in FIGURES},
            ),
            actor,
            label="首报",
        )
        self.refresh_from_db(fields=["version", "hazard_trigger", "due_on"])


class ReportKind(models.TextChoices):
    FOLLOW = "follow", "续报"
    SUPPLEMENT = "supplement", "补报"
    CORRECTION = "correction", "更正"
    VERDICT = "verdict", "调查核定"
    FIRST = "first", "首报"


class IncidentReport(Record):
    """One report of an incident, chained to the one before it. Nothing of it is ever changed."""

    scope_through = "incident"
    text_joins = ("incident__project", "incident__section__project")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="reports", verbose_name="事故")
    kind = models.CharField("报告类别", max_length=12, choices=ReportKind.choices)
    seq = models.PositiveSmallIntegerField("第几次", default=0, editable=False)
    previous = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="following",
        verbose_name="上一次报告",
    )
    by_level = models.CharField("报告方", max_length=10, choices=Level.choices, editable=False)
    by_unit = models.CharField("报告单位", max_length=120, blank=True, editable=False)
    to_level = models.CharField(
        "报至",
        max_length=10,
        choices=[choice for choice in Level.choices if choice[0] != clocks.UNIT],
        blank=True,
        help_text="不填为项目的监管部门；主管部门报至本级的，是代录单位的电话报告",
    )
    way = models.CharField(
        "报告方式",
        max_length=10,
        choices=[("written", "书面"), ("call", "电话代录")],
        default="written",
        editable=False,
    )
    filed_at = models.DateTimeField("书面报告时间", null=True, editable=False)
    called_at = models.DateTimeField("电话或微信报告时间", null=True, blank=True)
    called_to = models.CharField("接报单位和人员", max_length=120, blank=True)
    happened_at = models.DateTimeField("发生时间", null=True, blank=True, help_text="与以前所报不同的才填")
    known_at = models.DateTimeField("单位获知时间", null=True, blank=True, help_text="与以前所报不同的才填")
    changed_on = models.DateField(
        "伤亡变化日期", null=True, blank=True, help_text="伤亡人数变化的日期，不填为报告当日"
    )
    deaths = persons("死亡（人）", null=True, blank=True, help_text="累计数；没有变化的不填")
    missing = persons("下落不明（人）", null=True, blank=True)
    serious_injuries = persons("重伤（人）", null=True, blank=True)
    minor_injuries = persons("轻伤（人）", null=True, blank=True)
    direct_loss = yuan("直接经济损失（元）", null=True, blank=True)
    content = text("报告内容")
    grade = models.CharField(
        "按此定级", max_length=16, choices=IncidentGrade.choices, blank=True, editable=False
    )
    counts = models.BooleanField("计入定级", default=True, editable=False)
    clock_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="时限依据"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["incident_id", "seq"]
        verbose_name = "事故报告"
        constraints = [
            models.UniqueConstraint(fields=["incident", "seq"], name="safety_incident_report_seq"),
        ]
        indexes = [models.Index(fields=["incident", "counts", "filed_at"], name="safety_incident_as_of")]

    def __str__(self) -> str:
        return f"{self.incident.number or ''} 第{self.seq}次 {self.get_kind_display()}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["书面报告", "现场照片", "通话或微信记录"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        today = timezone.localdate()
        check_times(self, errors)
        if not self._state.adding or self.incident_id is None:
            return
        first = self.kind == ReportKind.FIRST
        if first and self.incident.reports.exists():
            errors["kind"] = "首报随事故登记产生，以后请选续报、补报或更正。"
        if self.incident.status == VOID:
            errors["incident"] = "该事故登记已撤销。"
        if self.changed_on and self.changed_on > today:
            errors["changed_on"] = "伤亡变化日期不能晚于今天。"
        elif self.changed_on and self.incident.happened_on and self.changed_on < self.incident.happened_on:
            errors["changed_on"] = f"伤亡变化日期早于事故发生日期（{self.incident.happened_on}）。"
        if errors:
            raise ValidationError(errors)

    # ----------------------------------------------------------------------------------------------- writing

    def before_create(self, actor) -> None:
        if self.incident_id is None:
            return
        if self.kind != ReportKind.FIRST:
            # Holds the incident until this report is written, so that two at once stand one behind the other.
            Incident._base_manager.filter(pk=self.incident_id).update(version=F("version") + 1)
            self.incident = Incident._base_manager.select_related("project").get(pk=self.incident_id)
        former = self.incident.reports.order_by("-seq").first()
        self.previous, self.seq = former, former.seq + 1 if former else 1
        # The order of the chain stands even if the clock was set back in between.
        self.filed_at = max(timezone.now(), former.filed_at) if former else timezone.now()
        self.clock_rule = rule(REPORTING, self.incident.happened_on)
        for name in FIGURES:
            if getattr(self, name) is None:
                setattr(self, name, getattr(former, name))
        own = level_of(actor.user)
        self.by_unit = actor.organization_name
        if self.kind == ReportKind.VERDICT and own == clocks.UNIT and actor.user:
            raise ValidationError({"kind": "调查核定由主管部门登记。"})
        self.to_level = self.to_level or own_or(own, self.incident.project.level)
        upward = clocks.rank(self.to_level) > clocks.rank(own)
        # An authority that takes down what the unit told it by phone has not got the unit's own paper.
        self.by_level, self.way = (own, "written") if upward else (clocks.UNIT, "call")
        content = self.clock_rule.content
        short = self.incident.accident in content["short_types"]
        days = content["short_supplement_days" if short else "supplement_days"]
        changed = self.changed_on or timezone.localdate(self.filed_at)
        in_days = changed <= self.incident.happened_on + timedelta(days=days)
        self.counts = in_days or self.kind in (ReportKind.FIRST, ReportKind.VERDICT)
        found = grading.level_for(
            rule(grading.GRADES, self.incident.happened_on).content,
            self.deaths,
            self.serious_injuries,
            self.direct_loss,
        )
        self.grade = found["code"] if found else ""

    def before_update(self, before: dict) -> None:
        raise ValidationError("报告一经提交不能修改；有变化的请另作续报、补报或更正。")

    def after_write(self, changes: dict, actor) -> None:
        from ..incidents import following

        following.of_report(self, actor)

    @property
    def written(self) -> bool:
        return self.way == "written"

    def said(self, reach: str) -> clocks.Said:
        return clocks.Said(
            id=self.pk,
            filed_at=self.filed_at,
            by=self.by_level,
            to=self.to_level,
            written=self.written,
            called_at=self.called_at,
            known_at=self.known_at,
            reach=reach,
        )


def level_of(user) -> str:
    """At which level a person reports: a district's authority, the city's, or else the unit's."""
    roles = user.roles if user else frozenset()
    if Role.COUNTY_STAFF in roles:
        return clocks.COUNTY
    if Role.INSPECTOR in roles and user.organization and user.organization.district_id:
        return clocks.COUNTY
    if roles & (AUTHORITY_ROLES | {Role.INSPECTOR}):
        return clocks.CITY
    return clocks.UNIT


def own_or(own: str, project_level: str) -> str:
    """Whom a report goes to when nothing is said: an authority takes down for itself, a unit reports to the
    authority of its project."""
    if own != clocks.UNIT:
        return own
    return clocks.COUNTY if project_level == "county" else clocks.CITY


class IncidentClock(Scoped):
    """A duty to report as the incident's reports have it; what lists and figures are made of.

    Follows from the reports, which never change, and is written anew with each.
    """

    scope_through = "incident"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="clocks", verbose_name="事故")
    code = models.CharField("时限", max_length=10, choices=list(clocks.LABELS.items()))
    start = models.DateTimeField("起算时间")
    due = models.DateTimeField("应报时间")
    met = models.DateTimeField("实报时间", null=True)

    class Meta:
        verbose_name = "报告时限"
        constraints = [
            models.UniqueConstraint(fields=["incident", "code"], name="safety_incident_clock_once")
        ]
        indexes = [models.Index(fields=["met", "due"], name="safety_incident_clock_due")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.get_code_display()}"

    def reckoned(self) -> clocks.Clock:
        return clocks.Clock(self.code, self.start, self.due, self.met)


class FaultKind(models.TextChoices):
    LATE = "late", "迟报"
    OMITTED = "omitted", "漏报"
    FALSE = "false", "谎报"
    CONCEALED = "concealed", "瞒报"


class ReportingFault(FlowRecord):
    """A report that was late, missing, untrue or kept back; found by comparing times, or by an authority.

    What the times say stands; whether it is held against somebody an authority decides, with a reason.
    """

    scope_through = "incident"
    text_joins = ("incident__project", "incident__section__project")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="faults", verbose_name="事故")
    kind = models.CharField("情形", max_length=10, choices=FaultKind.choices)
    clock = models.CharField(
        "时限", max_length=10, choices=list(clocks.LABELS.items()), blank=True, editable=False
    )
    unit = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="reporting_faults",
        verbose_name="责任单位",
    )
    start = models.DateTimeField("起算时间", null=True, editable=False)
    due = models.DateTimeField("应报时间", null=True, editable=False)
    met = models.DateTimeField("实报时间", null=True, editable=False)
    late_minutes = models.PositiveIntegerField("超过（分钟）", null=True, editable=False)
    report = models.ForeignKey(
        IncidentReport,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="doubts",
        verbose_name="所据报告",
    )
    basis = text("依据")
    found_by_system = models.BooleanField("系统比对发现", default=False, editable=False)
    found_on = models.DateField("发现日期", default=timezone.localdate, editable=False)
    decided_on = models.DateField("认定日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "迟报漏报谎报瞒报"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind", "clock"],
                condition=models.Q(found_by_system=True, report__isnull=True),
                name="safety_reporting_fault_once",
            ),
            models.UniqueConstraint(
                fields=["report"],
                condition=models.Q(found_by_system=True),
                name="safety_reporting_doubt_once",
            ),
        ]
        indexes = [models.Index(fields=["unit", "kind", "found_on"], name="safety_fault_of_unit")]

    def __str__(self) -> str:
        return f"{self.incident.number or ''} {self.get_kind_display()} {self.get_clock_display()}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["核查材料", "单位说明"]

    def before_create(self, actor) -> None:
        if self.incident_id and self.unit_id is None and self.clock not in (clocks.COUNTY, clocks.CITY):
            self.unit = self.incident.unit

    def before_update(self, before: dict) -> None:
        if set(before) - {"status", "returned", "due_on", "decided_on"}:
            raise ValidationError("发现的情形不能修改；不成立的，认定为不成立并写明理由。")


class MeasureKind(models.TextChoices):
    RECTIFY = "rectify", "整改措施"
    DISCIPLINE = "discipline", "责任追究"
    TEACH = "teach", "警示教育"


class IncidentMeasure(FlowRecord):
    """One thing that has to be done after an incident: by which unit, until when; followed to its end."""

    scope_through = "incident"
    text_joins = ("incident__project", "incident__section__project")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="measures", verbose_name="事故")
    kind = models.CharField("类别", max_length=12, choices=MeasureKind.choices, default=MeasureKind.RECTIFY)
    content = text("措施内容")
    unit = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="责任单位",
        help_text="不填为事故单位",
    )
    person = models.CharField("责任人", max_length=40, blank=True)
    due_by = models.DateField("完成期限")
    done = text("完成情况", blank=True)
    done_on = models.DateField("完成日期", null=True, blank=True)
    accepted_on = models.DateField("验收日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["due_by", "pk"]
        verbose_name = "事故整改措施"
        indexes = [models.Index(fields=["incident", "status"], name="safety_measure_open")]

    def __str__(self) -> str:
        return f"{self.incident.number or ''} {self.content[:40]}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["完成证明", "处理决定", "教育记录"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.done_on and self.done_on > timezone.localdate():
            errors["done_on"] = "完成日期不能晚于今天。"
        if self._state.adding and self.incident_id:
            happened = self.incident.happened_on
            if happened and self.due_by and self.due_by < happened:
                errors["due_by"] = f"完成期限早于事故发生日期（{happened}）。"
            if self.incident.status in ("closed", "evaluated", VOID):
                errors["incident"] = f"事故“{self.incident.status_label}”，不再增加措施。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        if self.incident_id and self.unit_id is None:
            self.unit = self.incident.unit
        self.due_on = self.due_by


class NearMiss(Numbered, AtObject, FlowRecord):
    """An incident that all but happened: three facts, with a name or without one."""

    number_prefix = "XQ"
    unrecorded_fields = Numbered.unrecorded_fields | {"token"}

    part = models.CharField("在哪里", max_length=120, help_text="桩号、构造物或场所")
    description = text("发生了什么", help_text="可写明是怎样避免的")
    happened_on = models.DateField("发生日期", default=timezone.localdate)
    anonymous = models.BooleanField("匿名", default=False, editable=False)
    # Of the form it came from, so that a phone which sends twice files once; says nothing of the person.
    token = models.CharField(max_length=40, unique=True, null=True, editable=False)
    accident = models.CharField("可能导致的事故类型", max_length=12, choices=AccidentKind.choices, blank=True)
    cause = text("原因分析", blank=True)
    lesson = text("防范措施", blank=True)
    analysed_on = models.DateField("分析日期", null=True, blank=True, editable=False)
    danger = models.ForeignKey(
        "safety.HiddenDanger",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="near_misses",
        verbose_name="隐患",
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "险情"
        indexes = [models.Index(fields=["section", "happened_on"], name="safety_near_miss_day")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.part}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["现场照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        if self.happened_on and self.happened_on > timezone.localdate():
            errors["happened_on"] = "发生日期不能晚于今天。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.due_on = add_workdays(timezone.localdate(), rule(NEAR_MISSES).content["analyse"])
