"""A visit on a phone: one item not in order, both sides sign, the visit is sealed and the danger is there."""

import os
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from .person import PHONE
from .portal import ROOT

PART, TEXT = "5号墩作业平台", "临边护栏缺失两处"


@pytest.fixture(scope="module")
def inspected(portal):
    """The demonstration with a begun 回头看, on the portal's own database."""
    environment = {**portal.environment, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "manage.py", "load_demo_safety"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return portal


def wide_enough(page) -> bool:
    """Nothing on the page is cut off or scrolls sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def choose(page, key: str, result: str) -> None:
    """The button of an answer, as a finger presses it."""
    page.locator(f'label:has(input[name="r:{key}"][value="{result}"])').click()


def all_in_order(page, group: str, but: str = "") -> None:
    """合格 for every item of a group."""
    names = page.locator(f'#group-{group} input[type="radio"][value="pass"]').evaluate_all(
        "found => found.map(one => one.name.slice(2))"
    )
    for key in names:
        if key != but:
            choose(page, key, "pass")


def write_name(page) -> None:
    """Three strokes on the pad."""
    pad = page.locator("[data-canvas]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    for line in ((0.2, 0.3, 0.7, 0.3), (0.4, 0.15, 0.4, 0.85), (0.25, 0.7, 0.8, 0.6)):
        x, y, to_x, to_y = (
            part * side + start
            for part, side, start in zip(
                line, (box["width"], box["height"]) * 2, (box["x"], box["y"]) * 2, strict=True
            )
        )
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(to_x, to_y, steps=6)
        page.mouse.up()


def test_a_visit_on_a_phone(inspected, person):
    inspector = person("inspector", viewport=PHONE, has_touch=True)
    page = inspector.open("/inspection-tasks/?kind=unannounced")
    page.get_by_role("link", name="查看").first.click()
    inspector.press("开始检查")
    expect(page.get_by_role("heading", name="逐项检查")).to_be_visible()
    assert wide_enough(page)
    visit = inspector.path.removesuffix("check/")

    # The fields of a problem are there only where something is not in order.
    page.locator(".check-lists > summary").click()
    page.get_by_label("临边与个体防护").check()
    inspector.press("按所选检查表检查")
    part = page.locator('[name="p:TY-FH-1"]')
    expect(part).to_be_hidden()
    choose(page, "TY-FH-1", "fail")
    expect(part).to_be_visible()
    inspector.expects.add(400)
    inspector.press("保存")
    expect(page.locator(".errorlist").first).to_contain_text("请写明部位和情况")
    inspector.expects.discard(400)
    page.locator('[name="p:TY-FH-1"]').fill(PART)
    page.locator('[name="d:TY-FH-1"]').fill(TEXT)
    all_in_order(page, "TY")
    all_in_order(page, "TY-FH", but="TY-FH-1")
    inspector.press("保存")
    inspector.says("已保存")
    expect(page.locator(".check-found")).to_contain_text(PART)

    # What is not on this site is put aside at one stroke; the rest is answered.
    page.locator("#group-others > summary").click()
    inspector.press("没有勾选的类别，未填的都记不适用")
    inspector.says("已保存")
    for code in ("MH01", "MH02"):
        page.locator(f"#group-{code} > summary").click()
        all_in_order(page, code)
    inspector.press("保存并结束检查")
    page.get_by_label("处理方式").select_option(label="责令整改")
    inspector.press("结束检查，签字")
    inspector.says("已办理")

    # Both sides sign: one inspector with the account, the other by hand, the site on a phone of its own.
    inspector.open(f"{visit}sign/")
    assert wide_enough(page)
    inspector.press("确认并签字")
    inspector.says("已签字")
    page.get_by_label("签字人", exact=True).select_option(label="检查人员 演示·李业务")
    inspector.press("提交签名")
    expect(page.locator("[data-sign-error]")).to_be_visible()
    write_name(page)
    inspector.press("提交签名")
    inspector.says("已签字")
    expect(page.locator(".signature")).to_be_visible()
    expect(page.get_by_role("link", name="去封存")).to_have_count(0)

    contractor = person("contractor", viewport=PHONE)
    contractor.open(visit)
    contractor.press("现场签字")
    contractor.press("确认并签字")
    contractor.says("已签字")

    inspector.open(f"{visit}sign/")
    inspector.press("去封存")
    inspector.press("封存")
    inspector.says("已办理“封存”")
    expect(page.locator(".badge-status", has_text="封存内容核对一致")).to_be_visible()

    # The danger is there, with its place, and says where it comes from.
    inspector.open("/inspection-findings/")
    page.get_by_role("link", name="YH-").first.click()
    expect(page.locator("h1")).to_contain_text(PART)
    expect(page.locator("#content")).to_contain_text(TEXT)
    expect(page.locator("#content")).to_contain_text("来自检查发现的问题")
    # The contractor sees it too.
    contractor.open(inspector.path)
    expect(contractor.page.locator("h1")).to_contain_text(PART)


def test_the_board_on_a_phone_and_on_paper(inspected, person):
    inspector = person("inspector", viewport=PHONE)
    page = inspector.open("/hazards/?status=controlled")
    page.get_by_role("link", name="查看").first.click()
    inspector.press("项目风险四色图")
    assert wide_enough(page)
    assert page.locator(".risk-bar").count() >= 6
    page.emulate_media(media="print")
    expect(page.locator(".risk-road svg").first).to_be_visible()
    expect(page.locator(".topbar")).to_be_hidden()


def test_the_record_of_a_draw_says_that_it_holds(inspected, person):
    staff = person("staff")
    page = staff.open("/random-draws/?status=drawn")
    page.get_by_role("link", name="查看").first.click()
    staff.press("抽取记录")
    staff.says("刚才按本记录重新抽取，结果一致")
    expect(page.get_by_role("heading", name="抽取结果（2）")).to_be_visible()
