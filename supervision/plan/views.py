"""The targets page, the lists behind a figure, and what the bureau does with figures."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.jobs.drawing import under_way
from supervision.jobs.services import enqueue
from supervision.ledgers import rows as drawing
from supervision.ledgers.list_pages import page_links
from supervision.ledgers.registry import ledger_for
from supervision.ledgers.sheet_pages import workbook
from supervision.ledgers.sheets import export
from supervision.people.models import READER_ROLES, Role
from supervision.rules.numbers import whole_day, whole_number, whole_year

from . import reporting, services
from .board import board as board_context
from .board import value_text
from .figures_book import figure_book
from .models import ComplianceRun, Plan, Snapshot, Target

MAY_COMPUTE = frozenset({Role.BUREAU_STAFF, Role.BUREAU_LEADER})
LIST_LABELS = {"counted": "计入", "missing": "未计入", "population": "应计", "undecided": "未定"}


def chosen_plan(request: HttpRequest) -> Plan | None:
    plans = Plan.objects.visible_to(request.user)
    if (pk := whole_number(request.GET.get("plan"))) is not None:
        return get_object_or_404(plans, pk=pk)
    # A plan with figures before one that is only followed by hand.
    figured = Exists(Target.objects.filter(plan=OuterRef("pk"), is_active=True).exclude(indicator=""))
    return plans.filter(is_active=True).order_by(figured.desc(), "-year_from", "-pk").first()


def chosen_day(request: HttpRequest) -> date | None:
    return whole_day(request.GET.get("as_of"))


def link(snapshot: Snapshot, which: str) -> str:
    """The address of a figure, or of one of its lists."""
    address = reverse("figure", args=[snapshot.pk])
    return address if which == "figure" else f"{address}?list={which}"


def targets_page(request: HttpRequest) -> HttpResponse:
    """The plan's targets with their figures; the first plan in force unless another is named."""
    if not request.user.roles & READER_ROLES:
        raise PermissionDenied("您的角色不能查看目标完成情况。")
    plan = chosen_plan(request)
    year = whole_year(request.GET.get("year"), timezone.localdate().year)
    if plan is None:
        return render(
            request, "plan/board.html", {"plan": "计划与目标", "year": year, "groups": [], "links": {}}
        )
    may = bool(request.user.roles & MAY_COMPUTE)
    job = under_way("compliance", request.user)
    context = board_context(request.user, plan, year, chosen_day(request), link)
    context |= {
        "links": {
            "compute": reverse("compute") if may else "",
            "export": f"{reverse('targets_export')}?{request.GET.urlencode()}",
            "freeze": reverse("freeze") if Role.BUREAU_STAFF in request.user.roles else "",
            "correct": reverse("correct") if Role.BUREAU_STAFF in request.user.roles else "",
        },
        "job": job,
        "extra_templates": ["plan/reporting.html"],
    }
    return render(request, "plan/board.html", context)


def targets_export(request: HttpRequest) -> HttpResponse:
    """The targets page as a workbook."""
    plan = chosen_plan(request)
    if plan is None or not request.user.roles & READER_ROLES:
        raise Http404
    year = whole_year(request.GET.get("year"), timezone.localdate().year)
    context = board_context(request.user, plan, year, chosen_day(request), link)
    response = HttpResponse(
        figure_book(context), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    response["Content-Disposition"] = f'attachment; filename="targets-{year}.xlsx"'
    return response


@require_POST
def compute(request: HttpRequest) -> HttpResponse:
    """Start the compliance job for a year; the page shows its progress."""
    if not request.user.roles & MAY_COMPUTE:
        raise PermissionDenied("您的角色不能发起计算。")
    year = whole_year(request.POST.get("year"), timezone.localdate().year)
    enqueue(
        "compliance",
        {"as_of": timezone.localdate().isoformat(), "year": year},
        user=request.user,
        key=f"{year}:{timezone.localdate()}",
    )
    messages.success(request, "已开始计算，可以离开本页。")
    return redirect(f"{reverse('targets_page')}?year={year}")


def figure(request: HttpRequest, pk: int) -> HttpResponse:
    """One figure with the lists behind it, as they stood on its day."""
    snapshot = get_object_or_404(
        Snapshot.objects.visible_to(request.user).select_related("target__plan", "run"), pk=pk
    )
    which = request.GET.get("list", "counted")
    if which not in LIST_LABELS:
        raise Http404
    try:
        listed, queryset = rows_behind(snapshot, which, request)
    except LookupError:
        raise Http404 from None
    ledger = ledger_for(queryset.model)
    queryset = queryset.select_related(*ledger.joins).order_by(*ledger.ordering)
    page = Paginator(queryset, 20).get_page(request.GET.get("page"))
    columns = [column for column in ledger.columns if column.listed]
    target = snapshot.target
    counts = {
        "counted": snapshot.numerator,
        "population": snapshot.denominator,
        "undecided": snapshot.undecided,
        "missing": None if snapshot.denominator is None else snapshot.denominator - snapshot.numerator,
    }
    return render(
        request,
        "plan/figure.html",
        {
            "snapshot": snapshot,
            "target": target,
            "title": target.name,
            "rule": target.rule_label,
            "value_text": value_text(target.kind, snapshot.value, target.unit_label),
            "tabs": [
                {
                    "label": LIST_LABELS[name],
                    "count": counts[name],
                    "url": f"?list={name}",
                    "active": name == which,
                }
                for name in ("counted", "missing", "undecided", "population")
                if counts[name] is not None
            ],
            "rows": drawing.rows(ledger, page.object_list, columns, page.start_index()),
            "columns": drawing.heads(columns),
            "page": page,
            "total": page.paginator.count,
            "page_links": page_links(page, request),
            "note": listed.note,
            "links": {
                "back": f"{reverse('targets_page')}?year={snapshot.year}",
                "export": f"{reverse('figure_export', args=[pk])}?list={which}",
            },
        },
    )


def rows_behind(snapshot: Snapshot, which: str, request: HttpRequest):
    """The chosen list and its rows; "missing" is the population without those counted."""
    if which != "missing":
        listed = services.members(snapshot, which, request.user)
        return listed, listed.rows
    listed = services.members(snapshot, "population", request.user)
    counted = services.members(snapshot, "counted", request.user)
    return listed, listed.rows.exclude(pk__in=counted.rows.values("pk"))


def figure_export(request: HttpRequest, pk: int) -> HttpResponse:
    """A list behind a figure as a workbook, in the columns of its ledger."""
    snapshot = get_object_or_404(Snapshot.objects.visible_to(request.user).select_related("target"), pk=pk)
    which = request.GET.get("list", "counted")
    if which not in LIST_LABELS:
        raise Http404
    try:
        _, queryset = rows_behind(snapshot, which, request)
    except LookupError:
        raise Http404 from None
    ledger = ledger_for(queryset.model)
    queryset = queryset.select_related(*ledger.joins).order_by(*ledger.ordering)
    unit = f"{snapshot.target.name}：{LIST_LABELS[which]}，{snapshot.key_label}，{snapshot.as_of}"
    return workbook(
        f"{snapshot.target.code}-{which}-{snapshot.as_of}.xlsx",
        lambda path: export.write_records(path, ledger, queryset, unit),
    )


@require_POST
def freeze(request: HttpRequest) -> HttpResponse:
    """Report a run's figures: they stay as they are for ever."""
    run = get_object_or_404(ComplianceRun.objects.visible_to(request.user), pk=request.POST.get("run") or 0)
    return _report(
        request,
        run,
        lambda actor: reporting.freeze(
            run, actor, label=request.POST.get("label", ""), reason=request.POST.get("reason", "")
        ),
        "已上报定格。",
    )


@require_POST
def correct(request: HttpRequest) -> HttpResponse:
    """Put a correction beside reported figures."""
    run = get_object_or_404(ComplianceRun.objects.visible_to(request.user), pk=request.POST.get("run") or 0)
    return _report(
        request,
        run,
        lambda actor: reporting.correct(run, actor, reason=request.POST.get("reason", "")),
        "更正数已列于上报数之后。",
    )


def _report(request: HttpRequest, run: ComplianceRun, act, done: str) -> HttpResponse:
    try:
        act(Actor.of(request.user, "page"))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    except FlowError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect(f"{reverse('targets_page')}?year={run.year}")
