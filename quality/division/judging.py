"""Judging one round: the 合格率 method of JTG F80/1—2017, and of waterway works by the figures of their own rules.

Nothing here is rounded before it is compared: a rate is two whole numbers. `rate_text` is the one place that
rounds, for people to read. The 90/75 marks of 鉴定 and 竣工验收 have no part in this: `quality.acceptance.scoring`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from supervision.rules.numbers import NOTHING, halfwidth, parse_decimal, percent

PASS, FAIL = "pass", "fail"
MAX_POINTS, PLACES = 2000, 4
_APART = re.compile(r"[\s,;、，；]+")


def rate_text(good: int, points: int) -> str:
    """合格率 with one decimal, a half rounded up; — without points."""
    rate = percent(good, points)
    return NOTHING if rate is None else f"{rate}%"


def read_values(text: str) -> list[Decimal]:
    """The measured values in a text. Raises ValueError, naming the value, for what is no number."""
    words = [word for word in _APART.split(halfwidth(text or "").strip()) if word]
    if len(words) > MAX_POINTS:
        raise ValueError(f"一个检查项目最多 {MAX_POINTS} 个测点（现有 {len(words)} 个）")
    found = []
    for number, word in enumerate(words, 1):
        try:
            found.append(parse_decimal(word, PLACES, "测值"))
        except ValueError as error:
            raise ValueError(f"第 {number} 个测点：{error}") from None
    return found


def plain(values: Iterable[Decimal]) -> str:
    """Values as they are kept: with a blank between them."""
    return " ".join(format(value.normalize(), "f") for value in values)


def count_points(
    values: Iterable[Decimal],
    design: Decimal | None,
    lower: Decimal | None,
    upper: Decimal | None,
    extreme_lower: Decimal | None,
    extreme_upper: Decimal | None,
) -> tuple[int, int, int]:
    """(points, points within their limits, points beyond an extreme); limits bound value − design, inclusively."""
    points = good = beyond = 0
    for value in values:
        off = value - (design or 0)
        points += 1
        good += (lower is None or off >= lower) and (upper is None or off <= upper)
        beyond += (extreme_lower is not None and off < extreme_lower) or (
            extreme_upper is not None and off > extreme_upper
        )
    return points, good, beyond


@dataclass(frozen=True)
class Measured:
    """What judging asks of one measured item."""

    name: str
    is_key: bool
    points: int
    good: int
    beyond: int = 0


@dataclass(frozen=True)
class Verdict:
    result: str
    reasons: tuple[str, ...]
    points: int
    good: int


def reaches(good: int, points: int, least: Decimal) -> bool:
    """Whether good ÷ points is at least `least` per cent, compared unrounded."""
    return Decimal(good) * 100 >= least * points


def judge(
    measured: Iterable[Measured],
    *,
    content: Mapping[str, Any],
    works: str,
    appearance_good: bool,
    documents_complete: bool,
) -> Verdict:
    """The verdict on one round by a rule set of kind evaluation-*.

    content   of the rule set: key_min, general_min (per cent), special_key_min by type of works, and kinds, what
              it calls its items
    The reasons are Chinese, without full stops, empty when it passed. Without a single measured item only
    appearance and documents decide, as for 分部 and 单位工程; that an item has measurements is the flow's to ask.
    """
    measured = tuple(measured)
    key_min = Decimal(content.get("special_key_min", {}).get(works, content["key_min"]))
    general_min = Decimal(content["general_min"])
    kinds = {"key": "关键项目", "general": "一般项目"} | dict(content.get("kinds", {}))
    reasons = []
    for one in measured:
        least = key_min if one.is_key else general_min
        if not one.points:
            reasons.append(f"{one.name}没有测点")
        elif not reaches(one.good, one.points, least):
            kind = kinds["key" if one.is_key else "general"]
            reasons.append(
                f"{kind}“{one.name}”合格率 {rate_text(one.good, one.points)}"
                f"（{one.good}/{one.points}），低于 {least}%"
            )
        if one.beyond:
            reasons.append(f"“{one.name}”有 {one.beyond} 个测点突破极值")
    if not appearance_good:
        reasons.append("外观质量有超出限制的缺陷")
    if not documents_complete:
        reasons.append("基本要求不符合或质量保证资料不齐全")
    return Verdict(
        FAIL if reasons else PASS,
        tuple(reasons),
        sum(one.points for one in measured),
        sum(one.good for one in measured),
    )
