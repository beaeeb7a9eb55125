"""Looking into ZIP files and office documents without unpacking them."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path

from . import compound
from .errors import ENCRYPTED, MACRO, REMOTE, WrongContent, refuse

MAX_MEMBERS = 10_000
MAX_DIRECTORY_BYTES = 4 * 1024 * 1024
MAX_UNPACKED_BYTES = 500 * 1024 * 1024
# Text of office documents packs 10 to 50 times; deflate's end is near 1,000.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 10 * 1024 * 1024

# The main part of a document, as [Content_Types].xml names it.
OFFICE_MAIN = {
    "docx": b"wordprocessingml.document.main+xml",
    "xlsx": b"spreadsheetml.sheet.main+xml",
    "pptx": b"presentationml.presentation.main+xml",
}
# The stream that holds it in a .doc or .xls.
OLD_OFFICE_MAIN = {"doc": {"WordDocument"}, "xls": {"Workbook", "Book"}}
# What the zipfile module raises for a file that is broken or packed in a way it does not know.
BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
    OSError,
    zlib.error,
    struct.error,
)


def check_zip(file: Path) -> None:
    """Refuse a ZIP with too many or too large members, passwords, or paths that lead outside."""
    with _opened(file) as archive:
        _check_members(archive)


def check_old_office(file: Path, extension: str) -> None:
    """Refuse what is no .doc / .xls, asks for a password, or carries macros.

    Raises WrongContent when it is another kind of file, ValidationError otherwise.
    """
    names = compound.names(file)
    if "EncryptedPackage" in names:
        raise refuse(ENCRYPTED, "encrypted")
    if not names & OLD_OFFICE_MAIN[extension]:
        raise WrongContent
    if names & {"Macros", "VBA", "_VBA_PROJECT", "_VBA_PROJECT_CUR"}:
        raise refuse(MACRO, "macro")


def check_office(file: Path, extension: str) -> None:
    """Refuse what is no docx / xlsx / pptx, unpacks to too much, is damaged, or carries macros.

    Raises WrongContent when it is another kind of file, ValidationError otherwise.
    """
    with file.open("rb") as stream:
        head = stream.read(8)
    # With a password, a new document comes wrapped in an old container.
    if head == compound.MAGIC and "EncryptedPackage" in compound.names(file):
        raise refuse(ENCRYPTED, "encrypted")
    if not head.startswith(b"PK"):
        raise WrongContent
    with _opened(file) as archive:
        _check_members(archive)
        for member in archive.infolist():
            if member.file_size > max(RATIO_COUNTS_FROM, MAX_RATIO * member.compress_size):
                raise refuse("文件压缩比异常（疑似压缩炸弹），不能上传。", "bomb")
        try:
            with archive.open("[Content_Types].xml") as part:
                types = part.read(MAX_DIRECTORY_BYTES)
        except (KeyError, *BROKEN):
            raise WrongContent from None
        names = [member.filename.lower() for member in archive.infolist()]
        if any(name.endswith("vbaproject.bin") for name in names) or b"macroEnabled" in types:
            raise refuse(MACRO, "macro")
        if OFFICE_MAIN[extension] not in types:
            raise WrongContent
        if _fetches(archive):
            raise refuse(REMOTE, "remote")
        try:
            # Reads every member up to its declared size and compares check sums, so that a size declared
            # too small is found out as well.
            damaged = archive.testzip()
        except BROKEN:
            damaged = "?"
        if damaged:
            raise refuse("文件已损坏，无法打开。请检查后重新上传。", "damaged")


# What an office program fetches by itself when a document is opened. Links that somebody clicks are not among it,
# nor is a template on a disk of the writer's.
_FETCHED = re.compile(rb"/(?:attachedTemplate|oleObject|frame|subDocument|externalLinkPath)[\"']")
_ELSEWHERE = re.compile(rb"Target\s*=\s*[\"']\s*(?:https?:|ftp:|mhtml:|file:/{4,}|\\\\)", re.IGNORECASE)


def _fetches(archive: zipfile.ZipFile) -> bool:
    """Whether a template or an object of the document lies on another machine."""
    for member in archive.infolist():
        if not member.filename.lower().endswith(".rels"):
            continue
        try:
            with archive.open(member) as part:
                content = part.read(MAX_DIRECTORY_BYTES)
        except BROKEN:
            return False
        for relation in re.findall(rb"<[^<>]*>", content):
            if b"External" in relation and _FETCHED.search(relation) and _ELSEWHERE.search(relation):
                return True
    return False


def _opened(file: Path) -> zipfile.ZipFile:
    _check_directory(file)
    try:
        return zipfile.ZipFile(file)
    except BROKEN as error:
        raise refuse("压缩文件已损坏，无法打开。请检查后重新上传。", "damaged") from error


def _check_directory(file: Path) -> None:
    """Look at the directory's size before the zipfile module builds an object for each of its entries."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        stream.seek(max(0, size - 65_557 - 20))
        tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise refuse("压缩文件不完整，无法打开。请检查后重新上传。", "damaged")
    members, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    zip64 = b"PK\x06\x07" in tail[max(0, at - 20) : at]
    if zip64 or members > MAX_MEMBERS or directory_bytes > MAX_DIRECTORY_BYTES:
        raise refuse(f"压缩文件内的文件过多（上限 {MAX_MEMBERS} 个），不能上传。", "too_many")


def _check_members(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise refuse(f"压缩文件内的文件过多（上限 {MAX_MEMBERS} 个），不能上传。", "too_many")
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise refuse(f"解压后超过 {MAX_UNPACKED_BYTES // 1048576} MB，不能上传。", "bomb")
    for member in members:
        if member.flag_bits & 0x1:
            raise refuse(ENCRYPTED, "encrypted")
        name = member.orig_filename.replace("\\", "/")
        link = (member.external_attr >> 16) & 0o170000 == 0o120000
        outside = name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/")
        if link or outside or "\0" in name:
            raise refuse("压缩文件内有指向外部的路径，不能上传。", "outside_path")
