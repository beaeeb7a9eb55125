"""Forms keep what was typed, whatever happens: errors, a lost session, a colleague who was faster, a double click."""

import re

import pytest
from playwright.sync_api import expect

from .person import PHONE, window
from .portal import PLANNED, SECTIONED, YEAR


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(person):
    staff = person("staff")
    page = staff.open("/projects/new/")
    page.get_by_label("项目名称").fill("浏览器测试·新桥")
    page.get_by_label("起讫桩号").fill("从头到尾")
    page.get_by_label("总投资（万元）").fill("1200.5")
    page.get_by_label("备注").fill("𠮷<b>&amp;第一行\n第二行")
    staff.expects.add(400)
    staff.press("保存")
    stakes = page.get_by_label("起讫桩号")
    expect(stakes).to_have_attribute("aria-invalid", "true")
    errors = page.locator(".field", has=stakes).locator(".errorlist li")
    expect(errors).to_have_count(1)
    assert re.search(r"[\u4e00-\u9fff]", errors.inner_text())
    # The summary on top leads to the field.
    page.locator(".note-error a", has_text="起讫桩号").click()
    expect(stakes).to_be_focused()
    expect(stakes).to_have_value("从头到尾")
    expect(page.get_by_label("项目名称")).to_have_value("浏览器测试·新桥")
    expect(page.get_by_label("总投资（万元）")).to_have_value("1200.5")
    expect(page.get_by_label("备注")).to_have_value("𠮷<b>&amp;第一行\n第二行")


def test_what_was_typed_survives_a_lost_session(person, browser, portal):
    # A session of its own, because it is thrown away.
    owner = person("").sign_in("owner")
    page = owner.open("/projects/new/")
    page.get_by_label("项目名称").fill("浏览器测试·掉线的项目")
    page.get_by_label("备注").fill("很长的说明")
    page.context.clear_cookies(name="sessionid")
    owner.expects.add(403)  # the form's token went with the session
    owner.press("保存")
    owner.open("/projects/new/")
    assert owner.path == "/login/"
    owner.sign_in("owner")
    assert owner.path == "/projects/new/"
    expect(page.get_by_label("备注")).to_have_value("")
    page.get_by_role("button", name="恢复").click()
    expect(page.get_by_label("项目名称")).to_have_value("浏览器测试·掉线的项目")
    expect(page.get_by_label("备注")).to_have_value("很长的说明")
    # Whoever sits down here next is offered nothing of it.
    page.locator(".whoami summary").click()
    page.locator(".popover-box").get_by_role("button", name="退出登录").click()
    expect(page).to_have_url(re.compile("/login/"))
    owner.sign_in("county")
    owner.open("/projects/new/")
    expect(page.get_by_role("button", name="恢复")).to_have_count(0)


def test_the_second_of_two_people_is_told_what_changed_and_decides(person):
    staff, owner = person("staff"), person("owner")
    staff.open(f"/projects/?q={PLANNED}")
    staff.page.get_by_role("link", name=PLANNED, exact=True).click()
    edit = f"{staff.path}edit/"
    for someone in (staff, owner):
        someone.open(edit)
    staff.page.get_by_label("备注").fill("市局核定")
    owner.page.get_by_label("备注").fill("建设单位更正")
    owner.page.get_by_label("路线").fill("S245")
    staff.press("保存")
    staff.says("已保存")
    owner.expects.add(409)
    owner.press("保存")
    owner.says("演示·李业务 已于")
    row = owner.page.locator(".note-warning table tr").filter(has_text="备注")
    expect(row.locator("td")).to_have_text(["备注", "市局核定", "建设单位更正"])
    expect(owner.page.get_by_label("备注")).to_have_value("建设单位更正")
    expect(owner.page.get_by_label("路线")).to_have_value("S245")
    owner.press("保存")
    owner.says("已保存")
    expect(owner.page.locator(".fact", has_text="备注")).to_contain_text("建设单位更正")
    expect(owner.page.locator(".timeline > li").first).to_contain_text("市局核定")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_double_click_makes_one_record(person, scripts):
    """With the page's own guard, and where the browser runs no scripts: with the portal's."""
    staff = person("staff", java_script_enabled=scripts)
    name = f"浏览器测试·双击{'有' if scripts else '无'}脚本"
    page = staff.open("/projects/new/")
    page.get_by_label("项目名称").fill(name)
    if scripts:
        page.get_by_role("button", name="保存").dblclick()
    else:
        form = {
            field.get_attribute("name"): field.input_value()
            for field in page.locator("form[data-draft] :is(input, select, textarea)").all()
            if field.get_attribute("name") and field.get_attribute("type") != "file"
        }
        answers = [
            page.context.request.post(page.url, form=form, headers={"Referer": page.url}) for _ in range(2)
        ]
        assert [answer.status for answer in answers] == [200, 200]
        assert answers[0].url == answers[1].url
    if scripts:
        staff.says("已保存")
    staff.open(f"/projects/?q={name}")
    expect(page.locator(".table-tools strong")).to_have_text("1")


def test_addresses_carry_the_filters(person):
    staff = person("staff")
    page = staff.open("/candidacies/")
    row = page.get_by_role("group", name="申报方案")
    row.get_by_text("项羽杯", exact=True).click()
    expect(page).to_have_url(re.compile("scheme="))
    chip = page.locator(".chip", has_text="项羽杯")
    expect(chip).to_be_visible()
    total = page.locator(".table-tools strong").inner_text()
    page.get_by_role("searchbox", name="关键字").fill("宿连航道2期")
    page.get_by_role("button", name="查询").click()
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator(".table-tools strong")).to_have_text("1")
    expect(chip).to_be_visible()

    copied, narrow = page.url, page.locator("tbody tr").all_inner_texts()
    other = person("leader").open(copied)
    assert len(other.locator("tbody tr").all()) == len(narrow) == 1
    page.reload()
    expect(page.locator(".table-tools strong")).to_have_text("1")
    page.locator("tbody tr").first.get_by_role("link", name="查看").click()
    expect(page.locator("h1")).to_contain_text(f"{SECTIONED} {YEAR}年项羽杯")
    page.go_back()
    expect(page.locator(".table-tools strong")).to_have_text("1")
    expect(page.get_by_role("searchbox", name="关键字")).to_have_value("宿连航道2期")
    page.go_back()
    expect(page.locator(".table-tools strong")).to_have_text(total)
    chip.get_by_role("link").click()
    expect(chip).to_have_count(0)

    # What emptied the list is said.
    staff.open("/candidacies/?q=没有这个项目")
    expect(page.locator(".empty")).to_contain_text("没有这个项目")


def test_a_project_is_suggested_under_any_of_its_names(person):
    staff = person("staff")
    page = staff.open("/candidacies/new/")
    box = page.locator("#id_project")
    box.press_sequentially("宿连航道2期", delay=10)
    suggestion = page.locator(f"datalist option[value='{SECTIONED}']")
    expect(suggestion).to_have_count(1)
    box.fill("宿连航道2期")
    page.get_by_label("申报年度").fill(str(YEAR + 20))
    page.get_by_label("申报方案").select_option(label="市级品质工程")
    page.get_by_label("申报阶段").select_option(label="挂牌")
    staff.press("保存")
    staff.says("已保存")
    expect(page.locator("h1")).to_contain_text(SECTIONED)


def test_the_list_on_a_phone(person):
    staff = person("staff", PHONE, is_mobile=True, has_touch=True, device_scale_factor=2)
    page = staff.open("/candidacies/")
    group = page.get_by_role("group", name="状态")
    expect(group).to_be_hidden()
    page.get_by_role("button", name="筛选").tap()
    page.get_by_role("group", name="申报方案").get_by_text("项羽杯", exact=True).tap()
    expect(page.locator(".chip", has_text="项羽杯")).to_be_visible()
    # A card's heading is the project; the menu is a drawer.
    expect(page.locator("tbody tr").first).to_be_visible()
    page.get_by_role("button", name="展开或收起菜单").tap()
    menu = page.get_by_role("navigation", name="主菜单")
    menu.get_by_role("link", name="符合条件认定").tap()
    expect(page.locator("h1")).to_have_text("符合条件认定")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_stranger_is_led_to_sign_in_and_on(browser, portal, person):
    stranger = person("")
    stranger.open("/projects/?q=桥")
    assert stranger.path == "/login/"
    stranger.page.get_by_label("登录名").fill("staff")
    stranger.page.get_by_label("密码").fill("wrong-Password-1")
    stranger.page.get_by_role("button", name="登录").click()
    stranger.says("登录名或密码不正确")
    stranger.sign_in("staff")
    assert stranger.path == "/projects/"
    expect(stranger.page.get_by_role("searchbox", name="关键字")).to_have_value("桥")
    again = window(browser, portal.url)
    again.open("/")
    assert again.path == "/login/"
    again.page.context.close()
