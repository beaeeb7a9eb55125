"""Figures of incidents: periods with 同比, the three decreases, lists behind numbers, the indicators."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from urllib.parse import urlsplit

import openpyxl
import pytest

from safety import statistics as periods
from safety.incidents import statistics
from supervision.plan.indicators import Window, find, measure

from . import factories, safety
from .incidents import at, clock_at, incident, report
from .safety import today_is

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 10)


@pytest.fixture
def site():
    made = safety.site(district=factories.district("泗阳县"), start_on=date(2024, 1, 2))
    assert made.people  # made today, so that nobody's password has expired on the days below
    return made


def happened(site, *day, **figures):
    with clock_at(at(*day)):
        return incident(site.section, site.actor("contractor"), **figures)


def story(site) -> None:
    happened(site, 2025, 3, 4, deaths=3)
    happened(site, 2025, 6, 11, deaths=1)  # after the same day of the year before
    happened(site, 2026, 1, 1, 0, 0, deaths=1, direct_loss=Decimal("1.05"))
    happened(site, 2025, 12, 31, 23, 59, serious_injuries=1)
    happened(site, 2026, 6, 10, direct_loss=Decimal("0.10"))
    happened(site, 2026, 6, 9)  # no grade: not counted


def test_a_running_year_stands_beside_as_much_of_the_last(site):
    story(site)
    with today_is(DAY):
        table = statistics.table(site.people["bureau_staff"], periods.parse_period("2026"))
        assert table.total.figures == {
            "incidents": 2,
            "deaths": 1,
            "larger": 0,
            "fatal": 1,
            "serious_injuries": 0,
            "missing": 0,
            "direct_loss": Decimal("1.15"),
        }
        assert [(one.now, one.then, one.change, one.word) for one in table.decreases] == [
            (2, 1, "+1", "上升"),
            (1, 3, "-2", "下降"),
            (0, 1, "-1", "下降"),
        ]
    with today_is(date(2026, 6, 11)):
        table = statistics.table(site.people["bureau_staff"], periods.parse_period("2026"))
        assert table.decreases[0].then == 2


def test_months_end_at_midnight_of_the_users(site):
    story(site)
    with today_is(DAY):
        user = site.people["bureau_staff"]
        months = {
            text: statistics.table(user, periods.parse_period(text)).total.figures["incidents"]
            for text in ("2025-12", "2026-01", "2026-06", "2025-Q4", "2025")
        }
    assert months == {"2025-12": 1, "2026-01": 1, "2026-06": 1, "2025-Q4": 1, "2025": 3}


@pytest.mark.parametrize("by", statistics.BREAKDOWNS)
def test_every_number_opens_to_as_many_and_rows_sum_up(site, by, client):
    story(site)
    user = site.people["bureau_staff"]
    with today_is(DAY):
        client.force_login(user)
        table = statistics.table(user, periods.parse_period("2026"), by)
        assert sum(row.figures["incidents"] for row in table.rows) == table.total.figures["incidents"]
        opened = 0
        for row in [*table.rows, table.total]:
            for key, url in row.urls.items():
                answer = client.get(f"/api/incidents/?{urlsplit(url).query}")
                assert answer.json()["count"] == row.figures[key], (key, url)
                opened += 1
    assert opened >= 3


def test_page_and_sheet_within_what_one_sees(site, client):
    story(site)
    other = safety.site()
    happened(other, 2026, 5, 6, deaths=1)
    with today_is(DAY):
        client.force_login(site.people["contractor"])
        page = client.get("/incidents/statistics/?period=2026&by=unit").content.decode()
        assert site.unit("contractor").name in page and other.unit("contractor").name not in page
        assert "三个同比减少" in page and "上年同期" in page
        answer = client.get("/incidents/statistics/?period=2026&by=unit&format=xlsx")
    rows = list(openpyxl.load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))
    total = next(row for row in rows if row[0] == "合计")
    assert total[1:3] == (2, 1) and rows[0][0].startswith("生产安全事故统计（2026年")


# ------------------------------------------------------------------------------------------------- indicators


def standings(code: str, day: date, **parameters) -> dict[str, int]:
    found = find(code).members(parameters, Window(day.year, day, day.year, day.year))
    counts: dict[str, int] = {}
    for group in measure(found):
        counts[group.standing] = counts.get(group.standing, 0) + len(group.ids)
    return counts


def test_a_past_day_is_computed_by_what_was_reported_then(site):
    made = happened(site, 2026, 5, 6, deaths=2)
    with clock_at(at(2026, 5, 20)):
        report(made, deaths=3)
    assert standings("incident.count", date(2026, 5, 19), grade="larger") == {}
    assert standings("incident.count", date(2026, 5, 20), grade="larger") == {"counted": 1}
    assert standings("incident.count", date(2026, 5, 5)) == {}
    assert standings("incident.count", date(2027, 1, 1)) == {}


def test_an_annulled_incident_counts_until_it_was_annulled(site):
    with today_is(date(2026, 5, 6)):
        made = happened(site, 2026, 5, 6, deaths=1)
    with today_is(date(2026, 5, 8)):
        site.act(made, "annul", "bureau_staff")
    assert standings("incident.count", date(2026, 5, 7)) == {"counted": 1}
    assert standings("incident.count", date(2026, 5, 8)) == {}


def test_projects_without_a_death(site):
    safety.site(start_on=date(2024, 1, 2))
    happened(site, 2025, 12, 31, deaths=1)
    happened(site, 2026, 3, 4, serious_injuries=1)
    assert standings("incident.zero_death", date(2025, 12, 31)) == {"counted": 1, "decided": 1}
    assert standings("incident.zero_death", date(2026, 12, 31)) == {"counted": 2}


def test_incidents_reported_in_time(site):
    happened(site, 2026, 5, 6, deaths=1)
    happened(site, 2026, 5, 7, happened_at=at(2026, 5, 7, 11), known_at=at(2026, 5, 7, 11))
    assert standings("incident.in_time", date(2026, 5, 31)) == {"counted": 1, "decided": 1}
