"""The whole chain of a project on one page, and ordering the archive of a stage."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from projects.models import Project
from supervision.jobs.services import enqueue
from supervision.ledgers.registry import get
from supervision.ledgers.sheet_pages import job_url

from . import archive
from .chain import chain_of


@require_safe
def quality_chain(request: HttpRequest, pk: int) -> HttpResponse:
    """From 监督登记 to 竣工验收: where a project and each of its sections stand, and what comes next."""
    if not get("completions").may_view(request.user):
        raise PermissionDenied("您的角色不能查看质量验收。")
    project = get_object_or_404(Project.objects.works().visible_to(request.user), pk=pk)
    return render(
        request, "quality/chain.html", {"project": project, "chain": chain_of(project, request.user)}
    )


@require_POST
def stage_archive(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Order the archive of a stage; the job's page shows its progress, and in the end its file."""
    if slug not in archive.STAGES:
        raise Http404
    ledger = get(slug)
    if not ledger.may_view(request.user):
        raise PermissionDenied(f"您的角色不能查看“{ledger.label}”。")
    record = get_object_or_404(ledger.queryset(request.user), pk=pk)
    run = enqueue(
        "stage_archive",
        {"stage": slug, "record": pk},
        request.user,
        key=f"{slug}:{pk}:{request.user.pk}",
        label=f"{archive.STAGES[slug][0]}归档：{record}"[:200],
    )
    messages.info(request, "正在后台汇集目录、材料和照片，完成后可在此页下载。")
    return redirect(job_url(run))
