"""Making and printing reports, as jobs."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from supervision.flows.errors import FlowError
from supervision.flows.history import SYSTEM, Actor
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import JobError, hold, progress
from supervision.papers import services as papers
from supervision.papers.documents import markup
from supervision.papers.documents.pdf import PrintFailed, print_html
from supervision.papers.errors import StorageFailed
from supervision.people.models import User

from ..models.report import DRAFT, PDF, STALE, Report
from . import services


@job(services.MAKE_JOB, label="取数生成报告")
def make_report(run: JobRun, report: int, user: int | None = None) -> dict:
    """Count the figures of a draft and write its file. Run twice, it writes the same."""
    record = Report.objects.select_related("template", "district").get(pk=report)
    actor = Actor.of(User.objects.filter(pk=user).first() if user else None, "job")

    def tell(done: int, total: int) -> None:
        progress(run, done, total, f"第 {done} / {total} 段")

    try:
        made = services.make(record, actor, tell, lambda: hold(run))
        for _ in range(services.ATTEMPTS):
            # What was typed after the figures were written was told that this run would take it in.
            made = services.fresh(made)
            if STALE not in made.findings or made.status != DRAFT:
                break
            made = services.make(made, actor, tell, lambda: hold(run))
    except ValidationError as error:
        raise JobError("".join(error.messages)) from error
    except (FlowError, StorageFailed) as error:
        raise JobError(str(error)) from error
    progress(run, 1, 1, f"共 {made.figures.count()} 个数字，核校发现 {len(made.findings)} 个问题")
    return {"report": made.pk, "figures": made.figures.count(), "findings": len(made.findings)}


@job(services.PDF_JOB, label="生成报告 PDF")
def print_report(run: JobRun, report: int) -> dict:
    """Print the PDF of an issued report. Run twice, it leaves one."""
    record = Report.objects.get(pk=report)
    try:
        content = print_html(markup.as_html(services.content_of(record, record.word)))
        name = f"{record.title[:80]}.pdf".replace("/", "-")
        made = papers.attach(record, ContentFile(content, name), PDF, SYSTEM)
    except (PrintFailed, StorageFailed) as error:
        raise JobError(str(error)) from error
    return {"attachment": made.pk}
