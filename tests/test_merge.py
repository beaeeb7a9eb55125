"""Merging two rows that are one project, and undoing it."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from projects import services
from projects.models import Placement
from projects.services import merge_projects, resolve_project, standing, unmerge_project
from supervision.flows import perform, records
from supervision.flows.errors import LostRace
from supervision.flows.history import Actor, verify_chains
from supervision.flows.models import Event

from .factories import (
    COMMAND,
    candidacy,
    change,
    district,
    eligibility,
    organization,
    participation,
    project,
    section,
    user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return Actor.of(user(), "page")


@pytest.fixture
def pair():
    """宿连航道二期 and the row an old workbook brought in for it."""
    target = project(name="宿连航道二期", aliases=["宿连航道"], mode="waterway")
    source = project(
        name="宿连航道整治工程", aliases=["宿连二期"], mode="waterway", district=district("宿豫区")
    )
    return source, target


def again(record):
    return type(record).objects.get(pk=record.pk)


def refused(call, *args) -> str:
    before = Event.objects.count()
    with pytest.raises(ValidationError) as error:
        call(*args)
    assert Event.objects.count() == before
    return "；".join(error.value.messages)


# ------------------------------------------------------------------------------------------------------- names


def test_names_in_any_spelling(pair):
    source, target = pair
    assert resolve_project("宿连航道 第2期") == target
    assert resolve_project("「宿连航道」") == target
    assert resolve_project("宿连") is None and resolve_project(" ") is None


def test_only_what_one_sees_is_found(pair):
    office = organization("owner")
    stranger = user("owner", office)
    assert resolve_project("宿连航道", stranger) is None
    change(pair[1], owner=office)
    assert resolve_project("宿连航道", user("owner", office)) == pair[1]


# ----------------------------------------------------------------------------------------------------- merging


def test_everything_goes_over(pair, actor):
    source, target = pair
    bridge = section(source, code="SG-9")
    unit = participation(bridge, organization("contractor"))
    stands = candidacy(source, "XYB")
    site = candidacy(bridge, "PAGD-CITY")
    decided = eligibility(source, "XYB")
    of_site = eligibility(bridge, "PAGD-CITY")

    merged = merge_projects(source, target, actor, "同一项目的两条记录")

    assert merged.aliases == ["宿连航道", "宿连航道整治工程", "宿连二期"]
    assert again(source).merged_into == target and standing(again(source)) == target
    for row in (bridge, stands, site, decided, of_site):
        assert again(row).project == target
    assert again(unit).section == bridge
    assert resolve_project("宿连航道整治工程") == resolve_project("宿连二期") == target
    assert Placement.objects.get(project=source).district.name == "宿豫区"
    assert Placement.objects.get(project=target).district is None
    batch = Event.objects.filter(model="projects.project", object_id=source.pk).first().batch
    told = Event.objects.filter(batch=batch)
    assert told.count() == 7 and {(e.reason, e.actor_id, e.verb) for e in told} == {
        ("同一项目的两条记录", actor.user.pk, "merge")
    }
    assert list(verify_chains()) == []


def test_a_chain_of_merges_leads_to_its_end(pair, actor):
    source, target = pair
    last = project(name="航道总项目")
    merge_projects(source, target, actor, "同一项目")
    merge_projects(again(target), last, actor, "同一项目")
    assert standing(again(source)) == last and resolve_project("宿连二期") == last


def test_what_stands_in_the_way_is_named(pair, actor):
    source, target = pair
    for row in pair:
        section(row, code="SG-1")
        candidacy(row, "XYB", year=2025)
    eligibility(source, "SYJ", year=2026)
    eligibility(target, "SYJ", year=2026, eligible=False)
    said = refused(merge_projects, source, target, actor, "同一项目")
    assert "标段号“SG-1”" in said
    assert "2025年项羽杯挂牌的申报" in said
    assert "2026年省级交通优质工程奖挂牌符合条件认定不一致" in said
    assert again(source).merged_into is None and list(verify_chains()) == []


def test_what_the_database_refuses_is_named_too(pair, actor, monkeypatch):
    """Ledgers that this room does not know have unique columns of their own."""
    monkeypatch.setattr(services, "_check_clashes", lambda source, target: [])
    for row in pair:
        section(row, code="SG-1")
    assert "标段“宿连航道整治工程 SG-1”与“宿连航道二期”已有的重复" in refused(
        merge_projects, *pair, actor, "同一项目"
    )
    assert again(pair[0]).merged_into is None


def test_withdrawn_candidacies_do_not_stand_in_the_way(pair, actor):
    source, target = pair
    for row in pair:
        candidacy(row, "XYB", year=2025, withdrawn_on=date(2025, 5, 1))
    candidacy(target, "XYB", year=2025)
    merge_projects(source, target, actor, "同一项目")
    assert target.candidacies.count() == 3


def test_equal_decisions_leave_one_in_force(pair, actor):
    source, target = pair
    mine, theirs = eligibility(source, "XYB"), eligibility(target, "XYB")
    merge_projects(source, target, actor, "同一项目")
    assert again(mine).superseded_on and again(mine).project == source
    assert again(theirs).superseded_on is None
    assert unmerge_project(again(source), actor, "原来是两个项目") == []
    assert again(mine).superseded_on is None and list(verify_chains()) == []


def test_senseless_merges_are_refused(pair, actor):
    source, target = pair
    assert "它自己" in refused(merge_projects, source, source, actor, "同一项目")
    assert "理由" in refused(merge_projects, source, target, actor, " ")
    merge_projects(source, target, actor, "同一项目")
    other = project()
    assert "已并入" in refused(merge_projects, again(source), other, actor, "再并一次")
    assert "已并入" in refused(merge_projects, other, again(source), actor, "并入已并的")


def test_the_second_of_two_is_told(pair, actor):
    source, target = pair
    stale = again(target)
    change(target, remark="有人改过")
    with pytest.raises(LostRace):
        merge_projects(source, stale, actor, "同一项目")
    assert again(source).merged_into is None


# -------------------------------------------------------------------------------------------------- unmerging


def test_a_merge_can_be_undone(pair, actor):
    source, target = pair
    bridge = section(source, code="SG-9")
    stands = candidacy(source, "XYB")
    site = candidacy(bridge, "PAGD-CITY")
    merge_projects(source, target, actor, "同一项目")
    added = section(target, code="SG-10")
    change(again(target), aliases=[*again(target).aliases, "航道二期工程"])
    perform.perform(again(stands), "withdraw", actor, {"opinion": "不再申报"})
    since = eligibility(again(bridge), "PAGD-CITY")

    assert unmerge_project(again(source), actor, "原来是两个项目") == []

    assert again(source).merged_into is None and resolve_project("宿连二期") == source
    assert again(target).aliases == ["宿连航道", "航道二期工程"]
    for row in (bridge, stands, site, since):
        assert again(row).project == source
    assert again(stands).status == "withdrawn"
    assert again(added).project == target
    assert list(verify_chains()) == []


def test_what_cannot_go_back_is_said(pair, actor):
    source, target = pair
    bridge, gone = section(source, code="SG-9"), candidacy(source, "XYB")
    stands = candidacy(source, "SYJ", year=2025)
    merge_projects(source, target, actor, "同一项目")
    elsewhere = project(name="别的项目")
    change(bridge, project=elsewhere)
    records.delete(again(gone), COMMAND, reason="误建")
    candidacy(again(source), "SYJ", year=2025)

    said = "；".join(unmerge_project(again(source), actor, "原来是两个项目"))

    assert "宿连航道二期 2025年项羽杯挂牌" in said and "已被删除" in said
    assert "标段“别的项目 SG-9”的项目在合并后又有变动，未恢复" in said
    assert "与现有记录重复，未恢复" in said and again(stands).project == target
    assert again(bridge).project == elsewhere
    assert list(verify_chains()) == []


def test_a_name_taken_meanwhile_stops_the_unmerging(pair, actor):
    source, target = pair
    merge_projects(source, target, actor, "同一项目")
    change(again(target), aliases=["宿连航道"])
    project(name="新项目", aliases=["宿连二期"])
    assert "“新项目”" in refused(unmerge_project, again(source), actor, "原来是两个项目")
    assert again(source).merged_into == target


def test_only_the_last_merge_is_undone(pair, actor):
    source, target = pair
    stands = candidacy(source, "XYB")
    merge_projects(source, target, actor, "同一项目")
    unmerge_project(again(source), actor, "弄错了")
    assert "没有并入" in refused(unmerge_project, again(source), actor, "再撤一次")
    other = project(name="真正的同一项目")
    merge_projects(again(source), other, actor, "同一项目")
    assert again(stands).project == other
    assert unmerge_project(again(source), actor, "又弄错了") == []
    assert again(stands).project == source and again(other).aliases == []
    assert list(verify_chains()) == []
