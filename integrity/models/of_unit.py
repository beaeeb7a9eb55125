"""What hangs on a unit: the city reads all, a county the units of its district, everybody their own."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.people.models import Organization, OrganizationKind
from supervision.people.scope import Reach, unit_scope

AUTHORITY_KINDS = frozenset(
    {
        OrganizationKind.BUREAU,
        OrganizationKind.OFFICE,
        OrganizationKind.ENFORCEMENT,
        OrganizationKind.CENTRE,
        OrganizationKind.COUNTY,
        OrganizationKind.ZONE,
    }
)


class OfUnit(models.Model):
    """Mixed into a Record that belongs to one unit."""

    text_joins = ("unit",)

    unit = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="单位")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return unit_scope(reach)


def not_ahead(record: models.Model, errors: dict, *names: str) -> None:
    """Note in `errors` which of these days lies after today."""
    today = timezone.localdate()
    for name in names:
        day = getattr(record, name)
        if day and day > today:
            errors[name] = f"{record._meta.get_field(name).verbose_name}不能晚于今天。"


def raise_if(errors: dict) -> None:
    if errors:
        raise ValidationError(errors)
