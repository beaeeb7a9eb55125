"""The figures of a circular on execution: sums by district, summed in SQL; rates are of sums."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, Sum

from supervision.rules.numbers import money

from .execution import rate


def lines(year: int) -> list[str]:
    """A line for each district with budgets of the year, and the whole last."""
    from ..models import FundBudget

    rows = (
        FundBudget._base_manager.filter(year=year, status__in=("approved", "closed"))
        .order_by("project__district__order", "project__district")
        .values("project__district__name")
        .annotate(number=Count("pk"), budget=Sum("current"), paid=Sum("allocated"), spent=Sum("executed"))
    )
    found, whole = [], [0, Decimal(0), Decimal(0), Decimal(0)]
    for row in rows:
        figures = [row["number"], row["budget"], row["paid"], row["spent"]]
        whole = [one + other for one, other in zip(whole, figures, strict=True)]
        found.append(_line(row["project__district__name"] or "市级", *figures))
    return [*found, _line("合计", *whole)]


def _line(place: str, number: int, budget: Decimal, paid: Decimal, spent: Decimal) -> str:
    shown = rate(spent, budget)
    percent = "—" if shown is None else f"{shown}%"
    return f"{place}：{number}项，预算{money(budget)}元，拨付{money(paid)}元，执行{money(spent)}元，执行率{percent}"
