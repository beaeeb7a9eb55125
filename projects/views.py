"""Making one project of two that are the same works, and undoing it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers.fields import record_field
from supervision.ledgers.registry import get

from .models import Project, Section
from .services import may_merge, merge_projects, unmerge_project

# The key of what only works have, by which the pick list keeps to works.
TO_WORKS = Section._meta.get_field("project")


class MergeForm(forms.Form):
    reason = forms.CharField(label="合并理由", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields = {"target": record_field(Project, user, TO_WORKS, label="并入项目"), **self.fields}


def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Merge this project into another one that is the same works under another name."""
    if not may_merge(request.user):
        raise PermissionDenied("您的角色不能合并项目。")
    ledger = get("projects")
    source = get_object_or_404(ledger.queryset(request.user), pk=pk)
    form = MergeForm(request.POST or None, user=request.user)
    status = 200
    if form.is_valid():
        target = form.cleaned_data["target"]
        try:
            merge_projects(source, target, Actor.of(request.user, "page"), form.cleaned_data["reason"])
        except ValidationError as error:
            form.add_error(None, error.messages)
            status = 400
        except FlowError as error:
            form.add_error(None, error.message)
            status = error.http_status
        else:
            messages.success(request, f"“{source}”已并入“{target}”。")
            return redirect(ledger.record_url(target.pk))
    elif form.is_bound:
        status = 400
    transition = {
        "label": "合并项目",
        "style": "warning",
        "help": f"“{source}”的标段、申报、认定都转到并入项目名下，名称成为别名；合并可以撤销，历史保留。",
    }
    return render(
        request,
        "ledgers/transition.html",
        {
            "ledger": ledger,
            "record": source,
            "title": str(source),
            "transition": transition,
            "form": form,
            "events": [],
            "links": {"cancel": ledger.record_url(pk)},
        },
        status=status,
    )


@require_POST
def unmerge(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo the merge of project `pk`; what cannot be restored is said."""
    if not may_merge(request.user):
        raise PermissionDenied("您的角色不能撤销合并。")
    source = get_object_or_404(Project.objects.visible_to(request.user), pk=pk, merged_into__isnull=False)
    target = source.merged_into_id
    try:
        left = unmerge_project(source, Actor.of(request.user, "page"), request.POST.get("reason", ""))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    except FlowError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"已撤销合并“{source}”。")
        for text in left:
            messages.warning(request, text)
    return redirect(reverse("projects:detail", args=[target]))
