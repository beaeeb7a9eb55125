"""A version as a workbook: written, read back the same, and every mistake named where it stands."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from projects.standards import shipped, workbook

SHIPPED = [(spec, facts) for path in shipped.files() for spec, facts in shipped.versions_of(path)]
SPEC, FACTS = next(
    (spec, facts) for spec, facts in SHIPPED if (spec.standard, spec.label) == ("PAGD", "2018")
)
ITEMS = {item.key: row for row, item in enumerate(SPEC.items.values(), 2)}
FORMULAS = {formula.code: row for row, formula in enumerate(SPEC.formulas, 2)}
TABLES = {table.code: row for row, table in enumerate(SPEC.tables, 2)}


def book(spec=SPEC, facts=FACTS):
    target = io.BytesIO()
    workbook.write(target, spec, facts)
    target.seek(0)
    return load_workbook(target)


def read(made, tmp_path: Path, name: str = "标准.xlsx") -> workbook.Reading:
    path = tmp_path / "book.xlsx"
    made.save(path)
    return workbook.read(path, name, "PAGD")


def column(page, label: str) -> int:
    return next(cell.column for cell in page[1] if str(cell.value).rstrip("*") == label)


def put(made, sheet: str, row: int, label: str, value) -> None:
    page = made[sheet]
    cell = page.cell(row, 2 if sheet == "版本" else column(page, label))
    cell.value = value


def faults(made, tmp_path) -> list[tuple]:
    reading = read(made, tmp_path)
    assert reading.spec is None or not reading.faults
    return [(fault.sheet, fault.row, fault.column, fault.message) for fault in reading.faults]


@pytest.mark.parametrize(("spec", "facts"), SHIPPED, ids=[f"{s.standard} {s.label}" for s, _ in SHIPPED])
def test_what_is_written_reads_back_the_same(spec, facts, tmp_path):
    path = tmp_path / "book.xlsx"
    with path.open("wb") as target:
        workbook.write(target, spec, facts)
    reading = workbook.read(path, "标准.xlsx", spec.standard)
    assert reading.faults == []
    assert (reading.spec, reading.facts) == (spec, facts)


def test_a_blank_template_says_what_is_missing(tmp_path):
    target = io.BytesIO()
    workbook.write(target)
    target.seek(0)
    found = faults(load_workbook(target), tmp_path)
    assert ("版本", 1, "版本号", "不能为空") in found
    assert all(message for *_, message in found)


def test_text_that_a_spreadsheet_would_run_stays_text(tmp_path):
    made = book()
    put(made, "条目", ITEMS["JS/1"], "考核内容及评价标准", "x")
    reading = read(made, tmp_path)
    table = reading.spec.by_code["JS"]
    from dataclasses import replace

    risky = replace(table.items[0], text="=cmd|' /C calc'!A0", title="+1")
    spec = replace(
        reading.spec,
        tables=tuple(
            replace(t, items=(risky, *t.items[1:])) if t.code == "JS" else t for t in reading.spec.tables
        ),
    )
    page = book(spec)["条目"]
    cell = page.cell(ITEMS["JS/1"], column(page, "考核内容及评价标准"))
    assert (cell.value, cell.data_type) == ("=cmd|' /C calc'!A0", "s")


BAD = {
    "weights": (
        "公式",
        FORMULAS["contractor_score"],
        "公式",
        "0.5*basic + 0.6*site",
        "权重之和为 1.1，应为 1",
    ),
    "what is not there": ("公式", FORMULAS["basic"], "公式", "rate(SGXX)", "没有“SGXX”"),
    "circular": ("公式", FORMULAS["site"], "公式", "site", "公式循环引用：site → site"),
    "item twice": ("条目", ITEMS["JS/2"], "序号", "1", "表“JS”条目“1”重复出现"),
    "full marks zero": ("条目", ITEMS["JS/2"], "满分", "0", "满分应大于 0"),
    "full marks negative": ("条目", ITEMS["JS/2"], "满分", "-3", "满分应大于 0"),
    "full marks are text": ("条目", ITEMS["JS/2"], "满分", "十四", "分值“十四”不是数字"),
    "full marks missing": ("条目", ITEMS["JS/2"], "满分", None, "满分应大于 0"),
    "unknown table": ("条目", ITEMS["JS/2"], "表代码", "JX", "“考核表”中没有代码为“JX”的表"),
    "sum of marks": ("考核表", TABLES["JS"], "表满分", "90", "各条目满分之和为 100，与载明的 90 不符"),
    "no title": ("条目", ITEMS["JS/2"], "考核项目", None, "不能为空"),
    "subject": ("考核表", TABLES["JS"], "考核对象", "业主", "“业主”不在可选项内"),
    "condition": ("条目", ITEMS["JS/2"], "适用条件", "天气=雨", "“天气=雨”应写成"),
    "condition's value": ("条目", ITEMS["JS/2"], "适用条件", "构件=飞机", "“飞机”不在可选项内"),
    "grade": ("等次", 2, "起点", "七十", "应为分数"),
    "condition of a grade": ("等次", 2, "附加条件", "得分 >", "公式不完整"),
    "whom a veto is for": ("一票否决", 2, "考核对象", "大家", "“大家”不在可选项内"),
    "line": ("版本", 6, "合格线", "一百七", "不是数字"),
    "day": ("版本", 2, "施行日期", "2024-02-30", "2024年2月没有30日"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_named_by_sheet_row_and_column(name, tmp_path):
    sheet, row, label, value, message = BAD[name]
    made = book()
    put(made, sheet, row, label, value)
    found = faults(made, tmp_path)
    assert [(s, r, c) for s, r, c, _ in found] == [(sheet, row, label)], found
    assert message in found[0][3]


def test_all_mistakes_are_told_at_once(tmp_path):
    made = book()
    put(made, "条目", ITEMS["JS/2"], "满分", "十四")
    put(made, "条目", ITEMS["JL/1"], "必查项", "也许")
    put(made, "公式", FORMULAS["project_score"], "公式", "0.2*owner + 0.2*mean(supervisor)")
    put(made, "版本", 6, "合格线", None)
    assert [(s, r, c) for s, r, c, _ in faults(made, tmp_path)] == [
        ("版本", 6, "合格线"),
        ("条目", ITEMS["JL/1"], "必查项"),
        ("条目", ITEMS["JS/2"], "满分"),
        ("公式", FORMULAS["project_score"], "公式"),
    ]


def test_sheets_and_columns_that_are_missing_strange_or_double(tmp_path):
    made = book()
    del made["公式"]
    page = made["条目"]
    page.cell(1, column(page, "满分")).value = "分数"
    found = faults(made, tmp_path)
    assert ("公式", None, "", "缺少工作表“公式”") in found
    assert ("条目", 1, "分数", "列“分数”不认识") in found


def test_a_formula_without_a_stored_value_is_said(tmp_path):
    made = book()
    page = made["条目"]
    page.cell(ITEMS["JS/2"], column(page, "满分")).value = "=7*2"
    [(sheet, row, label, message)] = faults(made, tmp_path)
    assert (sheet, row, label) == ("条目", ITEMS["JS/2"], "满分")
    assert "公式没有保存计算结果" in message


def test_what_is_no_workbook(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"not a workbook")
    reading = workbook.read(path, "x.xlsx", "PAGD")
    assert reading.spec is None and len(reading.faults) == 1
