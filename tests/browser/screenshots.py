"""`python -m tests.browser.screenshots [URL] [NAME…]`: take the README's pictures anew, of the whole demonstration.

With the URL of a portal that holds the demonstration, of that one. Needs Chromium. Pictures go to docs/screenshots/, each at most LARGEST bytes.
"""

import io
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests import backends

from .person import ARGUMENTS, PHONE, Person, window
from .portal import ROOT, Portal

FOLDER = ROOT / "docs" / "screenshots"
LARGEST = 300_000
DESK = {"width": 1360, "height": 850}
YEAR = 2025


def workbench(page: Page, url: str) -> None:
    page.goto(f"{url}/")


def projects(page: Page, url: str) -> None:
    page.goto(f"{url}/projects/")


def candidacies(page: Page, url: str) -> None:
    page.goto(f"{url}/candidacies/?year={YEAR}")


def record(page: Page, url: str) -> None:
    page.goto(f"{url}/candidacies/?q=泗阳大桥")
    page.locator("tbody tr").first.get_by_role("link", name="查看").click()


def project(page: Page, url: str) -> None:
    page.goto(f"{url}/projects/?q=宿连航道2期")
    page.locator("tbody tr").first.get_by_role("link", name="查看").click()


def targets(page: Page, url: str) -> None:
    page.goto(f"{url}/board/?year={YEAR}")


def figure(page: Page, url: str) -> None:
    targets(page, url)
    page.get_by_role("link", name="市本级项目品质工程达标率").click()


TO_TOP = """(words) => {
    const line = Array.from(document.querySelectorAll('h2, .heading')).find((part) => part.textContent.includes(words));
    scrollTo({top: line.getBoundingClientRect().top + scrollY - 80, behavior: 'instant'});
}"""


def to_top(page: Page, words: str) -> None:
    """Bring the heading with these words under the top bar."""
    page.locator("h2, .heading").filter(has_text=words).first.wait_for()
    page.evaluate(TO_TOP, words)


def leader(page: Page, url: str) -> None:
    page.goto(f"{url}/leader/")


def matrix(page: Page, url: str) -> None:
    page.goto(f"{url}/plan-tasks/")
    to_top(page, "任务 × 单位")


def report(page: Page, url: str) -> None:
    """This year's so far, where its sentences begin."""
    page.goto(f"{url}/work-reports/?q=工作总结")
    page.locator("tbody tr").first.get_by_role("link", name="查看").click()
    to_top(page, "二、平安工程")
    page.wait_for_load_state("networkidle")


def appraisal(page: Page, url: str) -> None:
    page.goto(f"{url}/appraisals/?q=宿城区")
    page.locator("tbody tr").first.get_by_role("link", name="查看").click()
    to_top(page, "得分（数据截至")


def campaign(page: Page, url: str) -> None:
    page.goto(f"{url}/campaigns/?q=集中整治")
    page.locator("tbody tr").first.get_by_role("link", name="查看").click()


PICTURES: dict[str, tuple[str, dict, Callable[[Page, str], None]]] = {
    "workbench": ("staff", DESK, workbench),
    "projects": ("staff", DESK, projects),
    "candidacies": ("staff", DESK, candidacies),
    "record": ("staff", DESK, record),
    "project": ("staff", DESK, project),
    "targets": ("leader", DESK, targets),
    "figure": ("leader", DESK, figure),
    "leader": ("leader", DESK, leader),
    "matrix": ("staff", DESK, matrix),
    "report": ("staff", DESK, report),
    "appraisal": ("staff", DESK, appraisal),
    "campaign": ("staff", DESK, campaign),
    "phone": ("staff", PHONE, workbench),
    "phone-record": ("owner2", PHONE, record),
    "phone-targets": ("leader", PHONE, targets),
}


def compute(person: Person) -> None:
    """Let the worker compute the year, so that the targets have figures."""
    person.open(f"/board/?year={YEAR}")
    person.compute()


def take(page: Page, path: Path) -> None:
    page.evaluate("document.fonts.ready")
    shot = page.screenshot(animations="disabled")
    # A page has few colours: with 256 of them it looks the same at half the size.
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        path, optimize=True
    )
    if path.stat().st_size > LARGEST:
        raise SystemExit(f"{path.name}: {path.stat().st_size} bytes")


@contextmanager
def running(url: str):
    """The portal at `url`, or a new one with the whole demonstration."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="portal-") as folder, Portal(Path(folder), demo="whole") as made:
        yield made.url


def pictures(browser: Browser, url: str, names: list[str]) -> None:
    compute(window(browser, url).sign_in("staff"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or PICTURES:
        username, viewport, go = PICTURES[name]
        phone = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2} if viewport is PHONE else {}
        person = window(browser, url, viewport, **phone).sign_in(username)
        go(person.page, url)
        take(person.page, FOLDER / f"{name}.png")
        person.page.context.close()
        print(f"{name}.png", *person.problems)


def main(names: list[str]) -> None:
    url = next((name for name in names if name.startswith("http")), "")
    with (
        running(url) as address,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=backends.chromium(), args=ARGUMENTS) as browser,
    ):
        pictures(browser, address, [name for name in names if name != url])


if __name__ == "__main__":
    main(sys.argv[1:])
