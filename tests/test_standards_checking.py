"""The language of formulas, and bad standards each with its error."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.standards.checking import problems
from projects.standards.compare import differences, rescore
from projects.standards.formula import FormulaError, names_in, parse
from projects.standards.kinds import GROUP, NUMBER, WEIGHT, kind_problems
from projects.standards.marks import Mark
from projects.standards.running import Group, Member, Run, half_up
from projects.standards.spec import Band, Formula, Item, Rounding, Table, Veto
from tests.test_standards_scoring import GANSU, QUALITY, Y2012, Y2018, project_units, score_unit

D, F = Decimal, Fraction


def value(text: str, **names):
    return Run({name: F(number) for name, number in names.items()}).evaluate(parse(text))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", F(7)),
        ("(1 + 2) * 3", F(9)),
        ("10 - 4 - 3", F(3)),
        ("12 / 3 / 2", F(2)),
        ("-2 * -3", F(6)),
        ("40%", F(2, 5)),
        ("０．５×（４＋２）", F(3)),
        ("1/3 + 1/3 + 1/3", F(1)),
        ("min(3, 1, 2) + max(1, 2)", F(3)),
        ("平均(1, 2) + 合计(1, 2)", F(9, 2)),
        ("1 <= 1 and 2 > 3", False),
        ("1 ≠ 1 或 2 ≥ 2", True),
        ("1=1且2=2", True),
        ("1 = 2 or 1 = 1 and 2 = 3", False),
        ("1 / 0", None),
    ],
)
def test_what_a_formula_comes_to(text, wanted):
    assert value(text) == wanted


@settings(deadline=None)
@given(st.fractions(), st.fractions(), st.fractions())
def test_arithmetic_is_exact(a, b, c):
    names = {"a": a, "b": b, "c": c}
    assert Run(names).evaluate(parse("a + b * c - a")) == a + b * c - a


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "公式是空的"),
        ("1 +", "公式不完整"),
        ("(1 + 2", "缺少“）”|缺少“\\)”"),
        ("1 2", "“2”处多出内容"),
        ("a.b", "“.”不能用在公式里"),
        ("__import__('os')", "不能用在公式里|没有“__import__”这个函数"),
        ("exec(1)", "没有“exec”这个函数"),
        ("a < b < c", "比较不能连写"),
        ("2 ** 3", "前缺少数值或名称|公式不完整"),
        ("(" * 60 + "1" + ")" * 60, "嵌套过深"),
        ("-" * 60 + "1", "嵌套过深"),
        ("1+" * 300 + "1", "公式过长"),
        ("lambda: 1", "“:”不能用在公式里"),
    ],
)
def test_what_is_not_a_formula(text, message):
    with pytest.raises(FormulaError, match=message):
        parse(text)


@settings(deadline=None)
@given(st.text(alphabet="ab1.%+-*/()<>=, 且或平均施", max_size=30))
def test_no_text_does_more_than_raise_a_formula_error(text):
    try:
        tree = parse(text)
    except FormulaError:
        return
    kind_problems(tree, {"a": NUMBER, "b": GROUP})
    assert all(isinstance(name, str) for name in names_in(tree))


def test_chinese_names_stand_for_codes():
    tree = parse(
        "0.4*施工内业 + 0.6*加权平均(施工合同段，合同价)",
        {"施工内业": "basic", "施工合同段": "contractor", "合同价": "price"},
    )
    assert list(names_in(tree)) == ["basic", "contractor", "price"]
    group = Group("施工合同段", (Member("甲", F(90), {"price": F(3)}), Member("乙", F(70), {"price": F(1)})))
    run = Run({"basic": F(80), "contractor": group, "price": None})
    assert run.evaluate(tree) == F(83)
    assert run.spell(tree) == "0.4×80 + 0.6×（90×3 + 70×1）÷（3 + 1）"


@pytest.mark.parametrize(
    ("number", "places", "wanted"),
    [
        ("69.95", 1, "70.0"),
        ("69.949999", 1, "69.9"),
        ("0.05", 1, "0.1"),
        ("-0.05", 1, "-0.1"),
        ("2.5", 0, "3"),
    ],
)
def test_a_half_goes_up(number, places, wanted):
    assert str(half_up(F(D(number)), places)) == wanted


def test_a_group_must_be_boiled_down():
    kinds = {"contractor": GROUP, "owner": NUMBER, "price": WEIGHT}
    assert kind_problems(parse("0.4*owner + 0.6*contractor"), kinds) == [
        "“contractor”有多个得分，须写成 平均(contractor) 等"
    ]
    assert kind_problems(parse("owner + price"), kinds) == ["“price”只能作加权平均的权"]
    assert kind_problems(parse("wmean(owner, price)"), kinds) == [
        "加权平均应写成 加权平均(施工合同段, 合同价)"
    ]
    assert kind_problems(parse("owner >= 3"), kinds) == ["此处应是数值，不能是比较"]
    assert kind_problems(parse("owner + 1 且 owner > 1"), kinds, wanted="boolean") == [
        "“且”“或”两边都应是比较"
    ]


# ------------------------------------------------------------------------------------------------ bad standards


def with_formula(code: str, /, **changed):
    return replace(
        Y2018, formulas=tuple(replace(f, **changed) if f.code == code else f for f in Y2018.formulas)
    )


def with_table(code: str, /, **changed):
    return replace(Y2018, tables=tuple(replace(t, **changed) if t.code == code else t for t in Y2018.tables))


def with_item(key: str, /, **changed):
    table = Y2018.by_code[key.partition("/")[0]]
    items = tuple(replace(i, **changed) if i.key == key else i for i in table.items)
    return with_table(table.code, items=items)


def with_bands(*bands):
    return replace(Y2018, bands=bands)


PASSED, FAILED = Y2018.bands
BAD = {
    "weights": (with_formula("contractor_score", expression="0.5*basic + 0.6*site"), "公式“施工合同段得分”：权重之和为 1.1，应为 1"),
    "project weights": (
        with_formula("project_score", expression="0.2*owner + 0.2*mean(supervisor) + 0.5*mean(contractor)"),
        "公式“工程项目得分”：权重之和为 0.9，应为 1",
    ),
    "negative weight": (with_formula("contractor_score", expression="1.5*basic - 0.5*site"), "公式“施工合同段得分”：权重不能是负数"),
    "a gift": (with_formula("owner_score", expression="rate(JS) + 5"), "公式“建设单位得分”：含有固定分值 5，得分应只由各项加权得出"),
    "unknown name": (with_formula("contractor_score", expression="0.5*basic + 0.5*现场"), "没有“现场”"),
    "table of another": (with_formula("owner_score", expression="rate(JL)"), "没有“JL”"),
    "itself": (with_formula("contractor_score", expression="0.5*contractor_score + 0.5*site"), "公式循环引用：contractor_score → contractor_score"),
    "project itself": (with_formula("project_score", expression="0.5*project_score + 0.5*owner"), "公式循环引用：project_score → project_score"),
    "unreadable": (with_formula("owner_score", expression="rate(JS"), "公式“建设单位得分”：“rate”的括号不配对"),
    "stage": (with_formula("owner_score", stage="whole"), "公式“建设单位得分”的环节“whole”不认识"),
    "two figures": (replace(Y2018, formulas=(*Y2018.formulas, Formula("other", "又一个", "unit", "owner", "JS"))), "建设单位须有且只有一个“单位得分”公式，现有 2 个"),
    "no project": (replace(Y2018, formulas=tuple(f for f in Y2018.formulas if f.stage != "project")), "有多类考核对象，须有“项目得分”公式"),
    "table not counted": (with_formula("site", expression="rate(SGXCTY, SGXCGL)"), "表“SGXCSY”没有计入任何公式"),
    "part not counted": (with_formula("contractor_score", expression="basic"), "公式“施工现场”没有计入单位得分"),
    "code taken": (with_formula("basic", code="price"), "公式代码“price”已另有含义"),
    "code twice": (replace(Y2018, vetoes=(*Y2018.vetoes, Veto("accident", "又一个"))), "否决情形代码“accident”重复出现"),
    "marks do not add up": (with_item("SGJC/1.3", full=D(5)), "表“SGJC”各条目满分之和为 101，与载明的 100 不符"),
    "no marks": (with_item("SGJC/1.3", full=D(0)), "表“SGJC”条目“1.3”的满分应大于 0，现为 0"),
    "negative marks": (with_item("SGJC/1.3", full=D(-4)), "表“SGJC”条目“1.3”的满分应大于 0，现为 -4"),
    "marks on a check list": (with_item("TJ1/1", full=D(4)), "表“TJ1”条目“1”属于符合性核查，不填满分"),
    "item twice": (with_item("SGJC/1.3", no="1.1"), "表“SGJC”条目“1.1”重复出现"),
    "table twice": (replace(Y2018, tables=(*Y2018.tables, Y2018.tables[-1])), "表“JS”重复出现"),
    "empty table": (with_table("TJ1", items=()), "表“TJ1”没有条目"),
    "condition of nobody": (with_table("SGXCGL", when={"mode": ("road",)}), "表“SGXCGL”的适用条件“领域”中“road”不认识"),
    "strange condition": (with_item("JS/1", when={"weather": ("rain",)}), "表“JS”条目“1”的适用条件“weather”不认识"),
    "lines": (replace(Y2018, excellent_line=D(60)), "优秀线 60 低于合格线 70"),
    "line over 100": (replace(Y2018, pass_line=D(170), excellent_line=None), "合格线应在 0 至 100 之间，现为 170"),
    "no grades": (with_bands(), "施工合同段没有等次"),
    "no lowest grade": (with_bands(PASSED), "的最低等次“合格”应自 0 分起、不附条件、为不合格"),
    "grades turned round": (with_bands(replace(FAILED, code="low"), PASSED, FAILED), "的等次应由高到低排列"),
    "floor": (with_bands(replace(PASSED, floor="七十"), FAILED), "等次“合格”的起点“七十”应为分数"),
    "grade's condition": (with_bands(replace(PASSED, condition="basic >= 70"), FAILED), "等次“合格”的条件（监理合同段、建设单位、工程项目）：没有“basic”"),
    "condition is a figure": (with_bands(replace(PASSED, condition="score + 1"), FAILED), "条件应是比较"),
    "rounding": (replace(Y2018, rounding=Rounding(1, ("whole",))), "取位环节有误：whole"),
    "years from nowhere": (
        replace(QUALITY, evaluation_types=(replace(QUALITY.evaluation_types[1], after=""),)),
        "评价类型“竣工项目”限定了年数，但没有起算日期",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_standard_is_told_why(name):
    spec, message = BAD[name]
    texts = [problem.text for problem in problems(spec)]
    assert any(message in text for text in texts), texts


def test_a_part_may_name_another_part():
    assert problems(with_formula("basic", expression="0.5*site + 0.5*rate(SGJC)")) == []


def test_a_circle_of_two_is_found_whole():
    spec = with_formula("basic", expression="site")
    spec = replace(
        spec, formulas=tuple(replace(f, expression="basic") if f.code == "site" else f for f in spec.formulas)
    )
    texts = [problem.text for problem in problems(spec)]
    assert "公式循环引用：basic → site → basic" in texts


# --------------------------------------------------------------------------------------------- side by side


def test_the_difference_of_two_versions():
    new = with_item("SGJC/1.3", full=D(5), mandatory=True)
    new = replace(
        new,
        pass_line=D(75),
        tables=tuple(
            replace(t, items=(*t.items[:-1], Item("JS", "8", "新增条目", D(8)))) if t.code == "JS" else t
            for t in new.tables
        ),
        vetoes=new.vetoes[1:],
        formulas=tuple(
            replace(f, expression="0.4*basic + 0.6*site") if f.code == "contractor_score" else f
            for f in new.formulas
        ),
    )
    found = {(c.group, c.name, c.kind): c.details for c in differences(Y2018, new)}
    assert found == {
        ("分数线", "合格线、优秀线与取位", "修改"): (("合格线", "70", "75"),),
        ("条目", "SGJC/1.3 安全管理机构与专职安全员配备", "修改"): (("满分", "4", "5"), ("必查", "否", "是")),
        ("条目", "JS/7 台账与信用记录", "取消"): (),
        ("条目", "JS/8 新增条目", "新增"): (("满分", "", "8"),),
        ("公式", "contractor_score 施工合同段得分", "修改"): (
            ("公式", "0.5*basic + 0.5*site", "0.4*basic + 0.6*site"),
        ),
        ("否决情形", "accident 已发生重特大生产安全责任事故", "取消"): (),
    }
    assert differences(Y2018, Y2018) == []


def test_the_same_marks_under_another_version_leave_the_first_alone():
    unit = project_units(Y2018)[-1]
    before = dict(unit.marks)
    again = rescore(Y2012, unit)
    assert (again.result.score, again.lost, again.missing) == (D("85.0"), (), ())
    assert again.result.verdict.name == "达标"
    assert dict(unit.marks) == before


def test_what_the_other_version_does_not_have_or_asks_more_is_said():
    unit = project_units(Y2018)[0]
    tables = tuple(
        replace(t, items=(*t.items[:-1], Item("JS", "9", "新条目", D(8)))) if t.code == "JS" else t
        for t in GANSU.tables
    )
    again = rescore(replace(GANSU, tables=tables), unit)
    assert again.lost == ("JS/7",)
    assert [item.key for item in again.missing] == ["JS/9"]
    assert again.result.verdict.band is None


def test_a_smaller_ceiling_caps_the_same_deduction():
    tables = (Table("T", "表", "owner", items=(Item("T", "1", "甲", D(10)), Item("T", "2", "乙", D(90)))),)
    base = replace(
        Y2018, tables=tables, formulas=(Formula("r", "得分", "unit", "owner", "T"),),
        bands=(Band("a", "合格", "pass_line", True), Band("b", "不合格", "0", False)),
    )  # fmt: skip
    smaller = replace(
        base, tables=(replace(tables[0], items=(Item("T", "1", "甲", D(5)), tables[0].items[1])),)
    )
    marks = {"T/1": Mark("T/1", deduction=D(8)), "T/2": Mark("T/2", deduction=D(0))}
    unit = replace(project_units(Y2018)[0], marks=marks)
    assert score_unit(base, unit).score == D("92.0")  # 92 of 100
    assert rescore(smaller, unit).result.score == D("94.7")  # 90 of 95
