"""The spans that reports are about, their names, and the spans they are compared with."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from ..facts import Span

MONTH, QUARTER, YEAR, CAMPAIGN = "month", "quarter", "year", "campaign"
MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The first of the month that many months away from the month of `day`."""
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def last_day(kind: str, first: date) -> date | None:
    """The day on which a span of this kind ends; None where the kind does not tell."""
    return end_of_month(add_months(first, MONTHS[kind] - 1)) if kind in MONTHS else None


def ended(kind: str, day: date) -> tuple[date, date]:
    """The first and the last day of the newest span of this kind that is over on `day`. Raises KeyError for a kind
    that has no spans of its own."""
    months = MONTHS[kind]
    runs = add_months(day.replace(month=(day.month - 1) // months * months + 1), 0)
    return add_months(runs, -months), runs - timedelta(days=1)


def problem(kind: str, first: date, last: date) -> str:
    """Why the days are no span of this kind, as a Chinese sentence; "" where they are."""
    if last < first:
        return "结束日期早于起始日期。"
    if kind not in MONTHS:
        return ""
    starts = {MONTH: first.day == 1, QUARTER: first.day == 1 and first.month in (1, 4, 7, 10)}
    if not starts.get(kind, (first.month, first.day) == (1, 1)):
        return {
            MONTH: "月度报告从每月1日起。",
            QUARTER: "季度报告从1月、4月、7月或10月1日起。",
            YEAR: "年度报告从1月1日起。",
        }[kind]
    return "" if last == last_day(kind, first) else f"该期间应至{last_day(kind, first)}止。"


def whole_months(span: Span) -> int:
    """How many calendar months the span is; 0 where it is not made of whole ones."""
    if span.first.day != 1 or span.last != end_of_month(span.last):
        return 0
    return (span.last.year - span.first.year) * 12 + span.last.month - span.first.month + 1


def year_before(span: Span) -> Span:
    """The base of 同比: the same days a year earlier, in full. Whole months stay whole, also over a 29 February."""
    if whole_months(span):
        return seen_alike(Span(add_months(span.first, -12), end_of_month(add_months(span.last, -12))), span)
    return seen_alike(span.year_before(), span)


def seen_alike(base: Span, span: Span) -> Span:
    """The base looked at as long after its end as the span is: what comes in late came in late then, too."""
    late = span.known - span.last
    return Span(base.first, base.last, base.last + late) if late > timedelta(0) else base


def span_before(span: Span) -> Span:
    """The base of 环比: as many whole months, or else as many days, that end on the day before the span."""
    if months := whole_months(span):
        return seen_alike(Span(add_months(span.first, -months), span.first - timedelta(days=1)), span)
    days = (span.last - span.first).days
    last = span.first - timedelta(days=1)
    return seen_alike(Span(last - timedelta(days=days), last), span)


def standing_on(span: Span) -> date:
    """The day on which an indicator stands for a span: its last, however much later the span is looked at, so that
    a month's figure does not take in the month after. Of a span that ends with the year, what is decided on the
    year afterwards counts too: its assessments come in January."""
    if (span.last.month, span.last.day) == (12, 31):
        return span.known
    return min(span.last, span.known)


def months_of(span: Span) -> list[tuple[str, Span]]:
    """The span cut at the ends of months, each part with its name; a part that begins after what is known is left
    out."""
    parts, first = [], span.first
    years = span.first.year != span.last.year
    while first <= min(span.last, span.known):
        last = min(end_of_month(first), span.last)
        name = f"{first.year}年{first.month}月" if years else f"{first.month}月"
        parts.append((name, Span(first, last, span.known)))
        first = last + timedelta(days=1)
    return parts


def label(kind: str, first: date, last: date) -> str:
    """The span as people name it."""
    if kind == MONTH:
        return f"{first.year}年{first.month}月"
    if kind == QUARTER:
        return f"{first.year}年第{'一二三四'[(first.month - 1) // 3]}季度"
    if kind == YEAR:
        return f"{first.year}年"
    if first == last:
        return day_cn(first)
    return f"{day_cn(first)}至{day_cn(last)}"


def day_cn(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
