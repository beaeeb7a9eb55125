"""The page of a plan's targets: what a person may see of them, with the number of queries always the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from supervision.people.models import District, User
from supervision.people.scope import reach_of

from . import indicators
from .models import ComplianceRun, Dimension, Plan, Snapshot, Target, TargetGroup, TargetKind
from .models.figures import STATE_COLORS, State

TREND_POINTS = 13

# (snapshot, "figure" | "population" | "counted") → address; the page that holds the lists gives it.
Link = Callable[[Snapshot, str], str]


def board(
    user: User, plan: Plan, year: int, as_of: date | None = None, link: Link | None = None
) -> dict[str, Any]:
    """What templates/plan/board.html shows of `plan` for `year`, as of the last run on or before `as_of`.

    The bureau sees the city's figures and every district's, a county its own district's, a centre its
    sector's; others see the targets without figures. `link` makes addresses of snapshots. The page adds
    `links` (export, print, compute) and `job`, which are its own.
    """
    link = link or (lambda snapshot, which: "")
    until = as_of or timezone.localdate()
    runs = list(
        ComplianceRun.objects.filter(year=year, corrects__isnull=True, as_of__lte=until).order_by("-as_of")
    )
    run = runs[0] if runs else None
    chosen = [run, *_month_ends(runs)] if run else []
    targets = list(plan.targets.filter(is_active=True))
    visible = Snapshot.objects.visible_to(user).filter(target__in=[target.pk for target in targets])
    dimension, keys = _view(user)
    rows = list(visible.filter(run__in={one.pk for one in chosen}).select_related("run", "target"))
    now = {(row.target_id, row.dimension, row.key): row for row in rows if run and row.run_id == run.pk}
    corrections = _corrections(visible, run)
    mine = {
        target.pk: next((now[at] for key in keys if (at := (target.pk, dimension, key)) in now), None)
        for target in targets
    }
    rules = indicators.rules_in_words((target.indicator, target.parameters) for target in targets)
    tiles = {
        target.pk: _tile(target, mine[target.pk], run, corrections, dimension, link) | {"rule": rule}
        for target, rule in zip(targets, rules, strict=True)
    }
    groups = [
        {
            "label": label,
            "targets": [tiles[target.pk] for target in targets if target.group == code],
        }
        for code, label in TargetGroup.choices
    ]
    heads = [target for target in targets if any(at[:2] == (target.pk, Dimension.DISTRICT) for at in now)]
    return {
        "plan": plan,
        "year": year,
        "years": _years(plan, year),
        "as_of": run.as_of if run else None,
        "run": run,
        "scope_label": next((row.key_label for row in mine.values() if row), ""),
        "summary": _summary(tiles.values()),
        "groups": [group for group in groups if group["targets"]],
        "target_heads": [target.name for target in heads],
        "districts": _districts(heads, now, link),
        "trend": _trend(targets, rows, chosen, dimension, keys),
        "reports": [one for one in runs if one.frozen],
    }


def _view(user: User) -> tuple[str, list[str]]:
    """The dimension and keys of the figures a person is shown first."""
    reach = reach_of(user)
    if reach.everything:
        return Dimension.TOTAL, [""]
    if reach.districts:
        return Dimension.DISTRICT, [str(pk) for pk in sorted(reach.districts)]
    return Dimension.SECTOR, sorted(reach.sectors)


def _years(plan: Plan, year: int) -> list[int]:
    """The plan's years so far, and the one that is shown."""
    last = min(plan.year_to, timezone.localdate().year)
    return sorted({*range(plan.year_from, last + 1), year})


def _month_ends(runs: list[ComplianceRun]) -> list[ComplianceRun]:
    """The last run of each month, newest first; `runs` are newest first."""
    months: dict[tuple[int, int], ComplianceRun] = {}
    for run in runs:
        months.setdefault((run.as_of.year, run.as_of.month), run)
    return list(months.values())[:TREND_POINTS]


def _corrections(visible: Any, run: ComplianceRun | None) -> dict[int, list[Snapshot]]:
    """Frozen snapshot id → what was put beside it, oldest first."""
    found: dict[int, list[Snapshot]] = {}
    if run and run.frozen:
        for row in visible.filter(corrects__run=run).select_related("run").order_by("pk"):
            found.setdefault(row.corrects_id, []).append(row)
    return found


def value_text(kind: str, value: Decimal | None, unit_label: str = "") -> str:
    """A figure as people read it: 66.7%, 2 个项目, — without a denominator."""
    if value is None:
        return "—"
    return f"{value}%" if kind == TargetKind.RATIO else f"{int(value)} {unit_label}".rstrip()


def _tile(
    target: Target,
    row: Snapshot | None,
    run: ComplianceRun | None,
    corrections: dict[int, list[Snapshot]],
    dimension: str,
    link: Link,
) -> dict[str, Any]:
    known = indicators.find(target.indicator)
    tile = {
        "code": target.code,
        "name": target.name,
        "kind": target.kind,
        "threshold_text": target.threshold_text,
        "basis": target.basis or (known.meaning if known else ""),
        "source_label": "",
        "state": "",
        "state_label": "尚未计算" if target.indicator else "人工跟踪",
        "color": "gray",
        "value_text": "—",
        "numerator": None,
        "denominator": None,
        "gap_text": "",
        "frozen": False,
        "corrections": [],
    }
    if row is None:
        if run and target.indicator:
            tile["state_label"] = State.NOT_APPLICABLE.label if dimension != Dimension.TOTAL else "尚未计算"
        return tile
    unit = target.unit_label or "个"
    return tile | {
        "state": row.state,
        "state_label": row.get_state_display() if row.state else "不单独考核",
        "color": STATE_COLORS[row.state],
        "value_text": value_text(target.kind, row.value, target.unit_label),
        "numerator": row.numerator,
        "denominator": row.denominator,
        "gap_text": f"还差 {row.gap} {unit}" if row.gap else "",
        "frozen": row.run.frozen,
        "url": link(row, "figure"),
        "counted_url": link(row, "counted"),
        "population_url": link(row, "population") if row.denominator is not None else "",
        "corrections": [
            {
                "value_text": value_text(target.kind, other.value, target.unit_label),
                "state_label": other.get_state_display(),
                "made_at": other.run.made_at,
                "reason": other.run.reason,
                "url": link(other, "figure"),
            }
            for other in corrections.get(row.pk, [])
        ],
    }


def _summary(tiles: Any) -> list[dict[str, Any]]:
    """How many targets stand in which state; nothing before the first run."""
    states = [tile["state"] for tile in tiles]
    if not any(states):
        return []
    return [
        {"label": label, "count": states.count(code), "color": STATE_COLORS[code]}
        for code, label in State.choices
    ]


def _districts(heads: list[Target], now: dict, link: Link) -> list[dict[str, Any]]:
    """One line per district with a figure, in the order of the districts."""
    labels = {row.key: row.key_label for row in now.values() if row.dimension == Dimension.DISTRICT}
    order = {str(pk): place for place, pk in enumerate(District.objects.values_list("pk", flat=True))}

    def cell(target: Target, key: str) -> dict[str, str]:
        row = now.get((target.pk, Dimension.DISTRICT, key))
        if row is None:
            return {"text": "—", "state": "", "url": ""}
        return {"text": value_text(target.kind, row.value), "state": row.state, "url": link(row, "figure")}

    return [
        {"label": labels[key], "cells": [cell(target, key) for target in heads]}
        for key in sorted(labels, key=lambda key: order.get(key, len(order)))
    ]


def _trend(
    targets: list[Target], rows: list[Snapshot], chosen: list[ComplianceRun], dimension: str, keys: list[str]
) -> dict[str, Any]:
    """The ratios at the end of each month of the year so far, and now."""
    runs = sorted({run.pk: run for run in chosen}.values(), key=lambda run: run.as_of)
    values = {
        (row.target_id, row.run_id): row.value
        for row in rows
        if row.dimension == dimension and keys and row.key == keys[0]
    }
    series = []
    for target in targets:
        points = [values.get((target.pk, run.pk)) for run in runs]
        if target.kind == TargetKind.RATIO and any(point is not None for point in points):
            data = [None if point is None else float(point) for point in points]
            series.append({"name": target.name, "data": data})
    return {
        "title": "比例类目标变化趋势",
        "unit": "%",
        "labels": [f"{run.as_of:%Y-%m-%d}" for run in runs],
        "series": series,
    }
