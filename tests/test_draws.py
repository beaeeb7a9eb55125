"""Random draws in the portal: rosters, recusal, commitment, tasks, the record and its check."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import Project
from safety.draws import rosters
from safety.draws.drawing import record_of
from safety.models import HiddenDanger, InspectionTask, Inspector, RandomDraw, Recusal
from supervision.flows import records
from supervision.flows.perform import perform
from supervision.people import history_guard
from supervision.rules import draw as lots

from . import factories, safety
from .factories import COMMAND
from .inspecting import hazard, put
from .sectors import enterprise

pytestmark = pytest.mark.django_db


@pytest.fixture
def sites():
    return [safety.site(start_on=timezone.localdate() - timedelta(days=30)) for _ in range(4)]


@pytest.fixture
def staff():
    return safety.Actor.of(factories.user("bureau_staff"), "page")


@pytest.fixture
def people():
    office = factories.organization("enforcement")
    return [records.create(Inspector(name=f"检查员{n}", organization=office), COMMAND) for n in range(4)]


def draft(**facts) -> RandomDraw:
    facts = {
        "title": "第一次抽查",
        "year": 2026,
        "number": 2,
        "due_by": timezone.localdate() + timedelta(days=20),
    } | facts
    return records.create(RandomDraw(**facts), COMMAND)


def committed(staff, **facts) -> RandomDraw:
    return perform(draft(**facts), "commit", staff, {"seed_source": "公开摇奖号码"})


def drawn(staff, **facts) -> RandomDraw:
    return perform(committed(staff, **facts), "draw", staff, {"seed_text": "3 7 9"})


def test_the_rosters_are_fixed_before_the_seed(sites, people, staff):
    draw = committed(staff)
    assert draw.status == "committed" and draw.result == []
    assert draw.commitment == lots.fingerprint(draw.rosters)
    assert [row["key"] for row in draw.rosters["objects"]] == [
        rosters.object_key(site.section.pk) for site in sites
    ]
    assert draw.rosters["nonce_sha256"] == lots.sha256(draw.nonce) and draw.nonce not in json.dumps(
        draw.rosters
    )
    # What is secret until the draw is in no history.
    told = json.dumps([event.changes for event in records.events_of(draw)])
    assert draw.nonce not in told
    # What happens in the registry afterwards no longer matters.
    factories.change(people[0], is_active=False)
    done = perform(draw, "draw", staff, {"seed_text": " 3 7 9 "})
    assert len(done.rosters["inspectors"]) == 4
    assert done.result == lots.assign(done.rosters, lots.seed_of(draw.commitment, draw.nonce, "3 7 9"))


def test_tasks_come_of_the_draw(sites, people, staff):
    draw = drawn(staff)
    tasks = list(draw.tasks.order_by("pk"))
    names = {rosters.inspector_key(one.pk): one.name for one in people}
    assert [(rosters.object_key(t.section_id), t.inspectors) for t in tasks] == [
        (row["object"], [names[key] for key in row["inspectors"]]) for row in draw.result
    ]
    assert {(t.kind, t.status, t.due_by) for t in tasks} == {("random", "assigned", draw.due_by)}
    assert InspectionTask.objects.count() == 2


def test_recusal_registered_past_and_ended(sites, people, staff):
    """By project, by unit, by a former post there; an ended recusal no longer counts."""
    mine = [rosters.object_key(site.section.pk) for site in sites]
    records.create(Recusal(inspector=people[0], project=sites[0].section.project, reason="亲属"), COMMAND)
    records.create(
        Recusal(inspector=people[1], organization=sites[1].unit("supervisor"), reason="曾任职"), COMMAND
    )
    ended = {
        "since": timezone.localdate() - timedelta(days=9),
        "until": timezone.localdate() - timedelta(days=1),
    }
    records.create(
        Recusal(inspector=people[0], project=sites[1].section.project, reason="已满", **ended), COMMAND
    )
    former = factories.user("contractor", sites[2].unit("contractor"))
    membership = former.memberships.get()
    factories.change(
        membership,
        until=timezone.localdate() - timedelta(days=400),
        since=timezone.localdate() - timedelta(days=900),
    )
    factories.change(people[2], user=former)
    found = {row["name"]: row["recused"] for row in rosters.build(draft())["inspectors"]}
    assert found == {"检查员0": [mine[0]], "检查员1": [mine[1]], "检查员2": [mine[2]], "检查员3": []}
    draw = drawn(staff, number=4, title="再抽")
    away = {row["key"]: set(row["recused"]) for row in draw.rosters["inspectors"]}
    assert all(row["object"] not in away[who] for row in draw.result for who in row["inspectors"])


def test_too_few_inspectors_are_said_before_publishing(sites, people, staff):
    for one in people[:3]:
        records.create(Recusal(inspector=one, project=sites[0].section.project, reason="亲属"), COMMAND)
    draw = draft()
    with pytest.raises(ValidationError, match="可派的检查人员只有1人"):
        perform(draw, "commit", staff, {"seed_source": "公开"})
    draw.refresh_from_db()
    assert draw.status == "draft" and not draw.commitment
    with pytest.raises(ValidationError, match="不足抽取9个"):
        perform(draft(number=9, title="多抽"), "commit", staff, {"seed_source": "公开"})


def test_weights_follow_risk_and_credit(sites, people):
    put(hazard(sites[0].section), status="controlled", level="major")
    late = sites[1].graded(deadline=timezone.localdate())
    put(late, deadline=timezone.localdate() - timedelta(days=5))
    name = sites[2].unit("contractor").name
    draw = draft(weighted=True, credit={name: "3"})
    found = {row["key"]: (row["weight"], row["reasons"]) for row in rosters.build(draw)["objects"]}
    keys = [rosters.object_key(site.section.pk) for site in sites]
    assert [found[key][0] for key in keys] == [5, 3, 4, 1]
    assert found[keys[0]][1] == ["基数1", "重大风险4"]
    even = rosters.build(draft(title="等概率"))["objects"]
    assert {row["weight"] for row in even} == {1}


@pytest.mark.parametrize("credit", [{"甲": "-1"}, {"甲": "1.5"}, {"甲": "11"}, {"甲": "多"}, {"甲": True}])
def test_credit_is_a_small_whole_number(credit):
    with pytest.raises(ValidationError):
        draft(credit=credit)


def test_a_roster_changed_after_publishing_is_found(sites, people, staff, capsys):
    draw = committed(staff)
    call_command("verify_draw", str(draw.pk))
    assert "尚未抽取" in capsys.readouterr().out
    changed = json.loads(json.dumps(draw.rosters))
    changed["objects"][0]["weight"] = 7
    with history_guard.writer():
        RandomDraw._base_manager.filter(pk=draw.pk).update(rosters=changed)
    with pytest.raises(CommandError, match="名单在公布后被改动"):
        call_command("verify_draw", str(draw.pk))
    with pytest.raises(ValidationError, match="名单在公布后被改动"):
        perform(RandomDraw.objects.get(pk=draw.pk), "draw", staff, {"seed_text": "3 7 9"})
    assert not InspectionTask.objects.exists()


def test_the_record_is_the_same_by_number_file_and_page(sites, people, staff, tmp_path, capsys):
    draw = drawn(staff)
    call_command("verify_draw", str(draw.pk))
    assert draw.commitment in capsys.readouterr().out
    client = Client()
    client.force_login(staff.user, backend="django.contrib.auth.backends.ModelBackend")
    file = tmp_path / "draw.json"
    file.write_bytes(client.get(reverse("draw_file", args=[draw.pk])).content)
    call_command("verify_draw", str(file))
    page = client.get(reverse("draw_record", args=[draw.pk])).content.decode()
    assert "刚才按本记录重新抽取，结果一致" in page and draw.nonce in page
    changed = [dict(row) for row in draw.result]
    changed[0]["inspectors"] = changed[0]["inspectors"][::-1]
    with history_guard.writer():
        RandomDraw._base_manager.filter(pk=draw.pk).update(result=changed)
    assert "结果与记录不同" in client.get(reverse("draw_record", args=[draw.pk])).content.decode()
    with pytest.raises(CommandError, match="结果与记录不同"):
        call_command("verify_draw", str(draw.pk))


def test_the_nonce_stays_secret_until_the_draw(sites, people, staff):
    draw = committed(staff)
    client = Client()
    client.force_login(staff.user, backend="django.contrib.auth.backends.ModelBackend")
    for url in (
        reverse("draw_record", args=[draw.pk]),
        reverse("draw_file", args=[draw.pk]),
        reverse("random-draws:detail", args=[draw.pk]),
        reverse("random-draws:history", args=[draw.pk]),
        f"/api/random-draws/{draw.pk}/",
    ):
        answer = client.get(url)
        assert answer.status_code == 200 and draw.nonce not in answer.content.decode(), url


def test_units_and_drafts_have_no_record(sites, people, staff):
    draw = draft()
    client = Client()
    client.force_login(staff.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("draw_record", args=[draw.pk])).status_code == 404
    client.force_login(sites[0].people["contractor"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("draw_record", args=[draw.pk])).status_code == 403


def test_only_sections_at_work_in_the_area_are_drawn(sites, people):
    other = factories.district()
    factories.change(sites[0].section, end_on=timezone.localdate() - timedelta(days=1))
    factories.change(sites[1].section.project, district=other)
    keys = [row["key"] for row in rosters.build(draft())["objects"]]
    assert rosters.object_key(sites[0].section.pk) not in keys and len(keys) == 3
    of_district = rosters.build(draft(title="县区", district=other))["objects"]
    assert [row["key"] for row in of_district] == [rosters.object_key(sites[1].section.pk)]


def test_of_a_sector_without_works_its_enterprises_and_routes_are_drawn(staff, people, sites):
    """Two ports and no section; an inspector who once worked for one of them keeps away from it, an open major danger
    weighs. The draw can be repeated, and its tasks are the ports'."""
    first, second = (Project.objects.get(pk=enterprise().pk) for _ in range(2))
    Project.objects.get(pk=enterprise("carrier", "road_transport").pk)
    before = factories.user("enterprise", first.owner)
    records.update(people[0], {"user": before}, COMMAND)
    facts = {"part": "2号泊位", "description": "系船柱松动", "project": second}
    put(records.create(HiddenDanger(**facts), COMMAND), grade="major", status="rectifying")
    draw = drawn(staff, mode="port", number=2, weighted=True)
    listed = {row["name"]: row for row in draw.rosters["objects"]}
    assert set(listed) == {first.name, second.name}
    assert listed[second.name]["weight"] > listed[first.name]["weight"]
    away = {row["name"]: row["recused"] for row in draw.rosters["inspectors"]}
    assert away["检查员0"] == [f"object:{first.pk:09d}"] and away["检查员1"] == []
    assert lots.problems(record_of(draw)) == []
    tasks = InspectionTask.objects.filter(draw=draw)
    assert {(task.project_id, task.section_id) for task in tasks} == {(first.pk, None), (second.pk, None)}
    of_first = next(task for task in tasks if task.project_id == first.pk)
    assert "检查员0" not in of_first.inspectors
