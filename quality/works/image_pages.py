"""The pages of images: a work's with its upload form, a section's gallery, and ordering the contact sheet."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from projects.models import Section
from supervision.flows.errors import FlowError, NotAllowed
from supervision.flows.history import Actor
from supervision.jobs.services import enqueue
from supervision.ledgers.registry import get

from ..models import ConcealedWork, SiteImage
from ..models.concealed import COVERED
from .images import ImagesForm, add, gallery, side_of


def may_view(request: HttpRequest) -> None:
    if not get("concealed-works").may_view(request.user):
        raise PermissionDenied("您的角色不能查看隐蔽工程影像。")


def of_work(request: HttpRequest, pk: int) -> HttpResponse:
    """A work's images, and the form for whoever may give some."""
    may_view(request)
    ledger = get("concealed-works")
    work = get_object_or_404(ledger.queryset(request.user), pk=pk)
    side = side_of(work, request.user)
    form, status = None, 200
    if request.method == "POST":
        if side is None and work.status != COVERED:
            raise PermissionDenied("隐蔽影像由该标段的施工单位和监理单位上传。")
        form, status = ImagesForm(request.POST, request.FILES), 400
        if form.is_valid():
            taken, status = take(form, work, Actor.of(request.user, "page"))
            if taken:
                messages.success(request, f"已收 {taken} 张影像。")
            if form.is_valid():
                return redirect("concealed_images", pk=pk)
    elif side is not None:
        form = ImagesForm()
    rows = SiteImage.objects.visible_to(request.user).filter(work=work)
    context = gallery(rows, request.GET.get("before", ""), request.GET.get("side", "")) | {
        "ledger": ledger,
        "work": work,
        "section": work.section,
        "form": form,
        "form_side": side.label if side else "",
        "missing": work.missing_images(),
        "title": f"{work} 影像",
    }
    return render(request, "quality/images.html", context, status=status)


def take(form: ImagesForm, work: ConcealedWork, actor: Actor) -> tuple[int, int]:
    """Take in the files of a form one by one; what is wrong is said in the form, file by file, the rest is kept.
    Returns how many were taken and the status of the answer."""
    taken, status = 0, 302
    for file in form.cleaned_data["photos"]:
        try:
            add(work, file, form.cleaned_data["place"], form.cleaned_data["taken_at"], actor)
            taken += 1
        except ValidationError as error:
            form.add_error(None, ValidationError(error.messages))
            status = 400
        except NotAllowed as error:
            raise PermissionDenied(error.message) from error
        except FlowError as error:
            form.add_error(None, error.message)
            status = error.http_status
    return taken, status


@require_safe
def of_section(request: HttpRequest, pk: int) -> HttpResponse:
    """All images of a section, a page at a time, with how many there are of each side."""
    may_view(request)
    section = get_object_or_404(Section.objects.visible_to(request.user).select_related("project"), pk=pk)
    rows = SiteImage.objects.visible_to(request.user).filter(section=section)
    counts = rows.aggregate(
        all=Count("pk"),
        contractor=Count("pk", filter=Q(side="contractor")),
        supervisor=Count("pk", filter=Q(side="supervisor")),
    )
    context = gallery(rows, request.GET.get("before", ""), request.GET.get("side", "")) | {
        "ledger": get("concealed-works"),
        "section": section,
        "counts": counts,
        "title": f"{section} 隐蔽工程影像",
    }
    return render(request, "quality/images.html", context)


@require_POST
def contact_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Order the section's contact sheet; the job's page hands it over."""
    may_view(request)
    section = get_object_or_404(Section.objects.visible_to(request.user), pk=pk)
    key = f"{request.user.pk}:contact:{section.pk}"
    run = enqueue("concealed_contact_sheet", {"section": section.pk}, user=request.user, key=key)
    messages.success(request, "影像目录正在生成，可以离开本页。")
    return redirect(get("jobs").record_url(run.pk))
