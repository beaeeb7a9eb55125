"""What always is of one section of a project, or hangs on a record of one."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from projects.models import Project, Section

from .danger import HiddenDanger


class OfSection(models.Model):
    """Mixed into a Record of one section. Whoever sees the section sees it."""

    scope_through = "section"
    text_joins = ("section__project",)

    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="标段")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True

    @property
    def project(self) -> Project:
        return self.section.project

    def check_past(self, errors: dict, *names: str) -> None:
        """Note in `errors` each of these dates that lies in the future."""
        for name in names:
            day = getattr(self, name)
            if day and day > timezone.localdate():
                errors[name] = f"{self._meta.get_field(name).verbose_name}不能晚于今天。"

    def check_same_section(self, errors: dict, *names: str) -> None:
        """Note in `errors` each of these records that belongs to another section."""
        for name in names:
            other = getattr(self, name)
            if other is not None and self.section_id and other.section_id != self.section_id:
                errors[name] = f"所选{self._meta.get_field(name).verbose_name}不属于该标段。"


class BelowSection(models.Model):
    """Mixed into a Record that hangs on a record of one section, the one that `scope_through` names."""

    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True

    @property
    def section(self) -> Section:
        return getattr(self, self.scope_through).section

    @property
    def project(self) -> Project:
        return self.section.project


class Raisable(models.Model):
    """Mixed into a Record out of which a hidden danger may be raised: the one raised last."""

    danger = models.ForeignKey(
        HiddenDanger,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="所转隐患",
    )

    class Meta:
        abstract = True
