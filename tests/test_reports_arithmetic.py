"""Spans, placeholders, comparisons, sums and marks of reports, without a database."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.plan.facts import Span
from supervision.plan.reports import (
    charts,
    checking,
    computing,
    elements,
    placeholders,
    reading,
    spans,
    writing,
)
from supervision.plan.reports.checking import Stands
from supervision.plan.reports.computing import Figure
from tests.reporting import word

DAYS = st.dates(date(2001, 1, 1), date(2090, 12, 31))


def span(first: str, last: str) -> Span:
    return Span(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("of", "yearly", "before"),
    [
        # Whole months stay whole: a leap February is compared with all of the February before.
        (("2024-02-01", "2024-02-29"), ("2023-02-01", "2023-02-28"), ("2024-01-01", "2024-01-31")),
        (("2025-02-01", "2025-02-28"), ("2024-02-01", "2024-02-29"), ("2025-01-01", "2025-01-31")),
        (("2024-01-01", "2024-03-31"), ("2023-01-01", "2023-03-31"), ("2023-10-01", "2023-12-31")),
        (("2024-01-01", "2024-12-31"), ("2023-01-01", "2023-12-31"), ("2023-01-01", "2023-12-31")),
        # Days: as many days before.
        (("2024-03-05", "2024-03-14"), ("2023-03-05", "2023-03-14"), ("2024-02-24", "2024-03-04")),
        (("2024-02-29", "2024-03-01"), ("2023-02-28", "2023-03-01"), ("2024-02-27", "2024-02-28")),
    ],
)
def test_the_bases_of_comparisons(of, yearly, before):
    asked = span(*of)
    assert spans.year_before(asked) == span(*yearly)
    assert spans.span_before(asked) == span(*before)


def test_a_base_is_looked_at_as_long_after_its_end_as_the_span():
    """What came in after the year's end counts in both, or else every comparison would show a rise."""
    late = Span(date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 20))
    assert spans.year_before(late).known == date(2025, 1, 20)
    assert spans.span_before(late).known == date(2025, 1, 20)
    early = Span(date(2025, 1, 1), date(2025, 12, 31), date(2025, 6, 30))
    assert spans.year_before(early).known == date(2024, 12, 31)


@given(DAYS, st.integers(0, 800))
def test_the_span_before_ends_the_day_before_and_months_cover_the_span(first, length):
    asked = Span(first, first + timedelta(days=length))
    before = spans.span_before(asked)
    assert before.last == asked.first - timedelta(days=1)
    if not spans.whole_months(asked):
        assert before.last - before.first == asked.last - asked.first
    months = [part for _, part in spans.months_of(asked)]
    assert (months[0].first, months[-1].last) == (asked.first, asked.last)
    assert all(
        two.first == one.last + timedelta(days=1) for one, two in zip(months, months[1:], strict=False)
    )


@pytest.mark.parametrize(
    ("kind", "day", "span"),
    [
        ("month", "2024-03-01", ("2024-02-01", "2024-02-29")),
        ("month", "2024-01-31", ("2023-12-01", "2023-12-31")),
        ("quarter", "2024-06-30", ("2024-01-01", "2024-03-31")),
        ("quarter", "2024-01-15", ("2023-10-01", "2023-12-31")),
        ("year", "2024-12-31", ("2023-01-01", "2023-12-31")),
    ],
)
def test_the_span_that_has_just_ended(kind, day, span):
    found = spans.ended(kind, date.fromisoformat(day))
    assert tuple(map(str, found)) == span and not spans.problem(kind, *found)


def test_an_indicator_stands_for_a_month_at_its_end_and_for_a_year_as_it_is_known():
    month = Span(date(2024, 10, 1), date(2024, 10, 31), date(2024, 11, 28))
    assert spans.standing_on(month) == date(2024, 10, 31)
    assert spans.standing_on(Span(month.first, month.last, date(2024, 10, 9))) == date(2024, 10, 9)
    year = Span(date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 20))
    assert spans.standing_on(year) == date(2025, 1, 20)


def test_the_days_of_a_kind():
    assert spans.last_day("quarter", date(2024, 1, 1)) == date(2024, 3, 31)
    assert spans.problem("quarter", date(2024, 2, 1), date(2024, 4, 30)).startswith("季度报告")
    assert spans.problem("month", date(2024, 2, 1), date(2024, 2, 28)) == "该期间应至2024-02-29止。"
    assert spans.problem("campaign", date(2024, 2, 3), date(2024, 2, 2)) == "结束日期早于起始日期。"
    assert spans.label("quarter", date(2024, 10, 1), date(2024, 12, 31)) == "2024年第四季度"


@pytest.mark.parametrize(
    ("now", "base", "text"),
    [
        (12, 8, "增长50.0%（增加4处）"),
        (8, 12, "下降33.3%（减少4处）"),
        (3, 3, "持平"),
        (0, 0, "持平"),
        # Without a base there is no per cent, and the absolute change stands.
        (3, 0, "增加3处（基数为0）"),
        (3, -2, "增加5处（基数为-2）"),
        (0, 4, "下降100.0%（减少4处）"),
    ],
)
def test_a_comparison_says_the_absolute_change_beside_the_per_cent(now, base, text):
    assert computing.comparison(Decimal(now), Decimal(base), "处")[0] == text


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_comparison_adds_up(now, base):
    text, share = computing.comparison(Decimal(now), Decimal(base), "")
    assert abs(base + base * share / 100 - now) <= Decimal(base) / 1000
    assert text == "持平" if now == base else text.startswith("增长" if share > 0 else ("下降", "增长"))


def test_rates_are_compared_in_points():
    assert computing.difference(Decimal("66.7"), Decimal("60.0"), "", points=True) == "上升6.7个百分点"
    assert computing.difference(Decimal("66.7"), None, "", points=True) == "—"
    assert computing.rate_text(None) == "—"
    assert [computing.plain(Decimal(text)) for text in ("3.10", "1200", "0.005", "-0.001")] == [
        "3.1",
        "1200",
        "0.01",
        "0",
    ]


# ------------------------------------------------------------------------------------------------- placeholders


def test_placeholders_are_found_however_word_wrote_their_signs():
    [(start, end, one)] = placeholders.find("查出｛｛ danger.found ｜ 处 ｝｝。", 3)
    assert (one.word, one.rest, start, end) == ("danger.found", ("处",), 2, 24)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("查出{{danger.found|处}。", "不成对"),
        ("{{ }}", "没有写名称"),
        ("见{{任务表}}", "须单独成段"),
    ],
)
def test_placeholders_that_cannot_be_read_are_named_with_their_paragraph(text, why):
    with pytest.raises(placeholders.PlaceholderFault, match=f"第7段.*{why}"):
        placeholders.find(text, 7)


def test_the_terms_of_a_sum():
    one = placeholders.cut("核对|a.b = c-d + e.f - g", 1)
    assert placeholders.equation(one) == ("a.b", [(1, "c-d"), (1, "e.f"), (-1, "g")])
    with pytest.raises(placeholders.PlaceholderFault):
        placeholders.equation(placeholders.cut("核对|a.b", 1))


# ------------------------------------------------------------------------------------------------- checking


def stands(ref=1, kind="number", text="3", typed="", key="", measure="处"):
    return Stands(ref, key or f"k{ref}", f"数{ref}", kind, text, typed, measure)


def test_rates_above_a_hundred_and_numbers_that_are_none():
    found = checking.of_figures(
        [
            stands(1, "rate", "100.1%"),
            stands(2, "rate", "100.0%"),
            stands(3, "rate", "—"),
            stands(4, "number", "三"),
            stands(5, "hand", "—"),
            stands(6, "hand", "120", measure="%"),
            stands(7, "change", "增长150.0%（增加3处）"),
        ]
    )
    assert [line[: line.index("“")] for line in found] == ["数字[1]", "数字[4]", "数字[5]", "数字[6]"]
    rows = [{"ref": 1, "label": "率", "numerator": Decimal(4), "denominator": Decimal(3)}]
    assert checking.of_parts(rows) == ["数字[1]“率”的分子4大于分母3。"]


def test_what_the_ledgers_count_below_nothing_is_worth_a_look_and_what_is_typed_so_is_wrong():
    """More reversed than booked in a month is no reason to keep the report back."""
    figures = [
        stands(1, "number", "-15000"),
        Stands(2, "k2", "含义", "number", "-3", "来函"),
        stands(3, "rate", "-1.0%"),
        stands(4, "number", "0"),
    ]
    assert [line[:5] for line in checking.of_figures(figures)] == ["数字[2]", "数字[3]"]
    (told,) = checking.below_nothing(figures)
    assert told.startswith("数字[1]") and "冲销多于入账" in told


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.integers(-3, 3))
def test_a_total_holds_exactly_when_its_parts_add_up(parts, off):
    total = sum(parts) + off
    if total < 0:
        return
    figures = {f"p{n}": stands(n, text=str(value), key=f"p{n}") for n, value in enumerate(parts)}
    figures["t"] = stands(99, text=str(total), key="t")
    sums = [{"text": "合计", "left": "t", "right": [[1, f"p{n}"] for n in range(len(parts))]}]
    assert bool(checking.of_sums(sums, figures)) == bool(off)


def test_a_span_that_has_not_ended():
    today = date(2024, 12, 31)
    assert "才结束" in checking.of_span(today, today, today)[0]
    assert checking.of_span(date(2024, 11, 30), date(2024, 11, 30), today) == []
    assert "早于报告期间结束日" in checking.of_span(date(2024, 11, 30), date(2024, 11, 29), today)[0]


def test_numbers_put_in_by_hand_are_those_with_a_measure_and_no_mark():
    before = word("2024年查出12处，整改10处。")
    after = word(
        "2024年查出12处，整改10处。", "另查出3处、投资1.2亿元，第3标段，罚款5万元（人工填报：支队提供）。"
    )
    assert reading.added_numbers(before, after) == [(2, "3处"), (2, "1.2亿元")]


# ------------------------------------------------------------------------------------------------- writing


def figure(key="fact:a#number", text="12", **facts):
    plain = {"computed": text, "measure": "处", "unit": "x.y", "ids": (1,), "written": True}
    return Figure(key, "含义<b>&", "number", text, **(plain | facts))


def written(*lines: str, hands=None) -> tuple[bytes, writing.Book]:
    book = writing.Book(hands or {})
    made = writing.Writer(
        word(*lines),
        book,
        lambda one: figure(f"fact:{one.word}#number", one.word) if one.word.isdigit() else "甲&<乙>",
        lambda one: writing.Block(lines=("第一段{{5}}", "第二段")) if one.word == "填写" else None,
        lambda ref: f"http://portal/work-reports/7/figures/{ref}/",
    )
    return made.write(), book


def test_figures_stand_in_controls_and_once_in_the_index():
    content, book = written(
        "查出{{12}}，又{{12}}，{{报告|单位}}共{{13}}。", "{{填写|问题}}", "{{核对|a = b}}"
    )
    assert [one.text for one in book.figures] == ["12", "13", "5"]
    assert reading.controls(content) == {1: ["12", "12"], 2: ["13"], 3: ["5"]}
    shown = reading.page(content)
    texts = ["".join(piece["text"] for piece in block["pieces"]) for block in shown if "pieces" in block]
    assert texts[:3] == ["查出12处，又12处，甲&<乙>共13处。", "第一段5处", "第二段"]
    assert reading.differences(content, {1: "12", 2: "13", 3: "5"}) == []
    assert reading.left_over(content) == []
    assert written("查出{{12}}。")[0] == written("查出{{12}}。")[0]


def test_a_figure_typed_over_bears_its_mark_and_loses_it_again():
    content, book = written("查出{{12}}。", hands={"fact:12#number": ("15", "支队来函")})
    text = "".join(piece["text"] for piece in reading.page(content)[0]["pieces"])
    assert text == "查出15处（人工填报）。"
    plain = figure("fact:12#number", "12")
    again = reading.refilled(content, [plain], lambda ref: f"http://portal/{ref}/")
    assert "".join(piece["text"] for piece in reading.page(again)[0]["pieces"]) == "查出12处。"
    plain.text, plain.typed = "16", "再次来函"
    third = reading.refilled(again, [plain], lambda ref: f"http://portal/{ref}/")
    assert "".join(piece["text"] for piece in reading.page(third)[0]["pieces"]) == "查出16处（人工填报）。"
    assert reading.differences(third, {1: "16"}) == []
    assert reading.differences(third, {1: "12", 2: "1"}) == [
        reading.Difference(1, "16"),
        reading.Difference(2, None),
    ]


def test_tags_that_a_program_lost_come_back_by_the_bookmarks():
    content, _ = written("查出{{12}}，又{{12}}，共{{13}}。")
    assert reading.restored(content) == content
    document = elements.opened(content)
    everything = list(document.element.body.iter(elements.qn("w:sdt")))
    # As LibreOffice does, all tags are gone; and the last figure's control too, but not its text.
    for element in everything:
        element.remove(element.find(elements.qn("w:sdtPr")))
    last = everything[2]
    for piece in list(last.find(elements.qn("w:sdtContent"))):
        last.addprevious(piece)
    last.getparent().remove(last)
    lost = elements.finished(document)
    assert reading.controls(lost) == {}
    again = reading.restored(lost)
    assert reading.controls(again) == {1: ["12", "12"], 2: ["13"]}
    # The index is known again as such: its own numbers are none of the text's.
    assert reading.added_numbers(content, again) == []


def test_findings_about_a_file_name_each_figure():
    by_ref = {1: stands(1, text="12"), 2: stands(2, text="3")}
    changed = [SimpleNamespace(ref=1, found="13"), SimpleNamespace(ref=2, found=None)]
    found = checking.of_file(changed, by_ref, [4], [(5, "3处")])
    assert len(found) == 4
    assert "“13”" in found[0] and "“12”" in found[0] and "被删去" in found[1]


@given(st.floats(0, 10**8))
def test_about_five_lines_lie_behind_a_charts_bars(most):
    step = charts.step_for(most)
    assert step * 5 >= most and (most <= 5 or step * 12 > most)


def test_a_chart_is_the_same_picture_each_time():
    values = (Decimal(3), None, Decimal("7.5"))
    series = [charts.Series("一", values), charts.Series("二", tuple(reversed(values)))]
    content = charts.bars("图", ["甲县", "乙县", "很长很长很长很长很长很长的县"], series, "处")
    assert content.startswith(b"\x89PNG")
    assert content == charts.bars("图", ["甲县", "乙县", "很长很长很长很长很长很长的县"], series, "处")
    assert charts.bars("空", [], [], "")
