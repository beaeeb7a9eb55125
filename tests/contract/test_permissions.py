"""Who may what: every person × every ledger × every action, as its declaration and the table of PEOPLE say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse

from supervision.flows.reach import label_of
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.natural import has_text

from .world import (
    ANONYMOUS,
    PEOPLE,
    SIGNED_IN,
    STRANGERS,
    WHOLE,
    World,
    each_ledger,
    edits,
    is_own,
    posted,
    sees,
)

NOT_HERE = (403, 404)  # a page the ledger does not have: whichever is found out first
EVERYBODY = [*SIGNED_IN, *STRANGERS]


def as_json(client: Client, method: str, url: str, body: dict):
    return getattr(client, method)(url, json.dumps(body), content_type="application/json")


def page(name: str, *, of_record: bool = False):
    def go(world: World, ledger: Ledger, client: Client):
        pk = [world.record(ledger).pk] if of_record else []
        return client.get(reverse(f"{ledger.slug}:{name}", args=pk))

    return go


def api(tail: str = ""):
    def go(world: World, ledger: Ledger, client: Client):
        return client.get(f"/api/{ledger.slug}/{tail.format(pk=world.record(ledger).pk)}")

    return go


def pick(world: World, ledger: Ledger, client: Client):
    return client.get(reverse("pick", args=[label_of(ledger.model)]))


def file_new(world: World, ledger: Ledger, client: Client):
    return client.post(reverse(f"{ledger.slug}:new"), posted(body_from(world, ledger, client)))


def api_create(world: World, ledger: Ledger, client: Client):
    return as_json(client, "post", f"/api/{ledger.slug}/", body_from(world, ledger, client))


def body_from(world: World, ledger: Ledger, client: Client) -> dict:
    """A whole body from somebody whose role may file it; for the others it is never looked at."""
    name = next((name for name, one in world.clients.items() if one is client), "")
    may = name in PEOPLE and PEOPLE[name].role in ledger.create_roles
    return world.body(ledger) if may else {}


def api_patch(world: World, ledger: Ledger, client: Client):
    return as_json(client, "patch", f"/api/{ledger.slug}/{world.record(ledger).pk}/", {})


def api_delete(world: World, ledger: Ledger, client: Client):
    return client.delete(f"/api/{ledger.slug}/{world.record(ledger).pk}/")


ACTIONS: dict[str, Callable[[World, Ledger, Client], Any]] = {
    "list": page("list"),
    "print": page("print"),
    "export": page("export"),
    "template": page("template"),
    "import": page("import"),
    "new": page("new"),
    "file new": file_new,
    "detail": page("detail", of_record=True),
    "history": page("history", of_record=True),
    "edit": page("edit", of_record=True),
    "pick": pick,
    "api list": api(),
    "api detail": api("{pk}/"),
    "api history": api("{pk}/history/"),
    "api create": api_create,
    "api patch": api_patch,
    "api delete": api_delete,
}


def expected(name: str, ledger: Ledger, action: str, record: models.Model) -> int | tuple[int, ...]:
    """The status of an action on side A, from the declaration's roles and the table of PEOPLE."""
    through_api = action.startswith("api")
    if name in STRANGERS:
        if through_api and action == "api history" and not ledger.keeps_history:
            return 404
        return 401 if through_api else 302
    role = PEOPLE[name].role
    if action == "pick":
        return 200 if has_text(ledger.model) and role in ledger.view_roles else 404
    if action == "api history" and not ledger.keeps_history:
        return 404
    if role not in ledger.view_roles:
        return 403
    if action == "api delete":
        return 405
    if action == "export":
        return 200 if ledger.exportable else NOT_HERE
    if action in ("list", "print", "api list"):
        return 200
    creates = role in ledger.create_roles
    if action in ("template", "import"):
        return NOT_HERE if not ledger.importable else 200 if creates else 403
    if action == "new":
        return 200 if creates else 403
    if action in ("file new", "api create"):
        if action == "api create" and not ledger.create_roles:
            return 405
        if not creates:
            return 403
        if sees(name, ledger.model, "A") and is_own(name, ledger, record):
            return 302 if action == "file new" else 201
        return (400, 403)  # what they name is not there for them, or the record would lie out of their reach
    if action == "api patch" and not ledger.edit_roles:
        return 405
    if not sees(name, ledger.model, "A"):
        return 404
    if action in ("detail", "history", "api detail", "api history"):
        return 200
    editable = not ledger.flow or ledger.flow.states[record.status].editable
    return 200 if edits(ledger, role, record) and is_own(name, ledger, record) and editable else 403


# Who is asked everything: the bureau or one of these, in turn from ledger to ledger. Of the others each role is
# asked one action in turn, and everybody whatever answer nobody before them was to get: so every action of every
# ledger is seen to end in each way it can. WHOLE=1 asks everybody everything of every ledger; that the three
# questions behind all of it are answered for everybody is seen in the next test.
IN_TURN = ("contractor_a", "system", "memberless", *STRANGERS, "county_b")


def table(ledger: Ledger, record: models.Model) -> list[tuple[str, str, Any]]:
    """(person, action, expected status) to be tried out on one ledger."""
    turn = each_ledger["argvalues"].index(ledger)
    chosen = (("bureau", *IN_TURN)[turn % (len(IN_TURN) + 1)],)
    actions, asked, ways, roles = list(ACTIONS), [], set(), set()
    for name in sorted(EVERYBODY, key=lambda name: name not in chosen):
        role = PEOPLE[name].role if name in PEOPLE else None
        own = set() if role in roles else {actions[(turn + len(roles)) % len(actions)]}
        roles.add(role)
        for action in actions:
            wanted = expected(name, ledger, action, record)
            if WHOLE or name in chosen or action in own or (action, wanted) not in ways:
                asked.append((name, action, wanted))
                ways.add((action, wanted))
    return asked


@pytest.mark.divided
@pytest.mark.parametrize(**each_ledger)
def test_the_permission_table(world, undrawn, ledger):
    record = world.record(ledger)
    wrong = []
    for name, action, wanted in table(ledger, record):
        answer = ACTIONS[action](world, ledger, world.client(name))
        if answer.status_code not in (wanted if isinstance(wanted, tuple) else (wanted,)):
            wrong.append(f"{name:20} {action:12} wanted {wanted}, got {answer.status_code}")
        elif answer.status_code == 302 and name in STRANGERS:
            assert answer["Location"].startswith("/login/"), (name, action, answer["Location"])
    assert not wrong, f"\n{ledger.slug}\n" + "\n".join(wrong)


@pytest.mark.divided
@pytest.mark.parametrize(**each_ledger)
def test_the_declaration_speaks_for_everybody(world, ledger):
    """The three questions that every page and API view asks, for each person without exception."""
    record, wrong = world.record(ledger), []
    for name in SIGNED_IN:
        role, user = PEOPLE[name].role, world.user(name)
        editable = not ledger.flow or ledger.flow.states[record.status].editable
        asked = {
            "view": (ledger.may_view(user), role in ledger.view_roles),
            "create": (ledger.may_create(user), role in ledger.create_roles),
            "edit": (
                ledger.may_edit(record, user),
                edits(ledger, role, record) and is_own(name, ledger, record) and editable,
            ),
        }
        wrong += [(name, what, got) for what, (got, wanted) in asked.items() if got != wanted]
    assert not wrong


def test_the_three_administrators_do_none_of_the_others_work(world):
    """三员分立: whatever one of them may add or change, the two others may not, nor anything of the trade."""
    from supervision.people.models import ADMIN_ROLES, BUSINESS_ROLES

    for ledger in each_ledger["argvalues"]:
        for roles in (ledger.create_roles, ledger.edit_roles, ledger.attach_roles):
            assert len(roles & ADMIN_ROLES) <= 1, ledger.slug
        if ledger.flow:
            for transition in ledger.flow.transitions:
                assert not (transition.roles & ADMIN_ROLES and transition.roles & BUSINESS_ROLES), (
                    transition.name
                )


def tampering(ledger: Ledger, record: models.Model) -> dict[str, Any]:
    """A value other than the present one for every column that no form of the ledger holds."""
    bad: dict[str, Any] = {}
    for column in ledger.model._meta.concrete_fields:
        if column.name in ledger.form_fields or column.name == "version":
            continue
        if column.primary_key:
            bad[column.name] = 987654
        elif isinstance(column, models.BooleanField):
            bad[column.name] = not getattr(record, column.name)
        elif isinstance(column, (models.DateField, models.DateTimeField)):
            bad[column.name] = "2001-02-03"
        elif isinstance(column, (models.IntegerField, models.DecimalField)):
            bad[column.name] = 77
        elif isinstance(column, models.ForeignKey):
            bad[column.name] = bad[column.attname] = 987654
        elif column.name == "status" and ledger.flow:
            bad[column.name] = next(code for code, state in ledger.flow.states.items() if state.final)
        else:
            bad[column.name] = "forged"
    return bad | {
        "is_superuser": True,
        "_state": "x",
        "objects": [],
        "created_by": 1,
        "roles": ["bureau_staff"],
    }


BOOKKEEPING = {"updated_at", "version"}


def kept(record: models.Model, names: set[str]) -> dict[str, Any]:
    fresh = type(record)._base_manager.get(pk=record.pk)
    return {
        column.attname: getattr(fresh, column.attname)
        for column in record._meta.concrete_fields
        if column.name in names
    }


@pytest.mark.divided
@pytest.mark.parametrize(**each_ledger)
def test_fields_that_no_form_holds_cannot_be_set(world, ledger):
    record = world.record(ledger)
    if name := world.editor(ledger, ledger.edit_roles):
        held = set(ledger.form_fields) - set(ledger.fixed)
        others = {c.name for c in record._meta.concrete_fields} - held - BOOKKEEPING
        before = kept(record, others)
        forged = tampering(ledger, record) | dict.fromkeys(ledger.fixed, "forged")
        answer = as_json(world.client(name), "patch", f"/api/{ledger.slug}/{record.pk}/", forged)
        assert answer.status_code == 200, answer.content.decode()
        assert kept(record, others) == before
        body = {key: value for key, value in world.body(ledger).items() if key in held}
        answer = world.client(name).post(
            reverse(f"{ledger.slug}:edit", args=[record.pk]), posted({**forged, **body})
        )
        assert answer.status_code in (302, 400)
        assert kept(record, others - derived(ledger)) == {
            key: value for key, value in before.items() if key.removesuffix("_id") not in derived(ledger)
        }
    if name := world.editor(ledger, ledger.create_roles):
        forged = tampering(ledger, record)
        answer = as_json(world.client(name), "post", f"/api/{ledger.slug}/", {**forged, **world.body(ledger)})
        assert answer.status_code == 201, answer.content.decode()
        got = ledger.model._base_manager.get(pk=answer.json()["id"])
        for column in ledger.model._meta.concrete_fields:
            if column.attname in forged and column.name not in ledger.form_fields:
                assert str(getattr(got, column.attname))[:10] != str(forged[column.attname]), column.name


def derived(ledger: Ledger) -> set[str]:
    """Columns that the model itself computes from the others."""
    return {"search_key", "path", "former_names"} & {c.name for c in ledger.model._meta.concrete_fields}


@pytest.mark.divided
@pytest.mark.parametrize(**each_ledger)
def test_a_version_that_was_passed_is_a_conflict(world, ledger):
    name = world.editor(ledger, ledger.edit_roles)
    if name is None:
        return
    record = world.record(ledger)
    free = [key for key in ledger.form_fields if key not in ledger.fixed]
    body = {key: value for key, value in world.body(ledger).items() if key in free}
    url, client = f"/api/{ledger.slug}/{record.pk}/", world.client(name)
    stale = as_json(client, "patch", url, {**body, "version": record.version + 5})
    assert stale.status_code == 409, stale.content.decode()
    assert set(stale.json()) == {"code", "message"} and stale.json()["code"] == "conflict"
    stale = client.post(
        reverse(f"{ledger.slug}:edit", args=[record.pk]), posted({**body, "version": record.version + 5})
    )
    # The form may fail for what it leaves out; it never saves.
    assert stale.status_code in (400, 409)
    assert type(record)._base_manager.get(pk=record.pk).version == record.version


def test_what_everybody_may_open(world):
    """The desk's own pages, and what a person without any role sees of the portal: nothing."""
    for name in SIGNED_IN:
        client = world.client(name)
        # The other pages of the desk differ by what one did, not by what one may.
        others = (
            ("/?tab=done", "/?tab=mine", "/?tab=copied", "/notices/")
            if name in ("bureau", "contractor_a", "system", "memberless")
            else ()
        )
        for url in ("/", *others):
            assert client.get(url).status_code == 200, (name, url)
        for url in ("/api/events/", "/api/attachments/", "/api/projects/"):
            answer = client.get(url)
            if name == "memberless":
                assert answer.status_code == 403 or answer.json()["count"] == 0, url
    assert world.client(ANONYMOUS).get("/healthz").status_code == 200
    assert world.client("bureau").get("/api/schema/").status_code == 200
    assert world.client(ANONYMOUS).get("/api/schema/").status_code == 401


@pytest.mark.divided
@pytest.mark.parametrize("label", [label_of(ledger.model) for ledger in each_ledger["argvalues"]] + [
    "people.district", "people.passwordhistory", "desk.notice", "papers.attachment", "ledgers.submission",
    "plan.memberlist", "auth.permission", "sessions.session", "no.such", "rubbish", "authtoken.token",
])  # fmt: skip
def test_pick_lists_answer_for_every_model(world, label):
    for name in ("bureau", "audit", "contractor_a", "memberless"):
        for words in ("", "?q=契约", "?q=%00", "?q=" + "x" * 3000) if name == "bureau" else ("?q=契约",):
            answer = world.client(name).get(f"/pick/{label}/{words}")
            assert answer.status_code in (200, 404), (name, words, answer.status_code)


@pytest.mark.parametrize(**each_ledger)
def test_what_a_form_or_sheet_points_to_can_be_told_by_words(ledger):
    """Else it could be neither picked by typing nor written into a sheet and read again."""
    held = {*ledger.form_fields, *(column.key for column in ledger.sheet_columns)}
    for column in ledger.model._meta.concrete_fields:
        if column.many_to_one and column.name in held:
            assert has_text(column.related_model), (
                f"{column.related_model.__name__} needs `natural`: the parts that name one of its records"
            )
