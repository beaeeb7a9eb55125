"""A failed test, its defect, put right and accepted, by their real persons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from .test_dangers import act, fetch, verify
from .test_journey import status


@pytest.fixture(scope="module")
def laboratory(portal):
    """The demonstration's laboratory, with its machines and parameters."""
    portal.run("manage.py", "load_demo_quality")


def test_a_failed_test_becomes_a_defect_that_is_put_right(person, portal, laboratory):
    contractor, supervisor, tester = person("contractor"), person("supervisor"), person("lab")
    rows = fetch(tester, f"{portal.url}/api/laboratories/?page_size=100").json()["results"]
    site = next(row for row in rows if row["section"])
    day = timezone.localdate() - timedelta(days=30)

    # The supervisor's spot-check, received and tested.
    supervisor.open("/samples/new/")
    page = supervisor.page
    page.get_by_label("标段").fill(str(site["section"]))
    page.get_by_label("试验对象").select_option("水泥混凝土")
    page.get_by_label("规格（强度等级）").fill("C30")
    page.get_by_label("检验性质").select_option("parallel")
    page.get_by_label("工程部位（用途）").fill("7号墩承台")
    page.get_by_label("取样（成型）日期").fill(day.isoformat())
    page.get_by_label("取样人").fill("孙某")
    supervisor.press("保存")
    supervisor.says("已保存")
    sample = supervisor.path
    act(tester, sample, "收样", "已收样")

    tester.open("/tests/new/")
    page = tester.page
    page.get_by_label("样品", exact=False).first.fill(sample.strip("/").split("/")[-1])
    page.get_by_label("试验参数").select_option("混凝土抗压强度（28d）")
    page.locator("[name=laboratory]").fill(site["name"])
    begun = day + timedelta(days=29)
    page.get_by_label("试验开始时间").fill(f"{begun}T09:30")
    page.get_by_label("试验结束时间").fill(f"{begun}T10:00")
    page.get_by_label("试验人").fill("李某")
    page.get_by_label("实测值").fill("22.1、23.4、21.8")
    tester.press("保存")
    tester.says("已保存")
    expect(tester.page.locator("#facts")).to_contain_text("不合格")

    # What it started is found from the result, verified, put right and accepted.
    tester.page.get_by_role("link", name="7号墩承台").click()
    defect = tester.path
    assert status(tester) == "待核查"
    verify(supervisor, defect, "核查定为一般")
    act(contractor, defect, "提交整改", "待监理验收", 整改情况="凿除重做，重新取样合格。")
    act(supervisor, defect, "验收合格，销号", "已销号")
