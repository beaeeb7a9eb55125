"""A project's units put together: a half-year's score, the year's result, self-assessment beside spot-check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from supervision.people.models import User

from ..models import Assessment, AssessmentMark, Project
from ..models.standard import MarkColumn, StandardFamily, StandardVersion, Subject
from ..standards.results import AnnualResult, ProjectResult, UnitResult
from ..standards.scoring import score_annual, score_project, score_unit
from ..standards.spec import Spec
from .sheet import Sheet, plain, score_text, steps_of
from .specs import spec_for
from .vetoes import bring_along

HALVES = {1: "上半年", 2: "下半年"}
MADE_OF = (Subject.OWNER, Subject.SUPERVISOR, Subject.CONTRACTOR)


@dataclass
class UnitLine:
    """A unit in a half-year: its sheet, the column that counts, and its result."""

    assessment: Assessment
    column: str
    result: UnitResult


@dataclass
class HalfYear:
    """A project in a half-year, under the version of its latest sheet. `open_units`: who has no score yet."""

    half: int
    version: StandardVersion | None = None
    lines: list[UnitLine] = field(default_factory=list)
    open_units: list[str] = field(default_factory=list)
    result: ProjectResult | None = None

    @property
    def label(self) -> str:
        return HALVES[self.half]


@dataclass
class Gap:
    """A unit's own score beside another's: how far apart, over how many items answered by both."""

    assessment: Assessment
    first: Decimal | None
    second: Decimal | None
    pairs: int
    items: int

    @property
    def by(self) -> Decimal | None:
        return None if None in (self.first, self.second) else self.first - self.second


@dataclass
class YearSummary:
    project: Project
    year: int
    halves: list[HalfYear]
    annual: AnnualResult | None
    gaps: list[Gap]


def counting_column(assessment: Assessment) -> str | None:
    """The column by which a unit counts in its project: the owner's; of an owner its own, or the bureau's check."""
    if assessment.subject == Subject.OWNER:
        order = (MarkColumn.BUREAU, MarkColumn.SELF)
    else:
        order = (MarkColumn.OWNER,)
    return next((column.value for column in order if getattr(assessment, f"{column.value}_on")), None)


def year_of(project: Project, year: int, family: str, user: User | None = None) -> YearSummary:
    """The project's year in a family of standards, from the sheets `user` may see (None: all of them).

    The number of queries does not depend on how many sheets there are.
    """
    rows = Assessment.objects.all() if user is None else Assessment.objects.visible_to(user)
    sheets = list(
        rows.filter(project=project, year=year, standard_version__standard__family=family)
        .exclude(status="void")
        .select_related(*Assessment.text_joins)
        .prefetch_related("hand_vetoes")
        .order_by("period_to", "subject", "section__code", "pk")
    )
    bring_along(sheets)
    marks = marks_of(sheets)
    halves = [_half(number, sheets, marks) for number in HALVES]
    scored = [half for half in halves if half.result and half.result.score is not None]
    annual = None
    if scored and spec_for(scored[-1].version).formulas_of("annual"):
        annual = score_annual(spec_for(scored[-1].version), [half.result.score for half in scored])
    return YearSummary(project, year, halves, annual, gaps_of(sheets, marks))


Marks = dict[int, dict[str, list[AssessmentMark]]]


def marks_of(sheets: Iterable[Assessment]) -> Marks:
    """{sheet: {column: rows}} of all sheets in one query."""
    found: Marks = defaultdict(lambda: defaultdict(list))
    for row in AssessmentMark.objects.filter(assessment_id__in=[sheet.pk for sheet in sheets]):
        found[row.assessment_id][row.column].append(row)
    return found


def filled(assessment: Assessment, marks: Marks) -> Sheet:
    """The sheet with its marks read already."""
    sheet = Sheet(assessment)
    keys = {item.pk: key for key, item in sheet.spec.items.items()}
    sheet.rows = {
        column.value: {
            keys[row.item_id]: row for row in marks[assessment.pk][column.value] if row.item_id in keys
        }
        for column in MarkColumn
    }
    return sheet


def _half(number: int, sheets: list[Assessment], marks: Marks) -> HalfYear:
    half = HalfYear(number)
    latest: dict[tuple, Assessment] = {}
    for sheet in sheets:
        if (sheet.period_to.month - 1) // 6 + 1 != number or sheet.subject not in MADE_OF:
            continue
        unit = (sheet.subject, sheet.section_id, sheet.unit_id)
        if counting_column(sheet):
            latest[unit] = sheet  # sheets come in order: the last of the half-year counts
        elif MarkColumn.OWNER in sheet.columns or sheet.subject == Subject.OWNER:
            half.open_units.append(sheet.unit_label)
    counted = list(latest.values())
    if not counted:
        return half
    half.version = max(counted, key=lambda sheet: (sheet.period_to, sheet.pk)).standard_version
    spec = spec_for(half.version)
    for sheet in counted:
        column = counting_column(sheet)
        half.lines.append(UnitLine(sheet, column, score_under(spec, filled(sheet, marks), column)))
    order = {subject.value: place for place, subject in enumerate(MADE_OF)}
    half.lines.sort(key=lambda line: (order[line.assessment.subject], line.assessment.unit_label))
    half.open_units = [name for name in half.open_units if name not in {s.unit_label for s in counted}]
    half.result = score_project(spec, [line.result for line in half.lines])
    return half


def score_under(spec: Spec, sheet: Sheet, column: str) -> UnitResult:
    """A column scored under `spec`, which may be another version of the standard than the sheet's own."""
    unit = sheet.unit(column)
    return score_unit(spec, unit)


def gaps_of(sheets: list[Assessment], marks: Marks) -> list[Gap]:
    """Self-assessment beside spot-check (the owner's assessment where there was none), unit by unit."""
    found = []
    for sheet in sheets:
        other = next((c for c in ("bureau", "owner") if getattr(sheet, f"{c}_on")), None)
        if other is None or sheet.self_on is None:
            continue
        of = marks[sheet.pk]
        answered = [
            {row.item_id: plain("", row) for row in of[column] if plain("", row).answered}
            for column in ("self", other)
        ]
        both = set(answered[0]) & set(answered[1])
        unlike = sum(
            (answered[0][pk].deduction, answered[0][pk].not_applicable, answered[0][pk].conforms)
            != (answered[1][pk].deduction, answered[1][pk].not_applicable, answered[1][pk].conforms)
            for pk in both
        )
        found.append(Gap(sheet, sheet.self_score, getattr(sheet, f"{other}_score"), len(both), unlike))
    return found


def family_label(family: str) -> str:
    return dict(StandardFamily.choices).get(family, family)


def as_json(summary: YearSummary) -> dict[str, Any]:
    """The year as the API gives it."""
    return {
        "project": summary.project.pk,
        "year": summary.year,
        "halves": [
            {
                "half": half.half,
                "score": score_text(half.result.score) if half.result else None,
                "grade": half.result.verdict.name if half.result else "",
                "steps": steps_of(half.result.steps) if half.result else [],
                "units": [
                    {
                        "assessment": line.assessment.pk,
                        "unit": line.assessment.unit_label,
                        "column": line.column,
                        "score": score_text(line.result.score),
                        "grade": line.result.verdict.name,
                    }
                    for line in half.lines
                ],
                "open": half.open_units,
            }
            for half in summary.halves
        ],
        "annual": {"score": score_text(summary.annual.score), "text": summary.annual.step.text}
        if summary.annual
        else None,
    }
