"""A yearly report: made, ten of its figures followed to their lists, edited, checked, signed, made again; the wall."""

from __future__ import annotations

import re
from io import BytesIO

from docx import Document as Docx
from playwright.sync_api import expect

from .person import PHONE

FOLLOWED = 10


def wait_for(person, text: str) -> None:
    """Until the worker is done and the page has what it made; a worker that fails says so at once."""
    for _ in range(180):
        person.page.reload()
        if person.page.locator(".report-paper").count() and text in person.page.content():
            return
        failed = person.page.locator(".job .danger-text")
        assert not failed.count(), failed.inner_text()
        person.page.wait_for_timeout(1000)
    raise AssertionError(f"never came: {text}\n{person.page.locator('#content').inner_text()[:2000]}")


def figures(page) -> list[tuple[str, str]]:
    """(number, address) of the figures in the paper that are plain numbers, each address once."""
    found = {}
    for link in page.locator(".report-paper a.report-figure").all():
        number = re.sub(r"\[\d+\]$", "", link.inner_text().strip())
        if number.isdigit():
            found.setdefault(link.get_attribute("href"), number)
    return [(number, address) for address, number in found.items()]


def test_from_a_template_to_the_correction_of_what_was_signed(person, portal, tmp_path):
    staff = person("staff")
    page = staff.open("/work-reports/new/")
    page.get_by_label("报告模板").select_option(label="工程质量监督年度报告（第1版）")
    page.get_by_label("期间起").fill("2025-01-01")
    staff.press("保存")
    expect(page.locator("h1")).to_contain_text("2025年工程质量监督年度报告")
    address = staff.path
    for box in page.locator("textarea[name^=text-]").all():
        box.fill("进展总体平稳，新开工项目{{project.started|个}}。")
    staff.press("保存并生成文稿")
    staff.says("正在重新生成文稿")
    wait_for(staff, "进展总体平稳")
    # Ten figures, those that count something first: the list has as many records as the report says.
    chosen = sorted(figures(page), key=lambda one: one[0] == "0")[:FOLLOWED]
    assert len(chosen) == FOLLOWED and chosen[0][0] != "0"
    for number, where in chosen:
        staff.open(where)
        expect(page.locator("#content")).to_contain_text("2025年12月31日")
        if number != "0":
            expect(page.locator(".list-table .pager")).to_contain_text(f"共 {number} 条")
        else:
            expect(page.locator("#content")).to_contain_text("清单为空")
    # Somebody types over a figure in Word: it is named, and keeps the report from being passed on.
    staff.open(address)
    with page.expect_download() as download:
        page.get_by_role("link", name="Word", exact=True).click()
    document = Docx(BytesIO(download.value.path().read_bytes()))
    control = document.element.body.xpath("//w:sdt[w:sdtPr/w:tag[@w:val='fig-2']]//w:t")[0]
    counted, control.text = control.text, "999"
    file = tmp_path / "修改稿.docx"
    document.save(file)
    page.get_by_label("上传修改稿").set_input_files(file)
    staff.press("读取核对")
    expect(page.locator(".report-findings")).to_contain_text(f"被改为“999”，台账为“{counted}”")
    page.locator(".report-paper a.figure-changed").first.click()
    expect(page.locator("#content")).to_contain_text("修改稿中写为")
    staff.press("恢复台账数")
    staff.says("已恢复为台账数")
    staff.open(address)
    expect(page.locator(".report-findings")).to_have_count(0)
    staff.press("核校通过")
    page.locator("#content form").get_by_role("button", name="核校通过").click()
    staff.says("核校通过")
    # The leader finds it on the page, and signs it.
    leader = person("leader")
    view = leader.open("/leader/")
    view.get_by_role("link", name=re.compile("2025年工程质量监督年度报告")).click()
    leader.press("签发")
    view.locator("#content form").get_by_role("button", name="签发").click()
    leader.says("签发")
    # Made again, as of today.
    staff.open(address)
    staff.confirm("更正重做")
    staff.says("已建立更正报告")
    wait_for(staff, "进展总体平稳")
    staff.press("与原报告的差异")
    # What other people did after the year's end is in it, too; all that differs is said, and by which records.
    intro = page.locator(".intro")
    expect(intro).to_contain_text("原报告数据截至2025年12月31日，更正报告数据截至")
    expect(intro).to_contain_text(f"不同的数字，共 {page.locator('.report-change').count()} 个")
    # The wall shows the same numbers without anybody's name, and renews itself in place.
    wall = person("leader").page
    wall.clock.install()
    wall.goto(f"{portal.url}/leader/wall/")
    expect(wall.locator("#wall")).to_contain_text("数据截至")
    assert "周领导" not in wall.content()
    wall.evaluate("window.kept = document.querySelector('.wall-columns')")
    wall.evaluate("document.querySelector('#wall time').textContent = '旧'")
    wall.clock.run_for(61_000)
    expect(wall.locator("#wall time")).not_to_have_text("旧")
    assert wall.evaluate("window.kept.isConnected")
    phone = person("leader", viewport=PHONE)
    for path in ("/leader/", "/leader/wall/", address):
        small = phone.open(path)
        assert small.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), path
