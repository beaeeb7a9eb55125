"""The nightly checks of safety fees, the indicators, the summary and the official sheets, on figures small enough to
follow."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from unittest import mock

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from safety.fees import books as sheets
from safety.fees import checks, planning, summary
from safety.models import FeeEntry, FeePlan, FeeQuestion
from supervision.flows import records
from supervision.flows.history import SYSTEM
from supervision.jobs.services import run_now
from supervision.papers.services import attach
from supervision.people.models import User
from supervision.plan.indicators import Window, find, measure

from . import factories, fees, inspecting
from .documents import office, printed_by_office, text_of_pdf
from .factories import COMMAND
from .safety import today_is

pytestmark = pytest.mark.django_db
D = Decimal
MARCH = date(2024, 3, 29)


@pytest.fixture(autouse=True)
def _everything_happens_in_march():
    with today_is(MARCH):
        yield


@pytest.fixture
def books():
    return fees.books(base=D(100_000_000), start_on=date(2024, 1, 15))


def asked(code: str) -> list[str]:
    return list(FeeQuestion.objects.filter(code=code).order_by("pk").values_list("figures", flat=True))


def night(day: date) -> dict:
    with today_is(day):
        return checks.run(SYSTEM)


def test_half_by_the_last_day_is_in_time_and_a_day_later_is_not(books):
    late = fees.books(base=D(100_000_000), start_on=date(2024, 1, 15))
    for one, day in ((books, date(2024, 2, 15)), (late, date(2024, 2, 16))):
        one.book(one.file("payment", 750_000, role="owner", booked_on=day))
    night(date(2024, 2, 15))
    assert asked("first_payment") == []
    night(date(2024, 2, 17))
    question = FeeQuestion.objects.get(code="first_payment")
    assert question.account == late.account and "截至期限已付0.00元" in question.figures


def test_a_cent_short_of_half_is_short(books):
    books.book(books.file("payment", "749999.99", role="owner", booked_on=date(2024, 2, 1)))
    night(date(2024, 2, 20))
    [figures] = asked("first_payment")
    assert "750,000.00" in figures and "749,999.99" in figures


def test_a_subcontract_is_paid_its_half_in_time(books):
    due = fees.subcontract(books.account, amount=D("50000.01"), start_on=date(2024, 1, 31))
    books.book(
        books.file("passed_on", "25000.00", subcontract=due, booked_on=date(2024, 2, 29), supplier=due.unit)
    )
    night(date(2024, 2, 29))
    assert asked("subcontract") == []
    night(date(2024, 3, 1))
    [figures] = asked("subcontract")
    assert "25,000.01" in figures and "2024-02-29" in figures


def test_accrued_too_little_is_found_and_clears_itself(books):
    books.book(books.file("accrual", "100000.00", progress=D(10), booked_on=date(2024, 2, 29)))
    night(MARCH)
    [figures] = asked("accrual")
    assert "应提150,000.00元" in figures and "少提50,000.00元" in figures
    books.book(books.file("accrual", "50000.00", progress=D(10), booked_on=MARCH))
    assert night(MARCH)["cleared"] >= 1
    assert FeeQuestion.objects.get(code="accrual").cleared_on == MARCH
    # It holds again within the month: the same question, no longer marked as over.
    books.book(books.file("accrual", "15000.00", progress=D(20), booked_on=MARCH))
    assert night(MARCH)["cleared"] == 0
    question = FeeQuestion.objects.get(code="accrual")
    assert (question.cleared_on, records.last_event(question).label) == (None, "情况再次出现")


def test_overspending_is_a_warning_and_no_wall(books):
    books.book(books.file("accrual", progress=D(1), booked_on=date(2024, 2, 29)))
    entry = books.book(books.file("use", "15000.01", booked_on=date(2024, 3, 4)))
    night(MARCH)
    assert entry.status == "booked"
    question = FeeQuestion.objects.get(code="overspent")
    assert question.nature == "warning" and "超出0.01元" in question.figures


def test_used_against_plan_and_progress_at_the_end_of_a_quarter(books):
    plan = records.create(FeePlan(account=books.fresh(), year=2024), COMMAND)
    planning.save(plan, {("F05", 2): D(10_000), ("F05", 6): D(90_000)}, COMMAND)
    for name, role in (("submit", "contractor"), ("review", "supervisor"), ("approve", "owner")):
        plan = books.act(plan, name, role)
    books.book(books.file("accrual", progress=D(30), booked_on=date(2024, 3, 4)))
    books.book(books.file("use", "12000.01", booked_on=date(2024, 3, 4)))
    night(MARCH)
    assert asked("plan") == []  # the quarter is not over
    with today_is(date(2024, 4, 2)):
        checks.run(SYSTEM)
    assert "计划10,000.00元，使用12,000.01元" in asked("plan")[0]
    assert "累计进度30%" in asked("progress")[0]


def test_one_photo_on_two_entries(books):
    other = fees.books()
    one, two, three = (who.file("use", "900") for who in (books, books, other))
    for entry in (one, two, three):
        attach(entry, fees.photo(7), "照片", COMMAND)
    attach(books.file("use", "901"), fees.photo(8), "照片", COMMAND)
    checks.run(SYSTEM)
    [question] = FeeQuestion.objects.filter(code="same_photo")
    assert question.entry == three and "另一账户" in question.figures and question.nature == "question"
    assert checks.run(SYSTEM)["raised"] == 0


def test_round_sums_before_an_inspection(books):
    section = books.site.section
    with today_is(date(2026, 1, 15)):  # under the rules of inspections, which are younger
        inspecting.visit(section, visited_on=MARCH)
        inspecting.visit(factories.section(), visited_on=MARCH)
    days = (date(2024, 3, 21), date(2024, 3, 22), date(2024, 3, 29))
    for day in days:
        books.file("use", "20000.00", booked_on=day)
    books.file("use", "20000.01", booked_on=days[1])
    night(MARCH)
    rows = FeeQuestion.objects.filter(code="round_sum")
    assert sorted(rows.values_list("entry__booked_on", flat=True)) == list(days[1:])


def test_one_supplier_everywhere(books):
    for number in range(5):
        books.book(books.file("use", "600.00", supplier="甲劳保店", voucher_no=f"甲{number}"))
    books.book(books.file("use", "2000.00", supplier="乙劳保店"))
    night(MARCH)
    [figures] = asked("one_supplier")
    assert "5笔3,000.00元" in figures and "60.0%" in figures and "1个账户" in figures


def test_months_are_closed_by_the_nightly_job_once_the_day_has_passed(books):
    pending = books.file("use", "5", booked_on=date(2024, 2, 9))
    with today_is(date(2024, 3, 10)):
        assert run_now("close_fee_months", {}).result == {"closed": 1, "open": 0}
    with today_is(date(2024, 3, 11)):
        assert run_now("close_fee_months", {}).result == {"closed": 0, "open": 1}
        assert run_now("check_fees", {}).result["raised"] >= 1
    assert "2024年2月起尚未结账" in asked("month_open")[0]
    books.act(pending, "void", "contractor", opinion="重复")
    with today_is(date(2024, 3, 12)):
        run_now("close_fee_months", {})
        run_now("check_fees", {})
    assert FeeQuestion.objects.get(code="month_open").cleared_on == date(2024, 3, 12)


# --------------------------------------------------------------------------------------------------------- figures


@pytest.fixture
def two(books):
    """Two accounts in one district, half good: the second was paid late, accrued too little and used little."""
    other = fees.books(base=D(200_000_000), start_on=date(2024, 1, 15))
    for one, paid, accrued, used in (
        (books, date(2024, 2, 15), "150000.00", "120000.00"),
        (other, date(2024, 2, 16), "299999.99", "1000.00"),
    ):
        with today_is(date(2024, 3, 4)):
            one.book(one.file("payment", one.account.due / 2, role="owner", booked_on=paid))
            one.book(one.file("accrual", accrued, progress=D(10), booked_on=date(2024, 3, 4)))
            one.book(one.file("use", used, booked_on=date(2024, 3, 4)))
            fees.put(one.account, confirmed_on=date(2024, 1, 20))
    return books, other


def counts(code: str, day: date) -> dict[str, int]:
    found = find(code).members({}, Window(2024, day, 2024, 2024))
    made: dict[str, int] = {}
    for group in measure(found):
        made[group.standing] = made.get(group.standing, 0) + len(group.ids)
    return made


def test_the_indicators_count_accounts_as_of_the_day(two):
    later = date(2024, 6, 30)
    assert counts("fee.accrued", later) == {"counted": 1, "decided": 1}
    assert counts("fee.first_payment", later) == {"counted": 1, "decided": 1}
    assert counts("fee.used", later) == {"counted": 1, "decided": 1}
    # Before the entries were in the books nothing is known of them.
    assert counts("fee.accrued", date(2024, 3, 3)) == {"undecided": 2}
    assert counts("fee.first_payment", date(2024, 2, 14)) == {"undecided": 2}
    assert counts("fee.used", date(2024, 3, 3)) == {}
    assert counts("fee.accrued", date(2023, 12, 31)) == {}


def test_the_summary_adds_up_and_its_rates_are_of_sums(two):
    user = factories.user()
    with today_is(date(2024, 6, 30)):
        for by in ("district", "owner", "section"):
            made = summary.table(user, 2024, by)
            for key in ("accounts", "due", "accrual", "payment", "use", "balance"):
                assert sum(row.figures[key] for row in made.rows) == made.total.figures[key]
            assert made.total.figures["use"] == D("121000.00")
            assert made.total.figures["use_rate"] == D("26.9")  # 121,000.00 ÷ 449,999.99
            assert len(made.rows) == (1 if by == "district" else 2)
            met = [[row.figures[key] for key in summary.MET] for row in (*made.rows, made.total)]
            assert met[-1] == [D("50.0")] * 3
            if by != "district":
                assert sorted(met[:-1]) == [[D("0.0")] * 3, [D("100.0")] * 3]
        made = summary.table(user, 2024, "category")
        assert made.rows[4].figures["use_year"] == made.total.figures["use"] == D("121000.00")
        assert (
            summary.table(User.objects.get(pk=two[0].site.people["owner"].pk), 2024, "owner").total.figures[
                "accounts"
            ]
            == 1
        )
        book = openpyxl.load_workbook(sheets.summary_book(summary.table(user, 2024, "owner"), user)).active
    assert book["A1"].value.startswith("公路水运工程安全生产费用汇总表（2024年") and "A1:Q1" in map(
        str, book.merged_cells.ranges
    )
    assert "数据截至：2024年6月30日" in book["A2"].value
    last = next(row for row in book.iter_rows(values_only=True) if row[0] == "合计")
    assert last[1] == 2 and D(str(last[11])) == D("121000")
    assert (book.page_setup.orientation, book.page_setup.paperSize) == ("landscape", 9)


def test_the_register_has_every_spending_with_its_review_and_a_total(books):
    hostile = "=cmd|' /C calc'!A0"
    with today_is(MARCH):
        books.book(books.file("use", "900.50", content=hostile))
        books.book(books.file("use", "800.00"), approved="700.00")
        books.book(books.file("payment", "5.05", role="owner"))
        books.file("use", "111.11")  # not in the books yet
    made = openpyxl.load_workbook(sheets.register(books.fresh(), 2024, books.site.people["owner"]))
    use, money = made.worksheets
    rows = list(use.iter_rows(values_only=True))
    assert use["A1"].value == "安全生产费用使用台账（2024年）" and "单位：元" in use["A2"].value
    body = [row for row in rows if isinstance(row[0], int)]
    assert [(row[3], D(str(row[7])), D(str(row[8]))) for row in body] == [
        (hostile, D("900.5"), D("900.5")),
        ("安全帽", D(800), D(700)),
    ]
    assert body[1][10].startswith("核减：数量不符，核减。（") and body[0][10].startswith("同意（")
    total = next(row for row in rows if row[0] == "合计")
    assert D(str(total[8])) == D("1600.5")
    assert use.print_title_rows == "$3:$4" and use.page_setup.orientation == "landscape"
    assert any(
        D(str(row[6] or 0)) == D("5.05")
        for row in money.iter_rows(min_row=5, values_only=True)
        if row[0] == 1
    )


@pytest.mark.skipif(not office(), reason="LibreOffice is not installed")
def test_the_register_prints_as_one_sheet_across_in_libreoffice(books, tmp_path):
    with today_is(MARCH):
        for number in range(40):
            books.book(books.file("use", "900.50", content=f"第{number}批安全帽"))
    made = tmp_path / "register.xlsx"
    made.write_bytes(sheets.register(books.fresh(), 2024, books.site.people["owner"]).getvalue())
    pages = text_of_pdf(printed_by_office(made), "-layout").split("\f")
    use = [page for page in pages if "安全帽" in page]
    # Heads stand on every page, the total and the lines to sign on the last, and nothing is cut off at the right.
    assert len(use) > 1 and all("建设单位确认" in page and "申报" in page for page in use)
    assert "36,020.00" in use[-1] and "监理工程师（签字）" in use[-1]
    assert sum(page.count("同意（") for page in use) == 40


def test_the_pages_open_within_ones_scope(two):
    books, other = two
    client = Client()
    client.force_login(books.site.people["contractor"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("fee-accounts:detail", args=[books.account.pk])).content.decode()
    assert "120,000.00" in page and "750,000.00" in page and "fee-rate" in page
    assert client.get(reverse("fee_register", args=[books.account.pk])).status_code == 200
    assert client.get(reverse("fee_register", args=[other.account.pk])).status_code == 404
    entry = FeeEntry.objects.filter(account=other.account).first()
    assert client.get(reverse("reverse_fee_entry", args=[entry.pk])).status_code == 404
    mine = FeeEntry.objects.get(account=books.account, kind="use")
    answer = client.post(
        reverse("reverse_fee_entry", args=[mine.pk]), {"reason": "错记", "booked_on": "2024-03-05"}
    )
    assert answer.status_code == 302 and mine.reversals.count() == 1
    assert client.get(reverse("reverse_fee_entry", args=[mine.pk])).status_code == 403
    for by in summary.BREAKDOWNS:
        assert client.get(reverse("fee_summary"), {"by": by, "year": "2024"}).status_code == 200
    assert client.get(reverse("fee_summary"), {"by": "x", "year": "９９"}).status_code == 200


def test_the_grid_keeps_what_was_typed_and_says_what_is_wrong(books):
    client = Client()
    client.force_login(books.site.people["contractor"], backend="django.contrib.auth.backends.ModelBackend")
    plan = records.create(FeePlan(account=books.fresh(), year=2024), COMMAND)
    url = reverse("fee_plan_grid", args=[plan.pk])
    assert client.get(url).status_code == 200
    answer = client.post(url, {"F01-1": "1,200.5", "F02-3": "很多"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "F02 3月“很多”不是数字" in page and 'value="1,200.5"' in page and plan.lines.count() == 0
    assert client.post(url, {"F01-1": "1,200.5"}).status_code == 302
    assert plan.lines.get().amount == D("1200.50")
    # Two have the grid open: the second is told and keeps what was typed.
    seen = re.search(r'name="seen" value="([^"]+)"', client.get(url).content.decode())[1]
    later = timezone.now() + timedelta(minutes=1)
    with mock.patch.object(timezone, "now", lambda: later):
        assert client.post(url, {"F01-1": "3", "seen": seen}).status_code == 302
    answer = client.post(url, {"F01-1": "4", "seen": seen})
    page = answer.content.decode()
    assert answer.status_code == 409 and "有人改动过" in page and 'value="4"' in page
    assert plan.lines.get().amount == D("3")
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    assert client.post(url, {"F01-1": "4", "seen": seen}).status_code == 302
    books.act(plan, "submit", "contractor")
    assert client.post(url, {"F01-1": "9"}).status_code == 403
