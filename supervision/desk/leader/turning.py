"""What turned: targets whose state or value is another than a week and a month ago, and facts of a week and a month
beside those of the one before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.urls import reverse

from supervision.ledgers.registry import ledger_for
from supervision.people.models import User
from supervision.plan import fact_pages, facts
from supervision.plan.board import value_text
from supervision.plan.facts import Fact, Span
from supervision.plan.models import ComplianceRun, Dimension, Snapshot
from supervision.plan.models.figures import STATE_COLORS, State
from supervision.plan.reports.computing import plain

WEEK, MONTH = 7, 30
ORDER = {State.MISSED: 0, State.REACHABLE: 1, State.NOT_APPLICABLE: 2, State.MET: 3}
FACTS = (
    "danger.found",
    "danger.major",
    "danger.closed",
    "inspection.visits",
    "drill.held",
    "incident.count",
    "defect.found",
    "test.failed",
)


def runs_of(today: date) -> tuple[ComplianceRun | None, dict[str, ComplianceRun]]:
    """The newest computing of the year in hand, and the newest ones that are a week and a month older than it."""
    runs = ComplianceRun.objects.filter(corrects__isnull=True, as_of__lte=today)
    now = runs.order_by("-year", "-as_of", "-pk").first()
    if now is None:
        return None, {}
    found = {}
    for name, days in (("week", WEEK), ("month", MONTH)):
        until = now.as_of - timedelta(days=days)
        older = runs.filter(year=now.year, as_of__lte=until).order_by("-as_of", "-pk").first()
        # Where nothing lies between, one computing is both; it is compared with once.
        if older and older not in found.values():
            found[name] = older
    return now, found


def figure_url(row: Snapshot) -> str:
    return reverse("figure", args=[row.pk])


def targets(user: User, today: date) -> dict[str, Any]:
    """Targets of the whole city as the newest computing has them: those that are not met, and those that turned.
    Five queries, however many targets."""
    now, older = runs_of(today)
    if now is None:
        return {"as_of": None, "red": [], "turned": [], "counts": [], "year": today.year}
    wanted = Q(run=now) | Q(run__in=list(older.values()))
    rows = Snapshot.objects.visible_to(user).filter(wanted, dimension=Dimension.TOTAL)
    rows = list(rows.select_related("target__plan"))
    by_run: dict[int, dict[int, Snapshot]] = {}
    for row in rows:
        by_run.setdefault(row.run_id, {})[row.target_id] = row
    current = sorted(by_run.get(now.pk, {}).values(), key=lambda row: (row.target.order, row.target_id))
    red = [row for row in current if row.state in (State.MISSED, State.REACHABLE)]
    return {
        "as_of": now.as_of,
        "year": now.year,
        "board": f"{reverse('targets_page')}?year={now.year}",
        "red": [_line(row) for row in sorted(red, key=lambda row: ORDER[row.state])],
        "turned": [
            line for run in older.values() for line in _turned(current, by_run.get(run.pk, {}), run.as_of)
        ],
        "counts": [
            {"label": label, "count": sum(row.state == code for row in current), "color": STATE_COLORS[code]}
            for code, label in State.choices
        ],
        "missing": "" if older else "一周前",
    }


def _line(row: Snapshot) -> dict[str, Any]:
    target = row.target
    return {
        "name": target.name,
        "value": value_text(target.kind, row.value, target.unit_label),
        "threshold": target.threshold_text,
        "state": row.get_state_display(),
        "color": STATE_COLORS[row.state],
        "gap": f"还差 {row.gap} {target.unit_label or '个'}" if row.gap else "",
        "url": figure_url(row),
    }


def _turned(current: list[Snapshot], before: dict[int, Snapshot], day: date) -> list[dict]:
    """Targets with another state or value, those that changed their state first."""
    found = []
    for row in current:
        old = before.get(row.target_id)
        if old is None or (old.state, old.value) == (row.state, row.value):
            continue
        worse = ORDER[row.state] < ORDER[old.state] if row.state != old.state else _less(row.value, old.value)
        found.append(
            _line(row)
            | {
                "old": value_text(row.target.kind, old.value, row.target.unit_label),
                "old_state": old.get_state_display(),
                "old_url": figure_url(old),
                "day": day,
                "turned": row.state != old.state,
                "worse": worse,
            }
        )
    return sorted(found, key=lambda line: (not line["turned"], not line["worse"]))


def _less(now, old) -> bool:
    return now is None or (old is not None and now < old)


def recent(user: User, today: date) -> list[dict[str, Any]]:
    """Facts of the last seven and thirty days with the ones before; every number with its list's address. Four
    queries a fact."""
    found = []
    for code in FACTS:
        known = facts.find(code)
        if known is None:
            continue
        ledger = ledger_for(apps.get_model(known.model))
        if ledger is None or not ledger.may_view(user):
            continue
        line: dict[str, Any] = {"label": known.label, "measure": known.measure}
        for name, days in (("week", WEEK), ("month", MONTH)):
            now = Span(today - timedelta(days=days - 1), today)
            before = Span(now.first - timedelta(days=days), now.first - timedelta(days=1))
            line[name], line[f"{name}_before"] = _number(known, now, user), _number(known, before, user)
            line[f"{name}_change"] = _change(line[name]["value"] - line[f"{name}_before"]["value"])
        found.append(line)
    return found


def _number(known: Fact, span: Span, user: User) -> dict[str, Any]:
    value = known.value(span, user=user)
    return {"value": value, "text": plain(value), "url": fact_pages.address(known, span)}


def _change(by) -> str:
    return "持平" if not by else f"{'＋' if by > 0 else '－'}{plain(abs(by))}"
