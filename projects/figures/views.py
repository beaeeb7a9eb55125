"""The page of an indicator broken down, the records behind each of its numbers, and both as workbooks."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from urllib.parse import urlencode

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from supervision.ledgers.record_lists import Heading, records_page
from supervision.ledgers.registry import ledger_for
from supervision.people.models import READER_ROLES, User
from supervision.plan.indicators import COUNTED, DECIDED, UNDECIDED, Indicator
from supervision.rules.numbers import date_cn, whole_day, whole_number

from ..assessments.workbooks import Book
from .breaking import Asked, Table, offered

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# So many lines stand on the page; the workbook has all of them.
SHOWN = 200
STANDINGS = {"": "应计", COUNTED: "计入", UNDECIDED: "未定", DECIDED: "未计入"}


def readable(user: User) -> dict[str, list[Indicator]]:
    """The indicators whose ledgers a person may open, by the menu entry of the ledger."""
    found: dict[str, list[Indicator]] = {}
    for known in offered():
        ledger = ledger_for(apps.get_model(known.unit))
        if ledger is not None and ledger.may_view(user):
            found.setdefault(ledger.menu, []).append(known)
    return found


def asked_for(request: HttpRequest) -> tuple[dict[str, list[Indicator]], Asked]:
    if not request.user.roles & READER_ROLES:
        raise PermissionDenied("您的角色不能查看统计指标。")
    groups = readable(request.user)
    known = {one.code: one for part in groups.values() for one in part}
    if not known:
        raise PermissionDenied("您的角色不能查看统计指标。")
    code = request.GET.get("code") or next(iter(known))
    if code not in known:
        raise Http404
    today = timezone.localdate()
    year = whole_number(request.GET.get("year"), 2000, today.year) or today.year
    day = whole_day(request.GET.get("as_of"))
    if day is not None and not date(year, 1, 1) <= day <= today:
        day = None
    return groups, Asked(request.user, known[code], year, day)


def way(request: HttpRequest, asked: Asked) -> str:
    by = request.GET.get("by", "")
    return by if by in asked.ways else next(iter(asked.ways))


@require_safe
def broken_down(request: HttpRequest) -> HttpResponse:
    """One indicator (?code=) of a year, by district, owner, unit, section, sector or month (?by=)."""
    groups, asked = asked_for(request)
    by = way(request, asked)
    table = asked.table(by)
    if request.GET.get("format") == "xlsx":
        response = HttpResponse(book_of(asked, table).getvalue(), content_type=XLSX)
        name = f"{asked.known.code}-{asked.year}-{by}"
        response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
        return response
    this = timezone.localdate().year

    def drawn(line):
        numbers = ((line.population, ""), (line.counted, COUNTED), (line.undecided, UNDECIDED))
        return line, [(number, address(asked, by, line, standing)) for number, standing in numbers]

    lines = [drawn(line) for line in table.lines[:SHOWN]]
    context = {
        "groups": groups,
        "asked": asked,
        "by": by,
        "head": asked.ways[by],
        "table": table,
        "lines": lines,
        "total": drawn(table.total),
        "years": sorted({this, this - 1, this - 2, asked.year}, reverse=True),
    }
    return render(request, "projects/figures.html", context)


def address(asked: Asked, by: str, line, standing: str) -> str:
    """The list behind a number; of the last line all places."""
    query = {"code": asked.known.code, "year": asked.year, "by": by, "list": standing}
    if by == "month":
        query["as_of"] = line.place or asked.day.isoformat()
    elif line.label != "合计":
        query["place"] = line.place
    return f"{reverse('figures_list')}?{urlencode(query)}"


@require_safe
def behind(request: HttpRequest) -> HttpResponse:
    """The records behind one number of the table, in the columns of their ledger."""
    _, asked = asked_for(request)
    by, standing, place = way(request, asked), request.GET.get("list", ""), request.GET.get("place")
    if standing not in STANDINGS:
        raise Http404
    try:
        ledger, queryset = ledger_for(asked.model), asked.rows(by, place, standing)
    except ValueError:
        raise Http404 from None
    back = {"code": asked.known.code, "year": asked.year, "by": by}
    head = Heading(
        title=f"{asked.known.label}（{asked.year}年）{STANDINGS[standing]}",
        note=asked.known.meaning,
        day=date_cn(asked.day),
        back=f"{reverse('figures')}?{urlencode(back)}",
        from_page="统计指标",
        file=f"{asked.known.code}-{asked.year}",
    )
    return records_page(request, ledger, queryset, head)


def book_of(asked: Asked, table: Table) -> BytesIO:
    """The table as an official sheet."""
    book, head = Book(), asked.ways[table.by]
    unit = asked.user.organization.name if asked.user.organization else ""
    heads = ("应计", "计入", "未定", "比率（%）") if asked.is_ratio else ("计入", "未定")
    page = book.sheet(
        asked.known.label,
        f"{asked.known.label}（{asked.year}年，按{head}）",
        f"编制单位：{unit}　　数据截至：{date_cn(asked.day)}",
        [44, *(14 for _ in heads)],
    )
    book.heads(page, [(head, []), *((label, []) for label in heads)])
    for line in [*table.lines, table.total]:
        cells = [str(line.counted), str(line.undecided)]
        if asked.is_ratio:
            cells = [str(line.population), *cells, "—" if line.rate is None else str(line.rate)]
        book.write(page, [line.label, *cells], bold=line is table.total, middle=range(1, 5))
    book.across(page, f"口径：{asked.known.meaning}")
    book.sign(page, ("填表人", "审核人"))
    return book.close()
