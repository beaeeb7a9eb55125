"""A report as its page shows it: the text with every figure a link, what the checker found, what may be done."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from supervision.jobs.drawing import progress_of
from supervision.jobs.models import JobRun
from supervision.papers import services as papers
from supervision.papers.errors import StorageFailed
from supervision.people.models import User

from ..models.report import DRAFT, EDITED, PDF, WORD, Report
from . import making, reading, services, templates
from .placeholders import PlaceholderFault

KIND_LABELS = {WORD: "Word", EDITED: "Word（修改稿）", PDF: "PDF"}


def context_of(report: Report, user: User) -> dict[str, Any]:
    """What the record's page needs beside its facts."""
    may = bool(user.roles & templates.KEEPERS) and report.status == DRAFT
    run = (
        JobRun.objects.filter(kind__in=(services.MAKE_JOB, services.PDF_JOB), key=f"report:{report.pk}")
        .order_by("-pk")
        .first()
    )
    if run and run.state == JobRun.State.DONE and (report.made_at is None or run.started_at > report.made_at):
        # It ended after the report was read.
        report.refresh_from_db()
    figures = {row.ref: row for row in report.figures_in_order()}
    return {
        "report": report,
        "may_make": may,
        "blocks": blocks_of(report, figures),
        "figures": list(figures.values()),
        "typed": [row for row in figures.values() if row.typed],
        "asked": asked_of(report) if may else [],
        "seen": services.seen_of(report.texts),
        "files": files_of(report),
        "job": _job(run, report) if run else None,
        "may_correct": bool(user.roles & templates.KEEPERS) and report.status == "issued",
        "difference_url": reverse("report_difference", args=[report.pk])
        if report.previous_id and report.word
        else "",
    }


def _job(run: JobRun, report: Report) -> dict | None:
    """The run that is under way, or that failed after the file in force was made."""
    failed = run.state == JobRun.State.FAILED and (
        report.made_at is None or (run.finished_at and run.finished_at > report.made_at)
    )
    if run.finished and not failed:
        return None
    return progress_of(run)


def files_of(report: Report) -> list[dict]:
    """The files in force: Word, and PDF once it is printed."""
    rows = papers.of(report).valid().filter(kind__in=KIND_LABELS)
    return [{"label": KIND_LABELS[row.kind], "url": reverse("attachment", args=[row.pk])} for row in rows]


def asked_of(report: Report) -> list[dict]:
    """The texts that the template asks for, with what was typed."""
    try:
        names = making.asked(services.content_of(report.template, report.template.sha256))
    except (PlaceholderFault, StorageFailed):
        return []
    return [
        {"name": name, "text": report.texts.get(name, ""), "field": f"text-{number}"}
        for number, name in enumerate(names)
    ]


def blocks_of(report: Report, figures: dict) -> list[dict]:
    """The text of the file in force; each figure knows its row."""
    if not report.word:
        return []
    try:
        blocks = reading.page(services.content_of(report, report.word))
    except (PlaceholderFault, StorageFailed):
        return []

    def bind(pieces: list[dict]) -> None:
        for piece in pieces:
            if "ref" in piece:
                piece["row"] = figures.get(piece["ref"])
                row = piece["row"]
                piece["changed"] = row is None or row.text != piece["text"]

    for block in blocks:
        for pieces in [block.get("pieces", []), *block.get("head", []), *sum(block.get("rows", []), [])]:
            bind(pieces)
    return blocks
