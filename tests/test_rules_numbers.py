from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.rules.numbers import (
    date_cn,
    money,
    parse_date,
    parse_decimal,
    percent,
    whole_day,
    whole_number,
    whole_year,
)


@pytest.mark.parametrize(
    ("text", "places", "units", "number"),
    [
        ("1234.5", 2, (), "1234.50"),
        ("1,234,567.89", 2, (), "1234567.89"),
        ("１，２３４．５", 1, (), "1234.5"),
        ("－3", 0, (), "-3"),
        ("−3", 0, (), "-3"),
        ("+3.10", 1, (), "3.1"),
        ("-0", 0, (), "0"),
        ("007", 0, (), "7"),
        (12, 2, (), "12.00"),
        (0.1 + 0.2, 2, (), "0.30"),
        (20260001.0, 0, (), "20260001"),
        (Decimal("1E+3"), 0, (), "1000"),
        (1e15, 0, (), "1000000000000000"),
        ("1200万元", 0, ("元", "万元"), "1200"),
        ("￥12.5 元", 1, ("元", "￥"), None),
        ("￥12.5", 1, ("元", "￥"), "12.5"),
    ],
)
def test_decimal(text, places, units, number):
    if number is None:
        with pytest.raises(ValueError, match="不是数字"):
            parse_decimal(text, places, "金额", units)
        return
    read = parse_decimal(text, places, "金额", units)
    assert read == Decimal(number)
    assert -read.as_tuple().exponent == places
    assert not (read == 0 and read.is_signed())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "投资不能为空"),
        (None, "投资不能为空"),
        ("NaN", "不是有限的数字"),
        ("-Infinity", "不是有限的数字"),
        (float("nan"), "不是有限的数字"),
        (float("-inf"), "不是有限的数字"),
        (Decimal("sNaN"), "不是有限的数字"),
        ("1e5", "科学计数法"),
        ("1.5E+3", "科学计数法"),
        ("12,34", "千分位"),
        ("1,2345", "千分位"),
        ("1200万元", "不是数字"),
        ("1_000", "不是数字"),
        ("5²", "不是数字"),
        ("٣", "不是数字"),
        (".5", "不是数字"),
        ("5.", "不是数字"),
        ("--5", "不是数字"),
        (True, "不是数字"),
        ("1.234", "最多 2 位小数"),
        ("1" * 19, "数值过大"),
        ("9" * 100_000, "数值过大"),
        ("=1+1", "不是数字"),
    ],
)
def test_decimal_refused(text, says):
    with pytest.raises(ValueError, match=says) as caught:
        parse_decimal(text, 2, "投资")
    assert str(caught.value).startswith("投资")
    assert len(str(caught.value)) < 80


def test_whole_number_asked():
    with pytest.raises(ValueError, match="应为整数"):
        parse_decimal("1.5", 0)


@settings(deadline=None)
@given(st.decimals(-(10**15), 10**15, places=3))
def test_decimal_reads_what_it_shows(number):
    assert parse_decimal(money(number, 3), 3) == number
    assert parse_decimal(str(number), 3) == number


@pytest.mark.parametrize(
    ("numerator", "denominator", "result"),
    [
        (0, 0, None),
        (1, None, None),
        (0, 7, "0.0"),
        (7, 7, "100.0"),
        (1, 3, "33.3"),
        (2, 3, "66.7"),
        (1, 2000, "0.1"),  # exactly 0.05 %: half goes up, not to even
        (5, 2000, "0.3"),
        (-1, 2000, "-0.1"),
        (Decimal("59.95"), 100, "60.0"),
        (Decimal("59.9499999999999999999999999999999999999"), 100, "59.9"),
        (10**40, 10**40, "100.0"),
    ],
)
def test_percent(numerator, denominator, result):
    assert percent(numerator, denominator) == (None if result is None else Decimal(result))


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12), st.integers(1, 10**12))
def test_percent_is_the_nearest_tenth(numerator, denominator):
    exact, shown = Fraction(numerator, denominator) * 100, percent(numerator, denominator)
    assert shown.as_tuple().exponent == -1
    error = Fraction(shown) - exact
    assert abs(error) <= Fraction(1, 20)
    if abs(error) == Fraction(1, 20):
        assert abs(Fraction(shown)) > abs(exact)


def test_money():
    assert money(Decimal("1234567.885")) == "1,234,567.89"
    assert money(-1000) == "-1,000.00"
    assert money(12, 0) == "12"
    assert money(None) == "—"


def test_date_shown():
    assert date_cn(date(2024, 9, 26)) == "2024年9月26日"
    assert date_cn(datetime(2024, 9, 25, 18, 0, tzinfo=UTC)) == "2024年9月26日"
    assert date_cn(None) == "—"


@pytest.mark.parametrize(
    "value",
    [
        date(2024, 9, 26),
        datetime(2024, 9, 26, 23, 59),
        datetime(2024, 9, 25, 18, 0, tzinfo=UTC),  # already the 26th in Shanghai
        "2024-9-26",
        "2024-09-26",
        "2024/9/26",
        "2024.9.26",
        "２０２４．９．２６",
        "2024—9—26",
        "2024年9月26日",
        " 2024 年 9 月 26 日 ",
        "2024年09月26号",
        "20240926",
        20240926,
        20240926.0,
        "2024-09-26 00:00:00",
        "2024-09-26T00:00",
    ],
)
def test_date(value):
    assert parse_date(value) == date(2024, 9, 26)


@pytest.mark.parametrize(
    ("value", "epoch", "day"),
    [
        (45561, 1900, date(2024, 9, 26)),
        (45561.75, 1900, date(2024, 9, 26)),
        ("45561", 1900, date(2024, 9, 26)),
        (44099, 1904, date(2024, 9, 26)),
        (17899, 1900, date(1949, 1, 1)),
        (73415, 1900, date(2100, 12, 31)),
        (20240926, 1900, date(2024, 9, 26)),
    ],
)
def test_serial_needs_its_epoch(value, epoch, day):
    assert parse_date(value, epoch=epoch) == day
    if value != 20240926:
        with pytest.raises(ValueError, match="是数字，不是日期"):
            parse_date(value)


@pytest.mark.parametrize(
    ("value", "epoch", "says"),
    [
        ("", None, "开工日期不能为空"),
        (None, None, "开工日期不能为空"),
        ("2023-2-29", None, "2023年2月没有29日"),
        ("2100-2-29", None, "2100年2月没有29日"),
        ("2024-4-31", None, "2024年4月没有31日"),
        ("2024-13-1", None, "月份应为 1 至 12"),
        ("1899-12-31", None, "1949 至 2100 之间，现为 1899"),
        ("2999-1-1", None, "现为 2999"),
        ("0000-1-1", None, "现为 0"),
        (date(1948, 12, 31), None, "现为 1948"),
        (datetime(2101, 1, 1), None, "现为 2101"),
        ("24-9-26", None, "不是日期"),
        ("2024-9/26", None, "不是日期"),
        ("2024年9月", None, "不是日期"),
        ("2024-9-26 12:30", None, "不是日期"),
        ("2024-9-26abc", None, "不是日期"),
        ("٢٠٢٤-9-26", None, "不是日期"),
        (45561, None, "是数字"),
        (2024.9, None, "是数字"),
        (True, None, "不是日期"),
        (float("nan"), 1900, "不是日期"),
        (10**400, 1900, "不是日期"),
        (17898, 1900, "不在 1949 至 2100"),
        (73416, 1900, "不在 1949 至 2100"),
        (45561, 1970, "1900 和 1904"),
    ],
)
def test_date_refused(value, epoch, says):
    with pytest.raises(ValueError, match=says) as caught:
        parse_date(value, "开工日期", epoch)
    assert str(caught.value).startswith("开工日期")


@settings(deadline=None)
@given(st.dates(date(1949, 1, 1), date(2100, 12, 31)))
def test_date_reads_what_it_shows(day):
    assert parse_date(date_cn(day)) == parse_date(day.isoformat()) == parse_date(f"{day:%Y%m%d}") == day
    assert parse_date((day - date(1899, 12, 30)).days, epoch=1900) == day
    assert parse_date((day - date(1904, 1, 1)).days, epoch=1904) == day


def test_numbers_from_addresses():
    assert [whole_number(text) for text in ("0", "7", "007", 12)] == [0, 7, 7, 12]
    for text in (None, "", "²", "１２", "-1", "+1", "1.0", " 1", "1e3", "9" * 19, "9" * 5000, "٣"):
        assert whole_number(text) is None, text
    assert whole_number("9" * 18) == 10**18 - 1
    assert [whole_number(text, 1, 10) for text in ("0", "1", "10", "11")] == [None, 1, 10, None]
    for text in ("0000", "1999", "2101", "99999", "", "²026"):
        assert whole_year(text, 2026) == 2026, text
    assert (whole_year("2000", 2026), whole_year("2100", 2026)) == (2000, 2100)


def test_days_from_addresses():
    assert whole_day("2026-03-04") == date(2026, 3, 4)
    assert (whole_day("1949-01-01"), whole_day("2100-12-31")) == (date(1949, 1, 1), date(2100, 12, 31))
    for text in (None, "", "0001-01-01", "9999-12-31", "1948-12-31", "2101-01-01", "2026-02-30", "20260304"):
        assert whole_day(text) is None, text
    for text in ("2026-W10-3", "２０２６-03-04", "2026-3-4", "2026-03-04T00:00"):
        assert whole_day(text) is None, text
