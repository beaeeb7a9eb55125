"""Assessment standards (评价标准) as data: a standard, its versions, their tables and items.

The engine in `projects.standards` reads these rows into plain values (`store.spec_of`) and never writes them.
A version is edited while it is a draft. From its adoption on nothing that a score could depend on changes:
tables and items refuse to be written or removed, and so do the version's own lines and formulas.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, ProtectedError, Q
from django.db.models.signals import pre_delete
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.people.scope import ScopedQuerySet
from supervision.rules.models import HOUSE_RULE, OFFICIAL, Confidence

# Such a code can stand in a formula and in the text that names a record ("PAGD 2018").
plain_code = RegexValidator(
    r"^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]*\Z", "代码以字母或汉字开头，不含空格和标点。"
)


class StandardFamily(models.TextChoices):
    """The first two values are those of `SchemeFamily`: a target finds the assessments of its scheme by them."""

    SAFE_SITE = "safe_site", "平安工地"
    QUALITY = "quality", "品质工程"
    OTHER = "other", "其他"


class Subject(models.TextChoices):
    """Who or what a table judges."""

    CONTRACTOR = "contractor", "施工合同段"
    SUPERVISOR = "supervisor", "监理合同段"
    OWNER = "owner", "建设单位"
    PROJECT = "project", "工程项目"
    WORKS = "works", "分部分项工程"


class TableKind(models.TextChoices):
    SCORED = "scored", "扣分制"
    CHECKLIST = "checklist", "符合性核查"


class Part(models.TextChoices):
    """Which half of a contractor's score a table belongs to."""

    BASIC = "basic", "基础管理"
    SITE = "site", "施工现场"


class MarkColumn(models.TextChoices):
    """The four columns of marks on one sheet, in the order in which they are given."""

    SELF = "self", "自评"
    RECHECK = "recheck", "监理复核"
    OWNER = "owner", "建设单位考核"
    BUREAU = "bureau", "主管部门抽查"


class VersionStatus(models.TextChoices):
    DRAFT = "draft", "草稿"
    ACTIVE = "active", "启用"
    RETIRED = "retired", "停用"


class Sourced(models.Model):
    """Where a rule comes from and how sure that is; what has no official source is shown as 本系统设定."""

    source_document = models.CharField("依据文件", max_length=300, blank=True)
    confidence = models.CharField("依据可信度", max_length=2, choices=Confidence, default=Confidence.DEFAULT)

    class Meta:
        abstract = True

    @property
    def is_official(self) -> bool:
        return self.confidence in OFFICIAL

    @property
    def source_label(self) -> str:
        """What stands beside the rule on a page."""
        return (self.source_document or self.get_confidence_display()) if self.is_official else HOUSE_RULE


class Standard(Sourced, Record):
    """A named standard, such as 平安工地; what it asks stands in its versions."""

    scope_public = True
    few = True
    natural = ("code",)

    code = models.CharField("标准代码", max_length=30, unique=True, validators=[plain_code])
    title = models.CharField("标准名称", max_length=120, unique=True)
    family = models.CharField("类别", max_length=20, choices=StandardFamily.choices)
    jurisdiction = models.CharField("适用地区", max_length=40, blank=True)
    is_example = models.BooleanField(
        "外地示例", default=False, help_text="外省市办法，供比照和换标准试算，不用于本市考核"
    )

    class Meta:
        ordering = ["is_example", "code"]
        verbose_name = "评价标准"

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.is_official and not self.source_document.strip():
            raise ValidationError({"source_document": "有官方依据的标准须写明依据文件。"})


class VersionQuerySet(ScopedQuerySet):
    def in_force(self, code: str, day: date) -> StandardVersion:
        """The adopted version of the standard `code` that applies on `day` (both end days included).

        Where two overlap, the one that took effect last. Raises StandardVersion.DoesNotExist, in Chinese.
        """
        not_ended = Q(effective_to=None) | Q(effective_to__gte=day)
        begun = self.filter(
            not_ended, standard__code=code, effective_from__lte=day, status=VersionStatus.ACTIVE
        ).select_related("standard")
        found = begun.order_by("-effective_from", "-pk").first()
        if found is None:
            raise self.model.DoesNotExist(f"{day} 没有启用的评价标准：{code}")
        return found


def line(label: str, **options) -> models.DecimalField:
    """A score between 0 and 100."""
    return models.DecimalField(
        label,
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        **options,
    )


class StandardVersion(Sourced, FlowRecord):
    """One version of a standard.

    bands, vetoes, formulas, facts, evaluation_types and rounding are declared data; their shape is that of the
    dataclasses in `projects.standards.spec`, each entry a dictionary of plain JSON values (figures as text).
    They are written by the workbook and the shipped files, through `projects.standards.store`.
    """

    scope_public = True
    natural = ("standard.code", "label")
    text_joins = ("standard",)
    unrecorded_fields = FlowRecord.unrecorded_fields

    standard = models.ForeignKey(Standard, models.PROTECT, related_name="versions", verbose_name="评价标准")
    label = models.CharField("版本号", max_length=40)
    effective_from = models.DateField("施行日期")
    effective_to = models.DateField("失效日期", null=True, blank=True, help_text="最后有效日；空白为长期有效")
    pass_line = line("合格线")
    pass_confidence = models.CharField(
        "合格线依据", max_length=2, choices=Confidence, default=Confidence.DEFAULT
    )
    excellent_line = line("优秀线", null=True, blank=True, help_text="空白为不评优秀")
    excellent_confidence = models.CharField(
        "优秀线依据", max_length=2, choices=Confidence, default=Confidence.DEFAULT
    )
    bands = models.JSONField("等次", default=list, editable=False)
    vetoes = models.JSONField("一票否决", default=list, editable=False)
    formulas = models.JSONField("计分公式", default=list, editable=False)
    facts = models.JSONField("另需填报的事实", default=list, editable=False)
    evaluation_types = models.JSONField("评价类型", default=list, editable=False)
    rounding = models.JSONField("取位", default=dict, editable=False)
    remark = models.TextField("说明", blank=True, max_length=2000)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["standard_id", "-effective_from", "-pk"]
        verbose_name = "标准版本"
        constraints = [
            models.UniqueConstraint(
                fields=["standard", "label"],
                name="projects_standard_version",
                violation_error_message="该标准已有同号版本。",
            ),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="projects_standard_period",
                violation_error_message="失效日期不能早于施行日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard.title}（{self.label}）"

    @property
    def is_draft(self) -> bool:
        return self.status == VersionStatus.DRAFT

    @property
    def is_usable(self) -> bool:
        """Whether a new assessment may be made under it; a past one may be re-scored under any adopted one."""
        return self.status == VersionStatus.ACTIVE

    @property
    def pass_label(self) -> str:
        return _line_label(self.pass_line, self.pass_confidence)

    @property
    def excellent_label(self) -> str:
        return _line_label(self.excellent_line, self.excellent_confidence)

    def clean(self) -> None:
        if self.is_official and not self.source_document.strip():
            raise ValidationError({"source_document": "有官方依据的版本须写明依据文件。"})
        if None not in (self.pass_line, self.excellent_line) and self.excellent_line < self.pass_line:
            raise ValidationError({"excellent_line": "优秀线不能低于合格线。"})

    def before_update(self, before: dict) -> None:
        if before.get("status", self.status) == VersionStatus.DRAFT:
            return
        if changed := set(before) - {"status", "due_on", "returned", "effective_to", "remark"}:
            labels = "、".join(sorted(str(self._meta.get_field(name).verbose_name) for name in changed))
            raise ValidationError(f"该版本已启用，不能再改（{labels}）；请另立新版本。")


def _line_label(value: Decimal | None, confidence: str) -> str:
    if value is None:
        return ""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return text if confidence in OFFICIAL else f"{text}（{HOUSE_RULE}）"


def hold_draft(version_id: int) -> None:
    """Take the version's row for this transaction; raises ValidationError unless it is a draft.

    Adoption claims the same row, so that no item slips in between its check and its end.
    """
    drafts = StandardVersion._base_manager.filter(pk=version_id, status=VersionStatus.DRAFT)
    if not drafts.update(updated_at=timezone.now()):
        raise ValidationError("该版本已启用或停用，表和条目不能再改；请另立新版本。")


class StandardTable(Sourced, Record):
    """One sheet of a version: who is judged, and whether by deductions or by a check list."""

    scope_public = True
    natural = ("standard_version.standard.code", "standard_version.label", "code")
    text_joins = ("standard_version__standard",)

    standard_version = models.ForeignKey(
        StandardVersion, models.PROTECT, related_name="tables", verbose_name="标准版本"
    )
    code = models.CharField("表代码", max_length=30, validators=[plain_code])
    title = models.CharField("表名", max_length=120)
    subject = models.CharField("考核对象", max_length=12, choices=Subject.choices)
    kind = models.CharField("计分方式", max_length=10, choices=TableKind.choices, default=TableKind.SCORED)
    part = models.CharField("所属部分", max_length=10, choices=Part.choices, blank=True)
    full_marks = models.DecimalField(
        "表满分",
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="载明的满分，须等于各条目满分之和；空白为不核对",
    )
    applies_when = models.JSONField(
        "适用条件", default=dict, blank=True, help_text='如 mode=["highway"]；空白为一律适用'
    )
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        ordering = ["standard_version_id", "order", "pk"]
        verbose_name = "考核表"
        constraints = [
            models.UniqueConstraint(
                fields=["standard_version", "code"],
                name="projects_standard_table",
                violation_error_message="该版本已有同代码的表。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def before_create(self, actor) -> None:
        if self.standard_version_id:
            hold_draft(self.standard_version_id)

    def before_update(self, before: dict) -> None:
        for version_id in {
            self.standard_version_id,
            before.get("standard_version", self.standard_version_id),
        }:
            hold_draft(version_id)


class StandardItem(Sourced, Record):
    """One line of a table. `key` names it across versions: the same table code and number mean the same item."""

    scope_public = True
    natural = (
        "table.standard_version.standard.code",
        "table.standard_version.label",
        "table.code",
        "no",
    )
    text_joins = ("table__standard_version__standard",)

    table = models.ForeignKey(StandardTable, models.PROTECT, related_name="items", verbose_name="考核表")
    no = models.CharField("序号", max_length=20)
    category = models.CharField("类别", max_length=60, blank=True)
    title = models.CharField("考核项目", max_length=200)
    text = models.TextField("考核内容及评价标准", blank=True, max_length=4000)
    method = models.CharField("考核评价方法", max_length=300, blank=True)
    rule = models.TextField("扣分标准", blank=True, max_length=2000)
    full_marks = models.DecimalField(
        "满分",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="符合性核查不填",
    )
    mandatory = models.BooleanField("必查项", default=False, help_text="带 * 的条目，不能标为不适用")
    applies_when = models.JSONField(
        "适用条件", default=dict, blank=True, help_text='如 feature=["bridge"]；空白为一律适用'
    )
    clause = models.CharField("条款", max_length=100, blank=True)
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        ordering = ["table_id", "order", "pk"]
        verbose_name = "考核条目"
        constraints = [
            models.UniqueConstraint(
                fields=["table", "no"],
                name="projects_standard_item",
                violation_error_message="该表已有同序号的条目。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.table.code} {self.no}{'*' if self.mandatory else ''} {self.title}"

    @property
    def key(self) -> str:
        return f"{self.table.code}/{self.no}"

    def clean(self) -> None:
        if self.table_id and self.table.kind == TableKind.SCORED and self.full_marks is None:
            raise ValidationError({"full_marks": "扣分制的条目须填满分。"})
        if self.table_id and self.table.kind == TableKind.CHECKLIST and self.full_marks is not None:
            raise ValidationError({"full_marks": "符合性核查的条目不填满分。"})

    def before_create(self, actor) -> None:
        if self.table_id:
            hold_draft(self.table.standard_version_id)

    def before_update(self, before: dict) -> None:
        if "table" in before:
            raise ValidationError("条目不能移到另一张表。")
        hold_draft(self.table.standard_version_id)


def keep_adopted(sender, instance, **kwargs) -> None:
    """An adopted version stays whole, however the deletion comes about."""
    version = {
        StandardItem: lambda: instance.table.standard_version,
        StandardTable: lambda: instance.standard_version,
        StandardVersion: lambda: instance,
    }[sender]()
    if not version.is_draft:
        raise ProtectedError("该版本已启用或停用，不能删除其内容。", {instance})


for _model in (StandardVersion, StandardTable, StandardItem):
    pre_delete.connect(keep_adopted, sender=_model, dispatch_uid=f"keep_adopted_{_model.__name__}")
