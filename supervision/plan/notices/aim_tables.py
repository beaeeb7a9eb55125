"""Tables that set aims: a line an indicator, a column a year or its one aim (目标值)."""

from __future__ import annotations

import re
from decimal import Decimal

from .figures import COUNT, MOST, RATIO, Figure
from .numerals import LEAST, number
from .text import level
from .times import whens

_NAME = re.compile(r"^(?:主要|考核|具体)?(?:指标|目标)(?:名称|项目|内容)?$")
_UNIT = re.compile(r"^(?:计量)?单位$")
_AIM = re.compile(r"目标(?:值)?$|^(?:计划|任务|预期)(?:数|值|量)?$")
_PAST = re.compile(r"现状|基期|基数|实际|完成(?:值|情况)|上年|同期")
# What should be little: without a sign in the cell, its number is the most.
_LITTLE = re.compile(r"事故|死亡|亡人|伤亡|投诉|返工|缺陷|逾期|超限|欠薪|损失|能耗|碳排放|变更率")
_CELL = re.compile(
    r"(?P<sign>≥|≤|>|<|不低于|不少于|不超过|不高于)?(?P<a>\d[\d，.]*)(?:-(?P<b>\d[\d，.]*))?(?P<unit>%|[^\d\s]{1,4})?(?P<after>以上|以下|以内)?"
)


def aims_of(rows: list[list[str]], paragraph: int) -> tuple[set[int], list[Figure]]:
    """(rows that were read, the head among them; the aims) of a table; nothing of one that sets no aims.

    A column of a year without 目标 beside others that say 目标 is what was reached before. `paragraph`: that of the
    first row.
    """
    for at, row in enumerate(rows[:3]):
        heads = [re.sub(r"\s", "", level(cell)) for cell in row]
        name = next((place for place, head in enumerate(heads) if _NAME.match(head)), None)
        columns = _columns(heads) if name is not None else {}
        if not columns:
            continue
        unit = next((place for place, head in enumerate(heads) if _UNIT.match(head)), None)
        read, made = set(range(at + 1)), []
        for index in range(at + 1, len(rows)):
            cells = [level(cell).strip() for cell in rows[index]] + [""] * len(heads)
            found = [
                figure
                for place, year in columns.items()
                if (figure := _aim(rows[index], cells, name, place, unit, year, paragraph + index))
            ]
            if found:
                read.add(index)
                made += found
        return (read, made) if made else (set(), [])
    return set(), []


def _columns(heads: list[str]) -> dict[int, int | None]:
    """Column → its year, None where the head names none."""
    found: dict[int, tuple[int | None, bool]] = {}
    for place, head in enumerate(heads):
        years = [when.last for when in whens(head) if when.last] or [
            int(year) for year in re.findall(r"^(20\d\d)(?=目标|$)", head)
        ]
        aim = bool(_AIM.search(head))
        if _PAST.search(head) or not (years or aim) or _NAME.match(head):
            continue
        found[place] = (years[-1] if years else None, aim)
    says = any(aim for _, aim in found.values())
    return {place: year for place, (year, aim) in found.items() if aim or not says}


def _aim(
    row: list[str],
    cells: list[str],
    name: int,
    place: int,
    unit: int | None,
    year: int | None,
    paragraph: int,
) -> Figure | None:
    match = _CELL.fullmatch(cells[place].replace(" ", ""))
    words = re.sub(r"\s+", "", cells[name])
    if match is None or len(words) < 2:
        return None
    low, high = number(match["a"]), number(match["b"]) if match["b"] else None
    measure = match["unit"] or (cells[unit] if unit is not None else "")
    # 持证率（%）
    if within := re.search(r"（([^（）]{1,6})）$", words):
        measure, words = measure or within[1], words[: within.start()]
    if low is None or (match["b"] and high is None):
        return None
    ratio = measure in ("%", "百分比") or (not measure and words.endswith("率"))
    said = match["sign"] or match["after"]
    most = (
        said in ("≤", "<", "不超过", "不高于", "以下", "以内")
        if said
        else low == 0 or bool(_LITTLE.search(words))
    )
    figure = Figure(
        paragraph,
        "；".join(cell.strip() for cell in row if cell.strip()),
        words.strip("，。；：“”")[-60:],
        RATIO if ratio else COUNT,
        Decimal(low),
        None if high is None or high < low else Decimal(high),
        "%" if ratio else measure[:10],
        MOST if most else LEAST,
        False,
        year,
        year,
    )
    figure.notes.append("取自指标表")
    if not said:
        figure.notes.append(f"表中未写方向，按{'不超过' if most else '不低于'}计")
    if year is None:
        figure.notes.append("原文未写年份")
    if not measure and not ratio:
        figure.unresolved.append("表中未写单位")
    if ratio and low > 100:
        figure.unresolved.append("比例超过100%")
    return figure
