"""Documents that each party owes: made once from the rule and the registry, handed in, checked, counted."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client

from projects.models import OwedDocument
from projects.owed import generating
from supervision.flows import perform, records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.papers.services import attach
from supervision.people.models import Role
from supervision.plan import facts, indicators
from supervision.plan.facts import Place, Span
from tests import factories
from tests.factories import COMMAND
from tests.safety import today_is

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 15)


@pytest.fixture
def works():
    """A project begun in March 2026 with its owner, a section with four parties, a county and a centre."""
    owner = factories.organization("owner")
    project = factories.project(start_on=date(2026, 3, 1), owner=owner)
    section = factories.section(project, start_on=date(2026, 4, 1))
    parties = {}
    for role in ("contractor", "supervisor", "designer", "laboratory"):
        parties[role] = factories.organization(role)
        factories.participation(section, parties[role], role)
    gone = factories.organization("contractor", is_active=False)
    factories.participation(section, gone, "contractor")
    county, centre = factories.organization("county"), factories.organization("centre")
    return SimpleNamespace(
        project=project, section=section, owner=owner, county=county, centre=centre, **parties
    )


def test_each_party_owes_its_own_once(works):
    assert generating.make_due(DAY, COMMAND) == 6 and generating.make_due(DAY, COMMAND) == 0
    rows = {row.kind: row for row in OwedDocument.objects.all()}
    found = {kind: (row.unit, row.section, row.due_by, row.checker) for kind, row in rows.items()}
    # Thirty days from the project's start, and from the section's.
    spring = date(2026, 5, 1)
    assert found == {
        "general_plan": (works.owner, None, date(2026, 3, 31), "authority"),
        "design_chapter": (works.designer, works.section, spring, "owner"),
        "implementation_plan": (works.contractor, works.section, spring, "owner"),
        "supervision_outline": (works.supervisor, works.section, spring, "owner"),
        "county_plan": (works.county, None, date(2024, 11, 25), "bureau"),
        "centre_plan": (works.centre, None, date(2024, 11, 25), "bureau"),
    }
    # Works that were at hand before the rule count from its first day; those handed over owe nothing new.
    project = records.update(works.project, {"start_on": date(2023, 1, 5)}, COMMAND)
    old = {row.kind: row.due_by for row in generating.expected(DAY, rows["general_plan"].rules)}
    assert old["general_plan"] == date(2024, 10, 26)
    records.update(project, {"handover_on": date(2026, 7, 1)}, COMMAND)
    assert {row.kind for row in generating.expected(DAY, rows["general_plan"].rules)} == {
        "county_plan",
        "centre_plan",
    }


def test_handed_in_by_its_unit_and_checked_by_the_owner(works):
    generating.make_due(DAY, COMMAND)
    document = OwedDocument.objects.get(kind="implementation_plan")
    people = {
        "contractor": factories.user(Role.CONTRACTOR, works.contractor),
        "owner": factories.user(Role.OWNER, works.owner),
        "supervisor": factories.user(Role.SUPERVISOR, works.supervisor),
    }

    def act(name: str, who: str, **data) -> OwedDocument:
        fresh = OwedDocument.objects.get(pk=document.pk)
        return perform.perform(fresh, name, Actor.of(people[who], "page"), data)

    with pytest.raises(FlowError):
        act("hand_in", "supervisor", title="方案", goals="all")
    with pytest.raises(ValidationError, match="缺少附件"):
        act("hand_in", "contractor", title="方案", goals="some")
    attach(document, ContentFile("方案".encode(), "方案.txt"), "文件", COMMAND)
    act("hand_in", "contractor", title="施工实施方案", goals="some")
    with pytest.raises(ValidationError, match="没有全部载明"):
        act("accept", "owner")
    act("send_back", "owner", opinion="补充廉洁工程目标")
    act("hand_in", "contractor", title="施工实施方案", goals="all")
    assert act("accept", "owner").status == "accepted"

    # An authority's plan is its own and its overseers', no party's.
    plan = OwedDocument.objects.get(kind="county_plan")
    county = factories.user(Role.COUNTY_STAFF, works.county)
    seers = [
        user
        for user in (*people.values(), county)
        if OwedDocument.objects.visible_to(user).filter(pk=plan.pk)
    ]
    assert seers == [county]


@pytest.fixture
def mid_july():
    with today_is(DAY):
        yield


def test_rates_by_hand(works, mid_july):
    """Of four documents of works, all due by 15 July, one is waived and one handed in: one of three."""
    generating.make_due(DAY, COMMAND)
    staff = factories.user(Role.BUREAU_STAFF)
    rows = {row.kind: row for row in OwedDocument.objects.all()}
    perform.perform(rows["design_chapter"], "waive", Actor.of(staff, "page"), {"opinion": "专篇并入施工图"})
    document = rows["implementation_plan"]
    attach(document, ContentFile("方案".encode(), "方案.txt"), "文件", COMMAND)
    contractor = factories.user(Role.CONTRACTOR, works.contractor)
    perform.perform(document, "hand_in", Actor.of(contractor, "page"), {"title": "方案", "goals": "all"})

    members = indicators.find("document.handed").function(indicators.Window(2026, DAY, 2026, 2026))
    assert (members.queryset.count(), members.queryset.filter(members.counted).count()) == (3, 1)
    # On the day it was due the contractor's was not in yet; only the owner's stood longer.
    early = indicators.find("document.handed").function(indicators.Window(2026, date(2026, 5, 1), 2026, 2026))
    assert early.queryset.filter(early.counted).count() == 0
    span, late = Span(date(2026, 1, 1), date(2026, 12, 31), DAY), facts.find("document.overdue")
    assert late.value(span, Place(project=works.project.pk)) == 2
    assert late.value(span, Place(organization=works.supervisor)) == 1
    assert facts.find("document.handed").value(Span(DAY, DAY)) == 1

    client = Client()
    client.force_login(staff)
    page = client.get("/owed-documents/figures/").content.decode()
    # With the plans of a county and a centre, due since 2024: one of five.
    assert "20.0%" in page and "100.0%" in page and works.contractor.name in page
    assert client.post("/owed-documents/make/").status_code == 302
    project = client.get(f"/projects/{works.project.pk}/").content.decode()
    assert "施工实施方案" in project
    client.force_login(contractor)
    assert client.post("/owed-documents/make/").status_code == 403
