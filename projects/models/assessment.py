"""Assessments: who is assessed when, the sheet with its four columns of marks, what it came to.

Marks are many and small: rows derived from the sheet, without a history of their own. Each saving of marks is
one Event on the sheet (`projects.assessments.marking`), whose `changes` carry column and item as keys that are
no field names, so that folding the sheet's chain leaves its fields alone.
"""

from __future__ import annotations

import math
import secrets
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.jobs.services import enqueue
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.people.scope import Reach, Scoped, under
from supervision.rules.draw import by_hash
from supervision.rules.models import HOUSE_RULE

from ..assessments import periods
from .candidacy import year_field
from .project import WORKS, Project, registry_scope
from .section import Participation, Section
from .standard import MarkColumn, Standard, StandardItem, StandardTable, StandardVersion, Subject, plain_code

COLUMNS = tuple(MarkColumn.values)


class Every(models.TextChoices):
    MONTH = periods.MONTH, "每月"
    QUARTER = periods.QUARTER, "每季度"
    HALF = periods.HALF, "每半年"
    YEAR = periods.YEAR, "每年"


class Course(models.TextChoices):
    """Whose columns a sheet asks for, one after another; a spot-check may follow any of them."""

    ALONE = "alone", "自评"
    RECHECK = "recheck", "自评—监理复核"
    FULL = "full", "自评—监理复核—建设单位考核"
    DIRECT = "direct", "自评—建设单位考核"


COLUMNS_OF: dict[str, tuple[str, ...]] = {
    Course.ALONE: (MarkColumn.SELF,),
    Course.RECHECK: (MarkColumn.SELF, MarkColumn.RECHECK),
    Course.FULL: (MarkColumn.SELF, MarkColumn.RECHECK, MarkColumn.OWNER),
    Course.DIRECT: (MarkColumn.SELF, MarkColumn.OWNER),
}


def workdays(label: str, default: int) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        label, default=default, validators=[MaxValueValidator(120)], help_text="期末后的工作日数"
    )


class AssessmentSchedule(Record):
    """How often whom is assessed under a standard, and by when. The bureau sets it."""

    scope_public = True
    text_joins = ("standard",)

    standard = models.ForeignKey(Standard, models.PROTECT, verbose_name="评价标准")
    subject = models.CharField("考核对象", max_length=12, choices=Subject.choices)
    every = models.CharField("周期", max_length=10, choices=Every.choices)
    rechecked = models.BooleanField("监理复核", default=False)
    owner_every = models.CharField(
        "建设单位考核", max_length=10, choices=Every.choices, blank=True, help_text="空白为不考核"
    )
    bureau_every = models.CharField(
        "主管部门考核", max_length=10, choices=Every.choices, blank=True, help_text="逐一考核；空白为只按抽查"
    )
    self_days = workdays("自评期限", 5)
    recheck_days = workdays("复核期限", 10)
    owner_days = workdays("考核期限", 20)
    bureau_days = workdays("抽查期限", 40)
    source = models.CharField(
        "依据", max_length=200, blank=True, help_text="没有正式依据的，显示“本系统设定”"
    )
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = "考核周期"
        constraints = [
            models.UniqueConstraint(
                fields=["standard", "subject", "every"],
                name="projects_schedule_once",
                violation_error_message="该标准对该对象已有同一周期的安排。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.standard} {self.get_subject_display()}{self.get_every_display()}"

    @property
    def source_label(self) -> str:
        return self.source or HOUSE_RULE

    def clean(self) -> None:
        errors = {}
        if self.subject == Subject.WORKS:
            errors["subject"] = "分部分项工程的核查按工程进行，不按周期生成。"
        if self.rechecked and self.subject != Subject.CONTRACTOR:
            errors["rechecked"] = "只有施工合同段的自评由监理复核。"
        if self.owner_every and self.subject == Subject.OWNER:
            errors["owner_every"] = "建设单位不考核自己。"
        for name in ("owner_every", "bureau_every"):
            every = getattr(self, name)
            if every and self.every and periods.MONTHS[every] < periods.MONTHS[self.every]:
                errors[name] = "不能比本周期更频繁。"
        days = [self.self_days, self.recheck_days, self.owner_days, self.bureau_days]
        if None not in days and days != sorted(days):
            errors["bureau_days"] = "各步期限应依次不早于前一步。"
        if errors:
            raise ValidationError(errors)

    def course_of(self, period: periods.Period) -> str:
        """Which columns a sheet of `period` asks for."""
        owner = bool(self.owner_every and period.ends(self.owner_every))
        if self.rechecked:
            return Course.FULL if owner else Course.RECHECK
        return Course.DIRECT if owner else Course.ALONE


def score_field(label: str) -> models.DecimalField:
    # Six decimals: a version may leave a stage unrounded.
    return models.DecimalField(label, max_digits=9, decimal_places=6, null=True, blank=True, editable=False)


def day_field(label: str, **options) -> models.DateField:
    return models.DateField(label, null=True, blank=True, editable=False, **options)


class Assessment(FlowRecord):
    """One unit assessed once: a sheet of items with up to four columns of marks under one version of a standard.

    section     the contract section; null for a whole project, an owner, a supervisor without a section of its own
    unit        the organisation judged, where no section says it
    course      whose columns are asked for
    period      its code, such as 2026-Q2
    features    kinds of works there are (bridge, tunnel, …): which tables and items apply; none named: all
    facts       figures that conditions of the version need (deaths, share of costs)
    drawn_on    since when a spot-check is asked for
    passed      what the deciding column came to: the bureau's, else the owner's, else open
    failures    how often the owner's or the bureau's assessment found it wanting
    veto_found_on   since when a ground of failure stands against a sheet settled as passed, until it is overturned
    stopped_on  since when the section stands still after the second failure, until `resumed_on`
    slot        what the sheet is for; of two that are not void, no two are alike
    """

    # A sheet goes by its number: who it is for, when, and by which standard is a sentence nobody types.
    natural = ("id",)
    text_joins = ("project", "section__project", "standard_version__standard", "unit")
    unrecorded_fields = FlowRecord.unrecorded_fields | {"slot"}

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="assessments", limit_choices_to=WORKS, verbose_name="项目"
    )
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="assessments", verbose_name="标段"
    )
    unit = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="被考核单位"
    )
    subject = models.CharField("考核对象", max_length=12, choices=Subject.choices)
    standard_version = models.ForeignKey(
        StandardVersion, models.PROTECT, related_name="assessments", verbose_name="标准版本"
    )
    course = models.CharField("考核方式", max_length=10, choices=Course.choices, default=Course.FULL)
    period = models.CharField(
        "期次", max_length=8, help_text="2026-05（月）、2026-Q2（季）、2026-H1（半年）或 2026（年）"
    )
    year = year_field("年度", editable=False, default=2000)
    period_from = day_field("期初")
    period_to = day_field("期末")
    evaluation_type = models.CharField("评价类型", max_length=30, blank=True, editable=False)
    features = models.JSONField("工程内容", default=list, blank=True, editable=False)
    facts = models.JSONField("另报事实", default=dict, blank=True, editable=False)
    self_due_on = day_field("自评期限")
    recheck_due_on = day_field("复核期限")
    owner_due_on = day_field("考核期限")
    bureau_due_on = day_field("抽查期限")
    self_score, self_on = score_field("自评得分"), day_field("自评日期")
    recheck_score, recheck_on = score_field("复核得分"), day_field("复核日期")
    owner_score, owner_on = score_field("考核得分"), day_field("考核日期")
    bureau_score, bureau_on = score_field("抽查得分"), day_field("抽查日期")
    drawn_on = day_field("抽中日期")
    passed = models.BooleanField("合格", null=True, editable=False)
    grade = models.CharField("等次", max_length=40, blank=True, editable=False)
    failures = models.PositiveSmallIntegerField("不合格次数", default=0, editable=False)
    veto_found_on = day_field("结论后查实否决情形日期")
    stopped_on = day_field("停工日期")
    stop_confirmed_on = day_field("停工核实日期")
    resumed_on = day_field("复工日期")
    remark = models.TextField("备注", blank=True, max_length=2000)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)
    slot = models.CharField(max_length=120, editable=False, default="")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "考核评价"
        constraints = [
            models.UniqueConstraint(
                fields=["slot"],
                condition=~Q(status="void") & ~Q(slot=""),
                name="projects_assessment_slot",
                violation_error_message="该对象本期已有同一标准的考核表。",
            )
        ]
        indexes = [
            models.Index(fields=["project", "year", "subject"], name="projects_assessment_project"),
            models.Index(fields=["section", "year"], name="projects_assessment_section"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_label} {self.period_label}{self.standard_version.standard.title}"

    @classmethod
    def find_by_text(cls, queryset, texts) -> dict[str, list[int]]:
        numbers = {text: int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19}
        there = set(queryset.filter(pk__in=numbers.values()).values_list("pk", flat=True))
        return {text: [number] for text, number in numbers.items() if number in there}

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        condition = registry_scope(reach, through="project")
        if reach.everything:
            return condition
        # A sheet without a section is its unit's own matter, not that of everybody on the project.
        whole = Q(section__isnull=True) & under((path for _, path in reach.parties), "unit__path")
        return condition | whole | Q(section__in=Participation.in_force(reach).values("section_id"))

    @property
    def unit_label(self) -> str:
        if self.section_id:
            return str(self.section)
        name = self.unit.name if self.unit_id else self.get_subject_display()
        return self.project.name if self.subject == Subject.PROJECT else f"{self.project.name} {name}"

    @property
    def short_unit(self) -> str:
        """The unit beside its project's name: a section's code, or an organisation."""
        if self.section_id:
            return self.section.code
        return self.unit.name if self.unit_id and self.subject != Subject.PROJECT else "全项目"

    @property
    def period_label(self) -> str:
        try:
            return periods.read(self.period).label
        except ValueError:
            return self.period

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns this sheet has or asks for: those of its course, the bureau's when a spot-check is asked for
        or was made, the owner's where a failed spot-check is assessed again."""
        asked = {column.value for column in COLUMNS_OF[self.course]}
        if self.drawn_on or self.bureau_on:
            asked.add(MarkColumn.BUREAU.value)
        if self.owner_on or self.status == MarkColumn.OWNER:
            asked.add(MarkColumn.OWNER.value)
        return tuple(column for column in COLUMNS if column in asked)

    @property
    def is_stopped(self) -> bool:
        return self.stopped_on is not None and self.resumed_on is None

    @property
    def has_late_veto(self) -> bool:
        return bool(self.passed) and self.veto_found_on is not None

    @property
    def deciding_score(self) -> Decimal | None:
        """The score of the latest column in rank: the bureau's, else the owner's, the recheck's, the unit's own."""
        scores = (getattr(self, f"{column}_score") for column in reversed(COLUMNS))
        return next((score for score in scores if score is not None), None)

    def attachment_kinds(self) -> list[str]:
        return ["整改报告", "考核记录", "签字版考核表"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        try:
            self._date()
        except ValueError as error:
            errors["period"] = str(error)
        if self.section_id and self.project_id and self.section.project_id != self.project_id:
            errors["section"] = "所选标段不属于该项目。"
        elif self.subject == Subject.CONTRACTOR and not self.section_id:
            errors["section"] = "施工合同段的考核须选择标段。"
        elif self.subject in (Subject.OWNER, Subject.PROJECT) and self.section_id:
            errors["section"] = "建设单位和工程项目的考核不填标段。"
        if self.subject == Subject.SUPERVISOR and not (self.section_id or self.unit_id):
            errors["unit"] = "请选择监理标段，或填写监理单位。"
        wanted = COLUMNS_OF.get(self.course, ())
        if MarkColumn.RECHECK in wanted and self.subject and self.subject != Subject.CONTRACTOR:
            errors["course"] = "只有施工合同段的自评由监理复核。"
        elif MarkColumn.OWNER in wanted and self.subject == Subject.OWNER:
            errors["course"] = "建设单位不考核自己。"
        if self._state.adding and self.standard_version_id and self.subject:
            if not self.standard_version.is_usable:
                errors["standard_version"] = "该版本没有启用，不能用于新的考核。"
            elif not StandardTable.objects.filter(
                standard_version_id=self.standard_version_id, subject=self.subject
            ).exists():
                errors["standard_version"] = f"该版本没有{self.get_subject_display()}的考核表。"
        if errors:
            raise ValidationError(errors)

    def _date(self) -> None:
        period = periods.read(self.period)
        self.period = period.code
        self.period_from, self.period_to, self.year = period.first, period.last, period.first.year

    def make_slot(self) -> str:
        standard = self.standard_version.standard_id
        return (
            f"{standard}:{self.subject}:{self.project_id}:{self.section_id or ''}:{self.unit_id or ''}"
            f":{self.period}"
        )

    def before_create(self, actor) -> None:
        if not (self.standard_version_id and self.project_id):
            return
        try:
            self._date()
        except ValueError:
            return
        if self.subject in (Subject.OWNER, Subject.PROJECT) and not self.unit_id:
            self.unit_id = self.project.owner_id
        self.slot = self.make_slot()
        if self.due_on is None:
            self.due_on = self.self_due_on

    def before_update(self, before: dict) -> None:
        if {"project", "section", "unit", "period"} & set(before):
            self.slot = self.make_slot()


class AssessmentMark(Scoped):
    """What one column gave one item. Written by `projects.assessments.marking` alone, with an Event on the sheet.

    version   counts the savings of this one mark; whoever saves says which one they saw
    """

    scope_through = "assessment"

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="marks", verbose_name="考核评价")
    item = models.ForeignKey(StandardItem, models.PROTECT, related_name="+", verbose_name="考核条目")
    column = models.CharField("栏", max_length=10, choices=MarkColumn.choices)
    deduction = models.DecimalField("扣分", max_digits=6, decimal_places=2, null=True, blank=True)
    not_applicable = models.BooleanField("不适用", default=False)
    conforms = models.BooleanField("符合", null=True)
    reason = models.CharField("理由", max_length=500, blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="评分人"
    )
    marked_name = models.CharField("评分人姓名", max_length=60, blank=True)
    marked_at = models.DateTimeField("评分时间")
    version = models.PositiveIntegerField("版本", default=1)

    class Meta:
        ordering = ["pk"]
        verbose_name = "评分"
        constraints = [
            models.UniqueConstraint(fields=["assessment", "item", "column"], name="projects_mark_once"),
            models.CheckConstraint(
                condition=Q(deduction=None) | Q(deduction__gte=0), name="projects_mark_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.item_id} {self.column}"


class AssessmentResult(Record):
    """What a submitted column came to. A later submission of the same column supersedes it and leaves it standing.

    score, verdict and vetoes stand side by side; `arithmetic` is the way to the score, table by table.
    """

    scope_through = "assessment"
    text_joins = (
        "assessment__project",
        "assessment__section__project",
        "assessment__unit",
        "assessment__standard_version__standard",
    )

    assessment = models.ForeignKey(
        Assessment, models.PROTECT, related_name="results", verbose_name="考核评价"
    )
    column = models.CharField("考核人", max_length=10, choices=MarkColumn.choices)
    attempt = models.PositiveSmallIntegerField("次数", default=1)
    decided_on = models.DateField("提交日期")
    superseded_on = models.DateField("被取代日期", null=True, blank=True)
    score = models.DecimalField("得分", max_digits=9, decimal_places=6, null=True, blank=True)
    grade = models.CharField("等次", max_length=40, blank=True)
    passed = models.BooleanField("合格", null=True)
    excellent = models.BooleanField("优秀", default=False)
    vetoes = models.JSONField("一票否决", default=list, blank=True)
    reasons = models.JSONField("说明", default=list, blank=True)
    arithmetic = models.JSONField("计算过程", default=dict, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "考核结果"
        constraints = [
            models.UniqueConstraint(fields=["assessment", "column", "attempt"], name="projects_result_once")
        ]
        indexes = [models.Index(fields=["column", "passed", "decided_on"], name="projects_result_passed")]

    def __str__(self) -> str:
        return f"{self.assessment} {self.get_column_display()}"


class AssessmentVeto(Record):
    """A ground on which the unit fails whatever its score, entered by hand; evidence goes with it as files."""

    scope_through = "assessment"
    text_joins = AssessmentResult.text_joins

    assessment = models.ForeignKey(
        Assessment,
        models.PROTECT,
        related_name="hand_vetoes",
        verbose_name="考核评价",
        help_text="考核表的编号；在考核表页面上登记的自动带出",
    )
    code = models.CharField(
        "否决情形", max_length=30, validators=[plain_code], help_text="该标准版本中的代码"
    )
    found_on = models.DateField("查实日期", default=timezone.localdate)
    evidence = models.CharField("事实与依据", max_length=500)
    withdrawn_on = models.DateField("撤销日期", null=True, blank=True)
    withdrawn_reason = models.CharField("撤销理由", max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "一票否决登记"
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "code"],
                condition=Q(withdrawn_on__isnull=True),
                name="projects_veto_once",
                violation_error_message="该情形已经登记。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.assessment} {self.name}"

    def after_write(self, changes: dict, actor) -> None:
        from ..assessments.late_vetoes import watch

        # Read anew: what this sheet knows of its grounds is older than this row.
        watch(Assessment.objects.select_related(*Assessment.text_joins).filter(pk=self.assessment_id), actor)

    @property
    def name(self) -> str:
        """The ground in words, as the version gives it."""
        known = {veto["code"]: veto["name"] for veto in self.assessment.standard_version.vetoes}
        return known.get(self.code, self.code)

    def attachment_kinds(self) -> list[str]:
        return ["证据"]

    def clean(self) -> None:
        errors = {}
        if self.found_on and self.found_on > timezone.localdate():
            errors["found_on"] = "查实日期不能晚于今天。"
        if self.withdrawn_on and self.found_on and self.withdrawn_on < self.found_on:
            errors["withdrawn_on"] = "撤销日期早于查实日期。"
        if self.withdrawn_on and not self.withdrawn_reason.strip():
            errors["withdrawn_reason"] = "撤销须写明理由。"
        if self.assessment_id and self._state.adding:
            sheet = self.assessment
            known = {
                veto["code"]: veto["name"]
                for veto in sheet.standard_version.vetoes
                if not veto.get("subjects") or sheet.subject in veto["subjects"]
            }
            if self.code and self.code not in known:
                words = "、".join(f"{code}（{name}）" for code, name in known.items()) or "无"
                errors["code"] = f"该标准对该对象没有这一情形；可选：{words}。"
        if errors:
            raise ValidationError(errors)


class SpotCheckDraw(Record):
    """Which sections the bureau checks in a year: drawn by lot, with the seed and the list that was drawn from.

    Anybody can draw again from `population` with `seed` and gets `chosen`.
    """

    scope_public = True
    text_joins = ("standard",)

    standard = models.ForeignKey(Standard, models.PROTECT, verbose_name="评价标准")
    year = year_field("年度")
    percent = models.DecimalField(
        "抽查比例（%）",
        max_digits=5,
        decimal_places=2,
        default=Decimal(10),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
        help_text="不少于标段总数的这一比例，且每个建设单位至少一个标段",
    )
    remark = models.CharField("说明", max_length=200, blank=True)
    seed = models.CharField("随机种子", max_length=40, editable=False, default="")
    drawn_at = models.DateTimeField("抽取时间", null=True, editable=False)
    population = models.JSONField("应抽标段", default=list, editable=False)
    chosen = models.JSONField("抽中标段", default=list, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "抽查抽取"

    def __str__(self) -> str:
        return f"{self.year}年{self.standard}抽查（{len(self.chosen)}/{len(self.population)}个标段）"

    @property
    def population_count(self) -> int:
        return len(self.population)

    @property
    def chosen_count(self) -> int:
        return len(self.chosen)

    def before_create(self, actor) -> None:
        if not (self.standard_id and self.year and self.percent):
            return
        from ..assessments.generating import sections_at_work

        rows = sections_at_work(self.year).values_list("pk", "project__owner_id")
        self.population = sorted([pk, owner or 0] for pk, owner in rows)
        self.seed = secrets.token_hex(16)
        self.drawn_at = timezone.now()
        self.chosen = draw(self.population, self.percent, self.seed)

    def after_write(self, changes: dict, actor) -> None:
        transaction.on_commit(lambda: enqueue("assessments", {}, key="draw"), robust=True)


def draw(population: list[list[int]], percent: Decimal, seed: str) -> list[int]:
    """Sections drawn from [section, owner] pairs: one of every owner, then more until `percent` of all is reached.

    The same arguments always give the same answer, in ascending order.
    """
    order = by_hash(population, seed, lambda pair: pair[0])
    wanted = math.ceil(len(order) * Decimal(percent) / 100)
    firsts = {owner: pk for pk, owner in reversed(order)}
    chosen = set(firsts.values())
    for pk, _ in order:
        if len(chosen) >= wanted:
            break
        chosen.add(pk)
    return sorted(chosen)
