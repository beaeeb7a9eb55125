"""What the tests of sheets share: workbooks made on the spot, read and checked in one call."""

from __future__ import annotations

import json
import struct
from io import BytesIO, StringIO
from pathlib import Path

from django.core.management import call_command
from openpyxl import Workbook, load_workbook

from supervision.flows.models import Event
from supervision.ledgers.models import ImportBatch
from supervision.ledgers.registry import get
from supervision.ledgers.sheets import checking, export, reader, staging


def book(rows, **sheets) -> Workbook:
    """A workbook of plain rows; `sheets` are further ones, title=rows."""
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for title, more in sheets.items():
        extra = made.create_sheet(title)
        for row in more:
            extra.append(row)
    return made


def saved(made: Workbook, path: Path) -> Path:
    made.save(path)
    return path


def content(made: Workbook) -> bytes:
    target = BytesIO()
    made.save(target)
    return target.getvalue()


def read(path: Path, ledger="projects"):
    return reader.read(path, path.name, get(ledger))


def check(path: Path, ledger="projects", user=None):
    """(what was read, what each row would do)."""
    data = read(path, ledger)
    return data, checking.check(data, get(ledger), user)


def problems(staged) -> list[tuple[int, str, str]]:
    return [(entry.row, e["column"], e["message"]) for entry in staged for e in entry.errors]


def actions(staged) -> list[str]:
    return [entry.action for entry in staged]


def exported(path: Path, ledger: str, user=None) -> Path:
    declared = get(ledger)
    export.write_records(path, declared, export.selection(declared, user), export.unit_of(user))
    return path


def received(user, made: Workbook | bytes, ledger="projects", name="old.xlsx") -> ImportBatch:
    """The batch of an upload by `user`."""
    data = made if isinstance(made, bytes) else content(made)
    return ImportBatch.objects.get(pk=staging.receive(get(ledger), user, name, [data]).pk)


def cells(path: Path, sheet=0):
    """Rows as openpyxl sees them, for looking at what we wrote with other eyes."""
    return [[cell.value for cell in row] for row in load_workbook(path).worksheets[sheet].iter_rows()]


def command(name: str, *args: str) -> tuple[int, list[dict]]:
    """Run import_sheet as from a shell: (exit status, the JSON lines it printed)."""
    output = StringIO()
    try:
        call_command(name, *args, stdout=output, stderr=StringIO())
        status = 0
    except SystemExit as end:
        status = end.code
    return status, [json.loads(line) for line in output.getvalue().splitlines()]


def event_count() -> int:
    return Event.objects.count()


# ------------------------------------------------------------------------------------------------ compound files


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file (the container of .xls and of workbooks with a password) that holds `streams`.

    Streams are padded to 4,096 bytes, so that all lie in ordinary sectors.
    """
    size, free, end = 512, 0xFFFFFFFF, 0xFFFFFFFE
    padded = {name: data.ljust(4096, b"\0") for name, data in streams.items()}
    padded = {name: data + b"\0" * (-len(data) % size) for name, data in padded.items()}
    chain, body, places = [0xFFFFFFFD, end], b"", {}
    for name, data in padded.items():
        count = len(data) // size
        places[name] = len(chain)
        chain += [*range(len(chain) + 1, len(chain) + count), end]
        body += data
    entries = [_entry("Root Entry", 5, end, 0, child=1)]
    names = list(padded)
    for number, name in enumerate(names, 1):
        right = number + 1 if number < len(names) else free
        entries.append(_entry(name, 2, places[name], len(padded[name]), right=right))
    directory = b"".join(entries).ljust(size, b"\0")[:size]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(size, b"\xff")
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"),
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        b"",
        0,
        1,
        1,
        0,
        4096,
        end,
        0,
        end,
        0,
    )
    header += struct.pack("<109I", 0, *[free] * 108)
    return header + table + directory + body


def _entry(name, kind, start, size, child=0xFFFFFFFF, right=0xFFFFFFFF):
    text = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ",
        text,
        len(text) + 2,
        kind,
        1,
        0xFFFFFFFF,
        right,
        child,
        b"",
        0,
        0,
        0,
        start,
        size,
    )


def xls(rows) -> bytes:
    """An old workbook (BIFF8) with one sheet of texts and numbers."""

    def record(number, data=b""):
        return struct.pack("<HH", number, len(data)) + data

    def short(text):
        return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")

    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    sheet += record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            place = struct.pack("<HHH", at, column, 0)
            if isinstance(value, int | float):
                sheet += record(0x203, place + struct.pack("<d", value))
            elif value:
                sheet += record(0x204, place + short(value))
    sheet += record(0x0A)
    begin = record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 0)) + record(
        0x42, struct.pack("<H", 1200)
    )
    name = struct.pack("<BB", 5, 0) + b"Sheet"
    length = len(begin) + 4 + 6 + len(name) + 4
    begin += record(0x85, struct.pack("<IH", length, 0) + name) + record(0x0A)
    return compound({"Workbook": begin + sheet})
