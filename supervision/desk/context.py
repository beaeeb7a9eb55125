"""What the shell of every page shows: who one is, the menu, and what waits."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from supervision.ledgers.registry import all_ledgers
from supervision.people.models import Role

from .notices import unread
from .todo import cached_total

# First-level entries in their order, with their icons; ledgers name the one they belong under.
MENU = {
    "工作台": "speedometer2",
    "项目库": "diagram-3",
    "计划与目标": "bullseye",
    "创建申报": "flag",
    "自评考核": "clipboard-check",
    "隐患治理": "exclamation-triangle",
    "安全管理": "shield-check",
    "质量管理": "patch-check",
    "信用廉洁": "bank",
    "系统管理": "gear",
}

# A first-level entry with more entries than this shows its families folded, but for the one in use.
FOLD_OVER = 10

# Pages that are no ledger, filled in by their rooms' urls: (menu, label, url name, roles or None for all).
PAGES: list[tuple[str, str, str, frozenset[str] | None]] = []
# The same, below the ledgers of their menu.
PAGES_BELOW: list[tuple[str, str, str, frozenset[str] | None]] = []


def shell(request: HttpRequest) -> dict:
    """Context processor. Computed only when a template asks."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict:
    user = getattr(request, "user", None)
    common = {
        "system_name": "三个工程监管平台",
        "version": settings.SPECTACULAR_SETTINGS["VERSION"],
        "large_type": request.COOKIES.get("large_type") == "1",
        "data_as_of": timezone.now(),
    }
    if user is None or not user.is_authenticated or getattr(request, "next_step", None):
        return {**common, "unit": "", "roles": "", "todo_count": 0, "unread_count": 0, "menu": []}
    labels = dict(Role.choices)
    return {
        **common,
        "unit": str(user.organization or "未分配单位"),
        "roles": "、".join(labels[role] for role in sorted(user.roles)),
        "todo_count": cached_total(user),
        "unread_count": unread(user),
        "menu": menu(request),
    }


def menu(request: HttpRequest) -> list[dict]:
    """The two-level menu of what this person may open, with the current place marked.

    The second level comes in `groups`: first the entries without a family, then each family under its heading,
    in the order of its first ledger.
    """
    roles_held, here = request.user.roles, request.path
    entries: dict[str, list[dict]] = {label: [] for label in MENU}
    for place, label, name, roles in PAGES:
        if roles is None or roles_held & roles:
            entries[place].append({"label": label, "url": reverse(name)})
    for ledger in all_ledgers():
        if ledger.in_menu(roles_held):
            entries[ledger.menu].append({"label": ledger.label, "url": ledger.url, "family": ledger.family})
    for place, label, name, roles in PAGES_BELOW:
        if roles is None or roles_held & roles:
            entries[place].append({"label": label, "url": reverse(name)})
    made = []
    for label, children in entries.items():
        if not children:
            continue
        for child in children:
            child["active"] = here == child["url"] or (child["url"] != "/" and here.startswith(child["url"]))
        if any(child["url"] == here for child in children):
            # A page below a ledger's address is no place of the ledger's.
            for child in children:
                child["active"] = child["url"] == here
        item = {"label": label, "icon": MENU[label], "url": children[0]["url"]}
        item["active"] = any(child["active"] for child in children)
        item["groups"] = families(children) if len(children) > 1 else []
        for group in item["groups"]:
            group["links"] = mark_safe("".join(link(**child) for child in group["children"]))
        made.append(item)
    return made


@lru_cache(maxsize=4096)
def link(url: str, label: str, active: bool, family: str = "") -> str:
    """An entry of the second level. There are some two hundred on every page: drawn once for all of them, for a
    template for each would take as long as the rest of the page."""
    mark = mark_safe(' class="active" aria-current="page"') if active else ""
    return format_html('<li><a href="{}"{}>{}</a></li>', url, mark, label)


def families(children: list[dict]) -> list[dict]:
    """The entries of one first-level entry by family. `open`: unfolded, being in use or there being few."""
    groups: dict[str, list[dict]] = {"": []}
    for child in children:
        groups.setdefault(child.get("family", ""), []).append(child)
    few = len(children) <= FOLD_OVER
    return [
        {
            "label": label,
            "children": members,
            "active": (active := any(child["active"] for child in members)),
            "open": few or active,
        }
        for label, members in groups.items()
        if members
    ]
