"""Tables of a notice: rows of tasks with their units, or lists of projects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .lists import place_like
from .outline import title_of
from .text import level
from .units import ASSIST, LEAD, RESPONSIBLE, Unit, UnitPhrase, add_names, unit_phrases

_COLUMNS = (
    ("lead", r"牵头|主办|主责"),
    ("assist", r"配合|协办|参与"),
    ("units", r"责任(?:单位|部门|处室|科室|主体)|落实单位|实施单位|承办单位"),
    ("due", r"时限|完成时间|时间节点|期限|进度"),
    ("no", r"^序号$|^编号$|^序$"),
    ("project", r"项目名称|工程名称|项目\(?|创建项目|标段名称"),
    ("title", r"任务|事项|工作内容|重点工作|工作举措|措施|内容|整治"),
)


@dataclass
class TableTask:
    no: str
    title: str
    text: str
    units: list[Unit]
    due: str
    issues: list[str] = field(default_factory=list)


@dataclass
class TableRead:
    heads: set[int] = field(default_factory=set)
    tasks: dict[int, TableTask] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    # How many the table's own last line says there are.
    total: int | None = None


def read_table(rows: list[list[str]]) -> TableRead:
    """What a table is by its head: tasks, a list of projects, or neither (then nothing is taken from it)."""
    made = TableRead()
    at, columns = _head(rows)
    if at is None:
        return made
    made.heads = set(range(at + 1))
    broad = _broad(rows[at + 1 :], columns)
    for index in range(at + 1, len(rows)):
        row = rows[index]
        cells = {
            kind: [row[place].strip() for place in places if place < len(row) and row[place].strip()]
            for kind, places in columns.items()
        }
        if rows[at] == row:
            made.heads.add(index)
        elif columns.get("title") and any(columns.get(kind) for kind in ("units", "lead", "assist")):
            if task := _task(row, cells, broad=broad):
                made.tasks[index] = task
        elif columns.get("project") and cells["project"]:
            name = cells["project"][0]
            if any(re.fullmatch(r"合\s*计|总\s*计|小\s*计", cell.strip()) for cell in row):
                made.heads.add(index)
                if said := re.fullmatch(r"(?:共|计)?(\d{1,4})[个项]", level(name).strip()):
                    made.total = int(said[1])
            else:
                made.names[index] = level(name).replace("\n", "")
    if made.names and not any(place_like(name) for name in made.names.values()):
        made.names = {}
    return made


def _head(rows: list[list[str]]) -> tuple[int | None, dict[str, list[int]]]:
    for at, row in enumerate(rows[:4]):
        columns: dict[str, list[int]] = {}
        for place, cell in enumerate(row):
            text = re.sub(r"\s", "", level(cell))
            if not text or len(text) > 16:
                continue
            kind = next((kind for kind, pattern in _COLUMNS if re.search(pattern, text)), None)
            if kind:
                columns.setdefault(kind, []).append(place)
        if (columns.get("title") and any(columns.get(kind) for kind in ("units", "lead", "assist"))) or (
            columns.get("project") and not columns.get("title")
        ):
            return at, columns
    return None, {}


def _broad(rows: list[list[str]], columns: dict[str, list[int]]) -> bool:
    """Whether the first column of words names each row by itself; else it is a heading over several rows."""
    places = columns.get("title", [])
    if len(places) < 2:
        return False
    names = [
        row[places[0]].strip() if places[0] < len(row) else "" for row in rows if any(map(str.strip, row))
    ]
    return len(names) > 1 and all(0 < len(name) <= 40 for name in names) and len(set(names)) == len(names)


def _task(row: list[str], cells: dict[str, list[str]], *, broad: bool) -> TableTask | None:
    words = cells["title"]
    if not words:
        return None
    phrase = UnitPhrase(0, 0)
    for kind, role in (("units", RESPONSIBLE), ("lead", LEAD), ("assist", ASSIST)):
        for cell in cells.get(kind, ()):
            inner = unit_phrases(cell)
            if inner:
                for one in inner:
                    phrase.units += [unit for unit in one.units if unit not in phrase.units]
                    phrase.unread += one.unread
            else:
                add_names(level(cell), role, phrase)
    # The most particular column is the last; a broad one before it is often merged over several rows.
    title = (
        words[0]
        if broad
        else words[-1]
        if len(words[-1]) <= 40
        else words[-2]
        if len(words) > 1 and len(words[-2]) <= 40
        else words[-1]
    )
    short = title_of(title)
    issues = [words if "等" in words else f"责任单位中未识别：{words}" for words in phrase.unread]
    if not phrase.units:
        issues.append("未写明责任单位")
    if short.endswith("…"):
        issues.append("标题由正文截取，请核对")
    no = re.sub(r"[^\d.]", "", level((cells.get("no") or [""])[0]))
    return TableTask(
        no,
        short,
        "；".join(cell for cell in row if cell.strip()),
        phrase.units,
        "；".join(cells.get("due", ()))[:120],
        issues,
    )
