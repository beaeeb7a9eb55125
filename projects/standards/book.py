"""What the workbook of a version holds: its sheets and columns, declared once for writing and reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from supervision.rules.models import Confidence
from supervision.rules.names import split_aliases
from supervision.rules.numbers import parse_date, parse_decimal

from ..models.project import MILESTONES, Category
from ..models.standard import Part, TableKind
from .compare import when_words
from .running import figure
from .spec import CONDITIONS, STAGES, SUBJECT_LABELS, Band, EvaluationType, Fact, Formula, Item, Table, Veto

Read = Callable[[str], Any]


def choice(labels: Mapping[str, str]) -> Read:
    """Reads a label (or its code) of a closed list. Raises ValueError."""

    def read(text: str) -> str:
        for value, label in labels.items():
            if text in (label, value):
                return value
        raise ValueError(f"“{text}”不在可选项内：{'、'.join(labels.values())}")

    return read


def choices(labels: Mapping[str, str]) -> Read:
    one = choice(labels)
    return lambda text: tuple(one(word) for word in split_aliases(text))


def yes_no(text: str) -> bool:
    if text in ("是", "√", "*"):
        return True
    if text in ("否", "×", ""):
        return False
    raise ValueError("请填“是”或“否”")


def marks(text: str) -> Decimal:
    return parse_decimal(text, 2, "分值", units=("分",))


def whole(text: str) -> int:
    return int(parse_decimal(text, 0))


def when(text: str) -> dict[str, tuple[str, ...]]:
    """领域=公路；构件=桥梁、隧道. Raises ValueError."""
    found = {}
    for part in text.replace(";", "；").split("；"):
        if not part.strip():
            continue
        label, equals, values = part.replace("＝", "=").partition("=")
        key = next((k for k, (name, _) in CONDITIONS.items() if label.strip() in (name, k)), None)
        if key is None or not equals:
            raise ValueError(
                f"“{part.strip()}”应写成 {'；'.join(f'{name}=…' for name, _ in CONDITIONS.values())}"
            )
        found[key] = choices(CONDITIONS[key][1])(values)
    return found


def least(text: str) -> dict[str, str]:
    """cost_share=1/3. Raises ValueError."""
    found = {}
    for part in text.replace(";", "；").split("；"):
        code, equals, value = (word.strip() for word in part.replace("＝", "=").partition("="))
        if not (code and equals and value):
            raise ValueError(f"“{part.strip()}”应写成 事实代码=数值，如 cost_share=1/3")
        found[code] = value
    return found


LINES = {"pass_line": "合格线", "excellent_line": "优秀线"}
DATES = {f"{key}_on": f"{label}日期" for key, label in MILESTONES}


def floor(text: str) -> str:
    return {label: code for code, label in LINES.items()}.get(text, text)


def plain(value: Any) -> Any:
    """A value as its cell shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return figure(Fraction(value))
    return value if isinstance(value, int) else str(value)


def labelled(labels: Mapping[str, str]) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        listed = [value] if isinstance(value, str) else value
        return "、".join(labels.get(item, item) for item in listed)

    return write


@dataclass(frozen=True)
class Field:
    """One column: its head, the attribute it stands for, how a cell is read and written."""

    label: str
    name: str
    read: Read = str
    write: Callable[[Any], Any] = plain
    required: bool = False
    options: tuple[str, ...] = ()
    width: int = 14
    hint: str = ""


def pick(label: str, name: str, labels: Mapping[str, str], **more: Any) -> Field:
    return Field(label, name, choice(labels), labelled(labels), options=tuple(labels.values()), **more)


def several(label: str, name: str, labels: Mapping[str, str]) -> Field:
    hint = f"空白为全部；多个用、隔开：{'、'.join(labels.values())}"
    return Field(label, name, choices(labels), labelled(labels), width=22, hint=hint)


CONFIDENCE = dict(Confidence.choices)
SOURCE = (
    Field("依据", "source", width=28, hint="没有正式依据的留空，可信度选“本系统设定”"),
    pick("依据可信度", "confidence", CONFIDENCE, width=20),
)
TRUST = SOURCE[1]
WHEN = Field(
    "适用条件",
    "when",
    when,
    when_words,
    width=26,
    hint="如 领域=公路；构件=桥梁、隧道。空白为一律适用。"
    + "；".join(f"{name}可填 {'、'.join(values.values())}" for name, values in CONDITIONS.values()),
)


@dataclass(frozen=True)
class Sheet:
    """One sheet of the book. `part` names its rows in `checking.Problem.place`; `attribute` the spec's list."""

    title: str
    part: str
    kind: type
    attribute: str
    fields: tuple[Field, ...]
    required: bool = False
    by_name: dict[str, Field] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "by_name", {column.name: column for column in self.fields})


SHEETS = (
    Sheet(
        "考核表",
        "table",
        Table,
        "tables",
        (
            Field("表代码", "code", required=True, hint="字母开头，公式里用它称呼这张表"),
            Field("表名", "title", required=True, width=36),
            pick("考核对象", "subject", SUBJECT_LABELS, required=True),
            pick("计分方式", "kind", dict(TableKind.choices), required=True),
            pick("所属部分", "part", dict(Part.choices)),
            Field("表满分", "full", marks, hint="填了就核对各条目满分之和；符合性核查不填"),
            WHEN,
            *SOURCE,
        ),
        required=True,
    ),
    Sheet(
        "条目",
        "item",
        Item,
        "items",
        (
            Field("表代码", "table", required=True),
            Field("序号", "no", required=True, hint="同一张表内不重复；与上一版相同的序号视为同一条目"),
            Field("类别", "category", width=18),
            Field("考核项目", "title", required=True, width=32),
            Field("考核内容及评价标准", "text", width=40),
            Field("考核评价方法", "method", width=22),
            Field("扣分标准", "rule", width=28),
            Field("满分", "full", marks, hint="扣分制必填，大于 0；符合性核查不填"),
            Field("必查项", "mandatory", yes_no, options=("是", "否"), hint="必查项不能标为不适用"),
            WHEN,
            Field("条款", "clause"),
            *SOURCE,
        ),
        required=True,
    ),
    Sheet(
        "公式",
        "formula",
        Formula,
        "formulas",
        (
            Field("代码", "code", required=True, width=18),
            Field("名称", "name", required=True, width=20),
            pick("环节", "stage", {k: v for k, v in STAGES.items() if k != "table"}, required=True),
            pick("考核对象", "subject", SUBJECT_LABELS, required=True),
            Field(
                "公式",
                "expression",
                required=True,
                width=60,
                hint="如 得分率(SGJC)；0.5*基础管理 + 0.5*施工现场；0.2*建设单位 + 0.2*平均(监理合同段) + "
                "0.6*加权平均(施工合同段, 合同价)；平均(各次考核)。各项权重之和须为 1",
            ),
            *SOURCE,
        ),
        required=True,
    ),
    Sheet(
        "等次",
        "band",
        Band,
        "bands",
        (
            Field("代码", "code", required=True),
            Field("名称", "name", required=True),
            Field("起点", "floor", floor, lambda value: LINES.get(value, value), required=True,
                  hint="分数，或“合格线”“优秀线”；由高到低排列，最低等次自 0 分起"),
            Field("是否合格", "passed", yes_no, required=True, options=("是", "否")),
            several("考核对象", "subjects", SUBJECT_LABELS),
            Field("附加条件", "condition", width=40, hint="如 基础管理 >= 合格线 且 施工现场 >= 合格线"),
            Field("条件说明", "note", width=32),
            TRUST,
        ),
        required=True,
    ),
    Sheet(
        "一票否决",
        "veto",
        Veto,
        "vetoes",
        (
            Field("代码", "code", required=True),
            Field("情形", "name", required=True, width=36),
            several("考核对象", "subjects", SUBJECT_LABELS),
            *SOURCE,
        ),
    ),
    Sheet(
        "事实",
        "fact",
        Fact,
        "facts",
        (
            Field("代码", "code", required=True, width=18),
            Field("名称", "name", required=True, width=20, hint="条件里要用、评分以外的数，如死亡人数"),
        ),
    ),
    Sheet(
        "评价类型",
        "type",
        EvaluationType,
        "evaluation_types",
        (
            Field("代码", "code", required=True),
            Field("名称", "name", required=True, width=24),
            pick("起算日期", "after", DATES),
            Field("不超过年数", "within_years", whole),
            Field("最低要求", "at_least", least,
                  lambda value: "；".join(f"{code}={text}" for code, text in value.items()),
                  hint="事实代码=数值，如 cost_share=1/3"),
            several("项目类别", "categories", dict(Category.choices)),
            Field("周期", "cycle", width=20),
            Field("说明", "note", width=32),
            *SOURCE,
        ),
    ),
)  # fmt: skip

COVER = "版本"
COVER_FIELDS = (
    Field("版本号", "label", required=True),
    Field("施行日期", "effective_from", parse_date, required=True, hint="如 2026-01-01"),
    Field("失效日期", "effective_to", parse_date, hint="最后有效日；空白为长期有效"),
    Field("依据文件", "source_document", hint="可信度为有依据的须填"),
    pick("依据可信度", "confidence", CONFIDENCE, required=True),
    Field("合格线", "pass_line", marks, required=True),
    pick("合格线依据", "pass_confidence", CONFIDENCE, required=True),
    Field("优秀线", "excellent_line", marks, hint="空白为不评优秀"),
    pick("优秀线依据", "excellent_confidence", CONFIDENCE),
    Field("小数位数", "places", whole, required=True),
    Field(
        "取位环节", "stages", choices(STAGES), labelled(STAGES), required=True,
        hint=f"四舍五入到小数位数的环节：{'、'.join(STAGES.values())}",
    ),
    Field("说明", "remark"),
)  # fmt: skip
VERSION_COLUMNS = ("effective_from", "effective_to", "source_document", "confidence", "remark")
