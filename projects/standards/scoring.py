"""Marks in, results with their arithmetic out. Pure functions over plain values: no database, no clock.

    unit = Unit("section:7", "contractor", "SG-1 标", marks=in_column(marks, "owner"), facts={"mode": "highway"})
    result = score_unit(spec, unit)          result.score → Decimal("82.4"), result.verdict.name → "合格"
    whole = score_project(spec, [owner, *supervisors, *contractors])
    year = score_annual(spec, [whole_1.score, whole_2.score])

A score says nothing of vetoes and a veto nothing of the score: both stand in the result side by side, and
`verdict` is what follows from them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from ..models.standard import Subject
from .formula import names_in
from .judging import judge, veto_texts
from .marks import Mark
from .naming import MANY, OWN_NAMES, compiled
from .results import (
    AnnualResult,
    ChecklistResult,
    ItemResult,
    ProjectResult,
    Step,
    TableResult,
    Unit,
    UnitResult,
    VetoFound,
)
from .running import Group, Member, Run, Tally, Value, figure, half_up
from .spec import Facts, Formula, Item, Spec, Table

# Decimals kept of a figure that is not rounded, for storing and showing.
EXACT_PLACES = 6


def score_item(item: Item, mark: Mark | None) -> ItemResult:
    """full − min(deduction, full) out of full. Raises ValueError for a negative deduction."""
    if mark is None or not mark.answered or item.full is None:
        return ItemResult(item, mark if mark is not None and mark.answered else None, None, None)
    if mark.not_applicable:
        return ItemResult(item, mark, None, None)
    if mark.deduction is None:
        return ItemResult(item, None, None, None)
    if mark.deduction < 0:
        raise ValueError(f"条目 {item.key} 的扣分是负数")
    return ItemResult(item, mark, item.full - min(mark.deduction, item.full), item.full)


def score_table(spec: Spec, table: Table, marks: Mapping[str, Mark]) -> TableResult:
    """Σ 实得 ÷ Σ 应得 × 100 over the applicable, answered items of a table as `Spec.tables_of` gives it."""
    rows = tuple(score_item(item, marks.get(item.key)) for item in table.items)
    got = sum((row.got for row in rows if row.got is not None), Decimal(0))
    due = sum((row.due for row in rows if row.due is not None), Decimal(0))
    exact = Fraction(got) * 100 / Fraction(due) if due else None
    score = rounded(spec, "table", exact)
    text = f"{figure(Fraction(got))}÷{figure(Fraction(due))}×100" if due else "没有适用的条目"
    return TableResult(table, got, due, score, rows, f"{text} = {shown(score)}" if due else text)


def check_table(table: Table, marks: Mapping[str, Mark]) -> ChecklistResult:
    """Whether every applicable item of a check list conforms."""
    open_items, failed = [], []
    for item in table.items:
        mark = marks.get(item.key)
        if mark is None or not mark.answered:
            open_items.append(item)
        elif mark.conforms is False:
            failed.append(item)
    conforms = False if failed else None if open_items else True
    return ChecklistResult(table, conforms, tuple(failed), tuple(open_items))


def rounded(spec: Spec, stage: str, exact: Fraction | None) -> Decimal | None:
    """A figure as the version keeps it at `stage`: rounded half up, or to six decimals where it stays exact (only
    for storing and showing; what is counted on with is exact then)."""
    if exact is None:
        return None
    return half_up(exact, spec.rounding.places if stage in spec.rounding.stages else EXACT_PLACES)


def kept(spec: Spec, stage: str, exact: Fraction | None) -> Fraction | None:
    """The figure that later formulas and the lines see."""
    if exact is None or stage not in spec.rounding.stages:
        return exact
    return Fraction(half_up(exact, spec.rounding.places))


def shown(score: Decimal | None) -> str:
    """A score for people: 92.0 where it was rounded to one decimal, plain where it stayed exact."""
    if score is None:
        return "—"
    return figure(Fraction(score)) if score.as_tuple().exponent == -EXACT_PLACES else f"{score}"


def take_step(
    spec: Spec, rule: Formula, names: Mapping[str, Value]
) -> tuple[Step, Fraction | None, list[str]]:
    """Run one formula: the step to show, the figure to count on with, and what is missing."""
    ready = compiled(spec, rule.stage, rule.subject, rule.expression)
    run = Run(names, ready.labels)
    exact = run.evaluate(ready.tree)
    score = rounded(spec, rule.stage, exact)
    text = f"{run.spell(ready.tree)} = {shown(score)}"
    made = Step(rule.code, rule.name, rule.stage, text, exact, score, rule.source, rule.confidence)
    return made, kept(spec, rule.stage, exact), run.gaps


def score_unit(spec: Spec, unit: Unit) -> UnitResult:
    """Score one unit under a version: its tables, its parts, its figure, its verdict.

    The version must be one that `checking.problems` finds nothing wrong with.
    """
    tables = tuple(
        score_table(spec, table, unit.marks)
        for table in spec.tables_of(unit.subject, unit.facts, kind="scored")
    )
    checklists = tuple(
        check_table(table, unit.marks) for table in spec.tables_of(unit.subject, unit.facts, kind="checklist")
    )
    # A table that does not apply to this unit is nothing got of nothing due.
    names: dict[str, Value] = {
        table.code: Tally(Fraction(0), Fraction(0), None)
        for table in spec.tables
        if table.subject == unit.subject and table.scored
    }
    for row in tables:
        exact = Fraction(row.got) * 100 / Fraction(row.due) if row.due else None
        names[row.table.code] = Tally(Fraction(row.got), Fraction(row.due), kept(spec, "table", exact))
    steps: list[Step] = []
    gaps: list[str] = []
    figure_of_unit: Fraction | None = None
    score: Decimal | None = None
    for rule in in_order(spec, unit.subject):
        made, names[rule.code], missing = take_step(spec, rule, names)
        steps.append(made)
        gaps += [text for text in missing if text not in gaps]
        if rule.stage == "unit":
            figure_of_unit, score = names[rule.code], made.score
    complete = not any(row.unanswered for row in tables) and not any(row.unanswered for row in checklists)
    return UnitResult(
        unit=unit,
        tables=tables,
        checklists=checklists,
        steps=tuple(steps),
        score=score,
        exact=figure_of_unit,
        vetoes=veto_texts(spec, unit.subject, unit.vetoes)[0],
        gaps=tuple(gaps),
        complete=complete,
        verdict=judge(spec, unit.subject, figure_of_unit, names, unit.facts, unit.vetoes, complete=complete),
    )


def in_order(spec: Spec, subject: str) -> list[Formula]:
    """The formulas of a unit, each after those it names; kept with the spec. Raises ValueError when they run in a
    circle."""
    orders: dict[str, list[Formula]] = spec.__dict__.setdefault("_orders", {})
    if subject not in orders:
        orders[subject] = _ordered(spec, subject)
    return orders[subject]


def _ordered(spec: Spec, subject: str) -> list[Formula]:
    rules = {
        rule.code: rule for rule in (*spec.formulas_of("part", subject), *spec.formulas_of("unit", subject))
    }
    done: list[str] = []

    def visit(code: str, way: tuple[str, ...]) -> None:
        if code in way:
            raise ValueError("公式循环引用：" + " → ".join((*way[way.index(code) :], code)))
        if code in done:
            return
        rule = rules[code]
        for name in names_of(spec, rule):
            if name in rules:
                visit(name, (*way, code))
        done.append(code)

    for code in rules:
        visit(code, ())
    return [rules[code] for code in done]


def names_of(spec: Spec, rule: Formula) -> Iterable[str]:
    return names_in(compiled(spec, rule.stage, rule.subject, rule.expression).tree)


def score_project(
    spec: Spec,
    units: Sequence[Unit | UnitResult],
    *,
    label: str = "工程项目",
    facts: Facts | None = None,
    vetoes: tuple[VetoFound, ...] = (),
) -> ProjectResult:
    """Score a project from its units, in any order; units that are scored already are taken as they are.

    Units without a score (nothing applicable) are left out of means and named in `gaps`. Raises ValueError when a
    key comes twice, for two owners, and for a unit of which a project is not made (a check of works).
    """
    results = tuple(unit if isinstance(unit, UnitResult) else score_unit(spec, unit) for unit in units)
    keys = [result.unit.key for result in results]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"同一单位给出了两次：{'、'.join(twice)}")
    strange = [row.unit.label for row in results if row.unit.subject not in (*MANY, Subject.OWNER)]
    if strange:
        raise ValueError(f"不计入项目得分：{'、'.join(strange)}")
    gaps = [f"{row.unit.label}没有得分：{'；'.join(row.gaps)}" for row in results if row.exact is None]
    names: dict[str, Value] = {}
    for subject in MANY:
        mine = sorted((row for row in results if row.unit.subject == subject), key=lambda row: row.unit.key)
        names[subject] = Group(Subject(subject).label, tuple(member_of(row) for row in mine))
    owners = [row for row in results if row.unit.subject == Subject.OWNER]
    if len(owners) > 1:
        raise ValueError("一个项目只有一份建设单位的考核")
    names[Subject.OWNER.value] = owners[0].exact if owners else None
    steps: list[Step] = []
    exact: Fraction | None = None
    score: Decimal | None = None
    for rule in spec.formulas_of("project"):
        made, exact, missing = take_step(spec, rule, names)
        names[rule.code], score = exact, made.score
        steps.append(made)
        gaps += [text for text in missing if text not in gaps]
    complete = bool(results) and all(row.complete for row in results)
    project = Subject.PROJECT.value
    return ProjectResult(
        units=results,
        steps=tuple(steps),
        score=score,
        exact=exact,
        vetoes=veto_texts(spec, project, vetoes)[0],
        gaps=tuple(gaps),
        complete=complete,
        verdict=judge(spec, project, exact, names, facts or {}, vetoes, complete=complete),
    )


def member_of(result: UnitResult) -> Member:
    price = result.unit.price
    return Member(result.unit.label, result.exact, {"price": None if price is None else Fraction(price)})


def score_annual(
    spec: Spec, scores: Sequence[Decimal | None], *, subject: str = Subject.PROJECT.value
) -> AnnualResult:
    """The year's result from the owner's assessments of the year; those without a score are left out.

    Raises ValueError when the version declares no annual formula.
    """
    rules = spec.formulas_of("annual")
    if not rules:
        raise ValueError("该版本没有年度得分的公式")
    given = [
        Member(f"第{number}次", Fraction(score))
        for number, score in enumerate(scores, 1)
        if score is not None
    ]
    names: dict[str, Value] = {"assessments": Group(OWN_NAMES["assessments"], tuple(given))}
    made, exact, gaps = take_step(spec, rules[0], names)
    return AnnualResult(
        made.score, made, tuple(gaps), judge(spec, subject, exact, {}, {}, (), lines_only=True)
    )
