"""Figures of incidents: summed by month, told by quarter, analysed by year (按月汇总、按季统计、按年分析).

A period that runs is compared with as much of the other. Every number of incidents opens to its list.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Count, F, Q, Sum
from django.urls import reverse

from supervision.people.models import Sector, User

from ..models import Incident
from ..models.incident import AccidentKind, IncidentGrade
from ..statistics import Period, Row, change
from ..statistics import Table as PeriodTable
from .grading import at_least

LARGER = "larger"
# code → label, the column to group by, its name column, the list's filter, names of codes
BREAKDOWNS = {
    "district": ("县区", "project__district", "project__district__name", "project__district", None),
    "unit": ("事故单位", "unit", "unit__name", "unit", None),
    "grade": ("等级", "grade", "grade", "grade", dict(IncidentGrade.choices)),
    "accident": ("事故类型", "accident", "accident", "accident", dict(AccidentKind.choices)),
    "mode": ("领域", "project__mode", "project__mode", "project__mode", dict(Sector.choices)),
}
COLUMNS = (
    ("incidents", "起数"),
    ("deaths", "死亡（人）"),
    ("larger", "较大以上（起）"),
    ("fatal", "死亡事故（起）"),
    ("serious_injuries", "重伤（人）"),
    ("missing", "下落不明（人）"),
    ("direct_loss", "直接经济损失（元）"),
)
# 三个同比减少
DECREASES = ("incidents", "deaths", "larger")
NOTE = (
    "按发生日期计入期间，伤亡、损失和等级为截至今天报告认定的数；未达事故等级和已撤销的不计。同比为上年同期，"
    "环比为上一期间；期间未满的，与对方同样长的一段相比。"
)


class Table(PeriodTable):
    columns = COLUMNS
    note = NOTE

    @property
    def head(self) -> str:
        return BREAKDOWNS[self.by][0]

    @property
    def title(self) -> str:
        return f"生产安全事故统计（{self.period.label}，按{self.head}）"

    @property
    def decreases(self) -> list[Decrease]:
        """The three figures that are to fall against the same period of the year before."""
        past, labels = self.total.earlier["同比"], dict(COLUMNS)
        return [Decrease(labels[key], self.total.figures[key], past[key]) for key in DECREASES]


@dataclass(frozen=True)
class Decrease:
    label: str
    now: int
    then: int

    @property
    def change(self) -> str:
        return change(self.now, self.then)

    @property
    def word(self) -> str:
        if self.now < self.then:
            return "下降"
        if self.now > self.then:
            return "上升"
        return "持平" if self.now else "均为零"

    @property
    def color(self) -> str:
        return {"下降": "green", "均为零": "green", "持平": "yellow", "上升": "red"}[self.word]


def counted(user: User, period: Period, column: str, name: str) -> list[dict]:
    grave = at_least(LARGER)
    return list(
        Incident.objects.visible_to(user)
        .filter(
            in_statistics=True,
            happened_on__range=(period.begin, period.as_of),
            project__merged_into__isnull=True,
        )
        .order_by()
        .values(key=F(column), name=F(name))
        .annotate(
            number=Count("pk"),
            died=Sum("deaths"),
            larger=Count("pk", filter=Q(grade__in=grave)),
            fatal=Count("pk", filter=Q(deaths__gt=0)),
            hurt=Sum("serious_injuries"),
            lost=Sum("missing"),
            loss=Sum("direct_loss"),
        )
    )


def figures(row: dict) -> dict:
    return {
        "incidents": row["number"],
        "deaths": row["died"],
        "larger": row["larger"],
        "fatal": row["fatal"],
        "serious_injuries": row["hurt"],
        "missing": row["lost"],
        "direct_loss": Decimal(row["loss"]).quantize(Decimal("0.01")),
    }


NONE = {key: 0 for key, _ in COLUMNS} | {"direct_loss": Decimal("0.00")}


def summed(rows: list[dict]) -> dict:
    made = [figures(row) for row in rows]
    return {key: sum((row[key] for row in made), NONE[key]) for key, _ in COLUMNS}


def table(user: User, period: Period, by: str = "district") -> Table:
    """The incidents of a period that `user` sees, broken down; a row for each that has any, and 合计."""
    _, column, name, _, names = BREAKDOWNS[by]
    now = counted(user, period, column, name)
    earlier = {"同比": period.counterpart(12)}
    if period.months < 12:
        earlier["环比"] = period.counterpart(period.months)
    past = {word: counted(user, other, column, name) for word, other in earlier.items()}
    by_key = {word: {row["key"]: figures(row) for row in rows} for word, rows in past.items()}
    made = [
        Row(
            (names[row["name"]] if names and row["name"] else row["name"]) or "未填",
            figures(row),
            {word: rows.get(row["key"], NONE) for word, rows in by_key.items()},
            urls(period, by, row),
            COLUMNS,
        )
        for row in sorted(now, key=lambda row: (-row["number"], str(row["name"])))
    ]
    totals = {word: summed(rows) for word, rows in past.items()}
    return Table(period, by, made, Row("合计", summed(now), totals, urls(period, by, None), COLUMNS))


def urls(period: Period, by: str, row: dict | None) -> dict[str, str]:
    """The lists behind the numbers of incidents."""
    base = {
        "in_statistics": "true",
        "happened_on_after": period.begin.isoformat(),
        "happened_on_before": period.as_of.isoformat(),
    }
    if row is not None:
        if not row["key"]:
            return {}
        base[BREAKDOWNS[by][3]] = row["name"] if by == "unit" else row["key"]
    where = reverse("incidents:list")
    more = {"incidents": {}, "larger": {"at_least": LARGER}, "fatal": {"fatal": "true"}}
    return {key: f"{where}?{urlencode(base | extra)}" for key, extra in more.items()}
