"""What the generic names of a notice mean: 各县（区）交通运输局, 各工程参建单位. Filled in by the rooms that know.

    @unit_group("builders", "各参建单位", ("各工程参建单位", "各参建单位"))
    def builders(year):
        return Organization.objects.filter(…)

The function gives the organisations of a year, those that were merged or closed too: the page names them and leaves
them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from supervision.people.models import Organization, OrganizationKind
from supervision.rules.names import name_key


@dataclass(frozen=True)
class UnitGroup:
    code: str
    label: str
    names: tuple[str, ...]
    function: Callable[[int], QuerySet]

    def members(self, year: int) -> list[Organization]:
        return list(self.function(year).order_by("name"))


_groups: dict[str, UnitGroup] = {}


def unit_group(code: str, label: str, names: Iterable[str]):
    """Register the function below as what these names mean. Raises ValueError for a code that is taken."""

    def register(function: Callable[[int], QuerySet]) -> Callable[[int], QuerySet]:
        if code in _groups and _groups[code].function is not function:
            raise ValueError(f"unit group {code!r} is registered twice")
        _groups[code] = UnitGroup(code, label, tuple(map(name_key, names)), function)
        return function

    return register


def group_named(text: str) -> UnitGroup | None:
    """The group that a notice's words mean; None when it is not one of those known."""
    key = name_key(text)
    return next((group for group in _groups.values() if key in group.names), None)


def of_kind(*kinds: str) -> QuerySet:
    return Organization.objects.filter(kind__in=kinds)


@unit_group(
    "counties", "各县区交通运输局", ("各县（区）交通运输局", "各县区交通运输局", "各县（区）局", "各县区局")
)
def counties(year: int) -> QuerySet:
    return of_kind(OrganizationKind.COUNTY)


@unit_group("zones", "各功能区", ("各功能区", "各功能区交通主管部门", "各开发区"))
def zones(year: int) -> QuerySet:
    return of_kind(OrganizationKind.ZONE)


@unit_group("centres", "各事业发展中心", ("各中心", "各事业发展中心", "市各中心", "局属各中心"))
def centres(year: int) -> QuerySet:
    return of_kind(OrganizationKind.CENTRE)


@unit_group("offices", "局机关各处室", ("各处室", "局各处室", "局机关各处室"))
def offices(year: int) -> QuerySet:
    return of_kind(OrganizationKind.OFFICE)
