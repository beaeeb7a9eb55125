"""Drills against their required frequency (rule set drill-frequency), section by section. A rate, no check-in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from projects.models import Section

from ..models import Drill
from ..rules import rule

FREQUENCY = "drill-frequency"


@dataclass(frozen=True)
class Span:
    """A period in which something is due: a half-year or a year."""

    begin: date
    last: date

    @property
    def label(self) -> str:
        if (self.last.month, self.begin.month) == (12, 1):
            return f"{self.begin.year}年"
        return f"{self.begin.year}年{'上' if self.begin.month == 1 else '下'}半年"


def spans(per: str, year: int) -> list[Span]:
    """The periods of a year: two halves, or the whole."""
    if per == "half":
        return [Span(date(year, 1, 1), date(year, 6, 30)), Span(date(year, 7, 1), date(year, 12, 31))]
    return [Span(date(year, 1, 1), date(year, 12, 31))]


def kinds() -> list[dict]:
    """The kinds of drill that are asked for, as the rule set has them."""
    return rule(FREQUENCY).content["kinds"]


def enough(kind: dict, span: Span, day: date) -> Q:
    """Sections that held as many drills as asked in a period, as known on `day`; and those begun only within it,
    of which none was asked yet."""
    held = (
        Drill.objects.filter(
            kind__in=kind["counts"], held_on__range=(span.begin, min(span.last, day)), section__isnull=False
        )
        .order_by()
        .values("section")
        .annotate(number=Count("pk"))
        .filter(number__gte=kind["at_least"])
    )
    return Q(pk__in=held.values("section")) | Q(start_on__gt=span.begin)


@dataclass(frozen=True)
class Standing:
    """Where one section stands with one kind of drill in the period of a day."""

    kind: dict
    span: Span
    held: int

    @property
    def due(self) -> int:
        return max(0, self.kind["at_least"] - self.held)


def standing(sections: Iterable[Section], day: date) -> dict[int, list[Standing]]:
    """Section id → its standing in every kind on a day. One query, however many sections."""
    sections = list(sections)
    rows = (
        Drill.objects.filter(section__in=sections, held_on__range=(date(day.year, 1, 1), day))
        .order_by()
        .values_list("section_id", "kind", "held_on")
        .annotate(number=Count("pk"))
    )
    held: dict[int, list[tuple[str, date, int]]] = {}
    for section, kind, held_on, number in rows:
        held.setdefault(section, []).append((kind, held_on, number))
    asked = [(kind, next(s for s in spans(kind["per"], day.year) if s.last >= day)) for kind in kinds()]
    return {
        section.pk: [
            Standing(
                kind,
                span,
                sum(
                    number
                    for code, held_on, number in held.get(section.pk, ())
                    if code in kind["counts"] and held_on >= span.begin
                ),
            )
            for kind, span in asked
        ]
        for section in sections
    }
