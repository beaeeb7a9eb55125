"""Number pools, versions of templates, documents and their deliveries."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from supervision.flows.models import FlowRecord
from supervision.flows.reach import model_named
from supervision.people.models import BUSINESS_ROLES, Organization, OrganizationKind
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach, Scoped, scope_of, under

from . import registry
from .flow import DELIVERED, DRAFT, FLOW, ISSUED

WORD, PDF = "文书（Word）", "文书（PDF）"
TEMPLATE = "文书模板"


class NumberPool(Record):
    """Where the 发文字号 of an organisation's papers come from; the offices below it use it too."""

    scope_public = True  # a number's form is printed on every paper

    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name="发文单位")
    code = models.CharField("用途代码", max_length=40)
    label = models.CharField("用途", max_length=60)
    prefix = models.CharField("机关代字", max_length=30, help_text="如 宿交质")
    pattern = models.CharField("格式", max_length=60, default="{prefix}〔{year}〕{number}号")
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        ordering = ["organization", "code"]
        verbose_name = "发文字号"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"],
                name="papers_pool_use",
                violation_error_message="该单位已设置这一用途的发文字号。",
            ),
            models.UniqueConstraint(
                fields=["prefix", "pattern"],
                name="papers_pool_form",
                violation_error_message="已有发文字号用这一代字和格式，会出现重号。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}（{self.prefix}）"

    def clean(self) -> None:
        for part in ("{prefix}", "{year}", "{number}"):
            if self.pattern.count(part) != 1:
                raise ValidationError(
                    {"pattern": f"格式须含一处 {part}，如 {{prefix}}〔{{year}}〕{{number}}号。"}
                )
        if {"{", "}"} & set(self.prefix):
            raise ValidationError({"prefix": "机关代字不能含花括号。"})

    def text(self, year: int, number: int) -> str:
        """A number as it is printed."""
        filled = self.pattern.replace("{year}", str(year)).replace("{number}", str(number))
        return filled.replace("{prefix}", self.prefix)


class NumberCounter(Scoped):
    """The last number given out of a pool in a year."""

    scope_through = "pool"

    pool = models.ForeignKey(NumberPool, models.PROTECT, related_name="counters")
    year = models.PositiveSmallIntegerField(
        "年度", validators=[MinValueValidator(1949), MaxValueValidator(2100)]
    )
    last = models.PositiveIntegerField("已用到", default=0)

    class Meta:
        ordering = ["pool", "-year"]
        verbose_name = "文号用量"
        constraints = [models.UniqueConstraint(fields=["pool", "year"], name="papers_counter_once")]

    def __str__(self) -> str:
        return f"{self.pool} {self.year}：{self.last}"


class DocumentTemplate(Record):
    """One version of a paper's Word template, kept for good: with it and a document's contents the document
    can be made again. Versions without an organisation are the portal's own."""

    scope_public = True  # a blank form is nobody's secret

    paper = models.CharField("文书", max_length=60, editable=False)
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, editable=False, verbose_name="适用单位"
    )
    number = models.PositiveIntegerField("版次", editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    note = models.CharField("修改说明", max_length=200, blank=True)
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        ordering = ["paper", "organization", "-number"]
        verbose_name = "文书模板"
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "number"],
                condition=Q(organization__isnull=True),
                name="papers_template_shipped",
            ),
            models.UniqueConstraint(fields=["paper", "organization", "number"], name="papers_template_own"),
        ]

    def __str__(self) -> str:
        try:
            label = registry.paper_of(self.paper).label
        except LookupError:
            label = self.paper
        return f"{label}模板 第{self.number}版（{'内置' if self.organization_id is None else '本单位'}）"


class Document(FlowRecord):
    """A paper on a record: drafted by the portal or a person, issued by a person, sent out, received.

    Until it is sent out it is the issuing office's own; from then on whoever sees the record sees it.
    `contents` is the text as printed, so that the paper can be made again from it and its template.
    """

    flow = FLOW
    text_joins = ("organization",)

    model = models.CharField("记录类别", max_length=60, editable=False)
    object_id = models.BigIntegerField("记录编号", editable=False)
    code = models.CharField("文书种类", max_length=60, editable=False)
    signature = models.CharField(
        "签发方式", max_length=10, choices=registry.Signature.choices, editable=False
    )
    title = models.CharField("标题", max_length=300, editable=False)
    number = models.CharField("文号", max_length=120, blank=True, editable=False)
    second_number = models.CharField("第二文号", max_length=120, blank=True, editable=False)
    organization = models.ForeignKey(
        Organization, models.PROTECT, editable=False, verbose_name="承办单位", related_name="+"
    )
    contents = models.JSONField("文书内容", default=dict, editable=False)
    template = models.ForeignKey(
        DocumentTemplate, models.PROTECT, null=True, editable=False, verbose_name="模板", related_name="+"
    )
    approved_by = models.CharField(
        "批准人", max_length=60, blank=True, help_text="由经办人代录领导批示时填写"
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        verbose_name="签发人",
        related_name="+",
    )
    issued_on = models.DateField("成文日期", null=True, editable=False)
    delivered_at = models.DateTimeField("送达时间", null=True, editable=False)
    acknowledged_at = models.DateTimeField("签收时间", null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "文书"
        indexes = [models.Index(fields=["model", "object_id"], name="papers_document_record")]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "object_id", "code", "organization"],
                condition=Q(status=DRAFT),
                name="papers_one_draft",
                violation_error_message="该记录已有一份同类文书草稿。",
            ),
            models.UniqueConstraint(
                fields=["number"],
                condition=~Q(number=""),
                name="papers_number_once",
                violation_error_message="文号已被使用，请检查发文字号的设置。",
            ),
            models.UniqueConstraint(
                fields=["second_number"],
                condition=~Q(second_number=""),
                name="papers_second_number_once",
                violation_error_message="第二文号已被使用，请检查发文字号的设置。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.number}".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        roles = reach.roles & BUSINESS_ROLES
        if not roles and not reach.everything:
            return NOTHING
        within = NOTHING
        for label in registry.host_models():
            model = apps.get_model(label)
            scope = scope_of(model, reach)
            hosts = Q(model=label)
            if scope:
                hosts &= Q(object_id__in=model._base_manager.filter(scope).values("pk"))
            within |= hosts
        # An office below a bureau handles the bureau's papers too.
        bodies = Organization._base_manager.filter(path__in=reach.offices, kind=OrganizationKind.OFFICE)
        own = under(reach.offices, "organization__path") | Q(organization__in=bodies.values("parent"))
        return within & (Q(status=DELIVERED) | own)

    @property
    def kind(self) -> registry.Kind:
        return registry.kind_of(self.code)

    @property
    def kind_label(self) -> str:
        try:
            return self.kind.label
        except LookupError:
            return self.code

    @property
    def record(self) -> Record | None:
        """The record this document is about; None when it was a draft that was deleted since."""
        return model_named(self.model)._base_manager.filter(pk=self.object_id).first()

    @property
    def state_label(self) -> str:
        """The status as people say it: 已签收 once every recipient has signed for it."""
        return "已签收" if self.acknowledged_at else self.status_label

    def attachment_kinds(self) -> list[str]:
        return ["送达回执", "领导批示"]

    def after_write(self, changes: dict, actor) -> None:
        from . import issuing

        if changes.get("status", [None, None])[1] == ISSUED:
            issuing.print_word(self, actor)
            if self.kind.issued is not None and self.record is not None:
                self.kind.issued(self.record, self, actor)
        if changes.get("status", [None, None])[1] == DELIVERED:
            issuing.mark_sent(self, actor)


class Delivery(Record):
    """One recipient of a document: when it was sent, first opened, and signed for (送达回执)."""

    scope_through = "document"
    text_joins = ("document",)

    class Method(models.TextChoices):
        PORTAL = "portal", "平台送达"
        HAND = "hand", "直接送达"
        POST = "post", "邮寄送达"
        LEFT = "left", "留置送达"
        MAIL = "mail", "电子邮件"

    document = models.ForeignKey(
        Document, models.PROTECT, related_name="deliveries", editable=False, verbose_name="文书"
    )
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        verbose_name="受送达单位",
        related_name="+",
    )
    name = models.CharField("受送达人", max_length=120, editable=False)
    method = models.CharField("送达方式", max_length=10, choices=Method.choices, default=Method.PORTAL)
    sent_at = models.DateTimeField("送达时间", null=True, editable=False)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        verbose_name="送达人",
        related_name="+",
    )
    seen_at = models.DateTimeField("首次查看时间", null=True, editable=False)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        verbose_name="首次查看人",
        related_name="+",
    )
    received_at = models.DateTimeField("签收时间", null=True, editable=False)
    receiver = models.CharField("签收人", max_length=60, blank=True, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = "送达"
        constraints = [
            models.UniqueConstraint(
                fields=["document", "name"],
                name="papers_delivery_once",
                violation_error_message="该单位已在送达名单中。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.document} → {self.name}"
