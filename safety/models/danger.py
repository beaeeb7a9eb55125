"""Hidden dangers (隐患): what was found where, how grave it is, and who has to put it right by when."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import AtObject, Numbered, ObjectKind, Section
from supervision.flows.oversight import LoopSpan, Overseen
from supervision.people.models import Organization, Role
from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet
from supervision.rules.stakes import StakeField
from supervision.rules.words import WordField

from ..rules import DEADLINES, kinds_of_danger, rule


class Grade(models.TextChoices):
    GENERAL = "general", "一般"
    MAJOR = "major", "重大"


class Outcome(models.TextChoices):
    """What the questions of the grading wizard came to."""

    MAJOR = "major", "符合重大隐患判定情形"
    GENERAL = "general", "不符合重大隐患判定情形"
    UNCLEAR = "unclear", "不明确，须专家研判"


class Source(models.TextChoices):
    INSPECTION = "inspection", "监督检查"
    SELF_CHECK = "self_check", "自查"
    PUBLIC = "public", "群众与工人举报"
    AUTHORITY = "authority", "上级交办"
    TRANSFER = "transfer", "部门移交"


class ListingSource(models.TextChoices):
    """The four kinds of matters put under a supervised listing (交质监发〔2012〕577号)."""

    PATROL = "patrol", "主管部门巡查发现"
    REPORT = "report", "举报查实"
    SAFETY_OFFICE = "safety_office", "同级安监部门移交"
    OTHER = "other", "其他须督办的重大问题"


REPORTED, EXPERT, DISMISSED = "reported", "expert", "dismissed"


class HiddenDanger(Numbered, AtObject, Overseen):
    """One hidden danger from its report to its closing. Three facts report it; the rest follows at 核查."""

    number_prefix = "YH"

    # ---- what was found
    section = models.ForeignKey(
        Section,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="标段",
        help_text="项目层面和企业、路线的隐患不填，由建设单位、企业、管养单位整改",
    )
    part = models.CharField("部位", max_length=120, help_text="分部分项、构造物或场所")
    stakes = StakeField("桩号", blank=True, help_text="路线上的隐患必填，如 K0+500-K0+800")
    description = models.TextField("隐患描述", max_length=3000)
    source = models.CharField("来源", max_length=12, choices=Source.choices, default=Source.SELF_CHECK)
    source_label = models.CharField("来源记录类别", max_length=60, blank=True, editable=False)
    source_id = models.BigIntegerField("来源记录编号", null=True, blank=True, editable=False)
    found_on = models.DateField("发现日期", default=timezone.localdate)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="上报人",
    )
    reporter = models.CharField("上报单位", max_length=120, blank=True, editable=False)
    # ---- what it was judged to be
    category = WordField("隐患类别", max_length=40, blank=True, words=kinds_of_danger)
    grade = models.CharField("等级", max_length=10, choices=Grade.choices, blank=True)
    judged = models.CharField("判定结果", max_length=10, choices=Outcome.choices, blank=True, editable=False)
    judgement = models.JSONField("判定过程", default=dict, blank=True, editable=False)
    grade_rule = models.ForeignKey(
        RuleSet,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="判定标准",
    )
    deadline_rule = models.ForeignKey(
        RuleSet,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="期限规则",
    )
    clause = models.CharField("违反（判定）条款", max_length=300, blank=True)
    verified_on = models.DateField("核查日期", null=True, blank=True, editable=False)
    major_on = models.DateField("定为重大日期", null=True, blank=True, editable=False)
    # ---- 五到位: responsibility, measures, funds, time (deadline), contingency
    responsible_unit = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="hidden_dangers",
        verbose_name="责任单位",
    )
    responsible_person = models.CharField("责任人", max_length=40, blank=True)
    measures = models.TextField("整改措施", blank=True, max_length=3000)
    funds = models.DecimalField(
        "整改资金（万元）",
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="不需要资金的填 0",
    )
    contingency = models.TextField("应急预案", blank=True, max_length=3000)
    self_checker = models.CharField("自验人", max_length=40, blank=True, help_text="不能是整改责任人")
    arranged_on = models.DateField("五到位日期", null=True, blank=True, editable=False)
    plan_on = models.DateField("整改方案报送日期", null=True, blank=True, editable=False)
    # ---- overlays
    listing_source = models.CharField("督办来源", max_length=16, choices=ListingSource.choices, blank=True)
    filed_on = models.DateField("立案日期", null=True, blank=True)
    case_number = models.CharField("案号", max_length=60, blank=True)
    traced_on = models.DateField("责任倒查日期", null=True, blank=True)
    spot_checked_on = models.DateField("建设单位抽查日期", null=True, blank=True)
    # ---- what came in by link, and whether it is there again
    acceptor = models.CharField(
        "验收方",
        max_length=12,
        choices=[(role.value, role.label) for role in (Role.SUPERVISOR, Role.OWNER)],
        default=Role.SUPERVISOR.value,
        editable=False,
    )
    reply = models.TextField("现场回复", blank=True, max_length=1000, editable=False)
    replied_on = models.DateField("现场回复日期", null=True, blank=True, editable=False)
    link_version = models.PositiveSmallIntegerField("回复链接版本", default=1, editable=False)
    repeat_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="repeats",
        verbose_name="同类前次隐患",
    )
    is_repeat = models.BooleanField("屡改屡犯", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "隐患"
        indexes = [
            models.Index(fields=["status", "deadline"], name="safety_danger_ladder"),
            models.Index(fields=["status", "due_on"], name="safety_danger_due"),
            models.Index(fields=["responsible_unit", "category", "found_on"], name="safety_danger_alike"),
            models.Index(fields=["verified_on", "grade"], name="safety_danger_figures"),
        ]

    def __str__(self) -> str:
        where = self.section or self.project
        return f"{self.number or ''} {where} {self.part}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["隐患照片", "整改照片", "整改方案", "自验记录", "验收记录", "现场复查记录", "文书"]

    # ------------------------------------------------------------------------------------------------- rules

    def days(self, step: str) -> int:
        content = rule(DEADLINES).content
        found = content[self.grade or Grade.GENERAL].get(step)
        return content[step] if found is None else found

    def most_extensions(self) -> int:
        return rule(DEADLINES).content["most_extensions"]

    @property
    def is_major(self) -> bool:
        return self.grade == Grade.MAJOR

    def listing_plan_days(self) -> int:
        return rule(DEADLINES).content["listing_plan_days"]

    def five_ready(self) -> bool:
        """Whether the five (责任、措施、资金、时限、预案) are all there."""
        return bool(
            self.responsible_unit_id
            and self.responsible_person
            and self.measures
            and self.funds is not None
            and self.deadline
            and self.contingency
        )

    def clean(self) -> None:
        super().clean()
        self._meta.get_field("category").check_word(self)
        errors: dict[str, str] = {}
        self.check_place(errors)
        self.check_dates(errors, "filed_on")
        # What a person reports on a route is listed by its stake; what follows from another record has that one's.
        route = self.project_id and self.project.object_kind == ObjectKind.ROUTE
        if route and self._state.adding and not self.stakes and not self.source_label:
            errors.setdefault("stakes", "路线上的隐患按桩号登记，请填写桩号，如 K0+500-K0+800。")
        if self.self_checker and self.self_checker == self.responsible_person:
            errors["self_checker"] = "自验人不能是整改责任人。"
        if errors:
            raise ValidationError(errors)

    # ----------------------------------------------------------------------------------------------- writing

    def before_create(self, actor) -> None:
        if actor.user is not None and self.reported_by_id is None:
            self.reported_by = actor.user
            self.reporter = actor.organization_name
        if self.project_id and self.responsible_unit_id is None:
            self.responsible_unit = self.unit_now()
        if self.due_on is None:
            self.due_on = add_workdays(timezone.localdate(), rule(DEADLINES).content["verify"])
        self.acceptor = self.acceptor_now()
        self._look_for_repeat()

    def before_update(self, before: dict) -> None:
        if "status" in before or "section" in before:
            self.acceptor = self.acceptor_now()
        if {"responsible_unit", "category", "clause", "stakes", "section", "found_on"} & set(before):
            self._look_for_repeat()

    def _look_for_repeat(self) -> None:
        from ..repeats import former_of

        self.repeat_of = former_of(self)
        self.is_repeat = self.repeat_of is not None

    def after_write(self, changes: dict, actor) -> None:
        from .. import documents

        Span.follow(self, changes)
        documents.papers.follow(self, changes, actor)


class Span(LoopSpan):
    """From when until when a danger was closed, listed or suspended."""

    scope_through = "danger"

    danger = models.ForeignKey(HiddenDanger, models.CASCADE, related_name="spans")

    class Meta:
        verbose_name = "隐患状态区间"
        constraints = [
            models.UniqueConstraint(
                fields=["danger", "kind"], condition=Q(until__isnull=True), name="safety_span_open"
            )
        ]
        indexes = [models.Index(fields=["kind", "since"], name="safety_span_since")]

    def __str__(self) -> str:
        return f"{self.danger_id} {self.kind} {self.since}"
