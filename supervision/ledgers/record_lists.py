"""The page of the very records behind a figure, in the columns of their ledger, and the same as a workbook.

Figures of any room open to it: the room says which records (already narrowed to what the person sees), from which
figure they come and where the way back leads.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from . import rows as drawing
from .ledger import Ledger
from .list_pages import page_links
from .sheet_pages import workbook
from .sheets import export


@dataclass(frozen=True)
class Heading:
    """What stands above the records.

    title, note    the name of the figure; how it counts
    day            the as-of day in words, shown as 数据截至 and written into the workbook
    back, from_page   the address of the page with the figure, and its name
    file           the name of the workbook without its ending
    """

    title: str
    note: str
    day: str
    back: str
    from_page: str
    file: str


def records_page(request: HttpRequest, ledger: Ledger, queryset: QuerySet, head: Heading) -> HttpResponse:
    """The records page by page; with ?format=xlsx all of them as the ledger's own sheet."""
    queryset = queryset.select_related(*ledger.joins).order_by(*ledger.ordering)
    if request.GET.get("format") == "xlsx":
        note = f"{head.title}，截至{head.day}"
        return workbook(f"{head.file}.xlsx", lambda path: export.write_records(path, ledger, queryset, note))
    page = Paginator(queryset, 20).get_page(request.GET.get("page"))
    columns = [column for column in ledger.columns if column.listed]
    context = {
        "head": head,
        "title": head.title,
        "rows": drawing.rows(ledger, page.object_list, columns, page.start_index()),
        "columns": drawing.heads(columns),
        "page": page,
        "total": page.paginator.count,
        "page_links": page_links(page, request),
    }
    return render(request, "ledgers/records_of_figure.html", context)
