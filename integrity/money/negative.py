"""Comparing what is subcontracted with the words of the year's negative list: hints, no judgement."""

from __future__ import annotations

from collections.abc import Iterable

from supervision.rules.names import name_key


def compared(content: str, lines: Iterable[tuple[str, list]]) -> list[str]:
    """For each line of the list (code, words) one of whose words stands in `content`: a hint naming both."""
    text = name_key(content or "")
    found = []
    for code, words in lines:
        hit = next(
            (str(word) for word in words or [] if name_key(str(word)) and name_key(str(word)) in text), None
        )
        if hit:
            found.append(f"含“{hit}”，对照清单{code}")
    return found
