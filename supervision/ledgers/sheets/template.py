"""The empty workbook of a ledger, to fill in: heads, pick lists, and a sheet that explains every column."""

from __future__ import annotations

from itertools import groupby
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from .. import natural
from ..columns import Column, DecimalKind, IntegerKind, RelationKind
from ..ledger import Ledger
from .export import sheet_name, title_of
from .rules import settable

FILL_ROWS = 1_000
# A pick list written into the cell's rule itself may be so long; longer ones stand on a sheet of their own.
LIST_LIMIT = 250
THIN = Side(style="thin", color="999999")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
HEAD = PatternFill("solid", fgColor="E8EEF7")
MUST = PatternFill("solid", fgColor="FCE4D6")
LISTS = "选项"


def write_template(ledger: Ledger, target: BinaryIO) -> None:
    """Write the ledger's template to `target`."""
    columns = settable(ledger, ledger.sheet_columns)
    book = Workbook()
    sheet = book.active
    sheet.title = sheet_name(title_of(ledger))
    first = _heads(sheet, ledger, columns)
    lists = book.create_sheet(LISTS)
    for at, column in enumerate(columns, 1):
        _column(sheet, lists, column, at, first)
    lists.sheet_state = "hidden"
    if not lists.max_row or lists["A1"].value is None and lists.max_column == 1:
        del book[LISTS]
    _explain(book.create_sheet("填写说明"), columns)
    book.save(target)


def _heads(sheet: Worksheet, ledger: Ledger, columns: list[Column]) -> int:
    """Title, hint and heads; returns the first row to fill in."""
    last = get_column_letter(len(columns))
    sheet["A1"] = title_of(ledger)
    sheet["A1"].font, sheet["A1"].alignment = Font(bold=True, size=16), CENTRE
    sheet["A2"] = "带 * 的列必填，从表头下一行起逐行填写；各列的写法见“填写说明”。请勿改动表头。"
    sheet["A2"].font = Font(size=10, color="666666")
    sheet["A2"].alignment = Alignment(vertical="center", wrap_text=True)
    for row, height in ((1, 30), (2, 20)):
        sheet.merge_cells(f"A{row}:{last}{row}")
        sheet.row_dimensions[row].height = height
    grouped = any(column.group for column in columns)
    label_row = 4 if grouped else 3
    for at, column in enumerate(columns, 1):
        text = f"{column.label}*" if column.required else column.label
        top = label_row if column.group or not grouped else 3
        sheet.cell(top, at, text)
        for row in range(3, label_row + 1):
            cell = sheet.cell(row, at)
            cell.font, cell.alignment, cell.border = Font(bold=True, size=10), CENTRE, BOX
            cell.fill = MUST if column.required else HEAD
        if grouped and not column.group:
            sheet.merge_cells(start_row=3, end_row=4, start_column=at, end_column=at)
    if grouped:
        for group, run in groupby(enumerate(columns, 1), key=lambda pair: pair[1].group):
            places = [at for at, _ in run]
            if group:
                sheet.cell(3, places[0], group)
                sheet.merge_cells(start_row=3, end_row=3, start_column=places[0], end_column=places[-1])
    sheet.freeze_panes = sheet.cell(label_row + 1, 1)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = f"3:{label_row}"
    return label_row + 1


def _column(sheet: Worksheet, lists: Worksheet, column: Column, at: int, first: int) -> None:
    letter = get_column_letter(at)
    sheet.column_dimensions[letter].width = column.width or max(column.kind.width, 8)
    numeric = isinstance(column.kind, IntegerKind | DecimalKind)
    # Codes, stakes and dates are typed as text, so that Excel does not make numbers of them.
    for row in range(first, first + FILL_ROWS):
        sheet.cell(row, at).number_format = column.kind.number_format if numeric else "@"
    choices = column.kind.choices()
    if not choices:
        return
    formula = '"' + ",".join(choices) + '"'
    if len(formula) > LIST_LIMIT or any("," in choice or '"' in choice for choice in choices):
        for row, choice in enumerate(choices, 1):
            lists.cell(row, at, choice)
        name = f"list_{at}"
        place = f"{quote_sheetname(LISTS)}!${letter}$1:${letter}${len(choices)}"
        sheet.parent.defined_names[name] = DefinedName(name, attr_text=place)
        formula = f"={name}"
    rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=True)
    rule.errorTitle, rule.error = "不在可选项内", "请从下拉列表中选择。"
    sheet.add_data_validation(rule)
    rule.add(f"{letter}{first}:{letter}{first + FILL_ROWS - 1}")


def _explain(sheet: Worksheet, columns: list[Column]) -> None:
    heads = ("列名", "所在分组", "含义", "写法", "是否必填", "可选项")
    for at, (head, width) in enumerate(zip(heads, (22, 16, 36, 30, 10, 60), strict=True), 1):
        cell = sheet.cell(1, at, head)
        cell.font, cell.alignment, cell.border, cell.fill = Font(bold=True), CENTRE, BOX, HEAD
        sheet.column_dimensions[get_column_letter(at)].width = width
    for row, column in enumerate(columns, 2):
        field = column.model_field
        choices = column.kind.choices()
        meaning = str(field.help_text or field.verbose_name)
        must = "必填" if column.required else "选填"
        values = (column.label, column.group, meaning, writing(column), must, "、".join(choices))
        for at, value in enumerate(values, 1):
            cell = sheet.cell(row, at, value)
            cell.data_type = "s"
            cell.border, cell.alignment = BOX, Alignment(vertical="top", wrap_text=True)
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = "1:1"


def writing(column: Column) -> str:
    """How a column is written, in words."""
    kind, field = column.kind, column.model_field
    if kind.hint:
        return kind.hint
    if kind.choices():
        return "从下拉列表中选择"
    if isinstance(kind, RelationKind):
        return f"已登记的{kind.model._meta.verbose_name}，写法：{spelled(kind)}"
    if isinstance(kind, DecimalKind):
        return f"数字，最多 {kind.places} 位小数" if kind.places else "整数"
    if isinstance(kind, IntegerKind):
        return "整数"
    limit = getattr(field, "max_length", None)
    return f"文字，不超过 {limit} 字" if limit else "文字"


def spelled(kind: RelationKind) -> str:
    """By which words a record of that kind is named: 项目名称 标段号."""
    words = []
    for part in natural.parts_of(kind.model):
        field = kind.model
        for step in part.split("."):
            field = getattr(field, "related_model", None) or field
            field = field._meta.get_field(step)
        words.append(str(field.verbose_name))
    return " ".join(words) + ("（中间空一格）" if len(words) > 1 else "")
