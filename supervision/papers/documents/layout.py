"""Building Word templates in the layout of GB/T 9704-2012.

A4, type area 156 × 225 mm from 37 mm above and 28 mm left, 22 lines of 28 characters. Fonts are named for
the reader's machine; what a machine lacks it replaces, preferably by what the font table names beside it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO

from docx import Document as Docx
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

FANGSONG, TITLE, HEI, KAI, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
# What a machine may have instead, in the order in which Word and LibreOffice try it.
ALTERNATIVES = {
    FANGSONG: "仿宋;FangSong;Noto Serif CJK SC",
    TITLE: "FZXiaoBiaoSong-B05S;方正小标宋_GBK;Noto Serif CJK SC",
    HEI: "SimHei;Noto Sans CJK SC",
    KAI: "楷体;KaiTi;Noto Serif CJK SC",
    SONG: "SimSun;Noto Serif CJK SC",
}
FONT_NOTE = (
    "Word 文书按《党政机关公文格式》（GB/T 9704-2012）标注方正小标宋、仿宋_GB2312 等字体，由打开文件的电脑提供；"
    "没有这些字体的电脑以及 PDF 以思源宋体、思源黑体（开源字体）代替，版心、行数、字数不变。"
)

SIZE_2, SIZE_3, SIZE_4 = 22, 16, 14  # 二号, 三号, 四号, in points
TOP, LEFT, RIGHT, BOTTOM = 37, 28, 26, 35  # mm
WIDTH, HEIGHT = 156, 225  # mm, the type area
LINES, CHARACTERS = 22, 28
LINE = 28.95  # points: 22 lines fill 225 mm
# 28 characters of 三号 need 448 points and 156 mm have 442: each gives up a quarter point, in 1/20 points. Word's
# own character grid would say the same, but other programs give every character that is wider than a cell two.
CHAR_SPACING = -5
RED = "FF0000"
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Cell:
    """A table cell: text with placeholders, how many columns it spans, how it is set."""

    text: str
    span: int = 1
    align: str = "center"
    bold: bool = False
    font: str = FANGSONG


@dataclass
class Sheet:
    """A Word template being written from top to bottom; `bytes()` ends it.

    size   of the body text in points; forms are set a little smaller than 公文
    """

    size: float = SIZE_3
    line: float = LINE
    document: object = field(init=False)

    def __post_init__(self):
        self.document = Docx()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(TOP), Mm(BOTTOM)
        section.left_margin, section.right_margin = Mm(LEFT), Mm(RIGHT)
        # The number stands 7 mm below the type area.
        section.footer_distance = Mm(BOTTOM - 7 - 6)
        for grid in section._sectPr.findall(qn("w:docGrid")):
            section._sectPr.remove(grid)
        self._normal()
        self._page_numbers(section)
        self._font_table()

    def _normal(self) -> None:
        style = self.document.styles["Normal"]
        style.font.size = Pt(self.size)
        style.font.name = "Times New Roman"
        style.element.rPr.rFonts.set(qn("w:eastAsia"), FANGSONG)
        if self.size == SIZE_3:
            spacing = OxmlElement("w:spacing")
            spacing.set(qn("w:val"), str(CHAR_SPACING))
            style.element.rPr.append(spacing)
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
        style.paragraph_format.line_spacing = Pt(self.line)
        style.paragraph_format.widow_control = False

    def _page_numbers(self, section) -> None:
        """— 1 — in 四号 宋体: at the outer edge, one character in."""
        self.document.settings.odd_and_even_pages_header_footer = True
        for footer, align, side in (
            (section.footer, ALIGN.RIGHT, "right_indent"),
            (section.even_page_footer, ALIGN.LEFT, "left_indent"),
        ):
            footer.is_linked_to_previous = False
            paragraph = footer.paragraphs[0]
            paragraph.alignment = align
            setattr(paragraph.paragraph_format, side, Pt(SIZE_4))
            self._run(paragraph, "— ", font=SONG, size=SIZE_4)
            run = self._run(paragraph, "", font=SONG, size=SIZE_4)
            for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
                if kind:
                    mark = OxmlElement("w:fldChar")
                    mark.set(qn("w:fldCharType"), kind)
                else:
                    mark = OxmlElement("w:instrText")
                    mark.text = text
                run._r.append(mark)
            self._run(paragraph, " —", font=SONG, size=SIZE_4)

    def _font_table(self) -> None:
        fonts = "".join(
            f'<w:font w:name="{name}"><w:altName w:val="{other.replace(";", ",")}"/>'
            '<w:charset w:val="86"/><w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
            for name, other in ALTERNATIVES.items()
        )
        for part in self.document.part.package.iter_parts():
            if str(part.partname) == "/word/fontTable.xml":
                head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
                part._blob = f"{head}<w:fonts {nsdecls('w')}>{fonts}</w:fonts>".encode()

    # ------------------------------------------------------------------------------------------ text

    def _run(self, paragraph, text: str, *, font=FANGSONG, size=None, bold=False, color=None):
        run = paragraph.add_run(text)
        if font != FANGSONG:
            run.font.name = "Times New Roman"
            run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
        if size and size != self.size:
            run.font.size = Pt(size)
        if bold:
            run.font.bold = True
        if color:
            run.font.color.rgb = RGBColor.from_string(color)
        return run

    def _set(self, paragraph, text, *, align="justify", indent=0, right=0, left=0, line=None, **run):
        paragraph.alignment = {
            "justify": ALIGN.JUSTIFY,
            "center": ALIGN.CENTER,
            "left": ALIGN.LEFT,
            "right": ALIGN.RIGHT,
        }[align]
        form = paragraph.paragraph_format
        if indent:
            form.first_line_indent = Pt(indent * self.size)
            paragraph._p.pPr.ind.set(qn("w:firstLineChars"), str(indent * 100))
        if right:
            form.right_indent = Pt(right)
        if left:
            form.left_indent = Pt(left)
        if line:
            form.line_spacing = Pt(line)
        self._run(paragraph, text, **run)
        return paragraph

    def text(self, text: str, *, indent: int = 2, align: str = "justify", **how) -> None:
        """A paragraph of body text, indented by `indent` characters."""
        self._set(self.document.add_paragraph(), text, indent=indent, align=align, **how)

    def heading(self, text: str) -> None:
        """A first-level heading inside the body (一、…)."""
        self._set(
            self.document.add_paragraph(), text, indent=2, font=HEI
        ).paragraph_format.keep_with_next = True

    def blank(self, lines: int = 1) -> None:
        for _ in range(lines):
            self.document.add_paragraph()

    def only_if(self, condition: str, write: Callable[[], None]) -> None:
        """What `write` adds stands on the paper only while `condition` (Jinja) holds."""
        self.text(f"{{%p if {condition} %}}", indent=0)
        write()
        self.text("{%p endif %}", indent=0)

    def paragraphs(self, name: str, *, prefix: str = "", suffix: str = "", indent: int = 2) -> None:
        """A paragraph for each line of the text, or each text of the list, called `name`."""
        self.text(f"{{%p for line in {name}|paragraphs %}}", indent=0)
        self.text(prefix + "{{ line }}" + suffix, indent=indent)
        self.text("{%p endfor %}", indent=0)

    # ------------------------------------------------------------------------------------------ parts of 公文

    def red_head(self) -> None:
        """发文机关标志 35 mm below the type area's upper edge, two lines below it the 发文字号, and the red line
        across the type area 4 mm below that."""
        self.blank(3)
        self.text("{%p if head|length <= 11 %}", indent=0)
        self.text("{{ head }}", indent=0, align="center", font=TITLE, size=38, color=RED, line=58)
        self.text("{%p else %}", indent=0)
        self.text("{{ head }}", indent=0, align="center", font=TITLE, size=24, color=RED, line=40)
        self.text("{%p endif %}", indent=0)
        self.blank(2)
        paragraph = self._set(self.document.add_paragraph(), "{{ number }}", align="center")
        borders = parse_xml(
            f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="16" w:space="11" w:color="{RED}"/></w:pBdr>'
        )
        paragraph._p.pPr.insert_element_before(
            borders, "w:shd", "w:tabs", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )
        self.blank(2)

    def title(self, text: str = "{{ title|title_lines }}", *, after: int = 1) -> None:
        """The title in 二号 小标宋, centred."""
        self._set(
            self.document.add_paragraph(), text, align="center", font=TITLE, size=SIZE_2, line=34
        ).paragraph_format.keep_with_next = True
        self.blank(after)

    def addressee(self, text: str = "{{ to }}：") -> None:
        """主送机关, flush left."""
        self.text(text, indent=0)

    def signature(self) -> None:
        """署名 over 成文日期, centred on one another, so that a seal can be put on both."""
        # 成文日期 never stands on a page without any text of the paper.
        last = [paragraph for paragraph in self.document.paragraphs if "{%p" not in paragraph.text][-1]
        last.paragraph_format.keep_with_next = True
        self.blank(2)
        for paragraph in self.document.paragraphs[-2:]:
            paragraph.paragraph_format.keep_with_next = True
        # The date's middle stands where four characters are left free to its right.
        left = (WIDTH * 72 / 25.4) - 14.5 * SIZE_3
        for part in ("{{ office }}", "{{ issued_on }}"):
            paragraph = self._set(self.document.add_paragraph(), part, align="center", left=left)
            paragraph.paragraph_format.keep_with_next = part == "{{ office }}"

    def contact(self) -> None:
        """附注: who answers questions, in brackets under the date."""
        self.only_if("contact", lambda: self.text("（联系人：{{ contact }}，电话：{{ phone }}）"))

    def imprint(self) -> None:
        """版记 at the foot of the last page: 抄送, and who printed it when, between lines."""
        table = self._table([WIDTH], borders="imprint")
        self._fill(
            table, [Cell("抄送：{{ copies }}{% if not copies %}无{% endif %}。", align="left")], SIZE_4
        )
        self._fill(table, [Cell("{{ office }}办公室　　　　{{ issued_on }}印发", align="center")], SIZE_4)
        place = parse_xml(
            f'<w:tblpPr {nsdecls("w")} w:vertAnchor="margin" w:horzAnchor="margin" w:tblpYSpec="bottom" '
            'w:tblpXSpec="left"/>'
        )
        table._tbl.tblPr.insert(1 if table._tbl.tblPr.find(qn("w:tblStyle")) is not None else 0, place)
        # A floating table needs a paragraph to hang on.
        self._set(self.document.add_paragraph(), "", line=1)

    def code(self, text: str) -> None:
        """The QR code of the reply page with a sentence beside it, where the paper has an address."""

        def write() -> None:
            table = self._table([30, WIDTH - 30], borders="none")
            self._fill(table, [Cell("{{ qr }}"), Cell(text, align="left")], 12, line=20, exact=False)

        self.only_if("reply_url", write)

    # ------------------------------------------------------------------------------------------ tables

    def table(
        self,
        widths: list[float],
        lines: Iterable[list[Cell]],
        *,
        size: float = 12,
        height: float = 8.5,
        head: bool = False,
    ) -> None:
        """A bordered table. `widths` in mm; a line that is one Cell with `{%tr … %}` is a loop's mark.
        `head` repeats the first line on each page; `height` is the least height of a line in mm."""
        table = self._table(widths, borders="all")
        for number, cells in enumerate(lines):
            row = self._fill(table, cells, size, line=size * 1.5, height=height, exact=False)
            if head and not number:
                mark = OxmlElement("w:tblHeader")
                row._tr.get_or_add_trPr().append(mark)

    def _table(self, widths: list[float], *, borders: str):
        table = self.document.add_table(rows=0, cols=len(widths))
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        sides = {
            "all": ("top", "left", "bottom", "right", "insideH", "insideV"),
            "imprint": ("top", "bottom", "insideH"),
            "none": (),
        }[borders]
        lines = "".join(f'<w:{side} w:val="single" w:sz="6" w:space="0" w:color="000000"/>' for side in sides)
        table._tbl.tblPr.append(parse_xml(f"<w:tblBorders {nsdecls('w')}>{lines}</w:tblBorders>"))
        return table

    def _fill(self, table, cells: list[Cell], size, *, line=None, height=None, exact=True):
        row = table.add_row()
        if height:
            row.height = Mm(height)
        at = 0
        for cell in cells:
            target = row.cells[at]
            if cell.span > 1:
                target = target.merge(row.cells[at + cell.span - 1])
            target.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            paragraph = target.paragraphs[0]
            self._set(
                paragraph,
                cell.text,
                align=cell.align,
                size=size,
                font=cell.font,
                bold=cell.bold,
                line=line,
            )
            if not exact:
                # A picture in a line of fixed height would be cut off.
                paragraph.paragraph_format.line_spacing = 1.15
            at += cell.span
        return row

    # ------------------------------------------------------------------------------------------ end

    def bytes(self) -> bytes:
        """The finished template; the same bytes for the same calls."""
        self.document.core_properties.author = ""
        self.document.core_properties.comments = ""
        target = BytesIO()
        self.document.save(target)
        return repacked(target.getvalue())


def repacked(content: bytes) -> bytes:
    """A ZIP with the same members in the same order, without the hour at which it was packed."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            new.writestr(entry, old.read(name))
    return target.getvalue()
