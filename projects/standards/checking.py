"""What is wrong with a version, found before anybody is judged by it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from ..models.standard import Part, Subject, TableKind
from . import formula as language
from .kinds import BOOLEAN, NUMBER, kind_problems, weights_of
from .naming import CONDITION, OWN_NAMES, compiled, scope_of
from .running import figure
from .scoring import in_order
from .spec import CONDITIONS, STAGES, SUBJECT_LABELS, Band, Formula, Spec, Table, When

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED = {*OWN_NAMES, *Subject.values, *language.FUNCTIONS, "and", "or"}


@dataclass(frozen=True)
class Problem:
    """One mistake. `place` is (part of the version, index in it): ("formula", 2), ("item", table, item) …, and
    `field` the attribute, so that the workbook can name row and column; `text` names the thing itself too."""

    place: tuple
    text: str
    field: str = ""


def problems(spec: Spec) -> list[Problem]:
    """Everything wrong with a version; empty when it may be adopted and scored with."""
    found: list[Problem] = []
    for check in (
        _lines,
        _tables,
        _items,
        _codes,
        _formulas,
        _circles,
        _completeness,
        _bands,
        _vetoes,
        _rest,
    ):
        found += list(check(spec))
    return found


def _lines(spec: Spec) -> Iterator[Problem]:
    for field, name in (("pass_line", "合格线"), ("excellent_line", "优秀线")):
        value = getattr(spec, field)
        if value is not None and not 0 <= value <= 100:
            yield Problem(("version", 0), f"{name}应在 0 至 100 之间，现为 {_plain(value)}", field)
    if spec.excellent_line is not None and spec.excellent_line < spec.pass_line:
        yield Problem(
            ("version", 0),
            f"优秀线 {_plain(spec.excellent_line)} 低于合格线 {_plain(spec.pass_line)}",
            "excellent_line",
        )
    if unknown := set(spec.rounding.stages) - set(STAGES):
        yield Problem(
            ("version", 0), f"取位环节有误：{'、'.join(sorted(unknown))}；可用：{'、'.join(STAGES)}"
        )
    if not 0 <= spec.rounding.places <= 4:
        yield Problem(("version", 0), "取位应为 0 至 4 位小数", "places")


def _tables(spec: Spec) -> Iterator[Problem]:
    seen: set[str] = set()
    if not spec.tables:
        yield Problem(("version", 0), "没有任何考核表")
    for at, table in enumerate(spec.tables):
        place, name = ("table", at), f"表“{table.code}”"
        if table.code in seen:
            yield Problem(place, f"{name}重复出现", "code")
        seen.add(table.code)
        if table.subject not in Subject.values:
            yield Problem(place, f"{name}的考核对象“{table.subject}”不在可选项内", "subject")
        if table.kind not in TableKind.values:
            yield Problem(place, f"{name}的计分方式“{table.kind}”不在可选项内", "kind")
        if table.part and table.part not in Part.values:
            yield Problem(place, f"{name}的所属部分“{table.part}”不在可选项内", "part")
        yield from (Problem(place, f"{name}的{text}", "when") for text in when_problems(table.when))
        if not table.items:
            yield Problem(place, f"{name}没有条目")
        yield from _total(table, place)


def _total(table: Table, place: tuple) -> Iterator[Problem]:
    if table.full is None or not table.scored:
        return
    if table.full <= 0:
        yield Problem(place, f"表“{table.code}”的满分应大于 0", "full")
    if any(item.full is None or item.full <= 0 for item in table.items):
        return  # said of the items; their sum would only say it again
    total = sum((item.full for item in table.items), Decimal(0))
    if total != table.full:
        yield Problem(
            place,
            f"表“{table.code}”各条目满分之和为 {_plain(total)}，与载明的 {_plain(table.full)} 不符",
            "full",
        )


def _items(spec: Spec) -> Iterator[Problem]:
    for at, table in enumerate(spec.tables):
        seen: set[str] = set()
        for row, item in enumerate(table.items):
            place, name = ("item", at, row), f"表“{table.code}”条目“{item.no}”"
            if item.no in seen:
                yield Problem(place, f"{name}重复出现", "no")
            seen.add(item.no)
            if not item.no.strip() or not item.title.strip():
                yield Problem(place, f"{name}缺少序号或考核项目", "title")
            if table.scored and (item.full is None or item.full <= 0):
                given = "" if item.full is None else f"，现为 {_plain(item.full)}"
                yield Problem(place, f"{name}的满分应大于 0{given}", "full")
            if not table.scored and item.full is not None:
                yield Problem(place, f"{name}属于符合性核查，不填满分", "full")
            yield from (Problem(place, f"{name}的{text}", "when") for text in when_problems(item.when))


def when_problems(when: When) -> Iterator[str]:
    """What is wrong with a condition of applicability."""
    for key, values in when.items():
        if key not in CONDITIONS:
            yield f"适用条件“{key}”不认识；可用：{'、'.join(CONDITIONS)}"
            continue
        label, known = CONDITIONS[key]
        if strange := [value for value in values if value not in known]:
            yield f"适用条件“{label}”中“{'、'.join(strange)}”不认识；可用：{'、'.join(known.values())}"


def _codes(spec: Spec) -> Iterator[Problem]:
    tables = {table.code for table in spec.tables}
    for part, entries in (
        ("formula", spec.formulas),
        ("band", spec.bands),
        ("veto", spec.vetoes),
        ("fact", spec.facts),
        ("type", spec.evaluation_types),
    ):
        counted = Counter(entry.code for entry in entries)
        for at, entry in enumerate(entries):
            label = _PARTS[part]
            if counted[entry.code] > 1:
                yield Problem((part, at), f"{label}代码“{entry.code}”重复出现", "code")
            if not _CODE.fullmatch(entry.code):
                yield Problem(
                    (part, at), f"{label}代码“{entry.code}”应以字母开头，只用字母、数字和下划线", "code"
                )
            elif part in ("formula", "fact") and (entry.code in _RESERVED or entry.code in tables):
                yield Problem((part, at), f"{label}代码“{entry.code}”已另有含义，请换一个", "code")
            if not entry.name.strip():
                yield Problem((part, at), f"{label}“{entry.code}”没有名称", "name")


_PARTS = {"formula": "公式", "band": "等次", "veto": "否决情形", "fact": "事实", "type": "评价类型"}


def _formulas(spec: Spec) -> Iterator[Problem]:
    for at, rule in enumerate(spec.formulas):
        place, name = ("formula", at), f"公式“{rule.name or rule.code}”"
        if rule.stage not in STAGES or rule.stage == "table":
            stages = "、".join(stage for stage in STAGES if stage != "table")
            yield Problem(place, f"{name}的环节“{rule.stage}”不认识；可用：{stages}", "stage")
            continue
        if rule.subject not in Subject.values:
            yield Problem(place, f"{name}的考核对象“{rule.subject}”不在可选项内", "subject")
            continue
        for text in formula_problems(spec, rule):
            yield Problem(place, f"{name}：{text}", "expression")


def formula_problems(spec: Spec, rule: Formula) -> list[str]:
    """What is wrong with one formula taken by itself."""
    try:
        ready = compiled(spec, rule.stage, rule.subject, rule.expression)
    except language.FormulaError as error:
        return [str(error)]
    found = kind_problems(ready.tree, scope_of(spec, rule.stage, rule.subject).kinds, wanted=NUMBER)
    if not found:
        found = weight_problems(ready.tree)
    return found


def weight_problems(tree: language.Node) -> list[str]:
    """Weights that are negative or do not add up to 1, in a formula that is a weighted sum."""
    sums = weights_of(tree)
    if sums is None:
        return []
    weights, constant = sums
    found = []
    if constant:
        found.append(f"含有固定分值 {figure(constant)}，得分应只由各项加权得出")
    if any(weight < 0 for weight in weights.values()):
        found.append("权重不能是负数")
    total = sum(weights.values(), Fraction(0))
    if total != 1:
        found.append(f"权重之和为 {figure(total)}，应为 1")
    return found


def _circles(spec: Spec) -> Iterator[Problem]:
    for subject in Subject.values:
        try:
            in_order(spec, subject)
        except language.FormulaError:
            continue  # said by _formulas
        except ValueError as error:
            codes = str(error).partition("：")[2].split(" → ")
            at = next(i for i, r in enumerate(spec.formulas) if r.subject == subject and r.code == codes[0])
            yield Problem(("formula", at), str(error), "expression")
    for stage in ("project", "annual"):
        for rule in spec.formulas_of(stage):
            try:
                names = set(language.names_in(compiled(spec, stage, rule.subject, rule.expression).tree))
            except language.FormulaError:
                continue
            if rule.code in names:
                place = ("formula", spec.formulas.index(rule))
                yield Problem(place, f"公式循环引用：{rule.code} → {rule.code}", "expression")


def _completeness(spec: Spec) -> Iterator[Problem]:
    """Exactly one figure per subject, project and year; every scored table counts in it."""
    scored = {table.subject for table in spec.tables if table.scored}
    for subject in (s for s in Subject.values if s in scored):
        rules = spec.formulas_of("unit", subject)
        label = SUBJECT_LABELS[subject]
        if len(rules) != 1:
            yield Problem(("version", 0), f"{label}须有且只有一个“单位得分”公式，现有 {len(rules)} 个")
            continue
        yield from _unused(spec, subject, rules[0])
    for rule in spec.formulas_of("unit"):
        if rule.subject not in scored:
            label = SUBJECT_LABELS.get(rule.subject, rule.subject)
            yield Problem(
                ("formula", spec.formulas.index(rule)), f"公式“{rule.name}”：{label}没有计分的表", "subject"
            )
    for stage in ("project", "annual"):
        rules = spec.formulas_of(stage)
        if len(rules) > 1:
            yield Problem(
                ("formula", spec.formulas.index(rules[1])), f"“{STAGES[stage]}”只能有一个公式", "stage"
            )
    if len(scored & {Subject.CONTRACTOR, Subject.SUPERVISOR, Subject.OWNER}) > 1 and not spec.formulas_of(
        "project"
    ):
        yield Problem(("version", 0), "有多类考核对象，须有“项目得分”公式")


def _unused(spec: Spec, subject: str, unit: Formula) -> Iterator[Problem]:
    """A table that no figure counts would be filled for nothing. Asked only where the formulas are sound."""
    rules = {rule.code: rule for rule in (*spec.formulas_of("part", subject), unit)}
    if any(formula_problems(spec, rule) for rule in rules.values()):
        return
    try:
        in_order(spec, subject)
    except ValueError:
        return
    used, waiting = {unit.code}, [unit]
    while waiting:
        rule = waiting.pop()
        names = set(language.names_in(compiled(spec, rule.stage, subject, rule.expression).tree))
        waiting += [rules[name] for name in names - used if name in rules]
        used |= names
    for at, table in enumerate(spec.tables):
        if table.subject == subject and table.scored and table.code not in used:
            yield Problem(("table", at), f"表“{table.code}”没有计入任何公式", "code")
    for rule in rules.values():
        if rule.code not in used:
            place = ("formula", spec.formulas.index(rule))
            yield Problem(place, f"公式“{rule.name}”没有计入单位得分", "code")


def _bands(spec: Spec) -> Iterator[Problem]:
    judged = {table.subject for table in spec.tables if table.scored}
    if spec.formulas_of("project"):
        judged.add(Subject.PROJECT.value)
    for at, band in enumerate(spec.bands):
        place, name = ("band", at), f"等次“{band.name or band.code}”"
        yield from (Problem(place, f"{name}：{text}", "subjects") for text in _subjects(band.subjects))
        if floor_problem := _floor(spec, band.floor):
            yield Problem(place, f"{name}的{floor_problem}", "floor")
        if band.condition:
            yield from _condition(spec, at, band, [s for s in Subject.values if s in judged])
    for subject in (s for s in Subject.values if s in judged):
        yield from _ladder(spec, subject)


def _condition(spec: Spec, at: int, band: Band, judged: list[str]) -> Iterator[Problem]:
    """What is wrong with a grade's condition, each mistake once with those it is wrong for."""
    wrong: dict[str, list[str]] = {}
    for subject in judged:
        if not band.subjects or subject in band.subjects:
            for text in condition_problems(spec, subject, band.condition):
                wrong.setdefault(text.partition("；可用")[0], []).append(SUBJECT_LABELS[subject])
    for text, labels in wrong.items():
        yield Problem(("band", at), f"等次“{band.name}”的条件（{'、'.join(labels)}）：{text}", "condition")


def _ladder(spec: Spec, subject: str) -> Iterator[Problem]:
    """Grades must go down to one that everybody reaches and that does not pass."""
    bands, label = spec.bands_of(subject), SUBJECT_LABELS[subject]
    if not bands:
        yield Problem(("version", 0), f"{label}没有等次")
        return
    floors = [spec.line(band.floor) for band in bands if not _floor(spec, band.floor)]
    known = [floor for floor in floors if floor is not None]
    if known != sorted(known, reverse=True):
        yield Problem(("band", spec.bands.index(bands[0])), f"{label}的等次应由高到低排列", "floor")
    last = bands[-1]
    if last.passed or last.condition or (not _floor(spec, last.floor) and spec.line(last.floor) != 0):
        yield Problem(
            ("band", spec.bands.index(last)),
            f"{label}的最低等次“{last.name}”应自 0 分起、不附条件、为不合格",
            "floor",
        )
    if not any(band.passed for band in bands):
        yield Problem(("band", spec.bands.index(last)), f"{label}没有合格的等次", "passed")


def _floor(spec: Spec, floor: str) -> str:
    if floor == "excellent_line" and spec.excellent_line is None:
        return "起点是优秀线，但该版本没有优秀线"
    if floor in ("pass_line", "excellent_line"):
        return ""
    try:
        value = Decimal(floor)
    except InvalidOperation:
        return f"起点“{floor}”应为分数，或 pass_line、excellent_line"
    return "" if value.is_finite() and 0 <= value <= 100 else f"起点 {floor} 应在 0 至 100 之间"


def condition_problems(spec: Spec, subject: str, condition: str) -> list[str]:
    try:
        ready = compiled(spec, CONDITION, subject, condition)
    except language.FormulaError as error:
        return [str(error)]
    return kind_problems(ready.tree, scope_of(spec, CONDITION, subject).kinds, wanted=BOOLEAN)


def _vetoes(spec: Spec) -> Iterator[Problem]:
    for at, veto in enumerate(spec.vetoes):
        yield from (
            Problem(("veto", at), f"否决情形“{veto.name}”：{text}", "subjects")
            for text in _subjects(veto.subjects)
        )


def _subjects(subjects: Iterable[str]) -> Iterator[str]:
    if strange := [subject for subject in subjects if subject not in Subject.values]:
        yield f"考核对象“{'、'.join(strange)}”不在可选项内"


def _rest(spec: Spec) -> Iterator[Problem]:
    for at, kind in enumerate(spec.evaluation_types):
        for code, least in kind.at_least.items():
            try:
                Fraction(least)
            except (ValueError, ZeroDivisionError):
                yield Problem(
                    ("type", at), f"评价类型“{kind.name}”的“{code}”应为数值，现为“{least}”", "at_least"
                )
        if kind.within_years is not None and not kind.after:
            yield Problem(("type", at), f"评价类型“{kind.name}”限定了年数，但没有起算日期", "after")


def _plain(value: Decimal) -> str:
    return figure(Fraction(value))
