"""Whose credit is kept: enterprises, persons in regulated posts; what they came of and are evaluated in."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Participation, Section
from supervision.people.models import AUTHORITY_ROLES, Organization, Role
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach, scope_of, under
from supervision.rules.uscc import validate_uscc

from ..credit.rules import PERSONS, Family


def year_field(label: str, **options) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        label, validators=[MinValueValidator(2000), MaxValueValidator(2100)], **options
    )


class SubjectKind(models.TextChoices):
    ENTERPRISE = "enterprise", "企业"
    PERSON = "person", "从业人员"


# Kinds of organisation whose credit is kept.
RATED_KINDS = frozenset({"contractor", "supervisor", "designer", "laboratory", "group"})


def own_and_clients(reach: Reach, path: str = "organization") -> Q:
    """Units within a reach: those one belongs to, and those at work today on sections that one sees as their owner
    or as their authority. Whoever works beside a unit on a section does not see its credit."""
    if reach.everything:
        return Q()
    own = under({office for _, office in reach.parties}, f"{path}__path")
    clients = frozenset((role, office) for role, office in reach.parties if role == Role.OWNER)
    if not (clients or reach.districts or reach.sectors):
        return own
    narrow = replace(reach, parties=clients)
    sections = Section._base_manager.filter(scope_of(Section, narrow)).values("pk")
    at_work = Participation.on(timezone.localdate()).filter(section__in=sections)
    return own | Q(**{f"{path}__in": at_work.values("organization")})


def once_shown(reach: Reach, shown: Q, own: Q = NOTHING) -> Q:
    """Rows of a subject that are not everybody's from the beginning: the authorities read all of them, the subject
    and its owner clients those that are `shown`, and whoever it is `own` those too."""
    if reach.everything:
        return Q()
    subjects, found = CreditSubject._base_manager, own
    if reach.districts or reach.sectors:
        within = scope_of(CreditSubject, replace(reach, parties=frozenset()))
        found |= Q(subject__in=subjects.filter(within).values("pk"))
    if reach.parties:
        within = scope_of(CreditSubject, replace(reach, districts=frozenset(), sectors=frozenset()))
        found |= shown & Q(subject__in=subjects.filter(within).values("pk"))
    return found


class CreditSubject(Record):
    """An enterprise, or a person in a regulated post together with the unit they work for."""

    natural = ("title",)
    text_joins = ("organization",)

    kind = models.CharField("主体类别", max_length=12, choices=SubjectKind.choices, default="enterprise")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="credit_subjects", verbose_name="单位"
    )
    name = models.CharField("姓名", max_length=40, blank=True, help_text="从业人员填写")
    post = models.CharField("岗位", max_length=60, blank=True, help_text="从业人员填写，如试验检测师")
    certificate = models.CharField(
        "资格证书编号", max_length=60, blank=True, help_text="从业人员填写，用于区分同名"
    )
    family = models.CharField(
        "适用规则", max_length=20, choices=Family.choices, help_text="按哪一套规则评价；另有评价的另行生成"
    )
    entered_on = models.DateField("进入本地区日期", null=True, blank=True)
    is_active = models.BooleanField("参加评价", default=True)
    remark = models.CharField("备注", max_length=200, blank=True)
    title = models.CharField("信用主体", max_length=240, unique=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["title"]
        verbose_name = "信用主体"
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(kind="enterprise"),
                name="integrity_subject_enterprise",
                violation_error_message="该企业已是信用主体。",
            ),
        ]
        indexes = [models.Index(fields=["family", "is_active"], name="integrity_subject_family")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return own_and_clients(reach)

    @property
    def is_person(self) -> bool:
        return self.kind == SubjectKind.PERSON

    @property
    def uscc(self) -> str:
        return self.organization.uscc

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.is_person:
            for name in ("name", "post", "certificate"):
                if not getattr(self, name).strip():
                    errors[name] = "从业人员须填写。"
        else:
            for name in ("name", "post", "certificate"):
                if getattr(self, name):
                    errors[name] = "企业不填姓名、岗位和证书编号。"
        if self.family and (self.family in PERSONS) != self.is_person:
            errors["family"] = "所选规则不适用于这一类主体。"
        if self.organization_id and self.organization.kind not in RATED_KINDS:
            errors["organization"] = f"{self.organization.get_kind_display()}不参加信用评价。"
        if self.entered_on and self.entered_on > timezone.localdate():
            errors["entered_on"] = "不能晚于今天。"
        if self.organization_id:
            self.title = self._title()
            twin = CreditSubject.objects.filter(title=self.title).exclude(pk=self.pk)
            if not errors and twin.exists():
                errors["certificate" if self.is_person else "organization"] = "该信用主体已登记。"
        if errors:
            raise ValidationError(errors)

    def _title(self) -> str:
        if self.is_person:
            return f"{self.organization.name} {self.name}（{self.certificate}）"
        return self.organization.name

    def before_create(self, actor) -> None:
        if self.organization_id:
            self.title = self._title()

    def before_update(self, before: dict) -> None:
        self.title = self._title()


class OriginKind(models.TextChoices):
    MERGE = "merge", "合并"
    SPLIT = "split", "分立"


class CreditOrigin(Record):
    """What a subject came of: each of those it was merged of, or the one it was split from."""

    scope_through = "subject"
    text_joins = ("subject", "predecessor")

    subject = models.ForeignKey(
        CreditSubject, models.PROTECT, related_name="origins", verbose_name="信用主体"
    )
    kind = models.CharField("情形", max_length=8, choices=OriginKind.choices)
    predecessor = models.ForeignKey(
        CreditSubject, models.PROTECT, related_name="successors", verbose_name="原主体"
    )
    on = models.DateField("生效日期")
    remark = models.CharField("依据", max_length=200, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "合并分立"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "predecessor"],
                name="integrity_origin_once",
                violation_error_message="两者的关系已登记。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.get_kind_display()}自 {self.predecessor}"

    def attachment_kinds(self) -> list[str]:
        return ["证明材料"]

    def after_write(self, changes: dict, actor) -> None:
        from ..credit import evaluating

        evaluating.follow_facts(self.subject_id, self.subject.family, self.on.year, actor, "合并分立登记")

    def clean(self) -> None:
        if self.subject_id and self.subject_id == self.predecessor_id:
            raise ValidationError({"predecessor": "原主体不能是该主体本身。"})


class UnitKind(models.TextChoices):
    BID = "bid", "投标"
    PERFORMANCE = "performance", "履约"


class CreditUnit(Record):
    """What a subject is evaluated in: one bid, or one contract section in one year. Each begins with 100 points."""

    scope_through = "subject"
    natural = ("subject.title", "name")
    text_joins = ("subject",)

    subject = models.ForeignKey(CreditSubject, models.PROTECT, related_name="units", verbose_name="信用主体")
    family = models.CharField("规则", max_length=20, choices=Family.choices)
    year = year_field("评价年度")
    kind = models.CharField("单元类别", max_length=12, choices=UnitKind.choices)
    name = models.CharField("投标项目或合同段", max_length=160)
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="标段"
    )
    price = models.DecimalField(
        "合同价（万元）",
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="履约单元按此加权",
    )
    evaluator = models.CharField(
        "评价人", max_length=120, blank=True, help_text="投标为招标人，履约为项目法人"
    )
    joint = models.CharField("联合体其他成员", max_length=200, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-year", "pk"]
        verbose_name = "评价单元"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "family", "year", "kind", "name"],
                name="integrity_unit_once",
                violation_error_message="该评价单元已登记。",
            ),
            models.CheckConstraint(condition=Q(kind__in=UnitKind.values), name="integrity_unit_kind"),
        ]
        indexes = [models.Index(fields=["family", "year", "subject"], name="integrity_unit_year")]

    # Of many made at once their maker sees to what follows.
    follows_by_itself = True

    def __str__(self) -> str:
        return f"{self.year}年 {self.get_kind_display()} {self.name}"

    def before_create(self, actor) -> None:
        """Once a year's result was told to its subject, an owner alone changes nothing it rests on."""
        if not actor.user or actor.user.roles & AUTHORITY_ROLES or not self.subject_id:
            return
        from .credit_evaluation import TOLD

        told = self.subject.evaluations.filter(family=self.family, year=self.year, status__in=TOLD)
        if told.exists():
            raise ValidationError({"year": "该主体此年度的评价已送达，由主管部门补充评价单元。"})

    def after_write(self, changes: dict, actor) -> None:
        """What was computed with other units, or at another price, is computed again."""
        if self.follows_by_itself and {"price", "kind"} & set(changes):
            from ..credit import evaluating

            why = f"评价单元“{self.name[:40]}”变动"
            evaluating.follow_facts(self.subject_id, self.family, self.year, actor, why)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.kind == UnitKind.PERFORMANCE and self.price is None and self.section_id:
            self.price = self.section.contract_price
        if self.kind == UnitKind.PERFORMANCE and not self.price and self.family != Family.LABORATORY:
            errors["price"] = "履约单元须有大于零的合同价。"
        if self.family in PERSONS:
            errors["family"] = "从业人员按累计扣分评价，没有评价单元。"
        if errors:
            raise ValidationError(errors)


class ExternalScope(models.TextChoices):
    PROVINCE = "province", "省级"
    NATION = "nation", "全国"


class ExternalGrade(Record):
    """A grade given elsewhere, entered or imported by the enterprise's credit code."""

    scope_through = "subject"
    text_joins = ("subject",)

    uscc = models.CharField("统一社会信用代码", max_length=18, validators=[validate_uscc])
    subject = models.ForeignKey(
        CreditSubject,
        models.PROTECT,
        null=True,
        related_name="external_grades",
        editable=False,
        verbose_name="信用主体",
    )
    family = models.CharField("规则", max_length=20, choices=Family.choices)
    year = year_field("评价年度")
    scope = models.CharField("范围", max_length=10, choices=ExternalScope.choices)
    authority = models.CharField("发布单位", max_length=120)
    grade = models.CharField("等级", max_length=2, choices=[(one, one) for one in ("AA", "A", "B", "C", "D")])
    score = models.DecimalField("得分", max_digits=7, decimal_places=4, null=True, blank=True)
    direct = models.BooleanField("直接定级", default=False, help_text="直接定为D级的")
    published_on = models.DateField("发布日期", null=True, blank=True)
    source = models.CharField("来源文件", max_length=200, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-year", "pk"]
        verbose_name = "外部评价结果"
        constraints = [
            models.UniqueConstraint(
                fields=["uscc", "family", "year", "authority"],
                name="integrity_external_once",
                violation_error_message="该单位此年度的外部评价结果已登记。",
            ),
            models.CheckConstraint(
                condition=Q(scope__in=ExternalScope.values), name="integrity_external_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}年 {self.authority} {self.uscc} {self.grade}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.uscc = (self.uscc or "").strip().upper()
        self.subject = CreditSubject.objects.filter(
            kind=SubjectKind.ENTERPRISE, organization__uscc=self.uscc
        ).first()
        if self.uscc and self.subject is None:
            errors["uscc"] = "没有使用该统一社会信用代码的信用主体。"
        if self.published_on and self.published_on > timezone.localdate():
            errors["published_on"] = "不能晚于今天。"
        if errors:
            raise ValidationError(errors)
