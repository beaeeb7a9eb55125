"""Figures of hidden dangers by month, quarter or year, broken down, with 同比 and 环比.

Counted in one statement a period, as of its last day or today; every count opens to the list it counts,
every rate to its two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.db.models import F
from django.utils import timezone

from supervision.people.models import Sector, User
from supervision.rules.numbers import NOTHING, percent

from .figure_sheets import FigureSheet
from .figures import STANDING, counts, list_url
from .models import HiddenDanger

MONTHS = {"month": 1, "quarter": 3, "year": 12}
# code → label, the column to group by, its name column, and the list's filter
BREAKDOWNS = {
    "district": ("县区", "project__district", "project__district__name", "project__district"),
    "sector": ("领域", "project__mode", "project__mode", "project__mode"),
    "unit": ("责任单位", "responsible_unit", "responsible_unit__name", "responsible_unit"),
    "category": ("隐患类别", "category", "category", "category"),
}
COLUMNS = (
    ("found", "排查（项）"),
    ("closed", "已销号（项）"),
    ("rate", "整改率（%）"),
    ("major", "其中重大（项）"),
    ("major_closed", "重大已销号（项）"),
    ("major_rate", "重大销号率（%）"),
    ("due", "到期（项）"),
    ("in_time", "按期整改（项）"),
    ("in_time_rate", "按期整改率（%）"),
    ("listed", "挂牌督办（项）"),
    ("repeated", "屡改屡犯（项）"),
)
RATES = {
    "rate": ("closed", "found"),
    "major_rate": ("major_closed", "major"),
    "in_time_rate": ("in_time", "due"),
}
COUNTS = tuple(key for key, _ in COLUMNS if key not in RATES)
NOTE = (
    "按核查日期计入期间；其余各列为其中截至数据日期的情况。"
    "同比为上年同期，环比为上一期间，均以同一口径、截至该期间末计算；期间未满的，与对方同样长的一段相比。"
)


@dataclass(frozen=True)
class Period:
    """A month, quarter or year: its first day and how many months it has."""

    begin: date
    months: int
    # The day it is cut off at, to stand beside a period that has not ended yet.
    until: date = date.max

    @property
    def last(self) -> date:
        return moved(self.begin, self.months) - timedelta(days=1)

    @property
    def as_of(self) -> date:
        return min(self.last, self.until, timezone.localdate())

    @property
    def label(self) -> str:
        year = f"{self.begin.year}年"
        if self.months == 12:
            return year
        return year + (
            f"{self.begin.month}月" if self.months == 1 else f"第{(self.begin.month + 2) // 3}季度"
        )

    @property
    def code(self) -> str:
        """As an address carries it: 2026-11, 2026-Q4 or 2026."""
        tail = {1: f"-{self.begin.month:02}", 3: f"-Q{(self.begin.month + 2) // 3}", 12: ""}
        return f"{self.begin.year}{tail[self.months]}"

    def before(self, months: int) -> Period:
        return Period(moved(self.begin, -months), self.months)

    def counterpart(self, months: int) -> Period:
        """The period so many months earlier, as far into it as this one has come."""
        other = self.before(months)
        if self.as_of == self.last:
            return other
        reached = moved(self.as_of.replace(day=1), -months)
        end = moved(reached, 1) - timedelta(days=1)
        return replace(other, until=min(end, reached + timedelta(days=self.as_of.day - 1)))


def moved(day: date, months: int) -> date:
    """The first of the month that lies `months` later."""
    total = day.year * 12 + day.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def parse_period(text: str) -> Period | None:
    """2026-11, 2026-Q4 or 2026 as a period; None for anything else."""
    match = re.fullmatch(r"(20\d\d)(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?", text)
    if match is None:
        return None
    year, month, quarter = match.groups()
    if month:
        return Period(date(int(year), int(month), 1), 1)
    if quarter:
        return Period(date(int(year), int(quarter) * 3 - 2, 1), 3)
    return Period(date(int(year), 1, 1), 12)


def around(period: Period) -> list[Period]:
    """The periods offered beside the chosen one: those before and after it, and the month, quarter and year of its
    last day, or of today."""
    first = min(period.last, timezone.localdate()).replace(day=1)
    quarter = date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    wider = [Period(first, 1), Period(quarter, 3), Period(date(first.year, 1, 1), 12)]
    near = [period.before(period.months), period, period.before(-period.months)]
    offered = [*near, *(one for one in wider if one not in near)]
    return [one for one in offered if one.begin <= timezone.localdate()]


@dataclass
class Row:
    label: str
    figures: dict
    earlier: dict[str, dict] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    columns: tuple = COLUMNS

    @property
    def cells(self) -> list[dict]:
        """Each figure with its address, what it changed against a year and a period ago; of a rate the two counts
        it is made of, each with its address."""
        return [
            {
                "text": shown(self.figures[key]),
                "url": self.urls.get(key, ""),
                "parts": [(self.figures[part], self.urls[part]) for part in RATES.get(key, ())],
                "changes": [
                    (word, change(self.figures[key], past.get(key))) for word, past in self.earlier.items()
                ],
            }
            for key, _ in self.columns
        ]


@dataclass
class Table:
    period: Period
    by: str
    rows: list[Row]
    total: Row

    @property
    def head(self) -> str:
        return BREAKDOWNS[self.by][0]

    @property
    def title(self) -> str:
        return f"事故隐患排查治理情况（{self.period.label}，按{self.head}）"

    columns = COLUMNS
    note = NOTE


def shown(value) -> str:
    return NOTHING if value is None else str(value)


def change(now, then) -> str:
    """The absolute change, with its sign; — where either is missing."""
    if now is None or then is None:
        return NOTHING
    return f"{now - then:+}" if now != then else "0"


def counted(user: User, period: Period, column: str, name: str) -> list[dict]:
    day = period.as_of
    return list(
        HiddenDanger.objects.visible_to(user)
        .filter(STANDING, verified_on__range=(period.begin, day))
        .order_by()
        .values(key=F(column), name=F(name))
        .annotate(**counts(COUNTS, day))
    )


def rated(row: dict) -> dict:
    """With the rates: of sums, never averaged; None where there is nothing to measure."""
    return row | {rate: percent(row[part], row[whole]) for rate, (part, whole) in RATES.items()}


def summed(rows: list[dict]) -> dict:
    return rated({key: sum(row[key] for row in rows) for key in COUNTS})


def table(user: User, period: Period, by: str = "district") -> Table:
    """The figures of a period over what `user` sees, broken down; a row for each that has any, and 合计."""
    _, column, name, _ = BREAKDOWNS[by]
    now = counted(user, period, column, name)
    earlier = {"同比": period.counterpart(12)} | (
        {"环比": period.counterpart(period.months)} if period.months < 12 else {}
    )
    past = {word: counted(user, other, column, name) for word, other in earlier.items()}
    by_key = {word: {row["key"]: rated(row) for row in rows} for word, rows in past.items()}
    none = rated(dict.fromkeys(COUNTS, 0))
    made = [
        Row(
            words(by, row) or "未填",
            rated(row),
            {word: rows.get(row["key"], none) for word, rows in by_key.items()},
            urls(period, by, row),
        )
        for row in sorted(now, key=lambda row: (-row["found"], str(row["name"])))
    ]
    total = Row(
        "合计", summed(now), {word: summed(rows) for word, rows in past.items()}, urls(period, by, None)
    )
    return Table(period, by, made, total)


def words(by: str, row: dict) -> str:
    """What a row is called: a name that was counted with it, or the word for its code."""
    return dict(Sector.choices).get(row["name"], "") if by == "sector" else row["name"]


def urls(period: Period, by: str, row: dict | None) -> dict[str, str]:
    """The list behind every count of a row; a rate opens to the two it is made of."""
    rest = {}
    if row is not None:
        if row["key"] in (None, ""):
            rest["without"] = by
        else:
            rest[BREAKDOWNS[by][3]] = row["name"] if by == "unit" else row["key"]
    return {key: list_url(key, period.begin, period.as_of, **rest) for key in COUNTS}


def lines(made: Table) -> Iterator[list]:
    """The sheet's rows: the figures, with a line each for 同比 and 环比 below 合计."""
    for row in [*made.rows, made.total]:
        yield [row.label, *(row.figures[key] for key, _ in made.columns)]
    for word, past in made.total.earlier.items():
        yield [
            f"合计{word}增减",
            *(
                None
                if made.total.figures[key] is None or past[key] is None
                else made.total.figures[key] - past[key]
                for key, _ in made.columns
            ),
        ]


def workbook(made: Table, user: User) -> bytes:
    """The table as a sheet, with the changes of 合计 below it."""
    sheet = FigureSheet("统计表", made.title, len(made.columns), user, made.period.as_of)
    sheet.head_row([made.head, *(label for _, label in made.columns)])
    for label, *values in lines(made):
        sheet.row(label, values, [key in RATES for key, _ in made.columns])
    return sheet.finish(made.note, 28)
