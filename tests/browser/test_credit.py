"""From a deduction proposed after an incident to the published grade, the appeal, and the recomputed one."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import expect

from .person import PHONE
from .test_dangers import act, file_of, works  # noqa: F401
from .test_journey import upload

# Terms that are over at once, as a version of the procedure that the bureau put in force today.
NO_WAITING = """
from django.utils import timezone
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
content = rule("credit-procedure").content | {"objection_days": -1, "notice_days": -1}
RuleSet.objects.create(code="credit-procedure", version="浏览器测试", title="程序",
    effective_from=timezone.localdate(), content=content)
"""


def liable_incident(contractor, staff, section: dict, file_of) -> None:  # noqa: F811
    """A fatal incident on the section, found to be 责任事故 by an approved investigation."""
    contractor.open("/incidents/quick/")
    contractor.page.get_by_label("标段").fill(str(section["id"]))
    contractor.page.get_by_label("在哪里").fill("5号墩")
    contractor.page.get_by_label("事故类型").select_option("fall")
    now = f"{timezone.localtime():%Y-%m-%dT%H:%M}"
    contractor.page.get_by_label("发生时间").fill(now)
    contractor.page.get_by_label("单位获知时间").fill(now)
    contractor.page.get_by_label("死亡（人）").fill("1")
    contractor.page.get_by_label("简要经过和已采取的措施").fill("一人坠落。")
    contractor.press("提交")
    contractor.says("首报已提交")
    record = contractor.path
    act(staff, record, "启动调查", "调查中", 调查组织单位="事故调查组")
    upload(staff, "调查报告", file_of("调查报告"))
    staff.open(record)
    staff.press("提交调查报告")
    staff.page.get_by_label("性质认定").select_option("liable")
    staff.page.get_by_label("调查认定的原因").fill("防护缺失。")
    staff.press("提交调查报告")
    act(staff, record, "批复", "整改落实")


def step(someone, record: str, label: str, then: str, **fields: str) -> None:
    act(someone, record, label, then, **fields)


def test_from_a_proposed_deduction_to_the_recomputed_grade(person, portal, file_of):  # noqa: F811
    contractor, staff, centre = person("contractor"), person("staff"), person("centre")
    portal.run("manage.py", "shell", "-c", NO_WAITING)
    # Only a year that is over is evaluated.
    section, year = works(contractor, staff, centre), timezone.localdate().year - 1
    contractor.open("/")
    unit = contractor.page.locator(".topbar .unit").inner_text()

    staff.open("/credit-subjects/new/")
    staff.page.get_by_label("单位").first.fill(unit)
    staff.page.get_by_label("适用规则").select_option("credit-glsg")
    staff.press("保存")
    staff.says("已保存")
    subject = staff.path
    staff.open(f"/credit-units/new/?subject={unit}")
    staff.page.get_by_label("规则").select_option("credit-glsg")
    staff.page.get_by_label("评价年度").fill(str(year))
    staff.page.get_by_label("单元类别").select_option("performance")
    staff.page.get_by_label("投标项目或合同段").fill("演示合同段")
    staff.page.get_by_label("合同价（万元）").fill("1000")
    staff.press("保存")
    staff.says("已保存")

    # The machine proposes; nothing stands against anybody yet.
    liable_incident(contractor, staff, section, file_of)
    staff.open("/credit-proposals/")
    staff.press("立即比对")
    staff.says("已比对，新提出建议")
    staff.open("/credit-proposals/?kind=deduction&status=open")
    staff.page.locator("table.ledger-table").get_by_role("link", name="查看").first.click()
    proposal = staff.path
    expect(staff.page.locator("#content")).to_contain_text("GLSG3-1-4")
    staff.open(subject)
    expect(staff.page.locator("#content")).to_contain_text("没有公示中或生效过的信用记录")
    step(staff, proposal, "采用", "已采用")

    # Recorded by one, confirmed by another.
    staff.open("/credit-records/?status=draft")
    staff.page.locator("table.ledger-table").get_by_role("link", name="查看").first.click()
    record = staff.path
    number = staff.page.locator("#facts").get_by_text("XY-20").first.inner_text()
    staff.open(f"{record}edit/")
    staff.page.get_by_label("认定日期").fill(f"{year}-12-20")
    staff.press("保存")
    staff.says("已保存")
    step(staff, record, "提交确认", "待确认")
    staff.open(record)
    expect(staff.page.locator(".page-head .actions").get_by_text("确认并公示")).to_have_count(0)
    step(centre, record, "确认并公示", "公示中")
    step(centre, record, "公示期满，生效", "已生效")

    # The year of all, then this one's way to publication.
    staff.open("/credit-evaluations/")
    staff.page.locator("#credit-family").select_option("credit-glsg")
    staff.page.locator("#credit-year").fill(str(year))
    staff.press("开启并计算全年评价")
    expect(staff.page.locator("#content")).to_contain_text("已完成", timeout=60_000)
    staff.open(subject)
    staff.page.locator("#panel-credit-evaluations").get_by_role("link", name="查看").first.click()
    evaluation = staff.path
    expect(staff.page.locator("#content")).to_contain_text("X = a·T + b·L − ΣQ = 0×0 + 1×100 − 0 = 100")
    for label, then in (
        ("送达主体", "已送达，异议期"),
        ("异议期满，答复完毕", "异议已答复"),
        ("公示", "公示中"),
        ("公布", "已公布"),
    ):
        step(staff, evaluation, label, then)
    public = person("", viewport=PHONE)
    public.open("/credit/")
    expect(public.page.locator("#content")).to_contain_text(unit)
    expect(public.page.locator("td[data-label=等级] strong")).to_have_text("A")
    assert public.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    # The subject sees why, and appeals.
    contractor.open(subject)
    expect(contractor.page.locator("[data-grade]")).to_have_text("A")
    expect(contractor.page.locator("#content")).to_contain_text("有降一级的行为，降为A")
    contractor.open(f"/credit-appeals/new/?record={number}")
    contractor.page.get_by_label("理由").fill("已履行职责，非我方责任。")
    contractor.press("保存")
    contractor.says("已保存")
    appeal = contractor.path
    step(contractor, appeal, "提出", "待答复")
    contractor.open(subject)
    expect(contractor.page.locator("#content")).to_contain_text("若申诉成立：A → AA")
    step(staff, appeal, "申诉成立", "成立", 答复="经复核，责任不在该单位。")

    # Both results stand.
    contractor.open(subject)
    expect(contractor.page.locator("[data-grade]")).to_have_text("AA")
    expect(contractor.page.locator("#content")).to_contain_text("原结果：A（100分")
    public.open("/credit/")
    expect(public.page.locator("td[data-label=等级] strong")).to_have_text("AA")
    expect(public.page.locator("#content")).to_contain_text("已重算，原结果：A")
    public.open("/credit/?tab=bad")
    expect(public.page.locator("#content")).not_to_contain_text("GLSG3-1-4")
