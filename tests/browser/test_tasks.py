"""A task of the plan on its way: given to units, planned and reported by one, urged at another, answered, closed."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from .person import PHONE
from .test_journey import act, status

TASK, URGED = "1.8 强化风险隐患管控", "1.3 推进安全生产标准化"
COUNTIES = "各县（区）交通运输局"


def open_own(someone, task: str) -> str:
    """A unit's share from its own list; its address."""
    someone.open("/plan-tasks/mine/")
    someone.page.locator("#content").get_by_role("link", name=task, exact=True).click()
    return someone.path


def order_steps(someone, share: str, *steps: tuple[str, str]) -> None:
    someone.open(share)
    someone.press("排定节点")
    for at, (title, day) in enumerate(steps, start=1):
        someone.page.get_by_label(f"第{at}行节点").fill(title)
        someone.page.get_by_label(f"第{at}行计划完成日期").fill(day)
    someone.press("保存")
    someone.says("任务节点已保存")


def test_a_task_from_the_plan_to_a_slip_that_is_closed(person):
    staff, county, centre = person("staff"), person("county"), person("centre")
    today = timezone.localdate()
    past, last = max(today - timedelta(days=3), today.replace(month=1, day=1)), f"{today.year}-12-31"

    # The bureau sees what the plan's names come to, and gives the tasks to the units.
    staff.open("/tasks/?q=1.8")
    staff.page.locator("tbody tr").filter(has_text="强化风险隐患管控").get_by_role(
        "link", name="查看"
    ).click()
    staff.press("修改")
    staff.page.get_by_label("报告周期").select_option("每月")
    staff.press("保存")
    staff.says("已保存")
    staff.open("/plans/?q=宿交发〔2024〕69号")
    plan = staff.page.locator("tbody tr").first.get_by_role("link", name="查看").get_attribute("href")
    staff.open(f"/plan-tasks/?plan={plan.strip('/').split('/')[-1]}")
    staff.press("分解到单位")
    expect(staff.page.locator("#content")).to_contain_text("各工程参建单位")
    staff.page.get_by_label(f"展开{COUNTIES}").check()
    with staff.page.expect_navigation():
        staff.press("执行分解")
    expect(staff.page.locator(".job")).to_have_count(0, timeout=120_000)
    row = staff.page.locator("tr").filter(has_text=COUNTIES).first
    expect(row.locator("td").last).to_have_text("0")

    # The county puts its measures down and reports; the figures came from the ledgers, one is corrected by hand.
    share = open_own(county, TASK)
    order_steps(county, share, ("印发方案", past.isoformat()), ("年度总结", last))
    act(county, share, "报送措施", "推进中", 工作措施="每月排查一轮，清单化整改")
    county.open(share)
    county.press("填报本期进展")
    report = county.path
    figures = county.page.locator("#figures")
    expect(figures).to_contain_text("排查治理安全隐患")
    county.press("更正数据")
    county.expects.add(400)
    county.page.get_by_label("排查治理安全隐患更正数").fill("7")
    county.press("保存")
    county.says("请说明更正理由")
    county.page.get_by_label("排查治理安全隐患更正理由").fill("另有7处为纸质台账")
    county.press("保存")
    expect(county.page.locator("#figures")).to_contain_text("人工更正")
    county.page.locator("#figures tbody a").first.click()
    expect(county.page.locator("#content")).to_contain_text("排查治理安全隐患")
    act(county, report, "报送", "待审阅", 工作进展="已排查一轮")
    act(staff, report, "审阅", "已审阅")

    # Another unit is late: yellow, with the reason in words, and a slip of its own.
    late = open_own(centre, URGED)
    order_steps(centre, late, ("印发方案", past.isoformat()), ("年度总结", last))
    act(centre, late, "报送措施", "推进中", 工作措施="制定标准化方案")
    staff.open(late)
    if past < today:
        expect(staff.page.locator("#content")).to_contain_text(f"节点“印发方案”已滞后{(today - past).days}天")
    staff.press("发督办单")
    staff.page.get_by_label("督办等级").select_option("黄色（进度滞后）")
    staff.page.get_by_label("督办要求").fill("一周内印发方案")
    staff.press("保存")
    slip = staff.path
    act(staff, slip, "发出督办单", "待答复")
    centre.open("/plan-tasks/mine/")
    expect(centre.page.locator("#content")).to_contain_text("待答复的督办单")
    act(centre, slip, "答复", "已答复", 办理情况="方案已印发")
    act(staff, slip, "办结", "已办结")
    assert status(staff) == "已办结"

    phone = person("county", PHONE)
    phone.open("/plan-tasks/mine/")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
