"""Pages of hidden dangers that are no ledger's: grading questions, sister checks, reply links, monthly table."""

from __future__ import annotations

import segno
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers.registry import get

from . import grading, links, monthly, services, statistics
from .forms import CategoryForm, QuestionsForm, SistersForm
from .models import HiddenDanger
from .repeats import repeats_of
from .rules import MAJOR_ITEMS, categories, rule


def danger_for(request: HttpRequest, pk: int) -> HiddenDanger:
    """The danger, if this person sees it."""
    return get_object_or_404(get("hidden-dangers").queryset(request.user), pk=pk)


def judge(request: HttpRequest, pk: int) -> HttpResponse:
    """重大隐患判定: choose the category, then the works, then answer; nothing is graded here."""
    danger = danger_for(request, pk)
    if not services.may_judge(danger, request.user):
        raise PermissionDenied("您现在不能核查此隐患。")
    category = request.GET.get("category", "")
    rules = rule(MAJOR_ITEMS)
    context = {"danger": danger, "rules": rules, "repeats": repeats_of(danger)}
    if category not in dict(categories()):
        form = CategoryForm(initial={"category": danger.category})
        return render(request, "safety/judge.html", context | {"form": form, "step": "category"})
    all_works = grading.works_of(rules, category)
    chosen = tuple(work for work in all_works if work in request.GET.getlist("work"))
    asked = grading.questions(rules, category, chosen)
    form = QuestionsForm(request.POST or None, asked=asked, version=danger.version)
    context |= {"form": form, "category": category, "works": all_works, "chosen": chosen, "step": "questions"}
    if request.method != "POST" or not form.is_valid():
        return render(request, "safety/judge.html", context, status=400 if form.errors else 200)
    version = form.cleaned_data.pop("version")
    judgement = grading.judge(rules, category, chosen, form.cleaned_data)
    try:
        services.record_judgement(danger, judgement, Actor.of(request.user, "page"), version)
    except FlowError as error:
        form.add_error(None, error.message)
        return render(request, "safety/judge.html", context, status=error.http_status)
    messages.success(request, judgement.words)
    return redirect("hidden-dangers:detail", pk=pk)


def ask_sisters(request: HttpRequest, pk: int) -> HttpResponse:
    """举一反三: ask sister sections to look for the same."""
    danger = danger_for(request, pk)
    try:
        sections = services.sections_to_ask(danger, request.user)
    except FlowError as error:
        raise PermissionDenied(error.message) from error
    initial = {"asked": f"对照“{danger.part}”的隐患（{danger.category}）自查：{danger.description[:500]}"}
    form = SistersForm(request.POST or None, sections=sections, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = services.ask_sisters(
                danger, data["sections"], data["asked"], Actor.of(request.user, "page")
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"已向{len(made)}个标段布置自查。")
            return redirect("hidden-dangers:detail", pk=pk)
    context = {"danger": danger, "form": form}
    return render(request, "safety/sisters.html", context, status=400 if form.errors else 200)


def reply_link(request: HttpRequest, pk: int) -> HttpResponse:
    """The reply link of a danger with its QR code, to print or to send."""
    danger = danger_for(request, pk)
    if not links.may_give(danger, request.user):
        raise Http404
    url = request.build_absolute_uri(links.reply_url(danger))
    code = segno.make(url, error="m")
    image = code.svg_data_uri(scale=5, border=2)
    return render(request, "safety/reply_link.html", {"danger": danger, "url": url, "image": image})


@require_POST
def revoke_links(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back every link given for a danger."""
    danger = danger_for(request, pk)
    if not links.may_give(danger, request.user):
        raise Http404
    try:
        links.revoke(danger, Actor.of(request.user, "page"))
    except FlowError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "以前发出的回复链接已全部作废。")
    return redirect("reply_link", pk=pk)


def monthly_table(request: HttpRequest) -> HttpResponse:
    """The monthly statistics table, on the page or as a sheet in its official head."""
    if not get("hidden-dangers").may_view(request.user):
        raise PermissionDenied("您的角色不能查看隐患统计。")
    month = monthly.parse_month(request.GET.get("month", "")) or timezone.localdate().replace(day=1)
    table = monthly.table(request.user, month)
    if request.GET.get("format") == "xlsx":
        response = HttpResponse(
            monthly.workbook(table, request.user),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
        response["Content-Disposition"] = f'attachment; filename="hidden-dangers-{month:%Y-%m}.xlsx"'
        return response
    return render(request, "safety/monthly.html", {"table": table, "month": f"{month:%Y-%m}"})


def statistics_page(request: HttpRequest) -> HttpResponse:
    """Figures by month, quarter or year, broken down, with 同比 and 环比; on the page or as a sheet."""
    if not get("hidden-dangers").may_view(request.user):
        raise PermissionDenied("您的角色不能查看隐患统计。")
    month = statistics.Period(timezone.localdate().replace(day=1), 1)
    period = statistics.parse_period(request.GET.get("period", "")) or month
    by = request.GET.get("by", "")
    table = statistics.table(request.user, period, by if by in statistics.BREAKDOWNS else "district")
    if request.GET.get("format") == "xlsx":
        response = HttpResponse(
            statistics.workbook(table, request.user),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
        name = f"hidden-dangers-{period.code}-{table.by}.xlsx"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    context = {"table": table, "breakdowns": statistics.BREAKDOWNS, "periods": statistics.around(period)}
    return render(request, "safety/statistics.html", context)
