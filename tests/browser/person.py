"""A person at a screen: a browser window of their own, which keeps account of what goes wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

# The suites run side by side on whatever machine there is: only what never comes should fail for being late.
PATIENCE_MS = 45_000
expect.set_options(timeout=PATIENCE_MS)

# The demo users', as every start prints it. Not imported, so that a browser needs no Django.
PASSWORD = "Demo-2024-Portal"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
TELL_VIOLATIONS = """document.addEventListener('securitypolicyviolation', (event) =>
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));"""


@dataclass
class Person:
    """`page` is the window. `problems` holds every script error, policy violation and answer of 400 or more
    that was not announced by `expects`."""

    url: str
    page: Page
    expects: set[int] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def watch(self) -> Person:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._response)
        return self

    def _console(self, message) -> None:
        # What failed to load is an answer too, and told there with its address.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.problems.append(f"{self.page.url}: {message.text}")

    def _response(self, response) -> None:
        if response.status >= 400 and response.status not in self.expects:
            self.problems.append(f"{response.status} {response.url} on {self.page.url}")

    def open(self, path: str) -> Page:
        self.page.goto(path if path.startswith("http") else self.url + path)
        return self.page

    def sign_in(self, username: str, password: str = PASSWORD) -> Person:
        """Through the form, from wherever the window stands; goes on to what was asked for."""
        if "/login/" not in self.page.url:
            self.open("/login/")
        self.page.get_by_label("登录名").fill(username)
        self.page.get_by_label("密码").fill(password)
        self.page.get_by_role("button", name="登录").click()
        expect(self.page.locator(".topbar")).to_be_visible()
        return self

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def says(self, text: str) -> None:
        """A message of the portal with this text stands on the page."""
        expect(self.page.locator(".notes, .note, .errorlist").filter(has_text=text).first).to_be_visible()

    def press(self, name: str) -> None:
        """The button or link of this name in the page's own content."""
        content = self.page.locator("#content")
        content.get_by_role("button", name=name, exact=True).or_(
            content.get_by_role("link", name=name, exact=True)
        ).first.click()

    def compute(self) -> None:
        """立即计算 on the targets page, until the worker is done and the page has come back with the figures."""
        with self.page.expect_navigation():
            self.press("立即计算")
        expect(self.page.locator(".job")).to_have_count(0, timeout=120_000)

    def confirm(self, name: str) -> None:
        """Press a button that asks first, and say yes."""
        self.press(name)
        self.page.locator("#confirm").get_by_role("button", name="确定").click()


def window(browser: Browser, url: str, viewport: dict = DESK, **options) -> Person:
    """A fresh window, signed out unless `storage_state` says otherwise."""
    context = browser.new_context(viewport=viewport, locale="zh-CN", timezone_id="Asia/Shanghai", **options)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(TELL_VIOLATIONS)
    return Person(url, context.new_page()).watch()
