"""An old workbook comes in by its page: every mistake named, the faulty rows back, corrected, written, undone."""

import openpyxl
from playwright.sync_api import expect

HEADS = ["项目名称", "领域", "项目层级", "所属县区", "建设单位", "总投资（万元）", "开工日期"]
OWNER = "演示市级建设单位（演示）"
GOOD = ["浏览器导入·甲路", "公路", "市本级", "宿城区", OWNER, "１，２００.５", "2024.3.6"]
BAD = [
    ["浏览器导入·乙路", "公路", "市本级", "宿城区", "没有登记的单位", 900, "2024年5月6日"],
    ["浏览器导入·丙桥", "公路", "市本级", "宿城区", OWNER, 800, "2024-13-45"],
]
CORRECTED = {"没有登记的单位": OWNER, "2024-13-45": "2024-12-25"}


def ugly_book(path) -> None:
    """A merged title, a line without anything, a hidden sheet in front of nothing."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["在建项目一览表"])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(HEADS))
    for row in (HEADS, GOOD, [], *BAD):
        sheet.append(row)
    book.create_sheet("旧表").sheet_state = "hidden"
    book.save(path)


def upload(staff, path) -> None:
    staff.open("/projects/import/")
    staff.page.locator("main input[type=file]").set_input_files(path)
    staff.press("上传并检查")
    expect(staff.page.locator("h1")).to_have_text("导入结果")


def named(staff) -> str:
    """How many of the imported projects the registry lists."""
    staff.open("/projects/?q=浏览器导入")
    return staff.page.locator(".table-tools strong").inner_text()


def test_an_ugly_workbook_to_the_end(person, tmp_path):
    staff = person("staff")
    page = staff.page
    ugly = tmp_path / "项目（旧）.xlsx"
    ugly_book(ugly)
    upload(staff, ugly)
    problems = [
        [cell.strip() for cell in row.locator("td").all_inner_texts()]
        for row in page.locator("#list tbody tr").all()
    ]
    assert [(row[0], row[1], row[3]) for row in problems] == [
        ("5", "建设单位", "没有登记的单位"),
        ("6", "开工日期", "2024-13-45"),
    ]
    assert page.locator("main").get_by_role("button", name="确认写入").count() == 0
    result = page.url
    assert named(staff) == "0"

    staff.open(result)
    with page.expect_download() as waiting:
        staff.press("下载有误的行")
    faulty = tmp_path / "faulty.xlsx"
    waiting.value.save_as(faulty)
    staff.confirm("只写入无误的行")
    staff.says("已写入")
    assert named(staff) == "1"

    book = openpyxl.load_workbook(faulty)
    corrected = 0
    for row in book.active.iter_rows():
        for cell in row:
            if cell.value in CORRECTED:
                cell.value = CORRECTED[cell.value]
                corrected += 1
    assert corrected == len(CORRECTED)
    book.save(faulty)
    upload(staff, faulty)
    expect(page.locator(".note-success")).to_contain_text("没有发现问题")
    second = page.url
    staff.confirm("确认写入")
    staff.says("已写入")
    assert named(staff) == "3"

    staff.open(second)
    staff.confirm("撤销本次导入")
    staff.says("已撤销本次导入")
    assert named(staff) == "1"
