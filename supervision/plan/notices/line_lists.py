"""Named lists whose names stand line by line under a heading (项目名单：)."""

from __future__ import annotations

import re

from .lists import NamedList, list_heading, place_like
from .notice import LISTED, Passage
from .outline import Piece, marker_of
from .text import level


def take_line_lists(pieces: list[Piece]) -> tuple[list[Piece], list[NamedList], list[Passage]]:
    """Take out such lists: the pieces that are left, the lists, and their lines as passages."""
    lists: list[NamedList] = []
    passages: list[Passage] = []
    kept, place = [], 0
    while place < len(pieces):
        piece = pieces[place]
        kept.append(piece)
        place += 1
        found = list_heading(piece.text)
        if found is None:
            continue
        rows, at = [], place
        kind = None
        # （共5个） in a line of its own below the heading.
        said = (
            re.fullmatch(r"（?共(?:计)?(\d{1,3})[个项]）?", level(pieces[at].text).strip())
            if at < len(pieces)
            else None
        )
        at += bool(said)
        while at < len(pieces):
            text = pieces[at].text.strip()
            marker = marker_of(text)
            if kind is None:
                kind = marker.kind if marker else ""
            if (marker.kind if marker else "") != kind:
                break
            name = level(text[marker.length :] if marker else text).strip(" 。；，、")
            name = re.sub(r"（[^（）]*）$", "", name) if not place_like(name) else name
            if not (
                place_like(name) or (marker and 2 <= len(name) <= 40 and not re.search(r"[，。；：]", name))
            ):
                break
            rows.append((pieces[at], name))
            at += 1
        if len(rows) < 2 or sum(place_like(name) for _, name in rows) * 10 < len(rows) * 6:
            continue
        count, sections, year = found
        if said:
            count = int(said[1])
            passages.append(Passage(pieces[place], LISTED, "名单载明的个数"))
        heading_marker = marker_of(piece.text)
        title = piece.text[heading_marker.length if heading_marker else 0 :].strip().rstrip("：:")
        made = NamedList(
            piece.paragraph,
            title[:80],
            [name for _, name in rows],
            piece.text.strip(),
            count,
            sections,
            year,
            more=[row.paragraph for row, _ in rows],
            span=(piece.start, piece.end),
        )
        made.check()
        lists.append(made)
        passages += [Passage(row, LISTED, f"名单“{made.title}”") for row, _ in rows]
        place = at
    return kept, lists, passages
