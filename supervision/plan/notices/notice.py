"""What is read out of a notice: tasks, aims, named lists, and every other line with what it was taken for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from .figures import Figure
from .heading import Head
from .lists import NamedList
from .outline import Piece
from .text import level
from .units import Unit, UnitPhrase

_ONLY_VERBS = (
    r"(?:加快|全面|持续|深入|扎实|大力|积极|切实|进一步|着力|稳步|统筹)*"
    r"(?:推进|推动|加强|强化|落实|开展|实施|完善|提升|抓好|做好|深化|规范|严格|整治|建设|打造|改造|治理|排查|巩固|健全|优化){1,2}"
    r"(?:到位|落实|见效)?"
)

FRONT, HEADING, CLOSING, CONTEXT, AIM_TEXT, LISTED, UNREAD = (
    "front",
    "heading",
    "closing",
    "context",
    "aims",
    "listed",
    "unread",
)


@dataclass
class Source:
    """A notice as it came: its paragraphs, the outline level of styled headings, and its tables.

    tables   first paragraph → rows of cells; row n is paragraph first + n, whose text is the cells joined by tabs
    """

    paragraphs: list[str]
    styled: dict[int, int] = field(default_factory=dict)
    tables: dict[int, list[list[str]]] = field(default_factory=dict)


@dataclass
class FoundTask:
    no: str
    title: str
    text: str
    units: list[Unit]
    due: str
    group: str
    issues: list[str]
    pieces: list[Piece]


@dataclass
class Passage:
    """A piece that is neither task nor list: what it was taken for, and why it is no task."""

    piece: Piece
    role: str
    reason: str = ""


@dataclass
class Notice:
    source: Source
    head: Head
    tasks: list[FoundTask]
    figures: list[Figure]
    lists: list[NamedList]
    passages: list[Passage]

    @property
    def unread(self) -> list[Passage]:
        return [passage for passage in self.passages if passage.role == UNREAD]


def joined(pieces: list[Piece]) -> str:
    """Pieces as text: those of one paragraph without a break between them."""
    parts: list[str] = []
    last = None
    for piece in pieces:
        if last is not None:
            parts.append("" if piece.paragraph == last else "\n")
        parts.append(piece.text)
        last = piece.paragraph
    return "".join(parts).strip()


def first_clause(text: str) -> str:
    line = level(text.strip().split("\n")[0])
    end = next((place for place, sign in enumerate(line) if sign in "。；：，（" and place > 3), len(line))
    return text.strip()[: min(end, 40)] + ("…" if end > 40 else "")


def whole_title(title: str, text: str) -> tuple[str, list[str]]:
    """A title that says what is done, and what is doubtful about it.

    1.加快推进。完成国省道…: what is done stands in the next sentence.
    """
    if not re.fullmatch(_ONLY_VERBS, level(title)):
        return title, []
    after = first_clause(re.sub(r"^[。；：，\s]+", "", text[text.find(title) + len(title) :]) or "。")
    if len(after) < 2:
        return title, ["标题只有动词，请补写所指事项"]
    return f"{title}：{after}"[:60], ["标题只有动词，已接上正文首句，请核对"]


def without(text: str, phrases: list[UnitPhrase]) -> str:
    """A line without the words that say who does it: 站场改造由甲牵头，…, and 甲牵头，推进站场改造."""
    if phrases and re.match("(?:对|针对)[^。；]*，$", level(text[: phrases[0].start])):
        # 对尚未整改的问题，由甲站建立台账: what is done stands behind.
        return without(
            text[phrases[0].start :],
            [
                replace(one, start=one.start - phrases[0].start, end=one.end - phrases[0].start)
                for one in phrases
            ],
        )
    for phrase in reversed(phrases):
        text = text[: phrase.start] + ("，" if phrase.start else "") + text[phrase.end :]
    return text.strip().lstrip("，。；、 ")
