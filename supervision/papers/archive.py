"""All files of a record as one ZIP, sent while it is being made."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator

from django.utils import timezone

from . import services
from .blobs import CHUNK
from .models import Attachment
from .names import apart, clean_name

VOID_FOLDER = "已作废"
MISSING = "缺失文件.txt"


class _Outlet:
    """A file that can only be written to, and emptied of what was written."""

    def __init__(self):
        self.pending = bytearray()

    def write(self, data: bytes) -> int:
        self.pending += data
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data = bytes(self.pending)
        self.pending.clear()
        return data


def stream(attachments: Iterable[Attachment]) -> Iterator[bytes]:
    """The bytes of a ZIP with the files in a folder per kind, voided ones in a folder of their own.

    Files of one name are told apart by a number. A file missing from the store is named in a list inside,
    so that nobody takes the archive for complete.
    """
    outlet, taken, missing = _Outlet(), set(), []
    # Stored, not deflated: nearly everything that comes in is compressed already.
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for attachment in attachments:
            folder = VOID_FOLDER if attachment.is_void else clean_name(attachment.kind)
            name = apart(f"{folder}/{attachment.name}", taken)
            file = services.file_of(attachment)
            if file is None:
                missing.append(f"{name}\t{attachment.sha256}")
                continue
            entry = zipfile.ZipInfo(name, timezone.localtime(attachment.at).timetuple()[:6])
            entry.external_attr = 0o644 << 16
            with file.open("rb") as source, archive.open(entry, "w") as target:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    yield outlet.take()
        if missing:
            archive.writestr(MISSING, "以下文件不在存储中，请联系系统管理员：\r\n" + "\r\n".join(missing))
    yield outlet.take()
