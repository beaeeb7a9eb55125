"""How large a dangerous work is, by the table of items: 危大, 超过一定规模, or below both.

The table (rule set dangerous-work-items) names for each item the measures that count and the two thresholds of
each, or says that the item always is of one level. A threshold includes its own number (以上含本数).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

LARGE, DANGEROUS, BELOW = "large", "dangerous", "below"
MEASURES = ("height", "span", "load", "weight")


@dataclass(frozen=True)
class Scale:
    """`level` is "" while something is missing; `missing` says for which measure what is to be filled in."""

    level: str = ""
    missing: dict[str, str] = field(default_factory=dict)
    words: str = ""


def row_of(content: Mapping[str, Any], item: str) -> Mapping[str, Any] | None:
    """The table's row for an item, or None."""
    return next((row for row in content["items"] if row["name"] == item), None)


def judge(content: Mapping[str, Any], item: str, sizes: Mapping[str, Decimal | None]) -> Scale:
    """The level of an item of these sizes (in the units of the table), and in words what decided it.

    Every measure that the item is judged by must be given. An item that the table does not know has no level.
    """
    row = row_of(content, item)
    if row is None:
        return Scale()
    if always := row.get("always"):
        return Scale(always, words="按名目列入，不论规模")
    limits = row["measures"]
    named = content["measures"]
    missing = {
        name: f"“{item}”按{named[name]['label']}判定规模，请填写（{named[name]['unit']}）。"
        for name in limits
        if sizes.get(name) is None
    }
    if missing:
        return Scale(missing=missing)
    found = BELOW
    for level in (LARGE, DANGEROUS):
        if any(sizes[name] >= Decimal(limits[name][level]) for name in limits):
            found = level
            break
    words = "；".join(
        f"{named[name]['label']}{sizes[name].normalize():f}{named[name]['unit']}"
        f"（危大{limits[name][DANGEROUS]}以上，超过一定规模{limits[name][LARGE]}以上）"
        for name in limits
    )
    return Scale(found, words=words)
