"""The arithmetic of the owners' marks and of what differs from the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from supervision.rules.numbers import parse_decimal


@dataclass(frozen=True)
class Comparison:
    total: Decimal
    difference: Decimal
    lines: list[str]
    differs: bool


def points_of(marks: Any, items: Sequence[Mapping]) -> dict[str, Decimal]:
    """Each item's points. Raises ValueError, in Chinese, naming the item that is missing or cannot be."""
    if not isinstance(marks, dict):
        raise ValueError("评分应为“评分项=得分”。")
    fulls = {item["name"]: Decimal(item["full"]) for item in items}
    if unknown := [str(name) for name in marks if name not in fulls]:
        raise ValueError(f"没有评分项“{unknown[0][:40]}”，应为：{'、'.join(fulls)}。")
    found = {}
    for name, full in fulls.items():
        if name not in marks:
            raise ValueError(f"缺少“{name}”的得分。")
        try:
            found[name] = parse_decimal(str(marks[name]), 2)
        except ValueError as error:
            raise ValueError(f"“{name}”：{error}") from None
        if not 0 <= found[name] <= full:
            raise ValueError(f"“{name}”的得分应在 0 至 {full} 之间。")
    return found


def total_of(marks: Any, items: Sequence[Mapping]) -> Decimal:
    return sum(points_of(marks, items).values(), Decimal(0))


def compare(owner: Any, site: Any, content: Mapping[str, Any]) -> Comparison:
    """What the owner gave against what the inspectors gave; a positive difference means the owner gave more.

    An item is listed when it differs by at least so many per cent of its full marks, the total from so many points.
    """
    items = content["items"]
    given, seen = points_of(owner, items), points_of(site, items)
    total = sum(seen.values(), Decimal(0))
    difference = sum(given.values(), Decimal(0)) - total
    lines = []
    for item in items:
        name, full = item["name"], Decimal(item["full"])
        apart = given[name] - seen[name]
        if abs(apart) * 100 >= full * Decimal(content["item_percent"]):
            lines.append(f"{name}：建设单位{_plain(given[name])}分，现场{_plain(seen[name])}分")
    if abs(difference) >= Decimal(content["total_points"]):
        lines.append(f"总分相差{difference.normalize():+f}分")
    return Comparison(total, difference, lines, bool(lines))


def _plain(points: Decimal) -> str:
    """Points without needless zeros."""
    return f"{points.normalize():f}"
