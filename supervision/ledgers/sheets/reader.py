"""A sent workbook as rows of a ledger: which sheet, which columns, which rows, with what was left out named."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..columns import Column
from ..ledger import Ledger
from . import raw
from .errors import SheetError
from .heads import Heads, find_heads, head_key

TOTALS = {"合计", "总计", "小计", "合 计"}


@dataclass
class SheetRow:
    """`number` is the row as the spreadsheet counts; `cells` maps column keys to what stands there."""

    number: int
    cells: dict[str, Any]


@dataclass
class SheetData:
    name: str
    epoch: int
    head_row: int
    columns: list[Column]
    rows: list[SheetRow] = field(default_factory=list)
    # What was left out and why, in sentences.
    notes: list[str] = field(default_factory=list)


def read(path: Path, filename: str, ledger: Ledger) -> SheetData:
    """Read the first visible sheet that has the ledger's heads. Raises SheetError."""
    seen = 0
    for sheet in raw.sheets(path, filename):
        seen += 1
        heads = find_heads(sheet, ledger)
        if heads is not None:
            return _data(sheet, heads, ledger)
    wanted = "、".join(column.label for column in ledger.sheet_columns[:6])
    if not seen:
        raise SheetError("工作簿里没有可见的工作表。")
    raise SheetError(f"没有找到“{ledger.label}”的表头（应有{wanted}等列），请使用下载的模板或导出的台账。")


def _data(sheet: raw.RawSheet, heads: Heads, ledger: Ledger) -> SheetData:
    data = SheetData(sheet.name, sheet.epoch, heads.row, [heads.columns[at] for at in sorted(heads.columns)])
    shown = [name for name, visible in sheet.others if visible]
    if shown:
        data.notes.append(f"只读取工作表“{sheet.name}”；未读取：{some(shown)}。")
    if hidden := [name for name, visible in sheet.others if not visible]:
        data.notes.append(f"隐藏的工作表未读取：{some(hidden)}。")
    if heads.unknown:
        data.notes.append(f"不认识的列，已忽略：{some([label for _, label in heads.unknown])}。")
    # A part of the key that may be empty is, where its column is absent.
    needed = [column for column in map(ledger.column, ledger.key) if not column.model_field.blank]
    missing = [column.label for column in needed if column not in data.columns]
    if missing:
        raise SheetError(f"缺少“{'”“'.join(missing)}”列，无法辨认各行是哪条记录。", heads.row, missing[0])
    hidden_rows, strays, totals = [], [], []
    for number, cells in sheet.rows:
        if number < heads.first:
            continue
        values = {column.key: (cells[at] if at < len(cells) else "") for at, column in heads.columns.items()}
        if all(empty(value) for value in values.values()):
            rest = [cell for at, cell in enumerate(cells) if at not in heads.columns and at != heads.number]
            if any(not empty(cell) for cell in rest) and number not in sheet.hidden:
                strays.append(number)
            continue
        if number in sheet.hidden:
            hidden_rows.append(number)
        elif is_total(cells):
            totals.append(number)
        elif not repeats_heads(values, data.columns):
            data.rows.append(SheetRow(number, values))
    if len(data.rows) > raw.MAX_ROWS:
        raise raw.too_many()
    if not data.rows:
        raise SheetError("表头以下没有数据行。", heads.row)
    for numbers, why in (
        (hidden_rows, "在工作簿中被隐藏，未读取"),
        (totals, "是合计行，未读取"),
        (strays, "只有不认识的列有内容，未读取"),
    ):
        if numbers:
            data.notes.append(f"第 {some([str(number) for number in numbers])} 行{why}。")
    return data


def empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def is_total(cells: list[Any]) -> bool:
    """Whether a row only sums: 合计 in its first cell with anything, and nothing but numbers after it."""
    filled = [cell for cell in cells if not empty(cell)]
    if not filled or not isinstance(filled[0], str) or filled[0].strip() not in TOTALS:
        return False
    return all(isinstance(cell, int | float | dict) or _numeric(cell) for cell in filled[1:])


def _numeric(cell: Any) -> bool:
    return isinstance(cell, str) and cell.replace(",", "").replace(".", "", 1).strip().lstrip("-").isdigit()


def repeats_heads(values: dict[str, Any], columns: list[Column]) -> bool:
    """Whether a row is the head again, as on each page of a printed list."""
    said = [(values[column.key], column) for column in columns if not empty(values[column.key])]
    return len(said) > 1 and all(head_key(value) == head_key(column.label) for value, column in said)


def some(words: list[str], limit: int = 10) -> str:
    """The first few of many, for a sentence."""
    more = f"等 {len(words)} 处" if len(words) > limit else ""
    return "、".join(words[:limit]) + more
