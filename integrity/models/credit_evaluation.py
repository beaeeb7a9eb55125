"""A subject's evaluation of one year under one rule set, and the lists it may come onto."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered, Section
from supervision.flows.models import FlowRecord
from supervision.people.scope import Reach
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.words import WordField

from ..credit import rules
from ..credit.rules import Family
from .credit import CreditSubject, once_shown, year_field

OPEN, COMPUTED, SENT, ANSWERED, NOTICE, PUBLISHED, ARCHIVED = (
    "open",
    "computed",
    "sent",
    "answered",
    "notice",
    "published",
    "archived",
)
OUT = (PUBLISHED, ARCHIVED)
# What the subject and its clients read of it; a draft is the authorities' own.
TOLD = (SENT, ANSWERED, NOTICE, *OUT)
# What a computation writes.
FIGURES = (
    "bid",
    "performance",
    "other",
    "weight_bid",
    "weight_performance",
    "score",
    "score_grade",
    "grade",
    "basis",
    "reasons",
    "arithmetic",
    "carried",
)


class Basis(models.TextChoices):
    SCORE = "score", "本年度评价"
    CARRIED = "carried", "延续上年度"
    FIRST = "first", "初次进入"
    INHERITED = "inherited", "合并分立承继"


def marks(label: str) -> models.DecimalField:
    return models.DecimalField(label, max_digits=8, decimal_places=4, null=True, editable=False)


class CreditEvaluation(FlowRecord):
    """The year's result. What was told first stays beside what it was computed to later (`former`)."""

    natural = ("subject.title", "family", "year")
    text_joins = ("subject",)

    subject = models.ForeignKey(
        CreditSubject, models.PROTECT, related_name="evaluations", verbose_name="信用主体"
    )
    family = models.CharField("规则", max_length=20, choices=Family.choices)
    year = year_field("评价年度")
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, related_name="+", editable=False, verbose_name="规则版本"
    )
    bid = marks("投标行为得分 T")
    performance = marks("履约行为得分 L")
    other = models.DecimalField(
        "其他行为扣分 ΣQ", max_digits=8, decimal_places=2, default=Decimal(0), editable=False
    )
    weight_bid = models.DecimalField("a", max_digits=3, decimal_places=2, default=Decimal(0), editable=False)
    weight_performance = models.DecimalField(
        "b", max_digits=3, decimal_places=2, default=Decimal(0), editable=False
    )
    score = marks("综合得分 X")
    score_grade = models.CharField("按得分", max_length=8, blank=True, editable=False)
    grade = models.CharField("等级", max_length=8, blank=True, editable=False)
    basis = models.CharField("依据", max_length=10, choices=Basis.choices, blank=True, editable=False)
    reasons = models.JSONField("说明", default=list, editable=False)
    arithmetic = models.JSONField("计算过程", default=dict, editable=False)
    carried = models.PositiveSmallIntegerField("已延续年数", default=0, editable=False)
    former = models.JSONField("原结果", default=list, editable=False)
    computed_on = models.DateField("计算日期", null=True, editable=False)
    sent_on = models.DateField("送达日期", null=True, editable=False)
    objection_until = models.DateField("异议期限", null=True, editable=False)
    notice_from = models.DateField("公示起", null=True, editable=False)
    notice_until = models.DateField("公示止", null=True, editable=False)
    published_on = models.DateField("公布日期", null=True, editable=False)
    valid_until = models.DateField("有效期至", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-year", "pk"]
        verbose_name = "年度信用评价"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "family", "year"],
                name="integrity_evaluation_once",
                violation_error_message="该主体此年度的评价已有。",
            )
        ]
        indexes = [
            models.Index(fields=["family", "year", "status"], name="integrity_evaluation_year"),
            models.Index(fields=["subject", "published_on"], name="integrity_evaluation_valid"),
        ]

    def __str__(self) -> str:
        return f"{self.year}年度 {self.subject}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return once_shown(reach, Q(status__in=TOLD))

    def attachment_kinds(self) -> list[str]:
        return ["告知书", "答复文书", "公示材料", "公布文件"]

    @property
    def was(self) -> str:
        """The results before, in words."""
        return "；".join(
            f"{one['grade'] or '无'}（{one['score'] or '—'}分，{one['until']}前）" for one in self.former
        )

    @property
    def is_recomputed(self) -> bool:
        return bool(self.former)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.subject_id and self.family and (self.family in rules.PERSONS) != self.subject.is_person:
            errors["family"] = "所选规则不适用于这一类主体。"
        if self.year and self.year >= timezone.localdate().year:
            errors["year"] = "只评价已经结束的年度。"
        elif self.year and self.family:
            try:
                rules.of_year(self.family, self.year)
            except ValidationError as error:
                errors["year"] = error.message
        if errors:
            raise ValidationError(errors)

    def after_write(self, changes: dict, actor) -> None:
        from ..credit import evaluating, exchange

        if self.status in OUT and {"status", "grade", "score"} & set(changes):
            exchange.announce(self)
        if self.status == PUBLISHED and "status" in changes:
            # Drafts that were computed without this grade as the one of the year before.
            later = evaluating.resting_on(self.subject_id, self.family, self.year)
            why = f"{self.year}年度结果公布"
            evaluating.recompute_all([one for one in later if one.pk != self.pk], actor, why)

    @classmethod
    def valid_on(cls, day) -> models.QuerySet[CreditEvaluation]:
        return cls.objects.filter(status__in=OUT, published_on__lte=day, valid_until__gte=day)


class ListKind(models.TextChoices):
    RED = "red", "红名单"
    BLACK = "black", "黑名单"
    JOINT = "joint", "联合惩戒"


class CreditListing(Numbered, FlowRecord):
    """A subject on the red list, the black list or under joint discipline: why, with what measures, until when."""

    number_prefix = "XYMD"
    text_joins = ("subject",)

    subject = models.ForeignKey(
        CreditSubject, models.PROTECT, related_name="listings", verbose_name="信用主体"
    )
    kind = models.CharField("名单", max_length=8, choices=ListKind.choices)
    reason = models.TextField("列入事由", max_length=3000)
    measures = models.TextField("激励或惩戒措施", max_length=2000, blank=True, help_text="不填为规则所列")
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, related_name="+", editable=False, verbose_name="依据"
    )
    evidence = models.JSONField("来源记录", default=list, editable=False)
    listed_on = models.DateField("列入日期", null=True, editable=False)
    valid_until = models.DateField("期满日", null=True, editable=False)
    exited_on = models.DateField("移出日期", null=True, editable=False)
    exit_reason = models.TextField("移出事由", max_length=1000, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "信用名单"
        indexes = [models.Index(fields=["kind", "status", "valid_until"], name="integrity_listing_now")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ListKind.values), name="integrity_listing_kind")
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.get_kind_display()} {self.subject}".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return once_shown(reach, Q(status__in=("listed", "exited")))

    def attachment_kinds(self) -> list[str]:
        return ["认定文书", "证据材料", "移出文书"]

    def before_create(self, actor) -> None:
        self.rules = rule(rules.LISTS)
        if self.kind and not self.measures:
            self.measures = "；".join(self.rules.content[self.kind]["measures"])

    @property
    def is_over(self) -> bool:
        return self.status == "listed" and bool(self.valid_until) and self.valid_until < timezone.localdate()

    @classmethod
    def on(cls, day) -> models.QuerySet[CreditListing]:
        """Those in force on a day; a term that has run out ends by itself."""
        return cls.objects.filter(listed_on__lte=day, valid_until__gte=day).exclude(exited_on__lte=day)


class ProposalKind(models.TextChoices):
    DEDUCTION = "deduction", "扣分"
    JOINT = "joint", "联合惩戒"


class CreditProposal(FlowRecord):
    """What the ledgers of safety and quality give cause to consider; a person decides."""

    scope_through = "subject"
    text_joins = ("subject",)

    subject = models.ForeignKey(
        CreditSubject, models.PROTECT, related_name="proposals", editable=False, verbose_name="信用主体"
    )
    kind = models.CharField("建议", max_length=12, choices=ProposalKind.choices, editable=False)
    trigger = models.CharField("情形", max_length=20, editable=False)
    reason = models.CharField("事由", max_length=300, editable=False)
    evidence = models.JSONField("来源记录", default=list, editable=False)
    # What it is about, so that a rerun proposes nothing twice.
    key = models.CharField(max_length=160, unique=True, editable=False)
    item = WordField("条款", max_length=160, blank=True, words=rules.words, help_text="扣分建议采用的条款")
    given = models.DecimalField(
        "认定分值",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="规则未列分值的条款填写",
    )
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, related_name="+", editable=False, verbose_name="标段"
    )
    proposed_on = models.DateField("提出日期", default=timezone.localdate, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, related_name="+", editable=False, verbose_name="依据"
    )
    record = models.ForeignKey(
        "integrity.CreditRecord",
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name="信用记录",
    )
    listing = models.ForeignKey(
        CreditListing, models.PROTECT, null=True, related_name="+", editable=False, verbose_name="名单"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "信用建议"
        indexes = [models.Index(fields=["subject", "status"], name="integrity_proposal_open")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}建议 {self.subject} {self.reason}"[:200]

    def attachment_kinds(self) -> list[str]:
        return ["核查材料"]


class InspectionAdvice(FlowRecord):
    """How often a subject is inspected in a year: proposed from grade and history, accepted by a person."""

    scope_through = "subject"
    text_joins = ("subject",)

    subject = models.ForeignKey(
        CreditSubject, models.PROTECT, related_name="advices", verbose_name="信用主体"
    )
    year = year_field("年度")
    proposed = models.PositiveSmallIntegerField("建议次数", default=0, editable=False)
    reasons = models.JSONField("理由", default=list, editable=False)
    accepted = models.PositiveSmallIntegerField("采用次数", null=True, blank=True)
    decided_on = models.DateField("采用日期", null=True, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, related_name="+", editable=False, verbose_name="依据"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-year", "pk"]
        verbose_name = "检查频次建议"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "year"],
                name="integrity_advice_once",
                violation_error_message="该主体此年度的检查频次建议已有。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year}年 {self.subject} 检查频次"

    def attachment_kinds(self) -> list[str]:
        return ["会议纪要"]

    def before_create(self, actor) -> None:
        if self.subject_id and self.year:
            from ..credit import standing

            self.rules = rule(rules.INSPECTIONS)
            self.proposed, self.reasons = standing.frequency(self.subject, timezone.localdate())
