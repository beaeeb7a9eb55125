"""A title's whole way, by the persons who take its steps, and the figure that changes by it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from projects.loading.demo.sheet import demo_pdf

from .portal import PLANNED, YEAR

TITLE = f"{PLANNED} {YEAR}年项羽杯挂牌"
DECLARED = ["申报表", "工程概况", "质量安全证明"]
REVIEWED = ["核查申请表", "自评报告", "质量检测资料"]
CHANGED = {"XY-LISTING-APPLY", "XY-LISTING-SUCCESS"}


@pytest.fixture
def papers(tmp_path):
    """kind → a real file of that kind, made when asked for."""

    def paper(kind: str):
        path = tmp_path / f"{kind}.pdf"
        path.write_bytes(demo_pdf(kind))
        return path

    return paper


def upload(someone, kind: str, path) -> None:
    form = someone.page.locator("#attachments form")
    form.get_by_label("材料类别").select_option(kind)
    form.locator("input[type=file]").set_input_files(path)
    form.get_by_role("button", name="上传附件").click()
    someone.says("附件已上传")


def lacking(someone) -> list[str]:
    return [text.strip() for text in someone.page.locator("[data-lacking] li").all_inner_texts()]


def status(someone) -> str:
    return someone.page.locator(".record-head .badge-status").first.inner_text()


def act(someone, record: str, label: str, then: str = "", **fields: str) -> None:
    """Open the record, take the step called `label` with its fields by label, and see the state it leads to."""
    someone.open(record)
    someone.press(label)
    for name, value in fields.items():
        someone.page.get_by_label(name).fill(value)
    someone.press(label)
    someone.says(f"已办理“{label}”")
    if then:
        assert status(someone) == then


def compute(someone) -> None:
    """立即计算 on the targets page, done by the worker; the page comes back with the figures by itself."""
    someone.open(f"/board/?year={YEAR}")
    someone.compute()


def figures(someone) -> dict[str, str]:
    """Code → the figure as its tile says it."""
    tiles = someone.page.locator(".target")
    return {
        tile.get_attribute("data-code"): tile.locator(".big").inner_text()
        + tile.locator(".row-line.small").inner_text()
        for tile in tiles.all()
    }


def opened(someone, code: str, which: str) -> set[str]:
    """The projects in a list behind a figure; as many as the figure says."""
    tile = someone.page.locator(f'.target[data-code="{code}"]')
    link = tile.get_by_role("link", name=which)
    said = int(link.inner_text().split()[-1])
    link.click()
    active = someone.page.locator(".jump .active")
    expect(active).to_have_text(f"{which}（{said}）")
    names = someone.page.locator("td.frozen:not(.col-number)").all_inner_texts()
    assert len(names) == said and someone.page.locator(".pager").inner_text().startswith(f"共 {said} 条")
    return {name.strip() for name in names}


def test_from_the_to_do_to_the_name(person, portal, papers, tmp_path):
    today = timezone.localdate()
    owner, staff, discipline = person("").sign_in("owner"), person("staff"), person("discipline")

    compute(staff)
    before = figures(staff)
    assert before.keys() >= CHANGED and len(before) == 21
    assert PLANNED not in opened(staff, "XY-LISTING-SUCCESS", "计入")

    # The owner finds it in the to-do, is told what is missing, and may declare once it is there.
    row = owner.page.locator("tbody tr").filter(has_text=TITLE)
    row.get_by_role("link", name="处理").click()
    record = owner.path
    assert status(owner) == "拟申报"
    assert lacking(owner) == [f"申报：缺少材料：{kind}" for kind in DECLARED]
    assert (
        not owner.page.get_by_role("link", name="申报", exact=True)
        .locator("visible=true")
        .and_(owner.page.locator(".page-head a"))
        .count()
    )
    for number, kind in enumerate(DECLARED, 1):
        upload(owner, kind, papers(kind))
        assert len(lacking(owner)) == len(DECLARED) - number
    act(owner, record, "申报", "已申报")

    # The bureau finds it in the workbench; an opinion that is required is asked for beside its field.
    staff.open("/")
    kinds = staff.page.get_by_role("navigation", name="按台账查看")
    if kinds.count():  # Run alone there is nothing else in it, and nothing to choose from.
        kinds.get_by_role("link", name="创建申报").click()
    staff.page.locator("tbody tr").filter(has_text=TITLE).get_by_role("link", name="处理").click()
    assert staff.path == record
    act(staff, record, "受理初审", "初审")
    staff.press("要求补正")
    staff.expects.add(400)
    staff.press("要求补正")
    opinion = staff.page.get_by_label("须补正的内容")
    expect(opinion).to_have_attribute("aria-invalid", "true")
    expect(staff.page.locator(".field", has=opinion).locator(".errorlist")).to_have_text("该字段是必填项。")
    staff.expects.clear()
    act(staff, record, "要求补正", "补正", 须补正的内容="质量安全证明缺盖章页。")

    owner.open("/")
    expect(owner.page.locator("tbody tr").filter(has_text=TITLE)).to_contain_text("补正")
    act(owner, record, "提交补正", "已申报")
    act(staff, record, "受理初审", "初审")
    act(staff, record, "挂牌", "挂牌")

    act(owner, record, "启动创建", "创建中")
    assert lacking(owner) == [f"申请核查：缺少材料：{kind}" for kind in REVIEWED]
    for kind in REVIEWED:
        upload(owner, kind, papers(kind))
    act(owner, record, "申请核查", "申请核查")

    act(staff, record, "资料审查", "资料审查")
    act(staff, record, "现场核查", "现场核查")
    act(staff, record, "提交评审", "评审")
    days = {"公示开始": today - timedelta(days=9), "公示结束": today - timedelta(days=1)}
    act(staff, record, "公示", "公示", **{name: day.isoformat() for name, day in days.items()})

    # An objection stops the naming until it is resolved, and the page says so.
    act(discipline, record, "登记异议", "公示", 异议内容="反映交工资料与现场不符。")
    staff.open(record)
    expect(staff.page.locator(".record-head")).to_contain_text("异议处理中")
    assert lacking(staff) == ["命名：公示期间的异议尚未处理。"]
    assert staff.page.locator(".page-head a").filter(has_text="命名").count() == 0
    act(staff, record, "异议处理完毕", "公示", 处理结论="经核实，资料与现场一致。")
    act(staff, record, "命名", "命名")

    # Every step stands in the timeline, newest first, with who, when and the opinion.
    owner.open(record)
    steps = owner.page.locator(".timeline > li")
    told = [text for text in steps.all_inner_texts() if "上传" not in text]
    labels = ["命名", "异议处理完毕", "登记异议", "公示", "提交评审", "现场核查", "资料审查", "申请核查"]
    labels += ["启动创建", "挂牌", "受理初审", "提交补正", "要求补正", "受理初审", "申报"]
    assert [text.splitlines()[0].strip() for text in told][: len(labels)] == labels
    for label, text in zip(labels, told, strict=False):
        assert f"{today.year}年{today.month}月{today.day}日" in text
        who = "演示·韩纪检" if label == "登记异议" else "演示·李业务"
        own = label in ("启动创建", "申请核查", "提交补正", "申报")
        assert ("演示·冯建设" if own else who) in text
    for words in ("质量安全证明缺盖章页。", "反映交工资料与现场不符。", "经核实，资料与现场一致。"):
        assert sum(words in text for text in told) == 1

    # The figures change by this project alone, and open to lists that say the same.
    compute(staff)
    after = figures(staff)
    assert {code for code in after if after[code] != before[code]} == CHANGED
    counted = opened(staff, "XY-LISTING-SUCCESS", "计入")
    assert PLANNED in counted
    with staff.page.expect_download() as waiting:
        staff.press("导出")
    path = tmp_path / "list.xlsx"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename.endswith(".xlsx")
    cells = {cell for line in openpyxl.load_workbook(path).active.values for cell in line}
    assert counted <= cells
    assert parse_qs(urlsplit(staff.page.url).query)["list"] == ["counted"]
