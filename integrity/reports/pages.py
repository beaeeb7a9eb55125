"""The discipline role's own pages: who reported, and the figures.

The figures are no indicators of the plan: a figure about reports would tell all its readers that there are any.
"""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supervision.flows import history, records
from supervision.flows.history import Actor
from supervision.ledgers.registry import get
from supervision.people.visitors.codes import grouped, new_code
from supervision.rules.numbers import percent, whole_year
from supervision.rules.shipped import rule

from ..models import Category, Channel, ConductReport
from ..models.reporting import CODE_LENGTH, REPORTS, key_of
from .forms import ReasonForm, ReporterForm


def check(request: HttpRequest) -> None:
    if not get("conduct-reports").may_view(request.user):
        raise PermissionDenied("您的角色不能查看“廉政举报”。")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reporter(request: HttpRequest, pk: int) -> HttpResponse:
    """Who reported: shown for a reason that is written into the report's history, or entered for a report that came
    on paper or in person."""
    check(request)
    report = get_object_or_404(ConductReport.objects.visible_to(request.user), pk=pk)
    actor = Actor.of(request.user, "page")
    enters = request.POST.get("do") == "enter"
    reason = ReasonForm(request.POST if request.method == "POST" and not enters else None)
    entry = ReporterForm(request.POST if enters else None) if not report.named else None
    context = {"report": report, "reason": reason, "entry": entry, "shown": False}
    if enters and entry and entry.is_valid():
        records.update(report, entry.cleaned_data, actor, label="登记举报人")
        return redirect("conduct-reports:detail", pk=pk)
    if reason.is_bound and reason.is_valid() and report.named:
        history.note(
            report, actor, verb="read_reporter", label="查看举报人", reason=reason.cleaned_data["reason"]
        )
        context["shown"] = True
    bad = bool(reason.errors or (entry and entry.errors))
    return render(request, "integrity/reporter.html", context, status=400 if bad else 200)


@never_cache
@require_POST
def new_code_for(request: HttpRequest, pk: int) -> HttpResponse:
    """A code for whoever reported by letter, in person or by telephone: shown once, to be handed over, and kept by
    nobody. A new one takes the place of the one before. Who reported by the page has theirs already."""
    check(request)
    report = get_object_or_404(ConductReport.objects.visible_to(request.user), pk=pk)
    if report.channel == Channel.WEB:
        raise PermissionDenied("网上举报的受理码只由举报人本人持有。")
    code = new_code(CODE_LENGTH)
    records.update(
        report, {"code_key": key_of(code)}, Actor.of(request.user, "page"), label="发给受理码", clean=False
    )
    return render(request, "integrity/report_code.html", {"report": report, "code": grouped(code)})


def in_time(done: str, limit: str, day: date) -> tuple[Q, Q]:
    """(due or done: counts below the line, done by its day: counts above it) of one of the three clocks."""
    due = Q(**{f"{done}__isnull": False}) | Q(**{f"{limit}__lt": day})
    return due & Q(**{f"{limit}__isnull": False}), Q(**{f"{done}__lte": F(limit)})


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """How many of a year's reports were accepted, finished and answered in time; two statements."""
    check(request)
    this_year = timezone.localdate().year
    year = whole_year(request.GET.get("year"), this_year)
    rows = ConductReport.objects.visible_to(request.user).filter(received_on__year=year).order_by()
    day = timezone.localdate()
    clocks = {
        "accept": ("受理及时率", *in_time("accepted_on", "accept_by", day)),
        "finish": ("办结及时率", *in_time("finished_on", "finish_by", day)),
        "inform": ("告知及时率", *in_time("informed_on", "inform_by", day)),
    }
    # What was not accepted has been answered instead; then that is the day which counts.
    refused = Q(status__in=("refused", "handed"), accepted_on__isnull=True)
    clocks["accept"] = (
        "受理及时率",
        clocks["accept"][1] | refused,
        clocks["accept"][2] | (refused & Q(informed_on__lte=F("accept_by"))),
    )
    handed = Q(status="handed")
    clocks["finish"] = (
        "办结及时率",
        clocks["finish"][1] & ~handed,
        clocks["finish"][2],
    )
    sums = rows.aggregate(
        total=Count("pk"),
        named=Count("pk", filter=Q(named=True)),
        reward=Sum("reward"),
        **{f"{code}_due": Count("pk", filter=due) for code, (_, due, _) in clocks.items()},
        **{f"{code}_kept": Count("pk", filter=due & kept) for code, (_, due, kept) in clocks.items()},
    )
    channels, categories = dict(Channel.choices), dict(Category.choices)
    table = [
        {
            "channel": channels[row["channel"]],
            "category": categories.get(row["category"], "未分类"),
            "number": row["number"],
        }
        for row in rows.values("channel", "category")
        .annotate(number=Count("pk"))
        .order_by("channel", "category")
    ]
    rates = [
        {
            "label": label,
            "kept": sums[f"{code}_kept"],
            "due": sums[f"{code}_due"],
            "rate": percent(sums[f"{code}_kept"], sums[f"{code}_due"]),
        }
        for code, (label, _, _) in clocks.items()
    ]
    context = {
        "year": year,
        "years": [this_year - back for back in range(3)],
        "sums": sums,
        "rates": rates,
        "table": table,
        "rules": rule(REPORTS),
    }
    return render(request, "integrity/report_figures.html", context)
