"""A section's safety fee by its real persons: from the plan to a reviewed entry, the owner's ledger and the exported
使用台账."""

from __future__ import annotations

import openpyxl
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from projects.loading.demo.sheet import demo_pdf

from ..documents import office, printed_by_office, text_of_pdf
from .test_dangers import act, fetch
from .test_journey import status, upload


def free_section(*people) -> dict:
    """A construction section that all of these see, still being built, and that has no account yet."""
    seen = []
    for someone in people:
        rows = fetch(someone, f"{someone.url}/api/sections/?page_size=100").json()["results"]
        seen.append({row["id"]: row for row in rows})
    taken = {
        row["section"]["id"] if isinstance(row["section"], dict) else row["section"]
        for row in fetch(people[0], f"{people[0].url}/api/fee-accounts/?page_size=100").json()["results"]
    }
    return next(
        row
        for pk, row in seen[0].items()
        if all(pk in other for other in seen)
        and row["end_on"] is None
        and row["kind"] == "construction"
        and pk not in taken
    )


def save(someone, address: str, **fields: str) -> str:
    """Fill in a new record's form by the labels of its fields; the address of what was made."""
    someone.open(address)
    for label, value in fields.items():
        box = someone.page.locator("#content form").get_by_label(label).first
        if box.evaluate("node => node.tagName") == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)
    someone.press("保存")
    someone.says("已保存")
    return someone.path


def test_from_the_plan_to_the_owners_ledger_and_its_sheet(person, portal, tmp_path):
    contractor, supervisor, owner = person("contractor"), person("supervisor"), person("owner")
    section, today = free_section(contractor, supervisor, owner), timezone.localdate()
    photo, paper = tmp_path / "现场.png", tmp_path / "凭证.pdf"
    Image.new("RGB", (320, 240), (40, 130, 90)).save(photo)
    paper.write_bytes(demo_pdf("凭证"))

    # The account: the rate follows from the contract's day, the amount due from the rate.
    facts = {"合同签订日期": "2024-01-02", "开工日期": "2024-02-01", "计提基数（元）": "20000000"}
    account = save(contractor, f"/fee-accounts/new/?section={section['id']}", **facts)
    expect(contractor.page.locator("#facts")).to_contain_text("300,000.00")
    act(owner, account, "核对启用", "在用")
    pk = account.strip("/").split("/")[-1]

    # The plan, in its grid.
    plan = save(contractor, f"/fee-plans/new/?account={pk}", 年度=str(today.year))
    contractor.press("编制金额")
    contractor.page.get_by_label("F05 1月").fill("3万")
    contractor.expects.add(400)
    contractor.press("保存")
    expect(contractor.page.get_by_role("alert")).to_contain_text("F05 1月“3万”不是数字")
    contractor.expects.clear()
    contractor.page.get_by_label("F05 1月").fill("30,000")
    contractor.press("保存")
    contractor.says("计划金额已保存")
    act(contractor, plan, "提交", "待监理审核")
    act(supervisor, plan, "监理审核同意", "待建设单位批准")
    act(owner, plan, "批准", "已批准")

    # A spending: no review without its papers; cut, confirmed, in the owner's ledger.
    facts = {"类型": "use", "金额（元）": "1200.50", "列支类别": "F05", "用途": "安全帽一百顶"}
    facts |= {"收款单位": "某劳保店", "凭证号": "记-77", "凭证日期": today.isoformat()}
    entry = save(contractor, f"/fee-entries/new/?account={pk}", **facts)
    supervisor.open(entry)
    expect(supervisor.page.locator("[data-lacking]")).to_contain_text("缺少附件：照片")
    for kind, path in (("凭证", paper), ("照片", photo)):
        contractor.open(entry)
        upload(contractor, kind, path)
    act(supervisor, entry, "监理核减", "待确认", **{"审定金额（元）": "1000.25", "核减理由": "实收八十顶。"})
    act(owner, entry, "建设单位确认入账", "已入账")

    owner.open(account)
    expect(owner.page.locator(".tiles")).to_contain_text("1,000.25")
    expect(owner.page.locator("[data-chart=fee-money] canvas")).to_be_visible()
    with owner.page.expect_download() as waiting:
        owner.press("使用台账（本年）")
    sheet = tmp_path / "台账.xlsx"
    waiting.value.save_as(sheet)
    rows = list(openpyxl.load_workbook(sheet).worksheets[0].iter_rows(values_only=True))
    [line] = [row for row in rows if row[3] == "安全帽一百顶"]
    assert line[7:9] == (1200.5, 1000.25) and "实收八十顶" in line[10]
    assert next(row for row in rows if row[0] == "合计")[8] == 1000.25
    if office():
        text = text_of_pdf(printed_by_office(sheet), "-layout")
        assert "安全帽一百顶" in text and "1,000.25" in text and "监理工程师（签字）" in text

    # Booked is booked: what was wrong is reversed, and both stay.
    contractor.open(entry)
    contractor.press("冲销")
    contractor.page.get_by_label("冲销原因").fill("票据有误。")
    contractor.press("冲销")
    contractor.says("冲销已登记")
    assert status(contractor) == "待审核"
