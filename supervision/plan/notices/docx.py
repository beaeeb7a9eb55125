"""The paragraphs of a docx file as a reader sees them: with the numbers that Word makes, and tables row by row.

The file has passed the gate (papers.formats): its members are counted, of sane size, and it is what it says.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from lxml import etree

from .listing import Numbering
from .notice import Source
from .text import level

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MAX_PART = 40 * 1024 * 1024
# What holds text that is not in force or not for the reader.
_SKIPPED = {
    f"{W}{name}"
    for name in (
        "del",
        "moveFrom",
        "delText",
        "instrText",
        "rPr",
        "sectPr",
        "tblPr",
        "tblGrid",
        "trPr",
        "tcPr",
    )
}
_BROKEN = "文档已损坏或不是 Word 生成的格式，请用 Word 或 WPS 另存为 docx 后重新上传。"


def read_docx(file: Path) -> Source:
    """Raises ValueError, in Chinese, when the document cannot be read."""
    try:
        with zipfile.ZipFile(file) as archive:
            body = _part(archive, "word/document.xml")
            styles, numbering = _part(archive, "word/styles.xml"), _part(archive, "word/numbering.xml")
            notes = _part(archive, "word/footnotes.xml")
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, OSError, RuntimeError) as error:
        raise ValueError(_BROKEN) from error
    if body is None or (root := body.find(f"{W}body")) is None:
        raise ValueError(_BROKEN)
    reader = _Reader(Numbering(numbering, styles))
    reader.blocks(root)
    if notes is not None:
        for note in notes.findall(f"{W}footnote"):
            if note.get(f"{W}type") is None:
                reader.blocks(note)
    return Source(reader.paragraphs, reader.styled, reader.tables)


def _part(archive: zipfile.ZipFile, name: str):
    """A part as a tree; None without one. No entities, no network, no documents deeper than any real one."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    if info.file_size > MAX_PART:
        raise ValueError("文档正文过大，请删去图片和嵌入对象后重新上传，或直接粘贴文字。")
    with archive.open(info) as stream:
        content = stream.read(MAX_PART + 1)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    tree = etree.fromstring(content, parser)
    if tree.getroottree().docinfo.doctype:
        raise ValueError(_BROKEN)
    return tree


class _Reader:
    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        self.paragraphs: list[str] = []
        self.styled: dict[int, int] = {}
        self.tables: dict[int, list[list[str]]] = {}

    def blocks(self, parent) -> None:
        """The paragraphs and tables of a body, in order."""
        for child in parent:
            if child.tag == f"{W}p":
                self._paragraph(child)
            elif child.tag == f"{W}tbl":
                self._table(child)
            elif child.tag not in _SKIPPED and len(child):
                self.blocks(child)

    def _paragraph(self, element) -> None:
        label, outline = self.numbering.of(element)
        text, boxes = text_of(element)
        lines = lines_of(label + text if text.strip() else text)
        for place, line in enumerate(lines):
            if outline is not None and not place and line.strip():
                self.styled[len(self.paragraphs)] = outline
            self.paragraphs.append(line)
        for box in boxes:
            self.blocks(box)

    def _table(self, element) -> None:
        rows, over = [], {}
        nested = []
        for line in element.iterfind(f"{W}tr"):
            row: list[str] = []
            for cell in line.iter(f"{W}tc"):
                if next(cell.iterancestors(f"{W}tr")) is not line:
                    continue
                span = cell.find(f"{W}tcPr/{W}gridSpan")
                merged = cell.find(f"{W}tcPr/{W}vMerge")
                text = self._cell(cell)
                nested += cell.findall(f"{W}tbl")
                if merged is not None and merged.get(f"{W}val") != "restart":
                    text = text or over.get(len(row), "")
                elif merged is not None:
                    over[len(row)] = text
                width = span.get(f"{W}val", "1") if span is not None else "1"
                row += [text] + [""] * (
                    int(width) - 1 if re.fullmatch("[1-5]?[0-9]", width) and int(width) else 0
                )
            rows.append(row)
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        if not rows:
            pass
        elif len({len(row) for row in rows}) == 1 and len(rows[0]) == 1:
            # A frame of one column around a text is no table.
            for row in rows:
                self.paragraphs += row[0].split("\n")
        else:
            self.tables[len(self.paragraphs)] = rows
            self.paragraphs += ["\t".join(cell.replace("\n", " ") for cell in row) for row in rows]
        for inner in nested:
            self._table(inner)

    def _cell(self, cell) -> str:
        lines = []
        for paragraph in cell.iterfind(f"{W}p"):
            label, _ = self.numbering.of(paragraph)
            text, boxes = text_of(paragraph)
            lines.append(label + text if text.strip() else text)
            for box in boxes:
                lines += [text_of(inner)[0] for inner in box.iter(f"{W}p")]
        return "\n".join(line.strip() for line in lines if line.strip())


def lines_of(text: str) -> list[str]:
    """A paragraph cut at its soft breaks, but for those within brackets."""
    lines = [""]
    for line in text.split("\n"):
        flat = level(lines[-1])
        if flat.count("（") > flat.count("）") and len(flat) < 2000:
            lines[-1] += line
        elif lines == [""]:
            lines = [line]
        else:
            lines.append(line)
    return lines


def text_of(paragraph) -> tuple[str, list]:
    """A paragraph's text, and the boxes that float beside it. Soft line breaks are new lines."""
    parts: list[str] = []
    boxes: list = []
    waiting = [iter(paragraph)]
    while waiting:
        element = next(waiting[-1], None)
        if element is None:
            waiting.pop()
            continue
        tag = element.tag
        if tag in _SKIPPED or not isinstance(tag, str):
            continue
        if tag == f"{W}t":
            parts.append(element.text or "")
        elif tag in (f"{W}br", f"{W}cr"):
            parts.append("\n" if element.get(f"{W}type") in (None, "textWrapping") else "")
        elif tag == f"{W}tab":
            parts.append(" ")
        elif tag == f"{W}noBreakHyphen":
            parts.append("-")
        elif tag == f"{W}txbxContent":
            boxes.append(element)
        elif tag == f"{MC}Fallback":
            continue
        elif len(element):
            waiting.append(iter(element))
    return "".join(parts), boxes
