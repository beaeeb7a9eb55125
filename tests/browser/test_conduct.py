"""Somebody reports on a phone and reads the answer by code; a questionnaire is answered behind its QR code."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from .person import PHONE
from .test_journey import status

TOLD = "材料员收供应商购物卡，每车砂石少验一成"
UNIT = "演示·被反映的项目部"


def act(someone, record: str, name: str, **fields) -> None:
    """Perform a step from the record's page; fields by label."""
    someone.open(record)
    someone.press(name)
    for label, value in fields.items():
        box = someone.page.get_by_label(label)
        if box.evaluate("box => box.tagName") == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)
    someone.press(name)
    someone.says(f"已办理“{name}”")


def send(someone) -> None:
    """Submit a form that the browser must work for first."""
    with someone.page.expect_navigation(timeout=60_000):
        someone.page.get_by_role("button", name="提交").click()


def test_a_report_from_a_phone_to_its_answer(person, portal):
    passer = person("", PHONE)
    passer.open("/conduct/report/")
    passer.page.get_by_label("反映哪个单位").fill(UNIT)
    passer.page.get_by_label("反映什么问题").fill(TOLD)
    send(passer)
    expect(passer.page.get_by_role("heading", name="已收到您的举报")).to_be_visible()
    code = passer.page.locator("[data-code]").inner_text()
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}", code)

    # Nobody else is told; the discipline reader is.
    staff, reader = person("staff"), person("discipline")
    staff.open("/notices/")
    expect(staff.page.locator("#content")).not_to_contain_text("举报 JB-")
    staff.expects.add(403)
    staff.open("/conduct-reports/")
    reader.open("/conduct-reports/")
    expect(reader.page.locator("#content")).not_to_contain_text(TOLD)
    reader.page.locator("tbody tr").filter(has_text=UNIT).get_by_role("link", name="查看").click()
    expect(reader.page.locator("#facts")).to_contain_text(TOLD)
    record = reader.path
    act(reader, record, "受理", 类别="收受财物、吃拿卡要")
    assert status(reader) == "核查中"

    def asked() -> None:
        passer.open("/conduct/status/")
        passer.page.get_by_label("受理码").fill(code.lower())
        passer.page.get_by_role("button", name="查询").click()

    asked()
    expect(passer.page.locator(".facts")).to_contain_text("核查中")
    expect(passer.page.locator(".facts")).to_contain_text("尚未答复")
    act(reader, record, "办结", 核查结论="部分属实", 核查与处理情况="已约谈，补验材料")
    act(reader, record, "告知举报人", 给举报人的答复="经核查部分属实，已责令整改。")
    assert status(reader) == "已告知"
    asked()
    expect(passer.page.locator(".facts")).to_contain_text("经核查部分属实，已责令整改。")
    # Reading is in the history.
    reader.open(f"{record}history/")
    expect(reader.page.locator("#content")).to_contain_text("查阅举报")
    passer.open("/conduct/report/")
    assert passer.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_questionnaire_behind_a_qr_code(person, portal, browser):
    reader = person("discipline")
    reader.open("/surveys/new/")
    reader.page.get_by_label("问卷名称").fill("分包管理问卷")
    reader.press("保存")
    reader.says("已保存")
    survey = reader.path
    name = reader.page.locator("h1").first.inner_text()
    number = re.search(r"WJ-\d{4}-\d{6}", name).group()
    reader.open(f"/survey-questions/new/?survey={number}")
    reader.page.get_by_label("序号").fill("1")
    reader.page.get_by_label("题型").select_option("单选")
    reader.page.get_by_label("题目").fill("是否存在指定分包")
    reader.page.get_by_label("选项").fill("没有、有")
    reader.press("保存")
    reader.says("已保存")
    act(reader, survey, "开放", 截止日期=(date.today() + timedelta(days=7)).isoformat())
    reader.press("二维码")
    expect(reader.page.locator(".poster-code svg")).to_be_visible()
    url = reader.page.locator("[data-answer-url]").get_attribute("href")

    for at in range(5):
        phone = person("", PHONE)
        phone.open(url)
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        phone.page.get_by_label("没有" if at else "有", exact=True).check()
        send(phone)
        expect(phone.page.get_by_role("heading", name="谢谢，已收到")).to_be_visible()
    # The same phone is asked no second time.
    phone.open(url)
    expect(phone.page.get_by_role("heading", name="您已答过这份问卷")).to_be_visible()

    reader.open(survey)
    expect(reader.page.get_by_role("link", name="结果", exact=True)).to_have_count(0)
    act(reader, survey, "关闭")
    reader.press("结果")
    expect(reader.page.locator(".chart canvas")).to_be_visible()
    expect(reader.page.locator("tbody tr").filter(has_text="没有")).to_contain_text("80.0%")
    phone.expects.add(410)
    phone.page.context.clear_cookies()
    phone.open(url)
    expect(phone.page.get_by_text("问卷已经结束")).to_be_visible()
