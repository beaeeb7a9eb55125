"""Official sheets of assessments and a project's year: pages to print, workbooks, PDFs for signature."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from supervision.jobs.models import JobRun
from supervision.jobs.services import enqueue
from supervision.ledgers.registry import get
from supervision.rules.numbers import whole_year

from ..models import Assessment, Project
from ..models.standard import StandardFamily
from . import papers, showing, summary, workbooks
from .sheet import score_text
from .views import visible

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def excel(request: HttpRequest, pk: int) -> HttpResponse:
    """The filled score tables as a workbook for signature."""
    record = visible(request, pk)
    return download(workbooks.sheet_book(record), f"{record}考核表.xlsx")


@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The filled score tables as a page to print and sign."""
    record = visible(request, pk)
    links = {"back": get("assessments").record_url(pk), "pdf": reverse("assessment_pdf", args=[pk])}
    shown = papers.of_sheet(record) | {"ledger": get("assessments"), "links": links}
    return render(request, "assessments/paper.html", shown)


@require_POST
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Order the filled score tables as PDF; the job's page hands it over."""
    visible(request, pk)
    run = enqueue(
        "assessment_pdf", {"assessment": pk}, user=request.user, key=f"{request.user.pk}:sheet:{pk}"
    )
    return to_job(request, run)


def to_job(request: HttpRequest, run: JobRun) -> HttpResponse:
    messages.success(request, "PDF 正在生成，可以离开本页。")
    return redirect(get("jobs").record_url(run.pk))


def download(book: Any, name: str) -> FileResponse:
    return FileResponse(book, as_attachment=True, filename=name.replace("/", "／"), content_type=XLSX)


def chosen_year(request: HttpRequest) -> int:
    return whole_year(request.GET.get("year"), timezone.localdate().year)


def of_project(request: HttpRequest, pk: int) -> tuple[Project, int, str]:
    projects = get("projects")
    if not projects.may_view(request.user):
        raise PermissionDenied("您的角色不能查看项目。")
    project = get_object_or_404(projects.queryset(request.user), pk=pk)
    family = request.GET.get("family", StandardFamily.SAFE_SITE)
    if family not in StandardFamily.values:
        raise Http404
    return project, chosen_year(request), family


@require_safe
def project(request: HttpRequest, pk: int) -> HttpResponse:
    """A project's year: its halves with their arithmetic, the annual result, self-assessment beside the checks."""
    record, year, family = of_project(request, pk)
    found = summary.year_of(record, year, family, request.user)
    own = Assessment.objects.visible_to(request.user).filter(
        project=record, year=year, subject="project", standard_version__standard__family=family
    )
    return render(
        request,
        "assessments/project.html",
        {
            "record": record,
            "summary": found,
            "year": year,
            "years": sorted({*years_of(record), year}),
            "family": family,
            "families": StandardFamily.choices,
            "halves": showing.halves(found),
            "own": [
                {"sheet": sheet, "url": get("assessments").record_url(sheet.pk)}
                for sheet in own.select_related(*Assessment.text_joins).order_by("pk")
            ],
            "annual": found.annual,
            "annual_score": score_text(found.annual.score) if found.annual else "",
            "gaps": [
                {
                    "sheet": gap.assessment,
                    "url": reverse("assessment_result", args=[gap.assessment.pk]),
                    "first": score_text(gap.first),
                    "second": score_text(gap.second),
                    "by": score_text(gap.by),
                    "pairs": gap.pairs,
                    "items": gap.items,
                }
                for gap in found.gaps
            ],
            "links": {
                "back": get("projects").record_url(pk),
                "excel": f"{reverse('project_assessments_excel', args=[pk])}?year={year}&family={family}",
                "pdf": f"{reverse('project_assessments_pdf', args=[pk])}?year={year}&family={family}",
            },
        },
    )


def years_of(record: Project) -> list[int]:
    return list(
        Assessment.objects.filter(project=record).values_list("year", flat=True).distinct().order_by("year")
    )


@require_safe
def project_excel(request: HttpRequest, pk: int) -> HttpResponse:
    """The project's summary as a workbook for signature."""
    record, year, family = of_project(request, pk)
    found = summary.year_of(record, year, family, request.user)
    return download(workbooks.project_book(found, family), f"{record}{year}年考核汇总表.xlsx")


@require_POST
def project_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Order the project's summary as PDF; the job's page hands it over."""
    record, year, family = of_project(request, pk)
    run = enqueue(
        "project_assessments_pdf",
        {"project": record.pk, "year": year, "family": family},
        user=request.user,
        key=f"{request.user.pk}:project:{record.pk}:{year}:{family}",
    )
    return to_job(request, run)
