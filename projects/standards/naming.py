"""Which names a formula may use, by the place where it stands, and its tree."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.standard import Subject
from . import formula as language
from .formula import Node
from .kinds import GROUP, NUMBER, TABLE, WEIGHT
from .spec import SUBJECT_LABELS, Spec

# Names that are there without being declared, with their Chinese names.
OWN_NAMES = {
    "price": "合同价",
    "score": "得分",
    "assessments": "各次考核",
    "pass_line": "合格线",
    "excellent_line": "优秀线",
}
# Of these subjects a project has many, so that their scores come as a group.
MANY = (Subject.CONTRACTOR.value, Subject.SUPERVISOR.value)
CONDITION = "condition"


@dataclass(frozen=True)
class Scope:
    """kinds: name → what it stands for (see `formula`); labels: name → Chinese name."""

    kinds: dict[str, str]
    labels: dict[str, str]

    @property
    def aliases(self) -> dict[str, str]:
        return {label: name for name, label in self.labels.items()}


def scope_of(spec: Spec, stage: str, subject: str) -> Scope:
    """What a formula of `stage` about `subject` may name; stage "condition": a grade's condition."""
    kinds: dict[str, str] = {}
    labels: dict[str, str] = {}
    if stage in ("part", "unit", CONDITION):
        for table in spec.tables:
            if table.subject == subject and table.scored:
                kinds[table.code], labels[table.code] = TABLE, table.title
        for formula in spec.formulas:
            if formula.stage in ("part", "unit") and formula.subject == subject:
                kinds[formula.code], labels[formula.code] = NUMBER, formula.name
    if stage == "project" or (stage == CONDITION and subject == Subject.PROJECT):
        for judged in (*MANY, Subject.OWNER.value):
            kinds[judged] = GROUP if judged in MANY else NUMBER
            labels[judged] = SUBJECT_LABELS[judged]
        kinds["price"], labels["price"] = WEIGHT, OWN_NAMES["price"]
        for formula in spec.formulas_of("project"):
            kinds[formula.code], labels[formula.code] = NUMBER, formula.name
    if stage == "annual":
        kinds["assessments"], labels["assessments"] = GROUP, OWN_NAMES["assessments"]
        for formula in spec.formulas_of("annual"):
            kinds[formula.code], labels[formula.code] = NUMBER, formula.name
    if stage == CONDITION:
        for name in ("score", "pass_line", "excellent_line"):
            kinds[name], labels[name] = NUMBER, OWN_NAMES[name]
        for fact in spec.facts:
            kinds[fact.code], labels[fact.code] = NUMBER, fact.name
    return Scope(kinds, labels)


@dataclass(frozen=True)
class Compiled:
    """A formula ready to run."""

    tree: Node
    labels: dict[str, str]


def compiled(spec: Spec, stage: str, subject: str, expression: str) -> Compiled:
    """The formula's tree and names; kept with the spec, so that scoring many sheets parses once.

    Raises FormulaError.
    """
    kept: dict[tuple[str, str, str], Compiled] = spec.__dict__.setdefault("_compiled", {})
    key = (stage, subject, expression)
    if key not in kept:
        scope = scope_of(spec, stage, subject)
        kept[key] = Compiled(language.parse(expression, scope.aliases), scope.labels)
    return kept[key]
