"""The menu: families under their headings, the current place open, and nobody shown what they may not open."""

import pytest
from django.test import Client, RequestFactory

from supervision.desk import context
from supervision.ledgers.registry import all_ledgers, get

from . import factories as make

pytestmark = pytest.mark.django_db


def menu_at(path: str, role: str = "bureau_staff") -> dict[str, dict]:
    request = RequestFactory().get(path)
    request.user = make.user(role)
    return {item["label"]: item for item in context.menu(request)}


def entry(label: str, family: str = "", active: bool = False) -> dict:
    return {"label": label, "family": family, "active": active}


def test_entries_without_a_family_come_first_and_families_in_the_order_of_their_first():
    made = context.families([entry("甲", "乙族"), entry("乙", "甲族"), entry("丙"), entry("丁", "乙族")])
    shape = [(group["label"], [child["label"] for child in group["children"]]) for group in made]
    assert shape == [("", ["丙"]), ("乙族", ["甲", "丁"]), ("甲族", ["乙"])]


def test_of_many_entries_only_the_family_in_use_is_unfolded():
    many = [entry(f"台账{n}", f"族{n % 3}", active=n == 4) for n in range(context.FOLD_OVER + 1)]
    assert [(group["open"], group["active"]) for group in context.families(many)] == [
        (False, False),
        (True, True),
        (False, False),
    ]
    assert all(group["open"] for group in context.families(many[: context.FOLD_OVER]))


def test_every_ledger_of_the_menu_stands_in_it_once_below_its_heading():
    ledger = get("inspection-visits")
    menu = menu_at(ledger.record_url(1))
    item = menu["安全管理"]
    family = next(group for group in item["groups"] if group["active"])
    assert item["active"] and family["label"] == ledger.family == "监督检查" and family["open"]
    assert [child["label"] for child in family["children"] if child["active"]] == [ledger.label]
    shown = [
        child["url"] for each in menu.values() for group in each["groups"] for child in group["children"]
    ]
    shown += [each["url"] for each in menu.values() if not each["groups"]]
    person = make.user("bureau_staff")
    expected = [each.url for each in all_ledgers() if each.menu and each.may_view(person)]
    assert sorted(set(expected) - set(shown)) == [] and len(shown) == len(set(shown))


def test_the_page_draws_the_headings_and_marks_the_place():
    client = Client()
    client.force_login(make.user("bureau_staff"))
    html = client.get(get("hazards").url).content.decode()
    heading = html.index('<summary class="active">风险管控</summary>')
    place = html.index(f'<a href="{get("hazards").url}" class="active" aria-current="page">')
    assert heading < place < html.index("<summary>监督检查</summary>")
