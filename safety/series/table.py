"""A series over its last periods: each value beside that of the year before, judged; the chart and its table."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from projects.assessments import periods

from ..models import FigureSeries, SeriesValue
from . import judging

SHOWN = {periods.MONTH: 24, periods.QUARTER: 12, periods.YEAR: 8}
A_YEAR = {periods.MONTH: 12, periods.QUARTER: 4, periods.YEAR: 1}


@dataclass
class Line:
    """One period: the value in force, that of a year before, the verdict, and what was corrected."""

    value: SeriesValue
    former: Decimal | None
    verdict: judging.Verdict
    corrected: list[SeriesValue] = field(default_factory=list)

    @property
    def now(self) -> str:
        return judging.plain(self.value.value)

    @property
    def then(self) -> str:
        return "—" if self.former is None else judging.plain(self.former)

    @property
    def parts(self) -> str:
        """Numerator and denominator, as a fraction."""
        if self.value.numerator is None:
            return "—"
        return f"{judging.plain(self.value.numerator)}/{judging.plain(self.value.denominator)}"

    @property
    def change(self) -> str:
        """The absolute change against the year before, with its sign."""
        if self.former is None:
            return "—"
        change = self.value.value - self.former
        return f"{'+' if change > 0 else ''}{judging.plain(change)}" if change else "0"


@dataclass
class Course:
    lines: list[Line]
    chart: dict[str, Any]

    @property
    def latest(self) -> Line | None:
        return self.lines[0] if self.lines else None


def year_before(code: str) -> str:
    """The code of the same period a year earlier."""
    return f"{int(code[:4]) - 1}{code[4:]}"


def course(series: FigureSeries, day: date | None = None) -> Course:
    """What is known of a series on `day` (default today), the latest period first. Two queries."""
    day = day or timezone.localdate()
    rows = list(
        SeriesValue.valid_on(day)
        .filter(series=series)
        .order_by("-begins_on")[: SHOWN[series.every] + A_YEAR[series.every]]
    )
    by_period = {row.period: row.value for row in rows}
    corrected: dict[str, list[SeriesValue]] = {}
    former = SeriesValue.objects.filter(series=series, superseded_on__lte=day).order_by("pk")
    for row in former:
        row.series = series
        corrected.setdefault(row.period, []).append(row)
    lines = []
    for row in rows[: SHOWN[series.every]]:
        row.series = series
        then = by_period.get(year_before(row.period))
        verdict = judging.judge(series.target_kind, series.target, row.value, then, series.measure)
        lines.append(Line(row, then, verdict, corrected.get(row.period, [])))
    return Course(lines, _chart(series, lines))


def _chart(series: FigureSeries, lines: list[Line]) -> dict[str, Any]:
    along = lines[::-1]
    drawn = [{"name": "本期", "kind": "line", "data": [float(one.value.value) for one in along]}]
    if series.target is not None:
        drawn[0]["threshold"] = float(series.target)
    if any(one.former is not None for one in along):
        before = [None if one.former is None else float(one.former) for one in along]
        drawn.append({"name": "上年同期", "kind": "line", "data": before})
    return {
        "title": series.name,
        "unit": series.measure,
        "free": series.measure == "%",
        "labels": [one.value.period for one in along],
        "series": drawn,
    }
