"""Words out of the rule sets of this app; a record keeps the word, not a code."""

from __future__ import annotations

from supervision.rules.shipped import rule

MATERIALS, PARAMETERS, LIMITS = "test-materials", "test-parameters", "test-limits"
RETEST, RATE, SIGNS, CALIBRATION = "test-retest", "test-rate", "test-signs", "equipment-calibration"
SUPPLIERS, DURABILITY, CHART = "supplier-assessment", "durability-limits", "durability-chart"
DEFECTS, INCIDENTS = "quality-defects", "quality-incidents"


def materials() -> list[str]:
    """The kinds of material and works that are tested."""
    return [row["name"] for row in rule(MATERIALS).content["materials"]]


def bought() -> list[str]:
    """The kinds of material that come to the site in batches."""
    return [row["name"] for row in rule(MATERIALS).content["materials"] if row["entry"]]


def parameters() -> list[str]:
    """What is tested, by name."""
    return [row["name"] for row in rule(PARAMETERS).content["parameters"]]


def components() -> list[str]:
    """The kinds of concrete member for which durability is measured."""
    return list(rule(DURABILITY).content["components"])


def categories() -> list[str]:
    """The kinds of quality defect."""
    return list(rule(DEFECTS).content["categories"])


def material(name: str) -> dict | None:
    """What the rules say of a material; None when they do not know it."""
    return next((row for row in rule(MATERIALS).content["materials"] if row["name"] == name), None)
