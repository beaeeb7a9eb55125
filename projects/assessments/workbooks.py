"""Official sheets of assessments: the filled score tables and a project's summary, A4 landscape, for signature."""

from __future__ import annotations

import math
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils import timezone

from supervision.rules.numbers import date_cn

from ..models import Assessment
from ..standards.spec import Table
from .sheet import COLUMN_LABELS, Sheet, number, score_text, told
from .summary import YearSummary, family_label

# What an A4 page across takes, of one line each.
LINES = 30
NAME_SIGNS = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


class Book:
    """A workbook of sheets with a title, a line of facts, merged heads, and lines to sign at the end."""

    def __init__(self):
        self.file = BytesIO()
        self.book = xlsxwriter.Workbook(
            self.file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        border = {"border": 1, "valign": "vcenter", "text_wrap": True, "font_size": 10}
        add = self.book.add_format
        self.title = add({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
        self.small = add({"font_size": 10, "valign": "vcenter", "text_wrap": True})
        self.head = add(border | {"bold": True, "align": "center", "bg_color": "#E8EEF7"})
        self.text = add(border | {"num_format": "@"})
        self.middle = add(border | {"num_format": "@", "align": "center"})
        self.bold = add(border | {"num_format": "@", "bold": True})
        self.bold_middle = add(border | {"num_format": "@", "bold": True, "align": "center"})
        self.names: set[str] = set()

    def sheet(self, name: str, title: str, line: str, widths: list[int]) -> Any:
        """A new sheet; `row` of it is where the next line goes."""
        plain = name.translate(NAME_SIGNS)[:28].strip() or "表"
        unlike, place = plain, 2
        while unlike.lower() in self.names:
            unlike, place = f"{plain[:26]}{place}", place + 1
        self.names.add(unlike.lower())
        page = self.book.add_worksheet(unlike)
        last = len(widths) - 1
        page.set_row(0, 30)
        page.merge_range(0, 0, 0, last, title, self.title)
        page.widths, page.width = widths, sum(widths)
        page.set_row(1, height(line, page.width))
        page.merge_range(1, 0, 1, last, line, self.small)
        for at, width in enumerate(widths):
            page.set_column(at, at, width)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        page.set_footer("&C第 &P 页，共 &N 页")
        page.row = 2
        page.last = last
        return page

    def heads(self, page: Any, heads: list[tuple[str, list[str]]]) -> None:
        """Two head rows: (label, []) stands over both, (group, labels) over its columns. The second is as high as
        its fullest label needs it."""
        at, top = 0, page.row
        below = 0.0
        for label, parts in heads:
            if not parts:
                page.merge_range(top, at, top + 1, at, label, self.head)
                at += 1
                continue
            if len(parts) > 1:
                page.merge_range(top, at, top, at + len(parts) - 1, label, self.head)
            else:
                page.write_string(top, at, label, self.head)
            for place, part in enumerate(parts):
                page.write_string(top + 1, at + place, part, self.head)
                below = max(below, height(part, page.widths[at + place]))
            at += len(parts)
        if below:
            page.set_row(top + 1, below)
        page.repeat_rows(top, top + 1)
        page.freeze_panes(top + 2, 0)
        page.row = top + 2

    def write(
        self, page: Any, cells: Iterable[str], *, bold: bool = False, middle: Iterable[int] = ()
    ) -> None:
        """A line as high as its fullest cell; `middle` names the columns (from 0) that are centred."""
        plain, centred = (self.bold, self.bold_middle) if bold else (self.text, self.middle)
        cells = list(cells)
        page.set_row(page.row, max(height(cell, page.widths[at]) for at, cell in enumerate(cells)))
        for at, cell in enumerate(cells):
            page.write_string(page.row, at, cell, centred if at in middle else plain)
        page.row += 1

    def across(self, page: Any, text: str, form: Any = None) -> None:
        page.set_row(page.row, height(text, page.width))
        page.merge_range(page.row, 0, page.row, page.last, text, form or self.text)
        page.row += 1

    def sign(self, page: Any, who: Iterable[str]) -> None:
        page.row += 1
        page.set_row(page.row, 28)
        text = "　　　　　　　　".join(f"{name}（签字）：" for name in who) + "　　　　　　　　年　　月　　日"
        page.merge_range(page.row, 0, page.row, page.last, text, self.small)
        page.row += 1

    def fit(self, page: Any) -> None:
        """On as many pages as its lines take, so that the lines to sign stand on no page alone."""
        page.fit_to_pages(1, max(1, round(page.row / LINES)))

    def close(self) -> BytesIO:
        self.book.close()
        self.file.seek(0)
        return self.file


def height(text: str, width: float) -> float:
    """Points that a cell of `width` characters needs: not every program makes rows as high as their text, and none
    does for merged ones."""
    lines = 0
    for part in text.split("\n"):
        taken = sum(2 if ord(sign) > 0xFF else 1 for sign in part)
        lines += max(1, math.ceil(taken * 0.95 / width))
    return 6 + 14 * lines


def sheet_book(assessment: Assessment) -> BytesIO:
    """The sheet's tables filled with the columns that were submitted, and what they came to."""
    sheet, book = Sheet(assessment), Book()
    columns = [column for column in assessment.columns if getattr(assessment, f"{column}_on")]
    shown = columns or ["self"]
    line = (
        f"被考核单位：{assessment.unit_label}　　期次：{assessment.period_label}"
        f"　　标准：{assessment.standard_version}"
        f"　　打印日期：{date_cn(timezone.localdate())}"
    )
    summary = book.sheet(
        "得分汇总", f"{assessment.standard_version.standard.title}得分汇总表", line, [26, 16, 12, 60]
    )
    book.heads(summary, [("表", []), ("得分", ["栏", "得分"]), ("计算过程", [])])
    results = {column: sheet.result(column) for column in columns}
    for column, result in results.items():
        label = COLUMN_LABELS[column]
        for row in result.tables:
            cells = (row.table.title, label, score_text(row.score), row.arithmetic)
            book.write(summary, cells, middle=(1, 2))
        for row in result.checklists:
            word = {True: "全部符合", False: "有不符合项", None: "未核查完"}[row.conforms]
            cells = (row.table.title, label, word, "、".join(item.no for item in row.failed))
            book.write(summary, cells, middle=(1, 2))
        for step in result.steps:
            cells = (step.name, label, score_text(step.score), step.text)
            book.write(summary, cells, bold=True, middle=(1, 2))
        cells = ("结论", label, result.verdict.name, "；".join(result.verdict.reasons))
        book.write(summary, cells, bold=True, middle=(1, 2))
    book.sign(summary, ("自评单位", "监理单位", "建设单位", "主管部门"))
    book.fit(summary)
    for table in sheet.tables:
        _table(book, sheet, table, line, shown, results)
    return book.close()


def _table(book: Book, sheet: Sheet, table: Table, line: str, columns: list[str], results: dict) -> None:
    labels = [COLUMN_LABELS[column] for column in columns]
    each = max(14, 56 // len(columns))
    widths = [7, 12, 20, 26, 20, 6, *(each for _ in columns)]
    page = book.sheet(f"{table.code} {table.title}", table.title, line, widths)
    book.heads(
        page,
        [
            ("序号", []),
            ("考核内容", ["类别", "项目", "内容"]),
            ("扣分标准", []),
            ("满分", []),
            ("评分", labels),
        ],
    )
    for item in table.items:
        marks = [told(sheet.rows[column].get(item.key)) for column in columns]
        mandatory = "*" if item.mandatory else ""
        full = "" if item.full is None else number(item.full)
        cells = (f"{item.no}{mandatory}", item.category, item.title, item.text, item.rule, full, *marks)
        book.write(page, cells, middle=(0, 5))
    for column, result in results.items():
        for row in result.tables:
            if row.table.code == table.code:
                book.across(page, f"{COLUMN_LABELS[column]}：{row.arithmetic}", book.bold)
    book.sign(page, ("考核人", "被考核单位"))


def project_book(found: YearSummary, family: str) -> BytesIO:
    """A project's year: units and arithmetic half by half, the annual result."""
    book = Book()
    line = f"项目：{found.project}　　年度：{found.year}　　打印日期：{date_cn(timezone.localdate())}"
    page = book.sheet("汇总", f"{family_label(family)}考核汇总表", line, [10, 14, 34, 14, 16, 12, 12, 40])
    book.heads(
        page,
        [
            ("半年", []),
            ("被考核单位", ["对象", "单位（标段）"]),
            ("期次", []),
            ("得分", ["以哪栏为准", "得分", "等次"]),
            ("说明", []),
        ],
    )
    for half in found.halves:
        for line_ in half.lines:
            sheet, result = line_.assessment, line_.result
            book.write(
                page,
                (
                    half.label, sheet.get_subject_display(), sheet.unit_label, sheet.period_label,
                    COLUMN_LABELS[line_.column], score_text(result.score), result.verdict.name,
                    "；".join(result.verdict.reasons),
                ),
                middle=(0, 1, 3, 4, 5, 6),
            )  # fmt: skip
        if half.result:
            for step in half.result.steps:
                book.across(
                    page, f"{half.label} {step.name}：{step.text}　{half.result.verdict.name}", book.bold
                )
        if half.open_units:
            book.across(page, f"{half.label}尚未考核：{'、'.join(half.open_units)}")
    if found.annual:
        book.across(
            page,
            f"{found.annual.step.name}：{found.annual.step.text}　{found.annual.verdict.name}",
            book.bold,
        )
    book.sign(page, ("填表人", "建设单位负责人"))
    return book.close()
