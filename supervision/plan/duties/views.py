"""Pages of 履职频次: one's own unit's periods, recording one, the rates, taking over the shipped duties."""

from __future__ import annotations

import uuid
from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from supervision.flows import records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers.list_pages import page_links
from supervision.ledgers.once import once
from supervision.ledgers.registry import get
from supervision.ledgers.sheet_pages import XLSX
from supervision.people.models import District, OrganizationKind, Role

from ..duty_ledgers import may_record, own_units
from ..models import DutyDue, Fulfilment
from . import adopting, citing, rates
from .book import rate_book


def day(text: str | None, fallback: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return fallback


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What my units owe now, and what they missed this year."""
    if not get("duty-dues").may_view(request.user):
        raise PermissionDenied("您的角色不能查看“履职周期”。")
    today = timezone.localdate()
    own = (
        DutyDue.objects.visible_to(request.user)
        .filter(organization__in=own_units(request.user), year=today.year, first__lte=today)
        .select_related("duty", "organization")
        .order_by("last", "duty", "pk")
    )
    dues = list(own[:300])
    groups = [
        ("本期待履职", [due for due in dues if due.state == "open"]),
        ("已逾期未登记", [due for due in dues if due.state == "missed"]),
        ("本年度已完成", [due for due in dues if due.state == "done"]),
    ]
    return render(request, "plan/duty_mine.html", {"groups": groups, "today": today})


class RecordForm(forms.Form):
    """A day, a few words, perhaps a record that is there already, and the other duties it serves."""

    held_on = forms.DateField(
        label="履职日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=False
    )
    words = forms.CharField(label="简要情况", max_length=200, required=False)
    citation = forms.ChoiceField(label="引用已有记录", required=False, widget=forms.RadioSelect)
    others = forms.MultipleChoiceField(
        label="同时计入其他履职要求", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, found: list[dict], others: list[DutyDue], **kwargs):
        super().__init__(*args, **kwargs)
        self.found = {f"{one['ledger']}:{one['key']}": one for one in found}
        self.fields["citation"].choices = [
            ("", "不引用，只登记日期和情况"),
            *((key, f"{one['day']}　{one['label']}　{one['title']}") for key, one in self.found.items()),
        ]
        self.fields["others"].choices = [(str(due.pk), str(due.duty)) for due in others]
        if not others:
            del self.fields["others"]

    def clean(self) -> dict:
        data = super().clean()
        one = self.found.get(data.get("citation") or "")
        if one:
            # What the portal knows need not be typed.
            data["held_on"] = one["day"]
        elif not data.get("held_on"):
            self.add_error("held_on", "请填写履职日期，或引用一条已有记录。")
        data["cited"] = {"cited_ledger": one["ledger"], "cited_key": one["key"]} if one else {}
        return data


def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a duty was fulfilled in a period."""
    dues = get("duty-dues").queryset(request.user)
    due = get_object_or_404(dues, pk=pk)
    if not may_record(due, request.user):
        raise PermissionDenied("只能为本单位登记履职。")
    today = timezone.localdate()
    if due.first > today:
        raise Http404
    last = min(due.last, today)
    found = citing.candidates(due.duty, due.organization, request.user, due.first, last)
    others = list(
        dues.filter(organization=due.organization, first__lte=last, last__gte=due.first)
        .exclude(duty=due.duty_id)
        .filter(done_on__isnull=True)
    )
    form = RecordForm(
        request.POST or None, found=found, others=list({one.duty_id: one for one in others}.values()),
        initial={"held_on": last, "citation": ""},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        chosen = [due, *(one for one in others if str(one.pk) in form.cleaned_data.get("others", ()))]
        if (new := _file(request, form, chosen)) is not None:
            said = f"已登记履职{len(chosen)}项。" if new else "这份表单已经提交过，没有重复登记。"
            messages.success(request, said)
            return redirect("duty_mine")
    key = request.POST.get("once") or uuid.uuid4().hex
    return render(request, "plan/duty_record.html", {"form": form, "due": due, "once": key})


def _file(request: HttpRequest, form: RecordForm, dues: list[DutyDue]) -> bool | None:
    """Write a record for each duty, or none of them (None); False where the same form was sent before."""
    ledger, actor, data = get("duty-records"), Actor.of(request.user, "page"), form.cleaned_data

    def make() -> Fulfilment:
        filed = []
        for due in dues:
            made = Fulfilment(
                duty=due.duty,
                organization=due.organization,
                held_on=data["held_on"],
                words=data["words"],
                **data["cited"],
            )
            ledger.prepare(made, request.user, True)
            filed.append(records.create(made, actor))
        ledger.check_reach(filed, request.user)
        return filed[0]

    try:
        with transaction.atomic():
            return once(request.user, request.POST.get("once", ""), Fulfilment, make)[1]
    except ValidationError as error:
        for field, said in error.message_dict.items():
            form.add_error(field if field in form.fields else None, said)
    except FlowError as error:
        form.add_error(None, error.message)
    return None


@require_POST
def adopt(request: HttpRequest) -> HttpResponse:
    """Take over the shipped duties from a day on."""
    if Role.BUREAU_STAFF not in request.user.roles:
        raise PermissionDenied("您的角色不能采用履职要求。")
    today = timezone.localdate()
    since = day(request.POST.get("since"), date(today.year, 1, 1))
    if not 2000 <= since.year <= 2100:
        messages.error(request, "起始日期不在2000年至2100年之间。")
        return redirect("duties:list")
    try:
        made, bound = adopting.adopt(since, Actor.of(request.user, "page"))
    except (ValidationError, IntegrityError):
        messages.error(request, "另有人刚采用了履职要求，请核对。")
        return redirect("duties:list")
    messages.success(request, f"已采用履职要求{made}项、履职对象{bound}项；已有的保持不变。")
    return redirect("duties:list")


def _key(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def asked_of(request: HttpRequest) -> tuple[rates.Asked, str]:
    today = timezone.localdate()
    text = request.GET.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and 2000 <= int(text) <= 2100 else today.year
    fallback = min(today, date(year, 12, 31)) if year <= today.year else today
    numbers = {name: _key(request.GET.get(name, "")) for name in ("district", "unit", "duty")}
    kind = request.GET.get("kind", "")
    asked = rates.Asked(
        year,
        day(request.GET.get("as_of"), fallback),
        kind if kind in OrganizationKind.values else "",
        numbers["district"],
        numbers["unit"],
        numbers["duty"],
    )
    by = request.GET.get("by", "unit")
    return asked, by if by in rates.WAYS else "unit"


def _table(request: HttpRequest) -> dict:
    if not get("duty-dues").may_view(request.user):
        raise PermissionDenied("您的角色不能查看“履职周期”。")
    asked, by = asked_of(request)
    table = rates.table(rates.dues_for(request.user), asked, by)
    return {"asked": asked, "by": by, "rows": table, "total": rates.total(table)}


@require_safe
def rate_page(request: HttpRequest) -> HttpResponse:
    """Rates of a year by unit, by duty or by period; every number opens its rows."""
    context = _table(request)
    asked, by = context["asked"], context["by"]
    page = Paginator(context["rows"], 100).get_page(request.GET.get("page"))
    for row in page.object_list:
        row["cells"] = [{"number": row[state], "url": _rows(asked, by, row, state)} for state in rates.STATES]
    this_year = timezone.localdate().year
    keep = {name: request.GET[name] for name in ("kind", "district") if request.GET.get(name)}
    return render(
        request,
        "plan/duty_rates.html",
        context
        | {
            "rows": page.object_list,
            "page": page,
            "page_links": page_links(page, request),
            "states": rates.STATES,
            "way": rates.WAYS[by][0],
            "ways": [
                {"label": label, "url": _query(keep, asked, by=way), "active": way == by}
                for way, (label, _) in rates.WAYS.items()
            ],
            "years": [this_year - back for back in range(3)],
            "kinds": OrganizationKind.choices,
            "districts": District.objects.all(),
            "export": f"{reverse('duty_rates_export')}{_query(keep, asked, by=by)}",
        },
    )


def _query(keep: dict, asked: rates.Asked, **more: str) -> str:
    return "?" + urlencode({"year": asked.year, "as_of": asked.as_of} | keep | more)


def _rows(asked: rates.Asked, by: str, row: dict, state: str) -> str:
    """The list of the very dues behind a number."""
    states = ["done", "missed"] if state == "due" else [state]
    query: list[tuple[str, object]] = [("year", asked.year), ("as_of", asked.as_of)]
    query += [("state", one) for one in states]
    if asked.kind:
        query.append(("kind", asked.kind))
    if asked.district:
        query.append(("organization__district", asked.district))
    if by == "unit":
        query.append(("organization", row["organization"]))
    elif by == "duty":
        query.append(("duty", row["duty"]))
    else:
        query += [("per", row["per"]), ("first_after", row["first"]), ("first_before", row["first"])]
    return f"{reverse('duty-dues:list')}?{urlencode(query)}"


@require_safe
def rate_export(request: HttpRequest) -> HttpResponse:
    """The same table as a workbook."""
    context = _table(request)
    response = HttpResponse(rate_book(context), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="duty-rates-{context["asked"].year}.xlsx"'
    return response
