"""What is read out of a notice: tasks, aims, named lists, and every other line with what it was taken for."""

from __future__ import annotations

from dataclasses import dataclass, field

from .figures import Figure
from .heading import Head
from .lists import NamedList
from .outline import Piece
from .text import level
from .units import Unit

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
