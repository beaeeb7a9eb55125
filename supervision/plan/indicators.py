"""Indicators: how a figure of the plan is found in the ledgers.

The registry is owned here and filled from above: an app that keeps a ledger registers its indicators in its
own `indicators.py`, imported in its AppConfig.ready. To add one, write a function and decorate it:

    @indicator(
        "permit.in_time",                       # code, kept for ever: targets in the database name it
        "施工许可按期办结率",                     # what people choose it by
        unit="projects.project",                # the model counted, app_label.model_name
        kind="ratio",                           # "ratio" or "count"
        meaning="应计：……。计入：……。未定：……。",     # how it counts, shown where a target's figure is shown
        parameters=(Parameter("mode", "领域", choices={"highway": "公路"}, required=False),),
    )
    def permits_in_time(window, mode=""):
        permits = Project.objects.filter(permit_planned_on__year=window.year)
        return Members(
            permits,
            counted=Q(permit_on__lte=F("permit_planned_on")) & Q(permit_on__lte=window.as_of),
            undecided=Q(permit_planned_on__gt=window.as_of),
            district=F("district"),
            sector=F("mode"),
        )

The function gets the `Window` and the target's parameters by name, and returns `Members`:

* `queryset`: the population of a ratio, or everything that is or could become counted for a count. One row
  per member, so no join that multiplies rows: say `pk__in=Other.objects.filter(…).values("project")`.
* `counted`: the condition of the part that counts. `undecided`: the condition of members that do not count
  and still could (a member that fits both is counted). What is neither is decided against.
* `district`, `sector`: expressions for where a member stood on the as-of date; None where the unit has none.

What to keep to: judge by dated facts only (`decided_on <= window.as_of`), never by a status or by today, so
that a past date can be computed again. Counting happens in SQL: `measure` sends one statement that groups the
members by place and standing and brings counts and ids together, so the lists always fit the figure. Other
figures than counts (hours, yuan) are not made of members and do not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Aggregate,
    Case,
    Count,
    Expression,
    IntegerField,
    JSONField,
    Q,
    QuerySet,
    Value,
    When,
)

RATIO, COUNT = "ratio", "count"
COUNTED, UNDECIDED, DECIDED = "counted", "undecided", "decided"


@dataclass(frozen=True)
class Window:
    """What a figure is about.

    year         the assessed year, the base of every ratio
    as_of        nothing that happened after this day is known
    first, last  the years a count adds up over: the assessed year itself, or a plan's first year to its last
    """

    year: int
    as_of: date
    first: int
    last: int

    @property
    def begin(self) -> date:
        """1 January of the assessed year."""
        return date(self.year, 1, 1)

    @property
    def end(self) -> date:
        """31 December of the assessed year."""
        return date(self.year, 12, 31)


@dataclass(frozen=True)
class Members:
    """The members of a figure as a queryset and conditions on it; see the manual above."""

    queryset: QuerySet
    counted: Q
    undecided: Q
    district: Expression | None = None
    sector: Expression | None = None


@dataclass(frozen=True)
class Parameter:
    """A setting of an indicator that each target chooses.

    choices   value → Chinese label, or a function returning that (asked at every check, so it may read the
              database); None lets any text pass
    """

    name: str
    label: str
    choices: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None
    required: bool = True

    def allowed(self) -> Mapping[str, str] | None:
        """The values to choose from now."""
        return self.choices() if callable(self.choices) else self.choices


@dataclass(frozen=True)
class Group:
    """The members at one place with one standing."""

    district: int | None
    sector: str
    standing: str
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Indicator:
    code: str
    label: str
    unit: str
    kind: str
    parameters: tuple[Parameter, ...]
    meaning: str
    function: Callable[..., Members]

    def problems(self, values: Any) -> list[str]:
        """What is wrong with a target's parameters, as Chinese sentences; empty when they will do."""
        if not isinstance(values, dict):
            return ["计算参数应为一组“名称: 值”。"]
        known = {parameter.name: parameter for parameter in self.parameters}
        found = [
            f"计算指标“{self.label}”没有参数“{name}”" + (f"，可用：{'、'.join(known)}。" if known else "。")
            for name in values
            if name not in known
        ]
        for name, parameter in known.items():
            value = values.get(name, "")
            if value in ("", None):
                if parameter.required:
                    found.append(f"缺少参数“{name}”（{parameter.label}）。")
                continue
            allowed = parameter.allowed()
            if not isinstance(value, str):
                found.append(f"参数“{name}”（{parameter.label}）应为文字。")
            elif allowed is not None and value not in allowed:
                options = "、".join(f"{code}（{label}）" for code, label in allowed.items()) or "无"
                found.append(f"参数“{name}”（{parameter.label}）不能是“{value}”，可选：{options}。")
        return found

    def members(self, values: Mapping[str, str], window: Window) -> Members:
        """The members for a target's parameters (checked before)."""
        chosen = {name: value for name, value in values.items() if value not in ("", None)}
        return self.function(window, **chosen)


def measure(found: Members) -> list[Group]:
    """Count and name the members, by place and standing, in one SQL statement.

    Raises ValueError when a join makes a member stand in several rows.
    """
    nowhere = Value(None, output_field=IntegerField())
    standing = Case(
        When(found.counted, then=Value(COUNTED)),
        When(found.undecided, then=Value(UNDECIDED)),
        default=Value(DECIDED),
    )
    rows = (
        found.queryset.order_by()
        .annotate(
            member_district=nowhere if found.district is None else found.district,
            member_sector=Value("") if found.sector is None else found.sector,
            member_standing=standing,
        )
        .values("member_district", "member_sector", "member_standing")
        .annotate(size=Count("pk"), ids=Ids("pk"))
    )
    groups = []
    for row in rows:
        ids = tuple(sorted(set(row["ids"])))
        if len(ids) != row["size"]:
            raise ValueError(f"{found.queryset.model._meta.label}: a member stands in several rows")
        place = row["member_district"], row["member_sector"] or ""
        groups.append(Group(*place, row["member_standing"], ids))
    return groups


class Ids(Aggregate):
    """The primary keys of a group, as one value."""

    function = "JSON_GROUP_ARRAY"
    template = "%(function)s(%(expressions)s)"
    output_field = JSONField()

    def as_postgresql(self, compiler, connection, **context):
        return super().as_sql(compiler, connection, function="JSONB_AGG", **context)


_registered: dict[str, Indicator] = {}


def indicator(
    code: str, label: str, *, unit: str, kind: str, meaning: str, parameters: Iterable[Parameter] = ()
) -> Callable[[Callable[..., Members]], Callable[..., Members]]:
    """Register the function below as the indicator `code`; see the manual at the head of this module.

    Raises ValueError for a kind other than "ratio" and "count", or a code that is taken.
    """
    if kind not in (RATIO, COUNT):
        raise ValueError(f"{code}: kind must be ratio or count")

    def register(function: Callable[..., Members]) -> Callable[..., Members]:
        if code in _registered and _registered[code].function is not function:
            raise ValueError(f"indicator {code!r} is registered twice")
        _registered[code] = Indicator(code, label, unit.lower(), kind, tuple(parameters), meaning, function)
        return function

    return register


def find(code: str) -> Indicator | None:
    """The indicator of this code, or None."""
    return _registered.get(code)


def registered() -> list[Indicator]:
    """Every indicator, by code."""
    return [_registered[code] for code in sorted(_registered)]


def rules_in_words(rules: Iterable[tuple[str, Any]]) -> list[str]:
    """For each (code of an indicator, a target's parameters) what was chosen, by the Chinese names, such as
    “阶段：创建；考核合格也计入：主管部门抽查”; "" where there is nothing to choose. Each parameter's choices are
    read once, however many rules there are."""
    labels: dict[int, Mapping[str, str]] = {}
    found = []
    for code, values in rules:
        known = find(code)
        chosen = []
        for parameter in known.parameters if known and isinstance(values, dict) else ():
            value = values.get(parameter.name, "")
            if value in ("", None):
                continue
            if id(parameter) not in labels:
                labels[id(parameter)] = parameter.allowed() or {}
            chosen.append(f"{parameter.label}：{labels[id(parameter)].get(value, value)}")
        found.append("；".join(chosen))
    return found


def choices() -> list[tuple[str, str]]:
    """Code and label of every indicator, for the field and forms of targets."""
    return [(known.code, known.label) for known in registered()]
