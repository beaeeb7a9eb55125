"""How lists draw named records and offer many choices."""

import re

import pytest
from django.test import Client

from safety import rules
from supervision.ledgers import rows
from supervision.ledgers.registry import get

from . import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    client = Client()
    client.force_login(make.user("bureau_staff"))
    return client


def columns(slug: str, *keys: str):
    return [get(slug).column(key) for key in keys]


def test_a_section_beside_its_project_goes_by_its_code():
    section = make.section(make.project(name="宿连航道二期"), code="HD-7")
    candidacy = make.candidacy(section, "PAGD-CITY")
    ledger = get("candidacies")
    ((_, cell),) = [
        row.cells for row in rows.rows(ledger, [candidacy], columns("candidacies", "project", "section"))
    ]
    assert cell.html == f'<a href="{get("sections").record_url(section.pk)}">HD-7</a>'
    ((cell,),) = [row.cells for row in rows.rows(ledger, [candidacy], columns("candidacies", "section"))]
    assert ">宿连航道二期 HD-7<" in cell.html, "alone it bears its whole name"
    whole = make.candidacy(make.project())
    ((_, cell),) = [
        row.cells for row in rows.rows(ledger, [whole], columns("candidacies", "project", "section"))
    ]
    assert cell.html == ""


def test_a_value_is_asked_for_once(monkeypatch):
    candidacy = make.candidacy(make.project())
    ledger, asked = get("candidacies"), []
    column = next(c for c in ledger.columns if c.key not in ledger.form_fields and c.key != "status")
    real = type(column).value
    monkeypatch.setattr(
        type(column), "value", lambda self, record: asked.append(self.key) or real(self, record)
    )
    rows.facts(ledger, candidacy)
    assert asked.count(column.key) == 1 and len(asked) == len(set(asked))


def test_many_choices_unfold_from_one_line_and_are_kept(client):
    first, second = (word for word, _ in rules.categories()[:2])
    page = client.get("/hidden-dangers/", {"category": [first, second]}).content.decode()
    box = re.search(r'<details class="choice-box".*?</details>', page, re.S)[0]
    assert f"隐患类别：{first}、{second}" in box and box.count(" checked") == 2
    assert box.count('type="checkbox" name="category"') == len(rules.categories())
    # Without scripts it is a form of check boxes with a button; the narrowing box waits for them.
    assert "data-narrow hidden" in box and ">确定</button>" in box and "<select" not in box


def test_few_choices_stay_buttons(client):
    page = client.get("/hidden-dangers/").content.decode()
    assert 'name="grade" value="major"' in page and page.count("choice-box") == 1
