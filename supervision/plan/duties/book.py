"""The rates as a workbook."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import xlsxwriter

from supervision.rules.numbers import date_cn

from .rates import STATES, WAYS


def rate_book(context: dict[str, Any]) -> bytes:
    """An A4-landscape sheet: title, day, a row for each unit (duty, period), the sum last."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    head = book.add_format({"bold": True, "border": 1, "align": "center", "bg_color": "#EAF0F8"})
    cell = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
    figure = book.add_format({"border": 1, "align": "right", "valign": "vcenter"})
    sheet = book.add_worksheet("履职完成率")
    asked = context["asked"]
    heads = ["序号", WAYS[context["by"]][0], *STATES.values(), "完成率"]
    sheet.merge_range(0, 0, 0, len(heads) - 1, "", title)
    sheet.write_string(0, 0, f"{asked.year}年履职完成情况", title)
    sheet.set_row(0, 30)
    sheet.write_string(1, 0, f"数据截至：{date_cn(asked.as_of)}")
    for column, label in enumerate(heads):
        sheet.write_string(2, column, label, head)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, 44)
    sheet.set_column(2, len(heads) - 1, 11)
    for line, row in enumerate([*context["rows"], context["total"]], 3):
        last = line == len(context["rows"]) + 3
        sheet.write_string(line, 0, "" if last else str(line - 2), figure)
        sheet.write_string(line, 1, row["label"], cell)
        for column, state in enumerate(STATES, 2):
            sheet.write_number(line, column, row[state], figure)
        rate = "—" if row["rate"] is None else f"{row['rate']}%"
        sheet.write_string(line, len(heads) - 1, rate, figure)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 2)
    sheet.freeze_panes(3, 2)
    book.close()
    return buffer.getvalue()
