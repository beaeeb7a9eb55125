"""Official sheets of safety fees: 使用台账 of an account, 汇总表 of many; amounts as numbers, codes as text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from projects.assessments.workbooks import Book, height
from supervision.flows.models import Event
from supervision.flows.reach import label_of
from supervision.people.models import User
from supervision.rules.numbers import date_cn

from ..models import FeeAccount, FeeEntry
from ..models.fee_entry import BOOKED
from . import balances
from .arithmetic import USE, ZERO
from .summary import RATES, Summary

REVIEWS = {"agree": "同意", "cut": "核减"}


class MoneyBook(Book):
    """A book whose rows may hold amounts: Decimals are written as numbers, everything else as text."""

    def __init__(self):
        super().__init__()
        border = {"border": 1, "valign": "vcenter", "font_size": 10, "align": "right"}
        self.amount = self.book.add_format(border | {"num_format": "#,##0.00"})
        self.rate = self.book.add_format(border | {"num_format": "0.0"})
        self.amount_bold = self.book.add_format(border | {"num_format": "#,##0.00", "bold": True})
        self.rate_bold = self.book.add_format(border | {"num_format": "0.0", "bold": True})

    def line(
        self, page: Any, cells: Iterable[Any], *, bold: bool = False, rates: frozenset[int] = frozenset()
    ):
        """One row; `rates` names the columns whose numbers are per cent with one decimal."""
        cells = list(cells)
        page.set_row(page.row, max(height(str(cell), page.widths[at]) for at, cell in enumerate(cells)))
        for at, cell in enumerate(cells):
            if isinstance(cell, Decimal):
                form = (self.rate_bold if bold else self.rate) if at in rates else None
                form = form or (self.amount_bold if bold else self.amount)
                page.write_number(page.row, at, cell, form)
            elif isinstance(cell, int):
                page.write_number(page.row, at, cell, self.bold_middle if bold else self.middle)
            else:
                page.write_string(page.row, at, cell, self.bold if bold else self.text)
        page.row += 1


def register(account: FeeAccount, year: int, user: User) -> BytesIO:
    """使用台账 of an account's year, and beside it what was accrued, paid and returned: A4 landscape, 合计 at the
    end, to be signed."""
    book = MoneyBook()
    rows = (
        FeeEntry.objects.filter(account=account, status=BOOKED, month__year=year)
        .select_related("reverses", "subcontract")
        .order_by("month", "seq")
    )
    line = (
        f"项目：{account.section.project.name}　　标段：{account.section.code}"
        f"　　施工单位：{account.contractor or ''}　　单位：元　　"
        f"编制：{user.organization.name if user.organization else ''}　　{date_cn(timezone.localdate())}"
    )
    _use_sheet(book, account, year, line, rows.filter(kind=USE))
    _money_sheet(book, year, line, rows.exclude(kind=USE))
    return book.close()


def _use_sheet(book: MoneyBook, account: FeeAccount, year: int, line: str, rows: QuerySet) -> None:
    page = book.sheet(
        "使用台账",
        f"安全生产费用使用台账（{year}年）",
        line,
        [5, 11, 6, 24, 16, 9, 21, 13, 13, 14, 18, 11],
    )
    book.heads(
        page,
        [
            ("序号", []),
            ("记账日期", []),
            ("类别", []),
            ("用途", []),
            ("收款单位", []),
            ("票据", ["凭证号", "发票号"]),
            ("金额", ["申报", "审定入账", "累计使用"]),
            ("审核", ["监理意见", "建设单位确认"]),
        ],
    )
    before = balances.used_before(account.pk, year)
    opinions = reviews([entry.pk for entry in rows])
    asked = booked = ZERO
    if before:
        book.line(page, ["", "", "", "上年结转", "", "", "", "", "", before, "", ""])
    for number, entry in enumerate(rows, 1):
        asked, booked = asked + entry.amount, booked + entry.booked
        book.line(
            page,
            [
                number, entry.booked_on.isoformat(), entry.category, entry.content, entry.supplier,
                entry.voucher_no, entry.invoice_no, entry.amount, entry.booked, before + booked,
                opinions.get(entry.pk, ""), day(entry.confirmed_on),
            ],
        )  # fmt: skip
    book.line(page, ["合计", "", "", "", "", "", "", asked, booked, before + booked, "", ""], bold=True)
    book.sign(page, ("填表人", "项目负责人", "监理工程师", "建设单位"))


def _money_sheet(book: MoneyBook, year: int, line: str, rows: QuerySet) -> None:
    page = book.sheet(
        "提取支付台账",
        f"安全生产费用提取、支付与退回台账（{year}年）",
        line,
        [5, 11, 10, 9, 34, 14, 14, 14, 14, 11],
    )
    book.heads(
        page,
        [
            ("序号", []),
            ("记账日期", []),
            ("类型", []),
            ("累计进度（%）", []),
            ("说明", []),
            ("金额", ["提取", "支付", "支付分包", "退回"]),
            ("建设单位确认", []),
        ],
    )
    kinds = ("accrual", "payment", "passed_on", "refund")
    sums = dict.fromkeys(kinds, ZERO)
    for number, entry in enumerate(rows, 1):
        sums[entry.kind] += entry.booked
        amounts = [entry.booked if entry.kind == kind else "" for kind in kinds]
        progress = "" if entry.progress is None else f"{entry.progress.normalize():f}"
        words = entry.content or (entry.subcontract.unit if entry.subcontract else "")
        book.line(
            page,
            [
                number, entry.booked_on.isoformat(), entry.get_kind_display(), progress, words, *amounts,
                day(entry.confirmed_on),
            ],
        )  # fmt: skip
    book.line(page, ["合计", "", "", "", "", *(sums[kind] for kind in kinds), ""], bold=True)
    book.sign(page, ("填表人", "项目负责人", "监理工程师", "建设单位"))


def day(value: date | None) -> str:
    return value.isoformat() if value else ""


def reviews(pks: list[int]) -> dict[int, str]:
    """Entry → the supervisor's last opinion on it, as the sheet says it."""
    found: dict[int, str] = {}
    for start in range(0, len(pks), 1000):
        rows = Event.objects.filter(
            model=label_of(FeeEntry), object_id__in=pks[start : start + 1000], name__in=REVIEWS
        ).order_by("seq")
        for pk, name, reason, who in rows.values_list("object_id", "name", "reason", "actor_name"):
            found[pk] = f"{REVIEWS[name]}{f'：{reason}' if reason else ''}（{who}）"
    return found


def summary_book(made: Summary, user: User) -> BytesIO:
    """汇总表 as it stands on the page."""
    book = MoneyBook()
    unit = user.organization.name if user.organization else ""
    page = book.sheet(
        "汇总表",
        f"公路水运工程安全生产费用汇总表（{made.year}年，按{made.head}）",
        f"编制单位：{unit}　　单位：元　　数据截至：{date_cn(made.as_of)}",
        [30, 7, *(8 if key in RATES else 14 for key in made.keys[1:])],
    )
    book.heads(page, [(made.head, []), *((label, list(parts)) for label, parts in made.groups)])
    for row in [*made.rows, made.total]:
        cells = [row.figures[key] for key in made.keys]
        shown = ["—" if cell is None else cell for cell in cells]
        book.line(page, [row.label, *shown], bold=row is made.total, rates=made.rates)
    book.across(page, f"注：{made.note}")
    book.sign(page, ("填表人", "审核人"))
    return book.close()
