"""A table of figures as a sheet: title, unit and date, heads, rows, a note; A4 landscape."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter

from supervision.people.models import User
from supervision.rules.numbers import NOTHING, date_cn

FIRST = 2


class FigureSheet:
    """One sheet of `width` figures beside their label; `place` is where the next row goes."""

    def __init__(self, name: str, title: str, width: int, user: User, as_of: date):
        self.target = BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(self.target, options)
        self.sheet = self.book.add_worksheet(name)
        middle = {"valign": "vcenter"}
        add = self.book.add_format
        self.head = add({"bold": True, "border": 1, "align": "center", "text_wrap": True} | middle)
        self.text = add({"border": 1, "text_wrap": True} | middle)
        self.number = add({"border": 1, "align": "right"} | middle)
        self.rate = add({"border": 1, "align": "right", "num_format": "0.0"} | middle)
        self.width = width
        self.place = self.first_row = FIRST
        heading = add({"bold": True, "font_size": 16, "align": "center"} | middle)
        self.sheet.set_row(0, 30)
        self.sheet.merge_range(0, 0, 0, width, title, heading)
        unit = user.organization.name if user.organization else ""
        self.sheet.write_string(1, 0, f"填报单位：{unit}　数据截至：{date_cn(as_of)}")

    def heads(self, label: str, groups: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Two rows of heads: `label` over the first column, each group over its names."""
        self.sheet.merge_range(FIRST, 0, FIRST + 1, 0, label, self.head)
        column = 1
        for group, names in groups:
            self.sheet.merge_range(FIRST, column, FIRST, column + len(names) - 1, group, self.head)
            for name in names:
                self.sheet.write_string(FIRST + 1, column, name, self.head)
                column += 1
        self.place = self.first_row = FIRST + 2

    def head_row(self, names: Iterable[str]) -> None:
        """One row of heads."""
        for at, name in enumerate(names):
            self.sheet.write_string(self.place, at, name, self.head)
        self.place = self.first_row = FIRST + 1

    def row(self, label: str, values: Iterable[Any], rates: Iterable[bool]) -> None:
        """A row of figures; None where there is nothing to measure."""
        self.sheet.write_string(self.place, 0, label, self.text)
        for at, (value, is_rate) in enumerate(zip(values, rates, strict=True), 1):
            form = self.rate if is_rate else self.number
            if value is None:
                self.sheet.write_string(self.place, at, NOTHING, form)
            else:
                self.sheet.write_number(self.place, at, Decimal(value), form)
        self.place += 1

    def finish(self, note: str, label_width: int) -> bytes:
        """The file. The heads are repeated on every page."""
        self.sheet.write_string(self.place, 0, f"注：{note}")
        self.sheet.set_column(0, 0, label_width)
        self.sheet.set_column(1, self.width, 11)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(0, self.first_row - 1)
        self.book.close()
        return self.target.getvalue()
