"""Machinery and special equipment, and every certificate that runs out: of equipment and of persons."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from supervision.flows.models import FlowRecord

from ..rules import rule
from .on_section import BelowSection, OfSection

SPECIAL_RULE = "special-equipment"
ENTERING, USED, STOPPED, LEFT = "entering", "used", "stopped", "left"
HELD, ENDED = "held", "ended"


class MachineKind(models.TextChoices):
    EXCAVATOR = "excavator", "挖掘机"
    LOADER = "loader", "装载机"
    ROLLER = "roller", "压路机"
    PAVER = "paver", "摊铺机"
    MIXER = "mixer", "拌和设备"
    PUMP = "pump", "混凝土泵车"
    PILE = "pile", "桩工机械"
    SHIP = "ship", "施工船舶"
    TOWER_CRANE = "tower_crane", "塔式起重机"
    GANTRY_CRANE = "gantry_crane", "门式起重机"
    BRIDGE_ERECTOR = "bridge_erector", "架桥机"
    CABLE_CRANE = "cable_crane", "缆索起重机"
    HOIST = "hoist", "施工升降机"
    MOBILE_CRANE = "mobile_crane", "流动式起重机"
    FORKLIFT = "forklift", "叉车"
    PRESSURE_VESSEL = "pressure_vessel", "压力容器、储气罐"
    OTHER = "other", "其他"


class Machine(OfSection, FlowRecord):
    """One machine on a section. Special equipment is used only when inspected and registered."""

    natural = ("section.project.name", "section.code", "code")

    kind = models.CharField("设备种类", max_length=20, choices=MachineKind.choices)
    code = models.CharField("设备编号", max_length=40, help_text="出厂编号或现场编号，同一标段内不重复")
    model_name = models.CharField("规格型号", max_length=80)
    made_by = models.CharField("制造单位", max_length=120, blank=True)
    owned_by = models.CharField("产权单位", max_length=120, blank=True)
    is_special = models.BooleanField("特种设备", default=False, editable=False)
    registration = models.CharField("使用登记证编号", max_length=60, blank=True)
    safety_devices = models.CharField(
        "安全装置", max_length=300, blank=True, help_text="如力矩限制器、限位器、制动器"
    )
    entered_on = models.DateField("进场验收日期", null=True, blank=True)
    left_on = models.DateField("退场日期", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "机械设备"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "code"],
                name="safety_machine_once",
                violation_error_message="该标段已有此编号的设备。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.get_kind_display()} {self.code}"

    def attachment_kinds(self) -> list[str]:
        return ["进场验收记录", "产品合格证", "使用登记证", "安拆方案与资质", "维护保养记录", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_past(errors, "entered_on", "left_on")
        if self.left_on and self.entered_on and self.left_on < self.entered_on:
            errors["left_on"] = f"退场日期早于进场验收日期（{self.entered_on}）。"
        if errors:
            raise ValidationError(errors)

    def before_create(self, actor) -> None:
        self._class()

    def before_update(self, before: dict) -> None:
        if "kind" in before:
            self._class()

    def _class(self) -> None:
        self.is_special = self.kind in rule(SPECIAL_RULE).content["special"]

    def lacking(self) -> list[str]:
        """What special equipment still lacks to be used today, as sentences; nothing for other machines."""
        if not self.is_special:
            return []
        lacking = [] if self.registration else ["特种设备未填使用登记证编号。"]
        valid = set(
            self.certificates.filter(status=HELD, valid_until__gte=timezone.localdate()).values_list(
                "kind", flat=True
            )
        )
        return lacking + [
            f"缺少有效的{CertificateKind(kind).label}证书。"
            for kind in rule(SPECIAL_RULE).content["required"]
            if kind not in valid
        ]


class Expiring(FlowRecord):
    """A certificate that runs out. That it is expired is asked of `valid_until`, never stored; the last day is
    still valid. `reminded` is the notice that went out last: so many days before."""

    number = models.CharField("证书编号", max_length=60)
    issued_by = models.CharField("发证（检验）机构", max_length=120, blank=True)
    issued_on = models.DateField("发证（检验）日期", null=True, blank=True)
    valid_until = models.DateField("有效期至")
    reminded = models.PositiveSmallIntegerField("已提醒（到期前天数）", null=True, editable=False)

    class Meta:
        abstract = True

    def attachment_kinds(self) -> list[str]:
        return ["证书", "其他"]

    @property
    def days_left(self) -> int:
        """Days until the last valid day; 0 on that day, negative after it."""
        return (self.valid_until - timezone.localdate()).days

    @property
    def validity(self) -> str:
        """How it stands today, in words."""
        if self.status != HELD:
            return "—"
        left = self.days_left
        return f"已过期{-left}日" if left < 0 else "今日到期" if left == 0 else f"还有{left}日"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.issued_on and self.issued_on > timezone.localdate():
            errors["issued_on"] = "发证（检验）日期不能晚于今天。"
        if self.issued_on and self.valid_until and self.valid_until < self.issued_on:
            errors["valid_until"] = f"有效期至早于发证（检验）日期（{self.issued_on}）。"
        if errors:
            raise ValidationError(errors)

    def before_update(self, before: dict) -> None:
        if "valid_until" in before:
            self.reminded = None


class CertificateKind(models.TextChoices):
    INSPECTION = "inspection", "定期检验"
    CALIBRATION = "calibration", "安全附件校验"
    OTHER = "other", "其他"


class DeviceCertificate(BelowSection, Expiring):
    """An inspection of a machine or a calibration of one of its safety devices."""

    scope_through = "machine"
    text_joins = ("machine__section__project",)

    machine = models.ForeignKey(Machine, models.PROTECT, related_name="certificates", verbose_name="机械设备")
    kind = models.CharField("证书种类", max_length=12, choices=CertificateKind.choices)
    device = models.CharField("安全附件名称", max_length=80, blank=True, help_text="安全附件校验的填写")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "设备检验与校验"
        indexes = [models.Index(fields=["status", "valid_until"], name="safety_device_expiry")]
        constraints = [
            models.UniqueConstraint(
                fields=["machine", "kind", "number"],
                name="safety_device_certificate_once",
                violation_error_message="该设备已有此编号的证书。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.machine} {self.device or self.get_kind_display()} {self.number}"

    def clean(self) -> None:
        super().clean()
        if self.kind == CertificateKind.CALIBRATION and not self.device:
            raise ValidationError({"device": "请填写校验的是哪一安全附件。"})


class Trade(models.TextChoices):
    ELECTRICIAN = "electrician", "电工"
    WELDER = "welder", "焊接与热切割"
    HEIGHT = "height", "高处作业（架子工）"
    CRANE_DRIVER = "crane_driver", "起重机司机"
    SIGNALLER = "signaller", "起重指挥、司索"
    RIGGER = "rigger", "设备安拆工"
    BLASTER = "blaster", "爆破作业"
    DIVER = "diver", "潜水作业"
    BOATMAN = "boatman", "船员"
    OFFICER = "officer", "专职安全员、项目负责人（考核合格证）"
    OTHER = "other", "其他"


class WorkerCertificate(OfSection, Expiring):
    """The certificate without which somebody may not do a dangerous trade. Of the person only the name stands here,
    as the certificate itself shows it."""

    holder = models.CharField("持证人", max_length=40)
    trade = models.CharField("作业类别", max_length=20, choices=Trade.choices)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "特种作业人员证书"
        indexes = [models.Index(fields=["status", "valid_until"], name="safety_worker_expiry")]
        constraints = [
            models.UniqueConstraint(
                fields=["section", "trade", "number"],
                name="safety_worker_certificate_once",
                violation_error_message="该标段已登记此证书。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.holder} {self.get_trade_display()}"
