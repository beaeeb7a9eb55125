"""A version as an Excel workbook, and back: every mistake named by sheet, row and column, nothing half-read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from supervision.ledgers.sheets import raw
from supervision.ledgers.sheets.cells import ODD, forbidden, said
from supervision.ledgers.sheets.errors import SheetError
from supervision.rules.numbers import parse_date

from .book import COVER, COVER_FIELDS, SHEETS, VERSION_COLUMNS, Field, Sheet
from .checking import problems
from .spec import Item, Rounding, Spec, Table

THIN = Side(style="thin", color="999999")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
HEAD, MUST = PatternFill("solid", fgColor="E8EEF7"), PatternFill("solid", fgColor="FCE4D6")
WRAP = Alignment(vertical="center", wrap_text=True)
FILL_ROWS = 500
# Heads may have a title above them; further down a row is data.
HEAD_ROWS = 5


# ----------------------------------------------------------------------------------------------------- writing


def write(target: BinaryIO, spec: Spec | None = None, facts: Mapping[str, Any] | None = None) -> None:
    """Write the workbook of a version to `target`: a blank template without `spec`.

    facts   the version's own columns (effective_from …), as `store.save_draft` takes them
    Reading back what was written gives the same version.
    """
    book = Workbook()
    _cover(book.active, spec, facts or {})
    for sheet in SHEETS:
        page = book.create_sheet(sheet.title)
        _heads(page, sheet.fields)
        for at, entry in enumerate(_entries(spec, sheet), 2):
            for column, cell in enumerate(sheet.fields, 1):
                _put(page, at, column, cell.write(getattr(entry, cell.name)))
    _explain(book.create_sheet("填写说明"))
    book.save(target)


def _entries(spec: Spec | None, sheet: Sheet) -> list:
    if spec is None:
        return []
    if sheet.kind is Item:
        return [item for table in spec.tables for item in table.items]
    return list(getattr(spec, sheet.attribute))


def _cover(page: Worksheet, spec: Spec | None, facts: Mapping[str, Any]) -> None:
    page.title = COVER
    values = dict(facts)
    if spec is not None:
        names = ("label", "pass_line", "excellent_line", "pass_confidence", "excellent_confidence")
        values |= {name: getattr(spec, name) for name in names}
        values |= {"places": spec.rounding.places, "stages": spec.rounding.stages}
    for at, cell in enumerate(COVER_FIELDS, 1):
        _put(page, at, 1, _head_text(cell), head=cell)
        value = values.get(cell.name)
        _put(page, at, 2, "" if value is None else cell.write(value))
        _put(page, at, 3, cell.hint)
        _options(page, cell, f"B{at}")
    for letter, width in zip("ABC", (16, 44, 60), strict=True):
        page.column_dimensions[letter].width = width


def _heads(page: Worksheet, columns: tuple[Field, ...]) -> None:
    for at, column in enumerate(columns, 1):
        letter = get_column_letter(at)
        _put(page, 1, at, _head_text(column), head=column)
        page.column_dimensions[letter].width = column.width
        _options(page, column, f"{letter}2:{letter}{FILL_ROWS}")
    page.freeze_panes = "A2"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = "1:1"


def _head_text(column: Field) -> str:
    return f"{column.label}*" if column.required else column.label


def _options(page: Worksheet, column: Field, cells: str) -> None:
    if column.options and len(",".join(column.options)) <= 250:
        rule = DataValidation("list", formula1=f'"{",".join(column.options)}"', allow_blank=True)
        page.add_data_validation(rule)
        rule.add(cells)


def _put(page: Worksheet, row: int, column: int, value: Any, head: Field | None = None) -> None:
    cell = page.cell(row, column)
    text = "".join(sign for sign in str(value) if not forbidden(sign))
    # As text whatever it begins with: a cell that starts with = is not to run.
    cell.value, cell.data_type, cell.number_format = text, "s", "@"
    cell.alignment, cell.border = WRAP, BOX
    if head is not None:
        cell.font, cell.fill = Font(bold=True), MUST if head.required else HEAD


def _explain(page: Worksheet) -> None:
    rows = [("工作表", "列", "必填", "写法")]
    rows += [(COVER, column.label, "是" if column.required else "", column.hint) for column in COVER_FIELDS]
    for sheet in SHEETS:
        for column in sheet.fields:
            hint = column.hint or ("可选：" + "、".join(column.options) if column.options else "")
            rows.append((sheet.title, column.label, "是" if column.required else "", hint))
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            _put(page, at, column, value)
            page.cell(at, column).font = Font(bold=at == 1)
    for letter, width in zip("ABCD", (12, 22, 8, 90), strict=True):
        page.column_dimensions[letter].width = width


# ----------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class Fault:
    """One mistake of a workbook, where the person finds it. row None: the sheet as a whole."""

    sheet: str
    row: int | None
    column: str
    message: str
    value: str = ""


@dataclass
class Reading:
    """What a workbook holds. With `faults` there is no version: `spec` is None."""

    spec: Spec | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


@dataclass
class Row:
    """A row as read: values by attribute; `faulty` when a cell of it could not be read."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    faulty: bool = False


def read(path: Path, filename: str, standard: str) -> Reading:
    """The version a workbook holds, fully checked, or everything that is wrong with it.

    standard   the code of the standard it is a version of
    Never raises for what the file holds; a file that cannot be opened is one fault.
    """
    reading = Reading()
    try:
        pages = {page.name.strip(): page for page in raw.sheets(path, filename)}
    except SheetError as error:
        reading.faults.append(Fault("", error.row, error.column, error.message))
        return reading
    cover = _read_cover(pages.get(COVER), reading.faults)
    rows = {sheet.part: _read_sheet(sheet, pages.get(sheet.title), reading.faults) for sheet in SHEETS}
    _strays(rows, reading.faults)
    spec, places = _assemble(standard, cover, rows)
    faulty = {
        (SHEET_OF[part].title, row.number) for part, found in rows.items() for row in found if row.faulty
    }
    hidden: set[str] = set()
    if faulty or any(fault.sheet == COVER for fault in reading.faults):
        hidden |= {"version", "table", "band"}
    if any(row.faulty for row in rows["table"]):
        hidden.add("formula")
    seen = {(fault.sheet, fault.row) for fault in reading.faults}
    for problem in problems(spec):
        fault = _fault_of(problem, places)
        if (fault.sheet, fault.row) in faulty | (seen if fault.row else set()):
            continue
        # What a sum or a whole lacks may be the row that could not be read: that row is said already.
        if problem.place[0] in hidden:
            continue
        reading.faults.append(fault)
    if not reading.faults:
        reading.spec = spec
        reading.facts = {
            name: cover.values[name] for name in VERSION_COLUMNS if cover.values.get(name) is not None
        }
    order = {COVER: 0} | {sheet.title: at for at, sheet in enumerate(SHEETS, 1)}
    reading.faults.sort(key=lambda fault: (order.get(fault.sheet, 0), fault.row or 0))
    return reading


SHEET_OF = {sheet.part: sheet for sheet in SHEETS}


def _read_cover(page: raw.RawSheet | None, faults: list[Fault]) -> Row:
    row = Row(0)
    if page is None:
        faults.append(Fault(COVER, None, "", f"缺少工作表“{COVER}”"))
        row.faulty = True
        return row
    known = {column.label: column for column in COVER_FIELDS}
    found: set[str] = set()
    for number, cells in page.rows:
        label = said(cells[0]).strip().rstrip("*") if cells else ""
        column = known.get(label)
        if column is None:
            if label:
                faults.append(Fault(COVER, number, label, f"“{label}”不认识"))
            continue
        if label in found:
            faults.append(Fault(COVER, number, label, f"“{label}”写了两次"))
        found.add(label)
        _read_cell(
            COVER, column, cells[1] if len(cells) > 1 else "", Row(number, row.values), page.epoch, faults
        )
    for column in COVER_FIELDS:
        if column.required and column.label not in found:
            faults.append(Fault(COVER, None, column.label, f"缺少“{column.label}”"))
    return row


def _read_sheet(sheet: Sheet, page: raw.RawSheet | None, faults: list[Fault]) -> list[Row]:
    if page is None:
        if sheet.required:
            faults.append(Fault(sheet.title, None, "", f"缺少工作表“{sheet.title}”"))
        return []
    labels = {column.label: column for column in sheet.fields}
    head_at, heads = _find_heads(page, labels)
    if heads is None:
        faults.append(Fault(sheet.title, None, "", "没有找到表头，请使用模板的表头"))
        return []
    known = {at: labels[label] for at, label in heads.items() if label in labels}
    for label in heads.values():
        if label not in labels:
            faults.append(Fault(sheet.title, head_at, label, f"列“{label}”不认识"))
    if twice := {label for label in heads.values() if list(heads.values()).count(label) > 1}:
        faults += [Fault(sheet.title, head_at, label, f"列“{label}”出现两次") for label in sorted(twice)]
    for column in sheet.fields:
        if column.required and column not in known.values():
            faults.append(Fault(sheet.title, head_at, column.label, f"缺少列“{column.label}”"))
    rows = []
    for number, cells in page.rows:
        if number <= head_at or not any(said(cell).strip() or isinstance(cell, dict) for cell in cells):
            continue
        row = Row(number)
        for at, column in known.items():
            _read_cell(sheet.title, column, cells[at] if at < len(cells) else "", row, page.epoch, faults)
        rows.append(row)
    return rows


def _find_heads(page: raw.RawSheet, labels: Mapping[str, Field]) -> tuple[int, dict[int, str] | None]:
    for number, cells in page.rows:
        if number > HEAD_ROWS:
            break
        heads = {
            at: text for at, cell in enumerate(cells) if (text := said(cell).strip().rstrip("*").strip())
        }
        if len(set(heads.values()) & set(labels)) * 2 > len(labels) or set(heads.values()) >= set(labels):
            return number, heads
    return 0, None


def _read_cell(sheet: str, column: Field, cell: Any, row: Row, epoch: int, faults: list[Fault]) -> None:
    text = said(cell).strip()

    def fault(message: str) -> None:
        row.faulty = True
        faults.append(Fault(sheet, row.number, column.label, message, text[:80]))

    if isinstance(cell, dict) and "odd" in cell:
        fault(ODD[cell["odd"]])
    elif any(forbidden(sign) for sign in text):
        fault("含有不能使用的字符")
    elif not text:
        if column.required:
            fault("不能为空")
    elif isinstance(cell, dict) and "d" in cell and column.name not in DAYS:
        fault("单元格是日期格式，请改为文本")
    else:
        try:
            row.values[column.name] = _typed(column, cell, text, epoch)
        except ValueError as error:
            fault(str(error))


DAYS = {"effective_from", "effective_to"}


def _typed(column: Field, cell: Any, text: str, epoch: int) -> Any:
    if column.name not in DAYS:
        return column.read(text)
    if isinstance(cell, dict):
        return column.read(datetime.fromisoformat(cell["d"]).date())
    return parse_date(cell, column.label, epoch)


def _strays(rows: dict[str, list[Row]], faults: list[Fault]) -> None:
    """Items of tables that are not there."""
    tables = {row.values.get("code") for row in rows["table"]}
    for row in rows["item"]:
        code = row.values.get("table")
        if code is not None and code not in tables:
            row.faulty = True
            faults.append(Fault("条目", row.number, "表代码", f"“考核表”中没有代码为“{code}”的表", str(code)))


Places = dict[tuple, tuple[Sheet, int]]


def _assemble(standard: str, cover: Row, rows: dict[str, list[Row]]) -> tuple[Spec, Places]:
    """The version as far as it could be read, and the sheet and row of every part of it."""
    places: Places = {}
    items: dict[str, list[tuple[Row, Item]]] = defaultdict(list)
    for row in rows["item"]:
        if {"table", "no", "title"} <= set(row.values):
            items[row.values["table"]].append((row, Item(**row.values)))
    tables: list[Table] = []
    for row in rows["table"]:
        if {"code", "title", "subject"} <= set(row.values):
            # A second table of one code is said to be a double, and the items go with the first.
            mine = items.pop(row.values["code"], [])
            at = len(tables)
            places["table", at] = SHEET_OF["table"], row.number
            for number, (source, _) in enumerate(mine):
                places["item", at, number] = SHEET_OF["item"], source.number
            tables.append(replace(Table(**row.values), items=tuple(item for _, item in mine)))
    parts: dict[str, list] = {}
    for sheet in SHEETS[2:]:
        parts[sheet.attribute] = []
        needed = {column.name for column in sheet.fields if column.required}
        for row in rows[sheet.part]:
            if needed <= set(row.values):
                places[sheet.part, len(parts[sheet.attribute])] = sheet, row.number
                parts[sheet.attribute].append(sheet.kind(**row.values))
    given = cover.values
    spec = Spec(
        standard=standard,
        label=given.get("label", ""),
        pass_line=given.get("pass_line", Decimal(0)),
        excellent_line=given.get("excellent_line"),
        pass_confidence=given.get("pass_confidence", "D"),
        excellent_confidence=given.get("excellent_confidence", "D"),
        rounding=Rounding(given.get("places", 1), given.get("stages", ())),
        tables=tuple(tables),
        **{name: tuple(entries) for name, entries in parts.items()},
    )
    return spec, places


def _fault_of(problem: Any, places: Places) -> Fault:
    if problem.place in places:
        sheet, number = places[problem.place]
        column = sheet.by_name.get(problem.field)
        return Fault(sheet.title, number, column.label if column else "", problem.text)
    column = next((c for c in COVER_FIELDS if c.name == problem.field), None)
    return Fault(COVER, None, column.label if column else "", problem.text)
