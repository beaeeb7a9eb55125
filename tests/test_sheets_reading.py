"""Workbooks as they really come: merged heads, hidden parts, eaten codes, odd dates, bombs, passwords."""

import zipfile
from datetime import date, datetime

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from supervision.ledgers.sheets import unpack
from supervision.ledgers.sheets.errors import SheetError

from . import factories, sheets

pytestmark = pytest.mark.django_db

HEAD = ["项目名称", "项目编号", "总投资（万元）", "计划开工日期"]


def refused(path, ledger="projects"):
    with pytest.raises(SheetError) as caught:
        sheets.read(path, ledger)
    return caught.value


def values(staged):
    return [entry.values for entry in staged]


def test_bare_sheet(tmp_path):
    path = sheets.saved(sheets.book([HEAD, ["甲", "A-1", 12.5, "2024.9.26"]]), tmp_path / "a.xlsx")
    data, staged = sheets.check(path)
    assert [row.number for row in data.rows] == [2]
    assert sheets.problems(staged) == []
    assert staged[0].values["start_planned_on"] == date(2024, 9, 26)
    assert str(staged[0].values["investment"]) == "12.5000"


def test_merged_heads_titles_totals_and_empty_rows(tmp_path):
    made = sheets.book(
        [
            ["宿迁市项目台账"],
            ["单位：某局    数据截至：2024年9月26日"],
            ["序号", "项目名称", "投资（万元）", None, "开工"],
            [None, None, "总投资（万元）", "建安费（万元）", "计划开工日期"],
            [1, "甲", 10, 8, "2024年9月26日"],
            [],
            [None, "  "],
            [2, "乙", 20, 9, None],
            ["合计", None, 30, 17],
            ["制表人：张三"],
        ]
    )
    for place in ("A1:E1", "A2:E2", "A3:A4", "B3:B4", "C3:D3"):
        made.active.merge_cells(place)
    data, staged = sheets.check(sheets.saved(made, tmp_path / "a.xlsx"))
    assert data.head_row == 4
    assert [row.number for row in data.rows] == [5, 8]
    assert sheets.problems(staged) == []
    assert [str(v["construction_cost"]) for v in values(staged)] == ["8.0000", "9.0000"]
    assert any("第 9 行是合计行" in note for note in data.notes)


def test_hidden_rows_hidden_sheets_and_others(tmp_path):
    made = sheets.book(
        [["随便什么"]], 隐藏=[HEAD, ["丙"]], 台账=[HEAD, ["甲"], ["乙"], ["丁"]], 又一张=[HEAD, ["戊"]]
    )
    made["隐藏"].sheet_state = "hidden"
    made["台账"].row_dimensions[3].hidden = True
    data = sheets.read(sheets.saved(made, tmp_path / "a.xlsx"))
    assert data.name == "台账"
    assert [(row.number, row.cells["name"]) for row in data.rows] == [(2, "甲"), (4, "丁")]
    notes = " ".join(data.notes)
    assert "第 3 行在工作簿中被隐藏" in notes
    assert "又一张" in notes
    assert "隐藏的工作表未读取：隐藏" in notes


def test_codes_eaten_as_floats(tmp_path):
    rows = [HEAD, ["甲", 20260001, 1], ["乙", 20260001.5, 1], ["丙", 320240101000123456, 1]]
    _, staged = sheets.check(sheets.saved(sheets.book(rows), tmp_path / "a.xlsx"))
    assert staged[0].values["code"] == "20260001"
    assert staged[1].values["code"] == "20260001.5"
    assert sheets.problems(staged) == [
        (4, "项目编号", "过长的编号被当作数字保存，后几位已丢失；请把单元格设为文本后重新填写")
    ]


@pytest.mark.parametrize("epoch", [1900, 1904])
def test_dates_in_both_epochs(tmp_path, epoch):
    serial = (date(2024, 9, 26) - (date(1899, 12, 30) if epoch == 1900 else date(1904, 1, 1))).days
    made = sheets.book([HEAD, ["甲", None, None, date(2024, 9, 26)], ["乙", None, None, serial]])
    made.active.append(["丙", None, None, datetime(2024, 9, 26, 8, 30)])
    if epoch == 1904:
        made.epoch = CALENDAR_MAC_1904
        made.active["D2"] = date(2024, 9, 26)
        made.active["D4"] = datetime(2024, 9, 26, 8, 30)
    data, staged = sheets.check(sheets.saved(made, tmp_path / "a.xlsx"))
    assert data.epoch == epoch
    assert [v["start_planned_on"] for v in values(staged)] == [date(2024, 9, 26)] * 3


def test_dates_that_are_none(tmp_path):
    texts = ["2023-02-29", "1899-12-31", "2999-01-01", "明年", "2024-13-01", "２０２４．９．２６", "20240926"]
    rows = [HEAD, *([f"项目{n}", None, None, text] for n, text in enumerate(texts))]
    _, staged = sheets.check(sheets.saved(sheets.book(rows), tmp_path / "a.xlsx"))
    found = sheets.problems(staged)
    assert [(row, column) for row, column, _ in found] == [(n, "计划开工日期") for n in range(2, 7)]
    assert "没有29日" in found[0][2]
    assert values(staged)[5]["start_planned_on"] == values(staged)[6]["start_planned_on"] == date(2024, 9, 26)


def test_formulas_without_values_and_error_cells(tmp_path):
    made = sheets.book([HEAD, ["甲", "A", "=1+1", None], ["乙", "B", "#DIV/0!", None]])
    made.active["C3"].data_type = "e"
    _, staged = sheets.check(sheets.saved(made, tmp_path / "a.xlsx"))
    found = sheets.problems(staged)
    assert [(row, column) for row, column, _ in found] == [(2, "总投资（万元）"), (3, "总投资（万元）")]
    assert "公式没有保存计算结果" in found[0][2]
    assert "公式错误" in found[1][2]


def test_duplicate_unknown_and_missing_columns(tmp_path):
    path = sheets.saved(sheets.book([[*HEAD, "项目名称"], ["甲"]]), tmp_path / "a.xlsx")
    error = refused(path)
    assert error.column == "项目名称"
    assert error.row == 1
    assert "A、E" in error.message
    path = sheets.saved(sheets.book([[*HEAD, "心情"], ["甲", None, None, None, "好"]]), tmp_path / "b.xlsx")
    data = sheets.read(path)
    assert any("心情" in note for note in data.notes)
    assert [column.key for column in data.columns] == ["name", "code", "investment", "start_planned_on"]
    error = refused(sheets.saved(sheets.book([HEAD[1:], ["A", 1, None]]), tmp_path / "c.xlsx"))
    assert "缺少“项目名称”列" in error.message
    # Of a section the kind may be left out, its code may not.
    factories.project(name="甲")
    rows = [["项目", "标段号", "标段名称"], ["甲", "SG-1", "一标"], ["甲", None, "二标"]]
    _, staged = sheets.check(sheets.saved(sheets.book(rows), tmp_path / "d.xlsx"), "sections")
    assert sheets.problems(staged) == [(3, "标段号", "必填，不能为空")]


def test_missing_required_column_is_named_for_new_rows(tmp_path):
    rows = [["方案代码", "名称", "类别", "级别"], ["XX", "某奖", "优质工程奖", "市级"]]
    _, staged = sheets.check(sheets.saved(sheets.book(rows), tmp_path / "a.xlsx"), "schemes")
    assert sheets.problems(staged) == [(2, "申报对象", "缺少这一列，新增的记录必须填写")]


def test_same_label_under_two_groups(tmp_path):
    made = sheets.book(
        [
            ["项目名称", "概算", "投资（万元）", None],
            [None, "建安费（万元）", "总投资（万元）", "建安费（万元）"],
            ["甲", 7, 10, 8],
        ]
    )
    made.active.merge_cells("A1:A2")
    made.active.merge_cells("C1:D1")
    data, staged = sheets.check(sheets.saved(made, tmp_path / "a.xlsx"))
    assert str(staged[0].values["construction_cost"]) == "8.0000"
    assert any("建安费" in note for note in data.notes)


def test_required_marks_width_and_line_breaks_in_heads(tmp_path):
    rows = [["项 目\n名称*", "总投资(万元)", "项目编号（必填）"], ["甲", 1, "A"]]
    data = sheets.read(sheets.saved(sheets.book(rows), tmp_path / "a.xlsx"))
    assert [column.key for column in data.columns] == ["name", "investment", "code"]


def test_password(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(sheets.compound({"EncryptionInfo": b"x", "EncryptedPackage": b"y" * 5000}))
    assert "打开密码" in refused(path).message


def test_old_workbook(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(sheets.xls([HEAD, ["甲", 20260001, 12.5, "2024-09-26"], ["乙", "B", "", 45561]]))
    data, staged = sheets.check(path)
    assert sheets.problems(staged) == []
    assert [row.number for row in data.rows] == [2, 3]
    assert staged[0].values["code"] == "20260001"
    assert [v["start_planned_on"] for v in values(staged)] == [date(2024, 9, 26), date(2024, 9, 26)]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_csv_in_every_coding(tmp_path, coding):
    path = tmp_path / "a.csv"
    name = "𠮷祥大道" if coding != "gbk" else "吉祥大道"
    path.write_bytes(f'项目名称,项目编号,备注\r\n{name},007,"一行\n两行"\r\n\r\n乙,008,\r\n'.encode(coding))
    data, staged = sheets.check(path)
    assert [(row.number, row.cells["name"]) for row in data.rows] == [(2, name), (4, "乙")]
    assert values(staged)[0]["code"] == "007"
    assert values(staged)[0]["remark"] == "一行\n两行"


def test_a_bomb_is_not_opened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(250):
                part.write(b"0" * 1024 * 1024)
    assert path.stat().st_size < 300_000
    assert "压缩炸弹" in refused(path).message


def test_a_bomb_that_lies_about_its_size(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30 * 1024 * 1024)
    content = path.read_bytes()
    size = (30 * 1024 * 1024).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (1000).to_bytes(4, "little")))
    assert "压缩炸弹" in refused(path).message


def test_a_cell_at_the_end_of_the_world(tmp_path):
    made = sheets.book([HEAD, ["甲"]])
    made.active["XFD1048576"] = "远"
    assert "第 1048576 行" in refused(sheets.saved(made, tmp_path / "a.xlsx")).message


def test_external_entities(tmp_path):
    source = sheets.saved(sheets.book([HEAD, ["甲"]]), tmp_path / "a.xlsx")
    target = tmp_path / "b.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename.endswith("sheet1.xml"):
                evil = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
                data = evil + data.split(b"?>", 1)[-1].replace("甲".encode(), b"&e;")
            new.writestr(item, data)
    assert "外部实体" in refused(target).message


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.xlsx", b"", "空"),
        ("a.xlsx", b"<html><table>", "不是 Excel"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "不是 Excel"),
        ("a.xlsx", b"PK\x03\x04rubbish", "损坏|不完整"),
        ("a.exe", b"MZ", "只能导入"),
        ("a.csv", b"\xff\xff\xff\x81", "编码"),
        ("a.csv", "项目名称,备注\n甲,\x00".encode(), "不能使用"),
        ("a.csv", "名,字\n甲,乙".encode(), "没有找到“项目库”的表头"),
        ("a.csv", "项目名称,备注\n".encode(), "没有数据行"),
    ],
)
def test_what_is_no_workbook(tmp_path, name, content, word):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SheetError, match=word):
        sheets.read(path)


def test_too_many_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("supervision.ledgers.sheets.raw.MAX_ROWS", 3)
    path = tmp_path / "a.csv"
    path.write_text("项目名称,备注\n" + "".join(f"项目{n},x\n" for n in range(4)))
    assert "最多导入 3 行" in refused(path).message


def test_unpack_gives_up_on_nonsense(tmp_path, capsys):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"nonsense")
    with pytest.raises(unpack.Refused, match="unreadable"):
        unpack.read(str(path))
