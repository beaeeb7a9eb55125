"""Contact and service: visits under a contact point, meetings in one's own name, experience for all, and their facts."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from integrity.models import Experience, MeetingShow, Publicity, ServiceVisit, WorkMeeting
from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people.models import Role
from supervision.plan import facts
from supervision.plan.facts import Place, Span
from tests import factories, sharing
from tests.factories import COMMAND

pytestmark = pytest.mark.django_db
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))


def value(code: str, **place) -> int:
    return facts.find(code).value(YEAR, Place(**place))


def test_a_visit_belongs_to_its_contact_point():
    point = sharing.contact_point()
    told = {"visited_on": date(2026, 3, 4), "visitors": 2, "topic": "走访", "office": point.office}
    with pytest.raises(ValidationError, match="不是被走访单位"):
        other = factories.organization("contractor")
        records.create(ServiceVisit(unit=other, point=point, **told), COMMAND)
    records.create(ServiceVisit(unit=point.unit, point=point, **told), COMMAND)
    records.create(ServiceVisit(unit=point.unit, **told), COMMAND)
    assert (value("contact.visits"), value("service.visits"), value("contact.points")) == (1, 2, 1)
    assert value("contact.visits", organization=point.unit) == 1
    records.update(point, {"until": date(2026, 1, 31)}, COMMAND)
    later = Span(date(2026, 2, 1), date(2026, 12, 31))
    assert facts.find("contact.points").value(later) == 0
    client = Client()
    client.force_login(factories.user(Role.BUREAU_STAFF))
    assert "走访" in client.get(f"/contact-points/{point.pk}/").content.decode()


def test_a_meeting_is_held_by_the_office_that_announced_it():
    county = factories.user(Role.COUNTY_STAFF)
    other = factories.user(Role.COUNTY_STAFF)
    client = Client()
    client.force_login(county)
    sent = {"kind": "view", "title": "现场观摩", "planned_on": "2026-05-06", "unit": other.organization.pk}
    assert client.post("/work-meetings/new/", sent).status_code == 302
    meeting = WorkMeeting.objects.get()
    assert meeting.unit == county.organization
    told = {"held_on": "2026-05-07", "people": 60, "units": 12}
    with pytest.raises(NotAllowed):
        perform(meeting, "hold", Actor.of(other, "page"), told)
    assert value("meeting.held") == 0
    perform(meeting, "hold", Actor.of(county, "page"), told)
    records.create(MeetingShow(meeting=meeting, project=factories.project(), content="首件工程"), COMMAND)
    assert (value("meeting.held"), value("meeting.viewed"), value("meeting.people")) == (1, 1, 60)
    assert value("meeting.held", district=other.organization.district_id) == 0


def test_experience_is_for_everybody_once_it_is_published():
    unit, staff, stranger = (
        factories.user(role) for role in (Role.OWNER, Role.BUREAU_STAFF, Role.CONTRACTOR)
    )
    mine = Experience(unit=unit.organization, title="首件样板", kind="quality", content="做法")
    mine = records.create(mine, Actor.of(unit, "page"))
    mine = perform(mine, "submit", Actor.of(unit, "page"))
    assert not Experience.objects.visible_to(stranger).exists()
    mine = perform(mine, "publish", Actor.of(staff, "page"), {"level": "province"})
    assert Experience.objects.visible_to(stranger).exists()
    span = Span(mine.published_on, mine.published_on)
    assert facts.find("experience.published").value(span) == 1
    perform(mine, "take_down", Actor.of(staff, "page"), {"opinion": "重复"})
    assert facts.find("experience.published").value(span) == 0 and not Experience.objects.visible_to(stranger)


def test_publicity_is_counted_by_level_and_its_address_is_one():
    unit = factories.organization("owner")
    sharing.publicity(unit=unit)
    sharing.publicity(unit=unit, level="province", published_on=date(2025, 12, 31))
    sharing.publicity(level="nation")
    counted = (
        value("publicity.published"),
        value("publicity.above"),
        value("publicity.above", organization=unit),
    )
    assert counted == (2, 1, 0)
    with pytest.raises(ValidationError) as told:
        sharing.publicity(link="javascript:alert(1)")
    assert "link" in told.value.message_dict and Publicity.objects.count() == 3
