"""The owner's marks (履约考核) of a unit for a period, and the drawn spot-checks of them on site."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered, Participation, Section
from projects.models.project import registry_scope
from projects.models.section import ParticipationRole
from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization, Role
from supervision.people.records import Record
from supervision.people.scope import Reach, under
from supervision.rules.draw import by_hash
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from ..performance.comparing import compare, total_of
from .commissioned import not_ahead, raise_if

MARKS = "performance-marks"
EXAMPLE = (
    "逐项填写，如 质量管理=22；安全管理=23；进度管理=13；人员到岗=12；工资支付与分包=9；环保与文明施工=8"
)
DRAFT, SUBMITTED, OBJECTED, SETTLED = "draft", "submitted", "objected", "settled"
DRAWN, COMPARED, EXPLAINED, CLOSED = "drawn", "compared", "explained", "closed"


class MarkPeriod(models.TextChoices):
    MONTH = "month", "月度"
    QUARTER = "quarter", "季度"
    HALF = "half", "半年"
    YEAR = "year", "年度"


FIRST_MONTHS = {
    MarkPeriod.MONTH.value: range(1, 13),
    MarkPeriod.QUARTER.value: (1, 4, 7, 10),
    MarkPeriod.HALF.value: (1, 7),
    MarkPeriod.YEAR.value: (1,),
}
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def period_label(kind: str, day) -> str:
    if kind == MarkPeriod.MONTH:
        return f"{day.year}年{day.month}月"
    if kind == MarkPeriod.QUARTER:
        return f"{day.year}年第{(day.month + 2) // 3}季度"
    if kind == MarkPeriod.HALF:
        return f"{day.year}年{'上' if day.month < 7 else '下'}半年"
    return f"{day.year}年"


def check_period(kind: str, day, errors: dict) -> None:
    if day and kind in FIRST_MONTHS and (day.day != 1 or day.month not in FIRST_MONTHS[kind]):
        errors["starts_on"] = "起始日期应为该期间的第一天。"


class PerformanceMark(Numbered, FlowRecord):
    """What an owner gave a unit for a period, item by item. Seen by that unit, the owner and authorities."""

    number_prefix = "LY"
    text_joins = ("section__project", "unit")

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    subject = models.CharField("考核对象", max_length=12, choices=ParticipationRole.choices)
    unit = models.ForeignKey(
        Organization, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="被考核单位"
    )
    kind = models.CharField("考核周期", max_length=8, choices=MarkPeriod.choices, default=MarkPeriod.QUARTER)
    starts_on = models.DateField("期间起始日期", help_text="月、季、半年、年的第一天")
    marks = models.JSONField("评分", default=dict, help_text=EXAMPLE)
    total = models.DecimalField("总分", max_digits=6, decimal_places=2, default=0, editable=False)
    grounds = models.TextField("扣分事由", blank=True, max_length=3000)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="评分规则"
    )
    period_text = models.CharField("期间", max_length=20, default="", editable=False)
    submitted_on = models.DateField("报送日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name = "履约考核"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "subject", "unit", "kind", "starts_on"],
                name="integrity_mark_once",
                violation_error_message="该单位此期间的履约考核已有。",
            )
        ]
        indexes = [models.Index(fields=["kind", "starts_on"], name="integrity_mark_period")]

    def __str__(self) -> str:
        return f"{self.section} {self.unit or self.get_subject_display()} {self.period_text}履约考核"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        condition = registry_scope(reach, through="section__project")
        if reach.everything:
            return condition
        for role, path in reach.parties:
            if role != Role.OWNER:
                condition |= Q(subject=role) & under([path], "unit__path")
        return condition

    def attachment_kinds(self) -> list[str]:
        return ["考核表", "佐证材料", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "starts_on")
        check_period(self.kind, self.starts_on, errors)
        if self._state.adding:
            self.rules = self.rules or rule(MARKS)
            self.follow()
        if self.section_id and self.subject and not self.unit_id:
            errors["subject"] = f"该标段没有在册的{self.get_subject_display()}单位。"
        if self.rules_id:
            try:
                self.total = total_of(self.marks, self.rules.content["items"])
            except ValueError as error:
                errors["marks"] = str(error)
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.rules = rule(MARKS)
        self.follow()

    def before_update(self, before: dict) -> None:
        if {"section", "subject", "starts_on", "kind"} & set(before):
            self.follow()

    def follow(self) -> None:
        """The unit that took part when the period began, else the one there now, and the period's name."""
        if self.starts_on and self.kind:
            self.period_text = period_label(self.kind, self.starts_on)
        if self.section_id and self.subject:
            for day in filter(None, (self.starts_on, timezone.localdate())):
                rows = Participation.on(day).filter(section_id=self.section_id, role=self.subject)
                if found := rows.order_by("-since").select_related("organization").first():
                    self.unit = found.organization
                    return


def new_seed() -> str:
    return secrets.token_hex(8)


class PerformanceDraw(Numbered, Record):
    """A draw among the marks of a period that were handed in; by the seed anybody can draw again."""

    scope_public = True
    number_prefix = "CQ"

    kind = models.CharField("考核周期", max_length=8, choices=MarkPeriod.choices, default=MarkPeriod.QUARTER)
    starts_on = models.DateField("期间起始日期")
    size = models.PositiveSmallIntegerField(
        "抽取份数", validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    seed = models.CharField(
        "随机种子", max_length=64, default=new_seed, help_text="可填现场公开产生的数字，照此可重复抽取"
    )
    population = models.JSONField("候选编号", default=list, editable=False)
    drawn = models.JSONField("抽中编号", default=list, editable=False)
    drawn_on = models.DateField("抽取日期", default=timezone.localdate, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "履约考核抽取"

    def __str__(self) -> str:
        return f"{period_label(self.kind, self.starts_on)}履约考核抽取"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        check_period(self.kind, self.starts_on, errors)
        if self._state.adding and not errors and self.starts_on and self.kind:
            found = len(self.candidates())
            if not found:
                errors["starts_on"] = "该期间没有已报送、尚未抽查的履约考核。"
            elif self.size and found < self.size:
                errors["size"] = f"只有{found}份可抽。"
        raise_if(errors)

    def candidates(self) -> list[int]:
        """The marks of the period that were handed in and not yet drawn, in the order of their keys."""
        rows = PerformanceMark._base_manager.filter(
            kind=self.kind, starts_on=self.starts_on, check_of__isnull=True, submitted_on__isnull=False
        ).exclude(status=DRAFT)
        return sorted(rows.values_list("pk", flat=True))

    def before_create(self, actor) -> None:
        self.population = self.candidates()
        order = by_hash(self.population, self.seed, key=lambda pk: pk)
        self.drawn = order[: self.size or 0]

    def before_update(self, before: dict) -> None:
        raise ValidationError("抽取结果不能修改。")

    def after_write(self, changes: dict, actor) -> None:
        made = [PerformanceCheck(mark_id=pk, draw=self, is_demo=self.is_demo) for pk in self.drawn]
        try:
            records.create_many(made, actor, reason=f"{self}抽中", label="抽中")
        except IntegrityError:
            raise ValidationError("有的考核刚被另一次抽取抽中，请重新抽取。") from None


class PerformanceCheck(FlowRecord):
    """One drawn mark, compared with what inspectors found on site."""

    scope_through = "mark"
    text_joins = ("mark__section__project", "mark__unit")

    mark = models.OneToOneField(
        PerformanceMark, models.PROTECT, related_name="check_of", editable=False, verbose_name="履约考核"
    )
    draw = models.ForeignKey(
        PerformanceDraw,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="checks",
        verbose_name="抽取",
    )
    checked_on = models.DateField("现场核查日期", null=True, blank=True)
    inspectors = models.CharField("核查人员", max_length=120, blank=True)
    seen = models.JSONField("现场评分", default=dict, blank=True, help_text=EXAMPLE)
    notes = models.TextField("现场情况", blank=True, max_length=3000)
    found = models.JSONField("期间发现", default=dict, editable=False)
    seen_total = models.DecimalField("现场总分", max_digits=6, decimal_places=2, null=True, editable=False)
    difference = models.DecimalField("总分偏差", max_digits=6, decimal_places=2, null=True, editable=False)
    deviations = models.JSONField("偏差项", default=list, editable=False)
    differs = models.BooleanField("有偏差", default=False, editable=False)
    explanation = models.TextField("建设单位说明", blank=True, max_length=3000)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "履约考核抽查"

    def __str__(self) -> str:
        return f"{self.mark} 抽查"

    def attachment_kinds(self) -> list[str]:
        return ["现场照片", "核查记录", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "checked_on")
        if self.seen and self.mark_id:
            try:
                total_of(self.seen, self.mark.rules.content["items"])
            except ValueError as error:
                errors["seen"] = str(error)
        raise_if(errors)

    def put_side_by_side(self) -> None:
        """The marks of the owner beside those of the site, and what the ledgers hold of the period."""
        from ..performance.found import found_in

        content = self.mark.rules.content
        made = compare(self.mark.marks, self.seen, content)
        self.seen_total, self.difference = made.total, made.difference
        self.deviations, self.differs = made.lines, made.differs
        self.found = found_in(self.mark)
