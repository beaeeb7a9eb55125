"""`manage.py compliance`: the plan's targets as of a day, computed, stored and printed."""

from __future__ import annotations

import json
from datetime import date
from unicodedata import east_asian_width

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from supervision.plan.models.figures import State
from supervision.plan.models.plan import TargetKind
from supervision.plan.services import ComplianceError, Result, compute, store

HEADS = ("代码", "指标", "计入", "应计", "完成", "目标", "状态", "差额")


class Command(BaseCommand):
    help = "计算执行中计划的各项目标，保存并打印；与每晚的后台任务相同。"

    def add_arguments(self, parser):
        parser.add_argument("--as-of", metavar="YYYY-MM-DD", help="截至日期，默认今天")
        parser.add_argument("--year", type=int, help="考核年度，默认截至日期所在年度")
        parser.add_argument("--json", action="store_true", dest="as_json", help="以 JSON 打印")
        parser.add_argument("--store", action="store_true", help="保存结果（默认即保存）")
        parser.add_argument("--dry-run", action="store_true", help="只打印，不保存")

    def handle(self, *, as_of=None, year=None, as_json=False, dry_run=False, **options):
        day = read_day(as_of)
        year = day.year if year is None else year
        if not 2000 <= year <= 2100:
            raise CommandError(f"年度 {year} 不在 2000 至 2100 之间。")
        if options["store"] and dry_run:
            raise CommandError("--store 与 --dry-run 不能同时使用。", returncode=2)
        try:
            results = compute(day, year)
        except ComplianceError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json_text(results) if as_json else table(results, year, day))
        if dry_run:
            return
        if day > timezone.localdate():
            # A day that is not over yet must not become the newest figure on the page.
            self.stderr.write(f"{day} 尚未到来，结果未保存。")
            return
        try:
            store(results, day, year)
        except ComplianceError as error:
            self.stderr.write(str(error))


def read_day(text: str | None) -> date:
    """The as-of date, today without one. Raises CommandError."""
    if text is None:
        return timezone.localdate()
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2100:
        raise CommandError(f"截至日期“{text}”不是有效日期，请写成 YYYY-MM-DD，如 2026-12-31。")
    return day


def json_text(results: list[Result]) -> str:
    return json.dumps([result.as_json() for result in results], ensure_ascii=False, indent=2)


def table(results: list[Result], year: int, day: date) -> str:
    """The figures as aligned columns, Chinese characters counted as two."""
    rows = [HEADS, *(cells(result) for result in results)]
    widths = [max(width(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = [
        "  ".join(text + " " * (size - width(text)) for text, size in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([f"{year} 年度，截至 {day}", *lines])


def cells(result: Result) -> tuple[str, ...]:
    target, outcome = result.target, result.total.judgement
    sign = "%" if target.kind == TargetKind.RATIO else ""
    return (
        target.code,
        target.name,
        str(result.total.numerator),
        "—" if result.total.denominator is None else str(result.total.denominator),
        "—" if outcome.value is None else f"{outcome.value}{sign}",
        target.threshold_text,
        State(outcome.state).label,
        "—" if outcome.gap is None else str(outcome.gap),
    )


def width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
