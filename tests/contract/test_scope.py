"""A record on the other side is nowhere: not by its address, in no list, count, search, export, pick list or file."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import TestCase
from django.urls import reverse

from projects.models import Candidacy, Participation, Project, Section
from supervision.desk import notices
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.reach import label_of
from supervision.ledgers.natural import has_text
from supervision.papers import services as papers
from supervision.people.models import Organization
from tests.factories import COMMAND

from .conftest import nothing_drawn
from .world import LEDGERS, PEOPLE, SIGNED_IN, WHOLE, column_of, edits, is_own, make, sees

SCOPED = [ledger for ledger in LEDGERS if column_of(ledger.model) != "public"]
each_scoped = {"argnames": "ledger", "argvalues": SCOPED, "ids": [ledger.slug for ledger in SCOPED]}
# One for each way in which a person's view is bounded.
BOUNDED = ("centre_a", "county_a", "owner_a", "contractor_a")
PARTS = ("contractor_a", "supervisor_a", "designer_a", "laboratory_a")


def page_bytes(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize(**each_scoped)
def test_the_queryset_is_what_the_table_of_people_says(world, ledger):
    wrong, rows = [], {side: world.record(ledger, side).pk for side in world.sides}
    for name in [*SIGNED_IN, "disabled"]:
        seen = ledger.model.objects.visible_to(world.user(name)).filter(pk__in=rows.values())
        found = set(seen.values_list("pk", flat=True))
        for side, pk in rows.items():
            if (pk in found) != sees(name, ledger.model, side):
                wrong.append(f"{name} {'sees' if pk in found else 'does not see'} the row on side {side}")
    assert not wrong, f"{ledger.slug}: {wrong}"


@pytest.mark.divided
@pytest.mark.parametrize(**each_scoped)
def test_the_other_side_is_nowhere(world, ledger):
    """Every address with the stranger's record, and every list that could name it."""
    record = world.record(ledger, "B")
    text, slug, pk = str(record), ledger.slug, record.pk
    names = [n for n in BOUNDED if PEOPLE[n].role in ledger.view_roles and not sees(n, ledger.model, "B")]
    for name in in_turn(ledger, names):
        client = world.client(name)
        with nothing_drawn():
            gone(client, ledger, pk, name)
        listed = client.get(f"/api/{slug}/?page_size=200").json()
        assert pk not in [row["id"] for row in listed["results"]], name
        assert listed["count"] == ledger.queryset(world.user(name)).count()
        for query in (f"?q={text[:30]}", "?page_size=50"):
            assert ledger.record_url(pk) not in client.get(ledger.url + query).content.decode(), (name, query)
        assert ledger.record_url(pk) not in client.get(reverse(f"{slug}:print")).content.decode()
        if has_text(ledger.model):
            answer = client.get(reverse("pick", args=[label_of(ledger.model)]), {"q": text[:30]})
            assert text not in answer.content.decode()


def in_turn(ledger, names: list[str]) -> list[str]:
    """One of several people, in turn from ledger to ledger: whose rows are whose is asked for everybody above, and
    here every kind of address is seen to keep to it. WHOLE=1 takes them all."""
    return names if WHOLE or not names else [names[LEDGERS.index(ledger) // 2 % len(names)]]


def gone(client, ledger, pk: int, name: str) -> None:
    """Whatever is asked about the record: it is not there."""
    slug = ledger.slug
    addresses = [reverse(f"{slug}:{view}", args=[pk]) for view in ("detail", "edit", "history")]
    addresses += [f"/api/{slug}/{pk}/"] + ([f"/api/{slug}/{pk}/history/"] if ledger.keeps_history else [])
    for url in addresses:
        assert client.get(url).status_code == 404, (name, url)
    for view in ("edit", "attach"):
        assert client.post(reverse(f"{slug}:{view}", args=[pk]), {}).status_code == 404, (name, view)
    if ledger.edit_roles:
        answer = client.patch(f"/api/{slug}/{pk}/", "{}", content_type="application/json")
        assert answer.status_code == 404
        assert set(answer.json()) == {"code", "message"}
    for transition in in_turn(ledger, list(ledger.flow.transitions)) if ledger.flow else ():
        url = reverse(f"{slug}:do", args=[pk, transition.name])
        assert (client.get(url).status_code, client.post(url).status_code) == (404, 404)
        assert client.post(f"/api/{slug}/{pk}/{transition.name}/").status_code == 404


@pytest.mark.divided
@pytest.mark.parametrize(**each_scoped)
def test_filters_by_the_other_sides_records_find_nothing_and_tell_nothing(world, ledger):
    """?project=<a stranger's id> reads the same as ?project=<an id that is not there>."""
    name = next((n for n in BOUNDED if PEOPLE[n].role in ledger.view_roles), None)
    if name is None:
        return
    client = world.client(name)
    for path in ledger.filters:
        field = ledger._field_at(path)
        if not isinstance(field, models.ForeignKey) or column_of(field.related_model) == "public":
            continue
        hidden = {Project: world.sides["B"].project, Section: world.sides["B"].section}.get(
            field.related_model
        )
        if hidden is None:
            continue
        answers = [client.get(f"/api/{ledger.slug}/", {path: pk}) for pk in (hidden.pk, 987654321)]
        assert [a.status_code for a in answers] == [400, 400]
        told = [
            a.content.decode().replace(str(pk), "#")
            for a, pk in zip(answers, (hidden.pk, 987654321), strict=True)
        ]
        assert told[0] == told[1]
        page = client.get(ledger.url, {path: hidden.pk}).content.decode()
        assert str(hidden) not in page


@pytest.mark.divided
@pytest.mark.parametrize(**each_scoped)
def test_an_export_holds_what_the_list_holds(world, ledger):
    if not ledger.exportable:
        return
    readers = [n for n in ("centre_a", "county_a", "contractor_a") if PEOPLE[n].role in ledger.view_roles]
    for name in in_turn(ledger, readers):
        answer = world.client(name).get(reverse(f"{ledger.slug}:export"))
        assert answer.status_code == 200
        book = openpyxl.load_workbook(io.BytesIO(page_bytes(answer)))
        words = [
            str(cell.value)
            for row in book.worksheets[0].iter_rows()
            for cell in row
            if cell.value is not None
        ]
        other = world.sides["B"]
        if not sees(name, Project, "B"):
            for secret in (other.project.name, other.section.code):
                assert not [word for word in words if secret in word], (name, secret)


@pytest.mark.divided
@pytest.mark.parametrize(
    "ledger",
    [one for one in LEDGERS if one.create_roles],
    ids=[one.slug for one in LEDGERS if one.create_roles],
)
def test_nobody_files_under_the_other_side(world, ledger):
    """A body that names another side's project, section or place is refused, and nothing remains."""
    if column_of(ledger.model) != "works":
        return
    body = world.body(ledger, "B")
    for name in BOUNDED:
        if PEOPLE[name].role not in ledger.create_roles:
            continue
        before = ledger.model._base_manager.count()
        for url, data in (
            (f"/api/{ledger.slug}/", json.dumps(body)),
            (
                reverse(f"{ledger.slug}:new"),
                {k: v for k, v in body.items() if v is not None and not isinstance(v, (list, dict))},
            ),
        ):
            kind = {"content_type": "application/json"} if url.startswith("/api") else {}
            answer = world.client(name).post(url, data, **kind)
            assert answer.status_code in (400, 403), (name, url, answer.status_code)
        assert ledger.model._base_manager.count() == before, name


@pytest.mark.divided
@pytest.mark.parametrize(
    "ledger", [one for one in LEDGERS if one.edit_roles], ids=[one.slug for one in LEDGERS if one.edit_roles]
)
def test_nobody_moves_a_record_to_the_other_side(world, ledger):
    record = world.record(ledger, "A")
    for name in BOUNDED:
        may = edits(ledger, PEOPLE[name].role, record) and is_own(name, ledger, record)
        if not may or not sees(name, ledger.model, "A"):
            continue
        for column in ledger.form_fields:
            field = ledger.model._meta.get_field(column)
            if not isinstance(field, models.ForeignKey):
                continue
            there = getattr(world.record(ledger, "B"), column)
            if there is None or there == getattr(record, column) or column_of(type(there)) == "public":
                continue
            answer = world.client(name).patch(
                f"/api/{ledger.slug}/{record.pk}/",
                json.dumps({column: there.pk}),
                content_type="application/json",
            )
            fresh = ledger.model._base_manager.get(pk=record.pk)
            assert getattr(fresh, field.attname) == getattr(record, field.attname), (name, column)
            # A fixed field is passed over, one that could be changed is refused.
            assert answer.status_code in ((200,) if column in ledger.fixed else (400, 403)), (name, column)


@pytest.mark.divided
@pytest.mark.parametrize(
    "ledger",
    [one for one in SCOPED if one.keeps_history],
    ids=[one.slug for one in SCOPED if one.keeps_history],
)
def test_files_events_and_notices_follow_their_record(world, ledger):
    record = world.record(ledger, "B")
    upload = SimpleUploadedFile("secret.txt", "机密".encode())
    file = papers.attach(record, upload, "其他", COMMAND)
    names = [name for name in ("county_a", "contractor_a") if not sees(name, ledger.model, "B")]
    label = label_of(ledger.model)
    for name in in_turn(ledger, names):
        client = world.client(name)
        for view in ("attachment", "attachment_preview", "attachment_thumb"):
            assert client.get(reverse(view, args=[file.pk])).status_code == 404, (name, view)
        assert (
            client.get(reverse("attachment_archive"), {"model": label, "object_id": record.pk}).status_code
            == 404
        )
        for url in (f"/api/attachments/{file.pk}/", f"/api/attachments/{file.pk}/content/"):
            assert client.get(url).status_code == 404, (name, url)
        rows = client.get("/api/attachments/", {"model": label, "object_id": record.pk})
        assert rows.json()["count"] == 0
        answer = client.post(
            "/api/attachments/",
            {
                "ledger": label,
                "object_id": record.pk,
                "kind": "其他",
                "file": SimpleUploadedFile("mine.txt", b"x"),
            },
        )
        assert answer.status_code == 400
        assert client.post(f"/api/attachments/{file.pk}/void/", {"reason": "x"}).status_code == 404
        mine = reverse(f"{ledger.slug}:void", args=[record.pk, file.pk])
        assert client.post(mine, {"reason": "x"}).status_code == (
            404 if PEOPLE[name].role in ledger.view_roles else 403
        )
    # Nobody is told of what they may not read, even if they are asked for by name.
    told = notices.may_see(label, record.pk, [world.users[name].pk for name in SIGNED_IN])
    assert set(told) == {world.users[n].pk for n in SIGNED_IN if sees(n, ledger.model, "B")}


def test_the_address_in_an_old_notice_is_gone_with_the_sight_of_its_record(world):
    side = world.sides["B"]
    user = world.users["contractor_a"]
    notices.send([user.pk], "old", "旧消息", model="projects.section", object_id=side.section.pk)
    page = world.client("contractor_a").get("/notices/").content.decode()
    assert "旧消息" in page
    assert reverse("sections:detail", args=[side.section.pk]) not in page
    assert Notice.objects.visible_to(world.user("contractor_b")).count() == 0


@pytest.mark.divided
@pytest.mark.parametrize(**each_scoped)
def test_a_second_section_of_ones_own_project_is_another_matter(world, ledger):
    """Who takes part in section A1 sees project A, but no row of section A2; the owner sees both."""
    section = next(
        (f for f in ledger.model._meta.concrete_fields if f.many_to_one and f.related_model is Section), None
    )
    if section is None or column_of(ledger.model) != "works":
        return
    # Of units that have nothing to do with side A, so that the row itself opens nothing to them.
    offices = [f for f in ledger.model._meta.concrete_fields if f.related_model is Organization]
    facts = {section.name: world.a2} | {f.name: make(Organization, world.sides["A"]) for f in offices}
    if section.blank:
        # Rows of a whole project or of one section: here one of the section, under a scheme that takes sections.
        scheme = next((f for f in ledger.model._meta.concrete_fields if f.name == "scheme"), None)
        if scheme is not None:
            facts["scheme"] = make(scheme.related_model, world.sides["A"], unit="section")
    record = make(ledger.model, world.sides["A"], **facts)
    for name in SIGNED_IN:
        got = ledger.model.objects.visible_to(world.user(name)).filter(pk=record.pk).exists()
        assert got == sees(name, ledger.model, "A2"), name
    for name in PARTS:
        assert Project.objects.visible_to(world.user(name)).filter(pk=world.a2.project_id).exists()
        assert not Section.objects.visible_to(world.user(name)).filter(pk=world.a2.pk).exists()


def test_a_person_who_moves_or_is_disabled_loses_sight_at_the_next_request(world):
    """In a session that stays open."""
    client, user = world.client("contractor_a"), world.users["contractor_a"]
    url = reverse("sections:detail", args=[world.sides["A"].section.pk])
    assert client.get(url).status_code == 200
    membership = user.memberships.get()
    records.update(membership, {"organization": world.sides["B"].offices["contractor"]}, COMMAND)
    assert client.get(url).status_code == 404
    assert client.get(reverse("sections:detail", args=[world.sides["B"].section.pk])).status_code == 200
    records.update(type(user).objects.get(pk=user.pk), {"is_active": False}, COMMAND)
    assert client.get(url).status_code == 302
    assert client.get("/api/sections/").status_code == 401


def test_a_unit_that_left_the_section_no_longer_sees_it(world):
    section = world.sides["A"].section
    contractor = world.sides["A"].offices["contractor"]
    # In every section of the project, its branches too: the world's records may have given them others.
    own = Participation.objects.filter(organization__path__startswith=contractor.path)
    for row in own.filter(section__project=section.project):
        records.update(row, {"until": yesterday()}, COMMAND)
    client = world.client("contractor_a")
    assert client.get(reverse("sections:detail", args=[section.pk])).status_code == 404
    assert client.get(reverse("projects:detail", args=[section.project_id])).status_code == 404


def yesterday():
    from datetime import timedelta

    from django.utils import timezone

    return timezone.localdate() - timedelta(days=1)


def test_whoever_hears_of_a_transition_sees_the_record(world):
    """Notices go out after commit, to those who acted before and still see it."""
    from supervision.flows import perform
    from supervision.flows.history import Actor

    record = make(Candidacy, world.sides["A"])
    acted = Actor.of(world.user("contractor_b"), "page")
    records.update(record, {"remark": "来过"}, acted)
    owner = Actor.of(world.user("owner_a"), "page")
    record = records.update(type(record).objects.get(pk=record.pk), {"remark": "也来过"}, owner)
    with TestCase.captureOnCommitCallbacks(execute=True):
        perform.perform(record, "withdraw", Actor.of(world.user("bureau"), "page"), {"opinion": "不报了"})
    told = set(Notice.objects.filter(object_id=record.pk).values_list("user__username", flat=True))
    assert told == {"c.owner_a"}
