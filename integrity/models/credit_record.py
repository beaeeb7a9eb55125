"""What stands for or against a subject, the appeals against it, and its repair."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered
from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.models import AUTHORITY_ROLES, Organization, Role
from supervision.people.scope import NOTHING, Reach, under
from supervision.rules.calendar import months_after, workdays_between
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.words import WordField

from ..credit import clocks, rules
from .credit import CreditSubject, CreditUnit, once_shown

DRAFT, RECORDED, NOTICED, EFFECTIVE, VOID = "draft", "recorded", "noticed", "effective", "void"
PROOFS = ("认定文书", "证据材料", "处罚决定")
# What the subject and its clients read of it; before that it is the authorities' and of whoever recorded it.
TOLD = (NOTICED, EFFECTIVE)
RECORDERS = AUTHORITY_ROLES | {Role.OWNER}
ANSWERABLE = ("filed", "suspended")
# Far more than any unit has; beyond it a number was mistyped.
MOST_POINTS, CENT = Decimal(1000), Decimal("0.01")


class Nature(models.TextChoices):
    GOOD = "good", "良好"
    BAD = "bad", "不良"


class Category(models.TextChoices):
    BID = "bid", "投标行为"
    PERFORMANCE = "performance", "履约行为"
    OTHER = "other", "其他行为"
    GOOD = "good", "良好信息"


class Severity(models.TextChoices):
    MINOR = "minor", "轻微"
    GENERAL = "general", "一般"
    SERIOUS = "serious", "严重"


class CreditRecord(Numbered, FlowRecord):
    """One good or bad record: which clause of which version, by what evidence, recorded and confirmed by two."""

    number_prefix = "XY"
    text_joins = ("subject",)

    subject = models.ForeignKey(
        CreditSubject, models.PROTECT, related_name="records", verbose_name="信用主体"
    )
    item = WordField("规则条款", max_length=160, words=rules.words)
    unit = models.ForeignKey(
        CreditUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        verbose_name="评价单元",
        help_text="投标、履约行为须选所在的投标或合同段",
    )
    quantity = models.DecimalField(
        "次数或数量",
        max_digits=6,
        decimal_places=1,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.1"))],
    )
    given = models.DecimalField(
        "认定分值",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="规则未列分值或只列区间的条款填写",
    )
    description = models.TextField("事实", max_length=3000)
    paper = models.CharField("认定文书文号", max_length=120, blank=True)
    severity = models.CharField(
        "严重程度",
        max_length=8,
        choices=Severity.choices,
        default="general",
        help_text="决定公示期限和修复条件",
    )
    special = models.BooleanField("安全生产、消防、特种设备类", default=False)
    decided_on = models.DateField("认定日期", default=timezone.localdate)
    penalty_until = models.DateField("处罚期满日", null=True, blank=True, help_text="因处罚认定的填写")
    # ---- what follows from the clause
    nature = models.CharField("性质", max_length=4, choices=Nature.choices, blank=True, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, related_name="+", editable=False, verbose_name="规则版本"
    )
    family = models.CharField("规则代码", max_length=20, blank=True, editable=False)
    item_code = models.CharField("条款代码", max_length=40, blank=True, editable=False)
    category = models.CharField(
        "行为类别", max_length=12, choices=Category.choices, blank=True, editable=False
    )
    effect = models.CharField("直接后果", max_length=8, blank=True, editable=False)
    points = models.DecimalField("扣分", max_digits=7, decimal_places=2, default=Decimal(0), editable=False)
    # ---- what it was raised from
    evidence_label = models.CharField("来源记录类别", max_length=60, blank=True, editable=False)
    evidence_id = models.BigIntegerField("来源记录编号", null=True, editable=False)
    evidence_text = models.CharField("来源记录", max_length=300, blank=True, editable=False)
    # ---- its way
    recording_unit = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="登记单位",
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="登记人",
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="确认人",
    )
    notice_from = models.DateField("公示起", null=True, editable=False)
    notice_until = models.DateField("公示止", null=True, editable=False)
    effect_from = models.DateField("生效日期", null=True, editable=False)
    effect_until = models.DateField("失效日期", null=True, editable=False)
    public_until = models.DateField("公布至", null=True, editable=False)
    revoked_on = models.DateField("撤销日期", null=True, editable=False)
    repaired_on = models.DateField("修复日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "信用记录"
        indexes = [
            models.Index(fields=["subject", "status", "decided_on"], name="integrity_record_counted"),
            models.Index(fields=["family", "decided_on", "subject"], name="integrity_record_year"),
            models.Index(fields=["status", "public_until"], name="integrity_record_public"),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.subject} {self.item_code}".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        offices = {path for role, path in reach.parties if role == Role.OWNER}
        own = under(offices, "recording_unit__path") if offices else NOTHING
        return once_shown(reach, Q(status__in=TOLD), own)

    def attachment_kinds(self) -> list[str]:
        return [*PROOFS, "单位陈述"]

    def before_create(self, actor) -> None:
        if self.recording_unit_id is None and actor.user:
            held = actor.user.active_memberships
            self.recording_unit = next((one.organization for one in held if one.role in RECORDERS), None)

    # ------------------------------------------------------------------------------------------------ rules

    def clean(self) -> None:
        errors: dict[str, str] = {}
        today = timezone.localdate()
        if self.decided_on and self.decided_on > today:
            errors["decided_on"] = "认定日期不能晚于今天。"
        if self.penalty_until and self.decided_on and self.penalty_until < self.decided_on:
            errors["penalty_until"] = "处罚期满日早于认定日期。"
        if self.item and self.decided_on and "decided_on" not in errors:
            self._settle(errors)
        if self.unit_id and self.subject_id:
            if self.unit.subject_id != self.subject_id:
                errors["unit"] = "所选评价单元不属于该主体。"
            elif self.unit.kind != self.category:
                errors["unit"] = "评价单元的类别与条款的行为类别不一致。"
            elif self.unit.family != self.family:
                errors["unit"] = "评价单元与条款不是同一套规则。"
            elif self.decided_on and self.unit.year != self.decided_on.year:
                errors["unit"] = "评价单元的年度与认定日期不一致。"
        if errors:
            raise ValidationError(errors)

    def _settle(self, errors: dict) -> None:
        """Take over what the clause says, in the version of the day it was decided."""
        try:
            code, item_code = rules.read_word(self.item)
        except ValueError as error:
            errors["item"] = str(error)
            return
        try:
            version = rule(code, self.decided_on)
        except RuleSet.DoesNotExist:
            errors["decided_on"] = f"认定日期没有生效的“{rules.SET_LABELS[code]}”规则。"
            return
        item = rules.item_in(version, item_code)
        if item is None:
            errors["item"] = f"{version}没有条款“{item_code}”。"
            return
        if code in rules.SUBJECTS_OF and self.subject_id:
            wanted = rules.SUBJECTS_OF[code]
            if self.subject.kind != wanted:
                errors["item"] = (
                    f"“{rules.SET_LABELS[code]}”的条款不适用于{self.subject.get_kind_display()}。"
                )
        self.rules, self.family, self.item_code = version, code, item_code
        self.category, self.effect = item.category, item.effect
        self.nature = Nature.GOOD if item.category == Category.GOOD else Nature.BAD
        self.points = self._points(item, errors)

    def _points(self, item: rules.Item, errors: dict) -> Decimal:
        if self.nature == Nature.GOOD or self.effect:
            if self.given is not None:
                errors["given"] = f"该条款{item.worth}，不填分值。"
            return Decimal(0)
        one = item.points
        if one is not None and self.given is not None:
            errors["given"] = f"该条款的分值为{item.worth}，不另填。"
        if one is None:
            one = self.given
            if one is None:
                errors["given"] = f"该条款{item.worth}，请填写。"
                return Decimal(0)
            if item.most is not None and not item.least <= one <= item.most:
                errors["given"] = f"该条款的分值应在{item.worth.removesuffix('/次')}之间。"
        points = one * (self.quantity or 1)
        points = min(points, item.cap) if item.cap is not None else points
        if points > MOST_POINTS:
            errors["quantity"] = f"共扣{points.normalize():f}分，超过{MOST_POINTS}分，请核对数量和分值。"
            return Decimal(0)
        return points.quantize(CENT, ROUND_HALF_UP)

    # ---------------------------------------------------------------------------------------------- standing

    @property
    def stands(self) -> bool:
        """In effect once and not taken back."""
        return self.status == EFFECTIVE and self.revoked_on is None

    @property
    def is_expired(self) -> bool:
        """Its effect ended by itself: nobody has to do anything."""
        return self.stands and self.effect_until is not None and self.effect_until < timezone.localdate()

    @property
    def is_dynamic(self) -> bool:
        return self.effect == "D"

    @property
    def worth(self) -> str:
        if self.effect:
            return {"D": "直接D级", "down": "降一级"}.get(self.effect, f"直接{self.effect}级")
        return "" if self.nature == Nature.GOOD else f"{self.points.normalize():f}分"

    def after_write(self, changes: dict, actor) -> None:
        """What comes into effect after its year was computed counts all the same, and what is taken back, by an
        appeal or by the authority itself, no longer counts in any year."""
        revoked = changes.get("revoked_on", [None, None])[1]
        became = changes.get("status", [None, None])[1] == EFFECTIVE and self.nature == Nature.BAD
        if revoked or became:
            from ..credit import evaluating

            why = f"{self.number}{'撤销' if revoked else '生效'}"
            evaluating.recompute_all(evaluating.touched_by(self), actor, why)
        if self.effect == "D" and (revoked or became or changes.get("repaired_on", [None, None])[1]):
            from ..credit import exchange

            exchange.announce_all(self.subject_id)

    @classmethod
    def standing(cls) -> models.QuerySet[CreditRecord]:
        """Those in effect once and not taken back, whenever."""
        return cls.objects.filter(status=EFFECTIVE, revoked_on__isnull=True)

    @classmethod
    def in_effect(cls, day) -> models.QuerySet[CreditRecord]:
        return (
            cls.standing().filter(effect_from__lte=day, effect_until__gte=day).exclude(repaired_on__lte=day)
        )

    @classmethod
    def public(cls, day) -> models.QuerySet[CreditRecord]:
        """Those that the rules publish on a day."""
        return cls.in_effect(day).filter(public_until__gte=day)

    def enter(self, notice_until, today) -> None:
        """Fix from when until when it is noticed, has effect and is published."""
        procedure = rules.procedure(self.decided_on)
        self.notice_from, self.notice_until = today, notice_until
        # A ban by penalty is in force when it is decided, whatever the portal's notice.
        self.effect_from = self.decided_on
        self.effect_until = clocks.effect_until(
            self.effect_from, self.effect, self.penalty_until, self.nature, procedure
        )
        if self.effect == "D" and (months := self._prolongs()):
            self.effect_until = max(self.effect_until, self._prolonged(months))
        self.public_until = self.effect_until
        if self.nature == Nature.BAD:
            self.public_until = clocks.public_until(
                self.effect_from, self.effect_until, self.severity, rules.repair_versions()
            )

    def _prolongs(self) -> int:
        """By how many months its clause prolongs a D that is already there."""
        item = rules.item_in(self.rules, self.item_code) if self.rules_id else None
        return item.prolongs if item else 0

    def _prolonged(self, months: int) -> date:
        """The last day of the dynamic D that stood when this was decided, so many months on; of none, long ago."""
        there = CreditRecord.in_effect(self.decided_on).filter(subject=self.subject_id, effect="D")
        last = there.exclude(pk=self.pk).aggregate(last=models.Max("effect_until"))["last"]
        return months_after(last, months) if last else date.min


class CreditAppeal(Numbered, FlowRecord):
    """An objection (while the term runs) or an appeal (afterwards) against a record or a year's evaluation."""

    number_prefix = "XYSS"
    scope_through = "subject"
    text_joins = ("subject", "record__subject", "evaluation__subject")

    subject = models.ForeignKey(
        CreditSubject,
        models.PROTECT,
        related_name="appeals",
        editable=False,
        null=True,
        verbose_name="信用主体",
    )
    record = models.ForeignKey(
        CreditRecord,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appeals",
        verbose_name="信用记录",
    )
    evaluation = models.ForeignKey(
        "integrity.CreditEvaluation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appeals",
        verbose_name="年度评价",
    )
    grounds = models.TextField("理由", max_length=3000)
    stage = models.CharField(
        "阶段",
        max_length=10,
        choices=[("objection", "异议"), ("appeal", "申诉")],
        blank=True,
        editable=False,
    )
    filed_on = models.DateField("提出日期", null=True, editable=False)
    answer_by = models.DateField("答复期限", null=True, editable=False)
    pauses = models.JSONField("中止期间", default=list, editable=False)
    answer = models.TextField("答复", max_length=3000, blank=True)
    decided_on = models.DateField("答复日期", null=True, editable=False)
    outcome = models.JSONField("重算结果", default=list, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "信用异议申诉"
        indexes = [models.Index(fields=["subject", "status"], name="integrity_appeal_open")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.record or self.evaluation}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["申诉材料", "核查材料", "答复文书"]

    @property
    def about(self):
        return self.record or self.evaluation

    @property
    def days_left(self) -> int | None:
        """Working days to the end of its clock; None when it does not run."""
        if self.status != "filed" or not self.answer_by:
            return None
        return workdays_between(timezone.localdate(), self.answer_by)

    def clean(self) -> None:
        if bool(self.record_id) == bool(self.evaluation_id):
            raise ValidationError({"record": "请选信用记录或年度评价中的一项。"})
        self.subject_id = self.about.subject_id

    def before_create(self, actor) -> None:
        if self.about is not None:
            self.subject_id = self.about.subject_id

    def before_update(self, before: dict) -> None:
        if {"record", "evaluation"} & set(before) and self.status != "draft":
            raise ValidationError("已提出的申诉不能改变对象。")

    def reckon(self, today) -> None:
        """The clock, with the pauses so far added back."""
        if self.filed_on:
            pauses = [(_day(start), _day(end)) for start, end in self.pauses]
            days = rules.procedure(self.filed_on)["answer_days"]
            self.answer_by = clocks.answer_by(self.filed_on, days, pauses, today)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


class CreditRepair(FlowRecord):
    """An application to end the publication and the effects of something bad before its time."""

    scope_through = "record"
    text_joins = ("record__subject",)

    record = models.ForeignKey(CreditRecord, models.PROTECT, related_name="repairs", verbose_name="信用记录")
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, related_name="+", editable=False, verbose_name="修复规则"
    )
    done = models.TextField("履行义务和纠正情况", max_length=3000)
    earliest_on = models.DateField("最早申请日", null=True, editable=False)
    applied_on = models.DateField("申请日期", null=True, editable=False)
    decision = models.TextField("修复决定", max_length=2000, blank=True)
    decided_on = models.DateField("决定日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "信用修复"

    def __str__(self) -> str:
        return f"修复 {self.record}"

    def attachment_kinds(self) -> list[str]:
        return ["履行义务证明", "信用承诺书", "修复决定"]

    def lacking(self, today) -> list[str]:
        """Why repair cannot be applied for now."""
        if problems := self.futile():
            return problems
        if self.others().filter(status="applied").exists():
            return ["该记录已有一件修复申请待决定。"]
        self.look_up(today)
        if today < self.earliest_on:
            return [f"按{self.rules.version}，最短公示期满（{self.earliest_on}）后方可申请。"]
        return []

    def futile(self) -> list[str]:
        """Why there is nothing left to repair, asked of the record as it stands now."""
        record = CreditRecord._base_manager.get(pk=self.record_id)
        if record.nature != Nature.BAD or not record.stands:
            return ["只有生效且未撤销的不良记录可以修复。"]
        if record.repaired_on or record.is_expired:
            return ["该记录已修复或已失效。"]
        return []

    def others(self) -> models.QuerySet[CreditRepair]:
        return CreditRepair._base_manager.filter(record=self.record_id).exclude(pk=self.pk)

    def take_record(self) -> None:
        """Hold the record until this transaction ends, so that of two steps about it one waits for the other."""
        CreditRecord._base_manager.filter(pk=self.record_id).update(version=models.F("version"))

    def look_up(self, today) -> None:
        """The rules of the day and the first day they allow an application."""
        self.rules = rule(rules.REPAIR, today)
        self.earliest_on = clocks.repair_from(
            self.record.effect_from, self.record.severity, self.record.special, self.rules.content
        )

    def before_create(self, actor) -> None:
        if self.record_id and self.record.effect_from:
            self.look_up(timezone.localdate())

    def after_write(self, changes: dict, actor) -> None:
        if changes.get("status", [None, None])[1] == "granted":
            fresh = CreditRecord._base_manager.get(pk=self.record_id)
            records.update(
                fresh,
                {"repaired_on": self.decided_on},
                actor,
                verb="repair",
                label="信用修复",
                reason=self.decision,
            )


OPEN_APPEAL = Q(status__in=ANSWERABLE)
