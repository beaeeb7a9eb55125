"""The sums of safety fees without a database: rates, months, periods, the keys of vouchers, and any order of entries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.fees.arithmetic import (
    KINDS,
    Totals,
    due_at,
    due_of,
    invoice_key,
    months,
    plain_number,
    voucher_key,
    within,
)
from safety.fees.planning import read
from safety.fees.rules import Category, Works

RULES = yaml.safe_load((Path(__file__).parents[1] / "safety/data/fees.yaml").read_text(encoding="utf-8"))[
    "rules"
]


def test_every_type_of_works_has_a_rate_in_both_versions_and_every_category_a_text():
    tables = [rule["content"]["percent"] for rule in RULES if rule["code"] == "safety-fee-rates"]
    assert len(tables) == 2 and all(set(table) == set(Works.values) for table in tables)
    listed = [rule["content"]["categories"] for rule in RULES if rule["code"] == "safety-fee-categories"]
    assert len(listed) == 2 and all(list(categories) == Category.values for categories in listed)


def test_no_rule_begins_before_the_day_of_the_text_it_cites_and_each_day_has_one_version():
    codes: dict[str, list[dict]] = {}
    for rule in RULES:
        codes.setdefault(rule["code"], []).append(rule)
        if "2022" in rule.get("source_document", ""):
            assert rule["effective_from"] == "2022-11-21", rule["code"]
        assert (rule["confidence"] == "D") == ("source_document" not in rule), rule["code"]
    for code, versions in codes.items():
        assert min(rule["effective_from"] for rule in versions) == "2012-02-14", code
        ended = [rule["effective_to"] for rule in versions if "effective_to" in rule]
        assert ended == (["2022-11-20"] if len(versions) > 1 else []), code


@pytest.mark.parametrize(
    ("start", "last"),
    [
        (date(2023, 3, 15), date(2023, 4, 15)),
        (date(2023, 1, 31), date(2023, 2, 28)),
        (date(2024, 1, 31), date(2024, 2, 29)),
        (date(2023, 12, 31), date(2024, 1, 31)),
        (date(2023, 11, 30), date(2023, 12, 30)),
    ],
)
def test_within_a_month(start, last):
    assert within(start, 1) == last


@pytest.mark.parametrize(
    ("base", "rate", "due"),
    [
        ("355000000", "1.5", "5325000.00"),
        ("33.33", "1.5", "0.50"),
        ("0.33", "1.5", "0.00"),
        ("233.00", "1.5", "3.50"),  # 3.495, half up
    ],
)
def test_what_is_due_is_rounded_to_the_cent(base, rate, due):
    assert due_of(Decimal(base), Decimal(rate)) == Decimal(due)


def test_the_months_of_a_span_cross_the_year():
    assert list(months(date(2023, 11, 1), date(2024, 2, 1))) == [
        date(2023, 11, 1),
        date(2023, 12, 1),
        date(2024, 1, 1),
        date(2024, 2, 1),
    ]
    assert list(months(date(2024, 2, 1), date(2024, 1, 1))) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("记－0015 号", "记-0015号"), ("ab 12", "ＡＢ１２"), ("（2024）记15", "(2024)记15"), ("No. 7", "no7")],
)
def test_two_ways_to_write_one_number(one, other):
    assert plain_number(one) == plain_number(other) != ""


def test_when_a_voucher_is_the_same():
    day = date(2024, 3, 4)
    assert voucher_key(1, "记-15", day) == voucher_key(1, "记 15", date(2024, 3, 31))
    assert voucher_key(1, "记-15", day) != voucher_key(1, "记-15", date(2024, 4, 1))
    assert voucher_key(1, "记-15", day) != voucher_key(2, "记-15", day)
    assert voucher_key(1, " - ", day) == voucher_key(1, "15", None) == ""


def test_when_an_invoice_is_the_same():
    whole = "24322000000012345678"
    assert invoice_key("甲公司", whole, 18) == invoice_key("乙公司", f"{whole[:10]} {whole[10:]}", 18)
    assert invoice_key("甲 公司", "12345678", 18) == invoice_key("甲公司", "１２３４５６７８", 18)
    assert invoice_key("甲公司", "12345678", 18) != invoice_key("乙公司", "12345678", 18)


amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False, allow_infinity=False)
entries = st.lists(st.tuples(st.sampled_from(KINDS), amounts), max_size=40)


@settings(max_examples=80, deadline=None)
@given(entries, st.randoms(use_true_random=False), st.integers(0, 40))
def test_the_sum_of_entries_is_the_balance_in_whatever_order(rows, chance, cut):
    shuffled = list(rows)
    chance.shuffle(shuffled)
    whole = Totals.of(rows)
    assert Totals.of(shuffled) == whole == Totals.of(shuffled[:cut]) + Totals.of(shuffled[cut:])
    signs = {"payment": 1, "use": -1, "refund": -1}
    assert whole.balance == sum((signs.get(kind, 0) * amount for kind, amount in rows), Decimal(0))


@settings(max_examples=60, deadline=None)
@given(
    st.decimals(min_value=1, max_value=10**10, places=2),
    st.lists(st.decimals(min_value=0, max_value=100, places=3), min_size=1, max_size=24),
)
def test_accruals_by_progress_add_up_to_what_is_due(due, steps):
    accrued = Decimal(0)
    for step in [*sorted(steps), Decimal(100)]:
        accrued += due_at(due, step) - accrued
    assert accrued == due


def test_a_grid_says_which_cell_is_wrong():
    amounts, wrong = read({"F01-1": "1,000.50", "F02-12": "一千", "F10-3": " ", "F03-4": "-1", "F11-1": "5"})
    assert amounts == {("F01", 1): Decimal("1000.50")}
    assert len(wrong) == 2 and wrong[0].startswith("F02 12月") and wrong[1].startswith("F03 4月")
