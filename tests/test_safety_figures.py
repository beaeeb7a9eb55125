"""The figures of hidden dangers, computed by hand for a handful of them."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.test import Client

from safety import monthly
from supervision.plan.indicators import COUNTED, UNDECIDED, Window, find, measure

from . import factories, safety
from .safety import FIVE, paper, today_is

pytestmark = pytest.mark.django_db


def day(month: int, number: int) -> date:
    return date(2026, month, number)


@pytest.fixture
def story():
    """Five dangers of one project in 2026.

    a  general, verified 2 March, closed 4 March in time, reopened 20 April, closed again 24 April
    b  general, verified 3 March with deadline 5 March, handed in and closed on 9 March: late
    c  general, verified 3 March, still open; raised to major on 1 June
    d  major, verified 10 March, five in place 11 March with 12.5 (万元), listed 12 March, filed 2 April
    e  reported 10 March, dismissed: never counts
    """
    site = safety.site(district=factories.district("泗阳县"))
    assert site.people  # made today: their passwords are not to have expired in March
    with today_is(day(3, 2)):
        a = site.graded(category="消防", stakes="K1+000")
    with today_is(day(3, 3)):
        b = site.graded(deadline=day(3, 5), category="个人防护", stakes="K5+000")
        c = site.graded(deadline=day(6, 30), category="临时用电", stakes="K9+000")
    with today_is(day(3, 4)):
        site.act(site.act(a, "rectify", "contractor"), "accept", "supervisor")
    with today_is(day(3, 9)):
        site.act(site.act(b, "rectify", "contractor"), "accept", "supervisor")
    with today_is(day(3, 10)):
        d = site.graded("major", category="深基坑", stakes="K20+000")
        e = site.act(site.danger(stakes="K30+000"), "dismiss", "inspector")
    with today_is(day(3, 11)):
        site.act(d, "arrange", "contractor", **FIVE | {"funds": "12.5"})
        paper(d, "整改方案")
        site.act(d, "send_plan", "contractor")
    with today_is(day(3, 12)):
        listing = {"listing_source": "patrol", "listing_level": "province", "listing_number": "1"}
        site.act(d, "list", "bureau_staff", **listing)
    with today_is(day(4, 2)):
        site.act(d, "file_case", "inspector", case_number="1")
    with today_is(day(4, 20)):
        site.act(a, "reopen", "inspector")
    with today_is(day(4, 24)):
        site.act(site.act(a, "rectify", "contractor"), "accept", "supervisor")
    with today_is(day(6, 1)):
        site.act(c, "raise_grade", "inspector", clause="第3条")
    site.rows = {"a": a, "b": b, "c": c, "d": d, "e": e}
    return site


def figure(story, code: str, on: date, **parameters) -> tuple[str, str, str]:
    """(population, counted, undecided) as letters."""
    groups = measure(find(code).members(parameters, Window(2026, on, 2024, 2026)))
    letters = {row.pk: letter for letter, row in story.rows.items()}

    def told(*standings):
        found = [letters[pk] for g in groups if not standings or g.standing in standings for pk in g.ids]
        return "".join(sorted(found))

    return told(), told(COUNTED), told(UNDECIDED)


@pytest.mark.parametrize(
    ("code", "on", "parameters", "wanted"),
    [
        ("danger.rectified", day(3, 1), {}, ("", "", "")),
        ("danger.rectified", day(3, 4), {}, ("abc", "a", "bc")),
        ("danger.rectified", day(3, 31), {}, ("abcd", "ab", "cd")),
        # Between its reopening and its second closing a is open again.
        ("danger.rectified", day(4, 20), {}, ("abcd", "b", "acd")),
        ("danger.rectified", day(4, 24), {}, ("abcd", "ab", "cd")),
        ("danger.rectified", day(4, 24), {"grade": "general"}, ("abc", "ab", "c")),
        ("danger.rectified", day(6, 1), {"grade": "general"}, ("ab", "ab", "")),
        ("danger.in_time", day(3, 6), {}, ("ab", "a", "")),
        ("danger.in_time", day(3, 31), {}, ("ab", "a", "")),
        ("danger.major_closed", day(5, 31), {}, ("d", "", "d")),
        ("danger.major_closed", day(6, 1), {}, ("cd", "", "cd")),
        ("danger.filed", day(4, 1), {}, ("d", "", "d")),
        ("danger.filed", day(4, 2), {}, ("d", "d", "")),
        ("danger.listed_count", day(3, 11), {}, ("", "", "")),
        ("danger.listed_count", day(3, 12), {}, ("d", "d", "")),
        ("danger.repeated", day(6, 1), {}, ("abcd", "", "")),
    ],
)
def test_indicators_by_hand(story, code, on, parameters, wanted):
    assert figure(story, code, on, **parameters) == wanted


def test_the_monthly_table_by_hand(story):
    with today_is(day(6, 2)):
        march = monthly.table(story.people["bureau_staff"], day(3, 1))
    assert march.as_of == day(3, 31)
    (row,) = march.rows
    assert row.label == "泗阳县"
    wanted = {
        "general": 3,
        "general_done": 2,
        "general_rate": Decimal("66.7"),
        "major": 1,
        "major_closed": 0,
        "major_rate": Decimal("0.0"),
        "planned": 1,
        "arranged": 1,
        "major_listed": 1,
        "major_listed_province": 1,
        "funds": Decimal("12.5"),
    }
    assert row.figures == wanted and march.total.figures == wanted
    with today_is(day(6, 2)):
        empty = monthly.table(story.people["bureau_staff"], day(2, 1))
    assert empty.rows == [] and empty.total.figures["general_rate"] is None


def test_a_stranger_sees_none_of_it(story):
    with today_is(day(6, 2)):
        assert monthly.table(factories.user("contractor"), day(3, 1)).rows == []


def test_the_sheet_has_its_official_head(story):
    client = Client()
    client.force_login(story.people["bureau_staff"], backend="django.contrib.auth.backends.ModelBackend")
    assert "泗阳县" in client.get("/hidden-dangers/monthly/?month=2026-03").content.decode()
    assert client.get("/hidden-dangers/monthly/?month=2026-99").status_code == 200
    answer = client.get("/hidden-dangers/monthly/?month=2026-03&format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet["A1"].value == "公路水运工程事故隐患排查治理统计表（2026年3月）"
    assert [sheet["B3"].value, sheet["E3"].value, sheet["H3"].value] == [
        "一般隐患",
        "重大隐患",
        "重大隐患治理情况",
    ]
    assert [cell.value for cell in sheet[5]][:4] == ["泗阳县", 3, 2, 66.7]
    assert sheet["A6"].value == "合计"


def test_every_figure_of_the_month_opens_to_exactly_what_it_counted(story):
    """Also after the month: since then c has become major, and more was closed."""
    client = Client()
    client.force_login(story.people["bureau_staff"], backend="django.contrib.auth.backends.ModelBackend")
    with today_is(day(6, 2)):
        march = monthly.table(story.people["bureau_staff"], day(3, 1))
        rates = 0
        for row in (*march.rows, march.total):
            for key, url in row.urls.items():
                answer = client.get(f"/api{url}").json()["count"]
                assert answer == row.figures["arranged" if key == "funds" else key], key
            for key, cell in zip(monthly.KEYS, row.cells, strict=True):
                wanted = monthly.RATES.get(key, ())
                assert [count for count, _ in cell["parts"]] == [row.figures[part] for part in wanted]
                rates += len(cell["parts"])
        page = client.get(march.rows[0].urls["general"]).content.decode()
        assert rates == 8 and "统计口径" in page and "一般隐患" in page
        # Asking on within the list keeps to what the figure counted.
        assert '<input type="hidden" name="figure" value="general"' in page


def test_a_row_of_what_was_not_filled_opens_too(story):
    factories.change(story.section.project, district=None)
    client = Client()
    client.force_login(story.people["bureau_staff"], backend="django.contrib.auth.backends.ModelBackend")
    with today_is(day(6, 2)):
        (row,) = monthly.table(story.people["bureau_staff"], day(3, 1)).rows
        assert (row.label, client.get(f"/api{row.urls['general']}").json()["count"]) == ("未分县区", 3)


def test_panels_on_the_pages_of_project_and_section(story):
    client = Client()
    client.force_login(story.people["bureau_staff"], backend="django.contrib.auth.backends.ModelBackend")
    for url in (f"/projects/{story.section.project_id}/", f"/sections/{story.section.pk}/"):
        assert story.rows["d"].number in client.get(url).content.decode()
