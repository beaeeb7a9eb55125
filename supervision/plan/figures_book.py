"""The targets page as a workbook: one row a target, one sheet by district."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import xlsxwriter

from supervision.rules.numbers import date_cn

HEADS = ("序号", "类别", "代码", "目标", "目标值", "完成值", "计入", "应计", "状态", "差额", "口径")
WIDTHS = (6, 18, 24, 40, 16, 14, 8, 8, 14, 14, 60)


def figure_book(board: dict[str, Any]) -> bytes:
    """An A4-landscape workbook of what the board shows, with its day on the second row."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    head = book.add_format(
        {
            "bold": True,
            "border": 1,
            "align": "center",
            "valign": "vcenter",
            "bg_color": "#EAF0F8",
            "text_wrap": True,
        }
    )
    cell = book.add_format({"border": 1, "valign": "vcenter", "text_wrap": True, "num_format": "@"})
    figure = book.add_format({"border": 1, "align": "right", "valign": "vcenter"})
    plain = book.add_format({"align": "left"})
    sheet = book.add_worksheet("目标完成情况")
    _page(sheet, f"{board['plan']}　{board['year']}年目标完成情况", board, title, plain, len(HEADS))
    for column, (label, width) in enumerate(zip(HEADS, WIDTHS, strict=True)):
        sheet.write_string(2, column, label, head)
        sheet.set_column(column, column, width)
    row = 3
    for group in board["groups"]:
        for target in group["targets"]:
            texts = (
                group["label"],
                target["code"],
                target["name"],
                target["threshold_text"],
                target["value_text"],
            )
            sheet.write_number(row, 0, row - 2, figure)
            for column, text in enumerate(texts, 1):
                sheet.write_string(row, column, str(text), cell)
            for column, value in ((6, target["numerator"]), (7, target["denominator"])):
                if value is None:
                    sheet.write_string(row, column, "—", figure)
                else:
                    sheet.write_number(row, column, value, figure)
            for column, text in ((8, target["state_label"]), (9, target["gap_text"]), (10, target["basis"])):
                sheet.write_string(row, column, str(text or ""), cell)
            row += 1
    if board["districts"]:
        by_district = book.add_worksheet("分地区")
        _page(
            by_district,
            f"{board['year']}年分地区完成情况",
            board,
            title,
            plain,
            len(board["target_heads"]) + 1,
        )
        for column, label in enumerate(["地区", *board["target_heads"]]):
            by_district.write_string(2, column, label, head)
            by_district.set_column(column, column, 16)
        for line, district in enumerate(board["districts"], 3):
            by_district.write_string(line, 0, district["label"], cell)
            for column, entry in enumerate(district["cells"], 1):
                by_district.write_string(line, column, entry["text"], figure)
    book.close()
    return buffer.getvalue()


def _page(sheet: Any, heading: str, board: dict, title: Any, plain: Any, columns: int) -> None:
    sheet.merge_range(0, 0, 0, max(columns - 1, 1), "", title)
    sheet.write_string(0, 0, heading, title)
    sheet.set_row(0, 30)
    as_of = date_cn(board["as_of"]) if board["as_of"] else "尚未计算"
    sheet.write_string(1, 0, f"范围：{board['scope_label'] or '—'}　数据截至：{as_of}", plain)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 2)
    sheet.freeze_panes(3, 0)
