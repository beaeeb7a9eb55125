"""Saying something against a sheet: which item, and where it is about one, which of the records it counts."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from supervision.flows import records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.flows.perform import of_own
from supervision.ledgers.once import once
from supervision.ledgers.registry import get, ledger_for
from supervision.people.models import User

from .. import facts, indicators, services
from ..appraisal_flow import APPRAISED_ROLES
from ..models import Appraisal, AppraisalObjection, MemberList
from .showing import LABELS

SHOWN = 200


def may_object(appraisal: Appraisal, user: User) -> bool:
    """Whether the person's unit is the one appraised, and is asked for its view today."""
    if appraisal.status != "sent" or not user.roles & APPRAISED_ROLES:
        return False
    if appraisal.due_on and appraisal.due_on < timezone.localdate():
        return False
    own = of_own("organization", APPRAISED_ROLES, user)
    return Appraisal._base_manager.filter(own, pk=appraisal.pk).exists()


def named_record(objection: AppraisalObjection, user: User) -> dict[str, str] | None:
    """The record that an objection is about, by its name and address, for somebody who may read it."""
    if objection.record_key is None or objection.item is None:
        return None
    item = objection.item
    indicator, fact = indicators.find(item.indicator), facts.find(item.fact)
    model = fact.model if fact else indicator.unit if indicator else ""
    ledger = ledger_for(apps.get_model(model)) if model else None
    row = ledger.queryset(user).filter(pk=objection.record_key).first() if ledger else None
    return {"text": str(row), "url": ledger.record_url(row.pk)} if row else None


class ObjectionForm(forms.Form):
    """What is said, and of the item's records perhaps one that should not count."""

    record = forms.ChoiceField(label="针对其中一条记录", required=False, widget=forms.RadioSelect)
    words = forms.CharField(label="异议", max_length=2000, widget=forms.Textarea(attrs={"rows": 5}))

    def __init__(self, *args: Any, found: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["record"].choices = [("", "不针对某一条"), *found]
        if not found:
            del self.fields["record"]


def object_to(request: HttpRequest, pk: int) -> HttpResponse:
    """The page on which the appraised unit objects; `item` in the address is the code of a line."""
    appraisal = get_object_or_404(get("appraisals").queryset(request.user), pk=pk)
    if not may_object(appraisal, request.user):
        raise PermissionDenied("征求意见期间由被考核单位自己的人员提出异议。")
    lines, code = appraisal.sheet.get("lines", []), request.GET.get("item", "")
    line = next((one for one in lines if one["code"] == code), None)
    if code and line is None:
        raise Http404
    found, hidden = records_of(line, request.user) if line else ([], 0)
    form = ObjectionForm(request.POST or None, found=found, initial={"record": ""})
    if request.method == "POST" and form.is_valid():
        made = _file(request, appraisal, line, form)
        if made is not None:
            messages.success(request, "异议已提出。证明材料可在下方“附件”中上传。")
            return redirect(get("appraisal-objections").record_url(made.pk))
    context = {"appraisal": appraisal, "lines": lines, "line": line, "form": form, "hidden": hidden}
    context |= {
        "once": request.POST.get("once") or uuid.uuid4().hex,
        "back": get("appraisals").record_url(pk),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "plan/appraisal_object.html", context, status=status)


def records_of(line: dict[str, Any], user: User) -> tuple[list[tuple[str, str]], int]:
    """The records that a line counts, those the person sees and that fit a page; and how many are not shown."""
    found: list[tuple[str, str]] = []
    whole = 0
    for name, kept in line["lists"].items():
        whole += kept["count"]
        member_list = MemberList.objects.filter(pk=kept["list"]).first()
        ledger = ledger_for(apps.get_model(member_list.unit)) if member_list else None
        if ledger is None or not ledger.may_view(user):
            continue
        rows = services.rows_of(member_list).visible_to(user).select_related(*ledger.joins).order_by("pk")
        found += [(str(row.pk), f"{LABELS[name]}：{row}") for row in rows[: SHOWN - len(found)]]
    return found, whole - len(found)


def _file(
    request: HttpRequest, appraisal: Appraisal, line: dict[str, Any] | None, form: ObjectionForm
) -> AppraisalObjection | None:
    ledger, actor = get("appraisal-objections"), Actor.of(request.user, "page")
    key = form.cleaned_data.get("record")

    def make() -> AppraisalObjection:
        made = AppraisalObjection(
            appraisal=appraisal,
            item_id=line["item"] if line else None,
            record_key=int(key) if key else None,
            words=form.cleaned_data["words"],
        )
        records.create(made, actor)
        ledger.check_reach([made], request.user)
        return made

    try:
        with transaction.atomic():
            return once(request.user, request.POST.get("once", ""), AppraisalObjection, make)[0]
    except ValidationError as error:
        form.add_error(None, error.messages)
    except FlowError as error:
        form.add_error(None, error.message)
    return None
