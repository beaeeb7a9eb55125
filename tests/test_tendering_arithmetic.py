"""Clocks of tendering, committees, signs of collusion, marks and money: worked out by hand, without a record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.money.execution import grade_of, propose, rate
from integrity.money.negative import compared
from integrity.performance.comparing import compare
from integrity.tendering import clocks
from integrity.tendering.committees import composition
from integrity.tendering.signs import Facts, regular, signs
from supervision.rules import calendar

CLOCKS = {
    "prequalification_days": 2,
    "document_days": 10,
    "answer_days": 3,
    "publicise_days": 3,
    "publicity_days": 3,
    "complain_days": 10,
    "accept_workdays": 3,
    "decide_workdays": 30,
    "roll": True,
}
COMMITTEE = {"least": 5, "odd": True, "experts_of": [2, 3]}
COLLUSION = {"least_prices": 4, "tolerance_permille": 1}


@pytest.fixture
def year(monkeypatch):
    """The days of 2026 as the State Council arranged them, without a database."""
    days = {row.date: row.is_workday for row in calendar.shipped_holidays()}
    monkeypatch.setattr(calendar, "_year", lambda number: {d: w for d, w in days.items() if d.year == number})


# ------------------------------------------------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("received", "by"),
    [
        (date(2026, 3, 2), date(2026, 3, 5)),  # Monday → Thursday
        (date(2026, 3, 4), date(2026, 3, 9)),  # Wednesday → Saturday, so Monday
        (date(2026, 9, 29), date(2026, 10, 8)),  # 2 October → the day after the holiday
        (date(2026, 2, 11), date(2026, 2, 14)),  # a Saturday that is worked stays
    ],
)
def test_an_objection_is_answered_within_three_days(year, received, by):
    assert clocks.answer_by(received, CLOCKS) == by


def test_until_when_an_objection_can_be_raised():
    facts = {
        "prequalification_by": date(2026, 3, 20),
        "bid_by": date(2026, 4, 20),
        "opened_on": date(2026, 4, 20),
        "publicity_until": date(2026, 4, 27),
    }
    wanted = {
        "prequalification": date(2026, 3, 18),
        "document": date(2026, 4, 10),
        "opening": date(2026, 4, 20),
        "result": date(2026, 4, 27),
    }
    assert {subject: clocks.raise_by(subject, facts, CLOCKS) for subject in wanted} == wanted
    assert clocks.raise_by("document", facts | {"bid_by": None}, CLOCKS) is None


def test_the_days_of_answering_an_objection_are_not_counted(year):
    # Known on Monday 2 March: ten days end on Thursday 12 March; four days of answering move it to the 16th.
    assert clocks.complain_by(date(2026, 3, 2), 0, CLOCKS) == date(2026, 3, 12)
    assert clocks.complain_by(date(2026, 3, 2), 4, CLOCKS) == date(2026, 3, 16)
    # Ten days and four of answering from 18 September end on Friday 2 October: the first day after the holiday.
    assert clocks.complain_by(date(2026, 9, 18), 4, CLOCKS) == date(2026, 10, 8)


@pytest.mark.parametrize(
    ("begun", "answered", "complained", "days"),
    [
        (date(2026, 9, 15), date(2026, 9, 20), date(2026, 9, 29), 5),
        (date(2026, 9, 15), None, date(2026, 9, 29), 14),  # still open when the complaint came
        (date(2026, 9, 21), date(2026, 9, 20), date(2026, 9, 29), 0),  # answered before the complainant knew
    ],
)
def test_an_objection_stops_the_clock_of_a_complaint_while_it_is_open(begun, answered, complained, days):
    assert clocks.answering_days(begun, answered, complained) == days


def test_accepting_and_deciding_over_the_national_holiday(year):
    # Tuesday 29 September: 30 September, then 8 and 9 October are the three working days.
    assert clocks.accept_by(date(2026, 9, 29), CLOCKS) == date(2026, 10, 9)
    # From Friday 9 October, 30 working days, Saturday the 10th among them (worked in exchange): 10, 12–16, 19–23,
    # 26–30 October are 16; 2–6, 9–13 November are 26; 16–19 November makes 30.
    assert clocks.decide_by(date(2026, 10, 9), 0, CLOCKS) == date(2026, 11, 19)


def test_suspended_time_is_added_back(year):
    # Suspended from Tuesday 29 September to Saturday 10 October: 30 September, 8, 9 and 10 October.
    halted = clocks.suspended_days(date(2026, 9, 29), date(2026, 10, 10))
    assert halted == 4
    assert clocks.decide_by(date(2026, 10, 9), halted, CLOCKS) == date(2026, 11, 25)
    assert clocks.suspended_days(date(2026, 10, 1), date(2026, 10, 1)) == 0


@given(
    accepted=st.dates(date(2026, 1, 1), date(2026, 6, 30)),
    before=st.integers(1, 20),
    length=st.integers(0, 20),
)
def test_a_suspension_moves_the_deadline_by_what_it_took(accepted, before, length):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendar, "_year", lambda number: {})
        began = calendar.add_workdays(accepted, before)
        ended = calendar.add_workdays(began, length)
        halted = clocks.suspended_days(began, ended)
        assert halted == length
        left = calendar.workdays_between(began, clocks.decide_by(accepted, 0, CLOCKS))
        # What was left when it stopped is left when it goes on.
        assert calendar.workdays_between(ended, clocks.decide_by(accepted, halted, CLOCKS)) == left


def test_where_a_tenders_days_depart_from_the_rules(year):
    facts = {
        "evaluated_on": date(2026, 3, 2),
        "publicised_on": date(2026, 3, 5),
        "publicity_days": 3,
        "publicity_until": date(2026, 3, 8),
        "awarded_on": date(2026, 3, 9),
    }
    assert clocks.deviations(facts, CLOCKS) == []
    late = facts | {"publicised_on": date(2026, 3, 6)}
    assert clocks.deviations(late, CLOCKS) == ["收到评标报告后4日才公示（应于2026-03-05前）"]
    early = facts | {"publicity_days": 2, "publicity_until": date(2026, 3, 7), "awarded_on": date(2026, 3, 7)}
    assert clocks.deviations(early, CLOCKS) == ["公示2日，少于3日", "公示至2026-03-07，2026-03-07已定标"]


# --------------------------------------------------------------------------------------------------- committees


@pytest.mark.parametrize(
    ("seats", "experts", "wrong"),
    [
        (5, 4, 0),
        (5, 5, 0),
        (5, 3, 1),  # 3/5 < 2/3
        (7, 5, 0),
        (7, 4, 1),
        (9, 6, 0),  # exactly two thirds
        (6, 6, 1),  # even
        (3, 2, 1),  # too few, though two thirds
        (4, 2, 3),
        (0, 0, 1),
    ],
)
def test_how_a_committee_is_made_up(seats, experts, wrong):
    assert len(composition(seats, experts, COMMITTEE)) == wrong


@given(st.integers(0, 30), st.integers(0, 30))
def test_two_thirds_is_asked_in_whole_numbers(seats, others):
    experts = max(0, seats - others)
    short = "专家" in "".join(composition(seats, experts, COMMITTEE))
    assert short == (seats > 0 and Decimal(experts) / Decimal(seats) < Decimal(2) / Decimal(3))


# --------------------------------------------------------------------------------------------------------- signs


def found(*bids: Facts) -> dict:
    return {sign.code: (sign.bidders, sign.figures) for sign in signs(bids, COLLUSION)}


def test_the_six_signs_of_the_statute():
    one = Facts(
        "甲公司",
        prepared_by="某咨询（宿迁）有限公司",
        handled_by="经办人某",
        managers=("某甲", "某乙"),
        deposit_from="账户一",
    )
    two = Facts(
        "乙公司",
        prepared_by="某咨询(宿迁)有限公司",
        handled_by="经办人某",
        managers=("某乙",),
        alike="施组第3章错字相同",
        mixed_with="含甲公司报价清单",
        deposit_from="账户一",
    )
    both = ("乙公司", "甲公司")
    assert found(one, two) == {
        "same_author": (both, "编制：某咨询（宿迁）有限公司"),
        "same_agent": (both, "经办：经办人某"),
        "same_manager": (both, "项目管理成员：某乙"),
        "alike": (("乙公司",), "异常一致：施组第3章错字相同"),
        "mixed": (("乙公司",), "混装：含甲公司报价清单"),
        "same_account": (both, "转出账户：账户一"),
    }


def test_nothing_entered_gives_nothing_to_ask():
    assert found(Facts("甲"), Facts("乙"), Facts("丙")) == {}
    # One bidder alone shares nothing with anybody.
    assert found(Facts("甲", managers=("某甲", "某甲")), Facts("乙", managers=("某丙",))) == {}


@pytest.mark.parametrize(
    ("prices", "told"),
    [
        (("100", "110", "120", "130"), "报价依次约差10.00元"),
        (("100", "110", "121", "133.1"), "报价依次约为前一家的1.1000倍"),
        (("100", "100", "100", "100"), "报价全部相同"),
        (("100", "110", "120"), None),  # three tell nothing
        (("100", "107", "131", "140"), None),
        # Close together by chance: steps within the tolerance of nothing are no pattern.
        (("100000", "100010", "100031", "100050"), None),
    ],
)
def test_prices_that_differ_by_a_rule(prices, told):
    bids = [Facts(f"公司{at}", price=Decimal(price)) for at, price in enumerate(prices)]
    sign = regular(bids, 4, 1)
    assert (sign.figures if sign else None) == told


@given(
    st.integers(10**6, 10**9),
    st.integers(10**5, 10**7),
    st.integers(4, 9),
    st.randoms(use_true_random=False),
)
def test_an_even_step_is_found_in_whatever_order(first, step, number, random):
    prices = [Decimal(first + step * at) for at in range(number)]
    random.shuffle(prices)
    bids = [Facts(f"公司{at}", price=price) for at, price in enumerate(prices)]
    sign = regular(bids, 4, 1)
    even = step > 2 * (sum(prices) / number) / 1000
    assert bool(sign and "约差" in sign.figures) == even


# --------------------------------------------------------------------------------------------------------- marks

CONTENT = {
    "items": [{"name": "质量", "full": 50}, {"name": "安全", "full": 50}],
    "item_percent": 20,
    "total_points": 5,
}


def test_owner_and_site_side_by_side():
    made = compare({"质量": 45, "安全": "40.5"}, {"质量": 35, "安全": "41"}, CONTENT)
    assert (made.total, made.difference) == (Decimal(76), Decimal("9.5"))
    # 10 of 50 is a fifth, and listed; half a point is not; the total differs by more than five.
    assert made.lines == ["质量：建设单位45分，现场35分", "总分相差+9.5分"]
    near = compare({"质量": 45, "安全": 40}, {"质量": 43, "安全": 38}, CONTENT)
    assert (near.difference, near.differs) == (Decimal(4), False)


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ({"质量": 51, "安全": 1}, "0 至 50"),
        ({"质量": 1}, "缺少“安全”"),
        ({"质量": 1, "安全": 1, "进度": 1}, "没有评分项“进度”"),
        ({"质量": "好", "安全": 1}, "“质量”"),
        ([1, 2], "评分项=得分"),
    ],
)
def test_marks_that_cannot_be(marks, said):
    with pytest.raises(ValueError, match=said):
        compare(marks, {"质量": 1, "安全": 1}, CONTENT)


# --------------------------------------------------------------------------------------------------------- money

GRADES = {"grades": [{"name": n, "least": v} for n, v in (("优", 90), ("良", 80), ("中", 60), ("差", 0))]}
STEPS = {
    "steps": [{"rate": r, "share": s} for r, s in ((90, 100), (80, 90), (60, 80), (0, 50))],
    "most": {"差": 50, "中": 80},
}


@pytest.mark.parametrize(
    ("score", "grade"),
    [("100", "优"), ("90", "优"), ("89.99", "良"), ("80", "良"), ("79.99", "中"), ("60", "中"), ("59.99", "差"), ("0", "差")],
)  # fmt: skip
def test_the_grades_of_an_evaluation(score, grade):
    assert grade_of(Decimal(score), GRADES) == grade


@pytest.mark.parametrize(
    ("executed", "grade", "share", "amount"),
    [
        ("900000", "", "100", "1000000.00"),
        ("899999.99", "", "90", "900000.00"),  # shown as 90.0 %, but not reached
        ("800000", "优", "90", "900000.00"),
        ("950000", "中", "80", "800000.00"),
        ("950000", "差", "50", "500000.00"),
        ("0", "优", "50", "500000.00"),
    ],
)
def test_what_is_proposed_for_next_year(executed, grade, share, amount):
    made = propose(Decimal(1000000), Decimal(executed), grade, STEPS)
    assert (made.share, made.amount) == (Decimal(share), Decimal(amount))


def test_an_execution_rate_has_no_figure_without_a_budget():
    assert rate(Decimal("333333.33"), Decimal(1000000)) == Decimal("33.3")
    assert rate(Decimal(0), Decimal(0)) is None


@given(st.integers(1, 10**12), st.integers(0, 10**12))
def test_no_more_is_proposed_than_there_was(budget, executed):
    made = propose(Decimal(budget) / 100, min(Decimal(executed), Decimal(budget)) / 100, "", STEPS)
    assert Decimal(0) <= made.amount <= Decimal(budget) / 100


def test_words_of_the_negative_list():
    lines = [("2026-01", ["斜拉索", "主塔"]), ("2026-02", ["隧道二衬"]), ("2026-03", [])]
    assert compared("主塔及斜拉索安装", lines) == ["含“斜拉索”，对照清单2026-01"]
    assert compared("绿化", lines) == [] and compared("", lines) == []


def test_wages(year):
    from integrity.money import clocks as wages

    assert wages.settle_by(date(2025, 12, 1), {"settle_day": 15}) == date(2026, 1, 15)
    # Signed on Thursday 12 February: the 14th and 28th (Saturdays) are worked, the 15th to the 23rd are not.
    # 13, 14, 24, 25, 26, 27, 28 February are 7; 2–6 and 9–13 March are 17; the 18th is the 20th.
    assert wages.deposit_by(date(2026, 2, 12), {"open_workdays": 20}) == date(2026, 3, 18)
    content = {"settle_workdays": 60, "extend_workdays": 30}
    first = wages.complaint_by(date(2026, 3, 2), False, content)
    assert calendar.workdays_between(date(2026, 3, 2), first) == 60
    assert calendar.workdays_between(first, wages.complaint_by(date(2026, 3, 2), True, content)) == 30
    rule = {"exempt_below": "3000000", "deposit_rate": ["1", "3"], "multi_least": "0.5"}
    price = Decimal(10_000_000)
    gap = [wages.deposit_gap(price, Decimal(paid), rule) for paid in (100_000, 99_999, 49_999)]
    assert gap == ["", "保证金低于合同价的1%，核实是否可下浮", "保证金低于合同价的0.5%"]
    over = [wages.deposit_gap(price, Decimal(paid), rule) for paid in (300_000, 300_001)]
    assert over == ["", "保证金高于合同价的3%"]
    # One cycle after the month's end: of January the last of February.
    assert wages.labour_fee_by(date(2026, 1, 1), {"labour_pay_months": 1}) == date(2026, 2, 28)
    assert wages.deposit_gap(Decimal(2_999_999), Decimal(0), rule) == ""
