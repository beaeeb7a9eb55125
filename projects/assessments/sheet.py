"""One sheet as plain values: items, marks in its columns, what a column comes to, how two columns differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from ..models import Assessment, AssessmentMark
from ..models.standard import MarkColumn, StandardVersion
from ..standards.marks import Mark
from ..standards.results import Unit, UnitResult, VetoFound
from ..standards.scoring import score_unit
from ..standards.spec import Item, Spec, Table
from .specs import spec_for
from .vetoes import vetoes_of

COLUMN_LABELS: dict[str, str] = dict(MarkColumn.choices)


@dataclass(frozen=True)
class Difference:
    """Two columns on one item: points taken off by each, and how far the second is from the first."""

    item: Item
    first: Mark
    second: Mark
    by: Decimal | None


class Sheet:
    """An assessment with its marks, read in a constant number of queries whatever the number of items."""

    def __init__(self, assessment: Assessment):
        self.assessment = assessment

    @cached_property
    def spec(self) -> Spec:
        return spec_for(self.assessment.standard_version)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What is known of the unit: the mode of its project, its kinds of works, declared figures."""
        known: dict[str, Any] = dict(self.assessment.facts)
        if self.assessment.project.mode:
            known["mode"] = self.assessment.project.mode
        if self.assessment.features:
            known["feature"] = set(self.assessment.features)
        return known

    @cached_property
    def tables(self) -> list[Table]:
        """The tables that apply, each with the items that apply."""
        return self.spec.tables_of(self.assessment.subject, self.facts)

    @cached_property
    def items(self) -> dict[str, Item]:
        return {item.key: item for table in self.tables for item in table.items}

    @cached_property
    def rows(self) -> dict[str, dict[str, AssessmentMark]]:
        """{column: {item key: row}}"""
        keys = {item.pk: key for key, item in self.spec.items.items()}
        found: dict[str, dict[str, AssessmentMark]] = {column: {} for column in COLUMN_LABELS}
        for row in AssessmentMark.objects.filter(assessment_id=self.assessment.pk):
            if row.item_id in keys:
                found[row.column][keys[row.item_id]] = row
        return found

    def marks(self, column: str) -> dict[str, Mark]:
        """The answered marks of a column by item key, as the scoring takes them."""
        found = {key: plain(key, row) for key, row in self.rows[column].items()}
        return {key: mark for key, mark in found.items() if mark.answered}

    def unanswered(self, column: str) -> list[Item]:
        """The items that apply and that the column has not answered, in order."""
        given = self.marks(column)
        return [item for key, item in self.items.items() if key not in given]

    def has_marks(self, column: str) -> bool:
        return bool(self.marks(column))

    @cached_property
    def vetoes(self) -> tuple[VetoFound, ...]:
        return vetoes_of(self.assessment)

    def unit(self, column: str, *, vetoed: bool = True) -> Unit:
        sheet = self.assessment
        price = sheet.section.contract_price if sheet.section_id else None
        return Unit(
            key=f"{sheet.subject}:{sheet.section_id or ''}:{sheet.unit_id or ''}",
            subject=sheet.subject,
            label=sheet.section.code if sheet.section_id else sheet.unit_label,
            marks=self.marks(column),
            facts=self.facts,
            price=price,
            vetoes=self.vetoes if vetoed else (),
        )

    def result(self, column: str) -> UnitResult:
        """What a column comes to now. Raises ValueError for a version whose formulas run in a circle."""
        return score_unit(self.spec, self.unit(column))

    def under(self, version: StandardVersion, column: str) -> tuple[UnitResult, list[str]]:
        """The same marks under another version, and the keys of marks that this version has no item for.

        Nothing is written. A deduction above the other version's full marks counts as all of them.
        """
        spec = spec_for(version)
        given = self.marks(column)
        known = spec.items
        lost = [key for key in given if key not in known]
        unit = self.unit(column)
        kept = {key: mark for key, mark in given.items() if key in known}
        return score_unit(spec, Unit(**{**unit.__dict__, "marks": kept})), lost

    def differences(self, first: str, second: str) -> tuple[list[Difference], int]:
        """Where two columns differ, the widest first, and how many items both have answered."""
        one, two = self.marks(first), self.marks(second)
        pairs = [(item, one[key], two[key]) for key, item in self.items.items() if key in one and key in two]
        found = []
        for item, a, b in pairs:
            by = None
            if a.deduction is not None and b.deduction is not None:
                by = b.deduction - a.deduction
            alike = (
                by == 0
                if by is not None
                else (a.not_applicable, a.conforms) == (b.not_applicable, b.conforms)
            )
            if not alike or (by is None and a.deduction != b.deduction):
                found.append(Difference(item, a, b, by))
        found.sort(key=lambda row: -(abs(row.by) if row.by is not None else Decimal(1000)))
        return found, len(pairs)


def plain(key: str, row: AssessmentMark) -> Mark:
    return Mark(key, row.column, row.deduction, row.not_applicable, row.conforms, row.reason)


def told(mark: Mark | AssessmentMark | None) -> str:
    """A mark in words: 扣 1 分：缺一人, 不适用：无隧道, 符合; "" when unanswered."""
    if mark is None:
        return ""
    if mark.not_applicable:
        word = "不适用"
    elif mark.deduction is not None:
        word = f"扣 {number(mark.deduction)} 分" if mark.deduction else "不扣分"
    elif mark.conforms is not None:
        word = "符合" if mark.conforms else "不符合"
    else:
        return f"未评：{mark.reason}" if mark.reason else ""
    return f"{word}：{mark.reason}" if mark.reason else word


def number(value: Decimal | None) -> str:
    """A figure without trailing zeros; 「—」 for none."""
    if value is None:
        return "—"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def score_text(score: Decimal | None) -> str:
    """A score with at least one decimal, as people read it."""
    if score is None:
        return "—"
    text = number(score)
    return text if "." in text else f"{text}.0"


def arithmetic_of(result: UnitResult) -> dict[str, Any]:
    """The way to a score as plain JSON, kept with it: tables, check lists, formulas with their figures, gaps."""
    return {
        "tables": [
            {
                "code": row.table.code,
                "title": row.table.title,
                "got": number(row.got),
                "due": number(row.due),
                "score": score_text(row.score),
                "text": row.arithmetic,
                "not_applicable": len(row.not_applicable),
            }
            for row in result.tables
        ],
        "checklists": [
            {
                "code": row.table.code,
                "title": row.table.title,
                "conforms": row.conforms,
                "failed": [f"{item.no} {item.title}" for item in row.failed],
            }
            for row in result.checklists
        ],
        "steps": steps_of(result.steps),
        "gaps": list(result.gaps),
    }


def steps_of(steps: Iterable[Any]) -> list[dict[str, str]]:
    return [{"code": s.code, "name": s.name, "text": s.text, "score": score_text(s.score)} for s in steps]
