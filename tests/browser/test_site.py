"""A dangerous work through the gate by its real persons, with one step passed over and read by the bureau."""

from __future__ import annotations

from playwright.sync_api import expect

from projects.loading.demo.sheet import demo_pdf

from .test_dangers import act, works
from .test_journey import status, upload

REASON = "台风将至，须先行支护"


def test_a_dangerous_work_through_the_gate(person, portal, tmp_path):
    contractor, supervisor, owner, staff = (
        person(name) for name in ("contractor", "supervisor", "owner", "staff")
    )
    section = works(contractor, supervisor, owner)
    contractor.expects.add(400)
    contractor.open(f"/dangerous-works/new/?section={section['id']}")
    contractor.page.get_by_label("工程部位").fill("4号墩承台基坑")
    contractor.page.get_by_label("工程类别").select_option("基坑开挖与支护")
    contractor.press("保存")
    contractor.says("请填写（m）")
    contractor.page.get_by_label("高度或深度（m）").fill("5")
    contractor.press("保存")
    contractor.says("已保存")
    record = contractor.path
    expect(contractor.page.locator("#facts")).to_contain_text("超过一定规模")

    scheme = tmp_path / "专项施工方案.pdf"
    scheme.write_bytes(demo_pdf("专项施工方案"))
    upload(contractor, "专项施工方案", scheme)
    act(contractor, record, "方案编制完成", "待审核方案", 专项施工方案名称="基坑专项方案", 方案编制人="赵某")
    act(contractor, record, "方案审核通过", "待专家论证", 方案审核人="钱某")

    # No later step is offered, and the owner passes the experts over with a reason.
    supervisor.open(record)
    expect(supervisor.page.get_by_role("link", name="方案批准", exact=True)).to_have_count(0)
    act(owner, record, "越过“专家论证通过”", "待批准方案", 越过的理由=REASON)
    expect(owner.page.locator(".record-head")).to_contain_text("有越过步骤")

    # The bureau is told at once, and has read it.
    staff.open("/notices/")
    expect(staff.page.locator("#content")).to_contain_text(REASON)
    act(staff, record, "已阅越过理由", "待批准方案")
    expect(staff.page.locator("#facts")).to_contain_text("已阅")
    act(supervisor, record, "方案批准", "待交底")
    assert status(supervisor) == "待交底"
