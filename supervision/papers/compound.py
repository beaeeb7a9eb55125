"""Reading the directory of a compound file, the container of .doc, .xls and of documents with a password."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from .errors import WrongContent

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ENTRY_BYTES = 128
# Far more directory sectors than any document has; a limit, since the chain is the sender's to forge.
MAX_SECTORS = 4096


def names(file: Path) -> set[str]:
    """The names of the streams and storages in a compound file. Raises WrongContent when it is none."""
    with file.open("rb") as stream:
        return _Compound(stream, file.stat().st_size).names()


class _Compound:
    def __init__(self, stream: BinaryIO, size: int):
        header = stream.read(512)
        if len(header) < 512 or header[:8] != MAGIC:
            raise WrongContent
        shift = struct.unpack_from("<H", header, 30)[0]
        if shift not in (9, 12):
            raise WrongContent
        self.stream = stream
        self.sector_bytes = 1 << shift
        self.count = size // self.sector_bytes
        self.first = struct.unpack_from("<I", header, 48)[0]
        self.tables = list(struct.unpack_from("<109I", header, 76))
        self._more_tables(struct.unpack_from("<I", header, 68)[0])

    def sector(self, number: int) -> bytes:
        self.stream.seek((number + 1) * self.sector_bytes)
        return self.stream.read(self.sector_bytes).ljust(self.sector_bytes, b"\0")

    def numbers(self, number: int) -> tuple[int, ...]:
        return struct.unpack(f"<{self.sector_bytes // 4}I", self.sector(number))

    def _more_tables(self, number: int) -> None:
        """Follow the list of allocation tables beyond the 109 that the header names."""
        seen = set()
        while number < self.count and number not in seen and len(seen) < MAX_SECTORS:
            seen.add(number)
            *tables, number = self.numbers(number)
            self.tables += tables

    def next_of(self, number: int) -> int:
        """The sector after `number` in its chain; one past the end when there is none."""
        table, place = divmod(number, self.sector_bytes // 4)
        if table >= len(self.tables) or self.tables[table] >= self.count:
            return self.count
        return self.numbers(self.tables[table])[place]

    def names(self) -> set[str]:
        found, seen, number = set(), set(), self.first
        while number < self.count and number not in seen and len(seen) < MAX_SECTORS:
            seen.add(number)
            block = self.sector(number)
            for start in range(0, self.sector_bytes, ENTRY_BYTES):
                entry = block[start : start + ENTRY_BYTES]
                length = struct.unpack_from("<H", entry, 64)[0]
                # A type of 0 marks an unused entry; the length counts the closing zero.
                if entry[66] and 2 < length <= 64:
                    found.add(entry[: length - 2].decode("utf-16-le", "replace"))
            number = self.next_of(number)
        return found
