"""What an acceptance means for its project: the days of 交工 and 竣工 in the registry."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError

from projects.models import Project
from supervision.flows import records
from supervision.flows.history import Actor

from ..models.acceptance import Completion, Grade, Handover
from .prerequisites import passed_handovers, works_sections


def handed_over(record: Handover, actor: Actor) -> None:
    """A project is handed over on the day the last of its construction sections passed its 交工验收."""
    if record.grade == Grade.FAILED:
        return
    project = _held(record.section.project_id)
    passed = passed_handovers(project)
    if all(section.pk in passed for section in works_sections(project)):
        _enter(project, "handover_on", max(passed.values()), record, actor)


def completed(record: Completion, actor: Actor) -> None:
    """A project is completed on the day it passed its 竣工验收."""
    if record.grade != Grade.FAILED:
        _enter(_held(record.project_id), "completion_on", record.decided_on, record, actor)


def _held(pk: int) -> Project:
    """The project, held until the transaction ends: of two last sections at once the second sees the first."""
    return Project.objects.select_for_update().get(pk=pk)


def _enter(project: Project, field: str, day: date, record: Handover | Completion, actor: Actor) -> None:
    label = f"{record._meta.verbose_name}结论"
    try:
        records.update(project, {field: day}, actor, label=label, reason=str(record))
    except ValidationError as error:
        raise ValidationError({"decided_on": [f"项目登记：{text}" for text in error.messages]}) from error
