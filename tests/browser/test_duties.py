"""From a duty to a point of the appraisal: taken over, recorded by citing a record, counted, opened again."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import expect

from .test_dangers import act, works
from .test_fees import save


def test_a_duty_its_citation_its_rate_and_an_appraisal_opened_to_its_records(person):
    staff, contractor = person("staff"), person("contractor")
    last_year = timezone.localdate().year - 1

    staff.open("/duties/")
    staff.page.get_by_label("约束起始日期").fill(f"{last_year}-01-01")
    staff.confirm("采用随系统提供的履职要求")
    staff.says("已采用履职要求15项")

    # The enterprise's own check is in the portal already; the record of the duty only points to it.
    section = works(contractor)
    project = section["project"]["id"] if isinstance(section["project"], dict) else section["project"]
    address = f"/inspection-visits/new/?project={project}&section={section['id']}"
    save(contractor, address, 检查方式="self", 检查部位="3号墩", 检查人员="某甲、某乙")
    contractor.open("/duty-desk/")
    row = (
        contractor.page.get_by_role("region", name="本期待履职")
        .get_by_role("row")
        .filter(has_text="带队安全生产检查")
    )
    row.get_by_role("link", name="登记").click()
    contractor.page.get_by_role("radio", name="检查记录").first.check()
    contractor.press("登记")
    contractor.says("已登记履职1项")
    done = contractor.page.get_by_role("region", name="本年度已完成").last
    expect(done).to_contain_text("带队安全生产检查")

    # The unit's rate, and from a number of it to the very records.
    contractor.open("/duty-desk/rates/?by=duty")
    line = contractor.page.get_by_role("row").filter(has_text="带队安全生产检查")
    line.get_by_role("link").nth(1).click()
    contractor.page.get_by_role("link", name="查看").first.click()
    expect(contractor.page.get_by_role("region", name="履职记录").last).to_contain_text("检查记录")

    # Last year's appraisal: nobody recorded anything, and each period that was missed can be opened.
    staff.open("/appraisal-schemes/")
    staff.page.locator("#new-year").fill(str(last_year))
    staff.press("以系统方案新建（本系统设定，可再改）")
    staff.says("已建立方案草稿")
    act(staff, staff.path, "启用", "已启用")
    staff.press("测算各单位")
    staff.says("已测算")
    staff.open("/appraisals/?q=泗阳县")
    staff.page.get_by_role("link", name="查看").first.click()
    sheet = staff.page.get_by_role("region", name="得分明细")
    missed = sheet.get_by_role("row").filter(has_text="未完成的履职周期")
    expect(missed).to_contain_text("项次")
    missed.get_by_role("link").first.click()
    expect(staff.page.get_by_role("heading", level=1)).to_contain_text("未完成的履职周期")
    expect(staff.page.locator("tbody tr").first).to_contain_text("泗阳县交通运输局")
