"""The grade of an incident from deaths, serious injuries and direct loss: the highest of the three counts.

The figures lie in the rule set incident-grades (国务院令第493号第3条). “以上” includes
the figure, “以下” does not, so a level ends where the next one's least figure begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..rules import rule

GRADES = "incident-grades"


def level_for(content: Mapping[str, Any], deaths: int, serious_injuries: int, loss: Decimal) -> dict | None:
    """The level reached by these figures (persons, persons, yuan), or None when all three are nothing."""
    for level in content["levels"]:
        if (
            deaths >= level["deaths"]
            or serious_injuries >= level["serious_injuries"]
            or loss >= Decimal(level["loss"])
        ):
            return level
    return None


def level_named(content: Mapping[str, Any], code: str) -> dict | None:
    """The level of this code; None for an incident that has no grade."""
    return next((level for level in content["levels"] if level["code"] == code), None)


def at_least(code: str) -> list[str]:
    """This grade and the graver ones, by today's rules (较大以上 includes 较大)."""
    codes = [level["code"] for level in rule(GRADES).content["levels"]]
    return codes[: codes.index(code) + 1]
