"""Pages of credit that are no ledger's: public results, joint ventures, the year, exchange."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from supervision.flows.history import Actor
from supervision.jobs.services import enqueue
from supervision.ledgers.registry import get
from supervision.people.middleware import client_address
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.people.visitors.limits import spend
from supervision.rules.names import name_key
from supervision.rules.numbers import whole_number
from supervision.rules.shipped import rule

from . import exchange, proposals, publishing, rules, standing
from .rules import Family

PER_PAGE, HOUR = 20, 3600
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_not_required
@never_cache
@require_safe
def public_page(request: HttpRequest) -> HttpResponse:
    """Published results, records and lists of today; ?tab= and ?q= narrow."""
    if not spend("credit-public", client_address(request) or "unknown", 300, HOUR):
        return render(request, "safety/refused.html", {"reason": "操作过于频繁，请稍后再试。"}, status=429)
    tab = request.GET.get("tab", "")
    tab = tab if tab in publishing.TABS else "results"
    day = timezone.localdate()
    rows = publishing.TABS[tab][1](day)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    if asked:
        rows = (
            rows.filter(subject__organization__search_key__contains=name_key(asked))
            if name_key(asked)
            else rows.none()
        )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    now_d = publishing.dynamic({row.subject_id for row in shown}, day) if tab == "results" else {}
    context = {
        "tab": tab,
        "tabs": [(code, label) for code, (label, _) in publishing.TABS.items()],
        "page": page,
        "rows": [(publishing.name_of(row.subject), row, now_d.get(row.subject_id)) for row in shown],
        "asked": asked,
        "day": day,
        "rule": rule(rules.PROCEDURE),
    }
    return render(request, "integrity/credit_public.html", context)


@require_safe
def joint(request: HttpRequest) -> HttpResponse:
    """The grade of a joint venture of some subjects, each named in ?members=, one a line."""
    ledger = get("credit-subjects")
    if not ledger.may_view(request.user):
        raise PermissionDenied("您的角色不能查看信用主体。")
    asked = [line.strip() for line in request.GET.get("members", "").replace("\x00", "").splitlines()]
    asked = list(dict.fromkeys(line for line in asked if line))[:10]
    found = {
        one.title: one for one in ledger.queryset(request.user).filter(title__in=asked, kind="enterprise")
    }
    grade, members = standing.of_joint_venture(found.values(), timezone.localdate()) if found else ("", {})
    complete = len(found) == len(asked) and bool(asked)
    context = {
        "asked": "\n".join(asked),
        "rows": [
            (title, found.get(title), members.get(found[title].pk) if title in found else None)
            for title in asked
        ],
        "grade": grade if complete else "",
        "complete": complete,
        "linked": standing.linked(grade) if complete and grade else [],
        "rule": rule(rules.PROCEDURE),
    }
    return render(request, "integrity/credit_joint.html", context)


def bureau(request: HttpRequest) -> None:
    if Role.BUREAU_STAFF not in request.user.roles:
        raise PermissionDenied("只有市局业务人员可以办理。")


@require_POST
def start_year(request: HttpRequest) -> HttpResponse:
    """Open and compute a year's evaluation of one family, as long work."""
    bureau(request)
    this = timezone.localdate().year
    family, year = request.POST.get("family", ""), whole_number(request.POST.get("year"), this - 5, this - 1)
    if family not in Family.values or year is None:
        messages.error(request, f"请选择规则和年度；只评价已经结束的年度（{this - 5}至{this - 1}年）。")
        return redirect("credit-evaluations:list")
    try:
        rules.of_year(family, year)
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("credit-evaluations:list")
    run = enqueue(
        "credit_year",
        {"family": family, "year": year},
        user=request.user,
        key=f"{family}:{year}",
        label=f"{year}年度{Family(family).label}信用评价",
    )
    if run.created_by_id != request.user.pk:
        messages.info(request, f"{run.label}已由{run.created_by}发起，正在计算。")
        return redirect("credit-evaluations:list")
    return redirect(get("jobs").record_url(run.pk))


@require_POST
def compare(request: HttpRequest) -> HttpResponse:
    """Look through the ledgers now instead of tonight."""
    if not request.user.roles & AUTHORITY_ROLES:
        raise PermissionDenied("只有主管部门可以办理。")
    made = proposals.run(Actor.of(request.user, "page"))
    messages.success(request, f"已比对，新提出建议 {made} 条。")
    return redirect("credit-proposals:list")


@require_safe
def export(request: HttpRequest, form: str) -> HttpResponse:
    """The published results, signed: as JSON or as a workbook."""
    bureau(request)
    day = timezone.localdate()
    try:
        if form == "json":
            made = JsonResponse(exchange.exported(day), json_dumps_params={"ensure_ascii": False})
            made["Content-Disposition"] = f'attachment; filename="credit-results-{day}.json"'
        else:
            made = HttpResponse(exchange.workbook(day).getvalue(), content_type=XLSX)
            made["Content-Disposition"] = f'attachment; filename="credit-results-{day}.xlsx"'
    except exchange.ExchangeError as error:
        messages.error(request, str(error))
        return redirect("credit-evaluations:list")
    return made
