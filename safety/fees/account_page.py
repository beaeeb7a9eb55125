"""What an account's page shows above its facts: plan, accrual and use against progress, drawn and told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.urls import reverse

from supervision.rules.numbers import money, percent

from ..models.fee import FeeAccount
from ..models.fee_plan import APPROVED, FeePlan, FeePlanLine
from . import balances
from .arithmetic import ZERO, Totals, cents, months
from .rules import Category

# Longer accounts show their last months; the whole of it is in the ledger of closed months.
MONTHS = 36


@dataclass
class MonthLine:
    """An account at the end of a month, in sums from its beginning."""

    month: date
    planned: Decimal
    totals: Totals
    progress: Decimal | None
    due: Decimal

    @property
    def label(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def accrued_percent(self) -> Decimal | None:
        return percent(self.totals.accrual, self.due)

    @property
    def used_percent(self) -> Decimal | None:
        return percent(self.totals.use, self.due)

    @property
    def cells(self) -> list[str]:
        sums = self.totals
        amounts = (self.planned, sums.accrual, sums.payment, sums.use, sums.balance)
        rates = (self.accrued_percent, self.used_percent, self.progress)
        return [money(one) for one in amounts] + ["—" if one is None else f"{one:.1f}" for one in rates]


HEADS = (
    "累计计划（元）",
    "累计提取（元）",
    "累计支付（元）",
    "累计使用（元）",
    "结余（元）",
    "提取占应提（%）",
    "使用占应提（%）",
    "累计进度（%）",
)


def context(account: FeeAccount) -> dict:
    """The template's variables: tiles, two charts with one table, and the categories with theirs."""
    lines = month_lines(account)
    # The last month drawn is the last that has an entry, or a later one that is planned.
    sums = lines[-1].totals if lines else Totals()
    categories = category_lines(account)
    return {
        "fee_tiles": tiles(account, sums, lines),
        "fee_heads": HEADS,
        "fee_lines": lines,
        "fee_money_chart": money_chart(lines),
        "fee_rate_chart": rate_chart(lines),
        "fee_categories": [(label, money(plan), money(use), rate) for label, plan, use, rate in categories],
        "fee_category_total": tuple(money(sum((row[at] for row in categories), ZERO)) for at in (1, 2)),
        "fee_category_chart": category_chart(categories),
        "fee_register_url": reverse("fee_register", args=[account.pk]),
    }


def tiles(account: FeeAccount, sums: Totals, lines: list[MonthLine]) -> list[dict]:
    progress = lines[-1].progress if lines else None
    half = account.first_payment_by
    return [
        {"label": "应提总额", "value": money(account.due), "color": "gray"},
        {
            "label": "已提取",
            "value": money(sums.accrual),
            "note": f"{percent(sums.accrual, account.due) or 0}%，进度 {progress or 0:.1f}%",
        },
        {
            "label": "已支付",
            "value": money(sums.payment),
            "note": f"{percent(sums.payment, account.due) or 0}%" + (f"，首付期限 {half}" if half else ""),
        },
        {
            "label": "已使用",
            "value": money(sums.use),
            "note": f"为已提取的 {percent(sums.use, sums.accrual) or 0}%",
        },
        {
            "label": "结余" if sums.balance >= 0 else "超支（以自有资金列支）",
            "value": money(abs(sums.balance)),
            "color": "gray" if sums.balance >= 0 else "yellow",
        },
    ]


def month_lines(account: FeeAccount) -> list[MonthLine]:
    """The account month by month, from the first month that has something to the last; four statements."""
    booked = balances.by_month(account.pk)
    planned = planned_by_month(account.pk)
    told = dict(
        balances.standing_accruals()
        .filter(account=account)
        .order_by("month", "seq")
        .values_list("month", "progress")
    )
    if not booked and not planned:
        return []
    terms = list(account.terms.order_by("since"))
    last = max(booked) if booked else min(planned)
    made, sums, plan, progress = [], Totals(), ZERO, None
    for month in months(min([*booked, *planned]), max(last, min(planned, default=last))):
        sums += booked.get(month, Totals())
        plan += planned.get(month, ZERO)
        progress = told.get(month, progress)
        dues = [
            term.due for term in terms if (term.since.year, term.since.month) <= (month.year, month.month)
        ]
        made.append(MonthLine(month, plan, sums, progress, dues[-1] if dues else account.due))
    return made[-MONTHS:]


def planned_by_month(pk: int) -> dict[date, Decimal]:
    rows = FeePlanLine.objects.filter(plan__account=pk, plan__status=APPROVED).order_by()
    sums = rows.values_list("plan__year", "month").annotate(total=Sum("amount"))
    return {date(year, month, 1): cents(total) for year, month, total in sums}


def category_lines(account: FeeAccount) -> list[tuple[str, Decimal, Decimal, str]]:
    """(category, planned, used, used in per cent of what was planned) for each of the ten."""
    rows = FeePlanLine.objects.filter(plan__account=account, plan__status=APPROVED).order_by()
    planned = dict(rows.values_list("category").annotate(total=Sum("amount")))
    used = balances.used_by_category(account.pk)
    made = []
    for code, label in Category.choices:
        plan, use = cents(planned.get(code, ZERO)), used.get(code, ZERO)
        rate = percent(use, plan)
        made.append((label, plan, use, "—" if rate is None else str(rate)))
    return made


def wan(amount: Decimal) -> float:
    """As a chart draws it: in 万元."""
    return float(round(amount / 10000, 4))


def number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def money_chart(lines: list[MonthLine]) -> dict:
    parts = (
        ("累计计划", "planned", ""),
        ("累计提取", "totals", "accrual"),
        ("累计支付", "totals", "payment"),
    )
    series = [
        {"name": name, "data": [wan(_value(line, first, second)) for line in lines]}
        for name, first, second in (*parts, ("累计使用", "totals", "use"))
    ]
    return {
        "title": "计划、提取、支付与使用",
        "unit": "万元",
        "labels": [x.label for x in lines],
        "series": series,
    }


def _value(line: MonthLine, first: str, second: str) -> Decimal:
    value = getattr(line, first)
    return getattr(value, second) if second else value


def rate_chart(lines: list[MonthLine]) -> dict:
    series = [
        {"name": name, "data": [number(getattr(line, key)) for line in lines]}
        for name, key in (
            ("提取占应提", "accrued_percent"),
            ("使用占应提", "used_percent"),
            ("累计进度", "progress"),
        )
    ]
    return {"title": "提取、使用与进度", "unit": "%", "labels": [x.label for x in lines], "series": series}


def category_chart(categories: list[tuple]) -> dict:
    series = [
        {"name": name, "kind": "bar", "data": [wan(row[at]) for row in categories]}
        for name, at in (("计划", 1), ("使用", 2))
    ]
    return {
        "title": "各类计划与使用",
        "unit": "万元",
        "labels": [row[0].split()[0] for row in categories],
        "series": series,
    }


def plan_table(plan: FeePlan) -> dict:
    """A plan as a grid: a row per category, a column per month, with sums at both ends."""
    amounts = {
        (category, month): amount
        for category, month, amount in plan.lines.values_list("category", "month", "amount")
    }
    rows = []
    for code, label in Category.choices:
        cells = [amounts.get((code, month)) for month in range(1, 13)]
        texts = ["" if cell is None else money(cell) for cell in cells]
        rows.append(
            {"code": code, "label": label, "cells": cells, "texts": texts, "total": money(_sum(cells))}
        )
    columns = [_sum(row["cells"][at] for row in rows) for at in range(12)]
    total = money(_sum(columns))
    return {"rows": rows, "columns": [money(x) for x in columns], "total": total, "months": range(1, 13)}


def _sum(amounts) -> Decimal:
    return sum((one for one in amounts if one is not None), ZERO)
