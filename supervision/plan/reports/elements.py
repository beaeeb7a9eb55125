"""The pieces a report's Word file is made of: runs, figures in their controls, the index."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from io import BytesIO

from docx import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from supervision.papers.documents.layout import FANGSONG, HEI, Cell, Sheet, repacked
from supervision.papers.documents.word import BROKEN

from .computing import Figure
from .placeholders import PlaceholderFault

TAG, APPENDIX = "fig-", "figure-index"
BOOKMARK, INDEX_BOOKMARK = "fig_", "figure_index"
MARK = "（人工填报）"
NOTE = "注：数字后方括号内为编号，可在文末“数字索引”查到口径、所计记录和清单地址。"
LINK = RGBColor(0x1F, 0x5F, 0xA8)
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def opened(content: bytes):
    """A Word file. Raises PlaceholderFault, in Chinese, for what is none."""
    try:
        return Docx(BytesIO(content))
    except Exception as error:
        # Whatever a broken file makes the reader raise.
        raise PlaceholderFault(BROKEN) from error


def finished(document) -> bytes:
    target = BytesIO()
    document.save(target)
    return repacked(target.getvalue())


def index(figures: list[Figure], address: Callable[[int], str], link: Callable) -> list:
    """The appendix: 数字索引, one control around a heading and a table, on a page of its own."""
    sheet = Sheet(size=12)
    rows = [[Cell(head, bold=True) for head in ("编号", "含义", "数值", "记录数", "清单地址")]]
    for ref, figure in enumerate(figures, 1):
        typed = f"{MARK}{figure.typed}" if figure.typed else ""
        count = str(len(figure.ids)) if figure.unit else "—"
        if figure.unit and figure.other:
            count += f"（{figure.other}{len(figure.other_ids)}）"
        rows.append(
            [
                Cell(str(ref)),
                Cell(figure.label + typed, align="left"),
                Cell(figure.text),
                Cell(count),
                Cell("", align="left"),
            ]
        )
    sheet.table([11, 55, 27, 23, 40], rows, size=9, height=6, head=True)
    table = sheet.document.tables[-1]._tbl
    style = table.tblPr.find(qn("w:tblStyle"))
    if style is not None:
        table.tblPr.remove(style)
    for ref, line in enumerate(table.findall(qn("w:tr"))[1:], 1):
        paragraph = line.findall(qn("w:tc"))[-1].find(qn("w:p"))
        for old in paragraph.findall(qn("w:r")):
            paragraph.remove(old)
        paragraph.append(link(address(ref), form_of(7)))
    holder, form, content = (OxmlElement(name) for name in ("w:sdt", "w:sdtPr", "w:sdtContent"))
    tag = OxmlElement("w:tag")
    tag.set(qn("w:val"), APPENDIX)
    form.append(tag)
    heading = plain("数字索引", align="center", font=HEI, size=16, keep=True)
    Paragraph(heading, None).paragraph_format.page_break_before = True
    for mark in reversed(bookmarked(INDEX_BOOKMARK, 1)):
        heading.insert(1, mark)
    for element in (heading, plain(NOTE, align="left", size=10.5), table):
        content.append(element)
    holder.append(form)
    holder.append(content)
    # A file must not end with a table.
    return [holder, plain("", size=1)]


def linked(document, url: str, form):
    """A link whose text is its address, without the part that all have."""
    relation = document.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), relation)
    _, mark, rest = url.partition("://")
    link.append(run("/" + rest.partition("/")[2] if mark else url, form))
    return link


def run(text: str, form=None):
    """A run of plain text in the form (w:rPr) of another."""
    made = OxmlElement("w:r")
    if form is not None:
        made.append(deepcopy(form))
    for number, line in enumerate(clean(text).split("\n")):
        if number:
            made.append(OxmlElement("w:br"))
        piece = OxmlElement("w:t")
        piece.text = line
        piece.set(XML_SPACE, "preserve")
        made.append(piece)
    return made


def clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(
        sign for sign in text if sign in "\n\t" or (ord(sign) >= 32 and sign not in "\ufffe\uffff")
    )


def control(ref: int, figure: Figure, form, number: int):
    """The content control that holds a figure; Word shows its meaning, and does not let it be deleted."""
    made, properties, content = (OxmlElement(name) for name in ("w:sdt", "w:sdtPr", "w:sdtContent"))
    for name, value in (
        ("w:alias", f"[{ref}] {clean(figure.label)}"[:60]),
        ("w:tag", f"{TAG}{ref}"),
        ("w:id", str(number)),
        ("w:lock", "sdtLocked"),
    ):
        element = OxmlElement(name)
        element.set(qn("w:val"), value)
        properties.append(element)
    content.append(run(figure.text, form))
    made.append(properties)
    made.append(content)
    return made


def bookmarked(name: str, number: int, *inside) -> list:
    """Elements within a bookmark."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    return [start, *inside, end]


def form_of(size: float, font: str = FANGSONG):
    form = OxmlElement("w:rPr")
    fonts = OxmlElement("w:rFonts")
    fonts.set(qn("w:eastAsia"), font)
    form.append(fonts)
    for name in ("w:sz", "w:szCs"):
        element = OxmlElement(name)
        element.set(qn("w:val"), str(int(size * 2)))
        form.append(element)
    return form


def plain(text: str, *, align="left", font: str = FANGSONG, size: float = 12, keep: bool = False):
    """A paragraph without indent."""
    paragraph = OxmlElement("w:p")
    shown = Paragraph(paragraph, None)
    shown.alignment = {"left": ALIGN.LEFT, "center": ALIGN.CENTER}[align]
    form = shown.paragraph_format
    form.first_line_indent = Pt(0)
    # A picture would be cut off by a line of fixed height.
    form.line_spacing = Pt(size * 1.6) if text or size < 2 else 1.0
    form.keep_with_next = keep
    if text:
        paragraph.append(run(text, form_of(size, font)))
    return paragraph


OTHER = "\ufffc"


def signs_of(paragraph) -> list[tuple[str, object]]:
    """The characters of a paragraph's own runs with the form of each; what is no text stands as one sign, its
    element in the place of the form."""
    found = []
    for child in paragraph:
        if child.tag != qn("w:r"):
            continue
        form = child.find(qn("w:rPr"))
        for piece in child:
            if piece.tag == qn("w:t"):
                found += [(sign, form) for sign in piece.text or ""]
            elif piece.tag != qn("w:rPr"):
                found.append((OTHER, (form, piece)))
    return found


def runs_of(signs: list[tuple[str, object]]) -> list:
    """The runs of which `_signs` would read these characters."""
    made, text, last = [], "", None
    for sign, form in signs:
        if sign == OTHER:
            if text:
                made.append(run(text, last))
                text = ""
            own, piece = form
            holder = OxmlElement("w:r")
            if own is not None:
                holder.append(deepcopy(own))
            holder.append(piece)
            made.append(holder)
            continue
        if text and form is not last:
            made.append(run(text, last))
            text = ""
        text, last = text + sign, form
    if text:
        made.append(run(text, last))
    return made
