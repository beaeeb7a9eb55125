"""双随机: the roster of inspectors, whom they may not inspect, and the draws."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from projects.models import Project
from projects.models.candidacy import year_field
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.rules.numbers import whole_number

from .inspection import InspectionPlan, OfficeScoped


class Inspector(OfficeScoped, Record):
    """A person on the roster of inspectors (检查人员名录库)."""

    natural = ("name", "organization.name")
    text_joins = ("organization",)

    name = models.CharField("姓名", max_length=40)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="单位")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="账号"
    )
    certificate = models.CharField("执法证号", max_length=40, blank=True)
    specialty = models.CharField("专业", max_length=60, blank=True)
    is_active = models.BooleanField("在册", default=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "检查人员"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="safety_inspector_once",
                violation_error_message="该单位已有同名检查人员。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.organization}）"


class Recusal(Record):
    """An inspector keeps away from a project or a unit: past dealings, kin, other interest."""

    scope_through = "inspector"
    text_joins = ("inspector__organization",)

    inspector = models.ForeignKey(Inspector, models.PROTECT, related_name="recusals", verbose_name="检查人员")
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="回避的项目"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="回避的单位"
    )
    reason = models.CharField("事由", max_length=200)
    since = models.DateField("自", default=timezone.localdate)
    until = models.DateField("至", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "检查回避"

    def __str__(self) -> str:
        return f"{self.inspector.name} 回避 {self.organization or self.project or ''}"

    def clean(self) -> None:
        if (self.project_id is None) == (self.organization_id is None):
            raise ValidationError({"project": "回避的项目和单位填一项。"})
        if self.until and self.since and self.until < self.since:
            raise ValidationError({"until": "结束日期早于开始日期。"})


class RandomDraw(OfficeScoped, FlowRecord):
    """One draw: who inspects what. The rosters are fixed and hashed first, the public seed comes after.

    `rosters` is what was published, `commitment` its SHA-256. `nonce` is the portal's own part of the seed: its
    hash is published with the rosters, itself only with the result. See docs/random-draw.md.
    """

    natural = ("title",)
    secret_fields = frozenset({"nonce"})

    title = models.CharField("抽查名称", max_length=120)
    year = year_field("年度")
    plan = models.ForeignKey(
        InspectionPlan, models.PROTECT, null=True, blank=True, related_name="draws", verbose_name="年度计划"
    )
    number = models.PositiveSmallIntegerField(
        "抽取标段数", validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    per_object = models.PositiveSmallIntegerField(
        "每标段检查人数", default=2, validators=[MinValueValidator(2), MaxValueValidator(6)]
    )
    weighted = models.BooleanField(
        "按风险和信用加权", default=False, help_text="不选为等概率；权值规则为本系统设定"
    )
    credit = models.JSONField(
        "信用加权",
        default=dict,
        blank=True,
        help_text="单位名称=加权值（0 至 10 的整数），多项用；隔开；只在加权时使用",
    )
    due_by = models.DateField("检查完成期限")
    seed_source = models.CharField(
        "公共种子来源",
        max_length=200,
        blank=True,
        help_text="名单公布之后才会产生、人人可查的文字，如“某日某期公开摇奖号码”",
    )
    rosters = models.JSONField("公布的名单", default=dict, editable=False)
    commitment = models.CharField("名单校验值", max_length=64, blank=True, editable=False)
    committed_at = models.DateTimeField("名单公布时间", null=True, editable=False)
    nonce = models.CharField(max_length=64, blank=True, editable=False)
    seed_text = models.CharField("公共种子", max_length=200, blank=True)
    drawn_at = models.DateTimeField("抽取时间", null=True, editable=False)
    result = models.JSONField("抽取结果", default=list, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "双随机抽取"

    def __str__(self) -> str:
        return f"{self.year}年 {self.title}"

    @property
    def object_count(self) -> int:
        return len(self.rosters.get("objects", []))

    @property
    def inspector_count(self) -> int:
        return len(self.rosters.get("inspectors", []))

    def clean(self) -> None:
        wrong = [
            name for name, value in (self.credit or {}).items() if whole_number(str(value), 0, 10) is None
        ]
        if wrong:
            raise ValidationError({"credit": f"“{wrong[0][:40]}”的加权值应为 0 至 10 的整数。"})
