"""What is of one section: the column, the scope and the questions that records of works share."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from projects.models import Participation, Section


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


class OfSection(models.Model):
    """Mixed into a Record that is always of one section. Write `class Batch(OfSection, FlowRecord)`."""

    scope_through = "section"
    text_joins = ("section__project",)

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True

    def unit_of(self, role: str):
        """The unit that takes part in the section today in a capacity; None when nobody does."""
        row = (
            Participation.on(timezone.localdate())
            .filter(section_id=self.section_id, role=role)
            .select_related("organization")
            .order_by("-since")
            .first()
        )
        return row.organization if row else None
