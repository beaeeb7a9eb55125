"""Indicators broken down by place and month: the same numbers as the plan's, and the very records behind each."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from projects.figures.breaking import Asked, offered, roads
from projects.models import Project, Section
from quality.models import Evaluation, QualityDefect
from safety.models import FeeAccount, IncidentMeasure
from supervision.people.models import User
from supervision.plan.indicators import COUNTED, DECIDED, UNDECIDED, Window, find, measure

from . import dividing, factories
from .safety import today_is

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_ways_from_a_model_to_its_places():
    assert vars(roads(Project)) == {"project": "", "section": None, "unit": None}
    assert vars(roads(Section)) == {"project": "project", "section": "", "unit": None}
    assert vars(roads(QualityDefect)) == {
        "project": "project",
        "section": "section",
        "unit": "responsible_unit",
    }
    assert vars(roads(Evaluation)) == {"project": "section__project", "section": "section", "unit": "unit"}
    assert roads(FeeAccount).unit == "contractor"
    assert vars(roads(IncidentMeasure)) == {
        "project": "incident__project",
        "section": "incident__section",
        "unit": "unit",
    }


def test_every_figure_of_the_issues_can_be_broken_down():
    codes = {known.code for known in offered()}
    assert codes >= {
        "quality.first_articles", "quality.concealed_images", "test.passed", "evaluation.first_pass",
        "defect.rectified", "quality.registered", "handover.passed", "fee.accrued", "fee.first_payment", "fee.used",
    }  # fmt: skip
    for code in codes:
        asked = Asked(factories.user(), find(code), 2026)
        assert {"district", "owner", "month"} <= set(asked.ways), code


@pytest.fixture
def judged():
    """Three sections of two owners; of their items judged in 2026 three of four passed at once."""
    first, second = factories.section(), factories.section()
    third = factories.section(first.project)
    with today_is(date(2026, 3, 10)):
        for section, outcomes in ((first, (True, False)), (second, (True,)), (third, (True,))):
            _, [[_, *items]] = dividing.tree(section, items=len(outcomes))
            for item, good in zip(items, outcomes, strict=True):
                dividing.judged(item, good=good)
    with today_is(date(2026, 4, 10)):
        yield first, second, third


@pytest.mark.parametrize("way", ["district", "owner", "unit", "section", "sector", "month"])
def test_the_lines_add_up_to_the_figure_of_the_plan(judged, way):
    user, known = factories.user(), find("evaluation.first_pass")
    asked = Asked(user, known, 2026)
    table = asked.table(way)
    groups = measure(known.members({}, Window(2026, date(2026, 4, 10), 2026, 2026)))
    sizes = {
        name: sum(len(g.ids) for g in groups if g.standing == name) for name in (COUNTED, UNDECIDED, DECIDED)
    }
    total = table.total
    assert sizes == {COUNTED: total.counted, UNDECIDED: total.undecided, DECIDED: total.decided}
    assert (total.counted, total.population, str(total.rate)) == (3, 4, "75.0")
    if way != "month":
        for line in table.lines:
            for standing, number in ((COUNTED, line.counted), ("", line.population)):
                assert asked.rows(way, line.place, standing).count() == number


def test_places_are_named_and_months_grow(judged):
    first, second, third = judged
    known = find("evaluation.first_pass")
    asked = Asked(factories.user(), known, 2026)
    sections = {line.label: (line.counted, line.population) for line in asked.table("section").lines}
    assert sections == {
        f"{first.project.name} {first.code}": (1, 2),
        f"{second.project.name} {second.code}": (1, 1),
        f"{third.project.name} {third.code}": (1, 1),
    }
    months = [(line.label, line.population) for line in asked.table("month").lines]
    assert months == [("1月", 0), ("2月", 0), ("3月", 4), ("4月", 4)]
    # A unit sees its own.
    contractor, _ = dividing.people(second)
    assert Asked(contractor.user, known, 2026).table("section").total.population == 1


def test_by_unit_where_the_record_has_no_unit_of_its_own_is_by_the_registry(judged):
    first, second, _ = judged
    for section in Section.objects.all():
        dividing.put(section, start_on=date(2025, 1, 1), kind="construction")
    table = Asked(factories.user(), find("quality.registered"), 2026).table("unit")
    contractor, _ = dividing.people(second)
    assert contractor.user.organization.name in {line.label for line in table.lines}


def test_the_page_its_lists_and_its_sheet(judged):
    first, *_ = judged
    client = client_of(factories.user())
    query = {"code": "evaluation.first_pass", "year": "2026", "by": "section"}
    page = client.get(reverse("figures"), query).content.decode()
    assert first.code in page and "75.0" in page
    behind = client.get(reverse("figures_list"), query | {"place": str(first.pk), "list": "decided"})
    assert '共 <strong class="number">1</strong> 条' in behind.content.decode()
    book = client.get(reverse("figures"), query | {"format": "xlsx"})
    sheet = openpyxl.load_workbook(BytesIO(book.content)).active
    assert sheet["A1"].value == "一次验收合格率（2026年，按标段）"
    assert [cell.value for cell in sheet[8]][:5] == ["合计", "4", "3", "0", "75.0"]
    assert client.get(reverse("figures_list"), query | {"place": "x"}).status_code == 404
    assert client.get(reverse("figures"), {"code": "none"}).status_code == 404


def test_every_indicator_answers_every_way_with_few_statements(django_assert_max_num_queries):
    user = factories.user()
    for known in offered():
        asked = Asked(user, known, 2026)
        for way in asked.ways:
            with django_assert_max_num_queries(30 if way == "month" else 6):
                asked.table(way)
