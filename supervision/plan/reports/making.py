"""Making a report of its template: what every placeholder becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from django.apps import apps

from supervision.ledgers.registry import ledger_for

from ..facts import Span
from ..indicators import RATIO
from ..models import Target, TargetGroup, TaskGroup
from . import charts, placeholders, task_table
from .binding import Bound, Names
from .computing import NOTHING, Computer, Figure, Line
from .placeholders import Placeholder, PlaceholderFault
from .writing import Block, Book, Grid, Picture, Writer, placeholders_of

MOST_LISTED, LISTED = 200, 20
LIST_COLUMNS = 4


@dataclass
class Made:
    """A report as it was written: the file, its figures in the order of their numbers, and its sums."""

    content: bytes
    figures: list[Figure]
    sums: list[dict]
    names: list[str]


def check(content: bytes, names: Names | None = None) -> list[str]:
    """What a template asks people to type (the names of its 填写). Raises PlaceholderFault, with the number of the
    paragraph, for a placeholder that means nothing."""
    names, texts = names or Names.read(), []
    for one in placeholders_of(content):
        if one.word == placeholders.FILL:
            texts.append(_fill_name(one))
        elif one.word == placeholders.REPORT:
            _report_word(one)
        elif one.word in (placeholders.TARGETS, placeholders.TASKS):
            _group(one)
        elif one.word == placeholders.SUM:
            _equation(one, names)
        elif one.word == placeholders.LIST:
            _listed(one, names)
        elif one.word in (placeholders.TABLE, placeholders.CHART):
            way, bounds = _table(one, names)
            maker = Computer(Span(date(2000, 1, 1), date(2000, 1, 1)))
            for bound in bounds:
                if not maker._divides(bound, way):
                    raise one.fault(f"“{bound.name}”不能按{placeholders.WAY_LABELS[way]}分列。")
        else:
            names.bind(one)
    return list(dict.fromkeys(texts))


def asked(content: bytes) -> list[str]:
    """The names of the texts that a template asks for, whatever else it says."""
    names = [_fill_name(one) for one in placeholders_of(content) if one.word == placeholders.FILL]
    return list(dict.fromkeys(names))


def check_text(text: str, names: Names | None = None) -> None:
    """The same of a text that somebody typed in the portal: figures may stand in it, blocks may not."""
    for number, line in enumerate(text.split("\n"), 1):
        for _, _, one in placeholders.find(line, number):
            if one.is_block:
                raise one.fault("填写的内容中不能使用表格、清单、图等。")
            if one.word == placeholders.REPORT:
                _report_word(one)
            else:
                names = names or Names.read()
                names.bind(one)


def _fill_name(one: Placeholder) -> str:
    if not one.rest or not one.rest[0]:
        raise one.fault("写法为 {{填写|名称}}。")
    return one.rest[0][:60]


def _report_word(one: Placeholder) -> str:
    word = one.rest[0] if one.rest else ""
    if word not in placeholders.FACTS_OF_REPORT:
        raise one.fault(f"报告没有“{word}”，可用：{'、'.join(placeholders.FACTS_OF_REPORT)}。")
    return word


def _group(one: Placeholder) -> str:
    """The code of the group that a 目标表 or 任务表 is narrowed to; "" for all."""
    name = one.rest[0] if one.rest else ""
    choices = TargetGroup.choices if one.word == placeholders.TARGETS else TaskGroup.choices
    known = {label: code for code, label in choices}
    if name and name not in known:
        raise one.fault(f"没有类别“{name}”，可用：{'、'.join(known)}。")
    return known.get(name, "")


def _equation(one: Placeholder, names: Names) -> tuple[Bound, list[tuple[int, Bound]]]:
    left, right = placeholders.equation(one)

    def number(name: str) -> Bound:
        bound = names.named(one, name)
        if bound.is_rate:
            raise one.fault(f"“{bound.name}”是比例，不能相加。")
        return bound

    return number(left), [(sign, number(name)) for sign, name in right]


def _table(one: Placeholder, names: Names) -> tuple[str, list[Bound]]:
    words = [word for word in one.rest if word]
    if len(words) < 2 or words[0] not in placeholders.WAYS:
        ways = "、".join(placeholders.WAYS)
        raise one.fault(f"写法为 {{{{{one.word}|按什么|名称|…}}}}，按什么可用：{ways}。")
    return placeholders.WAYS[words[0]], [names.named(one, word) for word in words[1:]]


def _listed(one: Placeholder, names: Names) -> tuple[Bound, int]:
    if not one.rest:
        raise one.fault("写法为 {{清单|名称|最多条数}}。")
    bound = names.named(one, one.rest[0])
    if not bound.fact:
        raise one.fault(f"“{bound.name}”不是台账数据，不能列清单。")
    most = one.rest[1] if len(one.rest) > 1 else str(LISTED)
    if not (most.isascii() and most.isdigit() and 0 < int(most) <= MOST_LISTED):
        raise one.fault(f"最多条数应为 1 至 {MOST_LISTED} 的整数。")
    return bound, int(most)


@dataclass
class Maker:
    """Makes one report. `words` are the facts of the report itself, `texts` what people typed, `hands` the figures
    typed over: key → (value, reason)."""

    template: bytes
    computer: Computer
    words: dict[str, str]
    texts: dict[str, str]
    hands: dict[str, tuple[str, str]]
    address: Callable[[int], str]
    names: Names | None = None
    sums: list[dict] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Targets of the plans that run in the report's year, whatever plans came after.
        self.names = self.names or Names.read(self.computer.span.last.year)

    def make(self, told: Callable[[int, int], None] | None = None) -> Made:
        self.book = Book(self.hands)
        writer = Writer(self.template, self.book, self.inline, self.block, self.address)
        content = writer.write(told)
        return Made(content, self.book.figures, self.sums, self.asked)

    def inline(self, one: Placeholder) -> Figure | str:
        if one.word == placeholders.REPORT:
            return self.words[_report_word(one)]
        bound = self.names.bind(one)
        figure = self._figure(bound, one)
        figure.written = bound.written
        return figure

    def _figure(self, bound: Bound, one: Placeholder) -> Figure:
        try:
            return self.computer.figure(bound)
        except PlaceholderFault:
            raise
        except ValueError as error:
            raise one.fault(str(error)) from error

    def block(self, one: Placeholder) -> Block | None:
        if one.word == placeholders.FILL:
            name = _fill_name(one)
            self.asked.append(name)
            lines = [line.strip() for line in self.texts.get(name, "").split("\n") if line.strip()]
            return Block(lines=tuple(lines or [f"（{name}：待填写）"]))
        if one.word == placeholders.SUM:
            self._sum(one)
            return None
        if one.word == placeholders.LIST:
            return self._list(one)
        if one.word == placeholders.TARGETS:
            return self._targets(_group(one))
        if one.word == placeholders.TASKS:
            return task_table.block(self.computer, _group(one))
        return self._lines(one)

    # ------------------------------------------------------------------------------------------ tables

    def _lines(self, one: Placeholder) -> Block:
        way, bounds = _table(one, self.names)
        try:
            lines = self.computer.lines(one, bounds, way)
        except PlaceholderFault:
            raise
        except ValueError as error:
            raise one.fault(str(error)) from error
        by = placeholders.WAY_LABELS[way]
        heads = (by, *(self._head(bound, way) for bound in bounds))
        rows = [(line.label, *line.figures) for line in lines]
        note = ""
        if way == "month":
            total, note = self._of_months(one, bounds, lines)
        else:
            total = tuple(self._figure(bound, one) for bound in bounds)
            for column, bound in enumerate(bounds):
                if not bound.is_rate:
                    self._must_add(bound, by, total[column], [line.figures[column] for line in lines])
        if total:
            rows.append(("合计", *total))
        title = "、".join(bound.name for bound in bounds)[:40]
        caption = f"{self.words['期间']}{title}（按{by}，数据截至{self.words['数据截至']}）"
        grid = Grid(heads, tuple(rows))
        if one.word == placeholders.TABLE:
            return Block(caption, grid=grid, note=note)
        series = [
            charts.Series(bound.name, tuple(line.figures[column].value for line in lines))
            for column, bound in enumerate(bounds)
        ]
        units = list(dict.fromkeys("%" if bound.is_rate else bound.measure for bound in bounds))
        picture = charts.bars(title, [line.label for line in lines], series, "、".join(filter(None, units)))
        return Block(caption, Picture(picture, caption), grid, note)

    @staticmethod
    def _head(bound: Bound, way: str) -> str:
        words = [] if bound.is_rate or not bound.measure else [bound.measure]
        if way == "month" and bound.stands:
            words.append("月末数")
        return f"{bound.label}（{'，'.join(words)}）" if words else bound.label

    def _of_months(self, one: Placeholder, bounds: list[Bound], lines: list[Line]) -> tuple[tuple, str]:
        """The 合计 of months, and a note on what does not add up by its nature: what stands at a month's end, and
        records that lie in several months or in none alone."""
        total: list[Figure | str] = []
        notes = [f"“{bound.label}”为月末数，不合计" for bound in bounds if bound.stands]
        for column, bound in enumerate(bounds):
            if bound.stands:
                total.append(NOTHING)
                continue
            whole, parts = self._figure(bound, one), [line.figures[column] for line in lines]
            total.append(whole)
            counted = [pk for part in parts for pk in part.ids]
            twice, alone = len(counted) - len(set(counted)), len(set(whole.ids) - set(counted))
            if twice:
                notes.append(f"“{bound.label}”同一记录可计入多个月，合计不重复计")
            if alone:
                notes.append(f"“{bound.label}”有{alone}条跨月，只计入合计")
            if not twice and not alone:
                self._must_add(bound, placeholders.WAY_LABELS["month"], whole, parts)
        if all(bound.stands for bound in bounds):
            return (), f"注：{'；'.join(notes)}。"
        return tuple(total), f"注：{'；'.join(notes)}。" if notes else ""

    def _must_add(self, bound: Bound, by: str, total: Figure, parts: list[Figure]) -> None:
        self.sums.append(
            {
                "text": f"“{bound.label}”按{by}的合计",
                "left": total.key,
                "right": [[1, part.key] for part in parts],
            }
        )

    def _sum(self, one: Placeholder) -> None:
        left, right = _equation(one, self.names)
        figures = [self._figure(left, one), *(self._figure(bound, one) for _, bound in right)]
        self.sums.append(
            {
                "text": f"平衡关系“{one.text.partition('|')[2].strip()}”",
                "left": left.key,
                "right": [[sign, bound.key] for sign, bound in right],
                # What stands nowhere on paper counts as it was computed.
                "values": {figure.key: str(figure.value or 0) for figure in figures},
            }
        )

    # ------------------------------------------------------------------------------------------ lists

    def _list(self, one: Placeholder) -> Block:
        bound, most = _listed(one, self.names)
        figure = self._figure(bound, one)
        ledger = ledger_for(apps.get_model(bound.fact.model))
        if ledger is None:
            raise one.fault(f"“{bound.name}”没有台账，不能列清单。")
        columns = [column for column in ledger.columns if column.listed][:LIST_COLUMNS]
        found = ledger.base().filter(pk__in=figure.ids[: 10 * MOST_LISTED]).select_related(*ledger.joins)
        records = list(found.order_by(*ledger.ordering)[:most])
        rows = tuple(
            (str(number), *(_text(column, record) for column in columns))
            for number, record in enumerate(records, 1)
        )
        caption = f"{self.words['期间']}{bound.name}清单（数据截至{self.words['数据截至']}）"
        grid = Grid(
            ("序号", *(column.label for column in columns)),
            rows or (("—",) * (len(columns) + 1),),
            (12.0, *((144.0 / len(columns),) * len(columns))),
            9.5,
            frozenset(range(1, len(columns) + 1)),
        )
        note = f"共{len(figure.ids)}条" + (
            f"，此处列{len(records)}条" if len(figure.ids) > len(records) else ""
        )
        return Block(caption, grid=grid, note=f"{note}，完整清单见数字[{self.book.ref(figure)}]。")

    def _targets(self, group: str) -> Block:
        """Every target of the plans in force, with its figure."""
        rows = Target.objects.filter(is_active=True, plan__is_active=True).select_related("plan")
        rows = rows.filter(group=group) if group else rows
        year = self.computer.span.last.year
        rows = rows.filter(plan__year_from__lte=year, plan__year_to__gte=year)
        lines = []
        for number, target in enumerate(rows.order_by("plan__year_from", "plan_id", "order", "pk"), 1):
            part = placeholders.RATE if target.kind == RATIO else placeholders.NUMBER
            bound = Bound(part, target=target, measure=target.unit_label)
            figure = self.computer.figure(bound)
            state = self.computer.figure(bound.of(placeholders.STATE))
            counted = self._counted(bound) if target.indicator else "—"
            lines.append((str(number), target.name, target.threshold_text, figure, counted, state.text))
        caption = f"{self.words['期间']}目标完成情况（数据截至{self.words['数据截至']}）"
        grid = Grid(
            ("序号", "目标", "目标值", "完成值", "计入/应计", "状态"),
            tuple(lines) or (("—",) * 6,),
            (12.0, 50.0, 28.0, 27.0, 18.0, 21.0),
            10,
            frozenset({1}),
        )
        return Block(caption, grid=grid)

    def _counted(self, bound: Bound) -> str:
        now = self.computer.counted(bound, self.computer.span)
        size = "" if now.denominator is None else f"/{int(now.denominator)}"
        return f"{int(now.numerator)}{size}"


def _text(column, record) -> str:
    """A cell of a ledger as text."""
    return column.kind.text(column.value(record))[:60]
