"""What the bureau does with schemes, and the lists behind the points of a sheet."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers.once import once
from supervision.ledgers.record_lists import Heading, records_page
from supervision.ledgers.registry import get, ledger_for
from supervision.people.models import Role
from supervision.rules.numbers import date_cn, whole_number

from .. import services
from ..models import AppraisalScheme, MemberList
from . import engine, schemes
from .showing import LABELS


def _bureau(request: HttpRequest) -> Actor:
    if Role.BUREAU_STAFF not in request.user.roles:
        raise PermissionDenied("考核评价由市局业务人员组织。")
    return Actor.of(request.user, "page")


def _year(text: str | None) -> int:
    this_year = timezone.localdate().year
    return (
        int(text) if text and text.isascii() and text.isdigit() and 2000 <= int(text) <= 2100 else this_year
    )


@require_POST
def new(request: HttpRequest) -> HttpResponse:
    """A draft from the shipped scheme, or with `scheme` a copy of that one."""
    actor, year = _bureau(request), _year(request.POST.get("year"))
    source = None
    if request.POST.get("scheme"):
        key = whole_number(request.POST["scheme"])
        source = get_object_or_404(get("appraisal-schemes").queryset(request.user), pk=key)

    def make() -> AppraisalScheme:
        return schemes.copied(source, year, actor) if source else schemes.from_shipped(year, actor)

    try:
        made, fresh = once(request.user, request.POST.get("once", ""), AppraisalScheme, make)
    except (ValidationError, IntegrityError):
        messages.error(request, "另有人刚建立了同一年度的方案，请核对后再建。")
        return redirect("appraisal-schemes:list")
    if fresh:
        messages.success(request, "已建立方案草稿，请核对评价内容和分值后启用。")
    else:
        messages.info(request, "这份表单已经提交过，没有重复建立。")
    return redirect("appraisal-schemes:detail", made.pk)


@require_POST
def compute(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft the sheets of all units, as of a day."""
    actor = _bureau(request)
    scheme = get_object_or_404(AppraisalScheme.objects.visible_to(request.user), pk=pk)
    if scheme.status != "in_force":
        messages.error(request, "方案启用后才能测算。")
        return redirect("appraisal-schemes:detail", pk)
    today = timezone.localdate()
    try:
        as_of = min(date.fromisoformat(request.POST.get("as_of") or ""), today)
    except ValueError:
        as_of = today
    if as_of.year < scheme.year:
        messages.error(request, "截至日期早于考核年度。")
        return redirect("appraisal-schemes:detail", pk)
    try:
        number = engine.compute(scheme, as_of, actor)
    except FlowError as error:
        messages.error(request, error.message)
        return redirect("appraisal-schemes:detail", pk)
    except (ValidationError, IntegrityError):
        messages.error(request, "另有人正在测算，请稍后刷新查看。")
        return redirect("appraisal-schemes:detail", pk)
    messages.success(request, f"已测算{number}个单位，截至{date_cn(as_of)}；已征求意见的不重新测算。")
    return redirect("appraisal-schemes:detail", pk)


@require_safe
def members(request: HttpRequest, pk: int, code: str, which: str) -> HttpResponse:
    """The very records behind a point, as they stood when the sheet was computed."""
    appraisal = get_object_or_404(get("appraisals").queryset(request.user), pk=pk)
    line = next((one for one in appraisal.sheet.get("lines", ()) if one["code"] == code), None)
    if line is None or which not in line["lists"]:
        raise Http404
    kept = get_object_or_404(MemberList, pk=line["lists"][which]["list"])
    rows = services.rows_of(kept).visible_to(request.user)
    ledger = ledger_for(rows.model)
    if ledger is None or not ledger.may_view(request.user):
        raise PermissionDenied("您的角色不能查看这些记录。")
    note = f"{line['words']}；得{line['points'] if line['points'] is not None else '—'}分"
    if hidden := kept.count - rows.count():
        note += f"。清单共{kept.count}条，其中{hidden}条不在您的查看范围内"
    head = Heading(
        title=f"{appraisal.organization}　{line['name']}（{LABELS[which]}）",
        note=note,
        day=date_cn(appraisal.as_of),
        back=get("appraisals").record_url(pk),
        from_page="考核评价",
        file=f"appraisal-{pk}-{code}-{which}",
    )
    return records_page(request, ledger, rows, head)
