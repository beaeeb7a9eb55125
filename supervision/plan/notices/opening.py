"""From what somebody pastes or sends to the paragraphs of a notice."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from .docx import read_docx
from .notice import Source
from .outline import marker_of
from .text import level

MAX_SIGNS = 200_000
MAX_PARAGRAPHS = 20_000
# Signs that nobody sees: marks of direction (with which a number can be shown the other way round), joiners, soft
# hyphens. They are no part of what is read.
INVISIBLE = dict.fromkeys(
    [0x00AD, 0x061C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)


UNKNOWN = "不能识别文本的编码，请另存为 UTF-8 或 GBK 编码。"


class TooLong(ValueError):
    """The text is longer than any plan; the message says how long it may be, in Chinese."""


def open_text(text: str) -> Source:
    """A pasted text: a paragraph a line. Runs of lines with tabs are tables, as Word and Excel paste them.

    Raises TooLong.
    """
    lines = [
        line.replace("\0", "") for line in re.split(r"\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]", text)
    ]
    return bounded(Source(_unwrap(lines), tables=_pasted_tables(lines)))


def open_file(file: Path, extension: str) -> Source:
    """A file that the gate (papers.formats) has let through: docx or txt. Raises TooLong, ValueError."""
    if extension == "docx":
        return bounded(read_docx(file))
    return open_text(decode(file.read_bytes()))


def decode(content: bytes) -> str:
    """A text file in one of the encodings that office machines write. Raises ValueError."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise ValueError(UNKNOWN) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(UNKNOWN)


def bounded(source: Source) -> Source:
    signs = sum(map(len, source.paragraphs))
    if signs > MAX_SIGNS or len(source.paragraphs) > MAX_PARAGRAPHS:
        raise TooLong(f"文本过长（{signs} 字），一次最多读取 {MAX_SIGNS} 字、{MAX_PARAGRAPHS} 段。")
    source.paragraphs = [close_up(text.translate(INVISIBLE)) for text in source.paragraphs]
    source.tables = {
        first: [[close_up(cell.translate(INVISIBLE)) for cell in row] for row in rows]
        for first, rows in source.tables.items()
    }
    return source


_HEAD_NUMBER = re.compile(r"\s*\d{1,2}(?:\.\d{1,2})*\s+(?=[\u4e00-\u9fff])")
_WORD = "[\\u4e00-\\u9fff，。；：、（）“”《》〔〕]"
_GAP = re.compile(rf"(?<={_WORD}) (?=\d)|(?<=[\d%％]) (?={_WORD})")


# Who signs, and the day beside it.
_SIGNED = re.compile(
    r"\s*[^\s，。；]{2,30}(?:\s+[^\s，。；]{2,30})?\s+20\d\d *年 *\d{1,2} *月 *\d{1,2} *日\s*"
)


def close_up(text: str) -> str:
    """到 2026 年 12 月底 as 到2026年12月底: without the spaces that a printed text has about its numbers. The space
    after the number of a heading (1 行动目标) stays."""
    if " " not in text or _SIGNED.fullmatch(text):
        return text
    head = _HEAD_NUMBER.match(text)
    start = head.end() if head and not re.match("[年月日]", text[head.end() :]) else 0
    return text[:start] + _GAP.sub("", text[start:])


def _pasted_tables(lines: list[str]) -> dict[int, list[list[str]]]:
    tables, start = {}, None
    for index, line in enumerate([*lines, ""]):
        tabbed = line.strip().count("\t") >= 1
        if tabbed and start is None:
            start = index
        elif not tabbed and start is not None:
            rows = [row.split("\t") for row in lines[start:index]]
            if len(rows) >= 2 and len(rows[0]) >= 2:
                tables[start] = rows
            start = None
    return tables


def _unwrap(lines: list[str]) -> list[str]:
    """Lines broken at a page's width, as PDF gives them, made paragraphs again; others are left alone.

    A line that was joined to the one before leaves an empty line, so that the count of lines stays.
    """
    filled = [line for line in lines if line.strip()]
    if len(filled) < 8 or any("\t" in line for line in filled):
        return lines
    widths = sorted(map(_width, filled))
    full = widths[-1 - len(widths) // 10]
    if not 16 <= full <= 60 or widths[-1] > full + 6:
        return lines
    whole = [line for line in filled if _width(line) >= full - 3]
    open_ended = [line for line in whole if line.strip()[-1] not in "。；：！？;:"]
    if len(whole) < 6 or len(whole) * 4 < len(filled) or len(open_ended) * 10 < len(whole) * 6:
        return lines
    made: list[str] = []
    into = None
    for line in lines:
        text = line.strip()
        if _PAGE.fullmatch(level(text)):
            # A page's end is none of a paragraph's.
            made.append("")
            continue
        if (
            into is not None
            and text
            and marker_of(text) is None
            and not re.match(r"附件|抄送|（|第.页|-", level(text))
        ):
            made[into] += text
            made.append("")
        else:
            made.append(line.rstrip())
            into = len(made) - 1 if text else None
        if not text or _width(text) < full - 3:
            into = None
    return made


_PAGE = re.compile(r"-+ *\d{1,4} *-+|第 *\d{1,4} *页(?:，?共 *\d{1,4} *页)?")


def _width(line: str) -> float:
    """How wide a line prints, in Chinese signs."""
    return sum(1.0 if ord(sign) > 0x2000 else 0.5 for sign in line.strip())
