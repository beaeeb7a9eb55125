"""Papers as Word and PDF: what they look like, that both say the same, and that no text does harm in them."""

import io
import re
import subprocess
import zipfile
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from docx import Document as Docx
from docx.oxml.ns import qn
from docx.shared import Mm
from fontTools.ttLib import TTFont
from lxml import etree

from supervision.papers.documents import contents, layout, markup, pdf, qr, registry, word
from supervision.papers.documents.layout import Cell, Sheet

from .documents import text_of_pdf, text_of_word

PAPERS = registry.all_papers()
each_paper = pytest.mark.parametrize("paper", PAPERS, ids=[paper.code for paper in PAPERS])

NASTY = {
    "template": "{{ 7*7 }}{% for x in y %}{#c#}{_{ 7*7 }_}{_% if %_}",
    "markup": "<b>粗</b><w:t>&amp;</w:t>&lt;<img src=x onerror=alert(1)><script>alert(1)</script>]]>",
    "controls": "甲\0乙\x07丙\x0b丁\x1b戊\x85己\x7f",
    "turned": "公司\u202egnp.exe\u202c\u2066甲\u2069\u200f",
    "rare": "𠮷野㐂龘靐齉𬭚😀👨‍👩‍👧\U0010ffff\ufffe\ufeff",
    "quotes": "\"'`${HOME}%s%n\\\\..\\..//etc/passwd file:///etc/passwd",
    "long": "超长单位名称" * 500,
    "unbroken": "A" * 3000,
    "lines": "一\r\n二\n\n三\u2028四",
}


def filled(paper, **values) -> bytes:
    return word.fill(paper.build(), contents.plain(paper.contents.example(**values)))


def paper_of(code):
    return registry.paper_of(code)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def check_word(content: bytes) -> str:
    """Every part is well-formed XML; returns the text."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name), etree.XMLParser(resolve_entities=False))
    return text_of_word(content)


@each_paper
def test_every_paper_can_be_filled_in_full_and_with_nothing(paper):
    made = check_word(filled(paper))
    empty = word.fill(paper.build(), contents.plain(paper.contents()))
    for text in (made, check_word(empty)):
        assert not re.search(r"\{\{|\{%|\}\}|%\}|None|Undefined", text)
    assert markup.unknown(filled(paper)) == []
    assert paper.build() == paper.build()


@each_paper
def test_every_example_stands_on_its_paper(paper):
    """A field that no template prints would be asked for in vain."""
    values = contents.plain(paper.contents.example())
    shown = squeezed(text_of_word(word.fill(paper.build(), values)))
    unprinted = {
        "reply_url",
        "signer",
        "copies",
        "contact",
        "phone",
        "head",
        "number",
        "second_number",
        "to",
        "issued_on",
    }
    for name, value in values.items():
        if name not in unprinted and value:
            # Of rows, the column that every table of them has.
            texts = (
                [one["what"] if isinstance(one, dict) else one for one in value]
                if isinstance(value, list)
                else [value]
            )
            for text in texts:
                assert squeezed(text) in shown, (name, text)


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_no_text_does_harm_in_word(text):
    paper = paper_of("rectification_notice")
    finding = dict.fromkeys(("place", "what", "clause", "grade", "demand", "deadline"), text)
    rows = [paper.contents.__dataclass_fields__["findings"].metadata["of"](**finding)]
    made = filled(paper, to=text, project=text, title=text, findings=rows, demands=[text], inspectors=[text])
    shown = check_word(made)
    assert "49" not in shown.replace("4360000", "")
    expected = contents.clean(text).split("\n")
    assert all(squeezed(line) in squeezed(shown).replace("\u2060", "") for line in expected)
    assert not set(shown) & (contents.TURNING | {"\0", "\ufffe", "\ufeff"})
    # Text is text: no element comes out of it.
    body = Docx(io.BytesIO(made)).element.body
    assert {etree.QName(one).namespace for one in body.iter(etree.Element)} <= {
        etree.QName(one).namespace for one in Docx(io.BytesIO(filled(paper))).element.body.iter(etree.Element)
    }


def test_no_text_does_harm_in_the_pdf():
    """All of it on one paper, since setting a page takes a second."""
    paper = paper_of("stop_notice")
    made = filled(
        paper,
        to=NASTY["long"],
        project=NASTY["markup"],
        demands=list(NASTY.values()),
        reason=NASTY["template"],
    )
    html = markup.as_html(made)
    assert "<script" not in html and "<b>" not in html
    assert not re.search(
        r"<(?!/?(?:html|head|meta|title|style|body|p|span|br|table|colgroup|col|thead|tbody|tr|td|img|div|!DOCTYPE)\b|!)",
        html,
    )
    shown = re.sub("—\\d+—", "", squeezed(text_of_pdf(pdf.print_html(html))))
    for expected in ("<b>粗</b>", "{{7*7}}{%forxiny%}", "𠮷野", "龘靐齉", "甲乙丙丁", "file:///etc/passwd"):
        assert expected in shown.replace("\u2060", ""), expected
    assert shown.count("超长单位名称") >= 500


def test_too_long_a_paper_is_refused_with_a_sentence():
    paper = paper_of("stop_notice")
    with pytest.raises(ValidationError, match="上限"):
        contents.plain(paper.contents.example(reason="长" * (contents.MAX_CHARS + 1)))


# --------------------------------------------------------------------------------------------------- GB/T 9704


def pages_of(content: bytes) -> list[list[str]]:
    return [page.splitlines() for page in text_of_pdf(content, "-layout").split("\f")[:-1]]


def test_a_page_holds_22_lines_of_28_characters():
    sheet = Sheet()
    sheet.text("{{ body }}", indent=0)
    body = "".join(chr(0x4E00 + number) for number in range(22 * 28 + 5))
    made = word.fill(sheet.bytes(), {"body": body})
    pages = pages_of(pdf.print_html(markup.as_html(made)))
    assert len(pages) == 2
    lines = [squeezed(line) for line in pages[0] if squeezed(line) and "—" not in line]
    assert [len(line) for line in lines] == [28] * 22
    assert "".join(lines) == body[: 22 * 28]


def test_the_type_area_is_156_by_225_mm_from_37_and_28():
    document = Docx(io.BytesIO(paper_of("listing_notice").build()))
    section = document.sections[0]
    mm = [
        round(side.mm)
        for side in (section.page_width, section.page_height, section.top_margin, section.left_margin)
    ]
    assert mm == [210, 297, 37, 28]
    assert abs(section.page_width - section.left_margin - section.right_margin - Mm(156)) < 1000
    assert abs(section.page_height - section.top_margin - section.bottom_margin - Mm(225)) < 1000
    assert document.settings.odd_and_even_pages_header_footer
    html = markup.as_html(filled(paper_of("listing_notice")))
    assert "size: 210.0" in html and "margin: 37.0" in html


def test_fonts_are_named_for_the_readers_machine_and_there_are_others_for_it():
    with zipfile.ZipFile(io.BytesIO(paper_of("listing_notice").build())) as archive:
        names = set(re.findall(r'w:eastAsia="([^"]+)"', archive.read("word/document.xml").decode()))
        styles = archive.read("word/styles.xml").decode()
        table = archive.read("word/fontTable.xml").decode()
    assert {layout.TITLE, layout.HEI} <= names
    assert layout.FANGSONG in styles
    assert all(font in table for font in layout.ALTERNATIVES)
    assert "仿宋_GB2312" in layout.FONT_NOTE


def test_red_head_number_and_page_numbers_stand_on_a_public_paper():
    paper = paper_of("listing_notice")
    made = filled(paper, number="宿交安督〔2025〕3号", issued_on="2025年9月26日")
    body = Docx(io.BytesIO(made)).element.body
    assert [e.get(qn("w:color")) for e in body.iter(qn("w:bottom")) if e.get(qn("w:color")) != "000000"] == [
        layout.RED
    ]
    printed = pdf.print_html(markup.as_html(made))
    shown = text_of_pdf(printed)
    for expected in ("宿迁市交通运输局文件", "宿交安督〔2025〕3号", "2025年9月26日", "— 1 —", "— 2 —"):
        assert squeezed(expected) in squeezed(shown)
    assert set(
        re.findall(
            r"[A-Z]{6}\+(\S+)",
            subprocess.run(["pdffonts", "-"], input=printed, capture_output=True).stdout.decode(),
        )
    ) == {"Noto-Serif-CJK-SC-Bold", "Noto-Serif-CJK-SC", "Noto-Sans-CJK-SC-Bold"}


def test_word_and_pdf_say_the_same():
    made = filled(paper_of("rectification_notice"))
    in_word = squeezed(text_of_word(made))
    in_pdf = re.sub("—\\d+—", "", squeezed(text_of_pdf(pdf.print_html(markup.as_html(made)), "-raw")))
    assert Counter(in_word) == Counter(in_pdf)


def test_the_three_colours_of_a_slip_are_said_in_words_too():
    paper = paper_of("supervision_slip")
    for color, code in (("蓝色", "0070C0"), ("黄色", "C09000"), ("红色", "C00000")):
        made = filled(paper, color=color)
        assert f"（{color}）" in text_of_word(made)
        colors = {e.get(qn("w:val")) for e in Docx(io.BytesIO(made)).element.body.iter(qn("w:color"))}
        assert code in colors and len(colors & {"0070C0", "C09000", "C00000"}) == 1


def test_a_merged_cell_and_a_picture_come_over():
    sheet = Sheet()
    sheet.table(
        [50, 50, 56],
        [[Cell("甲", span=2), Cell("乙")], [Cell("丙"), Cell("丁"), Cell("{{ qr }}")]],
        head=True,
    )
    made = word.fill(sheet.bytes(), {"reply_url": "https://portal.example/r/1"})
    html = markup.as_html(made)
    assert "colspan=2" in html and "<thead>" in html
    assert html.count("data:image/png;base64,") == 1
    printed = pdf.print_html(html)
    images = subprocess.run(["pdfimages", "-list", "-"], input=printed, capture_output=True).stdout.decode()
    assert "image" in images


# ------------------------------------------------------------------------------------------------------- press


@pytest.mark.parametrize(
    "source",
    [
        '<img src="file:///etc/hostname">',
        '<img src="http://127.0.0.1:9/x.png">',
        '<link rel="stylesheet" href="file:///etc/passwd">',
        '<style>@import url("http://127.0.0.1:9/x.css");</style>',
        '<style>@font-face { font-family: x; src: url("file:///etc/passwd") } p { font-family: x }</style>',
        '<object data="file:///etc/passwd"></object>',
        '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    ],
)
def test_the_press_fetches_nothing(source):
    with pytest.raises(pdf.PrintFailed):
        pdf.print_html(f"<!DOCTYPE html><p>甲</p>{source}")


def test_the_press_knows_the_bundled_fonts_only():
    html = '<p style="font-family: DejaVu Sans, Arial, sans-serif">Quay 码头</p>'
    printed = pdf.print_html(html)
    fonts = subprocess.run(["pdffonts", "-"], input=printed, capture_output=True).stdout.decode()
    assert "Noto" in fonts and "DejaVu" not in fonts


def test_names_written_with_any_character_of_gbk_can_be_printed():
    held = set(TTFont(pdf.FONTS / "NotoSerifSC-Regular.otf").getBestCmap())
    wanted = set()
    for number in range(0x20, 0x10000):
        if 0xD800 <= number < 0xE000:
            continue
        try:
            chr(number).encode("gbk")
        except UnicodeEncodeError:
            continue
        wanted.add(number)
    assert len(wanted) > 21_000
    # A control character, and ≒, which the fonts they are cut from do not have either.
    assert {chr(number) for number in wanted - held if not 0xE000 <= number < 0xF900} <= {"\x7f", "≒"}
    assert ord("𠮷") in held
    assert (pdf.FONTS / "OFL.txt").exists()
    assert sum(file.stat().st_size for file in pdf.FONTS.iterdir()) < 12 * 1024 * 1024


def test_qr_codes():
    url = "https://portal.example/r/7Q2M9X?单位=1&x=<b>"
    assert qr.qr_png(url) == qr.qr_png(url)
    assert qr.qr_png(url).startswith(b"\x89PNG")
    svg = etree.fromstring(qr.qr_svg(url))
    assert etree.QName(svg).localname == "svg"
    assert "style" not in qr.qr_svg(url) and "<script" not in qr.qr_svg(url)
