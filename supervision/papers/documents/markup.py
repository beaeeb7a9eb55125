"""A finished Word file as HTML that prints the same way, for the PDF.

Knows what papers are made of: paragraphs, character formats, line breaks, tables with merged cells, pictures
in the line, page breaks, and page numbers in the footer. What it does not know would be missing in the PDF,
so `unknown` names it, and a template that has any is not taken.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from io import BytesIO

from docx import Document as Docx
from docx.oxml.ns import qn
from lxml import etree
from PIL import Image

SANS = ("黑体", "SimHei", "等线", "微软雅黑", "Microsoft YaHei", "方正黑体")
HEAVY = ("小标宋", "XiaoBiaoSong")
MM = 25.4 / 1440  # of a twip
MIDDLE = {"center": "middle", "bottom": "bottom"}
# What holds runs beside the paragraph itself.
WRAPPERS = tuple(map(qn, ("w:hyperlink", "w:smartTag", "w:sdt", "w:sdtContent", "w:fldSimple")))
UNKNOWN = {
    "w:pict": "VML 图形",
    "wps:wsp": "文本框或图形",
    "wp:anchor": "浮动图片或文本框",
    "w:object": "嵌入对象",
    "w:footnoteReference": "脚注",
    "w:endnoteReference": "尾注",
    "w:commentReference": "批注",
    "w:ins": "修订标记",
    "w:del": "修订标记",
    "w:altChunk": "嵌入文档",
    "w:framePr": "图文框",
    "m:oMath": "公式",
    "c:chart": "图表",
}
ALIGN = {"both": "justify", "distribute": "justify", "center": "center", "right": "right", "end": "right"}
BLOCKS = (qn("w:p"), qn("w:tbl"))


def unknown(content: bytes) -> list[str]:
    """What a Word file holds that its PDF could not show, as Chinese words, each once."""
    document = Docx(BytesIO(content))
    found = []
    namespaces = {"wps", "m", "c"}
    for tag, word in UNKNOWN.items():
        prefix, name = tag.split(":")
        test = f"//*[local-name()='{name}']" if prefix in namespaces else f"//{tag}"
        if document.element.xpath(test):
            found.append(word)
    if len(document.sections) > 1:
        found.append("多个分节")
    for section in document.sections:
        if any(paragraph.text.strip() for paragraph in section.header.paragraphs):
            found.append("页眉文字")
    return list(dict.fromkeys(found))


def as_html(content: bytes) -> str:
    """The Word file as one HTML page without references to anything outside it."""
    return _Page(Docx(BytesIO(content))).html()


def _value(element, name: str, attribute: str = "w:val") -> str | None:
    child = element.find(qn(name)) if element is not None else None
    return child.get(qn(attribute)) if child is not None else None


def _points(twips: str | int | None) -> float:
    return float(twips or 0) / 20


class _Page:
    def __init__(self, document):
        self.document = document
        styles = document.styles.element
        self.styles = {style.get(qn("w:styleId")): style for style in styles.findall(qn("w:style"))}
        self.default = next(
            (
                key
                for key, style in self.styles.items()
                if style.get(qn("w:default")) == "1" and style.get(qn("w:type")) == "paragraph"
            ),
            None,
        )
        defaults = styles.find(qn("w:docDefaults"))
        self.run_defaults = (
            defaults.find(f"{qn('w:rPrDefault')}/{qn('w:rPr')}") if defaults is not None else None
        )
        self.form_defaults = (
            defaults.find(f"{qn('w:pPrDefault')}/{qn('w:pPr')}") if defaults is not None else None
        )

    def html(self) -> str:
        body = "".join(self.blocks(self.document.element.body))
        title = escape(self.document.core_properties.title or "")
        return (
            f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
            f"<style>{self.style()}</style></head><body>{body}</body></html>"
        )

    def style(self) -> str:
        page = self.document.element.body.find(qn("w:sectPr"))
        size, margin = page.find(qn("w:pgSz")), page.find(qn("w:pgMar"))

        def mm(element, name: str) -> str:
            return f"{float(element.get(qn(f'w:{name}'), 0)) * MM:.2f}mm"

        margins = " ".join(mm(margin, side) for side in ("top", "right", "bottom", "left"))
        rules = [
            f"@page {{ size: {mm(size, 'w')} {mm(size, 'h')}; margin: {margins}; }}",
            "* { margin: 0; padding: 0; }",
            "body { font-family: 'Noto Serif CJK SC'; overflow-wrap: anywhere; "
            "word-break: normal; hyphens: none; orphans: 1; widows: 1; }",
            "p { white-space: pre-wrap; } p:empty::before { content: '\\200b'; }",
            "table { border-collapse: collapse; table-layout: fixed; } td { padding: 0 1.9mm; }",
            "tr { break-inside: avoid; } tr.long { break-inside: auto; } thead { display: table-header-group; }",
            ".foot { position: absolute; bottom: 0; left: 0; right: 0; } .room { visibility: hidden; }",
            ".room * { border-color: transparent !important; }",
            ".sans { font-family: 'Noto Sans CJK SC', 'Noto Serif CJK SC'; font-weight: 700; }",
            ".heavy { font-weight: 700; }",
        ]
        return "\n".join([*rules, *self.page_numbers()])

    def page_numbers(self) -> Iterator[str]:
        section = self.document.sections[0]
        if "PAGE" not in "".join(section.footer._element.itertext()):
            return
        text = (
            "content: '— ' counter(page) ' —'; font: 14pt 'Noto Serif CJK SC'; letter-spacing: 0; "
            "vertical-align: top; padding-top: 7mm; "
        )
        if self.document.settings.odd_and_even_pages_header_footer:
            yield f"@page :right {{ @bottom-right {{ {text} padding-right: 14pt; }} }}"
            yield f"@page :left {{ @bottom-left {{ {text} padding-left: 14pt; }} }}"
        else:
            yield f"@page {{ @bottom-center {{ {text} }} }}"

    # ------------------------------------------------------------------------------------------ blocks

    def blocks(self, parent) -> Iterator[str]:
        for child in parent:
            if child.tag == qn("w:p"):
                yield self.paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield self.table(child)
            elif child.tag == qn("w:sdt"):
                content = child.find(qn("w:sdtContent"))
                if content is not None:
                    yield from self.blocks(content)

    def chain(self, style_id: str | None) -> list:
        found = []
        while style_id in self.styles and len(found) < 20:
            found.append(self.styles[style_id])
            style_id = _value(self.styles[style_id], "w:basedOn")
        return found

    def forms(self, paragraph) -> list:
        """Where a paragraph's properties may stand, the nearest first."""
        own = paragraph.find(qn("w:pPr"))
        chain = self.chain(_value(own, "w:pStyle") or self.default)
        return [
            one
            for one in (own, *(style.find(qn("w:pPr")) for style in chain), self.form_defaults)
            if one is not None
        ]

    def paragraph(self, paragraph) -> str:
        forms = self.forms(paragraph)

        def attribute(element: str, name: str) -> str | None:
            for form in forms:
                value = _value(form, element, f"w:{name}")
                if value is not None:
                    return value
            return None

        def on(element: str) -> bool:
            for form in forms:
                child = form.find(qn(element))
                if child is not None:
                    return child.get(qn("w:val")) not in ("0", "false", "off")
            return False

        own = paragraph.find(qn("w:pPr"))
        style = _value(own, "w:pStyle") or self.default
        size = self.size(paragraph, style)
        align = attribute("w:jc", "val") or "left"
        rules = [f"text-align:{ALIGN.get(align, 'left')}", f"font-size:{size:g}pt"]
        rules.append(f"line-height:{self.line(attribute, size)}")
        spacing = self.lookup([one.find(qn("w:rPr")) for one in self.chain(style)], "w:spacing")
        if spacing:
            rules.append(f"letter-spacing:{_points(spacing):g}pt")
        if chars := attribute("w:ind", "firstLineChars"):
            rules.append(f"text-indent:{float(chars) / 100 * (size + _points(spacing)):.2f}pt")
        elif first := attribute("w:ind", "firstLine"):
            rules.append(f"text-indent:{_points(first):g}pt")
        elif hanging := attribute("w:ind", "hanging"):
            rules.append(f"text-indent:-{_points(hanging):g}pt")
        for side, names in (("left", ("left", "start")), ("right", ("right", "end"))):
            if indent := next((v for n in names if (v := attribute("w:ind", n))), None):
                rules.append(f"margin-{side}:{_points(indent):g}pt")
        for side, name in (("top", "before"), ("bottom", "after")):
            if space := attribute("w:spacing", name):
                rules.append(f"margin-{side}:{_points(space):g}pt")
        if on("w:keepNext"):
            rules.append("break-after:avoid")
        if on("w:keepLines"):
            rules.append("break-inside:avoid")
        if on("w:pageBreakBefore"):
            rules.append("break-before:page")
        rules += self.borders(own.find(qn("w:pBdr")) if own is not None else None, spaced=True)
        inner = "".join(self.runs(paragraph, style, size))
        return f'<p style="{";".join(rules)}">{inner}</p>'

    def size(self, paragraph, style: str | None) -> float:
        """The size of a paragraph's first text, in points: what its lines and indents are measured by."""
        for run in paragraph.iter(qn("w:r")):
            return self.run_size(run, style)
        value = self.lookup([style_.find(qn("w:rPr")) for style_ in self.chain(style)], "w:sz")
        return float(value or 21) / 2

    def line(self, attribute, size: float) -> str:
        value, rule = attribute("w:spacing", "line"), attribute("w:spacing", "lineRule")
        if value and rule in ("exact", "atLeast"):
            return f"{_points(value):g}pt"
        return f"{float(value or 240) / 240 * 1.3:.3f}"

    # ------------------------------------------------------------------------------------------ characters

    def lookup(self, places: list, name: str, attribute: str = "w:val") -> str | None:
        for place in (*places, self.run_defaults):
            value = _value(place, name, attribute)
            if value is not None:
                return value
        return None

    def places(self, run, style: str | None) -> list:
        own = run.find(qn("w:rPr"))
        chains = [*self.chain(_value(own, "w:rStyle")), *self.chain(style)]
        return [own, *(one.find(qn("w:rPr")) for one in chains)]

    def run_size(self, run, style: str | None) -> float:
        return float(self.lookup(self.places(run, style), "w:sz") or 21) / 2

    def runs(self, parent, style: str | None, base: float) -> Iterator[str]:
        for child in parent:
            if child.tag == qn("w:r"):
                yield self.run(child, style, base)
            elif child.tag in WRAPPERS:
                yield from self.runs(child, style, base)

    def run(self, run, style: str | None, base: float) -> str:
        inner = "".join(self.pieces(run))
        if not inner:
            return ""
        places = self.places(run, style)

        def on(name: str) -> bool:
            for place in (*places, self.run_defaults):
                child = place.find(qn(name)) if place is not None else None
                if child is not None:
                    return child.get(qn("w:val")) not in ("0", "false", "off", "none")
            return False

        if on("w:vanish"):
            return ""
        classes, rules = [], []
        font = self.lookup(places, "w:rFonts", "w:eastAsia") or ""
        if font.startswith(SANS):
            classes.append("sans")
        elif any(word in font for word in HEAVY) or on("w:b"):
            classes.append("heavy")
        size = self.run_size(run, style)
        if size != base:
            rules.append(f"font-size:{size:g}pt")
        if (spacing := run.find(f"{qn('w:rPr')}/{qn('w:spacing')}")) is not None:
            rules.append(f"letter-spacing:{_points(spacing.get(qn('w:val'))):g}pt")
        color = self.lookup(places, "w:color")
        if color and color != "auto" and len(color) == 6 and color.isalnum():
            rules.append(f"color:#{color}")
        if on("w:i"):
            rules.append("font-style:italic")
        if on("w:u"):
            rules.append("text-decoration:underline")
        if on("w:strike"):
            rules.append("text-decoration:line-through")
        if (raised := self.lookup(places, "w:vertAlign")) in ("superscript", "subscript"):
            rules.append(f"vertical-align:{raised[:-6]};font-size:65%")
        if not classes and not rules:
            return inner
        return f'<span class="{" ".join(classes)}" style="{";".join(rules)}">{inner}</span>'

    def pieces(self, run) -> Iterator[str]:
        for child in run:
            if child.tag == qn("w:t"):
                yield escape(child.text or "")
            elif child.tag == qn("w:tab"):
                yield "　　"
            elif child.tag == qn("w:noBreakHyphen"):
                yield "\u2011"
            elif child.tag == qn("w:br"):
                page = child.get(qn("w:type")) == "page"
                yield '<span style="break-after:page;display:block"></span>' if page else "<br>"
            elif child.tag == qn("w:cr"):
                yield "<br>"
            elif child.tag == qn("w:sym"):
                yield escape(chr(int(child.get(qn("w:char"), "25A1"), 16)))
            elif child.tag == qn("w:drawing"):
                yield from self.pictures(child)

    def pictures(self, drawing) -> Iterator[str]:
        for inline in drawing.findall(qn("wp:inline")):
            extent = inline.find(qn("wp:extent"))
            for blip in inline.iter(qn("a:blip")):
                part = self.document.part.related_parts.get(blip.get(qn("r:embed")))
                if part is None:
                    continue
                with Image.open(BytesIO(part.blob)) as picture:
                    target = BytesIO()
                    picture.convert("RGB").save(target, "PNG")
                data = base64.b64encode(target.getvalue()).decode()
                width, height = (int(extent.get(side)) / 36000 for side in ("cx", "cy"))
                yield (
                    f'<img alt="" style="width:{width:.2f}mm;height:{height:.2f}mm" '
                    f'src="data:image/png;base64,{data}">'
                )

    # ------------------------------------------------------------------------------------------ tables

    def table(self, table) -> str:
        form = table.find(qn("w:tblPr"))
        widths = [float(column.get(qn("w:w"), 0)) for column in table.iter(qn("w:gridCol"))]
        columns = "".join(f'<col style="width:{width * MM:.2f}mm">' for width in widths)
        lines = self.table_borders(form)
        head, body = [], []
        rows = table.findall(qn("w:tr"))
        for number, row in enumerate(rows):
            repeats = row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
            target = head if repeats and len(head) == number else body
            target.append(self.row(row, rows[number:], lines, len(widths)))
        rules = [f"width:{sum(widths) * MM:.2f}mm"]
        if _value(form, "w:jc") == "center":
            rules.append("margin-left:auto;margin-right:auto")
        for side in ("top", "bottom"):
            if line := lines.get(side):
                rules.append(f"border-{side}:{line}")
        thead = f"<thead>{''.join(head)}</thead>" if head else ""
        html = (
            f'<table style="{";".join(rules)}"><colgroup>{columns}</colgroup>{thead}'
            f"<tbody>{''.join(body)}</tbody></table>"
        )
        place = form.find(qn("w:tblpPr")) if form is not None else None
        if place is not None and place.get(qn("w:tblpYSpec")) == "bottom":
            # The unseen copy keeps its room free at the end of the text, the seen one stands at the foot.
            return f'<div class="room">{html}</div><div class="foot">{html}</div>'
        return html

    def table_borders(self, form) -> dict[str, str]:
        places = [form, *(style.find(qn("w:tblPr")) for style in self.chain(_value(form, "w:tblStyle")))]
        for place in places:
            borders = place.find(qn("w:tblBorders")) if place is not None else None
            if borders is not None:
                return {
                    etree.QName(side).localname: line
                    for side in borders
                    if (line := self.border(side)) is not None
                }
        return {}

    @staticmethod
    def border(side) -> str | None:
        if side.get(qn("w:val")) in (None, "nil", "none"):
            return None
        color = side.get(qn("w:color"), "auto")
        shown = f"#{color}" if len(color) == 6 and color.isalnum() else "#000"
        return f"{float(side.get(qn('w:sz'), 4)) / 8:g}pt solid {shown}"

    def borders(self, parent, *, spaced: bool = False) -> list[str]:
        rules = []
        for side in parent if parent is not None else ():
            name = etree.QName(side).localname
            if name in ("top", "bottom", "left", "right") and (line := self.border(side)):
                rules.append(f"border-{name}:{line}")
                if spaced:
                    rules.append(f"padding-{name}:{float(side.get(qn('w:space'), 0)):g}pt")
        return rules

    def row(self, row, following: list, lines: dict[str, str], columns: int) -> str:
        height = row.find(f"{qn('w:trPr')}/{qn('w:trHeight')}")
        rules = f"height:{float(height.get(qn('w:val'), 0)) * MM:.2f}mm" if height is not None else ""
        cells, at = [], 0
        for cell in row.findall(qn("w:tc")):
            form = cell.find(qn("w:tcPr"))
            span = int(_value(form, "w:gridSpan") or 1)
            merge = form.find(qn("w:vMerge")) if form is not None else None
            if merge is not None and merge.get(qn("w:val")) != "restart":
                at += span
                continue
            down = self.depth(following[1:], at) + 1 if merge is not None else 1
            css = [
                f"vertical-align:{ {'center': 'middle', 'bottom': 'bottom'}.get(_value(form, 'w:vAlign'), 'top') }"
            ]
            for side, edge, inner in (
                ("left", at == 0, "insideV"),
                ("right", at + span >= columns, "insideV"),
                ("top", False, "insideH"),
                ("bottom", len(following) <= down, "insideH"),
            ):
                line = lines.get(side if edge else inner)
                if line:
                    css.append(f"border-{side}:{line}")
            css += self.borders(form.find(qn("w:tcBorders")) if form is not None else None)
            inner = "".join(self.blocks(cell))
            spans = f"{f' colspan={span}' if span > 1 else ''}{f' rowspan={down}' if down > 1 else ''}"
            cells.append(f'<td{spans} style="{";".join(css)}">{inner}</td>')
            at += span
        # A row longer than a page must be allowed to break.
        long = ' class="long"' if len("".join(row.itertext())) > 400 else ""
        return f'<tr{long} style="{rules}">{"".join(cells)}</tr>'

    @staticmethod
    def depth(rows: list, column: int) -> int:
        """How many of `rows` go on with the cell that starts above them in `column`."""
        found = 0
        for row in rows:
            at = 0
            for cell in row.findall(qn("w:tc")):
                form = cell.find(qn("w:tcPr"))
                if at == column:
                    merge = form.find(qn("w:vMerge")) if form is not None else None
                    if merge is None or merge.get(qn("w:val")) == "restart":
                        return found
                    found += 1
                    break
                at += int(_value(form, "w:gridSpan") or 1)
            else:
                return found
        return found
