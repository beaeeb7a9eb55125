"""What the side that commissions and supervises a section keeps, unseen by the units that take part in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Section
from projects.models.project import registry_scope
from supervision.people.models import Role
from supervision.people.scope import NOTHING, Reach
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

PLACES = 2


def yuan(label: str, **options) -> models.DecimalField:
    """A column of yuan with cents."""
    return models.DecimalField(label, max_digits=16, decimal_places=PLACES, **options)


def text_of(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f}元"


def not_ahead(record: models.Model, errors: dict, *names: str) -> None:
    """Note in `errors` which of these days lies after today."""
    today = timezone.localdate()
    for name in names:
        day = getattr(record, name)
        if day and day > today:
            errors[name] = f"{record._meta.get_field(name).verbose_name}不能晚于今天。"


def in_order(record: models.Model, errors: dict, *names: str) -> None:
    """Note in `errors` which of these days, in the order they must come, lies before one that comes earlier."""
    last, told = None, ""
    for name in names:
        day = getattr(record, name)
        if day and last and day < last:
            label = record._meta.get_field(name).verbose_name
            errors.setdefault(name, f"{label}早于{told}（{last}）。")
        if day:
            last, told = day, str(record._meta.get_field(name).verbose_name)


def raise_if(errors: dict) -> None:
    if errors:
        raise ValidationError(errors)


def rules_on(code: str, day: date | None) -> RuleSet:
    """The rules of a day; today's for a day before there were any."""
    try:
        return rule(code, day)
    except RuleSet.DoesNotExist:
        return rule(code)


def authorities_only(reach: Reach) -> Reach:
    """The reach without what a person sees as a party to the works."""
    return replace(reach, parties=frozenset())


def register_scope(reach: Reach) -> Q:
    """Rows that are of no section: the authorities and the owners see all of them, other units none."""
    owns = any(role == Role.OWNER for role, _ in reach.parties)
    return Q() if reach.everything or reach.districts or reach.sectors or owns else NOTHING


class Commissioned(models.Model):
    """Mixed into a Record of one section that its owner and the authorities alone see."""

    text_joins = ("section__project",)

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return registry_scope(reach, through="section__project")
