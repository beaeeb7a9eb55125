"""Camps: distances from heights, fire clauses from ten sleepers on, leaving without asking; training; activities."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.utils import timezone

from safety.models import CampNeighbour, SafetyActivity, Training
from safety.site import clauses, distances
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.perform import perform, waiting_for
from supervision.ledgers.registry import get
from supervision.people.models import User

from . import factories, safety, siting
from .siting import act

with open("safety/data/site.yaml", encoding="utf-8") as file:
    RULES = {row["code"]: row["content"] for row in yaml.safe_load(file)["rules"]}
DISTANCES = RULES["camp-distances"]
FIRE = {"ZD-4", "ZD-5"}


@pytest.mark.parametrize(
    ("kind", "height", "metres"),
    [
        ("crane", "40", "45.00"),
        ("silo", "18.5", "21.50"),
        ("slope", "12", "12.00"),
        ("power_line", None, "10.00"),
        ("crane", None, None),
        ("nothing", "9", None),
    ],
)
def test_how_far_it_has_to_be(kind, height, metres):
    found = distances.required(DISTANCES, kind, Decimal(height) if height else None)
    assert found == (Decimal(metres) if metres else None)


@pytest.fixture
def site():
    return safety.site()


def neighbour(site, camp, **facts) -> CampNeighbour:
    facts = {"kind": "crane", "name": "塔吊", "height": "40", "distance": "45"} | facts
    return records.create(CampNeighbour(camp=camp, **facts), site.actor("contractor"))


@pytest.mark.django_db
@pytest.mark.parametrize(("sleepers", "asked"), [(0, set()), (9, set()), (10, FIRE), (11, FIRE)])
def test_sprinkler_and_smoke_detectors_from_ten_sleepers_on(site, sleepers, asked):
    camp = siting.camp(site, sleepers)
    codes = set(clauses.rows_of(camp).values_list("code", flat=True))
    assert codes & FIRE == asked
    assert codes | FIRE == {row["code"] for row in RULES["camp-clauses"]["clauses"]}


@pytest.mark.django_db
def test_a_camp_is_used_only_when_everything_is_met_and_far_enough(site):
    camp = siting.camp(site, 12)
    with pytest.raises(ValidationError, match="还有8条"):
        act(site, camp, "approve", "supervisor")
    siting.meet(site, camp)
    near = neighbour(site, camp, distance="44.99")
    assert (near.required, near.enough) == (Decimal("45.00"), False)
    with pytest.raises(ValidationError, match="距离不足：塔吊"):
        act(site, camp, "approve", "supervisor")
    near = act(site, near, "raise", "supervisor", opinion="调整塔吊位置")
    assert "44.99m，所需45.00m" in near.danger.description and near.danger.category == "场地设置"
    near = records.update(near, {"distance": Decimal("45")}, site.actor("contractor"))
    assert near.enough and near.danger is None
    camp = act(site, camp, "approve", "supervisor")
    assert (camp.status, camp.opened_on) == ("open", timezone.localdate())


@pytest.mark.django_db
def test_what_topples_needs_a_height(site):
    with pytest.raises(ValidationError) as raised:
        neighbour(site, siting.camp(site), height=None)
    assert set(raised.value.error_dict) == {"height"}


@pytest.mark.django_db
def test_more_sleepers_are_looked_at_anew(site):
    camp = siting.camp(site, 9)
    siting.meet(site, camp)
    camp = act(site, act(site, camp, "approve", "supervisor"), "recheck", "contractor")
    camp = records.update(camp, {"sleepers": 10}, site.actor("contractor"))
    camp = act(site, camp, "submit", "contractor")
    assert set(clauses.rows_of(camp).values_list("round", "status")) == {(2, "open")}
    assert set(clauses.rows_of(camp).values_list("code", flat=True)) > FIRE
    with pytest.raises(ValidationError, match="还有8条"):
        act(site, camp, "approve", "supervisor")


@pytest.mark.django_db(transaction=True)
def test_the_whistle_asks_nobody_and_is_heard_at_once(site):
    camp = siting.camp(site, 30)
    siting.meet(site, camp)
    bureau = User.objects.get(pk=site.people["bureau_staff"].pk)
    camp = act(site, act(site, camp, "approve", "supervisor"), "evacuate", "contractor", opinion="山洪预警")
    left = camp.evacuations.get()
    assert camp.evacuated_since == left.ordered_at
    assert (left.reason, left.ordered_by, left.status) == (
        "山洪预警",
        site.people["contractor"].name,
        "leaving",
    )
    assert Notice.objects.filter(user=bureau, model="safety.camp", object_id=camp.pk, is_red=True).exists()
    with pytest.raises(Exception, match="不适用"):
        act(site, camp, "evacuate", "contractor")
    assert waiting_for(type(left), site.people["contractor"]).filter(pk=left.pk).exists()
    left = act(site, left, "confirm_out", "contractor", people=30)
    assert left.cleared_at and left.people == 30
    with pytest.raises(NotAllowed):
        act(site, left, "return_back", "contractor")
    left = act(site, left, "return_back", "supervisor", opinion="水退，房屋无损")
    camp.refresh_from_db()
    assert left.returned_at and camp.evacuated_since is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("attended", "made_up", "wrong"),
    [(10, 0, None), (8, 2, None), (11, 0, "attended"), (8, 3, "made_up")],
)
def test_attendance_adds_up(site, attended, made_up, wrong):
    facts = {"kind": "entry", "topic": "三级教育", "lecturer": "甲", "expected": 10}
    row = Training(section=site.section, attended=attended, made_up=made_up, **facts)
    if wrong is None:
        made = records.create(row, site.actor("contractor"))
        assert made.rate == Decimal("100.0")
        return
    with pytest.raises(ValidationError) as raised:
        records.create(row, site.actor("contractor"))
    assert set(raised.value.error_dict) == {wrong}


@pytest.mark.django_db
def test_training_of_another_sections_work_or_of_tomorrow_is_refused(site):
    other = siting.work(safety.site())
    tomorrow = timezone.localdate() + timedelta(days=1)
    facts = {"kind": "disclosure", "topic": "交底", "lecturer": "甲", "expected": 1, "attended": 1}
    with pytest.raises(ValidationError) as raised:
        records.create(
            Training(section=site.section, work=other, held_on=tomorrow, **facts), site.actor("contractor")
        )
    assert set(raised.value.error_dict) == {"work", "held_on"}


@pytest.mark.django_db
def test_what_is_for_everybody_is_the_authoritys(site):
    bureau, contractor = site.people["bureau_staff"], site.people["contractor"]
    stranger = factories.user("contractor", factories.organization("contractor"))
    day = timezone.localdate()
    facts = {"title": "知识竞赛", "kind": "contest", "planned_on": day, "organizer": bureau.organization}
    public = records.create(SafetyActivity(**facts), site.actor("bureau_staff"))
    own = SafetyActivity(**facts | {"title": "警示教育", "project": site.section.project})
    own = records.create(own, site.actor("contractor"))
    seen = {
        name: set(SafetyActivity.objects.visible_to(user).values_list("title", flat=True))
        for name, user in (("contractor", contractor), ("stranger", stranger))
    }
    assert seen == {"contractor": {"知识竞赛", "警示教育"}, "stranger": {"知识竞赛"}}
    ledger = get("safety-activities")
    assert ledger.may_edit(own, contractor) and ledger.may_edit(public, bureau)
    assert not ledger.may_edit(public, contractor)
    with pytest.raises(NotAllowed, match="主管部门登记"):
        ledger.check_reach([public], contractor)
    given = {"held_on": str(day), "participants": "80"}
    with pytest.raises(Exception, match="不适用"):
        perform(public, "hold", site.actor("contractor"), given)
    assert perform(public, "hold", site.actor("bureau_staff"), given).status == "held"
