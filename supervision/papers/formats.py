"""Which files are taken, and whether a file is what its name says. Anything not listed is refused."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

import filetype

from . import containers, images
from .errors import WrongContent, refuse
from .images import Picture
from .names import extension_of

OFFICE = "application/vnd.openxmlformats-officedocument"
MIME = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "txt": "text/plain",
    "csv": "text/csv",
    "zip": "application/zip",
}
# For the file chooser of a form.
ACCEPT = ",".join(f".{extension}" for extension in MIME)

MARKUP = re.compile(r"\s*(<!doctype|<\?|<html|<head|<body|<script|<svg|<iframe|<!--|#!)", re.IGNORECASE)
# Controls that no text file needs; tab, line feed, form feed and carriage return are left out.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True)
class Finding:
    """What a file was found to be: its MIME type, and the picture when it is one."""

    mime: str
    picture: Picture | None = None


def inspect(file: Path, name: str) -> Finding:
    """Check the file at `file` against the extension of `name`.

    Raises ValidationError with a sentence that says what is wrong and what to do.
    """
    extension = extension_of(name)
    if extension not in MIME:
        shown = f".{extension}" if extension else "没有扩展名"
        raise refuse(f"不能上传这种文件（{shown}）。可以上传：{'、'.join(MIME)}。", "type_not_allowed")
    try:
        return Finding(MIME[extension], _look(file, extension))
    except WrongContent:
        raise refuse(
            f"文件内容与扩展名不符：扩展名是 .{extension}，内容{_guess(file)}。"
            "请用原来的程序打开，另存为正确的格式后重新上传。",
            "type_lies",
        ) from None


def _look(file: Path, extension: str) -> Picture | None:
    match extension:
        case "jpg" | "jpeg" | "png" | "webp":
            _expect(file, MIME[extension])
            return images.inspect(file, extension)
        case "pdf":
            _expect(file, MIME["pdf"])
        case "docx" | "xlsx" | "pptx":
            containers.check_office(file, extension)
        case "doc" | "xls":
            containers.check_old_office(file, extension)
        case "zip":
            _expect_start(file, b"PK")
            containers.check_zip(file)
        case "txt" | "csv":
            _check_text(file)
    return None


def _expect(file: Path, mime: str) -> None:
    if filetype.guess_mime(str(file)) != mime:
        raise WrongContent


def _expect_start(file: Path, start: bytes) -> None:
    with file.open("rb") as stream:
        if stream.read(len(start)) != start:
            raise WrongContent


def _guess(file: Path) -> str:
    kind = filetype.guess(str(file))
    return f"像是 {kind.extension}" if kind else "不是这种格式"


def _check_text(file: Path) -> None:
    """Readable in one of the encodings that office machines write, and neither markup nor a script."""
    with file.open("rb") as stream:
        head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            with file.open(encoding=encoding, newline="") as text:
                first = text.read(1024)
                if MARKUP.match(first):
                    raise WrongContent
                while first:
                    if CONTROLS.search(first):
                        raise WrongContent
                    first = text.read(1024 * 1024)
            return
        except UnicodeError:
            continue
    raise WrongContent
