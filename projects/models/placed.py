"""What hangs on a project or on one of its sections: the columns, the scope and the questions they share."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.people.models import Organization, Role
from supervision.people.scope import Reach, scope_of

from .project import WORKS, Project
from .section import Participation, Section


def project_or_section_scope(reach: Reach) -> Q:
    """Rows of a whole project follow the project, rows of one section follow the section."""
    projects, sections = scope_of(Project, reach), scope_of(Section, reach)
    if not projects:
        return Q()
    return Q(section__isnull=True, project__in=Project._base_manager.filter(projects).values("pk")) | Q(
        section__in=Section._base_manager.filter(sections).values("pk")
    )


class Placed(models.Model):
    """Mixed into a Record that is of a whole project of works, or of one section where `section` is given. What may
    be of an enterprise or a route too mixes in `AtObject`.

    Whoever sees the one sees it. Write `class Danger(Placed, FlowRecord)`, and call `check_place` in `clean`.
    What is always of one section needs no more than a foreign key and `scope_through = "section"`.
    """

    text_joins = ("project", "section__project")

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="+", limit_choices_to=WORKS, verbose_name="项目"
    )
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="标段"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return project_or_section_scope(reach)

    def check_place(self, errors: dict) -> None:
        """Note in `errors` when section and project do not fit."""
        if self.section_id and self.project_id and self.section.project_id != self.project_id:
            errors["section"] = "所选标段不属于该项目。"

    def parties(self, role: str) -> models.QuerySet[Participation]:
        """The units that take part in the section today in one capacity."""
        return Participation.on(timezone.localdate()).filter(section_id=self.section_id, role=role)

    def acceptor_now(self) -> str:
        """The role that looks at a section's work: its supervisor, or the owner where there is none."""
        supervised = not self.section_id or self.parties(Role.SUPERVISOR).exists()
        return (Role.SUPERVISOR if supervised else Role.OWNER).value

    def unit_now(self) -> Organization | None:
        """The unit that answers for it by the registry: the section's contractor, else the project's owner."""
        if self.section_id:
            row = self.parties(Role.CONTRACTOR).select_related("organization").order_by("-since").first()
            return row.organization if row else None
        return self.project.owner if self.project_id else None


class AtObject(Placed):
    """What may be of works, of an enterprise or of a route alike: dangers, inspections, hazards, incidents."""

    project = models.ForeignKey(
        Project,
        models.PROTECT,
        related_name="+",
        verbose_name="项目（企业、路线）",
        help_text="工程项目，或“监管对象”中的企业、路线路段",
    )

    class Meta:
        abstract = True

    def check_place(self, errors: dict) -> None:
        super().check_place(errors)
        if not self.project_id or self.project.is_works:
            return
        if self.section_id:
            errors["section"] = f"{self.project.noun}没有标段，请不填。"
        self.project.check_stakes(self, errors)


class Numbered(models.Model):
    """Mixed into a Record that gets a number of its own when it is filed: prefix, year, six digits of its key.

    Write it before Record among the bases, set `number_prefix`, and show `number` in the ledger.
    """

    number_prefix: ClassVar[str]
    natural = ("number",)
    unrecorded_fields = FlowRecord.unrecorded_fields | {"number"}

    number = models.CharField("编号", max_length=20, editable=False, unique=True, null=True)

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        if not self.number:
            self.number = f"{self.number_prefix}-{timezone.localdate():%Y}-{self.pk:06d}"
            models.Model.save(self, update_fields=["number"])
