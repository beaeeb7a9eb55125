"""First articles (首件工程): one of a kind is built and judged before the rest are built alike."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.rules.models import RuleSet
from supervision.rules.numbers import parse_decimal
from supervision.rules.shipped import rule
from supervision.rules.stakes import StakeField

from .of_section import OfSection, not_ahead, raise_if

FIRST_ARTICLES = "quality-first-articles"
LISTED, SUBMITTED, APPROVED, BUILDING, MEASURED, PASSED, FAILED, SUMMARISED, ROLLED_OUT = (
    "listed",
    "submitted",
    "approved",
    "building",
    "measured",
    "passed",
    "failed",
    "summarised",
    "rolled_out",
)
SCHEME, RECORD, SUMMARY = "首件施工方案", "检测记录", "首件总结"


class Trigger(models.TextChoices):
    """Why an item needs a first article."""

    FIRST_TIME = "first_time", "分项工程首次施工"
    NEW = "new", "采用四新技术"
    DIFFICULT = "difficult", "重难点工程"
    DANGEROUS = "dangerous", "危险性较大工程"
    LARGE = "large", "批量大的工程"


class FirstArticle(OfSection, FlowRecord):
    """An item of the section's list of first articles and its way to being copied; one row an item.

    A failed first article is built again as the next `attempt`; what was measured before stays.
    """

    natural = ("section.project.name", "section.code", "item")

    item = models.CharField("分项工程", max_length=80, help_text="批量施工以此为准，如“预制箱梁”")
    trigger = models.CharField("实施首件的原因", max_length=12, choices=Trigger.choices)
    part = models.CharField("首件部位", max_length=120)
    stakes = StakeField("桩号", blank=True)
    planned_on = models.DateField("计划实施日期")
    attempt = models.PositiveSmallIntegerField("第几次首件", default=1, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )
    approved_on = models.DateField("方案批准日期", null=True, blank=True)
    built_on = models.DateField("首件完成日期", null=True, blank=True)
    judged_on = models.DateField("评定日期", null=True, blank=True, editable=False)
    passed_on = models.DateField("首件合格日期", null=True, blank=True, editable=False)
    lessons = models.TextField("总结与工艺参数", max_length=3000, blank=True)
    rolled_out_on = models.DateField("推广日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "首件工程"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "item"],
                name="quality_first_article_item",
                violation_error_message="该标段的首件清单已有此分项工程。",
            )
        ]
        indexes = [models.Index(fields=["planned_on"], name="quality_first_planned")]

    def __str__(self) -> str:
        return f"{self.section} {self.item}"

    def attachment_kinds(self) -> list[str]:
        return [SCHEME, RECORD, SUMMARY, "首件照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "built_on", "approved_on")
        self.item = " ".join(self.item.split())
        if self.built_on and self.approved_on and self.built_on < self.approved_on:
            errors["built_on"] = f"首件完成日期早于方案批准日期（{self.approved_on}）。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.rules = rule(FIRST_ARTICLES)

    def results_now(self) -> models.QuerySet[FirstArticleResult]:
        """What was measured in the attempt that runs."""
        return FirstArticleResult.objects.filter(check_item__article=self, attempt=self.attempt)


class CheckKind(models.TextChoices):
    STRENGTH = "strength", "强度"
    DIMENSION = "dimension", "尺寸"
    APPEARANCE = "appearance", "外观"
    OTHER = "other", "其他"


def limit_field(label: str) -> models.DecimalField:
    return models.DecimalField(label, max_digits=12, decimal_places=3, null=True, blank=True)


class FirstArticleCheck(Record):
    """What is to be measured on the first article and within which limits, given with its scheme.

    Appearance is judged by looking and has no limits; everything else has at least one.
    """

    scope_through = "article"
    natural = ("article.section.project.name", "article.section.code", "article.item", "name")
    text_joins = ("article__section__project",)

    article = models.ForeignKey(FirstArticle, models.PROTECT, related_name="checks", verbose_name="首件工程")
    name = models.CharField("检测项目", max_length=60)
    kind = models.CharField("类别", max_length=12, choices=CheckKind.choices)
    lower = limit_field("下限")
    upper = limit_field("上限")
    measure = models.CharField("单位", max_length=20, blank=True)
    least_rate = models.DecimalField(
        "合格率下限（%）",
        max_digits=4,
        decimal_places=1,
        default=Decimal(100),
        validators=[MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal(100))],
    )
    basis = models.CharField("限值依据", max_length=120, blank=True, help_text="设计文件或标准的名称")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["article_id", "pk"]
        verbose_name = "首件检测项目"
        constraints = [
            models.UniqueConstraint(
                fields=["article", "name"],
                name="quality_first_check_once",
                violation_error_message="该首件已有同名检测项目。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.article} {self.name}"

    @property
    def limits(self) -> str:
        """The limits as people write them, such as 50～60 MPa."""
        if self.lower is not None and self.upper is not None:
            text = f"{self.lower.normalize():f}～{self.upper.normalize():f}"
        elif self.lower is not None:
            text = f"不小于{self.lower.normalize():f}"
        elif self.upper is not None:
            text = f"不大于{self.upper.normalize():f}"
        else:
            return "目测"
        return f"{text} {self.measure}".strip()

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.article_id and self.article.status != LISTED:
            errors["article"] = "检测项目和限值随首件方案提出，方案提交后不再增改。"
        if self.kind == CheckKind.APPEARANCE:
            if self.lower is not None or self.upper is not None:
                errors["lower"] = "外观按目测评定，不填限值。"
        elif self.lower is None and self.upper is None:
            errors["lower"] = "请填写下限或上限。"
        elif self.lower is not None and self.upper is not None and self.lower > self.upper:
            errors["upper"] = "上限小于下限。"
        raise_if(errors)

    def judge(self, values: list[Decimal]) -> tuple[int, Decimal]:
        """How many of the values lie within the limits, ends included, and their share in per cent, one place,
        cut off and not rounded, so that 94.96 does not pass for 95."""
        good = sum(
            (self.lower is None or value >= self.lower) and (self.upper is None or value <= self.upper)
            for value in values
        )
        return good, Decimal(good * 1000 // len(values)) / 10


class FirstArticleResult(Record):
    """What one check gave in one attempt: the values and whether they hold. Written once, kept for ever."""

    scope_through = "check_item"
    text_joins = ("check_item__article__section__project",)

    check_item = models.ForeignKey(
        FirstArticleCheck, models.PROTECT, related_name="results", verbose_name="检测项目"
    )
    attempt = models.PositiveSmallIntegerField("第几次首件", default=1, editable=False)
    measured_on = models.DateField("检测日期", default=timezone.localdate)
    values = models.JSONField("实测值", default=list, blank=True, help_text="外观不填")
    conforms = models.BooleanField("外观符合要求", default=False, help_text="只有外观填写")
    note = models.CharField("说明", max_length=300, blank=True)
    limits = models.CharField("评定限值", max_length=60, editable=False, default="")
    good = models.PositiveIntegerField("合格点数", null=True, editable=False)
    rate = models.DecimalField("合格率（%）", max_digits=4, decimal_places=1, null=True, editable=False)
    passed = models.BooleanField("合格", default=False, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["check_item_id", "attempt"]
        verbose_name = "首件检测结果"
        constraints = [
            models.UniqueConstraint(
                fields=["check_item", "attempt"],
                name="quality_first_result_once",
                violation_error_message="此项目本次首件的结果已登记。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.check_item} 第{self.attempt}次"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "measured_on")
        if not self.check_item_id:
            return raise_if(errors)
        article = self.check_item.article
        if article.status != BUILDING:
            errors["check_item"] = f"该首件“{article.status_label}”，不在实施检测中，不能登记结果。"
        if self.check_item.kind == CheckKind.APPEARANCE:
            if self.values:
                errors["values"] = "外观按目测评定，不填实测值。"
        else:
            try:
                self.numbers()
            except ValueError as error:
                errors["values"] = str(error)
        return raise_if(errors)

    def numbers(self) -> list[Decimal]:
        """The values as numbers. Raises ValueError, in Chinese, naming the one that is none."""
        if not self.values:
            raise ValueError("请填写实测值，多个用、隔开。")
        found = []
        for place, text in enumerate(self.values, 1):
            try:
                found.append(parse_decimal(str(text), 3))
            except ValueError as error:
                raise ValueError(f"第{place}个实测值“{str(text)[:20]}”：{error}") from None
        return found

    def before_create(self, actor) -> None:
        check = self.check_item if self.check_item_id else None
        if check is None:
            return
        self.attempt, self.limits = check.article.attempt, check.limits
        if check.kind == CheckKind.APPEARANCE:
            self.good, self.rate, self.passed = None, None, self.conforms
            return
        try:
            numbers = self.numbers()
        except ValueError as error:
            raise ValidationError({"values": str(error)}) from None
        self.good, self.rate = check.judge(numbers)
        self.passed = self.rate >= check.least_rate


PLANNED, STARTED, FINISHED = "planned", "started", "finished"


class Batch(OfSection, FlowRecord):
    """A batch of an item whose first article is on the section's list. It starts once the first article passed,
    or when somebody answers for starting without (told to the authority)."""

    text_joins = ("section__project", "article__section__project")

    article = models.ForeignKey(FirstArticle, models.PROTECT, related_name="batches", verbose_name="分项工程")
    part = models.CharField("批量施工部位", max_length=200)
    stakes = StakeField("桩号", blank=True)
    quantity = models.CharField("数量", max_length=60, blank=True)
    planned_on = models.DateField("计划开工日期")
    started_on = models.DateField("开工日期", null=True, blank=True)
    finished_on = models.DateField("完工日期", null=True, blank=True)
    overruled_on = models.DateField("例外批准日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "批量施工"

    def __str__(self) -> str:
        return f"{self.section} {self.article.item} {self.part}"

    def attachment_kinds(self) -> list[str]:
        return ["首件总结交底记录", "开工报告"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "started_on", "finished_on")
        if self.article_id and self.section_id and self.article.section_id != self.section_id:
            errors["article"] = "所选分项工程不在该标段的首件清单中。"
        if self.finished_on and self.started_on and self.finished_on < self.started_on:
            errors["finished_on"] = f"完工日期早于开工日期（{self.started_on}）。"
        passed = self.article.passed_on if self.article_id else None
        if self.started_on and not self.overruled_on and passed and self.started_on < passed:
            errors["started_on"] = f"开工日期早于首件合格日期（{passed}）。"
        raise_if(errors)
