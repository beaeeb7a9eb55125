"""What was read out of a notice, waiting for a person to correct it and make it a plan."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from supervision.people.models import Organization
from supervision.people.records import Record

from .plan import Period, Plan, Target, TargetGroup, TargetKind, plain_number, year_field


class NoticeDraft(Record):
    """A notice that was read: its head as read, its whole text, and the plan it has become.

    sha256   of the text: the same notice is read once
    notes    what of the head was concluded and not read
    """

    scope_public = True
    natural = ("title", "number")

    title = models.CharField("标题", max_length=200)
    number = models.CharField("文号", max_length=60, blank=True)
    issuer = models.CharField("印发单位", max_length=120, blank=True)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    year_from = year_field("起始年度", null=True, blank=True)
    year_to = year_field("截止年度", null=True, blank=True)
    file_name = models.CharField("文件", max_length=200, blank=True, editable=False)
    text = models.TextField("原文", editable=False)
    sha256 = models.CharField("原文指纹", max_length=64, unique=True, editable=False)
    notes = models.TextField("读取说明", blank=True, editable=False)
    plan = models.ForeignKey(
        Plan,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="drafts",
        verbose_name="采用为计划",
    )
    adoptions = models.PositiveSmallIntegerField("采用次数", default=0, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "通知草稿"

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.year_from and self.year_to and self.year_to < self.year_from:
            raise ValidationError({"year_to": "截止年度早于起始年度。"})


class ItemKind(models.TextChoices):
    TASK = "task", "任务"
    TARGET = "target", "目标"
    LIST = "list", "项目名单"
    TEXT = "text", "其他文字"


class ItemState(models.TextChoices):
    PENDING = "pending", "待核"
    ACCEPTED = "accepted", "接受"
    REJECTED = "rejected", "不采用"


class NoticeItem(Record):
    """One thing found in a notice, or one piece of its text for which nothing was found.

    paragraph    where it stands, counted from 1
    source       its text as the notice has it; never changed
    issue        what the reader could not tell, or concluded without reading it
    unresolved   whether that keeps it from being accepted with the others at once
    like         the target by whose indicator it is computed; none: followed by hand
    """

    scope_through = "draft"
    natural = ("draft.title", "no", "title")

    draft = models.ForeignKey(NoticeDraft, models.PROTECT, related_name="items", verbose_name="通知草稿")
    order = models.PositiveIntegerField("排序", default=0, editable=False)
    kind = models.CharField("类别", max_length=10, choices=ItemKind.choices)
    state = models.CharField(
        "核对", max_length=10, choices=ItemState.choices, default=ItemState.PENDING, editable=False
    )
    unresolved = models.BooleanField("未识别", default=False, editable=False)
    issue = models.TextField("读取说明", blank=True, editable=False)
    paragraph = models.PositiveIntegerField("段落", default=1, editable=False)
    source = models.TextField("原文", editable=False)
    no = models.CharField("序号", max_length=20, blank=True)
    title = models.CharField("名称", max_length=120, blank=True)
    content = models.TextField("内容", blank=True, max_length=20000)
    group = models.CharField("归类", max_length=20, choices=TargetGroup.choices, default=TargetGroup.OTHER)
    due = models.CharField("完成时限", max_length=120, blank=True)
    figure_kind = models.CharField("形式", max_length=10, choices=TargetKind.choices, blank=True)
    low = models.DecimalField(
        "目标值", max_digits=11, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    high = models.DecimalField(
        "争取值", max_digits=11, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    at_most = models.BooleanField("不高于", default=False)
    unit_label = models.CharField("计量单位", max_length=10, blank=True)
    period = models.CharField("考核周期", max_length=10, choices=Period.choices, blank=True)
    by_year = year_field("年度", null=True, blank=True)
    like = models.ForeignKey(
        Target,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="计算方式比照",
        help_text="不选的不自动计算，由人工跟踪",
    )
    stated_count = models.PositiveIntegerField("载明项目数", null=True, blank=True)
    stated_sections = models.PositiveIntegerField("载明标段数", null=True, blank=True)
    list_kind = models.CharField("名单用途", max_length=60, blank=True)
    adopted = models.BooleanField("已采用", default=False, editable=False)

    class Meta:
        ordering = ["draft", "order", "pk"]
        verbose_name = "通知条目"

    def __str__(self) -> str:
        return f"{self.no} {self.title or self.source[:40]}".strip()

    @property
    def value_text(self) -> str:
        """A target's value as people read it."""
        if self.low is None:
            return "—"
        unit = "%" if self.figure_kind == TargetKind.RATIO else f" {self.unit_label}".rstrip()
        if self.high is not None:
            return f"{plain_number(self.low)}～{plain_number(self.high)}{unit}"
        return f"{'≤' if self.at_most else '≥'}{plain_number(self.low)}{unit}"


class NameRole(models.TextChoices):
    RESPONSIBLE = "responsible", "责任"
    LEAD = "lead", "牵头"
    ASSIST = "assist", "配合"
    PROJECT = "project", "项目"


class NoticeName(Record):
    """A unit of a task or a project of a list, as written, and what of the register it means.

    generic   names a kind of units (各县（区）交通运输局), which no one organisation is
    project   the registered name of the project it means, "" when none is known
    """

    scope_through = "item"

    item = models.ForeignKey(NoticeItem, models.PROTECT, related_name="names", verbose_name="通知条目")
    role = models.CharField("分工", max_length=12, choices=NameRole.choices, default=NameRole.RESPONSIBLE)
    name = models.CharField("名称", max_length=120)
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="对应单位"
    )
    generic = models.BooleanField("泛指", default=False)
    project = models.CharField("对应项目", max_length=120, blank=True)
    note = models.CharField("说明", max_length=200, blank=True, editable=False)
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        ordering = ["item", "order", "pk"]
        verbose_name = "通知中的单位与项目"

    def __str__(self) -> str:
        return self.name

    @property
    def known(self) -> bool:
        """Whether it is clear what it means."""
        return (
            bool(self.project)
            if self.role == NameRole.PROJECT
            else bool(self.organization_id or self.generic)
        )
