"""Scores worked out by hand, one for each formula and each thing that is easily got wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.standards import shipped
from projects.standards.judging import gate_problems
from projects.standards.marks import Mark, in_column, mark_problems, read_deduction
from projects.standards.results import Unit, VetoFound
from projects.standards.scoring import score_annual, score_project, score_unit
from projects.standards.spec import Band, Formula, Item, Rounding, Spec, Table

D = Decimal
VERSIONS = {
    (spec.standard, spec.label): spec for path in shipped.files() for spec, _ in shipped.versions_of(path)
}
Y2012, Y2018 = VERSIONS["PAGD", "2012试行"], VERSIONS["PAGD", "2018"]
YUNNAN, GANSU = VERSIONS["PAGD-YN", "试行"], VERSIONS["PAGD-GS", "试用"]
QUALITY = VERSIONS["PZGC", "试行"]
ROAD = {"mode": "highway", "feature": {"bridge"}}


def sheet(spec: Spec, subject: str, off: dict[str, str] | None = None, na: tuple[str, ...] = (), facts=ROAD):
    """Marks for every item that applies: nothing taken off but `off`, 不适用 for `na`."""
    off = off or {}
    marks = {}
    for table in spec.tables_of(subject, facts, kind="scored"):
        for item in table.items:
            lost = D(off.get(item.key, "0"))
            marks[item.key] = Mark(
                item.key, deduction=None if item.key in na else lost, not_applicable=item.key in na
            )
    assert set(off) | set(na) <= set(marks), "a mark for an item that does not apply"
    return marks


def unit(spec: Spec, subject: str, key: str = "", off=None, na=(), price=None, facts=ROAD, vetoes=()):
    return Unit(
        key or subject, subject, key or subject, sheet(spec, subject, off, na, facts), facts,
        None if price is None else D(price), vetoes,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- one unit


def test_nothing_taken_off_is_a_hundred():
    result = score_unit(Y2018, unit(Y2018, "contractor"))
    assert (result.score, result.verdict.name, result.verdict.excellent) == (D("100.0"), "合格", True)
    assert [row.table.code for row in result.tables] == ["SGJC", "SGXCTY", "SGXCGL"]


def test_two_halves_with_their_arithmetic():
    # basic: 100 − 8 = 92; site: general 100 − 10, highway without tunnel items 78 − 6: 162 of 178 = 91.011 → 91.0
    # section: 0.5 × 92.0 + 0.5 × 91.0 = 91.5
    off = {"SGJC/2.1": "6", "SGJC/9.1": "2", "SGXCTY/1": "10", "SGXCGL/2": "6"}
    result = score_unit(Y2018, unit(Y2018, "contractor", off=off))
    assert result.parts == {"basic": D("92.0"), "site": D("91.0")}
    assert result.score == D("91.5")
    assert [step.text for step in result.steps] == [
        "92÷100×100 = 92.0",
        "（90 + 72）÷（100 + 78）×100 = 91.0",
        "0.5×92 + 0.5×91 = 91.5",
    ]
    assert [(row.got, row.due, row.score) for row in result.tables] == [
        (D(92), D(100), D("92.0")),
        (D(90), D(100), D("90.0")),
        (D(72), D(78), D("92.3")),
    ]


def test_an_item_that_is_not_applicable_leaves_both_sums():
    # JL: 20 and 6 leave; 74 due; 12 lost of the rest: 62 ÷ 74 = 83.78 → 83.8
    result = score_unit(Y2018, unit(Y2018, "supervisor", off={"JL/2": "12"}, na=("JL/1", "JL/7")))
    row = result.tables[0]
    assert (row.got, row.due, row.score) == (D(62), D(74), D("83.8"))
    assert [item.key for item in row.not_applicable] == ["JL/1", "JL/7"]


def test_a_deduction_above_full_marks_takes_the_full_marks_only():
    # JS/7 carries 8: 20 taken off is 8 lost, not 20.
    result = score_unit(Y2018, unit(Y2018, "owner", off={"JS/7": "20"}))
    assert result.score == D("92.0")


def test_nothing_applicable_is_no_score_and_no_grade():
    every = tuple(item.key for item in Y2018.by_code["JL"].items)
    result = score_unit(Y2018, unit(Y2018, "supervisor", na=every))
    assert (result.score, result.verdict.band, result.complete) == (None, None, True)
    assert result.gaps == ("监理单位考核评价表没有适用的条目",)


def test_open_items_are_named_and_keep_the_grade_open():
    whole = unit(Y2018, "owner", off={"JS/1": "9"})
    marks = {key: mark for key, mark in whole.marks.items() if key != "JS/2"}
    result = score_unit(Y2018, replace(whole, marks=marks))
    assert ([item.key for item in result.unanswered], result.complete) == (["JS/2"], False)
    assert result.score == D("89.5")  # 77 ÷ 86 = 89.53: of what is answered
    assert result.verdict.band is None and result.verdict.name == "待定"


def test_a_waterway_section_is_not_asked_about_roads():
    tables = Y2018.tables_of("contractor", {"mode": "waterway", "feature": set()}, kind="scored")
    assert [table.code for table in tables] == ["SGJC", "SGXCTY", "SGXCSY"]
    assert "SGXCSY/7" not in [item.key for item in tables[-1].items]  # diving
    unknown = Y2018.tables_of("contractor", {"mode": "waterway"}, kind="scored")
    assert "SGXCSY/7" in [item.key for item in unknown[-1].items]


# --------------------------------------------------------------------------- lines, conditions, vetoes, rounding


def nearly_failing() -> Unit:
    """基础管理 100, 施工现场 69.9: general 100 − 45.5 = 54.5 … chosen so that 124.4 of 178 is 69.89."""
    off = {
        "SGXCTY/1": "10", "SGXCTY/2": "12", "SGXCTY/3": "8", "SGXCTY/4": "10", "SGXCTY/5": "11.6",
        "SGXCGL/8": "2",
    }  # fmt: skip
    return unit(Y2018, "contractor", off=off)


def test_one_half_at_69_9_and_the_section_at_85_under_two_versions():
    # site: (100 − 51.6 + 78 − 2) ÷ 178 = 124.4 ÷ 178 = 69.887 → 69.9; section: 0.5 × 100 + 0.5 × 69.9 = 84.95 → 85.0
    now, then = score_unit(Y2018, nearly_failing()), score_unit(Y2012, nearly_failing())
    for result in (now, then):
        assert result.parts == {"basic": D("100.0"), "site": D("69.9")}
        assert result.score == D("85.0")
    assert (now.verdict.name, now.verdict.passed) == ("合格", True)
    assert (then.verdict.name, then.verdict.passed) == ("不达标", False)
    assert then.verdict.reasons == (
        "未达到“达标”的条件：基础管理、施工现场得分均须不低于70分（100 ≥ 70 且 69.9 ≥ 70）",
    )


def test_the_same_marks_under_other_weights():
    # Yunnan: 0.4 × 100 + 0.6 × 69.9 = 81.94 → 81.9
    assert score_unit(YUNNAN, nearly_failing()).score == D("81.9")
    assert score_unit(GANSU, nearly_failing()).score == D("85.0")


@pytest.mark.parametrize(
    ("lost", "score", "name"),
    [
        ("30", "70.0", "合格"),
        ("30.04", "70.0", "合格"),
        ("30.05", "70.0", "合格"),
        ("30.06", "69.9", "不合格"),
    ],
)
def test_rounding_is_half_up_and_the_line_sees_the_rounded_figure(lost, score, name):
    # 100 − 30.05 = 69.95 → 70.0: a half goes up, and 70.0 reaches 70.
    small = two_items(Y2018)
    marks = {"T/1": Mark("T/1", deduction=D(lost)), "T/2": Mark("T/2", deduction=D(0))}
    result = score_unit(small, Unit("u", "owner", "u", marks))
    assert (result.score, result.verdict.name) == (D(score), name)


def two_items(like: Spec, stages=("table", "part", "unit", "project", "annual")) -> Spec:
    return replace(
        like,
        tables=(Table("T", "表", "owner", items=(Item("T", "1", "甲", D(60)), Item("T", "2", "乙", D(40)))),),
        formulas=(Formula("result", "得分", "unit", "owner", "T"),),
        bands=(Band("a", "合格", "pass_line", True), Band("b", "不合格", "0", False)),
        rounding=Rounding(1, stages),
    )


def test_where_a_version_does_not_round_the_exact_figure_counts():
    exact = two_items(Y2018, stages=("project",))
    marks = {"T/1": Mark("T/1", deduction=D("30.05")), "T/2": Mark("T/2", deduction=D(0))}
    result = score_unit(exact, Unit("u", "owner", "u", marks))
    assert (result.score, result.verdict.name) == (D("69.950000"), "不合格")


def test_a_veto_stands_beside_a_score_of_96():
    veto = VetoFound("major_danger", "2025-3-8 核查通报")
    result = score_unit(
        Y2018, unit(Y2018, "contractor", off={"SGJC/3.1": "6", "SGJC/7.1": "2"}, vetoes=(veto,))
    )
    assert result.score == D("96.0")
    assert result.verdict.by_score.name == "合格"
    assert (result.verdict.name, result.verdict.passed, result.verdict.excellent) == ("不合格", False, False)
    assert result.vetoes == ("经查实存在重大事故隐患：2025-3-8 核查通报",)


def test_a_veto_holds_before_all_is_answered():
    result = score_unit(Y2018, Unit("s", "contractor", "s", {}, ROAD, vetoes=(VetoFound("blacklist"),)))
    assert (result.complete, result.verdict.name) == (False, "不合格")


def test_a_veto_of_another_version_does_not_count_and_is_said():
    result = score_unit(GANSU, unit(GANSU, "contractor", vetoes=(VetoFound("blacklist"),)))
    assert result.verdict.name == "示范"
    assert result.verdict.reasons == ("本版本没有“blacklist”这一否决情形，未计",)


def test_a_grade_that_needs_a_fact_is_not_given_without_it():
    off = {"SGJC/3.1": "6"}
    without = score_unit(YUNNAN, unit(YUNNAN, "contractor", off=off))
    assert without.verdict.name == "达标"
    assert without.verdict.reasons == ("未达到“示范工地”的条件：无伤亡（伤亡人数没有得分或未填）",)
    clean = score_unit(YUNNAN, unit(YUNNAN, "contractor", off=off, facts=ROAD | {"casualties": 0}))
    assert clean.verdict.name == "示范工地"
    hurt = score_unit(YUNNAN, unit(YUNNAN, "contractor", off=off, facts=ROAD | {"casualties": 1}))
    assert hurt.verdict.reasons == ("未达到“示范工地”的条件：无伤亡（1 = 0）",)


# ------------------------------------------------------------------------------------------------- the project


def project_units(spec: Spec) -> list[Unit]:
    """Owner 90; supervisors 80 and 90; sections 100 (price 3000), 95 (1000) and 85 (2000)."""
    return [
        unit(spec, "owner", off={"JS/6": "10"}),
        unit(spec, "supervisor", "JL-1", off={"JL/1": "20"}),
        unit(spec, "supervisor", "JL-2", off={"JL/1": "10"}),
        unit(spec, "contractor", "SG-1", price="3000"),
        unit(spec, "contractor", "SG-2", off={"SGJC/3.1": "6", "SGJC/1.3": "4"}, price="1000"),
        unit(spec, "contractor", "SG-3", off={"SGJC/3.1": "6", "SGJC/2.1": "6", "SGJC/5.2": "6", "SGJC/5.1": "5",
                                              "SGJC/3.2": "4", "SGJC/8.1": "3"}, price="2000"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "wanted", "text"),
    [
        # 0.2×90 + 0.2×85 + 0.6×(100+95+85)/3 = 18 + 17 + 56 = 91.0
        (Y2018, "91.0", "0.2×90 + 0.2×平均（80、90） + 0.6×平均（100、95、85） = 91.0"),
        # 0.2×90 + 0.2×85 + 0.6×(300000+95000+170000)/6000 = 18 + 17 + 56.5 = 91.5
        (GANSU, "91.5", "0.2×90 + 0.2×平均（80、90） + 0.6×（100×3000 + 95×1000 + 85×2000）÷（3000 + 1000 + 2000） = 91.5"),
        # sections 100, 96, 88 at 0.4/0.6: 0.1×90 + 0.2×85 + 0.7×(284/3) = 9 + 17 + 66.27 = 92.3
        (YUNNAN, "92.3", "10%×90 + 20%×平均（80、90） + 70%×平均（100、96、88） = 92.3"),
    ],
    ids=["2018", "Gansu", "Yunnan"],
)  # fmt: skip
def test_sections_with_different_contract_prices(spec, wanted, text):
    result = score_project(spec, project_units(spec))
    assert result.score == D(wanted)
    assert result.steps[-1].text == text
    assert (result.complete, result.gaps) == (True, ())


def test_one_supervisor_for_two_sections_counts_once():
    # The supervisor of SG-1 and SG-2 is assessed once (80), that of SG-3 once (90): mean 85, not (80+80+90)/3.
    units = project_units(Y2018)
    assert score_project(Y2018, units).score == D("91.0")
    again = replace(units[1], label="JL-1（SG-2）")
    with pytest.raises(ValueError, match="给出了两次：JL-1"):
        score_project(Y2018, [*units, again])


def test_a_missing_price_is_said_and_nothing_is_guessed():
    units = project_units(GANSU)
    result = score_project(GANSU, [*units[:-1], replace(units[-1], price=None)])
    assert (result.score, result.verdict.band) == (None, None)
    assert result.gaps == ("SG-3未填合同价，不能加权",)


def test_a_project_without_its_owner_has_no_score():
    result = score_project(Y2018, project_units(Y2018)[1:])
    assert (result.score, result.gaps) == (None, ("建设单位没有得分或未填",))


def test_a_unit_with_nothing_applicable_is_left_out_and_named():
    every = tuple(item.key for item in Y2018.by_code["JL"].items)
    units = [*project_units(Y2018), unit(Y2018, "supervisor", "JL-3", na=every)]
    result = score_project(Y2018, units)
    assert result.score == D("91.0")
    assert result.gaps == ("JL-3没有得分：监理单位考核评价表没有适用的条目",)


def test_two_owners_or_a_stray_unit_are_refused():
    units = project_units(Y2018)
    with pytest.raises(ValueError, match="只有一份建设单位"):
        score_project(Y2018, [*units, replace(units[0], key="other")])
    with pytest.raises(ValueError, match="不计入项目得分"):
        score_project(Y2018, [*units, Unit("w", "works", "围堰")])


def test_the_project_grade_looks_at_its_sections():
    facts = {"deaths": 0}
    assert score_project(YUNNAN, project_units(YUNNAN), facts=facts).verdict.name == "示范工程"
    bad = unit(
        YUNNAN,
        "contractor",
        "SG-9",
        off={item.key: str(item.full) for item in YUNNAN.by_code["SGXCTY"].items},
    )
    result = score_project(YUNNAN, [*project_units(YUNNAN), bad], facts=facts)
    # SG-9: site 78 of 178 = 43.8; 0.4×100 + 0.6×43.8 = 66.28; still over 60
    assert result.verdict.name == "示范工程"
    worse = replace(bad, marks={key: replace(mark, deduction=D(99)) for key, mark in bad.marks.items()})
    result = score_project(YUNNAN, [*project_units(YUNNAN), worse], facts=facts)
    assert result.verdict.name == "达标"
    assert "各工地不低于60分且无死亡事故" in result.verdict.reasons[0]


def test_the_year_is_the_mean_of_the_owners_assessments():
    # (91.5 + 88.4 + 70.0) ÷ 3 = 83.3
    result = score_annual(Y2018, [D("91.5"), D("88.4"), None, D("70.0")])
    assert (result.score, result.verdict.name) == (D("83.3"), "合格")
    assert result.step.text == "平均（91.5、88.4、70） = 83.3"
    # (69.9 + 70.0) ÷ 2 = 69.95 → 70.0
    assert score_annual(Y2018, [D("69.9"), D("70.0")]).verdict.name == "合格"
    assert score_annual(Y2018, []).score is None


def test_quality_in_seven_aspects():
    # 1000 due, 137 lost: 863 ÷ 1000 = 86.3
    off = {"QUALITY/5": "40", "SAFETY/1": "50", "GREEN/1": "25", "MANAGEMENT/6": "20", "SOFT/1": "2"}
    result = score_unit(QUALITY, unit(QUALITY, "project", off=off))
    assert (len(result.tables), result.score) == (7, D("86.3"))
    assert (result.verdict.name, result.verdict.excellent) == ("达标", False)


# ------------------------------------------------------------------------------------------------ check lists


def test_a_check_list_conforms_when_every_item_does():
    items = Y2018.by_code["TJ2"].items
    marks = {item.key: Mark(item.key, conforms=True) for item in items}
    done = score_unit(Y2018, Unit("w", "works", "围堰", marks)).checklists[0]
    assert (done.conforms, done.failed, done.unanswered) == (True, (), ())
    marks["TJ2/4"] = Mark("TJ2/4", conforms=False, reason="未验收")
    marks.pop("TJ2/6")
    part = score_unit(Y2018, Unit("w", "works", "围堰", marks)).checklists[0]
    assert part.conforms is False
    assert ([i.no for i in part.failed], [i.no for i in part.unanswered]) == (["4"], ["6"])


# ------------------------------------------------------------------------------------------------------ marks


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("-1", "扣分不能是负数"),
        ("4.5", "扣分不能超过该项满分 4"),
        ("四分", "不是数字"),
        ("1.234", "最多 2 位小数"),
        ("NaN", "不是有限的数字"),
        ("1e1", "科学计数法"),
        ("", "不能为空"),
    ],
)
def test_a_deduction_that_cannot_be(typed, message):
    with pytest.raises(ValueError, match=message):
        read_deduction(typed, Y2018.items["SGJC/1.3"])


def test_a_deduction_as_people_type_it():
    assert read_deduction("２．５ 分", Y2018.items["SGJC/1.3"]) == D("2.50")


def test_what_is_wrong_with_a_mark():
    item, must, listed = Y2018.items["SGJC/1.3"], Y2018.items["SGJC/1.1"], Y2018.items["TJ2/1"]
    assert mark_problems(Mark(item.key, deduction=D(2), reason="缺一人"), item) == []
    assert mark_problems(Mark(item.key, deduction=D(0)), item) == []
    assert mark_problems(Mark(item.key, deduction=D(2)), item) == ["扣分须写明理由"]
    assert mark_problems(Mark(item.key, not_applicable=True), item) == ["标为不适用须写明理由"]
    assert mark_problems(Mark(must.key, not_applicable=True, reason="无"), must) == ["必查项不能标为不适用"]
    assert mark_problems(Mark(listed.key, deduction=D(1), reason="x"), listed) == ["符合性核查的条目不扣分"]
    assert mark_problems(Mark(item.key, conforms=True), item) == ["扣分制的条目不作符合性判定"]


def test_columns_stand_for_themselves_or_take_over_what_came_before():
    marks = [
        Mark("A/1", "self", D(1)), Mark("A/2", "self", D(2)),
        Mark("A/1", "recheck", D(3)), Mark("A/2", "recheck"),
        Mark("A/1", "owner", D(0)),
    ]  # fmt: skip
    assert {k: m.deduction for k, m in in_column(marks, "recheck").items()} == {"A/1": 3}
    assert {k: m.deduction for k, m in in_column(marks, "recheck", inherit=True).items()} == {
        "A/1": 3,
        "A/2": 2,
    }
    assert {k: m.deduction for k, m in in_column(marks, "bureau", inherit=True).items()} == {
        "A/1": 0,
        "A/2": 2,
    }
    assert in_column(marks, "bureau") == {}
    with pytest.raises(ValueError, match="有两个评分"):
        in_column([*marks, Mark("A/1", "self", D(4))], "self")


# ------------------------------------------------------------------------------------------------------ gates


def test_when_an_evaluation_is_open():
    demo, completed, rural = QUALITY.evaluation_types
    labels = {"completion_on": "竣工日期", "cost_share": "建安费完成比例"}

    def closed(kind, day, **facts):
        return gate_problems(kind, facts, day, labels)

    day = date(2025, 6, 1)
    assert closed(demo, day, cost_share="0.34") == []
    assert closed(demo, day, cost_share="0.33") == ["建安费完成比例为 0.33，未达到“示范创建项目”要求的 1/3"]
    assert closed(demo, day) == ["未填建安费完成比例，不能判定是否可作“示范创建项目”"]
    assert closed(completed, day, completion_on=date(2020, 6, 1)) == []
    assert len(closed(completed, day, completion_on=date(2020, 5, 31))) == 1
    assert closed(completed, day, completion_on=None) == ["尚无竣工日期，“竣工项目”须在其后进行"]
    assert closed(rural, date(2026, 2, 28), completion_on=date(2024, 2, 29), category="rural") == []
    assert len(closed(rural, date(2026, 3, 1), completion_on=date(2024, 2, 29), category="trunk")) == 2


# ------------------------------------------------------------------------------------------------- properties

halves = st.integers(0, 60).map(lambda n: D(n) / 2)
ITEMS = Y2018.by_code["SGXCTY"].items


def answers() -> st.SearchStrategy[dict[str, Mark]]:
    one = st.tuples(halves, st.booleans())
    return st.lists(one, min_size=len(ITEMS), max_size=len(ITEMS)).map(
        lambda given: {
            item.key: Mark(item.key, deduction=None if na else lost, not_applicable=na)
            for item, (lost, na) in zip(ITEMS, given, strict=True)
        }
    )


GENERAL = replace(
    Y2018,
    tables=(replace(Y2018.by_code["SGXCTY"], subject="owner"),),
    formulas=(Formula("result", "得分", "unit", "owner", "rate(SGXCTY)"),),
    rounding=Rounding(1, ()),
)


def exact(spec: Spec, marks: dict[str, Mark]):
    return score_unit(spec, Unit("u", "owner", "u", marks)).exact


@settings(deadline=None, max_examples=50)
@given(answers())
def test_a_score_lies_between_0_and_100(marks):
    score = exact(GENERAL, marks)
    assert score is None or 0 <= score <= 100


@settings(deadline=None, max_examples=50)
@given(answers(), st.integers(0, len(ITEMS) - 1), halves)
def test_taking_more_off_never_raises_a_score(marks, at, more):
    key = ITEMS[at].key
    if marks[key].not_applicable:
        return
    worse = marks | {key: replace(marks[key], deduction=marks[key].deduction + more)}
    assert exact(GENERAL, worse) <= exact(GENERAL, marks)


@settings(deadline=None, max_examples=50)
@given(answers())
def test_not_applicable_is_as_if_the_item_were_not_there(marks):
    left = tuple(item for item in ITEMS if not marks[item.key].not_applicable)
    if not left:
        return
    table = replace(GENERAL.tables[0], items=left, full=None)
    smaller = replace(GENERAL, tables=(table,))
    assert exact(GENERAL, marks) == exact(smaller, {item.key: marks[item.key] for item in left})


@settings(deadline=None, max_examples=50)
@given(answers(), st.randoms())
def test_the_order_of_items_and_units_does_not_matter(marks, random):
    keys = list(marks)
    random.shuffle(keys)
    items = list(ITEMS)
    random.shuffle(items)
    turned = replace(GENERAL, tables=(replace(GENERAL.tables[0], items=tuple(items)),))
    assert exact(GENERAL, marks) == exact(turned, {key: marks[key] for key in keys})


@settings(deadline=None, max_examples=50)
@given(st.permutations(range(6)))
def test_the_order_of_units_does_not_matter(order):
    units = project_units(GANSU)
    assert score_project(GANSU, [units[at] for at in order]).exact == score_project(GANSU, units).exact
