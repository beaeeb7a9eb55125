"""What an authority may lay over the rectification loop: 挂牌督办 (a supervised listing) and 停工 (a suspension).

Hidden dangers and quality defects carry them alike. Both lie over the status and never move it; whoever laid one
takes it off, the same kind of authority within its own scope. `LoopSpan` remembers from when until when a record
was closed, listed or suspended, so that a figure of a past day can be computed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.people.scope import Scoped

from .flow import Overlay, Transition
from .rectification import CLOSED, Rectifiable, keep_due, today

SUSPENDERS = AUTHORITY_ROLES | {Role.INSPECTOR, Role.SUPERVISOR, Role.OWNER}
LISTED = Q(listed_on__isnull=False, lifted_on__isnull=True)
NOT_LISTED = Q(listed_on__isnull=True) | Q(lifted_on__isnull=False)
SUSPENDED = Q(suspended_on__isnull=False, resumed_on__isnull=True)
NOT_SUSPENDED = Q(suspended_on__isnull=True) | Q(resumed_on__isnull=False)
OVERLAYS = (Overlay("is_listed", "挂牌督办", "red"), Overlay("is_suspended", "停工", "orange"))


class ListingLevel(models.TextChoices):
    COUNTY = "county", "县区级"
    CITY = "city", "市级"
    PROVINCE = "province", "省级"
    MINISTRY = "ministry", "部级"


class Overseen(Rectifiable):
    """A record of the loop that may be listed and suspended."""

    listing_level = models.CharField("督办级别", max_length=10, choices=ListingLevel.choices, blank=True)
    listing_number = models.CharField("督办文号", max_length=120, blank=True)
    listed_on = models.DateField("挂牌日期", null=True, blank=True)
    listed_by_role = models.CharField(max_length=20, blank=True, editable=False)
    plan_due_on = models.DateField("方案报送期限", null=True, blank=True, editable=False)
    lift_visited_on = models.DateField("解除前现场复查日期", null=True, blank=True)
    lifted_on = models.DateField("解除督办日期", null=True, blank=True)
    suspended_on = models.DateField("停工日期", null=True, blank=True)
    suspended_by_role = models.CharField(max_length=20, blank=True, editable=False)
    suspension_scope = models.CharField("停工范围", max_length=200, blank=True)
    resume_applied_on = models.DateField("申请复工日期", null=True, blank=True, editable=False)
    resumed_on = models.DateField("复工日期", null=True, blank=True)

    class Meta:
        abstract = True

    def listing_plan_days(self) -> int:
        """Calendar days within which the listed unit hands in its plan; the ledger takes them from its rules."""
        raise NotImplementedError

    @property
    def is_listed(self) -> bool:
        return self.listed_on is not None and self.lifted_on is None

    @property
    def is_suspended(self) -> bool:
        return self.suspended_on is not None and self.resumed_on is None

    def check_dates(self, errors: dict[str, str], *more: str) -> None:
        """Note in `errors` which of the loop's days (and of the `more` columns) cannot be."""
        now, found = today(), getattr(self, "found_on", None)
        if found and found > now:
            errors["found_on"] = "发现日期不能晚于今天。"
        if self.deadline and found and self.deadline < found:
            errors["deadline"] = f"整改期限早于发现日期（{found}）。"
        if self.rectified_on and found and self.rectified_on < found:
            errors["rectified_on"] = f"整改完成日期早于发现日期（{found}）。"
        for name in ("listed_on", "lifted_on", "suspended_on", "resumed_on", "lift_visited_on", *more):
            day = getattr(self, name)
            if day and day > now:
                errors[name] = f"{self._meta.get_field(name).verbose_name}不能晚于今天。"
        for begin, end in (("listed_on", "lifted_on"), ("suspended_on", "resumed_on")):
            since, until = getattr(self, begin), getattr(self, end)
            if since and until and until < since:
                errors[end] = f"早于{self._meta.get_field(begin).verbose_name}（{since}）。"


# ------------------------------------------------------------------------------------------------- transitions


def role_of(actor: Any, roles: frozenset[str]) -> str:
    """In which of `roles` the person acts, for acts that only the same kind of authority may take back."""
    mine = sorted(set(roles) & (actor.user.roles if actor.user else set()))
    return mine[0] if mine else ""


def list_it(record: Overseen, data: dict, actor: Any) -> None:
    record.listed_on = data.get("listed_on") or today()
    record.listed_by_role = role_of(actor, AUTHORITY_ROLES)
    record.lifted_on = record.lift_visited_on = None
    record.plan_due_on = record.listed_on + timedelta(days=record.listing_plan_days())


def lift(record: Overseen, data: dict, actor: Any) -> None:
    record.lifted_on = data.get("lifted_on") or today()
    if record.lift_visited_on < record.listed_on:
        raise ValidationError({"lift_visited_on": f"复查日期早于挂牌日期（{record.listed_on}）。"})


def suspend(record: Overseen, data: dict, actor: Any) -> None:
    record.suspended_on = data.get("suspended_on") or today()
    record.suspended_by_role = role_of(actor, SUSPENDERS)
    record.resume_applied_on = record.resumed_on = None


def ask_resume(record: Overseen, data: dict, actor: Any) -> None:
    record.resume_applied_on = today()


def refuse_resume(record: Overseen, data: dict, actor: Any) -> None:
    record.resume_applied_on = None


def resume(record: Overseen, data: dict, actor: Any) -> None:
    record.resumed_on = data.get("resumed_on") or today()


def unsuspended(record: Overseen) -> list[str]:
    return ["停工尚未复工，请先办理复工。"] if record.is_suspended else []


def beside(name: str, label: str, roles: frozenset, sources: tuple[str, ...], **more) -> Transition:
    """An act that leaves the status and the day somebody is waited for as they are."""
    return Transition(name, label, sources, None, roles, deadline=keep_due, **more)


def oversight(
    *,
    open_states: tuple[str, ...],
    lift_from: tuple[str, ...],
    units: Mapping[str, Q],
    listed_when: Q,
    listing_fields: Sequence[str] = ("listing_level",),
) -> list[Transition]:
    """The transitions of both overlays.

    open_states   statuses in which a record may be listed or suspended
    lift_from     statuses in which a listing may be lifted
    units         role → condition under which it is the unit that asks to resume
    listed_when   which records may be listed at all
    """
    ended = (*open_states, CLOSED)
    return [
        beside(
            "list",
            "挂牌督办",
            AUTHORITY_ROLES,
            open_states,
            fields=tuple(listing_fields),
            optional=("listing_number", "listed_on"),
            opinion="required",
            opinion_label="整改要求",
            when=listed_when & NOT_LISTED,
            effect=list_it,
            duty=False,
            style="danger",
            help="被督办单位自收到通知起30日内报送整改方案。上级挂牌的填写其文号，本级的在签发通知书时取得。",
        ),
        beside(
            "lift",
            "解除挂牌督办",
            AUTHORITY_ROLES,
            lift_from,
            fields=("lift_visited_on",),
            optional=("lifted_on",),
            opinion="required",
            opinion_label="现场复查情况",
            attachments=("现场复查记录",),
            when=LISTED,
            # Whoever lists lifts: the same kind of authority, within its own scope.
            role_when={role: Q(listed_by_role=role.value) for role in AUTHORITY_ROLES},
            effect=lift,
        ),
        beside(
            "suspend",
            "责令停工",
            SUSPENDERS,
            open_states,
            fields=("suspension_scope",),
            optional=("suspended_on",),
            opinion="required",
            opinion_label="停工理由",
            when=NOT_SUSPENDED,
            effect=suspend,
            duty=False,
            style="danger",
        ),
        beside(
            "ask_resume",
            "申请复工",
            frozenset(units),
            ended,
            opinion="required",
            opinion_label="复工条件",
            when=SUSPENDED & Q(resume_applied_on__isnull=True),
            role_when=dict(units),
            effect=ask_resume,
            duty=False,
        ),
        beside(
            "resume",
            "同意复工",
            SUSPENDERS,
            ended,
            optional=("resumed_on",),
            opinion="required",
            opinion_label="核查情况",
            not_by=("ask_resume",),
            when=SUSPENDED & Q(resume_applied_on__isnull=False),
            role_when={role: Q(suspended_by_role=role.value) for role in SUSPENDERS},
            effect=resume,
            style="success",
        ),
        beside(
            "refuse_resume",
            "不同意复工",
            SUSPENDERS,
            ended,
            opinion="required",
            when=SUSPENDED & Q(resume_applied_on__isnull=False),
            role_when={role: Q(suspended_by_role=role.value) for role in SUSPENDERS},
            effect=refuse_resume,
            duty=False,
            style="warning",
        ),
    ]


# ------------------------------------------------------------------------------------------------------- spans


class SpanKind(models.TextChoices):
    CLOSED = "closed", "已销号"
    LISTED = "listed", "挂牌督办"
    SUSPENDED = "suspended", "停工"


# Which columns begin and end each kind of span.
BOUNDS = {
    SpanKind.CLOSED: ("closed_on", "reopened_on"),
    SpanKind.LISTED: ("listed_on", "lifted_on"),
    SpanKind.SUSPENDED: ("suspended_on", "resumed_on"),
}


class LoopSpan(Scoped):
    """From when until when a record was closed, listed or suspended: derived from the record's own writes, so
    that a figure of a past day can be computed again after it was reopened or listed anew.

    A subclass gives the foreign key, named as `scope_through` says."""

    kind = models.CharField(max_length=10, choices=SpanKind.choices)
    since = models.DateField()
    until = models.DateField(null=True, help_text="first day on which it no longer held")
    # Of a closing: whether the work was done by the deadline as it then stood.
    in_time = models.BooleanField(null=True)

    class Meta:
        abstract = True

    @classmethod
    def follow(cls, record: Overseen, changes: dict) -> None:
        """Bring the spans in line with what was just written."""
        whose = {cls.scope_through: record}
        for kind, (begin, end) in BOUNDS.items():
            if begin not in changes and end not in changes:
                continue
            since, until = getattr(record, begin), getattr(record, end)
            current = cls.objects.filter(**whose, kind=kind, until__isnull=True)
            facts: dict[str, Any] = {"since": since}
            if kind == SpanKind.CLOSED and record.rectified_on and record.deadline:
                facts["in_time"] = record.rectified_on <= record.deadline
            if begin in changes and since and not current.update(**facts):
                cls.objects.create(**whose, kind=kind, **facts)
            if (end in changes and until) or (begin in changes and not since):
                current.update(until=until or timezone.localdate())

    @classmethod
    def on(cls, day: date, kind: str) -> models.QuerySet:
        """The spans of a kind that hold on `day`."""
        return cls.objects.filter(Q(until__isnull=True) | Q(until__gt=day), kind=kind, since__lte=day)
