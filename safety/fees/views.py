"""Pages of safety fees that are no ledger's: 使用台账, 汇总表, the plan's grid, reversing."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from supervision.flows.errors import FlowError, LostRace
from supervision.flows.history import Actor
from supervision.ledgers.registry import get
from supervision.rules.numbers import money, whole_year

from ..models.fee_plan import DRAFT
from . import account_page, books, planning, posting, summary

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def chosen_year(request: HttpRequest) -> int:
    return whole_year(request.GET.get("year"), timezone.localdate().year)


def sheet(book: BytesIO, name: str) -> HttpResponse:
    response = HttpResponse(book.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


@require_safe
def register(request: HttpRequest, pk: int) -> HttpResponse:
    """使用台账 of one account's year, as a workbook."""
    account = get_object_or_404(get("fee-accounts").queryset(request.user), pk=pk)
    year = chosen_year(request)
    return sheet(books.register(account, year, request.user), f"fee-register-{pk}-{year}")


@require_safe
def summary_page(request: HttpRequest) -> HttpResponse:
    """汇总表 by district, owner, section or category, on the page or as a workbook."""
    if not get("fee-accounts").may_view(request.user):
        raise PermissionDenied("您的角色不能查看安全生产费用。")
    year, by = chosen_year(request), request.GET.get("by", "")
    made = summary.table(request.user, year, by if by in summary.BREAKDOWNS else "district")
    if request.GET.get("format") == "xlsx":
        return sheet(books.summary_book(made, request.user), f"fee-summary-{year}-{made.by}")
    this = timezone.localdate().year
    context = {
        "made": made,
        "breakdowns": summary.BREAKDOWNS,
        "years": sorted({this, this - 1, this - 2, year}, reverse=True),
    }
    return render(request, "safety/fee_summary.html", context)


def plan_grid(request: HttpRequest, pk: int) -> HttpResponse:
    """A plan's amounts, twelve months by ten categories, written in one go."""
    ledger = get("fee-plans")
    plan = get_object_or_404(ledger.queryset(request.user), pk=pk)
    if plan.status != DRAFT or not ledger.may_edit(plan, request.user):
        raise PermissionDenied("该计划现在不能改动。")
    typed, wrong, status, shown = None, [], 200, plan.updated_at.isoformat()
    if request.method == "POST":
        typed = {key: value for key, value in request.POST.items() if "-" in key}
        amounts, wrong = planning.read(typed)
        if not wrong:
            try:
                if request.POST.get("seen", shown) != shown:
                    raise LostRace(planning.CHANGED)
                planning.save(plan, amounts, Actor.of(request.user, "page"), seen=plan.updated_at)
            except ValidationError as error:
                wrong, status = error.messages, 400
            except FlowError as error:
                wrong, status = [error.message], error.http_status
            else:
                messages.success(request, "计划金额已保存。")
                return redirect("fee-plans:detail", pk=pk)
        status = max(status, 400)
    table = account_page.plan_table(plan)
    for row in table["rows"]:
        row["fields"] = [(f"{row['code']}-{month}", value(typed, row, month)) for month in table["months"]]
    context = {"plan": plan, "table": table, "wrong": wrong, "seen": shown}
    return render(request, "safety/fee_plan_grid.html", context, status=status)


def value(typed: dict | None, row: dict, month: int) -> str:
    """What stands in a cell: what was typed, else what is planned."""
    if typed is not None:
        return typed.get(f"{row['code']}-{month}", "")
    amount = row["cells"][month - 1]
    return "" if amount is None else f"{amount.normalize():f}"


class ReversalForm(forms.Form):
    booked_on = forms.DateField(
        label="记账日期",
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="须在未结账的月份内",
    )
    reason = forms.CharField(label="冲销原因", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_booked_on(self) -> date:
        day = self.cleaned_data["booked_on"]
        if day > timezone.localdate():
            raise ValidationError("记账日期不能晚于今天。")
        return day


def reverse_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Reverse a booked entry by one of its own."""
    entry = get_object_or_404(get("fee-entries").queryset(request.user), pk=pk)
    if not posting.reversible(entry) or not posting.is_filer(entry, request.user):
        raise PermissionDenied("该笔记账不能由您冲销，或已冲销。")
    form = ReversalForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            data = form.cleaned_data
            try:
                made = posting.reverse(
                    entry, data["reason"], Actor.of(request.user, "page"), data["booked_on"]
                )
            except ValidationError as error:
                form.add_error(None, error.messages)
            except FlowError as error:
                form.add_error(None, error.message)
                status = error.http_status
            else:
                messages.success(request, "冲销已登记，审核、确认后入账。")
                return redirect("fee-entries:detail", pk=made.pk)
    return render(
        request,
        "safety/fee_reverse.html",
        {"entry": entry, "form": form, "amount": money(-entry.booked)},
        status=status,
    )
