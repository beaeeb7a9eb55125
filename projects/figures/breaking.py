"""An indicator of the registry broken down by district, owner, unit, section, sector or month, over what a person
sees. The indicators are the ones that the plan's targets use; whatever is counted hangs on a project, and the way
there is read off the model, so that a new indicator needs nothing here.

Counting happens in SQL, one statement a table (by month one for each month's end); a rate is of summed counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.apps import apps
from django.db import models
from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.utils import timezone

from supervision.people.models import District, Organization, Role, Sector, User
from supervision.plan.indicators import (
    COUNTED,
    DECIDED,
    RATIO,
    UNDECIDED,
    Indicator,
    Members,
    Window,
    registered,
)
from supervision.rules.numbers import percent

from ..models import Project, Section
from ..models.section import Participation

WAYS = {
    "district": "县区",
    "owner": "建设单位",
    "unit": "施工（责任）单位",
    "section": "标段",
    "sector": "领域",
    "month": "月份",
}
UNIT_COLUMNS = ("unit", "responsible_unit", "contractor")
NOBODY = "未登记"


@dataclass(frozen=True)
class Roads:
    """From a model to its project and section, as prefixes of lookups ("" for the model itself), and to the column
    of the unit that answers for it; None where there is no such way."""

    project: str | None
    section: str | None
    unit: str | None


def beyond(prefix: str, name: str) -> str:
    return f"{prefix}__{name}" if prefix else name


def roads(model: type[models.Model]) -> Roads:
    """The ways from a model, read off its foreign keys: its own first, else those of the record it hangs on."""
    keys = {
        field.name: field.related_model
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
    }
    through = getattr(model, "scope_through", None)
    above = Roads(None, None, None)
    if through in keys and keys[through] not in (Project, Section):
        found = roads(keys[through])
        above = Roads(*(None if way is None else beyond(through, way) for way in vars(found).values()))
    section = "" if model is Section else "section" if keys.get("section") is Section else above.section
    if model is Project:
        project: str | None = ""
    elif keys.get("project") is Project:
        project = "project"
    elif above.project is not None:
        project = above.project
    else:
        project = None if section is None else beyond(section, "project")
    unit = next((name for name in UNIT_COLUMNS if keys.get(name) is Organization), above.unit)
    return Roads(project, section, unit)


def offered() -> list[Indicator]:
    """The indicators that can be broken down: those that need no parameter and whose members have a project."""
    return [
        known
        for known in registered()
        if not any(one.required for one in known.parameters)
        and roads(apps.get_model(known.unit)).project is not None
    ]


@dataclass(frozen=True)
class Line:
    """One row of a table: a place, and how many of its members stand how."""

    label: str
    place: str
    counted: int
    undecided: int
    decided: int

    @property
    def population(self) -> int:
        return self.counted + self.undecided + self.decided

    @property
    def rate(self) -> Decimal | None:
        return percent(self.counted, self.population)


@dataclass(frozen=True)
class Table:
    by: str
    lines: tuple[Line, ...]
    total: Line


class Asked:
    """An indicator of a year as of a day (default: today, or the year's end), over what `user` sees."""

    def __init__(self, user: User, known: Indicator, year: int, day: date | None = None):
        self.user, self.known, self.year = user, known, year
        self.day = day or min(timezone.localdate(), date(year, 12, 31))
        self.model = apps.get_model(known.unit)
        self.roads = roads(self.model)
        self.members = self._members(self.day)

    @property
    def is_ratio(self) -> bool:
        return self.known.kind == RATIO

    @property
    def ways(self) -> dict[str, str]:
        """The ways in which this indicator can be broken down."""
        absent = set()
        if self.members.district is None:
            absent.add("district")
        if self.members.sector is None:
            absent.add("sector")
        if self.roads.section is None:
            absent.add("section")
            if self.roads.unit is None:
                absent.add("unit")
        return {way: label for way, label in WAYS.items() if way not in absent}

    def table(self, by: str) -> Table:
        if by == "month":
            lines = tuple(self._months())
            last = lines[-1] if lines else Line("", "", 0, 0, 0)
            return Table(by, lines, Line("至今", "", last.counted, last.undecided, last.decided))
        sums: dict[tuple[str, str], dict[str, int]] = {}
        called = self._names(by)
        rows = self._placed(self.members, by).values("broken_place", "broken_standing", *called)
        rows = list(rows.annotate(size=Count("pk")))
        names = {} if called else self._named(by, {row["broken_place"] for row in rows})
        for row in rows:
            place = row["broken_place"]
            words = [str(row[name]) for name in called if row[name]]
            label = (" ".join(words) if called else names.get(place)) or NOBODY
            own = sums.setdefault((label, "" if place is None else str(place)), {})
            own[row["broken_standing"]] = own.get(row["broken_standing"], 0) + row["size"]
        lines = tuple(line(label, place, sizes) for (label, place), sizes in sorted(sums.items()))
        whole = {
            name: sum(getattr(one, name) for one in lines) for name in ("counted", "undecided", "decided")
        }
        return Table(by, lines, line("合计", "", whole))

    def rows(self, by: str, place: str | None, standing: str) -> QuerySet:
        """The very records behind a number: of a place (None: all of them), with a standing ("" for any)."""
        found = self._placed(self.members, by) if by != "month" else self._standing(self.members)
        if place is not None and by != "month":
            found = found.filter(broken_place=place) if place else found.filter(broken_place__isnull=True)
        if standing:
            found = found.filter(broken_standing=standing)
        return self.model._base_manager.filter(pk__in=found.values("pk"))

    # ------------------------------------------------------------------------------------------------ in SQL

    def _members(self, day: date) -> Members:
        found = self.known.members({}, Window(self.year, day, self.year, self.year))
        seen = self.model.objects.visible_to(self.user).values("pk")
        return Members(
            found.queryset.filter(pk__in=seen).order_by(),
            found.counted,
            found.undecided,
            found.district,
            found.sector,
        )

    def _standing(self, found: Members) -> QuerySet:
        standing = Case(
            When(found.counted, then=Value(COUNTED)),
            When(found.undecided, then=Value(UNDECIDED)),
            default=Value(DECIDED),
        )
        return found.queryset.annotate(broken_standing=standing)

    def _placed(self, found: Members, by: str) -> QuerySet:
        if by == "unit" and self.roads.unit is None:
            of = OuterRef(beyond(self.roads.section, "pk"))
            rows = (
                Participation.on(self.day).filter(section=of, role=Role.CONTRACTOR).order_by("-since", "-pk")
            )
            place = Subquery(rows.values("organization")[:1], output_field=IntegerField())
        else:
            place = {
                "district": lambda: found.district,
                "sector": lambda: found.sector,
                "owner": lambda: F(beyond(self.roads.project, "owner")),
                "section": lambda: F(beyond(self.roads.section, "pk")),
                "unit": lambda: F(self.roads.unit),
            }[by]()
        return self._standing(found).annotate(broken_place=place)

    def _names(self, by: str) -> tuple[str, ...]:
        """The columns that name a place; none where a table of names is at hand."""
        if by == "section":
            return beyond(self.roads.section, "project__name"), beyond(self.roads.section, "code")
        if by == "owner":
            return (beyond(self.roads.project, "owner__name"),)
        return (beyond(self.roads.unit, "name"),) if by == "unit" and self.roads.unit else ()

    def _named(self, by: str, places: set) -> dict:
        if by == "sector":
            return dict(Sector.choices)
        model = District if by == "district" else Organization
        return dict(model.objects.filter(pk__in=places).values_list("pk", "name"))

    def _months(self) -> Iterator[Line]:
        """How the year stood at the end of each month, up to the day."""
        for month in range(1, 13):
            if date(self.year, month, 1) > self.day:
                return
            after = date(self.year + month // 12, month % 12 + 1, 1)
            end = min(after - timedelta(days=1), self.day)
            rows = self._standing(self._members(end)).values("broken_standing").annotate(size=Count("pk"))
            sizes = {row["broken_standing"]: row["size"] for row in rows}
            yield line(f"{month}月", end.isoformat(), sizes)


def line(label: str, place: str, sizes: dict[str, int]) -> Line:
    return Line(label, place, sizes.get(COUNTED, 0), sizes.get(UNDECIDED, 0), sizes.get(DECIDED, 0))
