"""A version of a standard as plain values: what the formulas, the scoring, the workbook and the files all share.

Everything is immutable and hashable-free of the database; figures are Decimal. `as_data` / `from_data` turn the
declared parts into JSON and back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cached_property
from typing import Any

from supervision.people.models import Sector

from ..models.standard import Part, Subject, TableKind

# Conditions under which a table or an item applies: key → its label and the labels of its values.
CONDITIONS: dict[str, tuple[str, dict[str, str]]] = {
    "mode": ("领域", dict(Sector.choices)),
    "feature": (
        "构件",
        {
            "subgrade": "路基",
            "pavement": "路面",
            "slope": "高边坡",
            "pit": "深基坑",
            "bridge": "桥梁",
            "tunnel": "隧道",
            "lock": "船闸",
            "wharf": "码头",
            "fairway": "航道",
            "vessel": "施工船舶",
            "diving": "潜水作业",
            "blasting": "爆破",
            "demolition": "拆除",
        },
    ),
}

# In which order results are made; each may be rounded, as the version says.
STAGES: dict[str, str] = {
    "table": "各表得分",
    "part": "部分得分",
    "unit": "单位得分",
    "project": "项目得分",
    "annual": "年度得分",
}

When = Mapping[str, tuple[str, ...]]
Facts = Mapping[str, Any]


def applies(when: When, facts: Facts) -> bool:
    """Whether something with condition `when` applies to a unit of which `facts` are known.

    Every key must be met by one of its values; a fact that is not known rules nothing out (the assessor may
    still mark the item 不适用, with a reason).
    """
    for key, wanted in when.items():
        known = facts.get(key)
        if known is None or known == "":
            continue
        have = {known} if isinstance(known, str) else set(known)
        if not have & set(wanted):
            return False
    return True


@dataclass(frozen=True)
class Item:
    """One line of a table. `full` is None on check lists. `key` ("SGJC/1.1") is the same in every version."""

    table: str
    no: str
    title: str
    full: Decimal | None = None
    category: str = ""
    text: str = ""
    method: str = ""
    rule: str = ""
    mandatory: bool = False
    when: When = field(default_factory=dict)
    clause: str = ""
    source: str = ""
    confidence: str = "D"
    pk: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        return f"{self.table}/{self.no}"


@dataclass(frozen=True)
class Table:
    code: str
    title: str
    subject: str
    kind: str = TableKind.SCORED.value
    part: str = ""
    full: Decimal | None = None
    when: When = field(default_factory=dict)
    source: str = ""
    confidence: str = "D"
    items: tuple[Item, ...] = ()
    pk: int | None = field(default=None, compare=False)

    @property
    def scored(self) -> bool:
        return self.kind == TableKind.SCORED


@dataclass(frozen=True)
class Formula:
    """How one figure is made: `code` is the name by which later formulas call it, `name` its Chinese name."""

    code: str
    name: str
    stage: str
    subject: str
    expression: str
    source: str = ""
    confidence: str = "D"


@dataclass(frozen=True)
class Band:
    """A grade, from the best down: reached from `floor` on if `condition` holds too.

    floor      a figure as text, or "pass_line" / "excellent_line"
    subjects   whom it grades; empty: all
    condition  in the formula language, may use the unit's figures; `note` says it in words
    """

    code: str
    name: str
    floor: str
    passed: bool
    subjects: tuple[str, ...] = ()
    condition: str = ""
    note: str = ""
    confidence: str = "D"


@dataclass(frozen=True)
class Veto:
    """A ground on which a unit fails whatever its score."""

    code: str
    name: str
    subjects: tuple[str, ...] = ()
    source: str = ""
    confidence: str = "D"


@dataclass(frozen=True)
class Fact:
    """A figure that a condition needs beside the marks (deaths, share of costs), given by the assessor."""

    code: str
    name: str


@dataclass(frozen=True)
class EvaluationType:
    """A kind of evaluation and when it is open: see `scoring.gate_problems`.

    after / within_years   a date of the project (a milestone column) that must have come, and for how long after
    at_least               {fact code: figure or fraction as text} that must be reached
    categories             project categories it is for; empty: all
    cycle                  how often, in words
    """

    code: str
    name: str
    after: str = ""
    within_years: int | None = None
    at_least: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    cycle: str = ""
    note: str = ""
    source: str = ""
    confidence: str = "D"


@dataclass(frozen=True)
class Rounding:
    """Decimals kept, half rounded up, and the stages at which it is done; elsewhere figures stay exact."""

    places: int = 1
    stages: tuple[str, ...] = tuple(STAGES)


@dataclass(frozen=True)
class Spec:
    """Everything a score depends on."""

    standard: str
    label: str
    pass_line: Decimal
    excellent_line: Decimal | None = None
    tables: tuple[Table, ...] = ()
    formulas: tuple[Formula, ...] = ()
    bands: tuple[Band, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    facts: tuple[Fact, ...] = ()
    evaluation_types: tuple[EvaluationType, ...] = ()
    rounding: Rounding = field(default_factory=Rounding)
    pass_confidence: str = "D"  # noqa: S105
    excellent_confidence: str = "D"
    pk: int | None = field(default=None, compare=False)

    @cached_property
    def by_code(self) -> dict[str, Table]:
        return {table.code: table for table in self.tables}

    @cached_property
    def items(self) -> dict[str, Item]:
        """Every item by its key, in order."""
        return {item.key: item for table in self.tables for item in table.items}

    def tables_of(self, subject: str, facts: Facts | None = None, *, kind: str = "") -> list[Table]:
        """The tables that judge `subject` and apply under `facts`, each with only the items that apply.

        A table none of whose items applies is left out.
        """
        found = []
        for table in self.tables:
            if (
                table.subject != subject
                or (kind and table.kind != kind)
                or not applies(table.when, facts or {})
            ):
                continue
            left = tuple(item for item in table.items if applies(item.when, facts or {}))
            if left:
                found.append(table if len(left) == len(table.items) else _with_items(table, left))
        return found

    def formulas_of(self, stage: str, subject: str = "") -> list[Formula]:
        return [f for f in self.formulas if f.stage == stage and (not subject or f.subject == subject)]

    def bands_of(self, subject: str) -> list[Band]:
        """The grades of `subject`, best first."""
        return [band for band in self.bands if not band.subjects or subject in band.subjects]

    def vetoes_of(self, subject: str) -> list[Veto]:
        return [veto for veto in self.vetoes if not veto.subjects or subject in veto.subjects]

    def line(self, floor: str) -> Decimal | None:
        """The figure a band's floor means; None where the version has no excellent line."""
        if floor == "pass_line":
            return self.pass_line
        if floor == "excellent_line":
            return self.excellent_line
        return Decimal(floor)


def _with_items(table: Table, items: tuple[Item, ...]) -> Table:
    values = {f.name: getattr(table, f.name) for f in fields(table)}
    return Table(**(values | {"items": items}))


# ----------------------------------------------------------------------------------------------------- as JSON

_TUPLES = {"subjects", "categories", "stages"}


def as_data(entry: Any) -> dict[str, Any]:
    """A declared part (formula, band, veto, fact, evaluation type, rounding) as plain JSON values."""
    return {
        f.name: (
            list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
        )
        for f in fields(entry)
        if (value := getattr(entry, f.name)) not in ("", None, (), {}) or f.name in ("passed",)
    }


def from_data(kind: type, data: Mapping[str, Any]) -> Any:
    """The declared part that `as_data` wrote. Raises TypeError for a key that it does not know."""
    return kind(**{name: tuple(value) if name in _TUPLES else value for name, value in data.items()})


def all_from_data(kind: type, rows: Iterable[Mapping[str, Any]]) -> tuple:
    return tuple(from_data(kind, row) for row in rows)


def when_from_data(data: Mapping[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """A condition as stored: single values are taken as lists of one."""
    return {key: (value,) if isinstance(value, str) else tuple(value) for key, value in (data or {}).items()}


SUBJECT_LABELS: dict[str, str] = dict(Subject.choices)
PART_LABELS: dict[str, str] = dict(Part.choices)
