"""The numbers that Word makes for its automatic lists (w:numPr), as text."""

from __future__ import annotations

import re

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SIGNS = "零一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)


def chinese(value: int, signs: str = _SIGNS, ten: str = "十", hundred: str = "百") -> str:
    """A number below 1000 as 二十一; larger ones in digits."""
    if not 0 <= value < 1000:
        return str(value)
    if value < 10:
        return signs[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        head = "" if tens == 1 and signs is _SIGNS else signs[tens]
        return head + ten + (signs[ones] if ones else "")
    hundreds, rest = divmod(value, 100)
    tail = (
        ""
        if not rest
        else signs[0] + signs[rest]
        if rest < 10
        else signs[rest // 10] + ten + (signs[rest % 10] if rest % 10 else "")
    )
    return signs[hundreds] + hundred + tail


def roman(value: int) -> str:
    made = ""
    for size, sign in _ROMAN:
        while value >= size and len(made) < 20:
            made, value = made + sign, value - size
    return made


def letters(value: int) -> str:
    return chr(ord("a") + (value - 1) % 26) * min((value - 1) // 26 + 1, 10) if value > 0 else ""


def shown(value: int, style: str) -> str:
    """One number in one of Word's styles; unknown styles in digits."""
    if style.startswith(
        (
            "chineseCounting",
            "japaneseCounting",
            "taiwaneseCounting",
            "koreanCounting",
            "ideographDigital",
            "japaneseDigital",
        )
    ) and not style.startswith(("chineseLegal", "japaneseLegal")):
        if style.startswith(("ideographDigital", "japaneseDigital")):
            return "".join("〇一二三四五六七八九"[int(sign)] for sign in str(max(value, 0)))
        return chinese(value)
    if style.startswith(("chineseLegal", "ideographLegal", "japaneseLegal")):
        return chinese(value, _LEGAL, "拾", "佰")
    if style.startswith("decimalEnclosedCircle"):
        return chr(0x2460 + value - 1) if 1 <= value <= 20 else f"（{value}）"
    if style == "decimalEnclosedParen":
        return f"（{value}）"
    if style == "decimalEnclosedFullstop":
        return f"{value}."
    if style.startswith("decimalFullWidth"):
        return "".join(chr(0xFF10 + int(sign)) for sign in str(max(value, 0)))
    if style in ("ideographTraditional", "ideographZodiac"):
        return _STEMS[(value - 1) % 10]
    if style == "decimalZero":
        return f"{value:02d}"
    if style == "upperRoman":
        return roman(value).upper()
    if style == "lowerRoman":
        return roman(value)
    if style == "upperLetter":
        return letters(value).upper()
    if style == "lowerLetter":
        return letters(value)
    return str(value)


def _value(element, path: str, default: str = "") -> str:
    found = element.find(path) if element is not None else None
    return found.get(f"{W}val", default) if found is not None else default


def _whole(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,6}", text or "") else default


class Numbering:
    """Counts the automatic numbers of a document while its paragraphs go by in order."""

    def __init__(self, numbering, styles) -> None:
        self.levels: dict[str, dict[int, tuple[int, str, str, int | None]]] = {}
        self.lists: dict[str, str] = {}
        self.starts: dict[tuple[str, int], int] = {}
        self.counts: dict[str, dict[int, int]] = {}
        self.begun: set[tuple[str, int]] = set()
        self.styles: dict[str, tuple[str, str, str, str]] = {}
        if styles is not None:
            self._read_styles(styles)
        if numbering is not None:
            self._read_numbering(numbering)

    def _read_styles(self, styles) -> None:
        for style in styles.findall(f"{W}style"):
            inner = f"{W}pPr/{W}numPr/{W}"
            self.styles[style.get(f"{W}styleId", "")] = (
                _value(style, f"{W}basedOn"),
                _value(style, f"{inner}numId"),
                _value(style, f"{inner}ilvl"),
                _value(style, f"{W}pPr/{W}outlineLvl"),
            )

    def _read_numbering(self, numbering) -> None:
        linked: dict[str, str] = {}
        for abstract in numbering.findall(f"{W}abstractNum"):
            key = abstract.get(f"{W}abstractNumId", "")
            self.levels[key] = {}
            for level in abstract.findall(f"{W}lvl"):
                restart = level.find(f"{W}lvlRestart")
                self.levels[key][_whole(level.get(f"{W}ilvl", "0"), 0)] = (
                    _whole(_value(level, f"{W}start", "1"), 1),
                    _value(level, f"{W}numFmt", "decimal"),
                    _value(level, f"{W}lvlText"),
                    _whole(restart.get(f"{W}val", ""), 0) if restart is not None else None,
                )
            if link := _value(abstract, f"{W}styleLink"):
                linked[link] = key
        for abstract in numbering.findall(f"{W}abstractNum"):
            if (link := _value(abstract, f"{W}numStyleLink")) in linked:
                self.levels[abstract.get(f"{W}abstractNumId", "")] = self.levels[linked[link]]
        for entry in numbering.findall(f"{W}num"):
            key = entry.get(f"{W}numId", "")
            self.lists[key] = _value(entry, f"{W}abstractNumId")
            for override in entry.findall(f"{W}lvlOverride"):
                start = _value(override, f"{W}startOverride")
                if start:
                    self.starts[key, _whole(override.get(f"{W}ilvl", "0"), 0)] = _whole(start, 1)

    def of(self, paragraph) -> tuple[str, int | None]:
        """The number that Word shows before this paragraph ("" without one), and its heading level."""
        style = _value(paragraph, f"{W}pPr/{W}pStyle")
        inner = f"{W}pPr/{W}numPr/{W}"
        number, depth = _value(paragraph, f"{inner}numId"), _value(paragraph, f"{inner}ilvl")
        outline = _value(paragraph, f"{W}pPr/{W}outlineLvl")
        seen: set[str] = set()
        while style in self.styles and style not in seen:
            seen.add(style)
            parent, own_number, own_depth, own_outline = self.styles[style]
            number = number or own_number
            depth = depth or own_depth
            outline = outline or own_outline
            style = parent
        heading = _whole(outline, 9)
        return self._next(number, _whole(depth, 0)), heading if heading < 9 else None

    def _next(self, number: str, depth: int) -> str:
        levels = self.levels.get(self.lists.get(number, ""), {})
        if number in ("", "0") or depth not in levels:
            return ""
        counts = self.counts.setdefault(self.lists[number], {})
        start, style, pattern, _ = levels[depth]
        if (number, depth) in self.starts and (number, depth) not in self.begun:
            self.begun.add((number, depth))
            counts[depth] = self.starts[number, depth]
        else:
            counts[depth] = counts[depth] + 1 if depth in counts else start
        for deeper in [each for each in counts if each > depth]:
            restart = levels[deeper][3] if deeper in levels else None
            if restart is None or (restart and depth < restart):
                del counts[deeper]
        if style == "bullet":
            return "●"
        if style == "none":
            return ""

        def put(match: re.Match) -> str:
            at = int(match[1]) - 1
            if at not in levels:
                return ""
            return shown(counts.setdefault(at, levels[at][0]), levels[at][1])

        return re.sub(r"%([1-9])", put, pattern)
