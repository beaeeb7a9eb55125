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

from projects.models import Enterprise, Route, Section
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers import natural
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
    """Where (the section, chosen beforehand for who has but one; an enterprise or a route, for who sees any),
    what (`ask`), and photos."""

    WHERE = {"section": (Section, "标段"), "enterprise": (Enterprise, "企业"), "route": (Route, "路线路段")}

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        places = [
            name for name, (model, _) in self.WHERE.items() if natural.pool(model).visible_to(user).exists()
        ] or ["section"]
        for name in places:
            model, label = self.WHERE[name]
            self.fields[name] = record_field(model, user, label=label, required=len(places) == 1)
        self.places = places
        self.ask()
        if places[0] == "section":
            self._choose_section(user)
        elif len(places) == 1:
            model = self.WHERE[places[0]][0]
            only = list(natural.pool(model).visible_to(user)[:2])
            self.fields[places[0]].initial = only[0] if len(only) == 1 else None
        if len(places) > 1:
            self.fields[places[0]].help_text = "标段、企业、路线路段填其中一项"
        if "route" in places and "part" in self.fields and self.asks_stakes:
            self.fields["stakes"] = forms.CharField(
                label="桩号", max_length=200, required=False, help_text="路线上的隐患必填，如 K0+500-K0+800"
            )
            self.order_fields([*places, "part", "stakes"])
        self.fields["photos"] = PhotosField(label="照片", required=False)
        # A phone that lost the line sends again: one record comes of it.
        self.fields["once"] = forms.CharField(
            widget=forms.HiddenInput, max_length=40, initial=lambda: uuid.uuid4().hex, required=False
        )

    # Whether the ledger's records have stakes of their own.
    asks_stakes = False

    def _choose_section(self, user: User) -> None:
        running = Section.objects.visible_to(user).select_related("project").filter(end_on__isnull=True)
        only = list(running[:2])
        if len(only) == 1:
            self.fields["section"].initial = only[0] if len(self.places) == 1 else None

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        chosen = [name for name in self.places if data.get(name)]
        if not self.errors and len(chosen) != 1:
            self.add_error(self.places[0], "标段、企业、路线路段请填其中一项。")
        return data

    def ask(self) -> None:
        """Add the fields between section and photos."""
        raise NotImplementedError

    def place(self) -> dict[str, Any]:
        """What was chosen, as the ledger's form takes it: a section with its project, an enterprise or a route."""
        name = next(name for name in self.places if self.cleaned_data.get(name))
        chosen = self.cleaned_data[name]
        if name == "section":
            return {"project": chosen.project_id, "section": chosen.pk}
        return {"project": chosen.pk}


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
