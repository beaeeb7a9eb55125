"""A tender from its documents to the questions about its bids, and a fund's money from budget to proposal."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from .person import PHONE
from .test_dangers import act, works
from .test_quality_works import save


def number_of(address: str) -> str:
    return address.strip("/").rpartition("/")[2]


def test_a_tender_its_committee_and_the_questions_about_its_bids(person):
    owner, staff, contractor = person("owner"), person("staff"), person("contractor")
    section, today = works(owner, contractor), timezone.localdate()
    experts = []
    for at in range(1, 5):
        save(
            staff,
            "/tender-experts/new/",
            专家编号=f"LL{at:03d}",
            姓名=f"浏览专家{at}",
            工作单位="浏览设计院",
            评标专业="桥梁",
            职称="高级工程师",
            从业年限="12",
        )
        experts.append(number_of(staff.path))
    tender = save(owner, f"/tenders/new/?section={section['id']}", 招标项目="浏览·绿化工程招标")
    pk = number_of(tender)
    old = (today - timedelta(days=3)).isoformat()
    act(owner, tender, "发出招标文件", "招标中", 招标文件发出日期=old, 投标截止日期=old)
    act(owner, tender, "登记开标", "已开标", 开标日期=old)
    expect(owner.page.locator("[data-lacking]")).to_contain_text("少于5人")
    for expert in experts:
        save(owner, f"/committee-members/new/?tender={pk}&expert={expert}")
    save(owner, f"/committee-members/new/?tender={pk}", 身份="招标人代表", 招标人代表姓名="浏览代表")
    act(owner, tender, "登记评标报告", "已评标", 收到评标报告日期=old)
    for bidder, price in (("浏览甲公司", "1000000"), ("浏览乙公司", "1050000")):
        save(
            owner,
            f"/tender-bids/new/?tender={pk}",
            投标人=bidder,
            投标报价=price,
            投标保证金转出账户名="浏览同一账户",
        )
    act(owner, tender, "公示中标候选人", "公示中", 公示起始日期=old)
    # What the bids ask stands before the authority, and before nobody else.
    staff.open(f"/collusion-questions/?tender={pk}")
    row = staff.page.locator("tbody tr").first
    expect(row).to_contain_text("转出账户：浏览同一账户")
    row.get_by_role("link", name="查看").click()
    act(staff, staff.path, "核实，可以说明", "已说明", 核实情况="系同一保函机构名称登记有误。")
    owner.open(tender)
    expect(owner.page.locator("#content")).not_to_contain_text("浏览同一账户")
    contractor.expects.add(403)
    contractor.open("/tenders/")
    expect(contractor.page.locator("#content")).not_to_contain_text("浏览·绿化工程招标")


def test_a_funds_money_from_budget_to_proposal(person):
    owner, staff = person("owner", viewport=PHONE), person("staff")
    section, today = works(owner, staff), timezone.localdate()
    budget = save(
        owner,
        f"/fund-budgets/new/?project={section['project']}",
        预算年度=str(today.year),
        专项资金名称="浏览补助资金",
        年初预算="1000",
        文号="浏览纪要1号",
        决策日期=today.isoformat(),
    )
    pk = number_of(budget)
    assert owner.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    act(owner, budget, "提交", "待审核")
    act(staff, budget, "审核通过", "执行中")
    save(staff, f"/fund-allocations/new/?budget={pk}", 金额="800", 收款单位="浏览单位", 凭证号="浏览1")
    month = save(
        owner,
        f"/fund-months/new/?budget={pk}",
        月份=today.replace(day=1).isoformat(),
        本月支出="600",
    )
    act(owner, month, "提交", "待确认")
    act(staff, month, "确认", "已确认")
    staff.open(budget)
    expect(staff.page.locator("#content")).to_contain_text("60.0")
    proposal = save(staff, f"/fund-proposals/new/?budget={pk}")
    expect(staff.page.locator("#content")).to_contain_text("执行率60.0%，按80%安排")
    act(staff, proposal, "作出决定", "已决定", 决定安排="700", 决定理由="集体研究")
