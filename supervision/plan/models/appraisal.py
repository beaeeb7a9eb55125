"""年度考核评价 of county bureaus and centres: the year's scheme, a sheet for each unit, objections to it.

A scheme is data with a version: the shipped one is copied, a bureau edits its copy while it is a draft, and once in
force it stays as it is. A unit's sheet keeps its arithmetic and the very records of that day as plain values.
"""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization, OrganizationKind
from supervision.people.records import Record
from supervision.people.scope import Reach, unit_scope
from supervision.rules.models import HOUSE_RULE, RuleSet

from .. import facts, indicators
from .figures import MemberList
from .plan import year_field

COUNTIES = frozenset({OrganizationKind.COUNTY, OrganizationKind.ZONE})
APPRAISED = COUNTIES | {OrganizationKind.CENTRE}
FULL = Decimal(100)
IN_FORCE = "方案已启用，不能再改；请复制为新版本。"


def marks_field(label: str, **options) -> models.DecimalField:
    options.setdefault("validators", [MinValueValidator(Decimal(0)), MaxValueValidator(FULL)])
    return models.DecimalField(label, max_digits=6, decimal_places=2, **options)


class AppraisalScheme(FlowRecord):
    """The scheme of one year: thresholds of the grades, and its items."""

    scope_public = True
    natural = ("title",)
    few = True

    title = models.CharField("名称", max_length=120, unique=True)
    year = year_field("考核年度")
    edition = models.CharField("版本", max_length=40)
    excellent_from = marks_field("优秀（不低于）", default=Decimal(90))
    good_from = marks_field("良好（不低于）", default=Decimal(80))
    passed_from = marks_field("合格（不低于）", default=Decimal(60))
    least_marks = marks_field("评定等次至少适用（分）", default=Decimal(50))
    objection_days = models.PositiveSmallIntegerField(
        "异议期限（工作日）", default=5, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    source = models.CharField("依据", max_length=200, blank=True, help_text="不填为本系统设定")
    rule_set = models.ForeignKey(
        RuleSet,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="规则版本",
    )
    published_on = models.DateField("公布日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-year", "-pk"]
        verbose_name = "考核评价方案"

    def __str__(self) -> str:
        return self.title

    @property
    def source_label(self) -> str:
        return self.source or HOUSE_RULE

    def clean(self) -> None:
        marks = (self.excellent_from, self.good_from, self.passed_from)
        if None not in marks and not marks[0] > marks[1] > marks[2]:
            raise ValidationError({"good_from": "等次分数线应由高到低：优秀、良好、合格。"})


class ItemKind(models.TextChoices):
    RATE = "rate", "按比例得分"
    DEDUCTION = "deduction", "按次扣分"
    BONUS = "bonus", "按次加分"
    VETO = "veto", "一票否决"


class Applies(models.TextChoices):
    ALL = "all", "县区与中心"
    COUNTY = "county", "县区"
    CENTRE = "centre", "中心"


class CountedBy(models.TextChoices):
    PLACE = "place", "所辖区域或领域"
    UNIT = "unit", "本单位"


class AppraisalItem(Record):
    """One item of a scheme: an indicator whose rate becomes points, or a fact each of whose events counts.

    full_at, zero_at   per cent that give all the marks, and none; in between in proportion
    per_event, cap     points for each event, and at most
    """

    scope_through = "scheme"
    natural = ("scheme.title", "code")
    text_joins = ("scheme",)

    scheme = models.ForeignKey(AppraisalScheme, models.PROTECT, related_name="items", verbose_name="方案")
    code = models.CharField("代码", max_length=40)
    dimension = models.CharField("维度", max_length=40)
    name = models.CharField("评价内容", max_length=120)
    kind = models.CharField("计分方式", max_length=10, choices=ItemKind.choices)
    applies = models.CharField("适用", max_length=10, choices=Applies.choices, default=Applies.ALL)
    marks = marks_field("分值", default=Decimal(0), help_text="按比例得分、按次扣分的填写")
    indicator = models.CharField("指标", max_length=60, choices=indicators.choices, blank=True)
    # Of an indicator its own; of a fact `objects`, the kind of objects whose events count.
    parameters = models.JSONField("指标参数", default=dict, blank=True)
    full_at = marks_field("满分比例（%）", default=FULL)
    zero_at = marks_field("零分比例（%）", default=Decimal(0))
    fact = models.CharField("事实", max_length=60, choices=facts.choices, blank=True)
    counted_by = models.CharField(
        "计数范围", max_length=10, choices=CountedBy.choices, default=CountedBy.PLACE
    )
    per_event = marks_field("每次（分）", default=Decimal(0))
    cap = marks_field("最多（分）", default=Decimal(0))
    basis = models.CharField("说明", max_length=200, blank=True)
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        ordering = ["scheme", "order", "pk"]
        verbose_name = "考核评价内容"
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "code"],
                name="plan_appraisal_item_code",
                violation_error_message="该方案已有此代码。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.name}"

    @property
    def scored(self) -> bool:
        """Whether the item has marks of its own, of the hundred."""
        return self.kind in (ItemKind.RATE, ItemKind.DEDUCTION)

    def before_create(self, actor) -> None:
        self._of_a_draft()

    def before_update(self, before: dict) -> None:
        self._of_a_draft()

    def before_delete(self) -> None:
        self._of_a_draft()

    def _of_a_draft(self) -> None:
        """What is in force stays as it is, whichever way somebody would change it (an import taken back, too); and
        whoever puts it in force meets who writes here."""
        if self.scheme_id and not records.hold(AppraisalScheme, self.scheme_id, status="draft"):
            raise ValidationError(IN_FORCE)

    def for_kind(self, kind: str) -> bool:
        """Whether units of this kind are asked."""
        wanted = Applies.COUNTY if kind in COUNTIES else Applies.CENTRE
        return self.applies in (Applies.ALL, wanted)

    def clean(self) -> None:
        errors: dict[str, str | list[str]] = {}
        if self.scheme_id and self.scheme.status not in ("", "draft"):
            errors["scheme"] = IN_FORCE
        if self.scored != bool(self.marks):
            errors["marks"] = "按比例得分、按次扣分的须填分值，加分与否决的不填。"
        if self.kind == ItemKind.RATE:
            known = indicators.find(self.indicator)
            if known is None or known.kind != indicators.RATIO:
                errors["indicator"] = "按比例得分的须选择比例类指标。"
            elif problems := known.problems(self.parameters):
                errors["parameters"] = problems
            if self.full_at is not None and self.full_at == self.zero_at:
                errors["zero_at"] = "零分比例不能等于满分比例。"
        elif not self.fact:
            errors["fact"] = "按次扣分、加分与否决的须选择一项事实。"
        elif (known := facts.find(self.fact)) and (problems := known.problems(self.parameters)):
            errors["parameters"] = problems
        if self.kind in (ItemKind.DEDUCTION, ItemKind.BONUS):
            if not self.per_event:
                errors["per_event"] = "请填写每次扣（加）多少分。"
            if not self.cap or (self.kind == ItemKind.DEDUCTION and self.marks and self.cap > self.marks):
                errors["cap"] = "请填写最多扣（加）多少分，扣分不超过分值。"
        if errors:
            raise ValidationError(errors)


class Grade(models.TextChoices):
    EXCELLENT = "excellent", "优秀"
    GOOD = "good", "良好"
    PASSED = "passed", "合格"
    FAILED = "failed", "不合格"
    NONE = "none", "不评定"


class Appraisal(FlowRecord):
    """A unit's sheet in a year. What it was computed from is kept in `sheet`: see appraisals/engine.py."""

    text_joins = ("scheme", "organization")
    natural = ("scheme.title", "organization.name")

    scheme = models.ForeignKey(
        AppraisalScheme, models.PROTECT, related_name="appraisals", verbose_name="方案"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name="被考核单位"
    )
    as_of = models.DateField("数据截至", default=timezone.localdate)
    total = marks_field("总分", null=True, blank=True, editable=False)
    grade = models.CharField("等次", max_length=10, choices=Grade.choices, blank=True, editable=False)
    vetoed = models.BooleanField("一票否决", default=False, editable=False)
    note = models.CharField("说明", max_length=300, blank=True, editable=False)
    sheet = models.JSONField("计算过程", default=dict, blank=True, editable=False)
    sent_on = models.DateField("征求意见日期", null=True, blank=True, editable=False)
    fixed_on = models.DateField("定格日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-scheme__year", "organization", "pk"]
        verbose_name = "年度考核评价"
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "organization"],
                name="plan_appraisal_once",
                violation_error_message="该单位已有本方案的考核评价。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.scheme}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """A draft is the bureau's own; what was sent is also the unit's."""
        return Q() if reach.everything else unit_scope(reach, "organization") & Q(sent_on__isnull=False)

    def clean(self) -> None:
        if self.organization_id and self.organization.kind not in APPRAISED:
            raise ValidationError({"organization": "考核对象为县区局、功能区部门和事业发展中心。"})


class Outcome(models.TextChoices):
    UPHELD = "upheld", "成立"
    REJECTED = "rejected", "不成立"


class AppraisalObjection(FlowRecord):
    """What a unit says against its sheet. An upheld one that names a record leaves that record out of the item."""

    scope_through = "appraisal"
    text_joins = ("appraisal", "item")

    appraisal = models.ForeignKey(
        Appraisal, models.PROTECT, related_name="objections", verbose_name="考核评价"
    )
    item = models.ForeignKey(
        AppraisalItem, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="评价内容"
    )
    record_key = models.PositiveBigIntegerField(
        "所指记录编号", null=True, blank=True, help_text="记录页地址中的编号；异议成立时该记录不再计入"
    )
    words = models.TextField("异议", max_length=2000)
    answer = models.TextField("答复", max_length=2000, blank=True)
    outcome = models.CharField("结论", max_length=10, choices=Outcome.choices, blank=True)
    answered_on = models.DateField("答复日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "考核异议"

    def __str__(self) -> str:
        return f"{self.appraisal} 异议{self.pk or ''}"

    def attachment_kinds(self) -> list[str]:
        return ["证明材料"]

    def before_create(self, actor) -> None:
        # Whoever fixes the result now meets this objection, or this objection meets the fixed result.
        if self.appraisal_id and records.hold(Appraisal, self.appraisal_id):
            self.appraisal = Appraisal._base_manager.select_related("scheme").get(pk=self.appraisal_id)

    def clean(self) -> None:
        errors = {}
        if self.appraisal_id and self._state.adding:
            due = self.appraisal.due_on
            if self.appraisal.status != "sent":
                errors["appraisal"] = "考核评价在征求意见期间才能提出异议。"
            elif due and timezone.localdate() > due:
                errors["appraisal"] = f"异议期限至{due}，已经过了。"
        if self.appraisal_id and self.item_id and self.item.scheme_id != self.appraisal.scheme_id:
            errors["item"] = "所选内容不属于该方案。"
        if self.record_key is not None and not self.item_id:
            errors["item"] = "指明记录的须同时选择评价内容。"
        elif (
            self.record_key is not None and self._state.adding and self.appraisal_id and not self._is_listed()
        ):
            errors["record_key"] = "该项的清单中没有这条记录。"
        if errors:
            raise ValidationError(errors)

    def _is_listed(self) -> bool:
        """Whether the record is one of those that the item's points come from."""
        lines = [line for line in self.appraisal.sheet.get("lines", ()) if line.get("item") == self.item_id]
        kept = [one["list"] for line in lines for one in line["lists"].values()]
        return any(self.record_key in row.ids for row in MemberList.objects.filter(pk__in=kept))

    def after_write(self, changes: dict, actor) -> None:
        if self.outcome == Outcome.UPHELD and changes.get("status", [None, None])[1] == "answered":
            from ..appraisals import engine

            engine.again(self.appraisal, actor, reason=f"异议成立：{self.words}"[:300])
