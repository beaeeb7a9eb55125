"""What differs between two makings of one report: which figures, from what to what, which records came and went."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps

from supervision.ledgers.registry import ledger_for
from supervision.people.models import User

from ..models import MemberList
from ..models.report import Report, ReportFigure

SHOWN = 50


@dataclass(frozen=True)
class Side:
    """Records that came or went: those the person may see as (title, address), and how many more there are."""

    records: tuple[tuple[str, str], ...]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.records)


@dataclass(frozen=True)
class Moved:
    """What came to a list of a figure (所计记录, 应计, 上年同期) and what went."""

    label: str
    came: Side
    went: Side


@dataclass(frozen=True)
class Change:
    """A figure that differs. before, after: the figures; None where one making does not have it."""

    label: str
    before: ReportFigure | None
    after: ReportFigure | None
    lists: tuple[Moved, ...]

    @property
    def old(self) -> str:
        return self.before.text if self.before else "—"

    @property
    def new(self) -> str:
        return self.after.text if self.after else "—"


def compare(old: Report, new: Report, user: User | None) -> list[Change]:
    """Every figure of which the text or the members differ, in the order of the new report."""
    before = {row.key: row for row in old.figures_in_order()}
    after = {row.key: row for row in new.figures_in_order()}
    pairs = [(before.get(key), row) for key, row in after.items()]
    pairs += [(row, None) for key, row in before.items() if key not in after]
    pairs = [pair for pair in pairs if _content(pair[0]) != _content(pair[1])]
    moved = [(one, two, _moved(one, two)) for one, two in pairs]
    shown = _shown([(unit, ids) for *_, lists in moved for unit, _, *sides in lists for ids in sides], user)

    def side(unit: str, ids: tuple[int, ...]) -> Side:
        found = [shown[unit][pk] for pk in ids if pk in shown.get(unit, {})]
        return Side(tuple(found[:SHOWN]), len(ids))

    return [
        Change(
            (two or one).label,
            one,
            two,
            tuple(Moved(label, side(unit, came), side(unit, went)) for unit, label, came, went in lists),
        )
        for one, two, lists in moved
    ]


def _content(figure: ReportFigure | None) -> tuple | None:
    return figure and (figure.text, figure.counted_id, figure.other_id, figure.typed)


def _moved(one: ReportFigure | None, two: ReportFigure | None) -> list[tuple[str, str, tuple, tuple]]:
    """(unit, name of the list, keys that came, keys that went) of each list of two figures that differs."""
    found = []
    for name, label in (("counted", "所计记录"), ("other", (two or one).other_label)):
        lists: list[MemberList | None] = [getattr(figure, name) if figure else None for figure in (one, two)]
        unit = next((kept.unit for kept in lists if kept), "")
        old, new = (set() if kept is None else set(kept.ids) for kept in lists)
        if old != new:
            found.append((unit, label, tuple(sorted(new - old)), tuple(sorted(old - new))))
    return found


def _shown(wanted: list[tuple[str, tuple[int, ...]]], user: User | None) -> dict:
    """(title, address) of the records that the person may see, one query a kind of record."""
    by_unit: dict[str, set[int]] = {}
    for unit, ids in wanted:
        if unit:
            by_unit.setdefault(unit, set()).update(ids[:SHOWN])
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for unit, ids in by_unit.items():
        ledger = ledger_for(apps.get_model(unit))
        if ledger is None or not ids:
            continue
        if user is None:
            rows = ledger.base().filter(pk__in=ids).select_related(*ledger.joins)
        else:
            rows = ledger.queryset(user).filter(pk__in=ids)
        found[unit] = {row.pk: (ledger.title_of(row), ledger.record_url(row.pk)) for row in rows}
    return found
