"""Signs of one meaning made one, place by place, so that what is found can be cut from the text as written."""

from __future__ import annotations

import re

# One sign for one sign: the length never changes.
_ONE = {
    **{ord(sign): str(value) for value, sign in enumerate("０１２３４５６７８９")},
    **dict.fromkeys(map(ord, "％﹪"), "%"),
    ord("．"): ".",
    **dict.fromkeys(map(ord, "－–—―‐‑−～〜∼~"), "-"),
    **dict.fromkeys(map(ord, "〔［【﹝[(﹙"), "（"),
    **dict.fromkeys(map(ord, "〕］】﹞])﹚"), "）"),
    ord(":"): "：",
    ord(";"): "；",
    ord(","): "，",
    ord("!"): "！",
    ord("?"): "？",
    **dict.fromkeys(map(ord, "\u3000\xa0\ufeff\u200b\u2028\u2029\t\r\x0b\x0c"), " "),
}


LONGEST = 1000
# A half-width full stop that ends a sentence: after a word, a bracket or a percentage. That of a marker (一.) and
# within a number is none.
_STOP = re.compile(r"(?<=[\u4e00-\u9fff）”》%])\.(?=[\u4e00-\u9fff“（《①-⑳\d\s]|$)")
_MARKED = re.compile(r"\s*（?第?[零〇一二三四五六七八九十百]+）?")


def level(text: str) -> str:
    """The text with digits, brackets, dashes and stops of one width; every sign stays in its place."""
    flat = text.translate(_ONE)
    if "." not in flat:
        return flat

    def stop(match: re.Match) -> str:
        line = flat[max(flat.rfind("\n", 0, match.start()) + 1, match.start() - 12) : match.start()]
        return "." if _MARKED.fullmatch(line) else "。"

    return _STOP.sub(stop, flat)


def brackets(text: str) -> list[tuple[int, int]]:
    """The outermost （…） of levelled text as (start, end), the brackets included. What is never closed is none."""
    found, open_at = [], []
    for place, sign in enumerate(text):
        if sign == "（":
            open_at.append(place)
        elif sign == "）" and open_at:
            start = open_at.pop()
            if not open_at:
                found.append((start, place + 1))
    return found


def split_outside(text: str, separators: str) -> list[str]:
    """Cut levelled text at any of the separators that stands outside brackets and quotation marks."""
    parts, start, depth, quoted = [], 0, 0, 0
    for place, sign in enumerate(text):
        if sign == "（":
            depth += 1
        elif sign == "）":
            depth = max(0, depth - 1)
        elif sign in "“《":
            quoted += 1
        elif sign in "”》":
            quoted = max(0, quoted - 1)
        elif sign in separators and not depth and not quoted:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return parts


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of levelled text as (start, end); together they are the text. Brackets hold one together.

    What goes on for a thousand signs without a stop is cut all the same, so that no work grows beyond a sentence.
    """
    found, start, depth, opened = [], 0, 0, 0
    for place, sign in enumerate(text):
        if sign == "（":
            depth, opened = depth + 1, place
        elif sign == "）":
            depth = max(0, depth - 1)
        stop = sign == "\n" or (sign in "。；！？" and (not depth or place - opened > 400))
        size = place - start
        too_long = size >= LONGEST + 200 or (size >= LONGEST and sign in "，、")
        if stop or too_long:
            found.append((start, place + 1))
            start, depth = place + 1, 0
    if start < len(text):
        found.append((start, len(text)))
    return found
