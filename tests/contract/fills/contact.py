"""Contact and service: contact points, meetings, experience, publicity."""

from __future__ import annotations

from datetime import date

from integrity.models import ContactPoint, Experience, MeetingShow, Publicity, WorkMeeting
from supervision.people.models import Organization
from tests.contract.world import COLUMN_OF, Side, Values, fills, make

COLUMN_OF |= {ContactPoint: "unit", Experience: "unit", Publicity: "unit"}


@fills(ContactPoint)
def _(side: Side, number: int, given: Values) -> Values:
    office = {} if "office" in given else {"office": make(Organization, side, kind="office")}
    return {"since": date(2024, 3, 4)} | office


@fills(WorkMeeting)
def _(side: Side, number: int, given: Values) -> Values:
    # The bureau's own, so that somebody holds it.
    bureau = {} if "unit" in given else {"unit": Organization.objects.get(name="契约市局")}
    return {"planned_on": date(2024, 3, 4)} | bureau


@fills(MeetingShow)
def _(side: Side, number: int, given: Values) -> Values:
    if "project" in given:
        return {}
    return {} if "meeting" not in given else {"project": make(type(side.project), side)}


@fills(Experience)
def _(side: Side, number: int, given: Values) -> Values:
    return {"content": f"第{number}项做法"}


@fills(Publicity)
def _(side: Side, number: int, given: Values) -> Values:
    return {"published_on": date(2024, 3, 4)}
