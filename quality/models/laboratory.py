"""Laboratories, what they are authorised to test and until when, their equipment and its calibration."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Section
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.people.scope import Reach, scope_of
from supervision.rules.words import WordField

from ..rules import parameters

DRAFT, ACTIVE, STOPPED, CLOSED = "draft", "active", "stopped", "closed"


def in_force(day: date) -> tuple[Q, Q]:
    """Rows with `since` and `until` that hold on a day."""
    return Q(until__isnull=True) | Q(until__gte=day), Q(since__lte=day)


class Laboratory(FlowRecord):
    """A 母体 testing institution, or the laboratory that it sets up on the site of a section.

    Institutions are register data that everybody reads; a site laboratory is read by whoever sees its section.
    """

    natural = ("name",)
    text_joins = ()

    name = models.CharField("名称", max_length=120, unique=True)
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        related_name="laboratories",
        verbose_name="检测机构（单位）",
        help_text="母体检测机构为其本单位；工地试验室为设立它的单位",
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sites",
        verbose_name="母体检测机构",
        help_text="工地试验室须选择",
    )
    section = models.ForeignKey(
        Section,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="标段",
        help_text="工地试验室所在标段；母体检测机构不填",
    )
    certificate = models.CharField("等级证书（授权书）编号", max_length=80, blank=True)
    grade = models.CharField("等级与专业", max_length=80, blank=True, help_text="如 公路工程综合乙级")
    since = models.DateField("有效期起")
    until = models.DateField("有效期至", null=True, blank=True)
    head = models.CharField("负责人（授权负责人）", max_length=40, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "试验室"
        indexes = [models.Index(fields=["until"], name="quality_laboratory_until")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        sections = scope_of(Section, reach)
        if not sections:
            return Q()
        return Q(section__isnull=True) | Q(section__in=Section._base_manager.filter(sections).values("pk"))

    def attachment_kinds(self) -> list[str]:
        return ["等级证书", "授权书", "备案材料", "人员与设备清单"]

    @property
    def is_site(self) -> bool:
        return self.parent_id is not None

    def clean(self) -> None:
        errors = {}
        if self.until and self.since and self.until < self.since:
            errors["until"] = "有效期止早于有效期起。"
        if self.parent_id:
            if self.parent.parent_id:
                errors["parent"] = "母体检测机构本身不能是工地试验室。"
            if self.parent_id == self.pk:
                errors["parent"] = "不能以自己为母体。"
            if self.section_id is None:
                errors["section"] = "工地试验室须填写所在标段。"
        elif self.section_id:
            errors["parent"] = "有所在标段的是工地试验室，须选择母体检测机构。"
        if errors:
            raise ValidationError(errors)

    def works_on(self, day: date) -> bool:
        """Whether it may test on a day: filed, and within its own term."""
        return self.status == ACTIVE and self.since <= day and (self.until is None or self.until >= day)

    def authorised(self, parameter: str, day: date) -> bool:
        """Whether a parameter lies within its authorisation on a day."""
        return self.authorisations.filter(*in_force(day), parameter=parameter).exists()


class Authorisation(Record):
    """A parameter that a laboratory may test, from when to when. Ended by its last day, never overwritten."""

    scope_through = "laboratory"
    text_joins = ("laboratory",)

    laboratory = models.ForeignKey(
        Laboratory, models.PROTECT, related_name="authorisations", verbose_name="试验室"
    )
    parameter = WordField("试验参数", max_length=60, words=parameters)
    since = models.DateField("自", default=timezone.localdate)
    until = models.DateField("至", null=True, blank=True)
    basis = models.CharField("授权依据", max_length=120, blank=True, help_text="证书附表或授权书编号")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["laboratory_id", "parameter", "since"]
        verbose_name = "授权参数"
        constraints = [
            models.UniqueConstraint(
                fields=["laboratory", "parameter", "since"],
                name="quality_authorisation_once",
                violation_error_message="该试验室自同一天起已获此参数授权。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.laboratory} {self.parameter}"

    def clean(self) -> None:
        self._meta.get_field("parameter").check_word(self)
        if self.until and self.since and self.until < self.since:
            raise ValidationError({"until": "截止日期早于起始日期。"})
        if not self.laboratory_id or not self.laboratory.is_site or not self.since:
            return
        mother = self.laboratory.parent.authorisations.filter(parameter=self.parameter, since__lte=self.since)
        last = mother.filter(Q(until__isnull=True) | Q(until__gte=self.since))
        if self.until:
            last = last.filter(Q(until__isnull=True) | Q(until__gte=self.until))
        else:
            last = last.filter(until__isnull=True)
        if not last.exists():
            raise ValidationError(
                {"parameter": f"母体检测机构{self.laboratory.parent}在此期间未获“{self.parameter}”的授权。"}
            )


class Equipment(Record):
    """A machine or instrument of a laboratory. Until when it is calibrated follows from its certificates."""

    scope_through = "laboratory"
    text_joins = ("laboratory",)
    natural = ("laboratory.name", "code")
    # Follows from the certificates, which have histories of their own.
    unrecorded_fields = Record.unrecorded_fields | {"valid_until"}

    laboratory = models.ForeignKey(
        Laboratory, models.PROTECT, related_name="equipment", verbose_name="试验室"
    )
    code = models.CharField("设备编号", max_length=40)
    name = models.CharField("设备名称", max_length=80)
    maker = models.CharField("型号与厂家", max_length=120, blank=True)
    valid_until = models.DateField("校准有效期至", null=True, blank=True, editable=False)
    retired_on = models.DateField("停用日期", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["laboratory_id", "code"]
        verbose_name = "仪器设备"
        constraints = [
            models.UniqueConstraint(
                fields=["laboratory", "code"],
                name="quality_equipment_code",
                violation_error_message="该试验室已有同编号设备。",
            )
        ]
        indexes = [models.Index(fields=["valid_until"], name="quality_equipment_until")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def attachment_kinds(self) -> list[str]:
        return ["设备照片", "使用记录"]

    @property
    def calibration_state(self) -> str:
        """Whether it is calibrated today, in words."""
        if self.retired_on:
            return "已停用"
        if self.valid_until is None:
            return "无有效证书"
        left = (self.valid_until - timezone.localdate()).days
        return f"已过期{-left}天" if left < 0 else f"有效（还有{left}天）"


class CalibrationResult(models.TextChoices):
    PASSED = "passed", "合格"
    LIMITED = "limited", "限制使用"
    FAILED = "failed", "不合格"


class Calibration(Record):
    """A certificate of verification or calibration. What was filed stays; after a wrong one comes a right one."""

    scope_through = "equipment"
    text_joins = ("equipment__laboratory",)

    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="calibrations", verbose_name="设备")
    certificate = models.CharField("证书编号", max_length=80)
    agency = models.CharField("检定校准机构", max_length=120)
    calibrated_on = models.DateField("检定校准日期")
    valid_until = models.DateField("有效期至")
    result = models.CharField("结论", max_length=10, choices=CalibrationResult.choices, default="passed")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-calibrated_on", "-pk"]
        verbose_name = "检定校准"
        constraints = [
            models.UniqueConstraint(
                fields=["equipment", "certificate"],
                name="quality_calibration_once",
                violation_error_message="该设备已登记此证书。",
            )
        ]
        indexes = [models.Index(fields=["equipment", "valid_until"], name="quality_calibration_until")]

    def __str__(self) -> str:
        return f"{self.equipment} {self.certificate}"

    def attachment_kinds(self) -> list[str]:
        return ["检定校准证书", "确认记录"]

    def clean(self) -> None:
        errors = {}
        if self.calibrated_on and self.calibrated_on > timezone.localdate():
            errors["calibrated_on"] = "检定校准日期不能晚于今天。"
        if self.calibrated_on and self.valid_until and self.valid_until < self.calibrated_on:
            errors["valid_until"] = f"有效期早于检定校准日期（{self.calibrated_on}）。"
        if errors:
            raise ValidationError(errors)

    def after_write(self, changes: dict, actor) -> None:
        """The equipment is calibrated until the last day of what its latest certificate says."""
        last = Calibration.objects.filter(equipment=self.equipment_id).first()
        until = None if last.result == CalibrationResult.FAILED else last.valid_until
        Equipment.objects.filter(pk=self.equipment_id).update(valid_until=until)
