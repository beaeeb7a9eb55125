"""Keyboard, large type, skip link, contrast, and a page that reads the API aloud."""

import pytest
from playwright.sync_api import expect

from .person import PASSWORD

COLORS = ["gray", "blue", "cyan", "green", "yellow", "orange", "red", "purple"]
BUTTONS = ["", "btn-primary", "btn-success", "btn-danger", "btn-warning"]
CONTRAST = """(names) => {
    const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    return names.map((name) => {
        const box = document.createElement('span');
        box.className = name;
        box.textContent = '状态';
        document.querySelector('#content').append(box);
        const style = getComputedStyle(box);
        const pair = [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a);
        const solid = !style.backgroundColor.startsWith('rgba');
        box.remove();
        return [name, solid ? (pair[0] + 0.05) / (pair[1] + 0.05) : 0];
    });
}"""


def test_badges_and_buttons_can_be_read(person):
    page = person("staff").open("/")
    names = [f"badge-status badge-{color}" for color in COLORS] + [f"btn {style}" for style in BUTTONS]
    weak = {name: ratio for name, ratio in page.evaluate(CONTRAST, names) if ratio < 4.5}
    assert weak == {}


def test_signing_in_and_acting_with_the_keyboard_alone(person):
    someone = person("")
    page = someone.open("/login/")
    keys = page.keyboard
    expect(page.get_by_label("登录名")).to_be_focused()
    keys.type("staff")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.locator(".topbar")).to_be_visible()

    # The first stop of a page is the way past its head and menu.
    keys.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    # From there on to the first thing to do, and through its act.
    title = page.locator("tbody .lead a", has_text="267省道泗阳段改扩建工程").first
    for _ in range(40):
        keys.press("Tab")
        if title.evaluate("(link) => link === document.activeElement"):
            break
    expect(title).to_be_focused()
    outline = title.evaluate(
        "(link) => getComputedStyle(link).outlineStyle + getComputedStyle(link).outlineWidth"
    )
    assert outline == "solid3px"
    keys.press("Enter")
    action = page.locator(".page-head a", has_text="受理初审")
    expect(action).to_be_visible()
    for _ in range(60):
        keys.press("Tab")
        if action.evaluate("(link) => link === document.activeElement"):
            break
    keys.press("Enter")
    press = page.locator("main form").get_by_role("button", name="受理初审")
    expect(press).to_be_visible()
    for _ in range(60):
        keys.press("Tab")
        if press.evaluate("(button) => button === document.activeElement"):
            break
    keys.press("Enter")
    someone.says("已办理“受理初审”")


def test_large_type_is_remembered(person):
    page = person("leader").open("/projects/")
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    normal = page.evaluate(size)
    switch = page.locator(".topbar > button", has_text="大字版")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(size) >= normal * 1.2
    page.goto(page.url.replace("/projects/", "/board/"))
    assert page.evaluate(size) >= normal * 1.2
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", ["/projects/print/", "/board/", "/candidacies/1/"])
def test_pages_print_without_the_shell(person, path):
    page = person("staff").open(path)
    page.emulate_media(media="print")
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator(".sidemenu")).to_be_hidden()
    expect(page.locator("main .card").first).to_be_visible()


def test_the_api_can_be_read_under_our_own_policy(person):
    """The page that shows the API brings scripts and styles of its own; none may be refused or come from afar."""
    staff = person("staff")
    asked = []
    staff.page.on("request", lambda request: asked.append(request.url))
    page = staff.open("/api/docs/")
    expect(page.locator("#swagger-ui .info .title")).to_contain_text("三个工程监管平台 API", timeout=20_000)
    expect(page.locator("#swagger-ui .opblock").first).to_be_visible()
    assert [url for url in asked if not url.startswith((staff.url, "data:"))] == []
