"""Writing a report: its template with every placeholder replaced, each figure in a content control of its own.

The control's tag (`fig-12`) says which figure stands in it, so that a file that somebody edited can be read back; a
bookmark around it says so too, for programs that keep the one and lose the other.
Beside it stands the reference, raised and in brackets, which leads to the figure's list; the appendix, in a control
too, is the index of them all. Everything that is written is a text node: nothing in the data is read as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from io import BytesIO

from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from supervision.papers.documents.layout import HEI, Cell, Sheet

from . import placeholders
from .computing import Figure
from .elements import (
    BOOKMARK,
    LINK,
    MARK,
    bookmarked,
    control,
    finished,
    form_of,
    index,
    linked,
    opened,
    plain,
    run,
    runs_of,
    signs_of,
)
from .placeholders import Placeholder, PlaceholderFault


@dataclass
class Book:
    """The figures of a report in the order in which they first stand on paper; a figure that stands twice has one
    number. `hands` maps keys to (value as typed, reason)."""

    hands: dict[str, tuple[str, str]] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    _refs: dict[str, int] = field(default_factory=dict)

    def ref(self, figure: Figure) -> int:
        if figure.key not in self._refs:
            if figure.key in self.hands:
                figure.text, figure.typed = self.hands[figure.key]
            self.figures.append(figure)
            self._refs[figure.key] = len(self.figures)
        return self._refs[figure.key]

    def stored(self, figure: Figure) -> Figure:
        """The figure as it stands in the book: typed over where somebody did so."""
        return self.figures[self.ref(figure) - 1]


@dataclass(frozen=True)
class Grid:
    """A table to be drawn: heads, and rows of texts and figures."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str | Figure, ...], ...]
    widths: tuple[float, ...] = ()
    size: float = 10.5
    left: frozenset[int] = frozenset({0})


@dataclass(frozen=True)
class Picture:
    content: bytes
    caption: str


@dataclass(frozen=True)
class Block:
    """What stands in the place of a block placeholder, in this order; nothing of it for a 核对."""

    caption: str = ""
    picture: Picture | None = None
    grid: Grid | None = None
    note: str = ""
    lines: tuple[str, ...] | None = None


def paragraphs(document) -> list:
    """Every paragraph of the body, those of tables included, in order; the first is number 1."""
    return list(document.element.body.iter(qn("w:p")))


def text_of(paragraph) -> str:
    """The text of a paragraph's own runs, as `fill` sees it."""
    return "".join(sign for sign, _ in signs_of(paragraph))


def placeholders_of(content: bytes) -> list[Placeholder]:
    """Every placeholder of a template, in order. Raises PlaceholderFault."""
    found = []
    for number, paragraph in enumerate(paragraphs(opened(content)), 1):
        found += [one for _, _, one in placeholders.find(text_of(paragraph), number)]
        whole = "".join(part.text or "" for part in paragraph.iter(qn("w:t")))
        if placeholders.OPEN.search(whole) and not placeholders.OPEN.search(text_of(paragraph)):
            raise PlaceholderFault(f"第{number}段的占位符在超链接、控件或修订中，请改为普通文字。")
    return found


@dataclass
class Writer:
    """Fills one template.

    inline   placeholder → a Figure, or plain text
    block    block placeholder → what stands there; None for nothing
    address  the address of figure number n
    """

    content: bytes
    book: Book
    inline: Callable[[Placeholder], Figure | str]
    block: Callable[[Placeholder], Block | None]
    address: Callable[[int], str]
    control: int = 1000
    sheet: Sheet = field(default_factory=Sheet)

    def write(self, told: Callable[[int, int], None] | None = None) -> bytes:
        """The finished Word file; `told` hears (paragraphs done, paragraphs). Raises PlaceholderFault."""
        self.document = opened(self.content)
        everything = paragraphs(self.document)
        for number, paragraph in enumerate(everything, 1):
            self._paragraph(paragraph, number)
            if told:
                told(number, len(everything))
        if self.book.figures:
            self._append_index()
        return finished(self.document)

    # ------------------------------------------------------------------------------------------ paragraphs

    def _paragraph(self, paragraph, number: int) -> None:
        found = placeholders.find(text_of(paragraph), number)
        if not found:
            return
        first = found[0][2]
        if first.is_block:
            self._replace(paragraph, self.block(first), number)
            return
        pieces, at, signs = [], 0, signs_of(paragraph)
        for start, end, one in found:
            pieces.append(signs[at:start])
            pieces.append((self.inline(one), signs[start][1]))
            at = end
        pieces.append(signs[at:])
        self._rebuild(paragraph, pieces)

    def _rebuild(self, paragraph, pieces: list) -> None:
        runs = [child for child in paragraph if child.tag == qn("w:r")]
        place = list(paragraph).index(runs[0])
        made = []
        for piece in pieces:
            if isinstance(piece, tuple):
                thing, form = piece
                made += [run(thing, form)] if isinstance(thing, str) else self.figure(thing, form)
            else:
                made += runs_of(piece)
        for old in runs:
            paragraph.remove(old)
        for element in reversed(made):
            paragraph.insert(place, element)

    def figure(self, figure: Figure, form) -> list:
        """The elements of a figure: the control, its unit, the mark of what was typed, and the reference."""
        ref = self.book.ref(figure)
        kept = self.book.figures[ref - 1]
        self.control += 1
        made = bookmarked(
            f"{BOOKMARK}{ref}_{self.control}", self.control, control(ref, kept, form, self.control)
        )
        if kept.measure and figure.written:
            made.append(run(kept.measure, form))
        if kept.typed:
            made.append(run(MARK, form))
        return [*made, self._reference(ref, form)]

    def _reference(self, ref: int, form):
        relation = self.document.part.relate_to(
            self.address(ref), RELATIONSHIP_TYPE.HYPERLINK, is_external=True
        )
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), relation)
        raised = run(f"[{ref}]", form)
        font = Run(raised, None).font
        font.color.rgb, font.superscript = LINK, True
        link.append(raised)
        return link

    # ------------------------------------------------------------------------------------------ blocks

    def _replace(self, paragraph, block: Block | None, number: int) -> None:
        """Put a block where its placeholder stands."""
        parent = paragraph.getparent()
        if block is None or block == Block():
            if parent.tag == qn("w:tc") and len(parent.findall(qn("w:p"))) == 1:
                self._rebuild(paragraph, [])
            else:
                parent.remove(paragraph)
            return
        if block.lines is not None:
            self._lines(paragraph, block.lines, number)
            return
        before = []
        if block.caption:
            caption = plain(block.caption, align="center", font=HEI, size=12, keep=True)
            Paragraph(caption, None).paragraph_format.space_before = Pt(8)
            before.append(caption)
        if block.picture:
            holder = plain("", align="center", keep=bool(block.grid))
            before.append(holder)
        if block.grid:
            before.append(self._grid(block.grid))
        if block.note:
            before.append(plain(block.note, align="left", size=10.5))
        for element in before:
            paragraph.addprevious(element)
        if block.picture:
            target = Paragraph(holder, self.document._body)
            shape = target.add_run().add_picture(BytesIO(block.picture.content), width=Mm(150))
            shape._inline.docPr.set("descr", block.picture.caption)
        parent.remove(paragraph)

    def _lines(self, paragraph, lines: Iterable[str], number: int) -> None:
        """A typed text: a paragraph of the placeholder's own form for each line; figures in it are bound too."""
        form = signs_of(paragraph)[0][1]
        for line in lines:
            copy = deepcopy(paragraph)
            self._rebuild(copy, [(line, form)])
            paragraph.addprevious(copy)
            self._paragraph(copy, number)
        paragraph.getparent().remove(paragraph)

    def _grid(self, grid: Grid):
        """A bordered table with its head repeated on each page."""
        columns = len(grid.heads)
        widths = grid.widths or (38.0, *((118.0 / max(columns - 1, 1),) * (columns - 1)))
        sheet = self.sheet
        sheet.table(list(widths), [[Cell(head, bold=True) for head in grid.heads]], size=grid.size, head=True)
        for _ in grid.rows:
            sheet._fill(sheet.document.tables[-1], [Cell("")] * columns, grid.size, height=7, exact=False)
        table = sheet.document.tables[-1]._tbl
        style = table.tblPr.find(qn("w:tblStyle"))
        if style is not None:
            table.tblPr.remove(style)
        for paragraph in table.iter(qn("w:p")):
            space = Paragraph(paragraph, None).paragraph_format
            space.space_before = space.space_after = Pt(1.5)
        for line, values in zip(table.findall(qn("w:tr"))[1:], grid.rows, strict=True):
            # A line is not torn apart at the end of a page.
            line.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            for at, (cell, value) in enumerate(zip(line.findall(qn("w:tc")), values, strict=True)):
                paragraph = cell.find(qn("w:p"))
                form = form_of(grid.size)
                if isinstance(value, Figure):
                    made = self.figure(value, form)
                else:
                    made = [run(value, form)]
                    if at in grid.left and paragraph.pPr is not None:
                        Paragraph(paragraph, None).alignment = ALIGN.LEFT
                for old in paragraph.findall(qn("w:r")):
                    paragraph.remove(old)
                for element in made:
                    paragraph.append(element)
        return table

    def _append_index(self) -> None:
        body = self.document.element.body
        for element in index(self.book.figures, self.address, self._linked):
            body.insert(len(body) - (1 if body[-1].tag == qn("w:sectPr") else 0), element)

    def _linked(self, url: str, form):
        return linked(self.document, url, form)
