"""A ledger's records as a workbook laid out for reading, printing, and sending in again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db import models
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from supervision.jobs import services
from supervision.jobs.models import JobRun
from supervision.people.models import User
from supervision.rules.numbers import date_cn

from ..columns import Column
from ..ledger import Ledger
from ..models import ImportBatch, ImportRow
from ..registry import get
from . import acting
from .cells import out, said
from .heads import PROBLEM_LABEL, number_label

# A list of more rows than this is exported by a job.
EXPORT_INLINE = 5_000
TOTAL = "合计"
Report = Callable[[int], None]


def file_name(ledger: Ledger, word: str = "") -> str:
    """What the downloaded workbook is called."""
    return f"{title_of(ledger)}{word}_{timezone.localdate():%Y%m%d}.xlsx"


def title_of(ledger: Ledger) -> str:
    return ledger.sheet_title or ledger.label


def selection(ledger: Ledger, user: User | None, query: str = "") -> models.QuerySet:
    """The records of a list as its address shows them to `user` (None: the portal itself, all of them)."""
    if user is None:
        return acting.records_of(ledger, None).order_by(*ledger.ordering)
    from ..list_pages import filtered

    request = HttpRequest()
    request.GET, request.user = QueryDict(query), user
    return filtered(ledger, request)[1]


class Layout:
    """Title, date line and heads of a ledger's sheet on an A4 landscape page; then rows, in order.

    `extra` are labels of columns after the ledger's own. Rows must be written from top to bottom.
    """

    def __init__(self, path: Path, ledger: Ledger, unit: str, extra: Iterable[str] = (), columns: Any = None):
        self.ledger = ledger
        self.columns: list[Column] = ledger.sheet_columns if columns is None else columns
        self.extra = list(extra)
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(str(path), options)
        self.sheet = self.book.add_worksheet(sheet_name(title_of(ledger)))
        border = {"border": 1, "valign": "vcenter", "text_wrap": True, "font_size": 10}
        self.head = self.book.add_format(border | {"bold": True, "align": "center", "bg_color": "#E8EEF7"})
        self.text = self.book.add_format(border | {"num_format": "@"})
        self.number = self.book.add_format(border | {"align": "center", "num_format": "0"})
        self.formats = [
            self.book.add_format(
                border | {"num_format": column.kind.number_format, "align": column.kind.align}
            )
            for column in self.columns
        ]
        self.bold = self.book.add_format(border | {"bold": True})
        self.row = 0
        self._top(unit)
        self.totals: dict[int, Decimal] = {
            at: Decimal(0) for at, column in enumerate(self.columns) if column.total
        }

    @property
    def width(self) -> int:
        return 1 + len(self.columns) + len(self.extra)

    def _top(self, unit: str) -> None:
        last = self.width - 1
        title = self.book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
        small = self.book.add_format({"font_size": 10, "align": "left", "valign": "vcenter"})
        line = f"单位：{unit}　　" if unit else ""
        line += f"数据截至：{date_cn(timezone.localdate())}"
        for row, text, form, height in ((0, title_of(self.ledger), title, 30), (1, line, small, 18)):
            self.sheet.set_row(row, height)
            if last:
                self.sheet.merge_range(row, 0, row, last, text, form)
            else:
                self.sheet.write_string(row, 0, text, form)
        self.sheet.set_column(0, 0, 6)
        frozen = 1
        for at, column in enumerate(self.columns, 1):
            self.sheet.set_column(at, at, column.width or max(column.kind.width, 8))
            if column.frozen and at == frozen:
                frozen += 1
        if self.extra:
            self.sheet.set_column(1 + len(self.columns), last, 40)
        first = 2
        self.row = first + self._heads(first)
        self.sheet.freeze_panes(self.row, frozen)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        self.sheet.repeat_rows(first, self.row - 1)
        self.sheet.set_footer("&C第 &P 页，共 &N 页")

    def _heads(self, first: int) -> int:
        labels = [number_label(self.ledger), *(column.label for column in self.columns), *self.extra]
        groups = ["", *(column.group for column in self.columns), *("" for _ in self.extra)]
        if not any(groups):
            for at, label in enumerate(labels):
                self.sheet.write_string(first, at, label, self.head)
            return 1
        for at, group in enumerate(groups):
            text = group or labels[at]
            repeated = group and groups[at - 1] == group
            self.sheet.write_string(first, at, "" if repeated else text, self.head)
        for at, label in enumerate(labels):
            self.sheet.write_string(first + 1, at, label if groups[at] else "", self.head)
        # merge_range writes as it merges, which in constant memory is too late for the upper row: both rows
        # are written above, and the merges only noted.
        for group, run in groupby(enumerate(groups), key=lambda pair: pair[1]):
            places = [at for at, _ in run]
            if not group:
                self.sheet.merge += [[first, at, first + 1, at] for at in places]
            elif len(places) > 1:
                self.sheet.merge.append([first, places[0], first, places[-1]])
        return 2

    def write(self, number: int | str, cells: Iterable[Any], extra: Iterable[str] = ()) -> None:
        """One row; numbers as numbers, everything else as text, never as a formula."""
        if isinstance(number, int):
            self.sheet.write_number(self.row, 0, number, self.number)
        else:
            self.sheet.write_string(self.row, 0, number, self.head)
        at = 0
        for at, cell in enumerate(cells, 1):
            self._cell(at, cell, self.formats[at - 1])
        for more, text in enumerate(extra, at + 1):
            self.sheet.write_string(self.row, more, text, self.text)
        self.row += 1

    def _cell(self, at: int, cell: Any, form: Any) -> None:
        if cell == "" or cell is None:
            self.sheet.write_blank(self.row, at, None, form)
        elif isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
            self.sheet.write_number(self.row, at, float(cell) if isinstance(cell, Decimal) else cell, form)
        else:
            self.sheet.write_string(self.row, at, str(cell), self.text)

    def record(self, number: int, record: models.Model) -> None:
        cells = [out(column, record) for column in self.columns]
        for at in self.totals:
            value = self.columns[at].value(record)
            self.totals[at] += Decimal(value) if value is not None else 0
        self.write(number, cells)

    def close(self) -> None:
        """Add the 合计 row where columns are summed, and finish the file."""
        if self.totals:
            cells = [float(self.totals[at]) if at in self.totals else "" for at in range(len(self.columns))]
            self.write(TOTAL, cells)
        self.book.close()


def sheet_name(title: str) -> str:
    """A title as the name of a sheet: 31 signs, without those that Excel forbids."""
    return "".join(sign for sign in title if sign not in "[]:*?/\\'")[:31] or "台账"


def chunks(records: Iterable[models.Model], size: int) -> Iterator[list[models.Model]]:
    """The records in order, so many at a time."""
    left = iter(records)
    while some := list(islice(left, size)):
        yield some


def write_records(
    path: Path, ledger: Ledger, queryset: models.QuerySet, unit: str, report: Report | None = None
) -> int:
    """Write all records of a queryset to a workbook at `path`; returns how many."""
    layout, number = Layout(path, ledger, unit), 0
    for some in chunks(queryset.iterator(chunk_size=1000), 1000):
        ledger.look_at(some)
        for record in some:
            number += 1
            layout.record(number, record)
            if report and number % 200 == 0:
                report(number)
    layout.close()
    return number


def unit_of(user: User | None) -> str:
    return user.organization.name if user is not None and user.organization else ""


def in_job(run: JobRun, slug: str, query: str) -> dict:
    """The export as a job: scope, roles and filter are evaluated now, for the person who ordered it."""
    ledger, user = get(slug), run.created_by
    if user is None or not user.is_active or not ledger.may_view(user) or not ledger.exportable:
        raise services.JobError(f"您现在不能导出“{ledger.label}”。")
    queryset = selection(ledger, user, query)
    total = queryset.count()
    services.progress(run, 0, total, "写入工作簿")
    path = services.result_path(run, file_name(ledger))
    rows = write_records(
        path, ledger, queryset, unit_of(user), lambda done: services.progress(run, done, total)
    )
    services.progress(run, rows, max(rows, total))
    return {"rows": rows}


def write_faulty(path: Path, batch: ImportBatch) -> None:
    """The faulty rows of a batch as they were sent, each with what is wrong, to be corrected and sent again."""
    ledger = get(batch.ledger)
    columns = [column for column in ledger.sheet_columns if column.key in batch.columns]
    layout = Layout(path, ledger, "", extra=[PROBLEM_LABEL], columns=columns)
    layout.totals = {}
    for row in batch.rows.filter(action=ImportRow.Action.ERROR).order_by("row").iterator(1000):
        cells = []
        for column in columns:
            cell = row.raw.get(column.key, "")
            number = (
                isinstance(cell, int | float)
                and not isinstance(cell, bool)
                and column.kind.number_format != "@"
            )
            cells.append(cell if number else said(cell))
        what = "；".join(
            f"{e['column']}：{e['message']}" if e["column"] else e["message"] for e in row.errors
        )
        layout.write(row.row, cells, [f"原第 {row.row} 行　{what}"])
    layout.close()
