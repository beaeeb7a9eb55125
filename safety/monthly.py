"""事故隐患排查治理统计表: one row per district, counted in one statement, as of the end of the month or today."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from projects.models import OF_WORKS, ObjectKind
from supervision.people.models import User
from supervision.rules.numbers import NOTHING, percent

from .figure_sheets import FigureSheet
from .figures import FIGURES, STANDING, counts, list_url
from .models import HiddenDanger

GROUPS = (
    (
        "一般隐患",
        (("general", "排查（项）"), ("general_done", "已整改（项）"), ("general_rate", "整改率（%）")),
    ),
    ("重大隐患", (("major", "排查（项）"), ("major_closed", "已销号（项）"), ("major_rate", "销号率（%）"))),
    (
        "重大隐患治理情况",
        (
            ("planned", "列入治理计划（项）"),
            ("arranged", "达到“五到位”（项）"),
            ("major_listed", "挂牌督办（项）"),
            ("major_listed_province", "其中省级（项）"),
            ("funds", "落实资金（万元）"),
        ),
    ),
)
KEYS = tuple(key for _, columns in GROUPS for key, _ in columns)
RATES = {"general_rate": ("general_done", "general"), "major_rate": ("major_closed", "major")}
COUNTS = tuple(key for key in KEYS if key in FIGURES)
# A sum opens to the list of what it adds up.
LISTS = {key: key for key in COUNTS} | {"funds": "arranged"}
NOTE = "排查数为当月经核查定级的隐患，其余各列为其中截至数据日期的情况；列入治理计划指已报送整改方案。"


@dataclass
class Row:
    label: str
    figures: dict[str, int | Decimal | None]
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> list[dict]:
        """Each figure in the order of the head with its address; of a rate the two counts it is made of."""
        return [
            {
                "text": shown(self.figures[key]),
                "url": self.urls.get(key, ""),
                "parts": [(self.figures[part], self.urls[part]) for part in RATES.get(key, ())],
            }
            for key in KEYS
        ]


@dataclass
class Table:
    month: date
    as_of: date
    rows: list[Row]
    total: Row

    @property
    def groups(self):
        return GROUPS

    @property
    def note(self) -> str:
        return NOTE


def shown(value: int | Decimal | None) -> str:
    return (
        NOTHING
        if value is None
        else f"{value.normalize():f}"
        if isinstance(value, Decimal) and not value
        else str(value)
    )


def parse_month(text: str) -> date | None:
    """The first day of a month written 2026-11; None for anything else."""
    match = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    return date(int(match[1]), int(match[2]), 1) if match else None


def last_day(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def table(user: User, month: date) -> Table:
    """The table of a month over what `user` sees."""
    last = last_day(month)
    day = min(last, timezone.localdate())
    found = (
        HiddenDanger.objects.visible_to(user)
        .filter(STANDING, OF_WORKS, verified_on__range=(month, day))
        .order_by()
        .values("project__district", "project__district__name", "project__district__order")
        .annotate(**counts(COUNTS, day), funds=Sum("funds", filter=FIGURES["arranged"].condition(day)))
    )
    rows, sums = [], dict.fromkeys(KEYS, 0)
    found = sorted(
        found, key=lambda row: (row["project__district__order"] or 0, row["project__district"] or 0)
    )
    for row in found:
        figures = {key: row[key] or 0 for key in KEYS if key in row}
        for key, value in figures.items():
            sums[key] += value
        rows.append(Row(row["project__district__name"] or "未分县区", rated(figures), urls(row, month, day)))
    return Table(month, day, rows, Row("合计", rated(sums), urls(None, month, day)))


def rated(figures: dict) -> dict:
    """With the two rates: of sums, never averaged; None where there is nothing to measure."""
    return figures | {rate: percent(figures[part], figures[whole]) for rate, (part, whole) in RATES.items()}


def urls(row: dict | None, month: date, day: date) -> dict[str, str]:
    """The list behind every figure of a row; a rate opens to the two it is made of."""
    rest = {"project__object_kind": ObjectKind.WORKS.value}
    if row is not None:
        district = row["project__district"]
        rest |= {"project__district": district} if district else {"without": "district"}
    return {key: list_url(figure, month, day, **rest) for key, figure in LISTS.items()}


def workbook(made: Table, user: User) -> bytes:
    """The table as a sheet in its official head, a row per district and 合计."""
    title = f"公路水运工程事故隐患排查治理统计表（{made.month.year}年{made.month.month}月）"
    sheet = FigureSheet("统计表", title, len(KEYS), user, made.as_of)
    sheet.heads("县区", [(label, tuple(name for _, name in columns)) for label, columns in GROUPS])
    for row in [*made.rows, made.total]:
        sheet.row(row.label, [row.figures[key] for key in KEYS], [key in RATES for key in KEYS])
    return sheet.finish(NOTE, 18)
