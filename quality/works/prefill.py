"""The counts of a summary, and what a published innovation shows everybody."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.rules.calendar import months_after

from ..models import (
    Batch,
    ConcealedWork,
    ConstructionScheme,
    FirstArticle,
    Innovation,
    KeyTask,
    PublishedInnovation,
    WorkSummary,
)
from ..models.innovation import Period

MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


def span(kind: str, first: date) -> tuple[date, date]:
    """The first day of a period and the first day after it."""
    return first, months_after(first, MONTHS[kind])


def counts_of(summary: WorkSummary) -> dict[str, int]:
    """What the ledgers of a project hold for the summary's period, up to today: label → number."""
    begin, after = span(summary.kind, summary.starts_on)
    project = summary.project_id

    def within(name: str) -> Q:
        return Q(**{f"{name}__gte": begin, f"{name}__lt": after})

    own, of_section = Q(project=project), Q(section__project=project)
    tasks = KeyTask.objects.filter(own, year=begin.year)
    counted = {
        "微创新申报": Innovation.objects.filter(own & within("submitted_on")),
        "微创新发布": Innovation.objects.filter(own & within("published_on")),
        "微创新获奖": Innovation.objects.filter(own & within("prize_on")),
        "要点任务": tasks,
        "要点任务完成": tasks.filter(status="done", done_on__lt=after),
        "施工方案批准": ConstructionScheme.objects.filter(of_section & within("approved_on")),
        "首件评定合格": FirstArticle.objects.filter(of_section & within("passed_on")),
        "批量开工": Batch.objects.filter(of_section & within("started_on")),
        "隐蔽工程验收": ConcealedWork.objects.filter(of_section & within("accepted_on")),
    }
    return {label: rows.count() for label, rows in counted.items()}


def publish(record: Innovation, actor: Actor) -> PublishedInnovation:
    """Put an innovation on the list that everybody reads; once."""
    found = PublishedInnovation.objects.filter(innovation=record).first()
    if found is not None:
        return found
    return records.create(
        PublishedInnovation(
            innovation=record,
            number=record.number,
            title=record.title,
            kind=record.kind,
            project_name=record.project.name,
            unit_name=record.unit.name,
            problem=record.problem,
            solution=record.solution,
            effect=record.effect,
            published_on=record.published_on or timezone.localdate(),
            is_demo=record.is_demo,
        ),
        actor,
        label="发布",
    )
