"""Who is scored, and what comes out: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from .marks import Mark
from .spec import Band, Facts, Item, Table


@dataclass(frozen=True)
class Unit:
    """One who is judged, once: a contract section, a supervision contract, the owner, a whole project.

    key      unlike for every unit of an assessment; a supervisor of two sections is one unit and counts once
    subject  a `Subject` value
    marks    {item key: Mark} of one column, as `in_column` gives it
    facts    mode ("highway"), feature ({"bridge"}), and the version's declared facts ({"deaths": 0})
    price    contract price in 万元, the weight 合同价
    vetoes   grounds that were found to hold; those the version does not know for the subject do not count
    """

    key: str
    subject: str
    label: str
    marks: Mapping[str, Mark] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    price: Decimal | None = None
    vetoes: tuple[VetoFound, ...] = ()


@dataclass(frozen=True)
class VetoFound:
    """A veto that holds for a unit: the version's code, and what shows it."""

    code: str
    evidence: str = ""


@dataclass(frozen=True)
class ItemResult:
    """got and due are None while unanswered, and when the item is not applicable."""

    item: Item
    mark: Mark | None
    got: Decimal | None
    due: Decimal | None


@dataclass(frozen=True)
class TableResult:
    """got 实得, due 应得, score = got ÷ due × 100 (rounded if the version says so); None when nothing applies.

    `unanswered` holds the items that are still open; they are in neither sum.
    """

    table: Table
    got: Decimal
    due: Decimal
    score: Decimal | None
    items: tuple[ItemResult, ...]
    arithmetic: str

    @property
    def unanswered(self) -> list[Item]:
        return [row.item for row in self.items if row.mark is None]

    @property
    def not_applicable(self) -> list[Item]:
        return [row.item for row in self.items if row.mark is not None and row.mark.not_applicable]


@dataclass(frozen=True)
class ChecklistResult:
    """`conforms` is None while an item is open, else whether every applicable item conforms."""

    table: Table
    conforms: bool | None
    failed: tuple[Item, ...]
    unanswered: tuple[Item, ...]


@dataclass(frozen=True)
class Step:
    """One figure of the way: its name, the formula with figures in it, and what came out."""

    code: str
    name: str
    stage: str
    text: str
    exact: Fraction | None
    score: Decimal | None
    source: str = ""
    confidence: str = "D"


@dataclass(frozen=True)
class Verdict:
    """What score, conditions and vetoes come to.

    band       the grade; None while marks are missing or there is no score and no veto
    by_score   the grade that score and conditions alone would give
    reasons    why it is not better, as Chinese sentences (conditions not met, vetoes)
    """

    band: Band | None
    by_score: Band | None
    passed: bool | None
    excellent: bool
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.band.name if self.band else "待定"


@dataclass(frozen=True)
class UnitResult:
    """A unit's score, the way to it, and what it comes to.

    complete   no applicable item is open; until then `score` covers only what is answered and `verdict` is open
    gaps       what is missing for a score, as Chinese sentences
    """

    unit: Unit
    tables: tuple[TableResult, ...]
    checklists: tuple[ChecklistResult, ...]
    steps: tuple[Step, ...]
    score: Decimal | None
    exact: Fraction | None
    vetoes: tuple[str, ...]
    gaps: tuple[str, ...]
    complete: bool
    verdict: Verdict

    @property
    def unanswered(self) -> list[Item]:
        rows = [item for table in self.tables for item in table.unanswered]
        return rows + [item for table in self.checklists for item in table.unanswered]

    @property
    def parts(self) -> dict[str, Decimal | None]:
        """The part scores (基础管理, 施工现场) by code."""
        return {step.code: step.score for step in self.steps if step.stage == "part"}


@dataclass(frozen=True)
class ProjectResult:
    """The whole: every unit's result, the formula spelled out, and what it comes to."""

    units: tuple[UnitResult, ...]
    steps: tuple[Step, ...]
    score: Decimal | None
    exact: Fraction | None
    vetoes: tuple[str, ...]
    gaps: tuple[str, ...]
    complete: bool
    verdict: Verdict


@dataclass(frozen=True)
class AnnualResult:
    score: Decimal | None
    step: Step
    gaps: tuple[str, ...]
    verdict: Verdict
