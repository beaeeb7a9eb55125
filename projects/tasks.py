"""Long work of the project rooms: ids and plain values in, a service called."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from supervision.flows.history import SYSTEM
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import JobError, progress, result_path
from supervision.papers.documents.pdf import PrintFailed

from .assessments import generating, late_vetoes, papers, rescoring, summary
from .models import Assessment, Project, StandardVersion
from .owed import generating as documents_owed


@job("assessments", label="生成考核表")
def assessments(run: JobRun, day: str | None = None) -> dict:
    """Make the sheets of the periods of `day` (ISO; default today), lay drawn spot-checks, and look for grounds of
    failure proven after a result; every night."""
    try:
        when = date.fromisoformat(day) if day else timezone.localdate()
    except ValueError:
        raise JobError(f"日期“{day}”不是有效日期。") from None
    made = generating.make_due(when, SYSTEM, lambda done, total: progress(run, done, total, "按考核周期生成"))
    vetoed = late_vetoes.watch_all(
        SYSTEM, lambda done, total: progress(run, done, total, "核对结论后查实的否决情形")
    )
    message = f"新增考核表 {made.sheets} 张，列入抽查 {made.spots} 张，结论后查实否决情形 {vetoed} 张"
    progress(run, 1, 1, message + (f"；未生成：{'；'.join(made.left)}" if made.left else ""))
    return {"sheets": made.sheets, "spots": made.spots, "vetoed": vetoed, "left": made.left}


@job("owed_documents", label="生成应编文件")
def owed_documents(run: JobRun) -> dict:
    """Make the documents owed for the works at hand that are not in the checklist yet; every night."""

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "按在建项目生成")

    made = documents_owed.make_due(timezone.localdate(), SYSTEM, tell)
    progress(run, made, made, f"新增应编文件 {made} 份")
    return {"made": made}


@job("rescore", label="按另一版本试算")
def rescore(run: JobRun, version: int, column: str, year: int, subject: str = "contractor") -> dict:
    """Score a year's sheets of one column under another version, side by side; the sheets stay as they are.

    Leaves a workbook for whoever started it.
    """
    found = (
        StandardVersion.objects.filter(pk=version).exclude(status="draft").select_related("standard").first()
    )
    if found is None:
        raise JobError("没有这个已启用的标准版本。")
    return rescoring.in_job(run, found, column, year, subject)


@job("assessment_pdf", label="生成考核表 PDF")
def assessment_pdf(run: JobRun, assessment: int) -> None:
    """The filled score tables as PDF, for whoever ordered it and sees the sheet."""
    sheet = _seen(Assessment, run).select_related(*Assessment.text_joins).filter(pk=assessment).first()
    if sheet is None:
        raise JobError("没有这张考核表，或者您不能查看。")
    _print(run, f"{sheet}考核表.pdf", lambda: papers.sheet_pdf(sheet))


@job("project_assessments_pdf", label="生成考核汇总表 PDF")
def project_assessments_pdf(run: JobRun, project: int, year: int, family: str) -> None:
    """A project's year as PDF, of the sheets that whoever ordered it sees."""
    found = _seen(Project, run).filter(pk=project).first()
    if found is None:
        raise JobError("没有这个项目，或者您不能查看。")
    year_found = summary.year_of(found, year, family, run.created_by)
    _print(run, f"{found}{year}年考核汇总表.pdf", lambda: papers.project_pdf(year_found, family))


def _seen(model: type, run: JobRun) -> QuerySet:
    return model.objects.visible_to(run.created_by) if run.created_by else model.objects.none()


def _print(run: JobRun, name: str, make: Callable[[], bytes]) -> None:
    progress(run, 0, 1, "正在排版")
    try:
        content = make()
    except PrintFailed as error:
        raise JobError(str(error)) from error
    result_path(run, name.replace("/", "／")).write_bytes(content)
    progress(run, 1, 1, "已生成，可下载打印签字")
