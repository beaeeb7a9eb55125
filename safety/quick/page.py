"""From a phone on site: one short form in a ledger's stead, with the ledger's own rules and history behind it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

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
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.once import already_made, once
from supervision.ledgers.registry import get
from supervision.papers import services as papers
from supervision.people.models import User
from supervision.people.records import Record

from ..forms import PhotosField


class SiteForm(forms.Form):
    """Where (the section, chosen beforehand for who has but one), what (`ask`), and photos."""

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["section"] = record_field(Section, user, label="标段")
        running = Section.objects.visible_to(user).select_related("project").filter(end_on__isnull=True)
        only = list(running[:2])
        if len(only) == 1:
            self.fields["section"].initial = only[0]
        self.ask()
        self.fields["photos"] = PhotosField(label="照片", required=False)
        # A phone that lost the line sends again: one record comes of it.
        self.fields["once"] = forms.CharField(
            widget=forms.HiddenInput, max_length=40, initial=lambda: uuid.uuid4().hex, required=False
        )

    def ask(self) -> None:
        """Add the fields between section and photos."""
        raise NotImplementedError

    def place(self) -> dict[str, Any]:
        """The section that was chosen and its project, as the ledger's form takes them."""
        section = self.cleaned_data["section"]
        return {"project": section.project_id, "section": section.pk}


@dataclass(frozen=True)
class Quick:
    """One such page: the ledger it files in, its form, its words, and what is made of the form."""

    # The template reads its words; it would call the view otherwise.
    do_not_call_in_templates: ClassVar[bool] = True

    slug: str
    form: type[SiteForm]
    title: str
    button: str
    said: str
    take: Callable[[SiteForm, User, Ledger], Record]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ledger = get(self.slug)
        if not ledger.may_create(request.user):
            raise PermissionDenied(f"您的角色不能填报{ledger.label}。")
        form = self.form(request.POST or None, request.FILES or None, user=request.user)
        status = 200
        if request.method == "POST":
            status = 400
            if form.is_valid():
                try:
                    record = self.take(form, request.user, ledger)
                except ValidationError as error:
                    form.add_error(None, ValidationError(error.messages))
                except FlowError as error:
                    form.add_error(None, error.message)
                    status = error.http_status
                else:
                    messages.success(request, f"{self.said}，编号 {record.number}。")
                    return redirect(ledger.record_url(record.pk))
        context = {"form": form, "quick": self, "ledger": ledger}
        return render(request, "safety/quick.html", context, status=status)


def valid(ledger: Ledger, user: User, body: dict[str, Any]) -> Any:
    """The ledger's own form over the body; ValidationError with everything that is wrong."""
    form = form_for(ledger, user, body)
    if not form.is_valid():
        raise ValidationError([text for texts in form.errors.values() for text in texts])
    return form


def file_once(ledger: Ledger, user: User, body: dict[str, Any], form: SiteForm, photo_kind: str) -> Record:
    """File the record of `body` with the form's photos; what the same sending made before comes back as it is.
    Raises ValidationError, FlowError."""
    key, actor = form.cleaned_data["once"], Actor.of(user, "page")
    if made := already_made(user, key, ledger.model):
        return made
    checked = valid(ledger, user, body)
    with transaction.atomic():
        record, new = once(user, key, ledger.model, lambda: ledger.save(checked, actor, new=True))
    attach(record, form.cleaned_data["photos"] if new else (), photo_kind, actor)
    return record


def attach(record: Record, photos: Iterable, kind: str, actor: Actor) -> None:
    for photo in photos:
        papers.attach(record, photo, kind, actor)
