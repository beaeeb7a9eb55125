"""A section's works from the imported tree to the 交工验收 and its archive, by their real persons."""

from __future__ import annotations

import openpyxl
from django.utils import timezone
from playwright.sync_api import expect

from projects.loading.demo.sheet import demo_pdf
from quality.acceptance import archive

from .test_dangers import act, fetch, works
from .test_journey import upload

HEADS = ["标段", "编号", "上级编号", "层级", "名称", "工程类别", "投资额（万元）"]


def book(path, section: str) -> None:
    made = openpyxl.Workbook()
    rows = [
        ["LLQ", "", "单位工程", "浏览器大桥", "桥梁工程", 1200],
        ["LLQ-01", "LLQ", "分部工程", "基础及下部构造", "", None],
        ["LLQ-01-01", "LLQ-01", "分项工程", "浏览器墩柱", "", None],
    ]
    for row in [HEADS, *([section, *row] for row in rows)]:
        made.active.append(row)
    made.save(path)


def nodes(someone) -> dict[str, str]:
    """Code → address of the imported nodes."""
    answer = fetch(someone, f"{someone.url}/api/divisions/?q=LLQ&page_size=50")
    return {row["code"]: f"/divisions/{row['id']}/" for row in answer.json()["results"]}


def begin(someone, node: str, repair: str = "") -> str:
    """Begin a round on a node; the address of the evaluation."""
    someone.open(node)
    someone.page.get_by_role("link", name="开始一轮评定").click()
    if repair:
        someone.page.get_by_label("返工处理情况").fill(repair)
    someone.press("保存")
    someone.says("已保存")
    return someone.path


def judge(contractor, supervisor, evaluation: str, result: str) -> None:
    act(contractor, evaluation, "自检完成，提交评定", "待评定")
    supervisor.open(evaluation)
    supervisor.press("评定")
    page = supervisor.page
    page.get_by_label("外观质量").select_option("good")
    page.get_by_label("基本要求与资料").select_option("complete")
    supervisor.press("评定")
    supervisor.says("已办理“评定”")
    expect(page.locator("#facts .badge-status", has_text=result).first).to_be_visible()


def test_a_section_from_its_tree_to_its_archive(person, portal, tmp_path):
    contractor, supervisor = person("contractor"), person("supervisor")
    owner, staff = person("owner"), person("staff")
    section = works(contractor, supervisor, owner)
    row = fetch(owner, f"{owner.url}/api/sections/{section['id']}/").json()
    project = fetch(owner, f"{owner.url}/api/projects/{section['project']}/").json()["name"]

    # The tree.
    path = tmp_path / "划分.xlsx"
    book(path, f"{project} {row['code']}")
    contractor.open("/divisions/import/")
    contractor.page.locator("main input[type=file]").set_input_files(path)
    contractor.press("上传并检查")
    contractor.confirm("确认写入")
    contractor.says("已写入")
    tree = f"/sections/{section['id']}/division/"
    contractor.open(tree)
    expect(contractor.page.get_by_role("row", name="LLQ")).to_contain_text("未评定")
    found = nodes(contractor)
    item, part, unit = found["LLQ-01-01"], found["LLQ-01"], found["LLQ"]

    # Measured and failed.
    first = begin(contractor, item)
    page = contractor.page
    page.locator("#panel-measurements").get_by_role("link", name="新增").click()
    page.get_by_label("检查项目").fill("断面尺寸")
    page.get_by_label("关键项目").check()
    page.get_by_label("允许偏差下限").fill("-5")
    page.get_by_label("允许偏差上限").fill("5")
    page.get_by_label("实测值").fill("1 2 -3、9")
    contractor.press("保存")
    contractor.says("已保存")
    judge(contractor, supervisor, first, "不合格")
    contractor.open(tree)
    expect(contractor.page.get_by_role("row", name="LLQ")).to_contain_text("不合格")

    # Repaired and passed; the first round stays.
    second = begin(contractor, item, "凿除超差部分，修补打磨")
    contractor.page.locator("#panel-measurements").get_by_role("link", name="断面尺寸").click()
    contractor.press("修改")
    contractor.page.get_by_label("实测值").fill("1 2 -3 4")
    contractor.press("保存")
    judge(contractor, supervisor, second, "合格")
    for node in (part, unit):
        judge(contractor, supervisor, begin(contractor, node), "合格")
    contractor.open(item)
    rounds = contractor.page.locator("section[aria-labelledby=rounds-head] tbody tr")
    expect(rounds).to_have_count(2)
    expect(rounds.last).to_contain_text("不合格")
    contractor.open(tree)
    expect(contractor.page.get_by_role("row", name="LLQ").locator(".badge-status")).to_have_text("合格")

    # Registered with the supervision.
    pdf = tmp_path / "登记表.pdf"
    pdf.write_bytes(demo_pdf("登记表"))
    owner.open(f"/quality-registrations/new/?project={section['project']}")
    owner.page.get_by_label("工程概况与参建单位").fill("大桥一座")
    owner.press("保存")
    registration = owner.path
    upload(owner, "监督登记表", pdf)
    act(owner, registration, "提交监督登记", "待受理")
    today = timezone.localdate().isoformat()
    act(staff, registration, "受理", "已受理，待交底", 受理日期=today, 监督机构="质监站", 监督人员="甲、乙")

    # Accepted.
    contractor.open(f"/handovers/new/?section={section['id']}")
    contractor.page.get_by_label("完成情况与自检结论").fill("全部完成，自检合格")
    contractor.press("保存")
    handover = contractor.path
    upload(contractor, "施工自检报告", pdf)
    act(contractor, handover, "申请交工验收", "待监理审查")
    act(supervisor, handover, "同意申请", "待组织验收", 监理审查意见="同意")
    owner.open(f"/score-sheets/new/?section={section['id']}&purpose=handover")
    owner.press("保存")
    sheet = owner.path
    owner.page.locator("#panel-scored-parts").get_by_role("link", name="新增").click()
    owner.page.locator("#content form").get_by_label("分部工程").fill(f"{project} {row['code']} LLQ-01")
    owner.press("保存")
    owner.page.locator("#panel-scored-items").get_by_role("link", name="新增").click()
    for label, value in {"抽查项目": "断面尺寸", "抽查点数": "20", "合格点数": "19"}.items():
        owner.page.locator("#content form").get_by_label(label).fill(value)
    owner.press("保存")
    act(owner, sheet, "计算并定分", "已定分")
    act(owner, handover, "登记交工验收结论", "已验收", 交工验收日期=today)
    expect(owner.page.locator("#facts")).to_contain_text("95.00")

    # Archived.
    owner.press("生成归档包")
    done = owner.page.get_by_role("link", name="查看结果")
    expect(done).to_be_visible(timeout=60_000)
    with owner.page.expect_download() as waiting:
        done.click()
    file = tmp_path / "归档.zip"
    waiting.value.save_as(file)
    checked = archive.check(file)
    assert checked.problems == () and checked.files >= 8
    assert "操作历史有记载" in portal.run("manage.py", "verify_archive", str(file))
