"""A page of many rows takes the same number of queries as a page of one, for every ledger."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from supervision.flows import perform, records
from supervision.ledgers.registry import get
from supervision.papers import services as papers
from tests.factories import COMMAND

from .world import LEDGERS, PEOPLE, SIGNED_IN, each_ledger, make, make_many, sees

MANY = 6


def queries(client, url: str) -> list[str]:
    """The statements that a page takes, with nothing kept from an earlier one."""
    cache.clear()
    statements: list[str] = []

    def note(execute, sql, params, many, context):
        statements.append(sql)
        return execute(sql, params, many, context)

    # Not by Django's log of queries: to write their values into it, SQLite is asked once more for every statement.
    with connection.execute_wrapper(note):
        answer = client.get(url)
        if answer.streaming:
            b"".join(answer.streaming_content)
    assert answer.status_code == 200, (url, answer.status_code)
    assert statements
    return statements


def same(before: dict[str, list[str]], after: dict[str, list[str]], *, or_fewer: bool = False) -> None:
    for url, statements in after.items():
        more = len(statements) - len(before[url])
        # The statements that were repeated say where to look.
        repeated = sorted(statements, key=lambda s: s[:80])
        assert more == 0 or (or_fewer and more < 0), (
            f"{url}: {len(before[url])} queries, then {len(statements)}\n"
            + "\n".join(statement[:160] for statement in repeated)
        )


def reader(ledger, model=None) -> str:
    return next(
        name
        for name in SIGNED_IN
        if PEOPLE[name].role in ledger.view_roles and sees(name, model or ledger.model, "A")
    )


@pytest.mark.divided
@pytest.mark.parametrize(**each_ledger)
def test_lists(world, ledger):
    client = world.client(reader(ledger))
    lists = [
        f"{ledger.url}?page_size=50",
        reverse(f"{ledger.slug}:print"),
        f"/api/{ledger.slug}/?page_size=50",
    ]
    # The first request of a process fills caches of its own.
    before = {url: queries(client, url) for url in lists * 2}
    made = make_many(ledger.model, world.sides["A"], MANY)
    assert len(made) == MANY
    same(before, {url: queries(client, url) for url in lists})
    assert client.get(f"/api/{ledger.slug}/?page_size=200").json()["count"] > MANY


@pytest.mark.divided
@pytest.mark.parametrize(**each_ledger)
def test_a_records_page_with_many_events_files_and_rows_below(world, ledger):
    record = world.standing(ledger.model, world.sides["A"])
    if isinstance(record, AssertionError):
        raise record
    name = reader(ledger)
    client = world.client(name)
    pages = [ledger.record_url(record.pk), f"/api/{ledger.slug}/{record.pk}/"]
    if ledger.keeps_history:
        pages += [
            reverse(f"{ledger.slug}:history", args=[record.pk]),
            f"/api/{ledger.slug}/{record.pk}/history/",
        ]
        papers.attach(record, SimpleUploadedFile("0.txt", b"0"), "其他", COMMAND)
        related(world, ledger, record, 1)
    panels(world, ledger, record, 1)
    before = {url: queries(client, url) for url in pages * 2}
    panels(world, ledger, record, 6)
    if ledger.keeps_history:
        for number in range(1, 5):
            papers.attach(record, SimpleUploadedFile(f"{number}.txt", b"%d" % number), "其他", COMMAND)
        related(world, ledger, record, 3)
    same(before, {url: queries(client, url) for url in pages})


def panels(world, ledger, record, number: int) -> None:
    """`number` more rows of each ledger shown below the record."""
    for panel in ledger.panels:
        other = get(panel.ledger)
        field, _, beyond = panel.field.partition("__")
        if not beyond:
            make_many(other.model, world.sides["A"], number, **{field: record})
            continue
        # Through another record, which is theirs: a section of the project.
        between = other.model._meta.get_field(field).related_model
        for _ in range(number):
            make(
                other.model, world.sides["A"], **{field: make(between, world.sides["A"], **{beyond: record})}
            )


def related(world, ledger, record, number: int) -> None:
    """Events that change each foreign key of the record to one record after another."""
    for column in ledger.form_fields:
        field = ledger.model._meta.get_field(column)
        if not field.many_to_one or column in ledger.fixed or field.related_model is ledger.model:
            continue
        for _ in range(number):
            other = make(field.related_model, world.sides["A"])
            fresh = ledger.model._base_manager.get(pk=record.pk)
            records.update(fresh, {column: other}, COMMAND, clean=False)


@pytest.mark.once
def test_the_desk(world):
    """待办, 已办, 我发起, 抄送我 and the messages, with one thing to do and with fifty, in every ledger that travels."""
    client, user = world.client("bureau"), world.user("bureau")
    urls = ["/", "/?late=soon", "/?late=overdue", "/?tab=done", "/?tab=mine", "/?tab=copied", "/notices/"]

    def busy(number: int) -> None:
        from supervision.desk import notices
        from supervision.flows.history import Actor

        for ledger in LEDGERS:
            if not ledger.flow:
                continue
            for record in make_many(ledger.model, world.sides["A"], number):
                for name in ("owner_a", "bureau"):
                    actor = world.user(name)
                    if not ledger.model.objects.visible_to(actor).filter(pk=record.pk).exists():
                        continue
                    for transition in perform.available(record, actor)[:1]:
                        if transition.opinion != "required" and not transition.fields:
                            record = perform.perform(record, transition.name, Actor.of(actor, "page"))
                notices.send(
                    [user.pk], f"k{record.pk}", "消息", model=record._meta.label_lower, object_id=record.pk
                )

    busy(2)
    before = {url: queries(client, url) for url in urls * 2}
    busy(6)
    # One query for each kind of record on the page: two of every kind may take more than twenty of one.
    same(before, {url: queries(client, url) for url in urls}, or_fewer=True)


def test_attachments_of_many_records(world):
    client = world.client("bureau")

    def attach(number: int) -> None:
        for index, record in enumerate(make_many(LEDGERS[0].model, world.sides["A"], number)):
            papers.attach(record, SimpleUploadedFile(f"{index}.txt", b"x"), "其他", COMMAND)

    attach(1)
    before = {"/api/attachments/": queries(client, "/api/attachments/")}
    attach(15)
    same(before, {"/api/attachments/": queries(client, "/api/attachments/")})
