"""Few answers are never shown broken down: the arithmetic of a questionnaire's results, without a database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from integrity.models import SurveyQuestion
from integrity.surveys.results import counted, shown_groups, written

LEAST = 5


def question(kind: str = "one", options=("是", "否")) -> SurveyQuestion:
    return SurveyQuestion(
        kind=kind, text="是否收过礼金", order=1, options=list(options) if kind != "score" else []
    )


def test_groups_by_hand():
    assert shown_groups({"施工": 8, "监理": 6}, LEAST) == ["施工", "监理"]
    # 施工 and the total would tell what the four of 监理 said.
    assert shown_groups({"施工": 8, "监理": 4}, LEAST) == []
    assert shown_groups({"施工": 8, "监理": 4, "建设": 3}, LEAST) == ["施工"]
    # The smallest of those that could be shown hides the two.
    assert shown_groups({"施工": 9, "监理": 7, "建设": 2}, LEAST) == ["施工"]
    assert shown_groups({"施工": 9, "监理": 0}, LEAST) == ["施工"]
    assert shown_groups({}, LEAST) == []


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 30), max_size=8), st.integers(1, 10))
def test_what_is_hidden_is_nothing_or_enough(sizes, least):
    shown = shown_groups(sizes, least)
    hidden = sum(sizes.values()) - sum(sizes[name] for name in shown)
    assert all(sizes[name] >= least for name in shown)
    assert hidden == 0 or hidden >= least or not shown


def of(by_group, overall, kind="one"):
    return counted(question(kind), by_group, overall, LEAST, sum(overall.values()) >= LEAST)


def test_a_question_by_hand():
    by_group = {"施工": {"": 6, "是": 1, "否": 5}, "监理": {"": 5, "是": 2, "否": 3}}
    found = of(by_group, {"施工": 6, "监理": 5})
    assert (found.answered, found.groups) == (11, ["施工", "监理"])
    assert [(row["word"], row["number"], str(row["rate"])) for row in found.rows] == [
        ("是", 3, "27.3"),
        ("否", 8, "72.7"),
    ]
    assert [(cell["number"], str(cell["rate"])) for cell in found.rows[0]["cells"]] == [
        (1, "16.7"),
        (2, "40.0"),
    ]
    assert [series["name"] for series in found.chart["series"]] == ["全部", "施工", "监理"]


def test_four_answers_show_nothing():
    found = of({"": {"": 4, "是": 1, "否": 3}}, {"": 4})
    assert (found.answered, found.rows, found.chart) == (None, [], None)
    # Enough sheets, but only four of them answered this one.
    found = of({"": {"": 4, "是": 4}}, {"": 40})
    assert (found.answered, found.rows) == (None, [])


def test_scores_have_a_mean_and_remarks_wait_for_company():
    found = of({"": {"": 5, "5": 3, "4": 1, "1": 1}}, {"": 5}, "score")
    assert found.mean == "4.00"
    assert [row["number"] for row in found.rows] == [1, 0, 0, 1, 3]
    assert written(question("text"), ["甲"] * 4, LEAST).remarks == []
    assert written(question("text"), ["甲"] * 5, LEAST).remarks == ["甲"] * 5


groups = st.dictionaries(
    st.sampled_from(["施工", "监理", "建设", "设计"]),
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    min_size=1,
)


@given(groups)
def test_no_difference_of_shown_figures_tells_of_a_few(drawn):
    by_group = {name: {"": yes + no, "是": yes, "否": no} for name, (yes, no, _) in drawn.items()}
    overall = {name: yes + no + silent for name, (yes, no, silent) in drawn.items()}
    found = of(by_group, overall)
    if found.answered is None:
        assert found.rows == [] and found.groups == []
        return
    assert found.answered >= LEAST and sum(row["number"] for row in found.rows) == found.answered
    rest = found.answered - sum(by_group[name][""] for name in found.groups)
    assert not found.groups or rest == 0 or rest >= LEAST
    assert all(by_group[name][""] >= LEAST for name in found.groups)
