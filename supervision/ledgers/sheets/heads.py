"""Finding the head rows of a sheet and which column is which, by the labels people see."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from supervision.rules.names import name_key

from ..columns import Column
from ..ledger import Ledger
from .errors import SheetError
from .raw import RawSheet

# The head stands within so many rows that hold anything.
SEARCH_ROWS = 40
# Columns that our own workbooks add; they carry nothing.
NUMBER_LABELS = ("序号", "行号")
PROBLEM_LABEL = "问题"


def number_label(ledger: Ledger) -> str:
    """What the leading column of running numbers is called, where the ledger has a 序号 of its own."""
    taken = {column.label for column in ledger.sheet_columns}
    return next((label for label in NUMBER_LABELS if label not in taken), "#")


def head_key(text: Any) -> str:
    """Labels meet under this key: spaces, line breaks, width and the mark of a required column do not count."""
    if not isinstance(text, str):
        return ""
    plain = re.sub(r"[*＊]|[（(]必填[）)]", "", text)
    return name_key(plain)


@dataclass
class Heads:
    """Which column stands where. `first` is the first row below the heads."""

    row: int
    first: int
    columns: dict[int, Column] = field(default_factory=dict)
    number: int | None = None
    unknown: list[tuple[int, str]] = field(default_factory=list)


class Labels:
    """The labels of a ledger's sheet columns, to look up."""

    def __init__(self, ledger: Ledger):
        self.ledger = ledger
        self.by_label: dict[str, list[Column]] = defaultdict(list)
        for column in ledger.sheet_columns:
            self.by_label[head_key(column.label)].append(column)
        also: dict[str, list[Column]] = defaultdict(list)
        for column in ledger.sheet_columns:
            names = {head_key(f"{column.group}{column.label}")}
            if column.model_field is not None:
                names.add(head_key(str(column.model_field.verbose_name)))
            for name in names - set(self.by_label):
                also[name].append(column)
        self.by_label.update({name: found for name, found in also.items() if len(found) == 1})
        self.groups = {head_key(column.group) for column in ledger.sheet_columns if column.group}
        self.ignored = {head_key(label) for label in (*NUMBER_LABELS, PROBLEM_LABEL)} - set(self.by_label)

    def find(self, text: Any, group: str) -> Column | None:
        found = self.by_label.get(head_key(text), [])
        if len(found) > 1:
            found = [column for column in found if head_key(column.group) == group]
        return found[0] if len(found) == 1 else None


def find_heads(sheet: RawSheet, ledger: Ledger) -> Heads | None:
    """The heads of a sheet of this ledger, or None when it is not one. Raises SheetError for two columns that
    say the same."""
    labels = Labels(ledger)
    top, covered = _spread(sheet)
    best: tuple[int, int] | None = None
    for place, (number, cells) in enumerate(top):
        groups = _groups(top, place, labels)
        found = {
            column.key
            for at, text in enumerate(cells)
            if (number, at) not in covered and (column := labels.find(text, groups.get(at, "")))
        }
        hits = len(found)
        if hits and (best is None or hits >= best[0]):
            best = (hits, place)
    needed = min(2, len(ledger.sheet_columns))
    if best is None or best[0] < needed:
        return None
    return _assign(top, best[1], labels, covered)


def _spread(sheet: RawSheet) -> tuple[list[tuple[int, list[Any]]], set[tuple[int, int]]]:
    """The top rows with the text of merged cells in each of their cells; and which of those (row, column) lie
    to the right of where the text stands."""
    rows = {number: list(cells) for number, cells in sheet.rows[:SEARCH_ROWS]}
    covered: set[tuple[int, int]] = set()
    for top, left, bottom, right in sheet.merged:
        if top not in rows or left >= len(rows[top]) or bottom - top > 5:
            continue
        for number in range(top, bottom + 1):
            cells = rows.setdefault(number, [])
            cells.extend([""] * (right + 1 - len(cells)))
            for at in range(left, right + 1):
                cells[at] = rows[top][left]
            covered.update((number, at) for at in range(left + 1, right + 1))
    return sorted(rows.items()), covered


def _groups(top: list[tuple[int, list[Any]]], place: int, labels: Labels) -> dict[int, str]:
    """The group above each cell of a row: the text above, or the last group to its left."""
    if not place or top[place - 1][0] != top[place][0] - 1:
        return {}
    above, last, found = top[place - 1][1], "", {}
    for at in range(len(top[place][1])):
        key = head_key(above[at]) if at < len(above) else ""
        last = key or (last if last in labels.groups else "")
        if last:
            found[at] = last
    return found


def _assign(
    top: list[tuple[int, list[Any]]], place: int, labels: Labels, covered: set[tuple[int, int]]
) -> Heads:
    number, cells = top[place]
    groups = _groups(top, place, labels)
    heads = Heads(row=number, first=number + 1)
    places: dict[str, list[int]] = defaultdict(list)
    above = top[place - 1][1] if groups else []
    width = max(len(cells), len(above))
    for at in range(width):
        if (number, at) in covered:
            continue
        text = cells[at] if at < len(cells) else ""
        # Without knowledge of merges (some formats) a label over two rows stands in the upper one only.
        if text == "" and at < len(above) and head_key(above[at]) not in labels.groups:
            text = above[at]
        key = head_key(text)
        column = labels.find(text, groups.get(at, ""))
        if column is not None:
            places[column.key].append(at)
        elif key in labels.ignored:
            if heads.number is None and key != head_key(PROBLEM_LABEL):
                heads.number = at
        elif key:
            heads.unknown.append((at, str(text).strip()))
    for key, found in places.items():
        column = labels.ledger.column(key)
        if len(found) > 1 and column.group:
            inside = [at for at in found if groups.get(at, "") == head_key(column.group)]
            if len(inside) == 1:
                heads.unknown += [(at, column.label) for at in found if at not in inside]
                found = inside
        if len(found) > 1:
            where = "、".join(letters(at) for at in found)
            raise SheetError(
                f"“{column.label}”列出现了 {len(found)} 次（{where} 列），请只保留一列。",
                number,
                column.label,
            )
        heads.columns[found[0]] = column
    return heads


def letters(at: int) -> str:
    """The letters of a column counted from 0, as the spreadsheet shows them."""
    text, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        text = chr(65 + rest) + text
    return text
