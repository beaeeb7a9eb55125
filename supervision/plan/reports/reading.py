"""Reading a written report back: what stands in its controls, which numbers stand outside, how a page shows it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from .elements import (
    APPENDIX,
    BOOKMARK,
    INDEX_BOOKMARK,
    MARK,
    TAG,
    control,
    finished,
    index,
    linked,
    opened,
    run,
)
from .placeholders import CLOSE, OPEN

# Numbers that say how many or how much, as against those of years, articles and sections.
COUNTED = re.compile(
    r"(?<![0-9.第〔\[])([0-9]+(?:[,，][0-9]{3})*(?:\.[0-9]+)?)\s*"
    r"(%|％|‰|个百分点|亿元|万元|元|处|次|起|项|个|家|人次|人|份|件|条|座|台|场|期|篇|批|户|公里|千米|米)"
)
TYPED = re.compile(r"（人工填报[：:][^）]+）")
UNSEEN = {qn("w:bookmarkStart"), qn("w:bookmarkEnd"), qn("w:proofErr")}
REMOVED = {qn("w:del"), qn("w:moveFrom")}


def tag_of(element) -> str:
    """The tag of a content control; "" without one."""
    found = element.find(f"{qn('w:sdtPr')}/{qn('w:tag')}")
    return found.get(qn("w:val"), "") if found is not None else ""


def ref_of(element) -> int | None:
    """The number of the figure whose control this is."""
    tag = tag_of(element)
    number = tag[len(TAG) :]
    return int(number) if tag.startswith(TAG) and number.isdigit() else None


def restored(content: bytes) -> bytes:
    """The file with the tags of its controls put back by their bookmarks, where the program that saved it lost
    them; the same file where none is lost. Raises PlaceholderFault for no Word file."""
    document = opened(content)
    body, changed = document.element.body, False
    for start in list(body.iter(qn("w:bookmarkStart"))):
        name = start.get(qn("w:name"), "")
        if name == INDEX_BOOKMARK:
            changed |= _restore_index(body, start)
        elif found := re.fullmatch(rf"{BOOKMARK}(\d+)_\d+", name):
            changed |= _restore(start, int(found[1]))
    return finished(document) if changed else content


def _tagged(element, tag: str) -> None:
    """Give a control its tag."""
    properties = element.find(qn("w:sdtPr"))
    if properties is None:
        properties = OxmlElement("w:sdtPr")
        element.insert(0, properties)
    for old in properties.findall(qn("w:tag")):
        properties.remove(old)
    made = OxmlElement("w:tag")
    made.set(qn("w:val"), tag)
    properties.append(made)


def _wrapped(elements: list, tag: str) -> None:
    """Put a control around neighbours."""
    holder, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
    holder.append(content)
    _tagged(holder, tag)
    elements[0].addprevious(holder)
    for element in elements:
        content.append(element)


def _restore(start, ref: int) -> bool:
    parent = start.getparent()
    if parent.tag == qn("w:sdtContent"):
        holder = parent.getparent()
        if ref_of(holder) is not None:
            return False
        _tagged(holder, f"{TAG}{ref}")
        return True
    inside, node = [], start.getnext()
    while node is not None and not (
        node.tag == qn("w:bookmarkEnd") and node.get(qn("w:id")) == start.get(qn("w:id"))
    ):
        inside.append(node)
        node = node.getnext()
    holders = [one for one in inside if one.tag == qn("w:sdt")]
    if node is None or not any(_text(one) for one in inside) or any(ref_of(one) == ref for one in holders):
        return False
    if len(holders) == 1 and not any(_text(one) for one in inside if one is not holders[0]):
        _tagged(holders[0], f"{TAG}{ref}")
    else:
        _wrapped(inside, f"{TAG}{ref}")
    return True


def _restore_index(body, start) -> bool:
    if _in_index(start):
        return False
    element = start
    while element.getparent() is not body:
        element = element.getparent()
    if element.tag == qn("w:sdt"):
        _tagged(element, APPENDIX)
        return True
    rest = [element]
    while (node := rest[-1].getnext()) is not None and node.tag != qn("w:sectPr"):
        rest.append(node)
    _wrapped(rest, APPENDIX)
    return True


def _text(element) -> str:
    parts = []
    for piece in element.iter(qn("w:t"), qn("w:br"), qn("w:tab")):
        if any(above.tag in REMOVED for above in piece.iterancestors()):
            continue
        parts.append((piece.text or "") if piece.tag == qn("w:t") else " ")
    return "".join(parts)


def _in_index(element) -> bool:
    return any(above.tag == qn("w:sdt") and tag_of(above) == APPENDIX for above in element.iterancestors())


def controls(content: bytes) -> dict[int, list[str]]:
    """What stands in the controls of each figure, wherever it is repeated. Raises PlaceholderFault for no Word
    file."""
    found: dict[int, list[str]] = {}
    for element in opened(content).element.body.iter(qn("w:sdt")):
        ref = ref_of(element)
        if ref is not None and not _in_index(element):
            found.setdefault(ref, []).append(_text(element).strip())
    return found


def _outside(paragraph) -> str:
    """A paragraph's text without its figures, a blank for each."""
    parts = []
    for piece in paragraph.iter(qn("w:t")):
        above = list(piece.iterancestors())
        if any(one.tag in REMOVED for one in above):
            continue
        figure = next((one for one in above if one.tag == qn("w:sdt") and ref_of(one) is not None), None)
        parts.append("\x00" if figure is not None else piece.text or "")
    return "".join(parts)


def texts(content: bytes) -> list[str]:
    """The text of each paragraph without figures and index, in order; the first is number 1."""
    body = opened(content).element.body
    return ["" if _in_index(paragraph) else _outside(paragraph) for paragraph in body.iter(qn("w:p"))]


def left_over(content: bytes) -> list[int]:
    """The numbers of paragraphs in which a placeholder remains."""
    return [
        number for number, text in enumerate(texts(content), 1) if OPEN.search(text) or CLOSE.search(text)
    ]


def counted(lines: list[str]) -> Counter[str]:
    """The numbers that say how many, with their measure, but for those marked as typed with a reason."""
    found: Counter[str] = Counter()
    for line in lines:
        for number in COUNTED.finditer(line):
            if not TYPED.match(line, number.end()):
                found[number[1] + number[2]] += 1
    return found


def added_numbers(before: bytes, after: bytes) -> list[tuple[int, str]]:
    """(paragraph, number) of numbers with a measure that stand in a file's text and did not in the file as it was
    made."""
    known = counted(texts(before))
    found = []
    for place, line in enumerate(texts(after), 1):
        for number, times in counted([line]).items():
            fresh = times - min(times, known[number])
            known[number] -= min(times, known[number])
            found += [(place, number)] * fresh
    return found


def tables(content: bytes) -> list[list[list[str]]]:
    """The texts of every table's cells without figures and references, the index left out."""
    body = opened(content).element.body
    return [
        [[_plain_text(cell) for cell in line.findall(qn("w:tc"))] for line in table.findall(qn("w:tr"))]
        for table in body.iter(qn("w:tbl"))
        if not _in_index(table)
    ]


def _plain_text(cell) -> str:
    return re.sub(r"\[\d+\]", "", "".join(_outside(one) for one in cell.iter(qn("w:p")))).strip()


def changed_cells(before: bytes, after: bytes, words: frozenset[str]) -> list[str]:
    """What somebody changed in the tables beside their figures: cells that hold a number or one of `words`, and
    tables with other lines or columns, as Chinese sentences."""
    old, new = tables(before), tables(after)
    if len(old) != len(new):
        return [f"修改稿有{len(new)}个表格，生成时为{len(old)}个。"]
    found = []
    for number, (one, two) in enumerate(zip(old, new, strict=True), 1):
        if [len(row) for row in one] != [len(row) for row in two]:
            found.append(f"第{number}个表格的行列与生成时不同。")
            continue
        for place, (was, now) in enumerate(zip(one, two, strict=True), 1):
            found += [
                f"第{number}个表格第{place}行“{a[:40]}”被改为“{b[:40]}”。"
                for a, b in zip(was, now, strict=True)
                if a != b and (re.search(r"\d", a + b) or {a, b} & words)
            ]
    return found


@dataclass(frozen=True)
class Difference:
    """A figure whose control says something else, or is gone (`found` is None)."""

    ref: int
    found: str | None


def differences(content: bytes, expected: dict[int, str]) -> list[Difference]:
    """What the controls say that was not written there."""
    there = controls(content)
    made = []
    for ref, text in expected.items():
        if ref not in there:
            made.append(Difference(ref, None))
        else:
            made += [Difference(ref, one) for one in dict.fromkeys(there[ref]) if one != text.strip()]
    return made + [Difference(ref, texts_[0]) for ref, texts_ in there.items() if ref not in expected]


def refilled(content: bytes, figures: list, address) -> bytes:
    """A file with the figures as they are now: in every control, in the marks beside it, and in the index."""
    document = opened(content)
    body = document.element.body
    for element in list(body.iter(qn("w:sdt"))):
        ref = ref_of(element)
        if ref is None or _in_index(element) or not 0 < ref <= len(figures):
            continue
        _refill(element, ref, figures[ref - 1])
    for element in list(body.iter(qn("w:sdt"))):
        if tag_of(element) == APPENDIX:
            fresh = index(figures, address, lambda url, form: linked(document, url, form))
            element.addprevious(fresh[0])
            element.getparent().remove(element)
            break
    return finished(document)


def _refill(element, ref: int, figure) -> None:
    first = next(element.iter(qn("w:r")), None)
    form = first.find(qn("w:rPr")) if first is not None else None
    number = element.find(f"{qn('w:sdtPr')}/{qn('w:id')}")
    made = control(ref, figure, form, int(number.get(qn("w:val"))) if number is not None else 0)
    element.addprevious(made)
    parent = element.getparent()
    parent.remove(element)
    # The mark follows the control, or its unit of measure.
    first = _run_after(made)
    second = None if first is None else _run_after(first)
    marked = next((one for one in (first, second) if one is not None and _text(one) == MARK), None)
    if marked is not None and not figure.typed:
        parent.remove(marked)
    elif marked is None and figure.typed:
        measured = first is not None and figure.measure and _text(first) == figure.measure
        _end(first if measured else made).addnext(run(MARK, form))


def _run_after(element):
    """The run that follows; None where something else does. Marks without text are passed over."""
    following = element.getnext()
    while following is not None and following.tag in UNSEEN:
        following = following.getnext()
    return following if following is not None and following.tag == qn("w:r") else None


def _end(element):
    """The element, or the last of the bookmarks that end with it."""
    while (following := element.getnext()) is not None and following.tag == qn("w:bookmarkEnd"):
        element = following
    return element


# ------------------------------------------------------------------------------------------ for the page


def page(content: bytes) -> list[dict]:
    """The report as blocks for the portal's page: paragraphs and table rows of pieces, {"text"} or {"ref", "text"};
    pictures by their number. The index is left out."""
    document = opened(content)
    blocks: list[dict] = []
    pictures = 0
    for element in document.element.body:
        if element.tag == qn("w:tbl"):
            rows = [
                [_pieces(cell) for cell in line.findall(qn("w:tc"))] for line in element.findall(qn("w:tr"))
            ]
            blocks.append({"kind": "table", "head": rows[0] if rows else [], "rows": rows[1:]})
        elif element.tag == qn("w:p"):
            for _ in element.iter(qn("a:blip")):
                blocks.append({"kind": "picture", "number": pictures})
                pictures += 1
            pieces = _pieces(element)
            if any(piece["text"].strip() for piece in pieces):
                blocks.append({"kind": "text", "pieces": pieces, "role": _role(element)})
    return blocks


def pictures(content: bytes) -> list[bytes]:
    """The pictures of the body, in order."""
    document = opened(content)
    parts = document.part.related_parts
    found = [blip.get(qn("r:embed")) for blip in document.element.body.iter(qn("a:blip"))]
    return [parts[name].blob for name in found if name in parts]


def _role(paragraph) -> str:
    text = _text(paragraph).strip()
    sizes = [size.get(qn("w:val")) for size in paragraph.iter(qn("w:sz"))]
    fonts = [fonts.get(qn("w:eastAsia"), "") for fonts in paragraph.iter(qn("w:rFonts"))]
    if sizes and int(sizes[0]) >= 40:
        return "title"
    centred = any(one.get(qn("w:val")) == "center" for one in paragraph.iter(qn("w:jc")))
    if centred:
        return "caption"
    return "heading" if fonts and fonts[0] == "黑体" and len(text) < 60 else ""


def _pieces(parent) -> list[dict]:
    made: list[dict] = []
    for element in parent.iter(qn("w:sdt"), qn("w:t"), qn("w:br")):
        if element.tag == qn("w:sdt"):
            if (ref := ref_of(element)) is not None:
                made.append({"ref": ref, "text": _text(element).strip()})
            continue
        above = list(element.iterancestors())
        if any(one.tag == qn("w:sdt") and ref_of(one) is not None for one in above):
            continue
        if any(one.tag in REMOVED for one in above) or _is_reference(above):
            continue
        made.append({"text": element.text or "" if element.tag == qn("w:t") else " "})
    return made


def _is_reference(above: list) -> bool:
    """Whether a text is the [12] beside a figure, which the page draws itself."""
    link = next((one for one in above if one.tag == qn("w:hyperlink")), None)
    return link is not None and re.fullmatch(r"\[\d+\]", _text(link)) is not None
