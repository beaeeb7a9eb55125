"""Reads a workbook in a process of its own, with a ceiling on memory and time.

Run as a script (`python -I unpack.py FILE`), it imports nothing of the portal. A workbook that lies about
its size can only end this process. Lines of JSON on standard output: first `{"epoch", "sheets": [{name,
visible}]}`, then for each visible sheet a line `{"sheet", "merged", "hidden", "odd"}` followed by its rows that
hold anything, `[row number, [cells]]`, in order. A workbook that cannot be read gives `{"error": code}`.
`odd` lists `[row, column, what]`: formulas without a stored value, and cells that show an error.
"""

from __future__ import annotations

import json
import posixpath
import resource
import sys
import zipfile
from datetime import date, datetime, timedelta
from xml.parsers import expat

MEMORY_BYTES = 3 * 1024**3
CPU_SECONDS = 120
PART_BYTES = 300 * 1024 * 1024
# Filled cells beyond these would make the reader lay out a table of the whole stretch.
LAST_ROW, LAST_COLUMN = 100_000, 1_000


class Refused(Exception):
    """The workbook is not taken; the argument is a code that the parent turns into a sentence."""


def say(line: object) -> None:
    print(json.dumps(line, ensure_ascii=True), flush=False)


def cell(value: object) -> object:
    """A value as JSON; dates as {"d": …}, so that they stay apart from text."""
    if isinstance(value, datetime):
        return {"d": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if value is None or isinstance(value, str | int | float | bool):
        return "" if value is None else value
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# ------------------------------------------------------------------------------- what calamine does not tell


def column_of(reference: str) -> tuple[int, int]:
    """(row, column) of a reference such as B7, counted from 1 and 0."""
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter.upper()) - 64
    return int(reference[len(letters) :]), column - 1


class SheetParts:
    """Hidden rows, formulas without a stored value and error cells of one worksheet's XML."""

    def __init__(self):
        self.hidden: list[int] = []
        self.odd: list[list] = []
        self.row, self.column = 0, -1
        self.formula = self.filled = self.error = False
        self.depth_text = 0

    def parse(self, stream) -> SheetParts:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = self.doctype
        parser.ParseFile(stream)
        return self

    @staticmethod
    def doctype(*_details) -> None:
        raise Refused("doctype")

    def start(self, name: str, attributes: dict) -> None:
        name = name.rpartition(" ")[2]
        if name == "row":
            self.row = int(attributes.get("r") or self.row + 1)
            self.column = -1
            if attributes.get("hidden") in ("1", "true"):
                self.hidden.append(self.row)
        elif name == "c":
            if reference := attributes.get("r"):
                self.row, self.column = column_of(reference)
            else:
                self.column += 1
            self.formula = self.filled = False
            self.error = attributes.get("t") == "e"
        elif name == "f":
            self.formula = True
        elif name in ("v", "t"):
            self.depth_text += 1

    def end(self, name: str) -> None:
        name = name.rpartition(" ")[2]
        if name in ("v", "t"):
            self.depth_text -= 1
        elif name == "c":
            if self.filled and (self.row > LAST_ROW or self.column >= LAST_COLUMN):
                raise Refused(f"far {self.row} {self.column + 1}")
            if self.error:
                self.odd.append([self.row, self.column, "error"])
            elif self.formula and not self.filled:
                self.odd.append([self.row, self.column, "formula"])

    def text(self, data: str) -> None:
        if self.depth_text and data:
            self.filled = True


class Book:
    """The parts of an .xlsx beside calamine's view: which file a sheet lies in, and the epoch of its dates."""

    def __init__(self, path: str):
        self.files: dict[str, str] = {}
        self.epoch = 1900
        self.archive = zipfile.ZipFile(path) if zipfile.is_zipfile(path) else None
        if self.archive and "xl/workbook.xml" in self.archive.namelist():
            targets: dict[str, str] = {}
            self.scan("xl/_rels/workbook.xml.rels", lambda name, a: self.relation(targets, name, a))
            self.scan("xl/workbook.xml", lambda name, a: self.described(targets, name, a))

    def scan(self, part: str, handler) -> None:
        if part not in self.archive.namelist():
            return
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = lambda name, a: handler(name.rpartition(" ")[2], a)
        parser.StartDoctypeDeclHandler = SheetParts.doctype
        with self.archive.open(part) as stream:
            parser.ParseFile(stream)

    @staticmethod
    def relation(targets: dict[str, str], name: str, attributes: dict) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            targets[attributes.get("Id", "")] = path

    def described(self, targets: dict[str, str], name: str, attributes: dict) -> None:
        if name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self.epoch = 1904
        elif name == "sheet":
            number = next((v for key, v in attributes.items() if key.rpartition(" ")[2] == "id"), "")
            self.files[attributes.get("name", "")] = targets.get(number, "")

    def parts(self, sheet: str) -> SheetParts:
        part = self.files.get(sheet)
        if not part or part not in self.archive.namelist():
            return SheetParts()
        with self.archive.open(part) as stream:
            return SheetParts().parse(stream)


# ------------------------------------------------------------------------------------------------------ main


def read(path: str) -> None:
    import python_calamine as calamine

    try:
        book = Book(path)
        parts = {name: book.parts(name) for name in book.files}
        workbook = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError:
        raise Refused("encrypted") from None
    except (calamine.CalamineError, expat.ExpatError, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise Refused("unreadable") from None
    sheets = [s for s in workbook.sheets_metadata if s.typ == calamine.SheetTypeEnum.WorkSheet]
    shown = calamine.SheetVisibleEnum.Visible
    say(
        {
            "epoch": book.epoch,
            "sheets": [{"name": s.name, "visible": s.visible == shown} for s in sheets],
        }
    )
    for meta in sheets:
        if meta.visible != shown:
            continue
        more = parts.get(meta.name) or SheetParts()
        try:
            sheet = workbook.get_sheet_by_name(meta.name)
            merged = [[a[0] + 1, a[1], b[0] + 1, b[1]] for a, b in sheet.merged_cell_ranges or []]
        except (calamine.CalamineError, ValueError):
            raise Refused("unreadable") from None
        odd = {(row, column) for row, column, _ in more.odd}
        rows_odd = {row for row, _ in odd}
        say({"sheet": meta.name, "merged": merged[:2000], "hidden": more.hidden, "odd": more.odd})
        if sheet.start is None:
            continue
        for number, values in enumerate(sheet.to_python(skip_empty_area=False), 1):
            cells = [cell(value) for value in values]
            while cells and cells[-1] == "":
                cells.pop()
            if cells or number in rows_odd:
                say([number, cells])
    sys.stdout.flush()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.set_int_max_str_digits(640)
    try:
        read(sys.argv[1])
    except Refused as refused:
        say({"error": str(refused)})
    except MemoryError:
        say({"error": "memory"})


if __name__ == "__main__":
    main()
