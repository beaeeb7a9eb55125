"""One cell: how a record's value stands in a sheet, and what a cell read back means."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models

from supervision.rules.numbers import parse_date

from ..columns import Column, DateKind, DecimalKind, IntegerKind
from .reader import empty

# A cell holds no more (32,767 is Excel's limit).
MAX_TEXT = 32_000
CUT = "…（内容过长，此处截断）"
# Spreadsheets keep 15 digits of a number; of a longer code the rest is gone.
EXACT = 10**15

ODD = {
    "formula": "公式没有保存计算结果，请在 Excel 中打开、保存后再上传，或直接填写数值",
    "error": "单元格显示的是公式错误，请改正",
}


def out(column: Column, record: models.Model) -> Any:
    """What the sheet holds for a record: a number where the spreadsheet keeps it exactly, else text."""
    value = column.cell(record)
    if value is None:
        return ""
    if isinstance(value, bool):
        return column.kind.text(value)
    if isinstance(value, int | Decimal):
        digits = len(Decimal(value).normalize().as_tuple().digits)
        return value if digits <= 15 and abs(value) < EXACT else format(Decimal(value), "f")
    if isinstance(value, float):
        return value
    text = "".join(sign for sign in str(value) if not forbidden(sign))
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + CUT


def forbidden(sign: str) -> bool:
    """Signs that no cell can hold or no text of the portal should: controls, halves of a pair."""
    return unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\r\t" or sign in "\ufffe\uffff"


def plain_number(value: float) -> str:
    """A number as a person would have typed it: 20260001.0 was 20260001."""
    return format(Decimal(repr(value)), "f").removesuffix(".0") if value == value else "NaN"


def said(cell: Any) -> str:
    """A cell as read, in words: for messages, for the faulty rows, for comparing."""
    if isinstance(cell, dict):
        if "odd" in cell:
            return ""
        day = datetime.fromisoformat(cell["d"])
        return day.date().isoformat() if not (day.hour or day.minute or day.second) else day.isoformat(" ")
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return plain_number(cell)
    return "" if cell is None else str(cell)


def same(cell: Any, written: Any) -> bool:
    """Whether a cell read is what an export wrote there: then the value is as it was, whatever its kind."""
    if isinstance(cell, dict) and "odd" in cell:
        return False
    if isinstance(written, int | Decimal | float) and not isinstance(written, bool):
        try:
            return not empty(cell) and Decimal(said(cell)) == Decimal(str(written))
        except ArithmeticError:
            return False
    return _levelled(said(cell)) == _levelled(str(written))


def _levelled(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def value_of(column: Column, cell: Any, epoch: int) -> Any:
    """What a filled cell means to its column. Raises ValueError with a Chinese message.

    Columns of other records give the text by which the record is looked up.
    """
    if isinstance(cell, dict) and "odd" in cell:
        raise ValueError(ODD[cell["odd"]])
    kind = column.kind
    if isinstance(kind, DateKind):
        if isinstance(cell, dict):
            return parse_date(datetime.fromisoformat(cell["d"]).date())
        return parse_date(cell, epoch=epoch)
    if isinstance(kind, IntegerKind | DecimalKind) and isinstance(cell, dict | bool):
        raise ValueError("应为数字" if isinstance(cell, bool) else "应为数字，现为日期；请检查单元格格式")
    if isinstance(cell, float) and abs(cell) >= EXACT and not isinstance(kind, IntegerKind | DecimalKind):
        raise ValueError("过长的编号被当作数字保存，后几位已丢失；请把单元格设为文本后重新填写")
    text = _levelled(said(cell))
    if any(forbidden(sign) for sign in text):
        raise ValueError("含有不能使用的字符")
    return text if isinstance(column.model_field, models.ForeignKey) else kind.parse(text)


def emptied(column: Column) -> Any:
    """The value that an emptied cell stands for. Raises ValueError where the column cannot be empty."""
    field = column.model_field
    if field.null:
        return None
    if isinstance(field, models.JSONField) and field.blank:
        return field.get_default()
    if isinstance(field, models.BooleanField) and field.has_default():
        return field.get_default()
    if field.blank and field.empty_strings_allowed:
        return ""
    raise ValueError("不能为空")
