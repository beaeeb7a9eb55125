"""From a phone on site: an incident's first report in under a minute, and a near miss in three facts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from projects.models import Section
from supervision.flows import records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers.fields import LooseMomentField, record_field
from supervision.ledgers.forms import form_for
from supervision.ledgers.once import already_made, once
from supervision.ledgers.registry import get
from supervision.papers import services as papers
from supervision.people.records import Record

from ..forms import PhotosField
from ..models import Incident, NearMiss
from ..models.incident import AccidentKind


@dataclass(frozen=True)
class Nameless(Actor):
    """Somebody whose name is not kept."""

    @property
    def name(self) -> str:
        return "匿名"


class SiteForm(forms.Form):
    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["section"] = record_field(Section, user, label="标段")
        sections = Section.objects.visible_to(user).select_related("project").filter(end_on__isnull=True)
        only = list(sections[:2])
        if len(only) == 1:
            self.fields["section"].initial = only[0]
        self.ask()
        self.fields["photos"] = PhotosField(label="照片", required=False)
        # A phone that lost the line sends again: one record comes of it.
        self.fields["once"] = forms.CharField(
            widget=forms.HiddenInput, max_length=40, initial=lambda: uuid.uuid4().hex
        )

    def ask(self) -> None:
        raise NotImplementedError


class IncidentForm(SiteForm):
    def ask(self) -> None:
        self.fields["place"] = forms.CharField(label="在哪里", max_length=200, help_text="桩号、构造物或场所")
        self.fields["accident"] = forms.ChoiceField(
            label="事故类型", choices=[("", "---------"), *AccidentKind.choices]
        )
        # Neither is filled in beforehand: what is once reported stands.
        self.fields["happened_at"] = LooseMomentField(label="发生时间")
        self.fields["known_at"] = LooseMomentField(label="单位获知时间", help_text="报告时限由此起算")
        self.fields["called_at"] = LooseMomentField(
            label="已用电话或微信报告的时间", required=False, help_text="还没有报告的不填"
        )
        for name, label in (
            ("deaths", "死亡（人）"),
            ("missing", "下落不明（人）"),
            ("serious_injuries", "重伤（人）"),
        ):
            self.fields[name] = forms.IntegerField(label=label, min_value=0, initial=0, max_value=9999)
        self.fields["summary"] = forms.CharField(
            label="简要经过和已采取的措施", max_length=3000, widget=forms.Textarea(attrs={"rows": 3})
        )


class NearMissForm(SiteForm):
    def ask(self) -> None:
        self.fields["part"] = forms.CharField(label="在哪里", max_length=120, help_text="桩号、构造物或场所")
        self.fields["description"] = forms.CharField(
            label="发生了什么", max_length=3000, widget=forms.Textarea(attrs={"rows": 4})
        )
        self.fields["anonymous"] = forms.BooleanField(
            label="匿名填报", required=False, help_text="勾选后平台不记录填报人的姓名、账号和单位"
        )


def quick_incident(request: HttpRequest) -> HttpResponse:
    """The first report of an incident; the same rules and history as the ledger's own form."""
    return page(request, "incidents", IncidentForm, take_incident, "事故快报", "首报已提交")


def quick_near_miss(request: HttpRequest) -> HttpResponse:
    """A near miss, with a name or without."""
    return page(request, "near-misses", NearMissForm, take_near_miss, "随手报险情", "已填报")


def page(
    request: HttpRequest, slug: str, form_class: type[SiteForm], take: Callable, title: str, said: str
) -> HttpResponse:
    ledger = get(slug)
    if not ledger.may_create(request.user):
        raise PermissionDenied(f"您的角色不能填报{ledger.label}。")
    form = form_class(request.POST or None, request.FILES or None, user=request.user)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                record = take(form.cleaned_data, request.user, ledger)
            except ValidationError as error:
                form.add_error(None, ValidationError(error.messages))
            except FlowError as error:
                form.add_error(None, error.message)
                status = error.http_status
            else:
                messages.success(request, f"{said}，编号 {record.number}。")
                return redirect(ledger.record_url(record.pk))
    context = {"form": form, "title": title, "ledger": ledger}
    return render(request, "safety/quick_site.html", context, status=status)


def valid(ledger, user, body: dict):
    """The ledger's own form over the body; ValidationError with everything that is wrong."""
    form = form_for(ledger, user, body)
    if not form.is_valid():
        raise ValidationError([text for texts in form.errors.values() for text in texts])
    return form


def attach(record: Record, photos: list, actor: Actor) -> None:
    for photo in photos:
        papers.attach(record, photo, "现场照片", actor)


def take_incident(data: dict, user, ledger) -> Incident:
    """File the incident and put its photos on it. Raises ValidationError, FlowError."""
    actor, key = Actor.of(user, "page"), data["once"]
    if made := already_made(user, key, Incident):
        return made
    section = data["section"]
    body = {name: value for name, value in data.items() if name not in ("photos", "once")}
    body |= {"project": section.project_id, "section": section.pk, "minor_injuries": 0, "direct_loss": "0"}
    form = valid(ledger, user, body)
    with transaction.atomic():
        incident, new = once(user, key, Incident, lambda: ledger.save(form, actor, new=True))
    attach(incident, data["photos"] if new else [], actor)
    return incident


def take_near_miss(data: dict, user, ledger) -> NearMiss:
    """File the near miss. Of one filed without a name nothing kept leads back to the person: neither its history
    nor the key that tells a second sending."""
    section, token = data["section"], data["once"]
    if made := NearMiss.objects.visible_to(user).filter(token=token).first():
        return made
    actor = Nameless(None, "page") if data["anonymous"] else Actor.of(user, "page")
    body = {
        "project": section.project_id,
        "section": section.pk,
        "part": data["part"],
        "description": data["description"],
        "happened_on": timezone.localdate().isoformat(),
    }
    record = valid(ledger, user, body).instance
    record.anonymous, record.token = data["anonymous"], token
    try:
        with transaction.atomic():
            record = records.create(record, actor)
            ledger.check_reach([record], user)
    except IntegrityError:
        return NearMiss.objects.get(token=token)  # the other of two identical requests won
    attach(record, data["photos"], actor)
    return record
