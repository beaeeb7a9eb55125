"""A danger on a route by its stake: raised by an inspector, put right by the keeper, closed by the authority."""

from __future__ import annotations

import pytest

from projects.loading.demo.sheet import demo_pdf

from .person import PHONE
from .test_dangers import act, judge, verify
from .test_journey import compute, figures, status, upload

NAME = "浏览器测试·X405路段"


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "现场复查记录.pdf"
    path.write_bytes(demo_pdf("现场复查记录"))
    return path


def found_by_sector(someone) -> str:
    """The row of 交通基础设施 in the figures of this year; "" where there is none."""
    someone.open("/hidden-dangers/statistics/?by=sector")
    rows = someone.page.locator("tbody tr").filter(has_text="交通基础设施")
    return rows.first.locator("td").first.inner_text() if rows.count() else ""


def figures_of(someone) -> dict[str, str]:
    """What the targets page says, computed anew."""
    compute(someone)
    return figures(someone)


def test_a_danger_on_a_route_from_its_stake_to_its_closing(person, record):
    staff, inspector, keeper = person("staff"), person("inspector"), person("keeper", viewport=PHONE)
    # Two forms that are refused.
    inspector.expects.add(400)
    before, sector = figures_of(staff), found_by_sector(staff)
    assert before
    staff.open("/routes/new/")
    form = staff.page.locator("#content form")
    for label, value in {"名称": NAME, "路线编号": "X405", "起讫桩号": "K0+500-K5+100"}.items():
        form.get_by_label(label).fill(value)
    form.get_by_label("管养单位").fill("演示公路管养站（演示）")
    form.get_by_label("领域").select_option("infrastructure")
    staff.press("保存")
    staff.says("已保存")
    route = staff.path

    inspector.open("/hidden-dangers/new/")
    page = inspector.page
    page.get_by_label("项目（企业、路线）").fill(NAME)
    page.get_by_label("部位").fill("临水路段护栏")
    page.get_by_label("隐患描述").fill("护栏缺失三处。")
    inspector.press("保存")
    inspector.says("请填写桩号")
    page.get_by_label("桩号").fill("K9+000")
    inspector.press("保存")
    inspector.says("超出该路段")
    page.get_by_label("桩号").fill("K2+300-K2+500")
    inspector.press("保存")
    inspector.says("已保存")
    danger = inspector.path
    assert "X405：K2+300-K2+500" in page.locator("#facts").inner_text()

    judge(inspector, danger, "道路交通与保通")
    verify(inspector, danger, "核查定为一般")
    assert status(inspector) == "整改中"
    act(keeper, danger, "提交整改", "待主管部门复查", 整改情况="已补装护栏。")
    inspector.open(danger)
    upload(inspector, "现场复查记录", record)
    act(inspector, danger, "现场复查合格，销号", "已销号", 意见="复查合格。")

    assert found_by_sector(staff) not in ("", sector)
    assert figures_of(staff) == before
    staff.open(route)
    assert "已销号" in staff.page.locator("#panel-hidden-dangers").inner_text()
    staff.open(f"/projects/?q={NAME}")
    assert "没有" in staff.page.locator("#content").inner_text()
