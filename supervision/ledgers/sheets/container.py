"""What kind of file was sent, and whether it is safe to open: size, real unpacked size, passwords."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from django.core.exceptions import ValidationError

from supervision.papers import compound, containers
from supervision.papers.errors import WrongContent

from .errors import SheetError

EXTENSIONS = ("xlsx", "xls", "xlsb", "ods", "csv")
MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
# A sheet of equal rows packs some 100 times; deflate's end is near 1,000.
MAX_RATIO = 400
RATIO_COUNTS_FROM = 20 * 1024 * 1024
CHUNK = 1024 * 1024

ENCRYPTED = "工作簿设有打开密码，无法读取。请在 Excel 中取消密码后重新上传。"
DAMAGED = "文件已损坏或不是 Excel 工作簿，无法打开。请用 Excel 打开后另存为 .xlsx 再上传。"
BOMB = "文件解压后过大（疑似压缩炸弹），不予打开。"


def kind_of_file(path: Path, filename: str) -> str:
    """ "workbook" or "csv", by the content and not only by the name. Raises SheetError for what is not taken."""
    extension = Path(filename.lower()).suffix.lstrip(".")
    if extension not in EXTENSIONS:
        raise SheetError("只能导入 .xlsx、.xls、.xlsb、.ods 或 .csv 文件。")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise SheetError(f"文件超过 {MAX_BYTES // 1048576} MB，请拆分后分次导入。")
    if not size:
        raise SheetError("文件是空的。")
    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(b"PK"):
        check_zip(path)
        return "workbook"
    if head == compound.MAGIC:
        try:
            names = compound.names(path)
        except WrongContent:
            raise SheetError(DAMAGED) from None
        if "EncryptedPackage" in names:
            raise SheetError(ENCRYPTED)
        if not names & {"Workbook", "Book"}:
            raise SheetError(DAMAGED)
        return "workbook"
    if extension != "csv":
        raise SheetError(DAMAGED)
    return "csv"


def check_zip(path: Path) -> None:
    """Refuse a ZIP that unpacks to too much, however small it says it is. Raises SheetError."""
    try:
        containers.check_zip(path)
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED:
                raise SheetError(BOMB)
            if any(m.file_size > max(RATIO_COUNTS_FROM, MAX_RATIO * m.compress_size) for m in members):
                raise SheetError(BOMB)
            left = MAX_UNPACKED
            for member in members:
                left -= unpacked_bytes(archive, member, left)
    except ValidationError as error:
        raise SheetError(ENCRYPTED if error.code == "encrypted" else error.messages[0]) from None
    except containers.BROKEN:
        raise SheetError(DAMAGED) from None


def unpacked_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> int:
    """How much a member really unpacks to. The directory's figure is the sender's to forge, and readers that
    unpack to the stream's own end would find out too late. Raises SheetError beyond `limit`."""
    if member.compress_type == zipfile.ZIP_STORED:
        return member.compress_size
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise SheetError(DAMAGED)
    raw = archive.fp
    raw.seek(member.header_offset)
    header = raw.read(30)
    raw.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    inflate, total, left = zlib.decompressobj(-15), 0, member.compress_size
    pending = b""
    while not inflate.eof:
        if not pending:
            pending = raw.read(min(CHUNK, left))
            left -= len(pending)
            if not pending:
                break
        total += len(inflate.decompress(pending, CHUNK))
        pending = inflate.unconsumed_tail
        if total > limit or total > member.file_size:
            raise SheetError(BOMB)
    return total
