"""Pages of emergency management that are no ledger's: the frequency of drills, the gaps of the roster, a check."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from projects.models import ObjectKind
from supervision.flows import perform, records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers.registry import get

from ..models import WeatherAnswer, WeatherCheck
from ..rules import rule
from . import duty, exposure, frequency

PAGE = 50
LEDGERS = {ObjectKind.ENTERPRISE: "enterprises", ObjectKind.ROUTE: "routes"}


def drill_frequency(request: HttpRequest) -> HttpResponse:
    """Every section at work against the drills asked of it in the running period."""
    if not get("drills").may_view(request.user):
        raise PermissionDenied("您的角色不能查看应急演练。")
    page = Paginator(duty.sections_at_work(request.user), PAGE).get_page(request.GET.get("page"))
    today = timezone.localdate()
    found = frequency.standing(page.object_list, today)
    rows = [{"section": section, "cells": found[section.pk]} for section in page.object_list]
    rules = rule(frequency.FREQUENCY)
    context = {"page": page, "rows": rows, "kinds": frequency.kinds(), "rules": rules, "today": today}
    return render(request, "safety/drill_frequency.html", context)


def duty_gaps(request: HttpRequest) -> HttpResponse:
    """The days of the coming week on which sections at work, or with `of=objects` enterprises and routes, are not
    covered round the clock."""
    if not get("duty-shifts").may_view(request.user):
        raise PermissionDenied("您的角色不能查看值班安排。")
    today = timezone.localdate()
    sections, objects = duty.sections_at_work(request.user), duty.objects_seen(request.user)
    # Whoever has enterprises and no works looks at these at once.
    chosen = request.GET.get("of") or ("sections" if sections.exists() else "objects")
    of_objects = chosen == "objects"
    page = Paginator(objects if of_objects else sections, PAGE).get_page(request.GET.get("page"))
    found = (duty.gaps_of_objects if of_objects else duty.gaps)(page.object_list, today)
    days = [today + timedelta(days=at) for at in range(duty.DAYS)]
    rows = []
    for place in page.object_list:
        missing = dict(found[place.pk])
        row = {
            "place": place,
            "url": get(LEDGERS.get(getattr(place, "object_kind", ""), "sections")).record_url(place.pk),
        }
        rows.append(row | {"cells": [missing.get(day, "") for day in days]})
    both = sections.exists() and objects.exists()
    ways = [("sections", "施工标段"), ("objects", "企业与路线")] if both else []
    context = {"page": page, "rows": rows, "days": days, "today": today, "ways": ways}
    context["of"] = "objects" if of_objects else "sections"
    return render(request, "safety/duty_gaps.html", context)


class AnswersForm(forms.Form):
    """The checklist: each item 符合, 不符合 (then in words) or 不适用."""

    def __init__(self, *args, items: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.items = items
        for at, item in enumerate(items):
            self.fields[f"result_{at}"] = forms.ChoiceField(
                label=item,
                choices=WeatherAnswer._meta.get_field("result").choices,
                widget=forms.RadioSelect,
            )
            self.fields[f"note_{at}"] = forms.CharField(
                label=f"情况说明（第{at + 1}项）", max_length=500, required=False, help_text="不符合的须写明"
            )

    def clean(self):
        data = super().clean()
        for at in range(len(self.items)):
            if data.get(f"result_{at}") == "no" and not data.get(f"note_{at}", "").strip():
                self.add_error(f"note_{at}", "不符合的须写明情况。")
        return data


def answer_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill in a weather check and hand it in; what is not in order becomes a hidden danger."""
    check = get_object_or_404(get("weather-checks").queryset(request.user), pk=pk)
    if not may_answer(check, request.user):
        raise PermissionDenied("您现在不能填报此核查。")
    items = exposure.settings_of(check.warning.kind)["items"]
    form = AnswersForm(request.POST or None, items=items)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                take(check, items, form.cleaned_data, Actor.of(request.user, "page"))
            except ValidationError as error:
                form.add_error(None, ValidationError(error.messages))
            except FlowError as error:
                form.add_error(None, error.message)
                status = error.http_status
            else:
                messages.success(request, "核查情况已报送。")
                return redirect(get("weather-checks").record_url(pk))
    return render(request, "safety/weather_answer.html", {"form": form, "check": check}, status=status)


def may_answer(check: WeatherCheck, user) -> bool:
    return any(t.name == "answer" for t in perform.open_to([check], user)[check.pk])


def take(check: WeatherCheck, items: list[str], data: dict, actor: Actor) -> WeatherCheck:
    """Keep the answers and hand the check in, in one transaction. Raises FlowError, ValidationError."""
    with transaction.atomic():
        rows = [
            WeatherAnswer(check_of=check, text=item, result=data[f"result_{at}"], note=data[f"note_{at}"])
            for at, item in enumerate(items)
        ]
        records.create_many(rows, actor, label="填报核查项")
        return perform.perform(check, "answer", actor, {})
