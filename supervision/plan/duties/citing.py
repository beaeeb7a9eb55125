"""Which records of the portal show that a duty was fulfilled. Rooms above name their ledgers when they start:

let_cite("drills", day="held_on", units=("section__participations__organization",))
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from supervision.ledgers.registry import get
from supervision.people.models import Organization, User

if TYPE_CHECKING:
    from ..models import Duty, Fulfilment

SHOWN = 20


@dataclass(frozen=True)
class Citable:
    """A ledger whose records may be cited.

    day     the date column that says when it was done
    units   lookups to the units whose deed a record is
    named   columns that hold such a unit's name as text. With neither whoever sees a record may cite it
    """

    slug: str
    day: str
    units: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def of(self, unit: Organization, user: User) -> QuerySet:
        """The records of the unit that `user` sees, those with a day."""
        ledger = get(self.slug)
        found = ledger.queryset(user).filter(**{f"{self.day}__isnull": False})
        if self.units or self.named:
            mine = Q()
            for way in self.units:
                mine |= Q(**{way: unit})
            for way in self.named:
                mine |= Q(**{way: unit.name})
            # The ways may lead over several rows; a record is still one.
            found = found.filter(pk__in=ledger.model._base_manager.filter(mine).values("pk"))
        return found


_citable: dict[str, Citable] = {}


def let_cite(slug: str, *, day: str, units: tuple[str, ...] = (), named: tuple[str, ...] = ()) -> None:
    """Name a ledger whose records may be cited; called in the upper room's AppConfig.ready."""
    _citable[slug] = Citable(slug, day, units, named)


def citable(slug: str) -> Citable | None:
    return _citable.get(slug)


def slugs() -> list[str]:
    return sorted(_citable)


def candidates(duty: Duty, unit: Organization, user: User, first: date, last: date) -> list[dict]:
    """What could be cited for the duty in these days, newest first: a handful of each ledger, one query each."""
    found = []
    for slug in duty.cites or slugs():
        known = citable(slug)
        ledger = get(slug) if known else None
        if ledger is None or not ledger.may_view(user):
            continue
        rows = (
            known.of(unit, user)
            .filter(**{f"{known.day}__range": (first, last)})
            .order_by(f"-{known.day}", "-pk")
        )
        found += [
            {
                "ledger": slug,
                "label": ledger.label,
                "key": row.pk,
                "day": getattr(row, known.day),
                "title": str(row),
            }
            for row in rows[:SHOWN]
        ]
    return found


def cited(record: Fulfilment, user: User) -> tuple[str, str] | None:
    """Title and address of the cited record, for somebody who may read it."""
    known = citable(record.cited_ledger)
    if known is None:
        return None
    ledger = get(record.cited_ledger)
    row = ledger.queryset(user).filter(pk=record.cited_key).first()
    return (str(row), ledger.record_url(row.pk)) if row else None


def check(record: Fulfilment) -> dict[str, str]:
    """What is wrong with a citation. A record that is not there and one that may not be read are told alike."""
    known = citable(record.cited_ledger)
    if known is None or (record.duty.cites and record.cited_ledger not in record.duty.cites):
        return {"cited_ledger": "该台账的记录不能用于此项履职。"}
    ledger = get(record.cited_ledger)
    if record.reader is None:
        rows = ledger.model._base_manager.filter(pk=record.cited_key)
    else:
        rows = known.of(record.organization, record.reader).filter(pk=record.cited_key)
    row = rows.first()
    if row is None:
        return {"cited_key": "没有这条记录，或者它不是该单位的。"}
    if (day := getattr(row, known.day)) != record.held_on:
        return {"held_on": f"所引记录的日期是{day}，履职日期应与其一致。"}
    return {}
