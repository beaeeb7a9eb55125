from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supervision.rules import calendar
from supervision.rules.calendar import (
    add_workdays,
    due_date,
    forget,
    is_workday,
    known_year,
    load_holidays,
    months_after,
    shipped_holidays,
    workdays_between,
)
from supervision.rules.models import Holiday


@pytest.fixture(autouse=True)
def fresh():
    """The copy outlives the rolled-back rows of a test."""
    forget()
    yield
    forget()


@pytest.fixture
def holidays(db):
    load_holidays()


def test_shipped_days_depart_from_the_plain_week():
    rows = shipped_holidays()
    for row in rows:
        assert row.source.startswith(f"国务院办公厅关于{row.date.year}年")
        if row.is_workday:
            assert row.date.weekday() >= 5, f"{row.date} is worked anyway"


@pytest.mark.parametrize(
    # Shifting days must leave the year as many working days as its weekdays less the statutory
    # holidays: 11 until 2024, 13 from 2025.
    ("year", "weekdays", "statutory"),
    [(2024, 262, 11), (2025, 261, 13), (2026, 261, 13)],
)
def test_shipped_years_balance(holidays, year, weekdays, statutory):
    assert known_year(year)
    assert workdays_between(date(year - 1, 12, 31), date(year, 12, 31)) == weekdays - statutory


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2024, 2, 9), True),  # 除夕 2024 was only recommended
        (date(2024, 2, 10), False),
        (date(2024, 2, 18), True),
        (date(2025, 1, 28), False),
        (date(2025, 9, 28), True),
        (date(2025, 10, 8), False),
        (date(2026, 1, 2), False),
        (date(2026, 1, 4), True),
        (date(2026, 2, 23), False),
        (date(2026, 10, 10), True),
        (date(2026, 10, 11), False),
        (date(2026, 10, 8), True),
        (date(2030, 10, 1), True),  # unknown year: a Tuesday
    ],
)
def test_is_workday(holidays, day, worked):
    assert is_workday(day) is worked


def test_a_moment_counts_as_its_local_day(holidays):
    assert is_workday(datetime(2026, 1, 3, 17, 0, tzinfo=UTC))  # Sunday 4 January in Shanghai, made up
    assert not is_workday(datetime(2026, 1, 3, 15, 0, tzinfo=UTC))


def test_known_year(holidays):
    assert known_year(2026)
    assert not known_year(2030)


def test_add_workdays_over_holidays(holidays):
    assert add_workdays(date(2024, 9, 30), 1) == date(2024, 10, 8)
    assert add_workdays(date(2024, 9, 30), 5) == date(2024, 10, 12)  # a make-up Saturday
    assert add_workdays(date(2024, 10, 8), -1) == date(2024, 9, 30)
    assert add_workdays(date(2024, 12, 31), 1) == date(2025, 1, 2)
    assert add_workdays(date(2024, 10, 1), 0) == date(2024, 10, 1)
    with pytest.raises(ValueError, match="10000"):
        add_workdays(date(2024, 10, 1), 10_001)


def test_due_date(holidays):
    assert due_date(date(2024, 9, 26), 3) == date(2024, 9, 30)  # Fri, Sun (made up), Mon
    assert due_date(date(2024, 9, 26), 7, "calendar") == date(2024, 10, 3)
    assert due_date(date(2024, 9, 26), 7, "calendar", roll=True) == date(2024, 10, 8)
    assert due_date(date(2024, 9, 26), 4, "calendar", roll=True) == date(2024, 9, 30)
    assert due_date(date(2024, 10, 1), 0) == date(2024, 10, 1)
    assert due_date(date(2024, 10, 1), 0, roll=True) == date(2024, 10, 8)
    for days, kind, says in (
        (-1, "working", "期限天数"),
        (10_001, "calendar", "期限天数"),
        (1, "week", "week"),
    ):
        with pytest.raises(ValueError, match=says):
            due_date(date(2024, 10, 1), days, kind)


def test_loading_again_keeps_what_the_bureau_changed(db):
    assert load_holidays() == len(shipped_holidays())
    Holiday.objects.filter(date=date(2026, 10, 10)).update(name="本市另行安排", is_workday=False)
    Holiday.objects.filter(date=date(2026, 1, 4)).delete()
    assert load_holidays() == 1
    assert Holiday.objects.get(date=date(2026, 10, 10)).name == "本市另行安排"
    assert load_holidays() == 0


def test_one_query_a_year(holidays, django_assert_num_queries):
    forget()
    with django_assert_num_queries(2):
        add_workdays(date(2025, 12, 1), 100)
        workdays_between(date(2025, 1, 1), date(2026, 12, 31))
        assert not is_workday(date(2026, 10, 1))


def test_an_edit_is_seen_at_once(holidays, django_capture_on_commit_callbacks):
    day = date(2026, 3, 18)
    assert is_workday(day)
    with django_capture_on_commit_callbacks() as callbacks:
        row = Holiday.objects.create(date=day, name="本市放假")
    assert not is_workday(day)
    # What another thread may have read before the commit goes as well.
    calendar._years[2026] = (calendar.time.monotonic(), {})
    for callback in callbacks:
        callback()
    assert not is_workday(day)
    row.delete()
    assert is_workday(day)


def test_an_edit_by_another_process_is_seen_when_the_copy_is_old(holidays, monkeypatch):
    day, now = date(2026, 3, 18), [1000.0]
    monkeypatch.setattr(calendar.time, "monotonic", lambda: now[0])
    assert is_workday(day)
    Holiday.objects.bulk_create([Holiday(date=day, name="本市放假")])  # sends no signal, like another process
    assert is_workday(day)
    now[0] += calendar.CACHE_SECONDS + 1
    assert not is_workday(day)


around = st.dates(date(2023, 11, 1), date(2027, 3, 1))
counts = st.integers(-60, 60)
loaded = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@loaded
@given(day=around, count=counts)
def test_adding_arrives_on_a_workday_and_counts_back(holidays, day, count):
    end = add_workdays(day, count)
    assert count == 0 or is_workday(end)
    assert workdays_between(day, end) == count
    if is_workday(day):
        assert add_workdays(end, -count) == day


@loaded
@given(day=around, one=counts, other=counts)
def test_adding_is_monotone(holidays, day, one, other):
    assert (add_workdays(day, one) < add_workdays(day, other)) == (one < other)
    later = day + timedelta(days=1)
    assert add_workdays(day, one) <= add_workdays(later, one)


@loaded
@given(start=around, days=st.integers(0, 90))
def test_a_rolled_deadline_is_the_first_workday_not_before(holidays, start, days):
    plain, rolled = due_date(start, days, "calendar"), due_date(start, days, "calendar", roll=True)
    assert is_workday(rolled)
    assert rolled >= plain
    assert not any(is_workday(plain + timedelta(days=n)) for n in range((rolled - plain).days))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-02-29", 24, "2026-02-28"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-09-15", 3, "2026-12-15"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-31", 0, "2026-01-31"),
    ],
)
def test_months_after(day, months, expected):
    assert months_after(date.fromisoformat(day), months).isoformat() == expected
