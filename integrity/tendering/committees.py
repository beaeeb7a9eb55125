"""Whether an evaluation committee is made up as the law wants it."""

from __future__ import annotations

from typing import Any

COMMITTEE = "tender-committee"


def composition(seats: int, experts: int, content: dict[str, Any]) -> list[str]:
    """What is wrong with a committee of so many members, experts among them; empty when nothing is."""
    found = []
    if seats < content["least"]:
        found.append(f"成员{seats}人，少于{content['least']}人。")
    if content["odd"] and seats % 2 == 0 and seats:
        found.append(f"成员{seats}人，不是单数。")
    part, whole = content["experts_of"]
    # Whole numbers: two thirds of 5 is 4, not 3.33.
    if seats and experts * whole < seats * part:
        found.append(f"专家{experts}人，不足成员总数的{_fraction(part, whole)}。")
    return found


def _fraction(part: int, whole: int) -> str:
    words = "零一二三四五六七八九"
    return f"{words[whole]}分之{words[part]}"
