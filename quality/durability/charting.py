"""The control chart of a durability indicator in a section: the means of its groups, one after another.

Individuals and moving range: the centre line is the mean of the means, the control limits lie so many standard
deviations from it, and the standard deviation is the mean moving range ÷ d2. The limits of the rule set are drawn
beside them: a process may be steady and still not good enough, or the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from projects.models import Section
from supervision.people.models import User
from supervision.rules.shipped import rule

from ..models import DurabilityCheck
from ..rules import CHART, DURABILITY


@dataclass(frozen=True)
class Lines:
    """centre, upper and lower control limits; None where there are too few groups."""

    centre: Decimal
    upper: Decimal
    lower: Decimal


def control_lines(means: list[Decimal], rules: dict) -> Lines | None:
    """The lines of a series of group means, in its unit; None with fewer groups than the rules ask for."""
    if len(means) < max(rules["least_groups"], 2):
        return None
    centre = sum(means) / len(means)
    ranges = [abs(b - a) for a, b in zip(means, means[1:], strict=False)]
    spread = Decimal(rules["sigmas"]) * (sum(ranges) / len(ranges)) / Decimal(rules["d2"])
    return Lines(*(rounded(value) for value in (centre, centre + spread, centre - spread)))


def rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Chart:
    """Everything the page shows: what the script draws, and the rows of its table."""

    data: dict
    rows: list[dict]
    lines: Lines | None
    least: int
    points: int
    passed_points: int
    groups: int
    passed_groups: int
    limit_rule: object


def chart(user: User, section: Section, indicator: str, component: str = "") -> Chart:
    """The chart of a section's last groups (as many as the rules draw), oldest first, by what the person sees."""
    rules, limits = rule(CHART), rule(DURABILITY)
    rows = DurabilityCheck.objects.visible_to(user).filter(section=section, indicator=indicator)
    if component:
        rows = rows.filter(component=component)
    found = list(rows.order_by("-checked_on", "-pk")[: rules.content["most_groups"]])[::-1]
    means = [check.mean for check in found]
    lines = control_lines(means, rules.content)
    series = [{"name": "组均值", "data": [float(mean) for mean in means]}]
    if lines:
        for name, value in (
            ("中心线", lines.centre),
            ("上控制限", lines.upper),
            ("下控制限", lines.lower),
        ):
            series.append({"name": name, "data": [float(value)] * len(found)})
    for name, end in (("限值上限", "high"), ("限值下限", "low")):
        ends = [getattr(check, end) for check in found]
        if any(value is not None for value in ends):
            series.append({"name": name, "data": [None if v is None else float(v) for v in ends]})
    table = [
        {
            "check": check,
            "label": f"{check.checked_on:%m-%d} {check.part}",
            "outside": bool(lines and not lines.lower <= check.mean <= lines.upper),
        }
        for check in found
    ]
    return Chart(
        {
            "title": "控制图",
            "unit": limits.content["indicators"][indicator]["shown"],
            "free": True,
            "labels": [row["label"] for row in table],
            "series": series,
        },
        table,
        lines,
        rules.content["least_groups"],
        sum(check.points for check in found),
        sum(check.passed_points for check in found),
        len(found),
        sum(check.passed for check in found),
        limits,
    )
