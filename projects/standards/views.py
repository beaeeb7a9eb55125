"""Pages of standards beside their ledgers: the workbook of a version, its upload, the difference to another."""

from __future__ import annotations

import io

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from supervision.flows.history import Actor
from supervision.ledgers.fields import record_field
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import get
from supervision.rules.numbers import whole_number

from ..models import Standard, StandardVersion
from . import upload as service
from . import workbook
from .store import former_version, spec_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(forms.Form):
    file = forms.FileField(label="工作簿", help_text=".xlsx，按模板填写")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields = {"standard": record_field(Standard, user, label="评价标准"), **self.fields}


def versions(request: HttpRequest) -> Ledger:
    """The ledger of versions, for those who may open it."""
    ledger = get("standard-versions")
    if not ledger.may_view(request.user):
        raise PermissionDenied(f"您的角色不能查看“{ledger.label}”。")
    return ledger


@login_required
def template(request: HttpRequest) -> HttpResponse:
    """The blank workbook."""
    versions(request)
    return sent("评价标准模板.xlsx")


@login_required
def book(request: HttpRequest, pk: int) -> HttpResponse:
    """A version as a workbook: to read, or as the start of the next version."""
    version = get_object_or_404(versions(request).queryset(request.user), pk=pk)
    return sent(f"{version.standard.title}（{version.label}）.xlsx", version)


def sent(name: str, version: StandardVersion | None = None) -> FileResponse:
    target = io.BytesIO()
    if version is None:
        workbook.write(target)
    else:
        workbook.write(target, spec_of(version), service.columns_of(version))
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename=name, content_type=XLSX)


@login_required
def upload(request: HttpRequest) -> HttpResponse:
    """Take a workbook as a draft; every mistake is listed and nothing written while there is one."""
    ledger = versions(request)
    if not ledger.may_create(request.user):
        raise PermissionDenied("您的角色不能上传标准版本。")
    initial = {"standard": request.GET.get("standard")}
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user, initial=initial)
    faults: list[workbook.Fault] = []
    if form.is_valid():
        actor = Actor.of(request.user, "import")
        version, faults = service.take(form.cleaned_data["standard"], form.cleaned_data["file"], actor)
        if version is not None:
            messages.success(request, f"“{version}”已存为草稿，请核对差异后启用。")
            return redirect(reverse("compare_standard", args=[version.pk]))
    return render(
        request,
        "projects/standards/upload.html",
        {
            "ledger": ledger,
            "form": form,
            "faults": faults,
            "links": {"back": ledger.url, "template": reverse("standard_template")},
        },
        status=400 if form.errors or faults else 200,
    )


@login_required
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """What a version changes against another (`?with=`), by default the one before it."""
    ledger = versions(request)
    found = ledger.queryset(request.user)
    version = get_object_or_404(found, pk=pk)
    chosen = whole_number(request.GET.get("with"))
    other = get_object_or_404(found, pk=chosen) if chosen is not None else None
    compared = service.changes_against(version, other or former_version(version))
    counts = {kind: sum(c.kind == kind for c in compared["changes"]) for kind in ("新增", "取消", "修改")}
    return render(
        request,
        "projects/standards/compare.html",
        {
            "ledger": ledger,
            "counts": counts,
            "others": found.exclude(pk=pk).order_by("standard__code", "-effective_from"),
            "links": {"back": ledger.record_url(pk)},
            **compared,
        },
    )
