"""From what was measured to the result: the representative value, its limits, the outcome. No database."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from supervision.rules.numbers import parse_decimal

PASSED, FAILED, INVALID = "passed", "failed", "invalid"
_BREAKS = re.compile(r"[、；;，\s]+")


@dataclass(frozen=True)
class Judged:
    """value: the representative value, None where the group has none; low, high: the limits, either may be None."""

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    outcome: str


def read(text: str, places: int) -> list[Decimal]:
    """The measured values of a text such as “35.2、36.1、34.8”, each with at most `places` decimals.

    Raises ValueError in Chinese, naming which of them is wrong.
    """
    parts = [part for part in _BREAKS.split(text.strip()) if part]
    return [parse_decimal(part, places, f"第{at}个实测值") for at, part in enumerate(parts, 1)]


def write(values: list[Decimal]) -> str:
    """The same in one spelling."""
    return "、".join(format(value, "f") for value in values)


def round_to(value: Decimal, places: int) -> Decimal:
    """四舍六入五成双, as test results are rounded (GB/T 8170)."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def representative(values: list[Decimal], how: str, places: int, depart: Decimal | None) -> Decimal | None:
    """The value that stands for a group: its mean or least; for cubes the mean, the middle one where either of
    the outer two departs from it by more than `depart` of it, none where both do."""
    if how == "min":
        return round_to(min(values), places)
    if how == "cubes" and len(values) == 3:
        least, middle, most = sorted(values)
        far = [abs(outer - middle) > middle * depart for outer in (least, most)]
        if all(far):
            return None
        if any(far):
            return round_to(middle, places)
    return round_to(sum(values) / len(values), places)


def judge(values: list[Decimal], parameter: dict, limit: dict) -> Judged:
    """The outcome of a group of values by the rules of its parameter and the row of the limits table."""
    depart = Decimal(parameter["depart"]) if "depart" in parameter else None
    value = representative(values, parameter["representative"], parameter["places"], depart)
    low, high = (Decimal(limit[end]) if limit.get(end) is not None else None for end in ("low", "high"))
    if value is None:
        return Judged(None, low, high, INVALID)
    inside = (low is None or value >= low) and (high is None or value <= high)
    return Judged(value, low, high, PASSED if inside else FAILED)


def series_key(values: list[Decimal]) -> str:
    """One short text for one series of values in their order; 35.20 and 35.2 are the same."""
    text = "|".join(format(value.normalize() if value else Decimal(0), "f") for value in values)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
