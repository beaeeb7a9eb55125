"""Reading a notice. Nothing here asks the database.

`read_notice` gives every piece of the text exactly one place: in a task, in a named list, or in a passage. A
passage that was not understood says so (`role == UNREAD`).
"""

from __future__ import annotations

import re

from . import heading
from .aim_tables import aims_of
from .figures import Figure, Years, figures_in
from .line_lists import take_line_lists
from .lists import NamedList, list_heading, lists_in
from .notice import (
    AIM_TEXT,
    CLOSING,
    CONTEXT,
    FRONT,
    HEADING,
    LISTED,
    UNREAD,
    FoundTask,
    Notice,
    Passage,
    Source,
    first_clause,
    joined,
    whole_title,
    without,
)
from .numerals import quantities
from .outline import TOP, Node, Piece, cut, cut_is, grow, marker_of
from .running import names_known, parts
from .sections import AIMS, BACKGROUND, SUPPORT, group_of, part_of
from .sorting import choose_tasks
from .tables import TableRead, read_table
from .text import level
from .times import When, whens
from .units import Unit, UnitPhrase, unit_phrases


def read_notice(source: Source) -> Notice:
    """Read a notice. Terminates in time linear in the text; raises nothing for any text."""
    return _Reader(source).read()


def _stated(line: str) -> tuple[int | None, None, int | None]:
    """(number of projects, None, year) that the line above a table says: 2025年安排重点项目4个，见下表."""
    flat = level(line)
    counts = [int(one.low) for one in quantities(flat) if one.unit in ("个", "项") and one.high is None]
    years = {when.last for when in whens(flat) if when.last and when.first == when.last}
    return counts[0] if len(counts) == 1 else None, None, years.pop() if len(years) == 1 else None


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.head = heading.Head()
        self.tasks: list[FoundTask] = []
        self.figures: list[Figure] = []
        self.lists: list[NamedList] = []
        self.passages: list[Passage] = []
        self.phrases: dict[Piece, list[UnitPhrase]] = {}
        self.years = Years()
        # Lines that are one name of a list each.
        self.rows: set[Piece] = set()

    def read(self) -> Notice:
        in_tables = {first + row for first, rows in self.source.tables.items() for row in range(len(rows))}
        self._in_tables = in_tables
        self._blank = {
            index
            for index, text in enumerate(self.source.paragraphs)
            if not text.strip() or index in in_tables
        }
        self.head, roles = heading.read_head(
            [text if index not in in_tables else "" for index, text in enumerate(self.source.paragraphs)]
        )
        self.years.issued = self.head.issued_on.year if self.head.issued_on else None
        pieces = []
        for piece in cut(self.source.paragraphs):
            if piece.paragraph in self._blank:
                continue
            if piece.paragraph in roles:
                role, reason = roles[piece.paragraph]
                self.passages.append(Passage(piece, role, reason))
            else:
                pieces.append(piece)
        styled = {at: depth for at, depth in self.source.styled.items() if at not in roles}
        pieces, self.lists, rows = take_line_lists(pieces)
        self.passages += rows
        self.rows |= {row.piece for row in rows}
        before, roots = grow(pieces, styled)
        if not roots:
            before, roots = self._running(before)
        for piece in pieces:
            self.phrases[piece] = unit_phrases(piece.text)
        self._before(before, bool(roots))
        self._outline(roots)
        self._tables()
        self._aims_and_lists(roots, before)
        self._head_years()
        self.tasks.sort(key=lambda task: (task.pieces[0].paragraph, task.pieces[0].start))
        self._unique_numbers()
        self.passages.sort(key=lambda passage: (passage.piece.paragraph, passage.piece.start))
        return Notice(self.source, self.head, self.tasks, self.figures, self.lists, self.passages)

    # -------------------------------------------------------------------------------------------- running text

    def _running(self, pieces: list[Piece]) -> tuple[list[Piece], list[Node]]:
        """A notice without numbered lines: 一是…二是… within its text are its parts."""
        apart = [part for piece in pieces for part in cut_is(piece)]
        return grow(apart, {}) if len(apart) > len(pieces) else (pieces, [])

    def _before(self, pieces: list[Piece], outlined: bool) -> None:
        """What stands before the first numbered line: opening words; a responsible unit makes it a task."""
        if not outlined:
            pieces = self._apart(pieces)
        for piece in pieces:
            self.phrases.setdefault(piece, unit_phrases(piece.text))
            if any(phrase.units for phrase in self.phrases[piece]):
                self._add_task(str(len(self.tasks) + 1), [piece], [], None, ["原文无编号"])
            elif outlined:
                self.passages.append(Passage(piece, CONTEXT, "第一个编号之前的文字，未当作任务"))
            else:
                self.passages.append(Passage(piece, UNREAD, "无编号，也无责任单位"))

    def _apart(self, pieces: list[Piece]) -> list[Piece]:
        """The paragraphs of a notice without numbers, cut where a sentence says who does what."""
        addressed = (one.piece.text for one in self.passages if one.reason == "主送单位")
        known = names_known(addressed, (piece.text for piece in pieces))
        made = []
        for part, phrases, topic in (each for piece in pieces for each in parts(piece, known)):
            if phrases:
                self.phrases[part] = phrases
            if topic:
                self.passages.append(Passage(part, HEADING, "标题"))
            else:
                made.append(part)
        return made

    # ----------------------------------------------------------------------------------------------- outline

    def _outline(self, roots: list[Node]) -> None:
        for node in (each for root in roots for each in root.walk()):
            for piece in node.pieces:
                self.phrases.setdefault(piece, unit_phrases(piece.text))
        kinds = {id(node): part_of(node) for root in roots for node in root.walk()}
        chosen = choose_tasks(roots, self._owns, kinds)
        for root in roots:
            self._place(root, chosen, kinds)

    def _owns(self, node: Node) -> bool:
        return any(phrase.units for piece in node.pieces for phrase in self.phrases[piece])

    def _place(self, root: Node, chosen: dict[int, list[str]], kinds: dict[int, str]) -> None:
        """Give every piece under a top heading its place: a task, or a passage that says what it is."""
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if id(node) in chosen and not self._is_list(node) and not self._heads_table(node):
                self._node_task(node, chosen[id(node)])
                continue
            kind = kinds[id(node)]
            for place, piece in enumerate(node.pieces):
                if not place and node.children and len(piece.text.strip()) <= 60:
                    self.passages.append(Passage(piece, HEADING, "标题"))
                elif self._heads_table(node):
                    self.passages.append(Passage(piece, HEADING, "表的标题"))
                elif self._is_list(node):
                    self.passages.append(Passage(piece, LISTED, "名单"))
                elif kind == AIMS:
                    self.passages.append(Passage(piece, AIM_TEXT, "目标部分"))
                elif kind in (BACKGROUND, SUPPORT):
                    label = "总体要求、原则等" if kind == BACKGROUND else "保障措施、工作要求等"
                    self.passages.append(Passage(piece, CONTEXT, f"{label}部分，未当作任务"))
                elif node.children:
                    self.passages.append(Passage(piece, CONTEXT, "一组任务前的说明"))
                else:
                    self.passages.append(Passage(piece, UNREAD, "不能判断是否为任务"))
            waiting += reversed(node.children)

    def _heads_table(self, node: Node) -> bool:
        """Whether a heading has nothing below it but a table."""
        if node.children or self._owns(node) or len(joined(node.pieces)) > 60:
            return False
        after = node.pieces[-1].paragraph + 1
        while after < len(self.source.paragraphs) and not self.source.paragraphs[after].strip():
            after += 1
        return after in self.source.tables

    def _is_list(self, node: Node) -> bool:
        """Whether a numbered line is nothing but the head and names of a list."""
        if node.children or self._owns(node):
            return False
        text = level(joined(node.pieces))
        found = lists_in(text, 0)
        return bool(found) and sum(one.span[1] - one.span[0] for one in found) * 2 > len(text)

    def _node_task(self, node: Node, issues: list[str]) -> None:
        pieces = node.all_pieces()
        nested = [issue for each in node.walk() for issue in each.issues]
        self._add_task(self._number(node), pieces, [*issues, *nested], node, [])

    def _number(self, node: Node) -> str:
        """The numbers down to it: 一、（二）3. is 1.2.3; where one part alone has tasks, 2.3."""
        path = [node, *node.ancestors()][::-1]
        values = [each.marker.value for each in path]
        if any(value is None for value in values):
            label = node.marker.label if node.marker.value is not None else ""
            return label.strip("（）().、．") or ""
        if node.kind.startswith("1.") and len(node.kind) > 2:
            return node.marker.label
        return ".".join(str(value) for value in values)

    def _literal(self, task: FoundTask) -> str:
        """A number such as 2.1 that stands in the text itself."""
        marker = marker_of(task.pieces[0].text)
        return marker.label if marker and marker.kind.startswith("1.") and len(marker.kind) > 2 else ""

    def _add_task(
        self, no: str, pieces: list[Piece], issues: list[str], node: Node | None, notes: list[str]
    ) -> None:
        text = joined(pieces)
        found = [phrase for piece in pieces for phrase in self.phrases.get(piece, [])]
        units: list[Unit] = []
        for phrase in found:
            units += [unit for unit in phrase.units if all(unit.name != other.name for other in units)]
        unread = [words for phrase in found for words in phrase.unread]
        problems = [
            *notes,
            *issues,
            *(f"责任单位中未识别：{words}" if "等" not in words else words for words in unread),
        ]
        if not units:
            problems.append("未写明责任单位")
        title = (
            node.title
            if node
            else first_clause(without(pieces[0].text, self.phrases.get(pieces[0], [])) or text)
        )
        title, doubt = whole_title(title, text)
        problems += doubt
        if "…" in title or not title:
            problems.append("标题由正文截取，请核对")
        self.tasks.append(
            FoundTask(
                no,
                title or text[:40],
                text,
                units,
                "；".join(dict.fromkeys(phrase.due for phrase in found if phrase.due)),
                group_of(node, title),
                list(dict.fromkeys(problems)),
                pieces,
            )
        )

    # ------------------------------------------------------------------------------------------------ tables

    def _tables(self) -> None:
        known = {level(task.title).replace(" ", ""): task for task in self.tasks}
        for first, rows in self.source.tables.items():
            table: TableRead = read_table(rows)
            aims, found = aims_of(rows, first) if not table.tasks and not table.names else (set(), [])
            self.figures += found
            for at, row in enumerate(rows):
                text = self.source.paragraphs[first + at]
                piece = Piece(first + at, 0, len(text), text)
                if not text.strip():
                    continue
                if at in table.tasks:
                    task = table.tasks[at]
                    issues = list(task.issues)
                    if twin := known.get(level(task.title).replace(" ", "")):
                        issues.append(f"与任务{twin.no}“{twin.title}”同名")
                    self.tasks.append(
                        FoundTask(
                            task.no,
                            task.title,
                            task.text,
                            task.units,
                            task.due,
                            group_of(None, task.title),
                            issues,
                            [piece],
                        )
                    )
                elif at in aims:
                    self.passages.append(Passage(piece, AIM_TEXT, "指标表"))
                    self.rows.add(piece)
                elif at in table.names:
                    self.passages.append(Passage(piece, LISTED, "表中项目"))
                    self.rows.add(piece)
                elif at in table.heads:
                    self.passages.append(Passage(piece, HEADING, "表头"))
                elif len([cell for cell in row if cell.strip()]) == 1 and len(text.strip()) <= 40:
                    self.passages.append(Passage(piece, HEADING, "表内小标题"))
                else:
                    self.passages.append(Passage(piece, UNREAD, "表格中的一行，表头不是任务或项目"))
            if table.names:
                above = re.sub(r"^附[件表]\s*\d*\s*：\s*", "", level(self._line_above(first)))
                heading_found = list_heading(above) or _stated(above)
                made = NamedList(
                    first,
                    (above.strip().rstrip("：:") or "表中项目")[:80],
                    [name for at in sorted(table.names) for name in [table.names[at]]],
                    above.strip() or "表格",
                    heading_found[0] if heading_found[0] is not None else table.total,
                    heading_found[1],
                    heading_found[2],
                    more=[first + at for at in sorted(table.names)],
                )
                made.check()
                self.lists.append(made)

    def _line_above(self, paragraph: int) -> str:
        for index in range(paragraph - 1, max(-1, paragraph - 4), -1):
            if self.source.paragraphs[index].strip():
                text = self.source.paragraphs[index].strip()
                return text if len(text) <= 80 else ""
        return ""

    # ------------------------------------------------------------------------------------------ aims and lists

    def _aims_and_lists(self, roots: list[Node], before: list[Piece]) -> None:
        aim_pieces = {passage.piece for passage in self.passages if passage.role == AIM_TEXT}
        aside = {passage.piece for passage in self.passages if passage.role in (CONTEXT, UNREAD)}
        heads: dict[Piece, When] = {}
        for root in roots:
            for node in root.walk():
                if stated := [when for when in whens(level(node.title)) if when.first or when.yearly]:
                    for piece in node.all_pieces():
                        heads.setdefault(piece, stated[-1])
        skipped = {
            passage.piece
            for passage in self.passages
            if passage.role in (FRONT, CLOSING) or passage.piece in self.rows
        }
        pieces = sorted(
            {piece for task in self.tasks for piece in task.pieces}
            | {passage.piece for passage in self.passages},
            key=lambda piece: (piece.paragraph, piece.start),
        )
        line_lists = {(one.paragraph, one.span) for one in self.lists}
        in_table = {first + at for first, rows in self.source.tables.items() for at in range(len(rows))}
        for piece in pieces:
            if piece in skipped:
                continue
            # A year holds within its paragraph, below its heading, and after a line that opens a list with it.
            if marker_of(piece.text) and marker_of(piece.text).kind in TOP:
                self.years.base = None
            self.years.when = heads.get(piece, self.years.base)
            phrases = [(one.start, one.end) for one in self.phrases.get(piece, [])]
            marker = marker_of(piece.text)
            lead = [(0, marker.length)] if marker else []
            listed: list[NamedList] = []
            if (piece.paragraph, (piece.start, piece.end)) in line_lists:
                lead = [(0, len(piece.text))]
            else:
                year = self.years.when.last if self.years.when else None
                listed = [
                    one
                    for one in lists_in(piece.text, piece.paragraph, year)
                    if not any(a < one.span[1] and one.span[0] < b for a, b in phrases)
                ]
                for one in listed:
                    self.lists.append(one)
            if piece.paragraph in in_table:
                text = piece.text.replace("\t", "；")
            else:
                text = piece.text
            spans = frozenset([*phrases, *lead, *(one.span for one in listed)])
            self.figures += figures_in(
                text,
                piece.paragraph,
                self.years,
                aims=piece in aim_pieces or self._about_aims(piece),
                aside=piece in aside,
                skip=spans,
            )
            if piece.flat.rstrip().endswith("：") and (
                said := [one for one in whens(piece.flat) if one.first or one.yearly]
            ):
                self.years.base = said[-1]
        self.lists.sort(key=lambda one: (one.paragraph, one.span))

    def _about_aims(self, piece: Piece) -> bool:
        return bool(re.search(r"(?:工作|总体|主要|具体|年度)?目标[：是为]", piece.flat[:30]))

    # -------------------------------------------------------------------------------------------------- the end

    def _head_years(self) -> None:
        """The years the plan runs, from its title, else from its aims, else the year of issue."""
        head = self.head
        if head.year_from is None:
            named = sorted({year for one in self.figures for year in (one.first, one.last) if year})
            start = head.issued_on.year if head.issued_on else (named[0] if named else None)
            if start:
                head.year_from, head.year_to = start, max([start, *named])
                head.notes.append("起止年度由印发日期和目标年份推得，请核对")

    def _unique_numbers(self) -> None:
        """Tasks below one part of tasks lose the part's number; empty and double numbers are filled and said."""
        # Tables count by themselves, whatever the text does.
        written = [task for task in self.tasks if task.pieces[0].paragraph not in self._in_tables]
        heads = {task.no.split(".")[0] for task in written if "." in task.no}
        kept = any("." not in task.no or task.no == self._literal(task) for task in written)
        if len(heads) == 1 and not kept:
            for task in written:
                task.no = task.no.split(".", 1)[1]
        used: set[str] = set()
        for place, task in enumerate(self.tasks, start=1):
            task.no = task.no[:16]
            if not task.no:
                task.no = f"{place}"
                task.issues.append("原文无编号，序号由系统顺排")
            if task.no in used:
                number, again = task.no, 2
                while f"{number}-{again}" in used:
                    again += 1
                task.no = f"{number}-{again}"
                task.issues.append(f"序号{number}在文中不止一处")
            used.add(task.no)
