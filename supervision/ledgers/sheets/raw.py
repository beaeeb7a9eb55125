"""Workbooks and CSV files as plain rows of cells, whatever they were written with."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import unpack
from .container import DAMAGED, ENCRYPTED, kind_of_file
from .errors import SheetError

MAX_ROWS = 50_000
CHILD_SECONDS = 180


@dataclass
class RawSheet:
    """One visible sheet. `rows` holds what is not empty, by the number the spreadsheet shows; a cell is text, a
    number, a boolean, {"d": ISO date or moment}, or {"odd": "formula" | "error"}."""

    name: str
    epoch: int = 1900
    merged: list[list[int]] = field(default_factory=list)
    hidden: frozenset[int] = frozenset()
    rows: list[tuple[int, list[Any]]] = field(default_factory=list)
    # Names of the workbook's other sheets, and whether they are visible.
    others: list[tuple[str, bool]] = field(default_factory=list)


def sheets(path: Path, filename: str) -> Iterator[RawSheet]:
    """The visible sheets in order, each read only when it is asked for. Raises SheetError."""
    if kind_of_file(path, filename) == "csv":
        yield RawSheet(name=Path(filename).stem, rows=csv_rows(path))
    else:
        yield from workbook_sheets(path)


# ---------------------------------------------------------------------------------------------------------- CSV


def decoded(content: bytes) -> str:
    """Text of a CSV file: UTF-16 with its mark, UTF-8, or what Chinese Excel writes. Raises SheetError."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        codings = ["utf-16"]
    else:
        codings = ["utf-8-sig", "gb18030"]
    for coding in codings:
        try:
            return content.decode(coding)
        except UnicodeDecodeError:
            continue
    raise SheetError("文件的文字编码无法识别，请另存为“CSV UTF-8”或 .xlsx 后再上传。")


def csv_rows(path: Path) -> list[tuple[int, list[Any]]]:
    text = decoded(path.read_bytes())
    if "\x00" in text:
        raise SheetError("文件含有不能使用的字符，可能不是 CSV 文件。")
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    found = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                found.append((number, cells))
            if len(found) > MAX_ROWS + 100:
                raise too_many()
    except csv.Error:
        raise SheetError("CSV 文件格式有误（单元格过长或引号不成对）。") from None
    return found


def too_many() -> SheetError:
    return SheetError(f"一次最多导入 {MAX_ROWS:,} 行，请拆分后分次导入。")


# ---------------------------------------------------------------------------------------------------- workbooks


def workbook_sheets(path: Path) -> Iterator[RawSheet]:
    command = [sys.executable, "-I", unpack.__file__, str(path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield from _listen(child)
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


def _listen(child: subprocess.Popen) -> Iterator[RawSheet]:
    whole: dict | None = None
    current: RawSheet | None = None
    odd: dict[int, list] = {}
    for line in child.stdout:
        try:
            entry = json.loads(line)
        except ValueError:
            raise SheetError(DAMAGED) from None
        if isinstance(entry, list):
            number, cells = entry
            for column, what in odd.get(number, ()):
                cells.extend([""] * (column + 1 - len(cells)))
                cells[column] = {"odd": what}
            current.rows.append((number, cells))
            if len(current.rows) > MAX_ROWS + 100:
                raise too_many()
        elif "error" in entry:
            raise refusal(entry["error"])
        elif "sheets" in entry:
            whole = entry
        else:
            if current is not None:
                yield current
            others = [(s["name"], s["visible"]) for s in whole["sheets"] if s["name"] != entry["sheet"]]
            current = RawSheet(
                entry["sheet"], whole["epoch"], entry["merged"], frozenset(entry["hidden"]), others=others
            )
            odd = {}
            for row, column, what in entry["odd"]:
                odd.setdefault(row, []).append((column, what))
    # Killed by its own limits, or by what it was given to read.
    if child.wait(timeout=CHILD_SECONDS) != 0:
        raise SheetError("工作簿过大或已损坏，无法读取。请另存为 .xlsx，或拆分后再上传。")
    if current is not None:
        yield current


def refusal(code: str) -> SheetError:
    """The sentence for a code of the reading process."""
    word, *place = code.split()
    if word == "far":
        return SheetError(
            f"第 {place[0]} 行第 {place[1]} 列还有内容，超出可读取的范围；请删除表格以外的内容后再上传。",
            int(place[0]),
        )
    return SheetError(
        {
            "encrypted": ENCRYPTED,
            "doctype": "工作簿含有外部实体或文档类型声明，不予打开。",
            "memory": "工作簿过大，无法读取。请拆分后分次导入。",
        }.get(word, DAMAGED)
    )
