"""How far a camp has to be from what stands near it, in metres (rule set camp-distances)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def needs_height(content: Mapping[str, Any], kind: str) -> bool:
    """Whether the distance from this kind grows with its height."""
    return Decimal(content["kinds"][kind]["factor"]) > 0


def required(content: Mapping[str, Any], kind: str, height: Decimal | None) -> Decimal | None:
    """The distance required: height × factor + margin, to the centimetre; None where a height is needed and is
    not given, or the rule does not know the kind."""
    row = content["kinds"].get(kind)
    if row is None:
        return None
    factor, margin = Decimal(row["factor"]), Decimal(row["margin"])
    if factor and height is None:
        return None
    return ((height or 0) * factor + margin).quantize(Decimal("0.01"))
