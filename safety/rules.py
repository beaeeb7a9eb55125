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
    "kinds_of_danger",
    "kinds_of_work",
    "load_shipped",
    "rule",
]

CATEGORIES = "hidden-danger-categories"
DEADLINES = "hidden-danger-deadlines"
LADDER = "hidden-danger-ladder"
REPEATS = "hidden-danger-repeats"
MAJOR_ITEMS = "major-danger-items"
WORK_ITEMS = "dangerous-work-items"


def kinds_of_danger() -> list[str]:
    """The kinds of hidden danger in force today: the word itself is what a record keeps."""
    return list(rule(CATEGORIES).content["categories"])


def categories() -> list[tuple[str, str]]:
    """The kinds of hidden danger in force, as choices."""
    return [(word, word) for word in kinds_of_danger()]


def kinds_of_work() -> list[str]:
    """The kinds of dangerous works, by the table in force."""
    return [row["name"] for row in rule(WORK_ITEMS).content["items"]]
