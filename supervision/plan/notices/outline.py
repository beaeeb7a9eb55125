"""The outline of a notice: which lines are numbered, how they stand under one another."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .numerals import CN, number
from .text import level

_CIRCLED = {chr(0x2460 + n): n + 1 for n in range(20)} | {chr(0x3251 + n): n + 21 for n in range(15)}
_NUM = "[零〇一二三四五六七八九十百]{1,5}"
# (kind, pattern of the marker at the head of a line). The first group is the number.
_MARKERS = (
    ("chapter", re.compile(rf"第({_NUM}|\d{{1,3}})[章部篇](?:分)?[\s、：]*")),
    ("clause", re.compile(rf"第({_NUM}|\d{{1,3}})[条节][\s、：]*")),
    ("task", re.compile(rf"任务({_NUM}|\d{{1,3}})[：、.\s]\s*")),
    ("first", re.compile(rf"第({_NUM})(?:[，、]|是(?=[^，。]))\s*")),
    ("one", re.compile(rf"({_NUM})(?:、|\.(?!\d)|．)\s*(?!(?:[二三四五六七八九]、)|[二三四五]级)")),
    ("(one)", re.compile(rf"（({_NUM})）[、.]?\s*")),
    ("one-is", re.compile(rf"({_NUM})是要?(?=\S)")),
    (
        "1.1",
        re.compile(
            r"(\d{1,2}(?:\.\d{1,2}){1,3})(?:[.、\s]\s*|(?=[\u4e00-\u9fff“]))(?!(?:公里|米|亿|万|%|倍|个|元|吨))"
        ),
    ),
    # 6.2026年完成…: a number, and a year after it.
    ("1.", re.compile(r"(\d{1,3})(?:[.、](?:(?!\d)|(?=20\d\d年))|．)\s*")),
    # 1 行动目标: a heading alone, as standards number theirs.
    (
        "1 ",
        re.compile(r"(\d{1,2})\s+(?=[\u4e00-\u9fff]{3,16}\s*$)(?![年月日个项座条次家名处])"),
    ),
    ("(1)", re.compile(r"（(\d{1,3})）[、.]?\s*")),
    ("1)", re.compile(r"(\d{1,3})）\s*")),
    ("①", re.compile(rf"([{''.join(_CIRCLED)}])[、.]?\s*")),
    (
        "dash",
        re.compile(
            r"(?:-{2,}|[●•◆■◇□▪★☆○·*])()\s*(?=\S)(?!(?:责任|牵头|配合|主办|协办|承办|落实)(?:单位|部门|处室|科室)?：)"
        ),
    ),
    ("star", re.compile(r"-()\s+(?=[\u4e00-\u9fff])")),
)
# Within a line: after a stop. Only kinds that no sentence begins with by itself.
_INLINE = re.compile(
    rf"(?<=[。；：！？）”\s])(?=（{_NUM}）|[{''.join(_CIRCLED)}]|{_NUM}、(?![一二三四五六七八九十])|\d{{1,2}}[.、](?:(?!\d)(?=[\s]*[\u4e00-\u9fff“A-Z])|(?=20\d\d年))|（\d{{1,2}}）)"
)
_INLINE_IS = re.compile(rf"(?:(?<=[。；：！？，\s])|^)(?={_NUM}是(?:要)?[\u4e00-\u9fff“])")
TOP = ("chapter", "one")


@dataclass(frozen=True)
class Piece:
    """A part of a paragraph that is read by itself. The pieces of a paragraph together are the paragraph."""

    paragraph: int
    start: int
    end: int
    text: str

    @property
    def flat(self) -> str:
        return level(self.text)


@dataclass(frozen=True)
class Marker:
    kind: str
    value: int | None
    label: str
    length: int


@dataclass
class Node:
    """A numbered line: its own pieces, the first with the marker, and the lines under it."""

    marker: Marker
    title: str
    pieces: list[Piece]
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.marker.kind

    def all_pieces(self) -> list[Piece]:
        """Its own and those of everything under it, in the order of the text."""
        found, waiting = [], [self]
        while waiting:
            node = waiting.pop()
            found += node.pieces
            waiting += reversed(node.children)
        return found

    def walk(self):
        """Itself and everything under it, in the order of the text."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)

    def ancestors(self):
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


def marker_of(text: str) -> Marker | None:
    """The marker at the head of a line, or None."""
    flat = level(text)
    lead = len(flat) - len(flat.lstrip())
    body = flat[lead : lead + 40]
    for kind, pattern in _MARKERS:
        match = pattern.match(body)
        if match is None or not body[match.end() :].strip():
            continue
        raw = match[1]
        if kind == "1.1":
            parts = raw.split(".")
            return Marker(f"1.{len(parts)}", int(parts[-1]), raw, lead + match.end())
        value = _CIRCLED.get(raw) if kind == "①" else number(raw) if raw else None
        if kind in ("1.", "1)") and (value or 0) > 199:
            continue
        return Marker(kind, int(value) if value is not None else None, match[0].strip(), lead + match.end())
    return None


def cut(paragraphs: list[str]) -> list[Piece]:
    """The paragraphs as pieces: one a line, more where a line holds several numbered parts."""
    pieces = []
    for index, text in enumerate(paragraphs):
        flat = level(text)
        places = [0]
        if len(flat) > 12:
            places += _inline(flat)
        places.append(len(text))
        for start, end in zip(places, places[1:], strict=False):
            if text[start:end].strip() or (start == 0 and end == len(text)):
                pieces.append(Piece(index, start, end, text[start:end]))
            elif pieces and pieces[-1].paragraph == index:
                last = pieces.pop()
                pieces.append(Piece(index, last.start, end, text[last.start : end]))
    return pieces


def _inline(flat: str) -> list[int]:
    """Where a line is cut: at markers that go on counting from the one before, or begin with the first."""
    places: list[int] = []
    expect: dict[str, int] = {}
    head = marker_of(flat)
    if head and head.value:
        expect[head.kind] = head.value + 1
    depth, at_depth = 0, {}
    found = sorted({match.start() for match in _INLINE.finditer(flat)})
    if not found:
        return places
    wanted = set(found)
    for place, sign in enumerate(flat):
        if place in wanted:
            at_depth[place] = depth
        if sign == "（":
            depth += 1
        elif sign == "）":
            depth = max(0, depth - 1)
    for place in found:
        if at_depth[place]:
            continue
        marker = marker_of(flat[place : place + 60])
        if marker is None or marker.value is None:
            continue
        if marker.value == expect.get(marker.kind) or (marker.value == 1 and _goes_on(flat, place, marker)):
            places.append(place)
            expect[marker.kind] = marker.value + 1
    return places


def _goes_on(flat: str, place: int, marker: Marker) -> bool:
    """Whether a first marker is followed by a second of its kind, or heads a part (（一） after a title)."""
    second = {"(one)": "（二）", "one": "二、", "①": "②", "(1)": "（2）"}.get(marker.kind, "2.")
    return marker.kind in ("(one)", "one") or second in flat[place : place + 4000]


def cut_is(piece: Piece) -> list[Piece]:
    """一是…；二是…；三是… cut apart; the piece alone when it does not count so."""
    places, expected = [], 1
    for match in _INLINE_IS.finditer(piece.flat):
        marker = marker_of(piece.flat[match.start() : match.start() + 12])
        if marker and marker.kind == "one-is" and marker.value == expected:
            places.append(match.start())
            expected += 1
    if len(places) < 2:
        return [piece]
    places = ([0] if places[0] else []) + places + [len(piece.text)]
    return [
        Piece(piece.paragraph, piece.start + a, piece.start + b, piece.text[a:b])
        for a, b in zip(places, places[1:], strict=False)
    ]


def grow(pieces: list[Piece], styled: dict[int, int]) -> tuple[list[Piece], list[Node]]:
    """What stands before the first numbered line, and the outline after it.

    styled   paragraph → outline level of its heading style, for headings without a number in their text
    """
    before: list[Piece] = []
    roots: list[Node] = []
    path: list[Node] = []
    for piece in pieces:
        marker = marker_of(piece.text) if piece.text.strip() else None
        if marker is None and piece.paragraph in styled and not piece.start and len(piece.text.strip()) <= 60:
            marker = Marker(f"style{styled[piece.paragraph]}", None, "", 0)
        if marker is not None and marker.kind == "1." and not path and marker.value not in (0, 1):
            marker = None
        if marker is None:
            (path[-1].pieces if path else before).append(piece)
            continue
        node = Node(marker, title_of(piece.text[marker.length :]), [piece])
        path = _under(path, marker)
        node.parent = path[-1] if path else None
        siblings = node.parent.children if node.parent else roots
        _check_count(node, siblings)
        siblings.append(node)
        path.append(node)
    return before, roots


def _under(path: list[Node], marker: Marker) -> list[Node]:
    """The nodes under which a new marker stands."""
    kinds = [node.kind for node in path]
    if marker.kind in kinds:
        return path[: kinds.index(marker.kind)]
    if marker.kind == "chapter":
        return []
    if marker.kind == "one":
        return [node for node in path[:1] if node.kind == "chapter"]
    if marker.kind.startswith("style"):
        for place, kind in enumerate(kinds):
            if kind.startswith("style") and kind >= marker.kind:
                return path[:place]
        return [node for node in path if node.kind.startswith("style")]
    # A dash or ① never has a numbered line below it that counts higher up: it ends there.
    while (
        path and path[-1].kind in ("dash", "star", "①", "one-is") and marker.kind not in ("①", "dash", "star")
    ):
        path = path[:-1]
    return path


def _check_count(node: Node, siblings: list[Node]) -> None:
    """Note a number that is double or left out."""
    last = next((other for other in reversed(siblings) if other.kind == node.kind), None)
    value = node.marker.value
    if value is None or last is None or last.marker.value is None:
        return
    if value == last.marker.value:
        node.issues.append(f"编号“{node.marker.label}”重复")
    elif value != last.marker.value + 1 and value != 1:
        node.issues.append(f"编号不连续：前一项“{last.marker.label}”，本项“{node.marker.label}”")


def title_of(text: str) -> str:
    """The title of a numbered line: up to its first stop, if that is short; else its first clause."""
    line = text.strip().split("\n")[0].strip()
    flat = level(line)
    end = next((place for place, sign in enumerate(flat) if sign in "。；：！？"), len(flat))
    opened = flat.find("（")
    if 0 < opened < end and any(word in flat[opened : end + 1] for word in ("责任", "牵头", "配合", "负责")):
        end = opened
    comma = flat.find("，", 4, end)
    if comma > 0 and re.search(r"\d|%|百分之", flat[comma:end]):
        end = comma
    if end <= 40:
        return line[:end].strip()
    clause = next((place for place, sign in enumerate(flat) if sign in "，。；：" and place >= 4), len(flat))
    if clause <= 40:
        return line[:clause].strip()
    return line[:39].strip() + "…"


__all__ = ["CN", "Marker", "Node", "Piece", "cut", "cut_is", "grow", "marker_of", "title_of"]
