"""A sheet filled and handed on by four people in their own windows, up to the plan page's figure."""

from __future__ import annotations

from datetime import date

from playwright.sync_api import expect

from .person import PHONE

YEAR = date.today().year


def fill_table(page, points: dict[str, str] | None = None) -> None:
    """Every open item of the table on the page, by the keyboard alone: 0 and Enter, or points, reason, Enter."""
    rows = page.locator(".mark")
    rows.first.locator("[data-main]").first.focus()
    for at in range(rows.count()):
        row = rows.nth(at)
        given = (points or {}).get(row.get_attribute("data-item"), "0")
        page.keyboard.press("Control+A")
        page.keyboard.type(given)
        page.keyboard.press("Enter")
        if given != "0":
            expect(row.locator("[data-reason]")).to_be_focused()
            page.keyboard.type("现场不符")
            page.keyboard.press("Enter")
    expect(page.locator("[data-state]")).to_have_text("已全部保存")


def fill_sheet(person, sheet: str, points: dict[str, str] | None = None) -> None:
    page = person.open(f"{sheet}score/")
    tables = [link.get_attribute("data-table") for link in page.locator("[data-table]").all()]
    for table in tables:
        person.open(f"{sheet}score/?table={table}")
        fill_table(page, points)
    expect(page.locator("[data-none]")).to_be_visible()


def submit(person, sheet: str, name: str, opinion: str = "") -> None:
    person.open(sheet)
    person.press(name)
    if opinion:
        person.page.locator("[name=opinion]").fill(opinion)
    person.page.locator("#content form").get_by_role("button", name=name).click()
    person.says("已办理")


def send(person, method: str, path: str, body: dict) -> dict:
    """A call of the API from the person's own window."""
    person.open("/assessments/")
    return person.page.evaluate(
        """async ([method, path, body]) => {
            const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
            const answer = await fetch(path, {method, headers: {"Content-Type": "application/json", "X-CSRFToken": token},
                body: method === "GET" ? undefined : JSON.stringify(body)});
            return answer.json();
        }""",
        [method, path, body],
    )


def figures(staff) -> dict[str, str]:
    """Code → 计入 / 应计 of every target on the plan page, computed now."""
    staff.open(f"/board/?year={YEAR}")
    staff.compute()
    tiles = staff.page.locator(".target").all()
    return {tile.get_attribute("data-code"): tile.locator(".row-line.small").inner_text() for tile in tiles}


def counted(staff, code: str) -> set[str]:
    """The addresses of the sections that a target counts, from the list behind its figure."""
    tile = staff.page.locator(f'.target[data-code="{code}"]')
    expect(tile).to_contain_text("考核合格也计入：主管部门抽查")
    tile.get_by_role("link", name="计入").click()
    links = staff.page.locator(".list-table a[href^='/sections/']").all()
    return {link.get_attribute("href") for link in links}


def test_four_people_and_the_plan(person):
    staff, contractor, supervisor = person("staff"), person("contractor"), person("supervisor")
    owner, inspector = person("owner"), person("inspector")
    (open_sheet,) = send(staff, "GET", "/api/assessments/?status=self&subject=contractor&is_demo=true", {})[
        "results"
    ][:1]
    address, section = f"/assessments/{open_sheet['id']}/", open_sheet["section"]
    # The bureau decides that the section is eligible, and that a passed spot-check counts like a name.
    scheme = next(
        s
        for s in send(staff, "GET", "/api/schemes/?page_size=100", {})["results"]
        if s["code"] == "PAGD-CITY"
    )
    made = send(
        staff,
        "POST",
        "/api/eligibilities/",
        {"scheme": scheme["id"], "stage": "creation", "year": YEAR, "project": open_sheet["project"],
         "section": section, "eligible": True, "reason": "符合条件"},
    )  # fmt: skip
    assert made.get("id"), made
    rows = send(staff, "GET", "/api/targets/?page_size=100", {})["results"]
    target = next(row for row in rows if row["code"] == "PA-CITY-PASS")
    rule = {"parameters": target["parameters"] | {"assessment": "bureau"}}
    assert send(staff, "PATCH", f"/api/targets/{target['id']}/", rule)["parameters"]["assessment"] == "bureau"

    fill_sheet(contractor, address, {"SGJC/1.3": "2"})
    submit(contractor, address, "提交自评")
    fill_sheet(supervisor, address)
    expect(supervisor.page.locator(".mark-before").first).to_contain_text("自评")
    submit(supervisor, address, "提交复核")
    fill_sheet(owner, address, {"SGJC/1.3": "4"})
    submit(owner, address, "评定合格")
    submit(inspector, address, "列入抽查", "随机抽查")
    fill_sheet(inspector, address)
    before, sections = figures(staff), counted(staff, "PA-CITY-PASS")
    submit(inspector, address, "抽查合格")
    after = figures(staff)
    assert {code for code in after if after[code] != before[code]} == {"PA-CITY-PASS"}
    assert counted(staff, "PA-CITY-PASS") - sections == {f"/sections/{section}/"}
    page = staff.open(f"{address}result/")
    expect(page.locator(".way").first).to_contain_text("÷")


def test_two_at_one_item_are_told_and_choose(person):
    """The second to save sees what the first gave beside what they typed."""
    one = person("supervisor")
    one.open("/assessments/?status=recheck")
    href = one.page.locator("td.col-do a").first.get_attribute("href")
    two = person("supervisor")
    two.expects.add(409)
    for someone in (one, two):
        someone.open(f"{href}score/")
    field = "[data-item='SGJC/1.3'] "
    one.page.locator(field + "[data-deduction]").fill("1")
    one.page.locator(field + "[data-reason]").fill("甲的理由")
    one.page.locator(field + "[data-reason]").press("Enter")
    expect(one.page.locator(field + "[data-said]")).to_contain_text("已保存")
    two.page.locator(field + "[data-deduction]").fill("2")
    two.page.locator(field + "[data-reason]").fill("乙的理由")
    two.page.locator(field + "[data-reason]").press("Enter")
    trouble = two.page.locator(field + "[data-trouble]")
    expect(trouble).to_contain_text("扣 1 分：甲的理由")
    expect(two.page.locator(field + "[data-reason]")).to_have_value("乙的理由")
    trouble.get_by_role("button", name="以我的为准").click()
    expect(two.page.locator(field + "[data-said]")).to_contain_text("已保存")
    one.open(f"{href}score/")
    expect(one.page.locator(field + "[data-deduction]")).to_have_value("2")


def test_a_dropped_line_loses_nothing(person):
    someone = person("supervisor", viewport=PHONE)
    page = someone.open("/assessments/?status=recheck")
    href = page.locator("td.col-do a").first.get_attribute("href")
    someone.open(f"{href}score/")
    field = "[data-item='SGJC/2.1'] "
    page.context.set_offline(True)
    page.locator(field + "[data-deduction]").fill("3")
    page.locator(field + "[data-reason]").fill("断网时所填")
    page.locator(field + "[data-reason]").press("Enter")
    expect(page.locator(field + "[data-said]")).to_contain_text("暂存")
    page.context.set_offline(False)
    expect(page.locator("[data-state]")).to_have_text("已全部保存", timeout=20_000)
    someone.open(f"{href}score/")
    expect(page.locator(field + "[data-deduction]")).to_have_value("3")


def test_without_scripts_it_is_a_plain_form(person):
    someone = person("supervisor", java_script_enabled=False)
    page = someone.open("/assessments/?status=recheck")
    href = page.locator("td.col-do a").first.get_attribute("href")
    someone.open(f"{href}score/")
    page.locator("[name='d:SGJC/2.2']").fill("0.5")
    page.locator("[name='r:SGJC/2.2']").fill("缺一项制度")
    page.get_by_role("button", name="保存本表").click()
    someone.says("已保存")
    expect(page.locator("[name='d:SGJC/2.2']")).to_have_value("0.5")
