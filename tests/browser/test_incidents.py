"""From a phone on site: a near miss and an incident's first report; then the follow-up and the closing."""

from __future__ import annotations

import time

from django.utils import timezone
from playwright.sync_api import expect

from .person import PHONE
from .test_dangers import act, file_of, works  # noqa: F401
from .test_journey import status, upload

FOUR = ("事故原因查清情况", "责任人员处理情况", "整改措施落实情况", "有关人员受教育情况")
THREE = ("企业主体责任检查情况", "部门监管责任检查情况", "党委政府领导责任检查情况")


def fits(someone) -> None:
    assert someone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_from_the_first_report_on_a_phone_to_the_closing(person, portal, file_of):  # noqa: F811
    phone, staff = person("contractor", viewport=PHONE), person("staff")
    section = works(phone, staff)
    name = f"{section['project_text']} {section['code']}" if "project_text" in section else str(section["id"])

    began = time.monotonic()
    phone.open("/near-misses/quick/")
    fits(phone)
    phone.page.get_by_label("标段").fill(name)
    phone.page.get_by_label("在哪里").fill("架桥机")
    phone.page.get_by_label("发生了什么").fill("吊带滑移，及时停止。")
    phone.page.get_by_label("匿名填报").check()
    phone.press("提交")
    phone.says("已填报")
    expect(phone.page.locator(".timeline")).to_contain_text("匿名")

    phone.open("/incidents/quick/")
    fits(phone)
    phone.page.get_by_label("标段").fill(name)
    phone.page.get_by_label("在哪里").fill("3号墩")
    phone.page.get_by_label("事故类型").select_option("fall")
    now = f"{timezone.localtime():%Y-%m-%dT%H:%M}"
    phone.page.get_by_label("发生时间").fill(now)
    phone.page.get_by_label("单位获知时间").fill(now)
    phone.page.get_by_label("重伤（人）").fill("1")
    phone.page.get_by_label("简要经过和已采取的措施").fill("一人坠落，已送医。")
    phone.press("提交")
    phone.says("首报已提交")
    assert time.monotonic() - began < 60
    record = phone.path
    expect(phone.page.locator("#content")).to_contain_text("按时")
    fits(phone)

    phone.press("续报")
    phone.page.get_by_label("报告内容").fill("伤者抢救无效。")
    phone.page.get_by_label("死亡（人）").fill("1")
    phone.press("保存")
    phone.says("已保存")
    phone.open(record)
    expect(phone.page.locator("#content")).to_contain_text("第2次 续报")

    # The authority was told in red; it investigates, and cannot close before everything is written down.
    staff.open("/notices/")
    expect(staff.page.locator("#content")).to_contain_text("高处坠落")
    act(staff, record, "启动调查", "调查中", 调查组织单位="事故调查组")
    upload(staff, "调查报告", file_of("调查报告"))
    staff.open(record)
    staff.press("提交调查报告")
    staff.page.get_by_label("性质认定").select_option("liable")
    staff.page.get_by_label("调查认定的原因").fill("未系安全带。")
    staff.press("提交调查报告")
    act(staff, record, "批复", "整改落实")
    staff.open(record)
    expect(staff.page.locator("[data-lacking]")).to_contain_text("还有 8 项未完成")
    number = staff.page.locator("#facts").get_by_text("SG-20").first.inner_text()
    staff.open(f"/incident-measures/new/?incident={number}")
    staff.page.get_by_label("措施内容").fill("补齐临边防护。")
    staff.page.get_by_label("完成期限").fill("2099-01-01")
    staff.press("保存")
    measure = staff.path
    act(phone, measure, "提交完成情况", "待验收", 完成情况="已补齐。")
    act(staff, measure, "验收合格", "已落实")
    act(staff, record, "填写四不放过", "整改落实", **dict.fromkeys(FOUR, "已落实。"))
    act(staff, record, "填写一案三查", "整改落实", **dict.fromkeys(THREE, "已检查。"))
    act(staff, record, "结案", "已结案")
    assert status(staff) == "已结案"
