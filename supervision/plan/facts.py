"""Facts: what the ledgers know of a span of days, as a number and as the very records behind it.

An indicator says how a target stands in a year; a fact says what happened between two days: dangers found, drills
held, yuan paid. Reports bind their sentences to facts, progress of tasks is filled from them, appraisals and
campaigns count by them. As with indicators the registry is owned here and filled from above, in `plan_facts.py` of
an app, imported by its AppConfig.ready:

    @fact("danger.found", "排查治理安全隐患", "safety.hiddendanger", measure="处",
          units=("responsible_unit",), project="project",
          meaning="期间内经核查属实的隐患。")
    def found(span):
        return HiddenDanger.objects.filter(verified_on__range=span.days)

The function gets the `Span` and returns the rows, one row a thing counted: no join that multiplies. Judge by dated
facts only, so that a past span can be computed again; `span.days` already ends at the as-of day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.apps import apps
from django.db.models import Count, Q, QuerySet, Sum

from supervision.people.models import Organization, OrganizationKind, User

from .indicators import Ids


@dataclass(frozen=True)
class Span:
    """The days from `first` to `last`, both included, as known on `as_of` (by default the last of them)."""

    first: date
    last: date
    as_of: date | None = None

    @property
    def known(self) -> date:
        """The day on which the span is looked at."""
        return self.as_of or self.last

    @property
    def days(self) -> tuple[date, date]:
        """For a `__range` lookup: nothing after the as-of day."""
        return self.first, min(self.last, self.known)

    def at_end(self) -> Span:
        """The same days looked at when they end, or earlier where less is known: how a stock stands in them."""
        return Span(self.first, self.last, min(self.last, self.known))

    def year_before(self) -> Span:
        """The same days a year earlier, in full: the base of 同比."""
        return Span(_back_a_year(self.first), _back_a_year(self.last))


def _back_a_year(day: date) -> date:
    # The last of February stays the last of February.
    return (
        day.replace(year=day.year - 1, day=28)
        if (day.month, day.day) == (2, 29)
        else day.replace(year=day.year - 1)
    )


@dataclass(frozen=True)
class Place:
    """Whose share is asked: of a unit, of a district, of a sector, of one project, of works or enterprises or
    routes alone (`objects`); what is None does not narrow."""

    organization: Organization | None = None
    district: int | None = None
    sector: str | None = None
    project: int | None = None
    objects: str | None = None


EVERYWHERE = Place()
OBJECTS = "objects"
WORKING = frozenset(
    {
        OrganizationKind.CONTRACTOR,
        OrganizationKind.SUPERVISOR,
        OrganizationKind.DESIGNER,
        OrganizationKind.LABORATORY,
    }
)


@dataclass(frozen=True)
class Fact:
    """What is counted, and the ways from a row to its unit, its district, its sector and its project."""

    code: str
    label: str
    model: str
    measure: str
    meaning: str
    function: Callable[[Span], QuerySet]
    units: tuple[str, ...] = ()
    district: str = ""
    sector: str = ""
    project: str = ""
    amount: str = ""
    stock: bool = False

    def narrows(self, place: Place) -> bool:
        """Whether it is known whose share a row is, for every side that the place asks."""
        return not (
            (place.organization is not None and not self._of_unit(place.organization))
            or (place.district is not None and not self.district)
            or (place.sector is not None and not self.sector)
            or (place.project is not None and not self.project)
            or (place.objects is not None and place.objects not in self.object_kinds())
        )

    def object_kinds(self) -> dict[str, str]:
        """The kinds of objects that rows may be of (works, enterprises, routes), by their codes; none where rows
        lead to no project."""
        if not self.project:
            return {}
        model = apps.get_model(self.model)
        for step in self.project.split("__"):
            model = model if step in ("pk", "id") else model._meta.get_field(step).related_model
        return dict(model._meta.get_field("object_kind").flatchoices)

    def problems(self, parameters: object) -> list[str]:
        """What is wrong with the parameters of what counts by this fact, as Chinese sentences."""
        if not isinstance(parameters, dict):
            return ["计算参数应为一组“名称: 值”。"]
        kinds = self.object_kinds()
        found = [f"“{self.label}”没有参数“{name}”。" for name in parameters if name != OBJECTS or not kinds]
        value = parameters.get(OBJECTS) or ""
        if kinds and value and not (isinstance(value, str) and value in kinds):
            options = "、".join(f"{code}（{label}）" for code, label in kinds.items())
            found.append(f"参数“{OBJECTS}”不能是“{value}”，可选：{options}。")
        return found

    def _of_unit(self, unit: Organization) -> bool:
        """Whether rows name the unit; those that only name a project's owner say nothing of who works there."""
        owners = all(way == "owner" or way.endswith("project__owner") for way in self.units)
        return bool(self.units) and not (owners and unit.kind in WORKING)

    def rows(self, span: Span, place: Place = EVERYWHERE, user: User | None = None) -> QuerySet:
        """The records, of the place, that `user` may see (None: all, for what the portal computes for everyone).

        Raises ValueError for a place that the fact cannot tell: ask `narrows` first.
        """
        if not self.narrows(place):
            raise ValueError(f"fact {self.code!r} does not know the place {place}")
        found = self.function(span.at_end() if self.stock else span)
        if place.organization is not None:
            of_unit = Q()
            for way in self.units:
                of_unit |= Q(**{way: place.organization})
            found = found.filter(of_unit)
        for way, value in (
            (self.district, place.district),
            (self.sector, place.sector),
            (self.project, place.project),
            (f"{self.project}__object_kind", place.objects),
        ):
            if value is not None:
                found = found.filter(**{way: value})
        if user is not None:
            model = apps.get_model(self.model)
            found = found.filter(pk__in=model.objects.visible_to(user).values("pk"))
        return found

    def value(self, span: Span, place: Place = EVERYWHERE, user: User | None = None) -> int | Decimal:
        """The number of records, or the sum of their amounts, in one statement."""
        found = self.rows(span, place, user).order_by()
        if self.amount:
            return found.aggregate(whole=Sum(self.amount))["whole"] or Decimal(0)
        return found.count()

    def way(self, by: str) -> str:
        """The lookup from a row to its "unit" (the first of several), "district", "sector" or "project"; "" where
        there is none."""
        return {
            "unit": self.units[0] if self.units else "",
            "district": self.district,
            "sector": self.sector,
            "project": self.project,
        }[by]

    def members(self, span: Span, place: Place = EVERYWHERE) -> tuple[int | Decimal, tuple[int, ...]]:
        """The value together with the keys of the records it counts, in one statement."""
        return self._of(self._alone(span, place).aggregate(**self._measures()))

    def shares(
        self, by: str, span: Span, place: Place = EVERYWHERE
    ) -> dict[object, tuple[int | Decimal, tuple[int, ...]]]:
        """The same for each place of a kind (see `way`), None being what has none; in one statement."""
        way = self.way(by)
        rows = self._alone(span, place).values(way).annotate(**self._measures())
        return {row[way]: self._of(row) for row in rows}

    def _alone(self, span: Span, place: Place) -> QuerySet:
        if self.amount:
            # The amount may be a column that the fact's own rows bring.
            return self.rows(span, place).order_by()
        # Whatever the rows were joined with, each stands once.
        model = apps.get_model(self.model)
        return model._base_manager.filter(pk__in=self.rows(span, place).order_by().values("pk")).order_by()

    def _measures(self) -> dict:
        counted = {"fact_size": Count("pk"), "fact_ids": Ids("pk")}
        return counted | ({"fact_whole": Sum(self.amount)} if self.amount else {})

    def _of(self, row: dict) -> tuple[int | Decimal, tuple[int, ...]]:
        value = row["fact_whole"] or Decimal(0) if self.amount else row["fact_size"]
        return value, tuple(sorted(row["fact_ids"] or ()))


_registered: dict[str, Fact] = {}


def fact(
    code: str,
    label: str,
    model: str,
    *,
    measure: str,
    meaning: str,
    units: tuple[str, ...] = (),
    district: str = "",
    sector: str = "",
    project: str = "",
    amount: str = "",
    stock: bool = False,
) -> Callable[[Callable[[Span], QuerySet]], Callable[[Span], QuerySet]]:
    """Register the function below as the fact `code` (kept for ever: templates of reports name it).

    model    app_label.model of the rows; its ledger shows them
    measure  the Chinese measure word of the number (处、次、万元)
    units    lookups to the organisations whose fact a row is; district, sector, project: lookups to those. With
             `project` (a foreign key to a project) given, district and sector follow it unless they are given.
    amount   the column that is summed; "" counts rows
    stock    what stands at a moment, whenever it began (未销号): it is counted as the span ends, however much later
             the span is looked at, and months of it are not summed

    Raises ValueError for a code that is taken.
    """
    if project:
        district, sector = district or f"{project}__district", sector or f"{project}__mode"

    def register(function: Callable[[Span], QuerySet]) -> Callable[[Span], QuerySet]:
        if code in _registered and _registered[code].function is not function:
            raise ValueError(f"fact {code!r} is registered twice")
        _registered[code] = Fact(
            code,
            label,
            model.lower(),
            measure,
            meaning,
            function,
            units,
            district,
            sector,
            project,
            amount,
            stock,
        )
        return function

    return register


def find(code: str) -> Fact | None:
    """The fact of this code, or None."""
    return _registered.get(code)


def registered() -> list[Fact]:
    """Every fact, by code."""
    return [_registered[code] for code in sorted(_registered)]


def choices() -> list[tuple[str, str]]:
    """Code and label of every fact, for fields and forms."""
    return [(known.code, known.label) for known in registered()]
