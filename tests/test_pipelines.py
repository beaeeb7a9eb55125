"""Pipelines: no step before the former; neighbours: what reaches the alarm becomes a danger."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from safety.models import HiddenDanger, Neighbour, NeighbourReading
from supervision.flows import records
from supervision.flows.errors import IllegalTransition

from . import safety
from .factories import COMMAND
from .incidents import pipeline
from .safety import paper, today_is

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 6)
STEPS = (
    ("survey", "contractor", "探查成果", {"survey": "人工探沟", "depth": "1.2"}),
    ("agree", "contractor", "权属单位意见", {"agreement": "同意"}),
    ("protect", "contractor", "保护照片", {"protection": "悬吊保护"}),
    ("clear", "supervisor", "", {"opinion": "已核查"}),
    ("restore", "contractor", "", {}),
)


@pytest.fixture
def site():
    return safety.site()


def test_no_step_is_recorded_before_the_former(site):
    made = pipeline(site.section)
    with today_is(DAY):
        for at, (name, role, kind, given) in enumerate(STEPS):
            for later, who, _, data in STEPS[at + 1 :]:
                with pytest.raises(IllegalTransition):
                    site.act(made, later, who, **data)
            if kind:
                with pytest.raises(ValidationError, match=f"缺少附件：{kind}"):
                    site.act(made, name, role, **given)
                paper(made, kind)
            made = site.act(made, name, role, **given)
    assert made.status == "restored"
    assert made.surveyed_on == made.agreed_on == made.protected_on == made.cleared_on == DAY


def brought_to(site, steps: int):
    made = pipeline(site.section)
    for name, role, kind, given in STEPS[:steps]:
        if kind:
            paper(made, kind)
        made = site.act(made, name, role, **given)
    return made


def test_a_day_before_that_of_the_former_step_is_refused(site):
    with today_is(DAY):
        made = brought_to(site, 1)
        paper(made, "权属单位意见")
        with pytest.raises(ValidationError) as told:
            site.act(made, "agree", "contractor", agreement="同意", agreed_on=DAY - timedelta(days=1))
    assert "agreed_on" in told.value.message_dict


def test_protection_sent_back_is_protected_anew(site):
    with today_is(DAY):
        made = brought_to(site, 3)
        made = site.act(made, "return_protection", "supervisor", opinion="悬吊不牢")
        assert (made.status, made.protected_on, made.returned) == ("agreed", None, 1)
        with pytest.raises(IllegalTransition):
            site.act(made, "clear", "supervisor", opinion="可以")


@pytest.mark.parametrize(
    ("value", "alarmed"), [("19.99", False), ("20", True), ("-20", True), ("-19.99", False)]
)
def test_a_reading_that_reaches_the_alarm_becomes_a_danger(site, value, alarmed):
    facts = {"kind": "house", "name": "民房", "distance": Decimal(8), "protection": "隔离桩"}
    facts |= {"watched": "沉降（mm）", "alarm": Decimal(20)}
    place = {"project": site.section.project, "section": site.section}
    house = records.create(Neighbour(**place, **facts), COMMAND)
    reading = NeighbourReading(neighbour=house, read_on=DAY, value=Decimal(value))
    with today_is(DAY):
        reading = records.create(reading, site.actor("contractor"))
    assert reading.alarmed is alarmed
    assert HiddenDanger.objects.filter(pk=reading.danger_id).exists() is alarmed
    if alarmed:
        assert value in reading.danger.description and reading.danger.section == site.section
