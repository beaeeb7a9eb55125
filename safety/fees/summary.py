"""安全生产费用汇总表: money by district, owner, section or category, summed in SQL; rates are of sums."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils import timezone

from projects.figures.breaking import Asked, Table
from supervision.people.models import User
from supervision.plan.indicators import find
from supervision.rules.numbers import NOTHING, money, percent

from ..models import FeeAccount, FeeEntry, FeePlanLine
from ..models.fee import DRAFT
from ..models.fee_entry import BOOKED
from ..models.fee_plan import APPROVED
from .arithmetic import ACCRUAL, PAYMENT, REFUND, USE, ZERO, cents
from .balances import due_by_terms
from .rules import Category

# code → head, column of the account to group by, its names, and the list's filter
BREAKDOWNS = {
    "district": (
        "县区",
        "section__project__district",
        ("section__project__district__name",),
        "section__project__district",
    ),
    "owner": (
        "建设单位",
        "section__project__owner",
        ("section__project__owner__name",),
        "section__project__owner",
    ),
    "section": ("标段", "section", ("section__project__name", "section__code"), "section"),
    "category": ("支出类别", "", (), ""),
}
GROUPS = (
    ("账户（个）", ()),
    ("应提总额", ()),
    ("提取", ("本年", "累计", "提取率（%）")),
    ("支付", ("本年", "累计", "支付率（%）")),
    ("使用", ("本年计划", "本年", "累计", "使用率（%）")),
    ("结余", ()),
    ("达标率（%）", ("提取", "首付", "使用")),
)
KEYS = (
    "accounts", "due", "accrual_year", "accrual", "accrual_rate", "payment_year", "payment", "payment_rate",
    "planned", "use_year", "use", "use_rate", "balance", "met_accrued", "met_first_payment", "met_used",
)  # fmt: skip
# The indicators of accounts whose rates stand at the end of a line.
MET = {"met_accrued": "fee.accrued", "met_first_payment": "fee.first_payment", "met_used": "fee.used"}
CATEGORY_GROUPS = (("账户（个）", ()), ("使用", ("本年计划", "本年", "占本年（%）", "为计划（%）", "累计")))
CATEGORY_KEYS = ("accounts", "planned", "use_year", "part", "use_rate", "use")
RATES = {"accrual_rate", "payment_rate", "use_rate", "part", *MET}
NOTE = (
    "提取率、支付率为累计数占应提总额的比例，使用率为累计使用占累计提取的比例；"
    "均以合计数相除，不取平均。待启用账户不计。达标率为达标账户占应计账户的比例，口径见“统计指标”。"
)
CATEGORY_NOTE = "占本年为该类占本年使用合计的比例，为计划为本年使用占本年计划的比例。"
# So many lines stand on the page; the workbook has all of them.
SHOWN = 200


@dataclass
class Row:
    label: str
    figures: dict[str, Any]
    url: str = ""
    keys: tuple[str, ...] = KEYS

    @property
    def cells(self) -> list[str]:
        return [shown(self.figures[key]) for key in self.keys]


@dataclass
class Summary:
    year: int
    by: str
    as_of: date
    rows: list[Row]
    total: Row
    keys: tuple[str, ...] = KEYS
    groups: tuple = GROUPS
    note: str = NOTE
    chart: dict = field(default_factory=dict)

    @property
    def head(self) -> str:
        return BREAKDOWNS[self.by][0]

    @property
    def first_rows(self) -> list[Row]:
        return self.rows[:SHOWN]

    @property
    def rates(self) -> frozenset[int]:
        """The places, counted from the label on, of the columns that are per cent."""
        return frozenset(at for at, key in enumerate(self.keys, 1) if key in RATES)


def shown(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, int):
        return str(value)
    # Rates have one decimal, amounts two.
    return str(value) if value.as_tuple().exponent == -1 else money(value)


def table(user: User, year: int, by: str) -> Summary:
    """The summary of a year over what `user` sees, as of its end or today."""
    day = min(date(year, 12, 31), timezone.localdate())
    accounts = FeeAccount.objects.visible_to(user).exclude(status=DRAFT).filter(confirmed_on__lte=day)
    accounts = accounts.filter(section__project__merged_into__isnull=True)
    if by == "category":
        return _by_category(accounts, year, day)
    _, column, names, query = BREAKDOWNS[by]
    at = f"account__{column}"
    entries = _entries(accounts, day)
    this_year = Q(month__year=year)
    sums = {
        f"{kind}{tail}": Sum("booked", filter=Q(kind=kind) & condition)
        for kind in (ACCRUAL, PAYMENT, USE, REFUND)
        for tail, condition in (("", Q()), ("_year", this_year))
    }
    booked = {row["place"]: row for row in entries.order_by().values(place=F(at)).annotate(**sums)}
    lines = FeePlanLine.objects.filter(
        plan__account__in=accounts.values("pk"), plan__year=year, plan__status=APPROVED
    )
    planned = dict(lines.order_by().values_list(f"plan__{at}").annotate(total=Sum("amount")))
    rows, totals = [], {}
    met = _met(user, year, day, by)
    grouped = accounts.annotate(term_due=due_by_terms(day)).order_by(*names).values(column, *names)
    for one in grouped.annotate(number=Count("pk"), due_sum=Sum("term_due")):
        place = one[column]
        figures = {
            "accounts": one["number"],
            "due": cents(one["due_sum"] or ZERO),
            "planned": cents(planned.get(place, ZERO)),
        }
        for key in sums:
            figures[key] = cents(booked.get(place, {}).get(key) or ZERO)
        for key, value in figures.items():
            totals[key] = totals.get(key, 0) + value
        label = " ".join(str(one[name]) for name in names if one[name]) or f"未填{BREAKDOWNS[by][0]}"
        url = f"{reverse('fee-accounts:list')}?{urlencode({query: place})}" if place else ""
        rows.append(Row(label, rated(figures) | of_place(met, str(place or "")), url))
    empty = dict.fromkeys(("due", "planned", *sums), ZERO) | {"accounts": 0}
    total = Row("合计", rated(empty | totals) | {key: table.total.rate for key, table in met.items()})
    return Summary(year, by, day, rows, total, chart=chart(rows))


def _met(user: User, year: int, day: date, by: str) -> dict[str, Table]:
    """How many accounts met what is asked of them, by place: the indicators' own figures."""
    return {key: Asked(user, find(code), year, day).table(by) for key, code in MET.items()}


def of_place(met: dict[str, Table], place: str) -> dict[str, Decimal | None]:
    """The rates of one line; None where no account is asked."""
    return {
        key: next((line.rate for line in table.lines if line.place == place), None)
        for key, table in met.items()
    }


def _entries(accounts, day: date):
    return FeeEntry.objects.filter(
        account__in=accounts.values("pk"), status=BOOKED, booked_on__lte=day, confirmed_on__lte=day
    )


def rated(figures: dict) -> dict:
    return figures | {
        "accrual_rate": percent(figures["accrual"], figures["due"]),
        "payment_rate": percent(figures["payment"], figures["due"]),
        "use_rate": percent(figures["use"], figures["accrual"]),
        "balance": figures["payment"] - figures["use"] - figures["refund"],
    }


def _by_category(accounts, year: int, day: date) -> Summary:
    entries = _entries(accounts, day).filter(kind=USE)
    found = {
        row["category"]: row
        for row in entries.order_by()
        .values("category")
        .annotate(
            accounts=Count("account", distinct=True),
            use=Sum("booked"),
            use_year=Sum("booked", filter=Q(month__year=year)),
        )
    }
    lines = FeePlanLine.objects.filter(
        plan__account__in=accounts.values("pk"), plan__year=year, plan__status=APPROVED
    ).order_by()
    planned = dict(lines.values_list("category").annotate(total=Sum("amount")))
    whole = cents(sum((row["use_year"] or ZERO for row in found.values()), ZERO))

    def figures(number: int, plan: Decimal, now: Decimal, ever: Decimal) -> dict:
        return {
            "accounts": number,
            "planned": plan,
            "use_year": now,
            "part": percent(now, whole),
            "use_rate": percent(now, plan),
            "use": ever,
        }

    rows = []
    for code, label in Category.choices:
        row = found.get(code, {})
        amounts = [cents(value or ZERO) for value in (planned.get(code), row.get("use_year"), row.get("use"))]
        rows.append(Row(label, figures(row.get("accounts", 0), *amounts), keys=CATEGORY_KEYS))
    sums = [sum((row.figures[key] for row in rows), ZERO) for key in ("planned", "use_year", "use")]
    total = Row("合计", figures(accounts.count(), *sums), keys=CATEGORY_KEYS)
    return Summary(
        year, "category", day, rows, total, CATEGORY_KEYS, CATEGORY_GROUPS, CATEGORY_NOTE,
        chart=chart(rows, (("本年计划", "planned"), ("本年使用", "use_year"))),
    )  # fmt: skip


def chart(
    rows: list[Row], parts=(("累计提取", "accrual"), ("累计支付", "payment"), ("累计使用", "use"))
) -> dict:
    """Bars of the first lines, in 万元; the table below has the yuan."""
    first = rows[:20]
    return {
        "title": "提取、支付与使用",
        "unit": "万元",
        "labels": [row.label for row in first],
        "series": [
            {
                "name": name,
                "kind": "bar",
                "data": [float(round(row.figures[key] / 10000, 2)) for row in first],
            }
            for name, key in parts
        ],
    }
