"""Concealed works (隐蔽工程): notice, images of contractor and supervisor, acceptance, covering."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from projects.models import Numbered, Section
from supervision.flows.models import FlowRecord
from supervision.papers.models import Attachment
from supervision.people.models import Role
from supervision.people.records import Record
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.stakes import StakeField

from .of_section import OfSection, raise_if

CONCEALED = "quality-concealed-works"
PLANNED, NOTIFIED, ACCEPTED, COVERED, COVERED_UNSEEN = (
    "planned",
    "notified",
    "accepted",
    "covered",
    "covered_unseen",
)
# A camera whose clock runs a little ahead is not refused.
CLOCK_MAY_BE_FAST = timedelta(minutes=10)
ACCEPTANCE, OPENED = "隐蔽工程验收记录", "剥离检查或检测报告"


class Side(models.TextChoices):
    CONTRACTOR = Role.CONTRACTOR.value, "施工单位"
    SUPERVISOR = Role.SUPERVISOR.value, "监理单位"


IMAGE_KINDS = {Side.CONTRACTOR: "施工影像", Side.SUPERVISOR: "监理影像"}


class ConcealedWork(Numbered, OfSection, FlowRecord):
    """A part that later work hides. It is covered after acceptance; what was covered unseen is opened or tested.

    Its days are those of the acts themselves: nobody dates a notice or an acceptance back.
    """

    number_prefix = "YB"

    part = models.CharField("隐蔽部位", max_length=200)
    stakes = StakeField("桩号", blank=True)
    content = models.CharField("隐蔽内容", max_length=200, help_text="如“钢筋安装”“桩基成孔”")
    planned_at = models.DateTimeField("拟隐蔽时间")
    notified_on = models.DateField("通知日期", null=True, blank=True, editable=False)
    accepted_on = models.DateField("验收日期", null=True, blank=True, editable=False)
    covered_on = models.DateField("隐蔽日期", null=True, blank=True, editable=False)
    unseen_on = models.DateField("发现未验收隐蔽日期", null=True, blank=True, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "隐蔽工程"
        indexes = [
            models.Index(fields=["accepted_on"], name="quality_concealed_accepted"),
            models.Index(fields=["section", "-id"], name="quality_concealed_section"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section} {self.part}".strip()

    def attachment_kinds(self) -> list[str]:
        return [ACCEPTANCE, "隐蔽通知", OPENED]

    def before_create(self, actor) -> None:
        self.rules = rule(CONCEALED)

    def image_counts(self) -> dict[str, int]:
        """How many valid images each side has given."""
        rows = SiteImage.valid().filter(work=self).values_list("side").annotate(number=Count("pk"))
        return dict(rows)

    def missing_images(self) -> list[str]:
        """What the rule set asks for and is not there, as sentences."""
        least, found = self.rules.content["least_images"], self.image_counts()
        return [
            f"{side.label}影像不足：须 {least[side.value]} 张，现有 {found.get(side.value, 0)} 张。"
            for side in Side
            if found.get(side.value, 0) < least[side.value]
        ]


class TimeSource(models.TextChoices):
    CAMERA = "camera", "相机"
    STATED = "stated", "填报"


class SiteImage(Record):
    """An image of a concealed work with time and place. The file is an attachment of the work: kept under its
    SHA-256, never replaced; an image that is wrong is voided with a reason and stays to be seen."""

    scope_through = "section"
    text_joins = ("work__section__project", "section__project", "attachment")

    # The work's own, so that a section's gallery reads one index.
    section = models.ForeignKey(
        Section, models.PROTECT, related_name="+", editable=False, verbose_name="标段"
    )
    work = models.ForeignKey(
        ConcealedWork, models.PROTECT, related_name="images", editable=False, verbose_name="隐蔽工程"
    )
    attachment = models.OneToOneField(
        Attachment, models.PROTECT, related_name="+", editable=False, verbose_name="影像文件"
    )
    side = models.CharField("拍摄方", max_length=12, choices=Side.choices, editable=False)
    place = models.CharField("拍摄部位", max_length=120, editable=False)
    taken_at = models.DateTimeField("拍摄时间", editable=False)
    time_source = models.CharField("时间来源", max_length=8, choices=TimeSource.choices, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "隐蔽工程影像"
        indexes = [
            models.Index(fields=["section", "-id"], name="quality_image_section"),
            models.Index(fields=["work", "side"], name="quality_image_work"),
        ]

    def __str__(self) -> str:
        return f"{self.work.number or ''} {self.place} {self.get_side_display()}".strip()

    @classmethod
    def valid(cls) -> models.QuerySet[SiteImage]:
        """Images whose file was not voided, whoever asks."""
        return cls._base_manager.filter(attachment__void_at__isnull=True)

    @classmethod
    def works_with_both(cls, day) -> Q:
        """Condition on concealed works: by the end of `day` both sides had given an image that still held then."""
        condition = Q()
        held = Q(attachment__void_at__isnull=True) | Q(attachment__void_at__date__gt=day)
        for side in Side:
            rows = cls._base_manager.filter(held, side=side, created_at__date__lte=day)
            condition &= Q(pk__in=rows.values("work"))
        return condition

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if not self.place.strip():
            errors["place"] = "请填写拍摄部位。"
        if self.taken_at and self.taken_at > timezone.now() + CLOCK_MAY_BE_FAST:
            errors["taken_at"] = "拍摄时间不能晚于现在。"
        covered = self.work.covered_on if self.work_id else None
        if covered and self.taken_at and timezone.localdate(self.taken_at) > covered:
            errors["taken_at"] = f"拍摄时间晚于隐蔽日期（{covered}）。"
        raise_if(errors)
