"""履职频次: who must do what how often, whom it binds since when, and what was done.

`DutyDue` is derived: what each bound unit owes in each period, kept up to date by `duties.dues`, so that rates are
sums in SQL and every one opens its rows.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from supervision.people.models import Organization, OrganizationKind
from supervision.people.records import Record
from supervision.people.scope import Reach, Scoped, unit_scope
from supervision.rules.models import HOUSE_RULE, RuleSet


class Per(models.TextChoices):
    MONTH = "month", "每月"
    QUARTER = "quarter", "每季度"
    HALF = "half-year", "每半年"
    YEAR = "year", "每年"


class Duty(Record):
    """One thing that is to be done so many times a period; `per_year` asks a number of the whole year besides.

    post    who does it within the unit (局党组、企业主要负责人); units are bound by DutyBinding
    cites   slugs of the ledgers whose records show that it was done; empty: any that can be cited
    """

    scope_public = True
    natural = ("code",)
    few = True

    code = models.CharField("代码", max_length=40, unique=True)
    post = models.CharField(
        "履职主体", max_length=60, help_text="单位内的机构或岗位，如“局党组”“企业主要负责人”"
    )
    what = models.CharField("履职内容", max_length=120)
    per = models.CharField("周期", max_length=10, choices=Per.choices)
    at_least = models.PositiveSmallIntegerField("每周期至少（次）", validators=[MinValueValidator(1)])
    per_year = models.PositiveSmallIntegerField(
        "全年至少（次）", null=True, blank=True, help_text="每周期之外另有全年次数要求时填写"
    )
    cites = models.JSONField(
        "可引用的台账", default=list, blank=True, help_text="台账代号，如 drills；不填则各类均可"
    )
    source = models.CharField("依据", max_length=200, blank=True, help_text="不填为本系统设定")
    rule_set = models.ForeignKey(
        RuleSet,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="规则版本",
    )

    class Meta:
        ordering = ["code"]
        verbose_name = "履职要求"

    def __str__(self) -> str:
        return f"{self.post}：{self.what}"

    @property
    def source_label(self) -> str:
        """What stands beside the duty: its notice, or that it is the portal's own."""
        return self.source or (self.rule_set.source_label if self.rule_set_id else HOUSE_RULE)

    @property
    def frequency(self) -> str:
        """每季度至少1次，每年至少4次"""
        words = f"{self.get_per_display()}至少{self.at_least}次"
        return f"{words}，每年至少{self.per_year}次" if self.per_year else words

    def clean(self) -> None:
        from ..duties.citing import citable

        errors = {}
        if self.per == Per.YEAR and self.per_year:
            errors["per_year"] = "周期为每年的，只填每周期次数。"
        slugs = self.cites if isinstance(self.cites, list) else []
        if unknown := [str(slug) for slug in slugs if citable(str(slug)) is None]:
            errors["cites"] = f"不能引用的台账：{'、'.join(unknown)}。"
        if errors:
            raise ValidationError(errors)

    def after_write(self, changes: dict, actor) -> None:
        from ..duties import dues

        if set(changes) & {"per", "at_least", "per_year"}:
            dues.refresh_since(None, duty=self.pk)


class _Followed(Record):
    """A record on which dues hang: they follow when it is removed (an import undone), once that is certain."""

    class Meta:
        abstract = True

    def before_delete(self) -> None:
        from ..duties import dues

        duty = getattr(self, "duty_id", None)
        transaction.on_commit(lambda: dues.refresh_since(None, duty=duty))


class DutyBinding(_Followed):
    """Whom a duty binds: every unit of a kind, or one unit by name; from a day, perhaps to a day."""

    scope_public = True
    text_joins = ("duty", "organization")

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="bindings", verbose_name="履职要求")
    kind = models.CharField(
        "单位类别", max_length=20, choices=OrganizationKind.choices, blank=True, help_text="该类别的所有单位"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="单位"
    )
    since = models.DateField("自", help_text="首尾不足一个周期的，该周期不作要求")
    until = models.DateField("至", null=True, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        ordering = ["duty", "since", "pk"]
        verbose_name = "履职对象"
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "kind", "since"],
                condition=~Q(kind=""),
                name="plan_duty_kind_once",
                violation_error_message="该类别自同一天起已有此履职要求。",
            ),
            models.UniqueConstraint(
                fields=["duty", "organization", "since"],
                condition=Q(organization__isnull=False),
                name="plan_duty_unit_once",
                violation_error_message="该单位自同一天起已有此履职要求。",
            ),
        ]

    def __str__(self) -> str:
        whom = self.organization if self.organization_id else self.get_kind_display()
        return f"{self.duty}（{whom}）"

    def clean(self) -> None:
        errors = {}
        if bool(self.kind) == bool(self.organization_id):
            errors["kind"] = "单位类别与单位，须填且只填一项。"
        if self.until and self.since and self.until < self.since:
            errors["until"] = "结束日期早于开始日期。"
        if errors:
            raise ValidationError(errors)

    def after_write(self, changes: dict, actor) -> None:
        from ..duties import dues

        earlier = changes.get("since", [None])[0]
        since = min(self.since.isoformat(), earlier) if earlier else self.since.isoformat()
        dues.refresh_since(int(since[:4]), duty=self.duty_id)


class UnitTerm(_Followed):
    """When a unit existed, where that is not all along; and which unit took over its work."""

    scope_public = True
    text_joins = ("organization", "successor")
    natural = ("organization.name",)

    organization = models.OneToOneField(
        Organization, models.PROTECT, related_name="term", verbose_name="单位"
    )
    since = models.DateField("成立日期", null=True, blank=True)
    until = models.DateField("撤并日期", null=True, blank=True, help_text="存续的最后一天")
    successor = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="承继单位"
    )
    source = models.CharField("依据", max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "单位存续"

    def __str__(self) -> str:
        return f"{self.organization}"

    def clean(self) -> None:
        errors = {}
        if not self.since and not self.until:
            errors["since"] = "成立日期与撤并日期至少填一项。"
        if self.since and self.until and self.until < self.since:
            errors["until"] = "撤并日期早于成立日期。"
        if self.successor_id and not self.until:
            errors["until"] = "有承继单位的须填撤并日期。"
        if self.successor_id and self.successor_id == self.organization_id:
            errors["successor"] = "承继单位不能是本单位。"
        elif self.successor_id and self._circular():
            errors["successor"] = "承继关系成环。"
        if errors:
            raise ValidationError(errors)

    def _circular(self) -> bool:
        after = dict(
            UnitTerm._base_manager.filter(successor__isnull=False).values_list("organization", "successor")
        )
        seen, step = {self.organization_id}, self.successor_id
        while step is not None and step not in seen:
            seen.add(step)
            step = after.get(step)
        return step is not None

    def after_write(self, changes: dict, actor) -> None:
        from ..duties import dues

        units = {self.organization_id, *changes.get("organization", ()), *changes.get("successor", ())}
        dues.refresh_since(None, units={unit for unit in units if unit} | ({self.successor_id} - {None}))


class Fulfilment(_Followed):
    """That a unit did what a duty asks: a day and a few words, or a record that the portal has already."""

    text_joins = ("duty", "organization")

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="fulfilments", verbose_name="履职要求")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="履职单位")
    held_on = models.DateField("履职日期", default=timezone.localdate)
    words = models.CharField("简要情况", max_length=200, blank=True)
    cited_ledger = models.CharField("引用台账", max_length=60, blank=True, help_text="台账代号")
    cited_key = models.PositiveBigIntegerField("引用记录编号", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    # Through whose eyes a citation is looked up; set by the ledger from whoever files the record.
    reader = None

    class Meta:
        ordering = ["-held_on", "-pk"]
        verbose_name = "履职记录"
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "organization", "cited_ledger", "cited_key"],
                condition=~Q(cited_ledger=""),
                name="plan_duty_cited_once",
                violation_error_message="该记录已作为此项履职登记过，不重复计数。",
            )
        ]
        indexes = [models.Index(fields=["duty", "organization", "held_on"], name="plan_duty_held")]

    def __str__(self) -> str:
        return f"{self.held_on} {self.organization} {self.duty.what}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return unit_scope(reach, "organization")

    def attachment_kinds(self) -> list[str]:
        return ["履职材料"]

    @property
    def cited_label(self) -> str:
        """Which ledger was cited; the record itself is named only to those who may read it."""
        from supervision.ledgers.registry import get

        try:
            return get(self.cited_ledger).label if self.cited_ledger else ""
        except LookupError:
            return self.cited_ledger

    def clean(self) -> None:
        from ..duties.citing import check

        errors = {}
        if self.held_on and self.held_on > timezone.localdate():
            errors["held_on"] = "履职日期不能晚于今天。"
        if bool(self.cited_ledger) != (self.cited_key is not None):
            errors["cited_ledger" if self.cited_ledger else "cited_key"] = "引用台账与记录编号须同时填写。"
        elif self.cited_ledger and self.duty_id and self.organization_id:
            errors |= check(self)
        elif not self.words:
            errors["words"] = "请写一句简要情况，或引用一条已有记录。"
        if errors:
            raise ValidationError(errors)

    def after_write(self, changes: dict, actor) -> None:
        from ..duties import dues

        years = {int(day[:4]) for day in changes.get("held_on", ()) if day} | {self.held_on.year}
        units = {pk for pk in changes.get("organization", ()) if pk} | {self.organization_id}
        for duty in {pk for pk in changes.get("duty", ()) if pk} | {self.duty_id}:
            for year in sorted(years):
                dues.refresh(year, duty=duty, units=units)


class DutyDue(Scoped):
    """What a unit owes in one period: derived, see above. `done_on` is the day of the last one needed, and a past
    day is judged by it alone."""

    text_joins = ("duty", "organization")

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="dues", verbose_name="履职要求")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="单位")
    year = models.PositiveSmallIntegerField("年度")
    per = models.CharField("周期", max_length=10, choices=Per.choices)
    first = models.DateField("期初")
    last = models.DateField("期末")
    needed = models.PositiveSmallIntegerField("应履职（次）")
    done = models.PositiveSmallIntegerField("已履职（次）", default=0)
    done_on = models.DateField("达到次数日期", null=True, blank=True)
    # The days and units whose records count: [[unit, first, last], …].
    windows = models.JSONField("计入范围", default=list, blank=True)

    class Meta:
        ordering = ["first", "duty", "organization", "pk"]
        verbose_name = "履职周期"
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "organization", "year", "per", "first"], name="plan_duty_due_once"
            )
        ]
        indexes = [models.Index(fields=["year", "last"], name="plan_duty_due_year")]

    def __str__(self) -> str:
        return f"{self.organization} {self.duty} {self.first}至{self.last}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return unit_scope(reach, "organization")

    @property
    def state(self) -> str:
        """done, missed, open (未定: its period is not over) or ahead (not begun), as of today."""
        return self.state_on(timezone.localdate())

    def state_on(self, day) -> str:
        if self.done_on and self.done_on <= day:
            return "done"
        if self.last < day:
            return "missed"
        return "open" if self.first <= day else "ahead"

    @property
    def state_label(self) -> str:
        return STATES[self.state]


STATES = {"done": "已完成", "missed": "未完成", "open": "未定（未到期）", "ahead": "尚未开始"}
