"""Everything that a role is shown leads somewhere: no link fails, no page scolds, none is wider than a phone."""

import re
from collections import Counter, deque
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Error

from projects.loading.demo import read_demo

from .person import DESK, PHONE

# Of those who hold the role of an enterprise one tells as much as three.
USERS = [row["username"] for row in read_demo()["users"] if row["username"] not in ("port", "keeper")]
# Answers that are files, and pages as long as a whole ledger: asked for, not drawn.
FILES = re.compile(r"/(export|template|faulty|result|attachments|print|history)(/|$)|^/attachments/|^/api/")
# The same for everybody who sees the list; asked for once.
COMMON = re.compile(r"/(export|print)/")
PER_ROLE = 200
# How many roles have asked for a kind of address so far. The first draws it, the next few only ask for it, and
# what so many were answered is left to the generated table of persons and actions; the ways to sort and filter a
# list are the same for all who see it.
known: Counter[str] = Counter()
ROLES_A_KIND = 4

LINKS = """() => Array.from(document.querySelectorAll('a[href], [data-preview]'),
    (link) => link.href || new URL(link.dataset.preview, location.href).href)"""
# What sticks out on the right, for the message; a part that scrolls by itself may.
WIDE = """() => Array.from(document.querySelectorAll('#content *, .topbar *'))
    .filter((part) => part.getBoundingClientRect().right > innerWidth + 1
        && !part.closest('.table-scroll, .jump, .steps, .unseen, dialog'))
    .slice(0, 4).map((part) => part.tagName + '.' + part.className)"""
BARE = """() => Array.from(document.querySelectorAll(
        'input:not([type=hidden]), select, textarea, button, a[href]'))
    .filter((part) => {
        const named = part.labels && Array.from(part.labels).some((label) => label.textContent.trim());
        return !(named || part.getAttribute('aria-hidden')
            || part.getAttribute('aria-label') || part.getAttribute('aria-labelledby')
            || part.textContent.trim() || part.title);
    }).map((part) => part.outerHTML.slice(0, 150))"""

# Words that are too pale on what lies behind them (WCAG AA: 4.5, large ones 3). Behind pictures nothing is measured.
PALE = """() => {
    const light = (c) => c.slice(0, 3).map((v) => v / 255)
        .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const read = (text) => { const c = text.match(/[\\d.]+/g).map(Number); return c.length < 4 ? [...c, 1] : c; };
    const behind = (part) => {
        for (; part; part = part.parentElement) {
            const style = getComputedStyle(part), colour = read(style.backgroundColor);
            if (style.backgroundImage !== 'none' || (colour[3] > 0 && colour[3] < 1)) return null;
            if (colour[3] === 1) return colour;
        }
        return [255, 255, 255, 1];
    };
    const found = new Map(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const part = texts.currentNode.parentElement, words = texts.currentNode.textContent.trim();
        if (!words || !part.getClientRects().length || part.closest('.unseen, .skip, [disabled], canvas, svg')) continue;
        const style = getComputedStyle(part), colour = read(style.color), ground = behind(part);
        if (!ground || colour[3] < 1 || style.visibility === 'hidden' || parseFloat(style.opacity) < 1) continue;
        const pair = [light(colour), light(ground)], size = parseFloat(style.fontSize);
        const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
        if (ratio < (large ? 3 : 4.5)) found.set(part.className || part.tagName, `${ratio.toFixed(1)} ${words.slice(0, 15)}`);
    }
    return Array.from(found, (pair) => pair.join(': ')).slice(0, 4);
}"""

# How far the top bar, with search, messages and what waits, is from its place at the end of the page.
GONE = """() => {
    scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'});
    const bar = document.querySelector('.topbar');
    return bar ? Math.round(bar.getBoundingClientRect().top) : 0;
}"""


def kind_of(address: str) -> str:
    """Addresses that differ only in record and filter values are of one kind."""
    parts = urlsplit(address)
    return re.sub(r"\d+", "#", parts.path) + "?" + "&".join(sorted({k for k, _ in parse_qsl(parts.query)}))


def ours(address: str, home: str) -> bool:
    return address.startswith(home + "/") and "/static/" not in address


def look_at(someone, address: str) -> list[str]:
    """Draw a page on a desk and on a phone; returns its links."""
    page = someone.page
    page.set_viewport_size(DESK)
    try:
        page.goto(address)
    except Error as error:
        if "Download is starting" in str(error):
            return []
        raise
    if (heads := page.locator("h1").count()) != 1:
        someone.problems.append(f"{address}: {heads} h1")
    if nameless := page.evaluate(BARE):
        someone.problems.append(f"{address}: without a name for a screen reader: {nameless}")
    if gone := page.evaluate(GONE):
        someone.problems.append(f"{address}: at its end the top bar is at {gone} px")
    if pale := page.evaluate(PALE):
        someone.problems.append(f"{address}: too pale: {pale}")
    page.set_viewport_size(PHONE)
    if (width := page.evaluate("document.documentElement.scrollWidth")) > PHONE["width"]:
        someone.problems.append(f"{address}: {width} px wide on a phone: {page.evaluate(WIDE)}")
    return page.evaluate(LINKS)


@pytest.mark.parametrize("username", USERS)
def test_every_link_a_role_is_shown_works(person, portal, username):
    someone = person(username)
    waiting = deque([(portal.url + "/", 0)])
    seen = {kind_of(portal.url + "/")}
    asked, offered = 0, 0
    while waiting and asked < PER_ROLE:
        address, depth = waiting.popleft()
        asked += 1
        kind = kind_of(address)
        if FILES.search(urlsplit(address).path) or (depth and kind in known):
            answer = someone.page.context.request.get(address)
            if answer.status >= 400:
                someone.problems.append(f"{answer.status} {address}")
            found = []
            if "html" in answer.headers.get("content-type", ""):
                found = [
                    portal.url + link if link.startswith("/") else address.split("?")[0] + link
                    for link in re.findall(r'<a[^>]* href="([/?][^"]*)"', answer.text().replace("&amp;", "&"))
                ]
        else:
            found = look_at(someone, address)
        known[kind] += 1
        offered = max(offered, len(found))
        for link in found:
            link = link.split("#")[0]
            kind = kind_of(link)
            if (
                ours(link, portal.url)
                and depth < 4
                and kind not in seen
                and known[kind] < ROLES_A_KIND
                and not (kind in known and ("=" in link or COMMON.search(link)))
            ):
                seen.add(kind)
                waiting.append((link, depth + 1))
    assert offered > 10
