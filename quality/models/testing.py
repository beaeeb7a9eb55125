"""Samples with their witness, tests with their judged results, and the questions that results raise."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered, Participation, Section
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization, Role
from supervision.people.scope import Scoped
from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.words import WordField

from ..rules import LIMITS, PARAMETERS, RETEST, SIGNS, material, materials, parameters
from ..testing import judging
from .laboratory import Equipment, Laboratory
from .material import MaterialBatch

TAKEN, WITNESSED, RECEIVED, REFUSED = "taken", "witnessed", "received", "refused"
VALID, VOID = "valid", "void"


class Purpose(models.TextChoices):
    SELF = "self", "施工自检"
    PARALLEL = "parallel", "监理抽检"
    OWNER = "owner", "建设单位抽检"
    AUTHORITY = "authority", "监督抽检"


class Sample(Numbered, FlowRecord):
    """A sample of a section. Its code is its own in the whole portal; the contractor's own samples of what bears
    on the structure are taken under the eyes of the supervisor or owner (《建设工程质量管理条例》第31条)."""

    number_prefix = "YP"
    scope_through = "section"
    text_joins = ("section__project",)

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    material = WordField("试验对象", max_length=40, words=materials)
    grade = models.CharField("规格（强度等级）", max_length=40, help_text="如 C30、HRB400，按此对照限值表")
    purpose = models.CharField("检验性质", max_length=10, choices=Purpose.choices, default=Purpose.SELF)
    batch = models.ForeignKey(
        MaterialBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="samples",
        verbose_name="进场批次",
        help_text="进场材料的样品须选择",
    )
    part = models.CharField("工程部位（用途）", max_length=120)
    quantity = models.CharField("样品数量", max_length=40, blank=True, help_text="如 3块、2根")
    sampled_on = models.DateField("取样（成型）日期", default=timezone.localdate)
    sampler = models.CharField("取样人", max_length=40)
    needs_witness = models.BooleanField("须见证", default=False, editable=False)
    witness = models.CharField("见证人", max_length=40, blank=True)
    witnessed_on = models.DateField("见证日期", null=True, blank=True, editable=False)
    received_on = models.DateField("收样日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "样品"
        indexes = [models.Index(fields=["section", "sampled_on"], name="quality_sample_days")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} {self.material} {self.grade}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["取样照片", "见证记录", "委托单", "其他"]

    def clean(self) -> None:
        self._meta.get_field("material").check_word(self)
        errors = {}
        if self.sampled_on and self.sampled_on > timezone.localdate():
            errors["sampled_on"] = "取样日期不能晚于今天。"
        known = material(self.material)
        if self.batch_id:
            if self.batch.section_id != self.section_id:
                errors["batch"] = "所选批次不属于该标段。"
            elif self.batch.material != self.material:
                errors["batch"] = f"所选批次是{self.batch.material}，不是{self.material}。"
        elif known and known["entry"] and self._state.adding:
            errors["batch"] = f"{self.material}须按进场批次取样，请选择批次。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self._see_witness()

    def before_update(self, before: dict) -> None:
        if {"material", "purpose"} & set(before):
            self._see_witness()

    def _see_witness(self) -> None:
        known = material(self.material)
        self.needs_witness = bool(known and known["witness"] and self.purpose == Purpose.SELF)


class Outcome(models.TextChoices):
    PASSED = judging.PASSED, "合格"
    FAILED = judging.FAILED, "不合格"
    INVALID = judging.INVALID, "结果无效"


OUTCOME_COLORS = {"passed": "green", "failed": "red", "invalid": "orange"}


class Test(Numbered, FlowRecord):
    """One result. It is judged by the limits in force, never typed; it is not changed, and repeated at most as the
    rules allow, with both results kept. What was entered by mistake is voided by an authority, with its reason."""

    # The name begins like what the test runner collects.
    __test__ = False
    number_prefix = "SY"
    scope_through = "section"
    text_joins = ("section__project", "sample")
    unrecorded_fields = Numbered.unrecorded_fields | {"examined"}

    sample = models.ForeignKey(Sample, models.PROTECT, related_name="tests", verbose_name="样品")
    laboratory = models.ForeignKey(Laboratory, models.PROTECT, related_name="tests", verbose_name="试验室")
    parameter = WordField("试验参数", max_length=60, words=parameters)
    equipment = models.ForeignKey(
        Equipment, models.PROTECT, null=True, blank=True, related_name="tests", verbose_name="主要设备"
    )
    started_at = models.DateTimeField("试验开始时间")
    finished_at = models.DateTimeField("试验结束时间")
    measured = models.CharField("实测值", max_length=400, help_text="逐个试件，用、隔开，如 35.2、36.1、34.8")
    tester = models.CharField("试验人", max_length=40)
    report = models.CharField("报告编号", max_length=60, blank=True)
    retest_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="retests",
        verbose_name="复检（重做）的原试验",
    )
    # ---- what follows
    section = models.ForeignKey(
        Section, models.PROTECT, related_name="+", editable=False, verbose_name="标段"
    )
    unit = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="施工单位",
    )
    material = models.CharField("试验对象", max_length=40, editable=False)
    grade = models.CharField("规格（强度等级）", max_length=40, editable=False)
    purpose = models.CharField("检验性质", max_length=10, choices=Purpose.choices, editable=False)
    tested_on = models.DateField("试验日期", editable=False)
    value = models.DecimalField("代表值", max_digits=14, decimal_places=4, null=True, editable=False)
    low = models.DecimalField("下限", max_digits=14, decimal_places=4, null=True, editable=False)
    high = models.DecimalField("上限", max_digits=14, decimal_places=4, null=True, editable=False)
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, editable=False)
    attempt = models.PositiveSmallIntegerField("第几次", default=1, editable=False)
    # Whether a result before it in its chain failed: a rate of first results leaves it out.
    after_failure = models.BooleanField("不合格后的复检", default=False, editable=False)
    limit_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="限值表"
    )
    series_key = models.CharField(max_length=20, editable=False)
    machine_minutes = models.DecimalField(max_digits=8, decimal_places=1, default=0, editable=False)
    voided_on = models.DateField("作废日期", null=True, blank=True, editable=False)
    # Whether the nightly questions have looked at it.
    examined = models.BooleanField(default=False, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "试验检测"
        constraints = [
            models.UniqueConstraint(
                fields=["sample", "parameter"],
                condition=Q(retest_of__isnull=True, status=VALID),
                name="quality_test_first",
                violation_error_message="该样品此参数已有试验；复检须写明原试验。",
            ),
            # One that was voided by mistake of its entry does not stand in the way of the real one.
            models.UniqueConstraint(
                fields=["retest_of"],
                condition=Q(status=VALID),
                name="quality_test_retest",
                violation_error_message="该试验已经复检过。",
            ),
        ]
        indexes = [
            models.Index(fields=["tested_on", "purpose"], name="quality_test_days"),
            models.Index(fields=["section", "tested_on"], name="quality_test_section"),
            models.Index(fields=["unit", "tested_on"], name="quality_test_unit"),
            models.Index(fields=["laboratory", "parameter", "series_key"], name="quality_test_series"),
            models.Index(fields=["equipment", "tested_on"], name="quality_test_machine"),
            models.Index(fields=["outcome", "tested_on"], name="quality_test_outcome"),
            models.Index(fields=["id"], condition=Q(examined=False), name="quality_test_new"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} {self.parameter}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["试验报告", "原始记录", "试验照片"]

    @property
    def limits_text(self) -> str:
        """The limits as they are written: ≥ 30, ≤ 3, 60～80."""
        ends = [None if end is None else format(end.normalize(), "f") for end in (self.low, self.high)]
        if all(ends):
            return "～".join(ends)
        return f"≥ {ends[0]}" if ends[0] else f"≤ {ends[1]}" if ends[1] else ""

    def clean(self) -> None:
        # A result is judged once, when it is filed; voiding it asks nothing anew.
        if not self._state.adding:
            return
        errors: dict[str, str] = {}
        self._check_times(errors)
        if not errors and self.sample_id and self.laboratory_id and self.finished_at and self.parameter:
            self._derive()
            self._check_place(errors)
            self._check_repeat(errors)
            if not errors:
                self._judge()
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self.clean()

    def _check_times(self, errors: dict[str, str]) -> None:
        now = timezone.now()
        if self.started_at and self.finished_at and self.finished_at < self.started_at:
            errors["finished_at"] = "结束时间早于开始时间。"
        elif self.finished_at and self.finished_at > now + timedelta(minutes=1):
            errors["finished_at"] = "结束时间不能晚于现在。"
        begun = timezone.localdate(self.started_at) if self.started_at else None
        if begun and self.sample_id and begun < self.sample.sampled_on:
            errors["started_at"] = f"开始时间早于取样日期（{self.sample.sampled_on}）。"

    def _derive(self) -> None:
        sample = self.sample
        self.section_id, self.material, self.grade = sample.section_id, sample.material, sample.grade
        self.purpose, self.is_demo = sample.purpose, sample.is_demo or self.is_demo
        self.tested_on = timezone.localdate(self.finished_at)
        working = Participation.on(self.tested_on).filter(section=self.section_id, role=Role.CONTRACTOR)
        self.unit_id = working.order_by("-since").values_list("organization_id", flat=True).first()
        former = self.retest_of
        self.attempt = former.attempt + 1 if former else 1
        self.after_failure = bool(former) and (former.after_failure or former.outcome == Outcome.FAILED)

    def _check_place(self, errors: dict[str, str]) -> None:
        sample, laboratory, day = self.sample, self.laboratory, self.tested_on
        if sample.status != RECEIVED:
            errors["sample"] = f"样品{sample.number}“{sample.status_label}”，收样后方可登记试验。"
        if not laboratory.works_on(day):
            errors["laboratory"] = f"{laboratory}在{day}未备案或不在有效期内。"
        elif laboratory.section_id and laboratory.section_id != sample.section_id:
            errors["laboratory"] = f"{laboratory}不是该样品所在标段的工地试验室。"
        elif not laboratory.authorised(self.parameter, day):
            errors["parameter"] = f"{laboratory}在{day}未获“{self.parameter}”的授权。"
        if self.equipment_id and self.equipment.laboratory_id != self.laboratory_id:
            errors["equipment"] = "所选设备不属于该试验室。"

    def _check_repeat(self, errors: dict[str, str]) -> None:
        """Retests: which results may be repeated, and on how many specimens."""
        rules = rule(RETEST, self.tested_on).content
        former = self.retest_of
        if former is None:
            return
        if former.parameter != self.parameter or former.section_id != self.section_id:
            errors["retest_of"] = "复检须与原试验同标段、同参数。"
        elif (former.grade, former.sample.batch_id) != (self.grade, self.sample.batch_id):
            errors["retest_of"] = "复检须与原试验同规格、同批次。"
        elif former.status == VOID or former.outcome == Outcome.PASSED:
            errors["retest_of"] = "只有不合格或无效的结果可以复检。"
        elif former.retests.filter(status=VALID).exists():
            errors["retest_of"] = "该试验已经复检过。"
        elif former.outcome == Outcome.FAILED and self.parameter in rules["without"]:
            errors["retest_of"] = f"按现行规则，“{self.parameter}”不合格的不复检，按质量缺陷处理。"
        elif former.outcome == Outcome.FAILED and former.failures > rules["most"]:
            errors["retest_of"] = f"已复检{rules['most']}次，不能再复检。"

    @property
    def failures(self) -> int:
        """How many results of its chain failed, itself among them."""
        count, one = 0, self
        while one is not None:
            count, one = count + (one.outcome == Outcome.FAILED), one.retest_of
        return count

    def _judge(self) -> None:
        rules = next(
            (
                r
                for r in rule(PARAMETERS, self.tested_on).content["parameters"]
                if r["name"] == self.parameter
            ),
            None,
        )
        if rules is None or rules["material"] != self.material:
            raise ValidationError({"parameter": f"“{self.parameter}”不是{self.material}的试验参数。"})
        try:
            values = judging.read(self.measured, rules["places"])
        except ValueError as error:
            raise ValidationError({"measured": str(error)}) from error
        need = rules["specimens"]
        if self.retest_of_id and self.retest_of.outcome == Outcome.FAILED:
            need *= rule(RETEST, self.tested_on).content["factor"]
        if len(values) != need:
            raise ValidationError({"measured": f"须填写{need}个实测值，现有{len(values)}个。"})
        if any(value < 0 for value in values):
            raise ValidationError({"measured": "实测值不能为负数。"})
        table = rule(LIMITS, self.tested_on)
        rows = [row for row in table.content["limits"] if row["parameter"] == self.parameter]
        limit = next((row for row in rows if row["grade"] == self.grade), None)
        if limit is None:
            grades = "、".join(row["grade"] for row in rows)
            raise ValidationError(
                {"sample": f"限值表没有“{self.parameter}”规格“{self.grade}”的限值，现有：{grades}。"}
            )
        found = judging.judge(values, rules, limit)
        self.measured = judging.write(values)
        self.value, self.low, self.high, self.outcome = found.value, found.low, found.high, found.outcome
        self.limit_rule = table
        self.series_key = judging.series_key(values)
        self.machine_minutes = Decimal(str(rules["machine"])) * len(values)

    def after_write(self, changes: dict, actor) -> None:
        from ..testing import following

        following.follow(self, changes, actor)


class QuestionKind(models.TextChoices):
    IDENTICAL = "identical", "数据雷同"
    DIGITS = "digits", "末位数字过于均匀"
    TOO_FAST = "too_fast", "用时短于方法所需"
    MACHINE_HOURS = "machine_hours", "试验量超过设备工时"
    UNCALIBRATED = "uncalibrated", "设备不在校准有效期"


class Conclusion(models.TextChoices):
    EXPLAINED = "explained", "说明成立"
    CHECK = "check", "另行核查"
    CORRECTED = "corrected", "登记有误，已更正"


class DataQuestion(Numbered, FlowRecord):
    """A question about results for a person to look into. It says what was seen, with the figure and the number of
    cases; what it means is for the reviewer to say."""

    number_prefix = "YD"
    scope_through = "section"
    text_joins = ("section__project", "laboratory")

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    laboratory = models.ForeignKey(
        Laboratory, models.PROTECT, related_name="questions", verbose_name="试验室"
    )
    kind = models.CharField("疑点", max_length=16, choices=QuestionKind.choices)
    key = models.CharField(max_length=120, unique=True, editable=False)
    parameter = models.CharField("试验参数", max_length=60, blank=True)
    asked_on = models.DateField("提出日期", default=timezone.localdate)
    facts = models.CharField("看到的情况", max_length=500)
    statistic = models.DecimalField("统计量", max_digits=14, decimal_places=4, null=True)
    threshold = models.DecimalField("界限", max_digits=14, decimal_places=4, null=True)
    cases = models.PositiveIntegerField("样本数", default=0)
    test_ids = models.JSONField("试验", default=list, editable=False)
    signs_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="提出条件"
    )
    explanation = models.TextField("试验室说明", max_length=2000, blank=True)
    conclusion = models.CharField("核查意见", max_length=12, choices=Conclusion.choices, blank=True)
    answered_on = models.DateField("核查日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "数据疑点"
        indexes = [models.Index(fields=["section", "status"], name="quality_question_open")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} {self.get_kind_display()}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["说明材料", "核查记录"]

    def before_create(self, actor) -> None:
        self.due_on = add_workdays(timezone.localdate(), rule(SIGNS).content["explain"])


DIGITS = tuple(f"d{digit}" for digit in range(10))


class DigitCount(Scoped):
    """How often each last digit came up in the values of a laboratory, a section, a parameter and a month; kept
    up by the nightly job, each test counted once."""

    scope_through = "section"

    section = models.ForeignKey(Section, models.CASCADE, related_name="+")
    laboratory = models.ForeignKey(Laboratory, models.CASCADE, related_name="+")
    parameter = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField()
    d0, d1, d2, d3, d4, d5, d6, d7, d8, d9 = (models.PositiveIntegerField(default=0) for _ in range(10))

    class Meta:
        verbose_name = "末位数字统计"
        constraints = [
            models.UniqueConstraint(
                fields=["laboratory", "section", "parameter", "year"], name="quality_digits_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.laboratory_id} {self.parameter} {self.year}"

    @property
    def counts(self) -> list[int]:
        return [getattr(self, name) for name in DIGITS]

    @property
    def chi_square(self) -> Decimal:
        """χ² against ten equally likely digits; 0 without digits."""
        total = sum(self.counts)
        if not total:
            return Decimal(0)
        expected = total / 10
        found = math.fsum((count - expected) ** 2 / expected for count in self.counts)
        return Decimal(str(round(found, 4)))
