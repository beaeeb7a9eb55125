"""Figures by month, quarter and year with their changes, their lists and sheets; and the short form for phones."""

from datetime import date
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from safety import statistics
from safety.models import HiddenDanger
from supervision.papers import services as papers

from . import factories, safety
from .safety import paper, today_is

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 10)


@pytest.fixture
def site():
    return safety.site(district=factories.district("泗阳县"))


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def closed(site, day: date) -> HiddenDanger:
    with today_is(day):
        danger = site.graded()
        paper(danger, "整改照片")
        danger = site.act(danger, "rectify", "contractor")
        return site.act(danger, "accept", "supervisor")


@pytest.mark.parametrize(
    ("text", "begin", "last", "label"),
    [
        ("2026-06", date(2026, 6, 1), date(2026, 6, 30), "2026年6月"),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), "2026年12月"),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31), "2026年第4季度"),
        ("2024", date(2024, 1, 1), date(2024, 12, 31), "2024年"),
    ],
)
def test_periods(text, begin, last, label):
    period = statistics.parse_period(text)
    assert (period.begin, period.last, period.label, period.code) == (begin, last, label, text)


@pytest.mark.parametrize("text", ["", "2026-13", "2026-Q5", "26-01", "2026-06-01", "1999"])
def test_what_is_no_period(text):
    assert statistics.parse_period(text) is None


@pytest.mark.parametrize(
    ("today", "text", "months", "begin", "end"),
    [
        # A period that has ended stands beside a whole one.
        (date(2026, 7, 1), "2026-06", 1, date(2026, 5, 1), date(2026, 5, 31)),
        (date(2026, 6, 30), "2026-06", 12, date(2025, 6, 1), date(2025, 6, 30)),
        # One that runs stands beside as much of the other.
        (date(2026, 6, 10), "2026-06", 1, date(2026, 5, 1), date(2026, 5, 10)),
        (date(2026, 6, 10), "2026-Q2", 3, date(2026, 1, 1), date(2026, 3, 10)),
        (date(2026, 6, 10), "2026", 12, date(2025, 1, 1), date(2025, 6, 10)),
        # A shorter month, and a leap day.
        (date(2026, 3, 30), "2026-03", 1, date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 29), "2028", 12, date(2027, 1, 1), date(2027, 2, 28)),
    ],
)
def test_a_period_is_compared_with_as_much_of_the_other(today, text, months, begin, end):
    with today_is(today):
        other = statistics.parse_period(text).counterpart(months)
        assert (other.begin, other.as_of) == (begin, end)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("2026", ["2025", "2026", "2026-06", "2026-Q2"]),
        ("2025", ["2024", "2025", "2026", "2025-12", "2025-Q4"]),
        ("2026-06", ["2026-05", "2026-06", "2026-Q2", "2026"]),
    ],
)
def test_the_periods_offered_lead_to_where_one_is(text, offered):
    with today_is(DAY):
        assert [one.code for one in statistics.around(statistics.parse_period(text))] == offered


def test_counts_and_their_changes_against_a_year_and_a_month_ago(site):
    closed(site, date(2025, 6, 4))
    closed(site, date(2026, 5, 6))
    closed(site, date(2026, 5, 7))
    closed(site, date(2026, 6, 3))
    with today_is(date(2026, 6, 3)):
        site.graded("major")
        site.graded()
    with today_is(DAY):
        table = statistics.table(site.people["bureau_staff"], statistics.parse_period("2026-06"))
    assert [row.label for row in table.rows] == ["泗阳县"]
    figures = table.total.figures
    assert (figures["found"], figures["closed"], figures["major"], figures["major_closed"]) == (3, 1, 1, 0)
    assert str(figures["rate"]) == "33.3"
    found = table.total.cells[0]
    assert (found["text"], found["changes"]) == ("3", [("同比", "+2"), ("环比", "+1")])
    # A year has no period before it in the same year: 同比 and 环比 would be the same.
    with today_is(DAY):
        assert list(
            statistics.table(site.people["bureau_staff"], statistics.parse_period("2026")).total.earlier
        ) == ["同比"]


@pytest.mark.parametrize("by", statistics.BREAKDOWNS)
def test_every_count_with_a_list_opens_to_as_many(site, by):
    closed(site, date(2026, 6, 3))
    with today_is(date(2026, 6, 3)):
        site.graded("major")
        site.graded()
    staff = site.people["bureau_staff"]
    with today_is(DAY):
        table = statistics.table(staff, statistics.parse_period("2026-06"), by)
        opened = 0
        for row in [*table.rows, table.total]:
            for key, url in row.urls.items():
                query = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
                answer = client_of(staff).get(f"/api/hidden-dangers/?{urlsplit(url).query}")
                assert answer.json()["count"] == row.figures[key], (key, query)
                opened += 1
            for key, cell in zip(dict(statistics.COLUMNS), row.cells, strict=True):
                parts = [row.figures[part] for part in statistics.RATES.get(key, ())]
                assert [count for count, _ in cell["parts"]] == parts
                assert all(url in row.urls.values() for _, url in cell["parts"])
        assert opened == 8 * (len(table.rows) + 1)


def test_a_past_figure_opens_to_what_stood_then(site):
    with today_is(date(2026, 5, 6)):
        danger = site.graded()
    with today_is(DAY):
        site.act(danger, "raise_grade", "inspector", clause="第五条")
        staff = site.people["bureau_staff"]
        may = statistics.table(staff, statistics.parse_period("2026-05")).total
        june = statistics.table(staff, statistics.parse_period("2026-06")).total
        assert (may.figures["found"], may.figures["major"], june.figures["found"]) == (1, 0, 0)
        for key in ("found", "major"):
            answer = client_of(staff).get(f"/api{may.urls[key]}")
            assert answer.json()["count"] == may.figures[key]
        assert client_of(staff).get("/api/hidden-dangers/?figure=nonsense").status_code == 400


def test_the_sheet_shows_whole_numbers_and_rates_with_one_decimal(site):
    closed(site, date(2026, 6, 3))
    with today_is(DAY):
        client = client_of(site.people["bureau_staff"])
        content = client.get(reverse("danger_statistics") + "?period=2026-06&format=xlsx").content
    sheet = openpyxl.load_workbook(BytesIO(content)).active
    assert [(cell.value, cell.number_format) for cell in sheet[4][1:4]] == [
        (1, "General"),
        (1, "General"),
        (100, "0.0"),
    ]
    assert sheet.print_title_rows == "$1:$3"


def test_page_and_sheet_say_the_same_within_what_the_reader_sees(site):
    closed(site, date(2026, 6, 3))
    other = safety.site()
    closed(other, date(2026, 6, 3))
    with today_is(DAY):
        url = reverse("danger_statistics") + "?period=2026-06&by=unit"
        mine = client_of(site.people["contractor"])
        page = mine.get(url).content.decode()
        assert site.unit("contractor").name in page and other.unit("contractor").name not in page
        sheet = openpyxl.load_workbook(BytesIO(mine.get(url + "&format=xlsx").content)).active
    rows = {row[0]: row for row in sheet.iter_rows(min_row=4, values_only=True)}
    assert rows["合计"][1:3] == (1, 1) and rows[site.unit("contractor").name][1] == 1
    assert other.unit("contractor").name not in rows


def photo() -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (60, 40)).save(content, "JPEG")
    return SimpleUploadedFile("a.jpg", content.getvalue(), "image/jpeg")


def test_an_inspector_reports_from_a_phone_once(site):
    client = client_of(site.people["inspector"])
    body = {"section": site.section.pk, "part": "K1+200", "description": "无防护", "once": "k1"}
    assert client.post(reverse("quick_report"), body | {"photos": [photo()]}).status_code == 302
    assert client.post(reverse("quick_report"), body | {"photos": [photo()]}).status_code == 302
    danger = HiddenDanger.objects.get()
    assert (danger.status, danger.source, danger.section) == ("reported", "inspection", site.section)
    assert [file.kind for file in papers.of(danger)] == ["隐患照片"]


def test_a_file_that_is_no_photo_is_refused_and_another_section_is_not_there(site):
    client = client_of(site.people["contractor"])
    body = {"section": site.section.pk, "part": "K1", "description": "x", "once": "k2"}
    lie = SimpleUploadedFile("a.jpg", b"<html><script>alert(1)</script>", "image/jpeg")
    assert client.post(reverse("quick_report"), body | {"photos": [lie]}).status_code == 400
    assert client.post(reverse("quick_report"), body | {"section": factories.section().pk}).status_code == 400
    assert not HiddenDanger.objects.exists()
