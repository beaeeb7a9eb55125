"""A plan from its notice: pasted, corrected, adopted; then its page shows targets and tasks."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.notice_scores import FOLDER

from .person import PHONE

TEXT = (FOLDER / "classic.txt").read_text(encoding="utf-8")


def decide(staff, card, button: str) -> None:
    card.get_by_role("button", name=button, exact=True).click()
    expect(staff.page.locator(".notes")).to_be_visible()


def test_from_pasting_to_the_plans_page(person, portal):
    staff = person("staff")
    page = staff.open("/notice-drafts/")
    staff.press("从通知录入计划")
    page.get_by_label("通知正文").fill(TEXT)
    staff.press("读取")
    staff.says("已读取")
    review = staff.path
    # What was found stands beside its words, what is open is marked.
    task = page.locator(".notice-item", has_text="2.3 推进标准化设计")
    expect(task.locator("blockquote")).to_contain_text("落实设计回访")
    expect(task).to_contain_text("责任单位写在最后一条之后")
    listed = page.locator("#part-list .notice-item").nth(1)
    expect(listed).to_contain_text("载明3个，实列2个")
    expect(listed.locator(".badge-orange").first).to_be_visible()
    # One task is corrected and accepted.
    task.get_by_text("更正", exact=True).click()
    task.get_by_label("任务", exact=True).fill("推进设计标准化")
    task.get_by_label("补充的名称").fill("市质监站")
    decide(staff, task, "保存并接受")
    staff.says("接受")
    # A target without a year is given one.
    target = page.locator("#part-target .notice-item", has=page.locator("strong", has_text="参与覆盖率"))
    target.get_by_text("更正", exact=True).click()
    target.get_by_label("考核周期").select_option(label="每年")
    decide(staff, target, "保存并接受")
    other = page.locator("#part-target .notice-item", has=page.locator("strong", has_text="组织综合演练"))
    decide(staff, other, "不采用")
    staff.press("接受全部已读清的任务和目标")
    staff.says("已接受")
    page.on("dialog", lambda dialog: dialog.accept())
    staff.press("采用到计划")
    if not re.search(r"/plans/\d+/$", page.url):
        page.get_by_role("button", name="确定").click()
    page.wait_for_url(re.compile(r"/plans/\d+/$"))
    content = page.locator("#content")
    expect(content).to_contain_text("淮交发〔2025〕18号")
    expect(content).to_contain_text("推进设计标准化")
    expect(content).to_contain_text("县区项目参与覆盖率")
    expect(content).to_contain_text("建成部级品质工程项目")
    expect(page.locator("#panel-targets")).not_to_contain_text("组织综合演练")
    # On a phone nothing of the review sticks out, and what was adopted is marked.
    phone = person("staff", viewport=PHONE)
    page = phone.open(review)
    expect(page.locator(".notice-item", has_text="推进设计标准化").locator(".badge-blue")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
