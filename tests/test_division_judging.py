"""The verdict on one round: golden cases worked by hand, and reading what was measured."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.division import judging
from quality.division.judging import Measured, judge
from quality.models.division import Works

DATA = Path(__file__).resolve().parents[1] / "quality" / "data" / "evaluation.yaml"
RULES = {row["code"]: row["content"] for row in yaml.safe_load(DATA.read_text(encoding="utf-8"))["rules"]}
HIGHWAY, WATERWAY = RULES["evaluation-highway"], RULES["evaluation-waterway"]


def verdict(*measured, content=HIGHWAY, works="bridge", appearance=True, documents=True):
    return judge(
        measured, content=content, works=works, appearance_good=appearance, documents_complete=documents
    )


@pytest.mark.parametrize(
    ("key", "good", "points", "works", "expected"),
    [
        (True, 949, 1000, "bridge", "fail"),  # 94.9 %
        (True, 950, 1000, "bridge", "pass"),  # 95.0 %
        (True, 19, 20, "bridge", "pass"),  # 95 % of few points
        (True, 94_999, 100_000, "bridge", "fail"),  # 94.999 %, which reads 95.0 %
        (False, 799, 1000, "bridge", "fail"),  # 79.9 %
        (False, 800, 1000, "bridge", "pass"),  # 80.0 %
        (False, 4, 5, "bridge", "pass"),
        (True, 999, 1000, "mechanical", "fail"),  # 机电 99.9 %
        (True, 1000, 1000, "mechanical", "pass"),
        (False, 800, 1000, "mechanical", "pass"),  # the general items of 机电 are as elsewhere
    ],
)
def test_highway_boundaries(key, good, points, works, expected):
    assert verdict(Measured("项目", key, points, good), works=works).result == expected


@pytest.mark.parametrize(
    ("key", "good", "expected"),
    [(True, 999, "fail"), (True, 1000, "pass"), (False, 800, "pass"), (False, 799, "fail")],
)
def test_waterway_has_figures_of_its_own(key, good, expected):
    assert verdict(Measured("项目", key, 1000, good), content=WATERWAY, works="wharf").result == expected


def test_waterway_items_are_called_as_their_standard_calls_them():
    found = verdict(
        Measured("强度", True, 10, 9), Measured("尺寸", False, 10, 7), content=WATERWAY, works="wharf"
    )
    assert [text.split("“")[0] for text in found.reasons] == ["主要检验项目", "允许偏差项目"]


def test_one_extreme_value_fails_whatever_the_rate():
    found = verdict(Measured("厚度", True, 1000, 999, beyond=1))
    assert found.result == "fail"
    assert found.reasons == ("“厚度”有 1 个测点突破极值",)


def test_what_was_not_rounded_is_said_in_points():
    (reason,) = verdict(Measured("压实度", True, 100_000, 94_999)).reasons
    assert "95.0%（94999/100000），低于 95%" in reason


@pytest.mark.parametrize("seen", [{"appearance": False}, {"documents": False}])
def test_appearance_and_documents_decide_too(seen):
    assert verdict(Measured("项目", True, 10, 10), **seen).result == "fail"
    assert verdict(**seen).result == "fail"
    assert verdict().result == "pass"  # 分部: nothing is measured there


def test_an_item_without_points_fails():
    assert verdict(Measured("项目", False, 0, 0)).reasons == ("项目没有测点",)


def test_counting_points_at_their_limits():
    values = [Decimal(x) for x in ("95", "105", "94.9999", "105.0001", "90", "89.9")]
    limits = tuple(Decimal(x) for x in ("100", "-5", "5", "-10", "10"))
    # 95, 105 are in; 90 is out but not beyond; 89.9 is beyond the extreme.
    assert judging.count_points(values, *limits) == (6, 2, 1)
    assert judging.count_points(values, None, None, Decimal(100), None, None) == (6, 4, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 10.5，-3、4\n5;６．５", "10 10.5 -3 4 5 6.5"),
        ("100 0 -0 1000.00", "100 0 0 1000"),
        ("", ""),
        ("  \n ", ""),
    ],
)
def test_reading_values(text, expected):
    assert judging.plain(judging.read_values(text)) == expected


@pytest.mark.parametrize("text", ["1 二 3", "1 NaN", "1e3", "1 2.00001", "1" * 30, "1/2"])
def test_a_value_that_does_not_read_is_named(text):
    with pytest.raises(ValueError, match="第 [12] 个测点"):
        judging.read_values(text)


def test_too_many_values():
    with pytest.raises(ValueError, match="最多 2000 个测点"):
        judging.read_values("1 " * 2001)


@given(st.integers(1, 3000), st.data())
@settings(max_examples=100, deadline=None)
def test_more_good_points_never_make_it_worse(points, data):
    good = data.draw(st.integers(0, points - 1))
    order = {"fail": 0, "pass": 1}
    for key in (True, False):
        before = verdict(Measured("项目", key, points, good)).result
        after = verdict(Measured("项目", key, points, good + 1)).result
        assert order[before] <= order[after]


@given(st.lists(st.decimals(-10_000, 10_000, places=4), max_size=30))
@settings(max_examples=60, deadline=None)
def test_values_read_back_as_they_are_kept(values):
    text = judging.plain(values)
    assert judging.read_values(text) == values
    assert judging.plain(judging.read_values(text)) == text


def test_the_templates_fit_the_works_and_the_rules():
    content = RULES["division-templates"]
    assert set(content["works"]) == set(Works.values)
    items = {item for one in content["works"].values() for part in one["parts"] for item in part["items"]}
    assert set(content["measured"]) <= items
    assert {one["rule"] for one in content["works"].values()} == {"evaluation-highway", "evaluation-waterway"}
    for rows in content["measured"].values():
        assert all("lower" in row or "upper" in row for row in rows)
