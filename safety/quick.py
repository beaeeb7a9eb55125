"""随手报: where, what, a photo, from a phone on site; the rest follows at 核查."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from projects.models import Section
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers.fields import record_field
from supervision.ledgers.forms import form_for
from supervision.ledgers.once import already_made, once
from supervision.ledgers.registry import get
from supervision.papers import services as papers

from .forms import PhotosField
from .models import HiddenDanger


class QuickForm(forms.Form):
    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["section"] = record_field(Section, user, label="在哪里（标段）")
        self.fields["part"] = forms.CharField(label="部位", max_length=120, help_text="桩号、构造物或场所")
        self.fields["description"] = forms.CharField(
            label="发现了什么", max_length=3000, widget=forms.Textarea(attrs={"rows": 4})
        )
        self.fields["photos"] = PhotosField(label="照片", required=False)
        # A phone that lost the line sends again: one danger comes of it.
        self.fields["once"] = forms.CharField(
            widget=forms.HiddenInput, max_length=40, initial=uuid.uuid4().hex, required=False
        )


def quick_report(request: HttpRequest) -> HttpResponse:
    """The short form for signed-in people; the same rules and history as the ledger's own."""
    ledger = get("hidden-dangers")
    if not ledger.may_create(request.user):
        raise PermissionDenied("您的角色不能上报隐患。")
    form = QuickForm(request.POST or None, request.FILES or None, user=request.user)
    status = 200
    if request.method == "POST":
        status = 400
        if made := already_made(request.user, request.POST.get("once", ""), HiddenDanger):
            return redirect(ledger.record_url(made.pk))
        if form.is_valid():
            try:
                danger = take(form.cleaned_data, request.user, ledger)
            except ValidationError as error:
                form.add_error(None, ValidationError(error.messages))
            except FlowError as error:
                form.add_error(None, error.message)
                status = error.http_status
            else:
                messages.success(request, f"已上报，编号 {danger.number}。")
                return redirect(ledger.record_url(danger.pk))
    return render(request, "safety/quick.html", {"form": form}, status=status)


def take(data: dict, user, ledger) -> HiddenDanger:
    """Make the danger and put its photos on it. Raises ValidationError, FlowError."""
    actor = Actor.of(user, "page")
    section = data["section"]
    body = {
        "project": section.project_id,
        "section": section.pk,
        "part": data["part"],
        "description": data["description"],
    }
    form = form_for(ledger, user, body)
    if not form.is_valid():
        raise ValidationError([text for texts in form.errors.values() for text in texts])
    with transaction.atomic():
        danger, new = once(user, data["once"], HiddenDanger, lambda: ledger.save(form, actor, new=True))
    for photo in data["photos"] if new else ():
        papers.attach(danger, photo, "隐患照片", actor)
    return danger
