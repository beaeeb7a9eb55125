"""Lights, progress and periods by hand: no database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.plan.shares import lights, periods
from supervision.plan.shares.lights import GRAY, GREEN, RED, YELLOW, Step

MARCH, JUNE, NOVEMBER = date(2026, 3, 31), date(2026, 6, 30), date(2026, 11, 30)
RULE = {"near_days": 7, "red_after_days": 15}


def of(*steps: Step, day: date, year: int = 2026, **more):
    return lights.light(year, steps, day, **RULE, **more)


# day, what the light says
CASES = [
    (date(2026, 3, 1), GREEN, "下一节点“方案”2026-03-31", ""),
    (date(2026, 3, 23), GREEN, "下一节点", ""),  # eight days before
    (date(2026, 3, 24), YELLOW, "7天后到期", "blue"),
    (date(2026, 3, 31), YELLOW, "今天到期", "blue"),
    (date(2026, 4, 1), YELLOW, "滞后1天", "yellow"),
    (date(2026, 4, 15), YELLOW, "滞后15天", "yellow"),
    (date(2026, 4, 16), RED, "逾期16天", "red"),
]


@pytest.mark.parametrize(("day", "color", "reason", "urgency"), CASES, ids=[str(case[0]) for case in CASES])
def test_one_step_from_far_to_overdue(day, color, reason, urgency):
    found = of(Step("方案", MARCH), day=day)
    assert (found.color, found.urgency) == (color, urgency) and reason in found.reason


def test_the_worst_speaks_and_what_was_done_late_is_silent():
    late, next_one = Step("方案", MARCH, date(2026, 5, 20)), Step("检查", JUNE)
    assert of(late, next_one, day=date(2026, 5, 1)).color == RED  # not done on that day yet
    assert of(late, next_one, day=date(2026, 5, 20)).color == GREEN
    assert "检查" in of(late, next_one, day=date(2026, 6, 30)).reason
    both = of(Step("甲", MARCH), Step("乙", date(2026, 4, 10)), day=date(2026, 4, 20))
    assert "甲" in both.reason and both.color == RED


def test_what_is_not_a_matter_of_steps():
    assert of(day=JUNE).color == GRAY
    assert of(Step("方案", MARCH, MARCH), day=JUNE).reason == "节点已全部完成，待申请确认"
    assert of(Step("总结", NOVEMBER), day=JUNE, reports_late=2).reason == "有2期进展报告逾期未报"
    assert of(Step("方案", MARCH, MARCH), day=date(2027, 1, 1)).color == RED
    assert of(Step("方案", MARCH), day=JUNE, confirmed_on=JUNE).color == GREEN
    # Confirmed later than the day one looks at: it was red then.
    assert of(Step("方案", MARCH), day=JUNE, confirmed_on=NOVEMBER).color == RED
    assert of(Step("方案", MARCH), day=JUNE, ended_on=date(2026, 5, 1)).color == GRAY


@given(
    planned=st.lists(st.integers(0, 364), max_size=6),
    done=st.lists(st.none() | st.integers(0, 364), min_size=6, max_size=6),
    at=st.integers(0, 364),
)
def test_a_light_always_gives_its_reason_and_progress_adds_up(planned, done, at):
    begin = date(2026, 1, 1)
    day = begin + timedelta(days=at)
    steps = [
        Step(
            f"节点{n}",
            begin + timedelta(days=p),
            None if done[n] is None else begin + timedelta(days=done[n]),
        )
        for n, p in enumerate(planned)
    ]
    found, made = of(*steps, day=day), lights.progress(steps, day)
    assert found.reason and found.word and found.sign
    assert 0 <= made.done <= made.steps == len(planned) and 0 <= made.planned <= made.steps
    overdue = [step for step in steps if step.late(day) > 15]
    assert (found.color == RED) == bool(overdue)
    if found.color == GREEN:
        assert not any(step.late(day) for step in steps)


def test_periods_of_a_leap_year():
    months = periods.periods_of(2028, "month")
    assert (months[1].code, months[1].last) == ("2028-02", date(2028, 2, 29))
    assert [one.code for one in periods.periods_of(2026, "quarter")] == [f"2026-Q{n}" for n in (1, 2, 3, 4)]
    assert periods.period_of(date(2026, 6, 30), "quarter").first == date(2026, 4, 1)
    assert periods.period_of(JUNE, "year").report_by(15) == date(2027, 1, 15)
    # Under way since May: January to April are nobody's; May ends on the 31st and is over on 1 June.
    assert [one.code for one in periods.ended(2026, "month", date(2026, 7, 1), since=date(2026, 5, 3))] == [
        "2026-05",
        "2026-06",
    ]
    assert not periods.ended(2026, "quarter", MARCH)
    assert [periods.label(code) for code in ("2026-03", "2026-Q4", "2026")] == [
        "2026年3月",
        "2026年第4季度",
        "2026年",
    ]


@given(
    day=st.dates(date(2001, 1, 1), date(2099, 12, 31)), every=st.sampled_from(["month", "quarter", "year"])
)
def test_the_periods_of_a_year_cover_it_without_a_gap(day, every):
    found = periods.periods_of(day.year, every)
    assert found[0].first == date(day.year, 1, 1) and found[-1].last == date(day.year, 12, 31)
    assert all(a.last + timedelta(days=1) == b.first for a, b in zip(found, found[1:], strict=False))
    own = periods.period_of(day, every)
    assert own in found and own.first <= day <= own.last
