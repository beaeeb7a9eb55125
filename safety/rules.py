"""The rule sets of this app by their codes; their shipped versions lie in `data/`."""

from __future__ import annotations

from supervision.rules.shipped import load_shipped, rule

__all__ = [
    "CATEGORIES",
    "DEADLINES",
    "LADDER",
    "MAJOR_ITEMS",
    "REPEATS",
    "WORK_ITEMS",
    "categories",
    "load_shipped",
    "rule",
]

CATEGORIES = "hidden-danger-categories"
DEADLINES = "hidden-danger-deadlines"
LADDER = "hidden-danger-ladder"
REPEATS = "hidden-danger-repeats"
MAJOR_ITEMS = "major-danger-items"
WORK_ITEMS = "dangerous-work-items"


def categories() -> list[tuple[str, str]]:
    """The kinds of hidden danger in force today, as choices: the word itself is what a record keeps."""
    return [(word, word) for word in rule(CATEGORIES).content["categories"]]
