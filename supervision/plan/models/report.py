"""Reports: the templates that the bureau owns, the reports made of them, and every figure in them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.people.models import District, Sector
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach, Scoped

from ..facts import Span
from ..reports import spans
from .figures import MemberList

TEMPLATE, WORD, EDITED, PDF = "报告模板", "报告（Word）", "报告修改稿", "报告（PDF）"
DRAFT, CHECKED, ISSUED, VOID = "draft", "checked", "issued", "void"
STALE = "标题或填写内容在取数之后有改动，尚未写入文稿，请重新取数。"


class ReportKind(models.TextChoices):
    MONTH = spans.MONTH, "月度报告"
    QUARTER = spans.QUARTER, "季度报告"
    YEAR = spans.YEAR, "年度报告"
    CAMPAIGN = spans.CAMPAIGN, "专项报告"


class ReportTemplate(Record):
    """One version of a report's Word template, kept for good. A new version is uploaded, never written over."""

    scope_public = True  # a blank form is nobody's secret
    natural = ("title", "number")
    few = True

    title = models.CharField("模板名称", max_length=120, editable=False)
    kind = models.CharField("报告类别", max_length=10, choices=ReportKind.choices, editable=False)
    number = models.PositiveIntegerField("版次", editable=False)
    shipped = models.BooleanField("平台内置", default=False, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    note = models.CharField("修改说明", max_length=200, blank=True)
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        ordering = ["kind", "title", "-number"]
        verbose_name = "报告模板"
        constraints = [
            models.UniqueConstraint(fields=["title", "number"], name="plan_report_template_version")
        ]

    def __str__(self) -> str:
        return f"{self.title}（第{self.number}版）"

    def attachment_kinds(self) -> list[str]:
        # The template itself is put here by its upload alone.
        return ["说明材料"]


class Report(FlowRecord):
    """A report of a span, made from a template; once issued, its figures and its file stay as they are.

    district, sector   whose report it is; neither: the whole city's
    texts     what people typed where the template asks for text: {name: text}
    sums      sums that must hold, see reports.checking.of_sums
    findings  what keeps it from being passed on; computed after each change
    hints     what deserves a look
    word      SHA-256 of the Word file in force, an attachment; edited: somebody uploaded it
    seal      over every figure with its members, taken when it is issued
    previous  the report that this one makes again after a correction
    """

    natural = ("title",)

    title = models.CharField("标题", max_length=200, blank=True, help_text="不填的由平台按期间和模板拟定")
    template = models.ForeignKey(
        ReportTemplate, models.PROTECT, related_name="reports", verbose_name="报告模板"
    )
    first = models.DateField("期间起", help_text="月度、季度、年度报告填期间的第一天")
    last = models.DateField("期间止", null=True, blank=True, help_text="月度、季度、年度报告可以不填")
    as_of = models.DateField("数据截至", null=True, blank=True, help_text="不填的为期间最后一天")
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="县区"
    )
    sector = models.CharField("领域", max_length=20, choices=Sector.choices, blank=True)
    previous = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="remade",
        verbose_name="更正的报告",
    )
    texts = models.JSONField("填写内容", default=dict, editable=False)
    sums = models.JSONField("平衡关系", default=list, editable=False)
    findings = models.JSONField("核校问题", default=list, editable=False)
    hints = models.JSONField("核校提示", default=list, editable=False)
    word = models.CharField("文稿指纹", max_length=64, blank=True, editable=False)
    edited = models.BooleanField("已上传修改稿", default=False, editable=False)
    made_at = models.DateTimeField("取数时间", null=True, editable=False)
    issued_on = models.DateField("签发日期", null=True, editable=False)
    seal = models.CharField("数字封存值", max_length=64, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-last", "-pk"]
        verbose_name = "工作报告"
        indexes = [models.Index(fields=["status", "last"], name="plan_report_span")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        if reach.everything:
            return Q()
        condition = NOTHING
        if reach.districts:
            condition |= Q(district__in=reach.districts)
        return condition | Q(sector__in=reach.sectors) if reach.sectors else condition

    @property
    def span(self) -> Span:
        return Span(self.first, self.last, self.as_of)

    @property
    def span_label(self) -> str:
        return spans.label(self.template.kind, self.first, self.last)

    @property
    def place_label(self) -> str:
        """Whose report it is."""
        words = [self.district.name] if self.district_id else []
        words += [self.get_sector_display()] if self.sector else []
        return "".join(words)

    def attachment_kinds(self) -> list[str]:
        return ["批示件", "其他材料"]

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if self.first and not self.last and self.template_id:
            self._complete()
        if self.first and self.last and self.template_id:
            if wrong := spans.problem(self.template.kind, self.first, self.last):
                errors["first" if "起" in wrong else "last"] = wrong
        elif self.first and self.template_id and not self.last:
            errors["last"] = "专项报告请填写期间的最后一天。"
        if self._state.adding and self.template_id and not (self.template.is_active or self.previous_id):
            errors["template"] = "该模板已停用，请选择在用的模板。"
        if self.as_of and self.first and self.as_of < self.first:
            errors["as_of"] = "数据截至日期早于报告期间。"
        if self.as_of and self.as_of > timezone.localdate():
            errors["as_of"] = "数据截至日期不能晚于今天。"
        if self.first and self.first > timezone.localdate():
            errors["first"] = "报告期间尚未开始。"
        if errors:
            raise ValidationError(errors)

    def _complete(self) -> None:
        self.last = spans.last_day(self.template.kind, self.first)

    def before_create(self, actor) -> None:
        if self.first and self.template_id and not self.last:
            self._complete()
        if self.last and not self.as_of:
            self.as_of = min(self.last, timezone.localdate())
        if not self.title and self.first and self.last and self.template_id:
            self.title = f"{self.span_label}{self.place_label}{self.template.title}"[:200]

    def before_update(self, before: dict) -> None:
        if {"template", "first", "last", "as_of", "district", "sector"} & set(before):
            # What was counted was another span, or another place.
            self.made_at, self.word, self.edited, self.findings = None, "", False, []
        elif {"title", "texts"} & set(before) and self.word:
            self.findings = [STALE, *(text for text in self.findings if text != STALE)]

    def figures_in_order(self) -> list[ReportFigure]:
        rows = self.figures.select_related("counted", "other").order_by("ref")
        return list(rows)

    def figures_seal(self) -> str:
        """One value over every figure, with what it counted."""
        rows = self.figures.order_by("ref").values_list(
            "ref", "key", "text", "computed", "typed", "counted__sha256", "other__sha256"
        )
        content = json.dumps([list(row) for row in rows], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(f"{self.word}:{content}".encode()).hexdigest()

    def after_write(self, changes: dict, actor) -> None:
        from ..reports import services

        if changes.get("status", [None, None])[1] == ISSUED:
            services.order_pdf(self, actor)


class ReportFigure(Scoped):
    """One figure of a report: what stands on paper, what was counted, and the very records.

    key       by what it is known again in another making of the report
    text      as it stands on paper; computed: as it was counted; typed: why it was typed over, "" where it was not
    counted, other   the records; `other_label` says what the second list is (应计, 上年同期, 上期)
    """

    scope_through = "report"

    report = models.ForeignKey(Report, models.CASCADE, related_name="figures", verbose_name="报告")
    ref = models.PositiveIntegerField("编号")
    key = models.CharField("键", max_length=300)
    label = models.CharField("含义", max_length=200)
    kind = models.CharField("形式", max_length=10)
    text = models.CharField("数值", max_length=80)
    computed = models.CharField("台账数", max_length=80)
    typed = models.CharField("人工填报理由", max_length=300, blank=True)
    value = models.DecimalField("数", max_digits=20, decimal_places=4, null=True)
    numerator = models.DecimalField("分子", max_digits=20, decimal_places=4, null=True)
    denominator = models.DecimalField("分母", max_digits=20, decimal_places=4, null=True)
    measure = models.CharField("计量单位", max_length=20, blank=True)
    code = models.CharField("数据代码", max_length=60, blank=True)
    first = models.DateField("期间起", null=True)
    last = models.DateField("期间止", null=True)
    district = models.PositiveIntegerField("县区", null=True)
    sector = models.CharField("领域", max_length=20, blank=True)
    counted = models.ForeignKey(
        MemberList, models.PROTECT, null=True, related_name="+", verbose_name="所计记录"
    )
    other = models.ForeignKey(
        MemberList, models.PROTECT, null=True, related_name="+", verbose_name="对照记录"
    )
    other_label = models.CharField("对照", max_length=20, blank=True)

    class Meta:
        ordering = ["report", "ref"]
        verbose_name = "报告数字"
        constraints = [
            models.UniqueConstraint(fields=["report", "ref"], name="plan_report_figure_ref"),
            models.UniqueConstraint(fields=["report", "key"], name="plan_report_figure_key"),
        ]

    def __str__(self) -> str:
        return f"[{self.ref}] {self.label}"


class ReportHand(Record):
    """A figure typed by hand, with its reason: marked in the report as 人工填报."""

    scope_through = "report"
    text_joins = ("report",)

    report = models.ForeignKey(Report, models.PROTECT, related_name="hands", verbose_name="报告")
    key = models.CharField("键", max_length=300, editable=False)
    label = models.CharField("数字", max_length=200, editable=False)
    value = models.CharField("填报值", max_length=80)
    reason = models.CharField("理由", max_length=300)

    class Meta:
        ordering = ["report", "pk"]
        verbose_name = "人工填报数字"
        constraints = [models.UniqueConstraint(fields=["report", "key"], name="plan_report_hand_once")]

    def __str__(self) -> str:
        return f"{self.label}：{self.value}"

    def clean(self) -> None:
        if not self.reason.strip():
            raise ValidationError({"reason": "请填写理由。"})
