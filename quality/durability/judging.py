"""From a group of measurements to its points, rate and outcome. No database."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ..testing.judging import read, write

RATIO, DEVIATION = "ratio", "deviation"
PLACES = 3


@dataclass(frozen=True)
class Group:
    """mean and limits are of what the limits speak of: a deviation in mm, a ratio or share in %."""

    text: str
    points: int
    passed_points: int
    mean: Decimal
    rate: Decimal
    low: Decimal | None
    high: Decimal | None
    passed: bool


def values_of(text: str) -> list[Decimal]:
    """The measured values. Raises ValueError in Chinese."""
    values = read(text, PLACES)
    if not values:
        raise ValueError("请填写实测值。")
    if any(value < 0 for value in values):
        raise ValueError("实测值不能为负数。")
    return values


def judge(indicator: str, component: str, text: str, design: Decimal | None, rules: dict) -> Group:
    """Count the points within the limits of an indicator on a kind of member. Raises ValueError in Chinese for
    values that cannot be read, or a design value that is missing."""
    row = rules["indicators"][indicator]
    limit = row["limits"].get(component, row["limits"]["default"])
    low, high = (Decimal(limit[end]) if end in limit else None for end in ("low", "high"))
    values = values_of(text)
    if row["by"] in (RATIO, DEVIATION) and not design:
        raise ValueError("请填写设计值。")
    if row["by"] == RATIO:
        judged = [value * 100 / design for value in values]
    elif row["by"] == DEVIATION:
        judged = [value - design for value in values]
    else:
        judged = values
    inside = sum((low is None or v >= low) and (high is None or v <= high) for v in judged)
    count = len(values)
    mean = (sum(judged) / count).quantize(Decimal("0.001"), ROUND_HALF_UP)
    rate = (Decimal(inside) * 100 / count).quantize(Decimal("0.1"), ROUND_HALF_UP)
    # Compared exactly, not by the rounded rate: 89.96 % is below 90 %.
    passed = Decimal(inside) * 100 >= Decimal(row["least_rate"]) * count
    text = write([value.normalize() if value else Decimal(0) for value in values])
    return Group(text, count, inside, mean, rate, low, high, passed)
