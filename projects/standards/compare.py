"""Two versions side by side, and the same marks under another version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from supervision.rules.models import Confidence

from ..models.standard import Part, TableKind
from .marks import Mark
from .results import Unit, UnitResult
from .running import figure
from .scoring import score_unit
from .spec import CONDITIONS, STAGES, SUBJECT_LABELS, Item, Spec

LABELS = {
    "no": "序号",
    "title": "名称",
    "name": "名称",
    "full": "满分",
    "category": "类别",
    "text": "考核内容",
    "method": "考核方法",
    "rule": "扣分标准",
    "mandatory": "必查",
    "when": "适用条件",
    "clause": "条款",
    "source": "依据",
    "confidence": "依据可信度",
    "subject": "考核对象",
    "subjects": "考核对象",
    "kind": "计分方式",
    "part": "所属部分",
    "stage": "环节",
    "expression": "公式",
    "floor": "起点",
    "passed": "合格",
    "condition": "附加条件",
    "note": "说明",
    "after": "起算日期",
    "within_years": "年限",
    "at_least": "最低要求",
    "categories": "项目类别",
    "cycle": "周期",
    "pass_line": "合格线",
    "excellent_line": "优秀线",
    "pass_confidence": "合格线依据",
    "excellent_confidence": "优秀线依据",
    "rounding": "取位",
}


@dataclass(frozen=True)
class Change:
    """One thing that differs. kind: 新增, 取消 or 修改; details: (what, before, after) in words."""

    group: str
    name: str
    kind: str
    details: tuple[tuple[str, str, str], ...] = ()


def differences(old: Spec, new: Spec) -> list[Change]:
    """What `new` adds, drops and changes against `old`: lines, tables, items, formulas, grades, vetoes …

    Tables and items are the same when their code and number are; the order of entries is not compared.
    """
    lines = _details(old, new, ("pass_line", "pass_confidence", "excellent_line", "excellent_confidence"))
    if old.rounding != new.rounding:
        lines.append((LABELS["rounding"], rounding_words(old), rounding_words(new)))
    found = [Change("分数线", "合格线、优秀线与取位", "修改", tuple(lines))] if lines else []
    found += _pairs("考核表", old.by_code, new.by_code, skip={"items"})
    found += _pairs("条目", old.items, new.items)
    for group, name in (
        ("公式", "formulas"),
        ("等次", "bands"),
        ("否决情形", "vetoes"),
        ("事实", "facts"),
        ("评价类型", "evaluation_types"),
    ):
        before, after = ({entry.code: entry for entry in getattr(spec, name)} for spec in (old, new))
        found += _pairs(group, before, after)
    return found


def rounding_words(spec: Spec) -> str:
    """How a version rounds, in words."""
    stages = "、".join(label for stage, label in STAGES.items() if stage in spec.rounding.stages)
    if not stages:
        return "各环节都不取位"
    return f"{stages}各保留 {spec.rounding.places} 位小数，四舍五入"


def _pairs(group: str, old: dict[str, Any], new: dict[str, Any], skip: Iterable[str] = ()) -> list[Change]:
    found = []
    for key in dict.fromkeys([*old, *new]):
        entry = new.get(key) or old[key]
        name = f"{key} {getattr(entry, 'title', '') or getattr(entry, 'name', '')}"
        if key not in old:
            found.append(Change(group, name, "新增", _gist(entry)))
        elif key not in new:
            found.append(Change(group, name, "取消"))
        else:
            names = [f.name for f in fields(entry) if f.compare and f.name not in (*skip, "table", "code")]
            if details := _details(old[key], new[key], names):
                found.append(Change(group, name, "修改", tuple(details)))
    return found


def _gist(entry: Any) -> tuple[tuple[str, str, str], ...]:
    if isinstance(entry, Item) and entry.full is not None:
        return ((LABELS["full"], "", words("full", entry.full)),)
    return ()


def _details(old: Any, new: Any, names: Iterable[str]) -> list[tuple[str, str, str]]:
    found = []
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            found.append((LABELS.get(name, name), words(name, before), words(name, after)))
    return found


def words(name: str, value: Any) -> str:
    """A value of a version's part as people read it."""
    if value is None or value == "" or value == () or value == {}:
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if name == "when":
        return when_words(value)
    if name == "at_least":
        return "；".join(f"{code}={least}" for code, least in value.items())
    if name in _CHOICES:
        listed = [value] if isinstance(value, str) else value
        return "、".join(_CHOICES[name].get(item, item) for item in listed)
    if isinstance(value, tuple):
        return "、".join(value)
    return figure(Fraction(value)) if isinstance(value, Decimal) else str(value)


def when_words(when: Any) -> str:
    """A condition of applicability: 领域=公路；构件=桥梁、隧道."""
    parts = []
    for key, values in when.items():
        label, known = CONDITIONS.get(key, (key, {}))
        parts.append(f"{label}={'、'.join(known.get(value, value) for value in values)}")
    return "；".join(parts)


_CHOICES: dict[str, dict[str, str]] = {
    "subject": SUBJECT_LABELS,
    "subjects": SUBJECT_LABELS,
    "kind": dict(TableKind.choices),
    "part": dict(Part.choices),
    "stage": STAGES,
    "confidence": dict(Confidence.choices),
    "pass_confidence": dict(Confidence.choices),
    "excellent_confidence": dict(Confidence.choices),
}


# ------------------------------------------------------------------------------------------- the same marks again


@dataclass(frozen=True)
class Rescored:
    """A unit under another version. `lost`: marked items that the version does not have; `missing`: items it asks
    for beyond what was marked, so that the result is open while there are any."""

    result: UnitResult
    lost: tuple[str, ...]
    missing: tuple[Item, ...]


def rescore(spec: Spec, unit: Unit) -> Rescored:
    """The unit's own marks under `spec`; neither the unit nor its first result is touched."""
    marks: dict[str, Mark] = {key: mark for key, mark in unit.marks.items() if key in spec.items}
    result = score_unit(spec, replace(unit, marks=marks))
    lost = tuple(key for key in unit.marks if key not in spec.items)
    return Rescored(result, lost, tuple(result.unanswered))
