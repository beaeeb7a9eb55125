"""Technical service bodies (安全生产技术服务机构): register, undertakings, services, assessment, black list.

The register is public among those who sign in, as are organisations: whoever buys a service has to know whom they
may choose. What a body did for whom follows the works, the enterprise or the route.
"""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import AtObject, Numbered
from projects.models.candidacy import year_field
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization, OrganizationKind
from supervision.people.records import Record
from supervision.rules.models import RuleSet
from supervision.rules.words import WordField

from ..bodies import scoring
from ..rules import rule

BODIES = "service-bodies"


def content() -> dict:
    """The rule set in force."""
    return rule(BODIES).content


def vetoes() -> list[str]:
    return list(content()["vetoes"])


def grounds() -> list[str]:
    return list(content()["listing"]["grounds"])


class ServiceBody(Record):
    """A body on the register: what it may do, by which qualification, until when."""

    natural = ("organization.name",)
    scope_public = True
    text_joins = ("organization",)

    organization = models.OneToOneField(
        Organization, models.PROTECT, related_name="service_body", verbose_name="机构"
    )
    scope = models.JSONField("服务范围", default=list, help_text="如 安全评价、检测检验、安全咨询")
    qualification = models.CharField("资质名称", max_length=120)
    certificate = models.CharField("资质证书编号", max_length=60)
    qualified_from = models.DateField("资质有效期自")
    qualified_until = models.DateField("资质有效期至")
    leader = models.CharField("技术负责人", max_length=40, blank=True)
    remark = models.TextField("备注", max_length=1000, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = "技术服务机构"

    def __str__(self) -> str:
        return self.organization.name

    def attachment_kinds(self) -> list[str]:
        return ["资质证书", "营业执照", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.organization_id and self.organization.kind != OrganizationKind.SERVICE_BODY:
            errors["organization"] = "请选择单位类别为“安全生产技术服务机构”的单位。"
        if not self.scope:
            errors["scope"] = "请填写服务范围。"
        if self.qualified_from and self.qualified_until and self.qualified_until < self.qualified_from:
            errors["qualified_until"] = "有效期的截止早于开始。"
        if errors:
            raise ValidationError(errors)

    def barred(self, day: date) -> str:
        """Why it cannot be chosen for a service that begins on a day, in Chinese; "" where it can."""
        listing = ServiceListing.on(day).filter(body=self).order_by("-valid_until").first()
        if listing is not None:
            return f"该机构在黑名单内（{listing.number}，至{listing.valid_until}），不得承接新的技术服务。"
        if not self.qualified_from <= day <= self.qualified_until:
            return f"该机构的资质有效期为{self.qualified_from}至{self.qualified_until}，服务开始时无效。"
        if not self.pledges.filter(year=day.year).exists():
            return f"该机构没有登记{day.year}年度诚信承诺（本系统设定：承诺后方可承接）。"
        return ""


class OfBody(Record):
    """What hangs on a body, its `body`."""

    scope_through = "body"
    text_joins = ("body__organization",)

    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True


class ServicePledge(OfBody):
    """诚信承诺 of a year; the paper with its seal is attached."""

    body = models.ForeignKey(ServiceBody, models.PROTECT, related_name="pledges", verbose_name="技术服务机构")
    year = year_field("年度")
    pledged_on = models.DateField("承诺日期")
    signer = models.CharField("签署人", max_length=40, help_text="法定代表人或其授权人")
    text = models.TextField(
        "承诺内容",
        max_length=3000,
        default="独立、客观、真实开展技术服务；不出具虚假报告；不出租、出借资质，不转包；自觉接受监督检查，失信愿受惩戒。",
    )

    class Meta:
        ordering = ["-year", "-pk"]
        verbose_name = "诚信承诺"
        constraints = [
            models.UniqueConstraint(
                fields=["body", "year"],
                name="safety_pledge_once",
                violation_error_message="该机构该年度已登记承诺。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.body} {self.year}年诚信承诺"

    def attachment_kinds(self) -> list[str]:
        return ["诚信承诺书"]

    def clean(self) -> None:
        if self.pledged_on and self.pledged_on > timezone.localdate():
            raise ValidationError({"pledged_on": "承诺日期不能晚于今天。"})


class ServiceJob(Numbered, AtObject, FlowRecord):
    """One service done for a unit: for which works, enterprise or route, with the report it ended in."""

    number_prefix = "JSFW"

    body = models.ForeignKey(ServiceBody, models.PROTECT, related_name="jobs", verbose_name="技术服务机构")
    client = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="委托单位",
        help_text="不填为该项目（标段）、企业、路线的责任单位",
    )
    topic = models.CharField("服务内容", max_length=160)
    begins_on = models.DateField("服务开始日期", default=timezone.localdate)
    done_on = models.DateField("完成日期", null=True, blank=True)
    conclusion = models.TextField("服务结论", max_length=2000, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "技术服务"

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.topic}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["服务报告", "合同", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        if self.done_on and self.done_on > timezone.localdate():
            errors["done_on"] = "完成日期不能晚于今天。"
        elif self.done_on and self.begins_on and self.done_on < self.begins_on:
            errors["done_on"] = f"完成日期早于服务开始日期（{self.begins_on}）。"
        chosen = self.body_id and self.begins_on and self._chosen_anew()
        if chosen and (reason := self._barred()):
            errors["body"] = reason
        if errors:
            raise ValidationError(errors)

    def _chosen_anew(self) -> bool:
        """Whether the body is chosen by this very write: what was chosen before a listing goes on."""
        former = type(self)._base_manager.filter(pk=self.pk).values("body_id", "begins_on").first()
        return former is None or (former["body_id"], former["begins_on"]) != (self.body_id, self.begins_on)

    def _barred(self) -> str:
        # A body on the list today is chosen for nothing, whatever day is written as the beginning.
        today = timezone.localdate()
        listed = ServiceListing.on(today).filter(body_id=self.body_id).exists()
        return self.body.barred(today if listed else self.begins_on)

    def before_create(self, actor) -> None:
        if self.project_id and self.client_id is None:
            self.client = self.unit_now()


class BodyGrade(models.TextChoices):
    EXCELLENT = "excellent", "优秀"
    PASSED = "passed", "合格"
    POOR = "poor", "基本合格"
    FAILED = "failed", "不合格"


class ServiceAssessment(Numbered, OfBody, FlowRecord):
    """A body's year by the score sheet: what each item lost, or the one ground that outweighs all."""

    number_prefix = "JSKH"

    body = models.ForeignKey(
        ServiceBody, models.PROTECT, related_name="assessments", verbose_name="技术服务机构"
    )
    year = year_field("年度")
    deducted = models.JSONField("各项扣分", default=dict, blank=True, help_text="评分项=扣分，多项用；隔开")
    findings = models.TextField("扣分事由", max_length=3000, blank=True)
    veto = WordField("一票否决情形", max_length=80, blank=True, words=vetoes)
    sheet_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="评分表"
    )
    score = models.DecimalField("得分", max_digits=5, decimal_places=2, null=True, editable=False)
    grade = models.CharField("等次", max_length=10, choices=BodyGrade.choices, blank=True, editable=False)
    settled_on = models.DateField("评定日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-year", "-pk"]
        verbose_name = "机构年度考核"
        constraints = [
            models.UniqueConstraint(
                fields=["body", "year"],
                name="safety_body_year_once",
                violation_error_message="该机构该年度已有考核。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.body} {self.year}年考核".strip()

    def attachment_kinds(self) -> list[str]:
        return ["考核资料", "否决依据"]

    def clean(self) -> None:
        self._meta.get_field("veto").check_word(self)
        errors: dict[str, list[str] | str] = {}
        sheet = (self.sheet_rule.content if self.sheet_rule_id else content())["sheet"]
        if wrong := scoring.problems(sheet, self.deducted or {}):
            errors["deducted"] = wrong
        if (self.deducted or self.veto) and not self.findings:
            errors["findings"] = "有扣分或否决的，请写明事由。"
        if errors:
            raise ValidationError(errors)
        made = self.reckoned
        self.score, self.grade = made.score, made.grade

    @property
    def reckoned(self) -> scoring.Scored:
        rules = self.sheet_rule.content if self.sheet_rule_id else content()
        return scoring.score(rules["sheet"], rules["grades"], self.deducted or {}, bool(self.veto))

    def before_create(self, actor) -> None:
        self.sheet_rule = rule(BODIES)


class WarningKind(models.TextChoices):
    WARNING = "warning", "警示"
    INTERVIEW = "interview", "约谈"


class ServiceWarning(Numbered, OfBody, FlowRecord):
    """警示约谈: why, what is asked, and what the body answered."""

    number_prefix = "JSJY"

    body = models.ForeignKey(
        ServiceBody, models.PROTECT, related_name="warnings", verbose_name="技术服务机构"
    )
    kind = models.CharField("方式", max_length=10, choices=WarningKind.choices)
    reason = models.TextField("事由", max_length=2000)
    demand = models.TextField("要求", max_length=2000)
    answer_by = models.DateField("回复期限")
    meeting_at = models.CharField("约谈时间和地点", max_length=120, blank=True, help_text="约谈填写")
    issued_on = models.DateField("发出日期", null=True, blank=True, editable=False)
    answer = models.TextField("整改回复", max_length=3000, blank=True)
    closed_on = models.DateField("办结日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "警示约谈"

    def __str__(self) -> str:
        return f"{self.number or ''} {self.body} {self.get_kind_display()}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["约谈记录", "整改回复", "文书"]

    def clean(self) -> None:
        if self.kind == WarningKind.INTERVIEW and not self.meeting_at:
            raise ValidationError({"meeting_at": "请填写约谈时间和地点。"})


class ServiceListing(Numbered, OfBody, FlowRecord):
    """The black list: proposed by one, decided by another, for a term; whoever is on it is chosen for nothing."""

    number_prefix = "JSHM"

    body = models.ForeignKey(
        ServiceBody, models.PROTECT, related_name="listings", verbose_name="技术服务机构"
    )
    ground = WordField("列入情形", max_length=80, words=grounds)
    reason = models.TextField("事实与依据", max_length=3000)
    assessment = models.ForeignKey(
        ServiceAssessment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="listings",
        verbose_name="依据的考核",
    )
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="规则"
    )
    listed_on = models.DateField("列入日期", null=True, blank=True, editable=False)
    valid_until = models.DateField("期满日", null=True, blank=True, editable=False)
    exit_reason = models.TextField("移出理由", max_length=1000, blank=True)
    exited_on = models.DateField("移出日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "机构黑名单"
        indexes = [models.Index(fields=["body", "valid_until"], name="safety_body_listed")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.body} 黑名单".strip()

    def attachment_kinds(self) -> list[str]:
        return ["认定依据", "移出依据"]

    @property
    def is_over(self) -> bool:
        return bool(self.valid_until) and self.exited_on is None and self.valid_until < timezone.localdate()

    @classmethod
    def on(cls, day: date) -> models.QuerySet[ServiceListing]:
        """Those in force on a day; a term that has run out ends by itself."""
        return cls.objects.filter(
            Q(exited_on__isnull=True) | Q(exited_on__gt=day), listed_on__lte=day, valid_until__gte=day
        )

    def clean(self) -> None:
        self._meta.get_field("ground").check_word(self)
        if self.assessment_id and self.assessment.body_id != self.body_id:
            raise ValidationError({"assessment": "所选考核不是该机构的。"})

    def before_create(self, actor) -> None:
        self.rules = rule(BODIES)
