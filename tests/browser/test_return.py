"""返回 leads to where one came from: the list as it was filtered, a record that was open before."""

from playwright.sync_api import expect


def test_back_to_the_list_as_it_was(person):
    staff = person("staff")
    page = staff.open("/candidacies/?year=2025&page_size=10")
    page.locator("tbody tr").first.get_by_role("link", name="查看").click()
    expect(page.locator("[data-return]")).to_have_attribute("href", "/candidacies/?year=2025&page_size=10")
    record = staff.path
    # To the project of the record, and back both ways; a page of the record's own is no place to go back to.
    page.locator("dd a[href^='/projects/']").first.click()
    expect(page.locator("[data-return]")).to_have_attribute("href", record)
    staff.press("返回")
    expect(page.locator("[data-return]")).to_have_attribute("href", "/candidacies/?year=2025&page_size=10")
    page.get_by_role("link", name="全部记录").click()
    staff.press("返回")
    staff.press("返回")
    assert page.url.endswith("/candidacies/?year=2025&page_size=10")
