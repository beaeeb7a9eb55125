"""The marks of 交工验收, 鉴定 and 竣工验收, by the formulas of the rule set acceptance-scores.

Exact from the spot-checked points to the grade: figures are fractions, a grade compares them unrounded, and only
what is kept for people to read is rounded, once, by `marks`. The 合格率 method of `quality.division.judging` is
another thing altogether and meets this one nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from projects.models import Project
from projects.standards import formula
from projects.standards.running import Group, Member, Run, Value, figure, half_up
from supervision.rules.models import RuleSet

from ..models.acceptance import Grade, Purpose, ScoredPart, ScoreSheet
from ..models.division import Division, Kind

PLACES = 2
parsed = lru_cache(maxsize=64)(formula.parse)


@dataclass(frozen=True)
class Scored:
    """A score with how it came about.

    score   exact; None where `gaps` says what is missing
    grade   "" without a score
    """

    label: str
    score: Fraction | None
    grade: str
    arithmetic: str
    gaps: tuple[str, ...] = ()
    below: tuple[Scored, ...] = ()

    def lines(self) -> list[dict[str, str]]:
        """This and all below it as rows for people: name, score, grade, arithmetic."""
        own = {
            "label": self.label,
            "score": "—" if self.score is None else str(marks(self.score)),
            "grade": Grade(self.grade).label if self.grade else "—",
            "arithmetic": self.arithmetic,
        }
        return [line for one in self.below for line in one.lines()] + [own]

    def all_gaps(self) -> list[str]:
        found = [gap for one in self.below for gap in one.all_gaps()]
        return list(dict.fromkeys([*found, *(f"{self.label}：{gap}" for gap in self.gaps)]))


def marks(score: Fraction) -> Decimal:
    """A score for people: two decimals, a half rounded up. Never compared with anything."""
    return half_up(score, PLACES)


def grade_of(score: Fraction, content: Mapping[str, Any], below: Iterable[str] = ()) -> str:
    """优良 from `excellent`, 合格 from `qualified`, else 不合格; and 不合格 wherever something below is."""
    if Grade.FAILED in below or score < Fraction(content["qualified"]):
        return Grade.FAILED
    return Grade.EXCELLENT if score >= Fraction(content["excellent"]) else Grade.QUALIFIED


def reckon(
    step: str,
    label: str,
    names: Mapping[str, Value],
    content: Mapping[str, Any],
    below: Iterable[Scored] = (),
) -> Scored:
    """One formula of the rule set, by its name, over these figures."""
    tree, below = parsed(content["formulas"][step]), tuple(below)
    run = Run(names)
    score = run.evaluate(tree)
    if any(one.score is None for one in below):
        score = None
    grade = "" if score is None else grade_of(score, content, [one.grade for one in below])
    text = run.spell(tree) + ("" if score is None else f" = {figure(score)}")
    return Scored(label, score, grade, text, tuple(run.gaps), below)


def part_score(
    label: str, items: Iterable[tuple[str, int, int, Decimal]], appearance: Decimal, content
) -> Scored:
    """分部得分 of items (name, good, points, weight)."""
    members = tuple(
        Member(name, Fraction(good * 100, points), {"权值": Fraction(weight)})
        for name, good, points, weight in items
    )
    names = {"抽查项目": Group("抽查项目", members), "外观扣分": Fraction(appearance)}
    return reckon("part", label, names | {"权值": None}, content)


def _combined(
    step: str,
    label: str,
    group: str,
    weight: str,
    scored: Iterable[tuple[Scored, Decimal | None]],
    content: Mapping[str, Any],
    **more: Value,
) -> Scored:
    pairs = tuple(scored)
    members = tuple(
        Member(one.label, one.score, {weight: None if by is None else Fraction(by)}) for one, by in pairs
    )
    names = {group: Group(group, members), weight: None} | more
    return reckon(step, label, names, content, [one for one, _ in pairs])


def unit_score(label: str, parts: Iterable[tuple[Scored, Decimal]], content) -> Scored:
    """单位工程得分 of its parts with their weights."""
    return _combined("unit", label, "分部工程", "权值", parts, content)


def section_score(label: str, units, documents: Decimal, content) -> Scored:
    """合同段得分 of its units with their investments (any one unit of money)."""
    deducted = {"内业扣分": Fraction(documents)}
    return _combined("section", label, "单位工程", "投资额", units, content, **deducted)


def project_score(label: str, sections, content) -> Scored:
    """建设项目得分 of its sections with their contract prices."""
    return _combined("project", label, "合同段", "投资额", sections, content)


def final_quality(handover: Fraction, appraisal: Fraction, committee: Decimal, content) -> Scored:
    """竣工工程质量得分."""
    names = {"交工得分": handover, "鉴定得分": appraisal, "委员会得分": Fraction(committee)}
    return reckon("final_quality", "竣工工程质量", names, content)


def comprehensive(quality: Scored, owner, design, construction, supervision, content) -> Scored:
    """综合得分. A project is 优良 only where its works are; where they failed it failed."""
    names = {
        "竣工质量得分": quality.score,
        "项目法人": Fraction(owner),
        "设计单位": Fraction(design),
        "施工单位": Fraction(construction),
        "监理单位": Fraction(supervision),
    }
    found = reckon("comprehensive", "建设项目综合评分", names, content, [quality])
    if found.grade == Grade.EXCELLENT and quality.grade != Grade.EXCELLENT:
        return Scored(found.label, found.score, Grade.QUALIFIED, found.arithmetic, found.gaps, found.below)
    return found


# --------------------------------------------------------------------------------------------- of the records


def of_sheet(sheet: ScoreSheet, rules: RuleSet) -> Scored:
    """The score of a sheet from its parts and items, in a fixed number of queries."""
    content = rules.content
    parts = (
        ScoredPart.objects.filter(sheet=sheet)
        .select_related("division")
        .prefetch_related("items")
        .order_by("division__path")
    )
    by_unit: dict[int, list[tuple[Scored, Decimal]]] = defaultdict(list)
    for part in parts:
        items = [(item.name, item.good, item.points, item.weight) for item in part.items.all()]
        scored = part_score(str(part.division), items, part.appearance, content)
        by_unit[part.division.above()[0]].append((scored, part.weight))
    units = Division.objects.filter(pk__in=by_unit).order_by("path")
    scored_units = [(unit_score(str(unit), by_unit[unit.pk], content), unit.investment) for unit in units]
    return section_score(str(sheet.section), scored_units, sheet.documents_deduction, content)


def unscored(sheet: ScoreSheet) -> list[str]:
    """Units of the sheet's section that it says nothing of."""
    seen = {part.above()[0] for part in Division.objects.filter(pk__in=sheet.parts.values("division"))}
    units = Division.objects.filter(section_id=sheet.section_id, kind=Kind.UNIT, status="active")
    return [f"单位工程“{unit}”还没有分部工程评分。" for unit in units.exclude(pk__in=seen).order_by("path")]


def sealed_sheets(project: Project, purpose: str) -> list[ScoreSheet]:
    found = ScoreSheet.objects.filter(section__project=project, purpose=purpose, status="sealed")
    return list(found.select_related("section__project", "scoring_rule").order_by("section__code"))


def of_project(project: Project, purpose: Purpose, rules: RuleSet) -> Scored:
    """The project's score over its sealed sheets, each by the rules it was sealed under."""
    sheets = sealed_sheets(project, purpose)
    scored = [(of_sheet(sheet, sheet.scoring_rule), sheet.section.contract_price) for sheet in sheets]
    return project_score(f"{project}{purpose.label}", scored, rules.content)
