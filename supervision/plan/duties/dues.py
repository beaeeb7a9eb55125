"""Keeping the derived rows of what is due in step with duties, bindings, units and what was recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from supervision.people.models import Organization

from ..models import Duty, DutyBinding, DutyDue, Fulfilment, UnitTerm
from .periods import Ask, Bound, Days, Due, meet, reached

FAR = date(9999, 12, 31)
LONG_AGO = date(1900, 1, 1)


def refresh_since(year: int | None, *, duty: int | None = None, units: Iterable[int] | None = None) -> None:
    """Every year from `year` (None: the first with a binding) to this one."""
    bindings = DutyBinding._base_manager.filter(**({"duty": duty} if duty else {}))
    begun = bindings.aggregate(first=Min("since"))["first"]
    if begun is None:
        return
    for one in range(max(begun.year, year or 0, 2000), timezone.localdate().year + 1):
        refresh(one, duty=duty, units=units)


def refresh(year: int, *, duty: int | None = None, units: Iterable[int] | None = None) -> int:
    """Compute the dues of a year anew and write what differs; returns how many rows did. Safe to run again.

    duty    only this one
    units   only these units and those that took over from them
    """
    with transaction.atomic():
        return _refresh(year, duty, units)


def _refresh(year: int, duty: int | None, units: Iterable[int] | None) -> int:
    # Held until the end: of two who record at once the second counts what the first wrote.
    asked = Duty._base_manager.filter(**({"pk": duty} if duty else {})).order_by("pk")
    duties = list(asked.select_for_update())
    terms = {term.organization_id: term for term in UnitTerm._base_manager.all()}
    successors = {pk: term.successor_id for pk, term in terms.items() if term.successor_id}
    only = None if units is None else set().union(*(_chain(unit, successors) for unit in units))
    bindings = defaultdict(list)
    for binding in DutyBinding._base_manager.filter(duty__in=[one.pk for one in duties]):
        bindings[binding.duty_id].append(binding)
    kinds = _kinds(only, terms, successors)
    whole = Days(date(year, 1, 1), date(year, 12, 31))
    done = _recorded(year, duties, None if only is None else set(kinds))
    wanted: dict[tuple, dict] = {}
    for one in duties:
        spans = _spans(bindings[one.pk], kinds, terms, whole)
        bound, ask = Bound(spans, successors), Ask(one.per, one.at_least, one.per_year)
        for unit in spans:
            if only is not None and unit not in only:
                continue
            for due in bound.dues(unit, ask, year):
                wanted[one.pk, unit, due.per, due.days.first] = _facts(due, done[one.pk])
    return _write(year, wanted, duties, only)


def _chain(unit: int, successors: dict[int, int]) -> set[int]:
    """The unit and whoever took over from it."""
    found = set()
    while unit is not None and unit not in found:
        found.add(unit)
        unit = successors.get(unit)
    return found


def _kinds(only: set[int] | None, terms: dict, successors: dict[int, int]) -> dict[int, tuple[str, datetime]]:
    """The units to look at, with their kinds and since when the portal knows them; a closed one only where it is
    known when it ended."""
    rows = Organization._base_manager.all()
    if only is not None:
        former = {pk for pk in successors if _chain(pk, successors) & only}
        rows = rows.filter(pk__in=only | former)
    ended = {pk for pk, term in terms.items() if term.until}
    return {
        pk: (kind, known)
        for pk, kind, known, active in rows.values_list("pk", "kind", "created_at", "is_active")
        if active or pk in ended
    }


def _spans(
    bindings: list, kinds: dict[int, tuple[str, datetime]], terms: dict, whole: Days
) -> dict[int, list[Days]]:
    """By unit the days of the year on which it was bound and existed."""
    found: dict[int, list[Days]] = defaultdict(list)
    for binding in bindings:
        bound = meet(whole, Days(binding.since, binding.until or FAR))
        if bound is None:
            continue
        if binding.kind:
            chosen = [pk for pk, (kind, _) in kinds.items() if kind == binding.kind]
        else:
            chosen = [binding.organization_id] if binding.organization_id in kinds else []
        for pk in chosen:
            days = meet(bound, _existed(terms.get(pk), binding, kinds[pk][1]))
            if days:
                found[pk].append(days)
    return found


def _existed(term: UnitTerm | None, binding: DutyBinding, known: datetime) -> Days:
    """The days on which a unit can owe anything. One that was registered after its kind had been bound owes nothing
    of the time before, unless somebody said since when it exists."""
    since, until = (term.since, term.until or FAR) if term else (None, FAR)
    if since is None:
        later = binding.kind and known > binding.created_at
        since = timezone.localdate(known) if later else LONG_AGO
    # An empty span where the end came before the portal knew of it.
    return Days(since, until) if since <= until else Days(FAR, FAR)


def _recorded(year: int, duties: list[Duty], units: set[int] | None) -> dict[int, dict[int, list[tuple]]]:
    """Duty → unit → (day, what was cited) of the year, of these units only where they are given; one query."""
    found: dict[int, dict[int, list[tuple]]] = defaultdict(lambda: defaultdict(list))
    rows = Fulfilment._base_manager.filter(held_on__year=year, duty__in=[one.pk for one in duties])
    if units is not None:
        rows = rows.filter(organization__in=units)
    for duty, unit, day, slug, key, pk in rows.values_list(
        "duty", "organization", "held_on", "cited_ledger", "cited_key", "pk"
    ):
        found[duty][unit].append((day, (slug, key) if slug else pk))
    return found


def _facts(due: Due, recorded: dict[int, list[tuple]]) -> dict:
    """The other columns of a row: a record that former and present unit both cite counts once."""
    days: dict = {}
    for unit, window in due.windows:
        for day, what in recorded.get(unit, ()) if recorded else ():
            if window.first <= day <= window.last:
                days[what] = min(day, days.get(what, day))
    return {
        "last": due.days.last,
        "needed": due.needed,
        "done": len(days),
        "done_on": reached(days.values(), due.needed),
        "windows": [
            [unit, window.first.isoformat(), window.last.isoformat()] for unit, window in due.windows
        ],
    }


def _write(year: int, wanted: dict[tuple, dict], duties: list[Duty], only: set[int] | None) -> int:
    with transaction.atomic():
        there = DutyDue._base_manager.filter(year=year, duty__in=[one.pk for one in duties])
        if only is not None:
            there = there.filter(organization__in=only)
        gone, changed = [], []
        for row in there:
            facts = wanted.pop((row.duty_id, row.organization_id, row.per, row.first), None)
            if facts is None:
                gone.append(row.pk)
            elif any(getattr(row, name) != value for name, value in facts.items()):
                for name, value in facts.items():
                    setattr(row, name, value)
                changed.append(row)
        new = [
            DutyDue(duty_id=duty, organization_id=unit, year=year, per=per, first=first, **facts)
            for (duty, unit, per, first), facts in wanted.items()
        ]
        for start in range(0, len(gone), 500):
            DutyDue._base_manager.filter(pk__in=gone[start : start + 500]).delete()
        fields = ["last", "needed", "done", "done_on", "windows"]
        DutyDue._base_manager.bulk_update(changed, fields, batch_size=200)
        DutyDue._base_manager.bulk_create(new, batch_size=500, ignore_conflicts=True)
    return len(gone) + len(changed) + len(new)
