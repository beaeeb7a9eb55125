"""Nothing is written without history, and what came past the portal is named."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from hashlib import sha256
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from projects.models import Candidacy, KeyPerson
from supervision.flows import history, records
from supervision.flows.history import Actor, verify_chains, verify_seals
from supervision.flows.models import Event, HistoryKept, Seal
from supervision.flows.reach import label_of, record_models
from supervision.jobs import registry
from supervision.papers import services as papers
from supervision.people.history_guard import HistoryRequired
from tests.factories import COMMAND

from .world import LEDGERS, make, make_many, posted

KEEPING = [ledger for ledger in LEDGERS if ledger.keeps_history]
each_keeping = {"argnames": "ledger", "argvalues": KEEPING, "ids": [ledger.slug for ledger in KEEPING]}
each_model = {
    "argnames": "model",
    "argvalues": record_models(),
    "ids": [label_of(model) for model in record_models()],
}


def breaches() -> list[str]:
    return [str(breach) for breach in verify_chains()]


def last_event() -> int:
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def breaches_since(event: int) -> list[str]:
    """What is wrong with the records of every kind that was written to after an event."""
    labels = Event.objects.filter(pk__gt=event).order_by().values_list("model", flat=True).distinct()
    return [str(breach) for label in labels for breach in verify_chains(label)]


class Written:
    """The events that a block of code added."""

    def __enter__(self):
        self.last = last_event()
        return self

    def __exit__(self, *exception):
        self.events = list(Event.objects.filter(pk__gt=self.last).order_by("pk"))

    def of(self, record) -> list[Event]:
        return [e for e in self.events if (e.model, e.object_id) == (label_of(type(record)), record.pk)]


def check(event: Event, user, source: str, verb: str) -> None:
    assert (event.verb, event.source) == (verb, source)
    assert (event.actor_id, event.actor_name) == (user.pk, user.name)
    assert event.organization_name == user.organization.name
    assert event.hash == history.digest(event)


def free_text(ledger) -> str | None:
    """A text column of the form that may be changed at will."""
    unlike = {name for rule in ledger.model._meta.constraints for name in getattr(rule, "fields", ())}
    for name in ledger.form_fields:
        column = ledger.model._meta.get_field(name)
        if name in {*ledger.fixed, *unlike} or column.choices or column.unique or column.validators[1:]:
            continue
        if column.get_internal_type() in ("CharField", "TextField") and type(column).__name__ != "StakeField":
            return name
    return None


@pytest.mark.divided
@pytest.mark.parametrize(**each_keeping)
def test_each_way_of_writing_leaves_one_event(world, ledger):
    """Page and API, new and changed: one event a record, by whom, from where, with what changed."""
    began = last_event()
    for source in ("page", "api"):
        if name := world.editor(ledger, ledger.create_roles):
            user, body = world.user(name), world.body(ledger)
            with Written() as written:
                if source == "page":
                    answer = world.client(name).post(reverse(f"{ledger.slug}:new"), posted(body))
                    assert answer.status_code == 302, said(answer)
                    pk = int(answer["Location"].strip("/").split("/")[-1])
                else:
                    pk = world.client(name).post(
                        f"/api/{ledger.slug}/", json.dumps(body), content_type="application/json"
                    ).json()["id"]  # fmt: skip
            record = ledger.model._base_manager.get(pk=pk)
            (event,) = written.of(record)
            check(event, user, source, "create")
            assert {key: pair[1] for key, pair in event.changes.items()} == history.snapshot(record)
            # What follows from it (an incident's first report) is written in the same act, of its own model.
            assert [one for one in written.events if one.model == event.model] == [event]
        name, column = world.editor(ledger, ledger.edit_roles), free_text(ledger)
        if name and column:
            record, user = make(ledger.model, world.sides["A"]), world.user(name)
            before = getattr(record, column)
            with Written() as written:
                answer = world.client(name).patch(
                    f"/api/{ledger.slug}/{record.pk}/",
                    json.dumps({column: f"改{source}"}),
                    content_type="application/json",
                )
                assert answer.status_code == 200, answer.content.decode()
            (event,) = written.events
            check(event, user, "api", "update")
            assert event.changes[column] == [before, f"改{source}"]
            with Written() as written:
                world.client(name).patch(
                    f"/api/{ledger.slug}/{record.pk}/",
                    json.dumps({column: f"改{source}"}),
                    content_type="application/json",
                )
            assert written.events == []  # nothing changed, nothing told
            fresh = ledger.model._base_manager.get(pk=record.pk)
            body = {k: v for k, v in whole(ledger, fresh).items() if k not in ledger.fixed}
            with Written() as written:
                answer = world.client(name).post(
                    reverse(f"{ledger.slug}:edit", args=[record.pk]), posted(body | {column: f"再改{source}"})
                )
                assert answer.status_code == 302, said(answer)
            (event,) = written.events
            check(event, user, "page", "update")
            assert event.changes == {column: [f"改{source}", f"再改{source}"]}
    assert breaches_since(began) == []


def said(answer) -> str:
    """The errors that a page shows."""
    return " ".join(re.findall(r'class="[^"]*error[^"]*"[^>]*>(.*?)<', answer.content.decode(), re.S))


def whole(ledger, record) -> dict:
    """What the record's edit form holds."""
    made = {name: getattr(record, record._meta.get_field(name).attname) for name in ledger.form_fields}
    return made | {"version": record.version}


@pytest.mark.divided
@pytest.mark.parametrize(**each_keeping)
def test_a_file_leaves_one_event(world, ledger):
    began = last_event()
    record, user = make(ledger.model, world.sides["A"]), world.user("bureau")
    with Written() as written:
        file = papers.attach(record, SimpleUploadedFile("a.txt", b"x"), "其他", Actor.of(user, "page"))
    (event,) = written.events
    check(event, user, "page", "attach")
    with Written() as written:
        papers.attach(record, SimpleUploadedFile("a.txt", b"x"), "其他", Actor.of(user, "page"))
    assert written.events == []
    with Written() as written:
        papers.void(file, Actor.of(user, "api"), "传错了")
    (event,) = written.events
    check(event, user, "api", "void_file")
    assert event.reason == "传错了"
    assert breaches_since(began) == []


def test_a_batch_leaves_one_event_a_record_under_one_number(world):
    ledger = next(one for one in LEDGERS if one.batch)
    made = make_many(ledger.model, world.sides["A"], 3)
    owner, bureau = world.user("owner_a"), world.user("bureau")
    from supervision.flows import perform

    for record in made[:2]:
        perform.perform(record, "declare", Actor.of(owner, "page"))
    with Written() as written:
        answer = world.client("bureau").post(
            f"{ledger.url}batch/", {"transition": "accept", "ids": [r.pk for r in made] + ["x", 10**25]}
        )
    assert answer.status_code == 302
    assert sorted(event.object_id for event in written.events) == sorted(r.pk for r in made[:2])
    assert len({event.batch for event in written.events}) == 1
    assert all(event.batch for event in written.events)
    for event in written.events:
        check(event, bureau, "page", "transition")
    assert breaches() == []


def test_a_write_that_fails_leaves_nothing(world):
    record = make(Candidacy, world.sides["A"])
    with Written() as written, pytest.raises(ZeroDivisionError), transaction.atomic():
        records.update(record, {"remark": "半途"}, COMMAND)
        raise ZeroDivisionError
    assert written.events == []
    assert Candidacy.objects.get(pk=record.pk).remark == record.remark
    assert breaches() == []


# ---------------------------------------------------------------------------------------------- past the portal


@pytest.mark.divided
@pytest.mark.parametrize(**each_model)
def test_no_write_goes_past_the_history(world, model):
    record = make(model, world.sides["A"])
    rows = model.objects.filter(pk=record.pk)
    for write in (
        lambda: record.save(),
        lambda: model.objects.get(pk=record.pk).save(),
        lambda: record.save(update_fields=["version", tracked(model)]),
        lambda: record.delete(),
        lambda: rows.update(version=9),
        lambda: rows.delete(),
        lambda: model.objects.all().delete(),
        lambda: model.objects.bulk_create([record]),
        lambda: model.objects.bulk_update([record], [tracked(model)]),
        lambda: model._default_manager.filter(pk=record.pk).update(version=9),
        lambda: model.objects.create(**{tracked(model): getattr(record, tracked(model))}),
        lambda: model.objects.update_or_create(
            pk=record.pk, defaults={tracked(model): getattr(record, tracked(model))}
        ),
        lambda: model.objects.get_or_create(pk=10**9),
    ):
        with pytest.raises(HistoryRequired), transaction.atomic():
            write()
    assert model._base_manager.get(pk=record.pk).version == record.version


def tracked(model) -> str:
    return history.tracked_fields(model)[0].name


def test_events_and_seals_are_only_added(told):
    event = records.events_of(told).first()
    make(Seal, None)
    for model, row in ((Event, event), (Seal, Seal.objects.first())):
        for write in (
            lambda row=row: row.save(),
            lambda row=row: row.delete(),
            lambda model=model: model.objects.update(pk=1),
            lambda model=model: model.objects.all().delete(),
            lambda model=model, row=row: model.objects.bulk_update([row], ["hash"]),
        ):
            with pytest.raises(HistoryKept):
                write()


def sql(statement: str, *parameters) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.fixture
def told(world) -> KeyPerson:
    """A record with three events, in a history in which nothing is wrong and nothing is sealed."""
    sql("DELETE FROM flows_seal")
    record = make(KeyPerson, world.sides["A"])
    for number in (1, 2):
        record = records.update(record, {"certificate": f"证{number}"}, COMMAND)
    assert breaches() == []
    return record


def about(record) -> list[str]:
    """What is found, all of it about this record."""
    found = list(verify_chains())
    assert {(b.model, b.object_id) for b in found} == {(label_of(type(record)), record.pk)}
    return [breach.what for breach in found]


@pytest.mark.divided
@pytest.mark.parametrize(**each_model)
def test_a_row_edited_in_the_database_is_named(world, model):
    record = make(model, world.sides["A"])
    column = next(
        f
        for f in history.tracked_fields(model)
        if f.get_internal_type() in ("CharField", "TextField", "PositiveSmallIntegerField")
        and f.name not in model.secret_fields
        and not f.unique
    )
    kept = getattr(record, column.name)
    value = next(new for new in (("7", "8") if isinstance(kept, int) else ("改",)) if new != str(kept))
    sql(f'UPDATE {model._meta.db_table} SET "{column.column}" = %s WHERE id = %s', value, record.pk)
    (breach,) = verify_chains(label_of(model))
    assert (breach.object_id, breach.what) == (record.pk, f"未经平台改动：{column.verbose_name}")


def test_a_row_put_in_or_taken_out_is_named(told):
    table = KeyPerson._meta.db_table
    sql(f"DELETE FROM {table} WHERE id = %s", told.pk)
    assert about(told) == ["记录不在库中，历史没有删除记载"]
    told.pk = None
    KeyPerson.save_base(told, force_insert=True, raw=True)
    assert {b.what for b in verify_chains()} == {"记录不在库中，历史没有删除记载", "有记录而无历史"}


def test_an_event_edited_is_named(told):
    for column, value in (
        ("reason", "改过"),
        ("actor_name", "别人"),
        ("changes", '{"name": [1, 2]}'),
        ("label", "x"),
    ):
        with transaction.atomic():
            sql(
                f"UPDATE flows_event SET {column} = %s WHERE model = %s AND object_id = %s AND seq = 2",
                value,
                label_of(KeyPerson),
                told.pk,
            )
            assert "第2条历史被改动" in about(told), column
            transaction.set_rollback(True)
    assert breaches() == []


def test_an_event_edited_with_its_hash_made_anew_is_named_by_the_next(told):
    event = records.events_of(told).get(seq=2)
    event.reason = "改过"
    sql("UPDATE flows_event SET reason = '改过', hash = %s WHERE id = %s", history.digest(event), event.pk)
    assert about(told) == ["第3条历史与前一条不相接"]


def test_an_event_deleted_or_moved_is_named(told):
    events = {e.seq: e for e in records.events_of(told)}
    with transaction.atomic():
        sql("DELETE FROM flows_event WHERE id = %s", events[2].pk)
        assert "历史缺第2条" in about(told)
        transaction.set_rollback(True)
    with transaction.atomic():
        sql("UPDATE flows_event SET seq = 99 WHERE id = %s", events[2].pk)
        sql("UPDATE flows_event SET seq = 2 WHERE id = %s", events[3].pk)
        sql("UPDATE flows_event SET seq = 3 WHERE id = %s", events[2].pk)
        assert {"第2条历史被改动", "第3条历史被改动"} <= set(about(told))
        transaction.set_rollback(True)
    with transaction.atomic():
        # The whole history of a record gone.
        sql("DELETE FROM flows_event WHERE model = %s AND object_id = %s", label_of(KeyPerson), told.pk)
        assert about(told) == ["有记录而无历史"]
        transaction.set_rollback(True)


def age(record, days: int) -> None:
    """Set a record's whole history back, as if it had been written `days` ago."""
    previous = ""
    for event in records.events_of(record).order_by("seq"):
        event.at, event.previous = event.at - timedelta(days=days), previous
        event.hash = previous = history.digest(event)
        Event._base_manager.filter(pk=event.pk).update(at=event.at, previous=event.previous, hash=event.hash)


def test_a_tail_cut_off_is_found_by_the_seal_kept_outside(told):
    """Together with the row brought in line and the seals of those days: only what was exported tells."""
    age(told, 3)
    sealed = history.seal_days()
    assert [seal.day for seal in sealed] == [timezone.localdate() - timedelta(days=n) for n in (3, 2, 1)]
    assert history.seal_days() == []
    kept = [{"day": s.day.isoformat(), "count": s.count, "hash": s.hash} for s in Seal.objects.all()]
    assert list(verify_seals(kept)) == []
    sql(
        "DELETE FROM flows_event WHERE model = %s AND object_id = %s AND seq = 3",
        label_of(KeyPerson),
        told.pk,
    )
    sql(f"UPDATE {KeyPerson._meta.db_table} SET certificate = '证1' WHERE id = %s", told.pk)
    assert breaches() == []
    assert [b.what for b in verify_seals()] == [f"{sealed[0].day} 的历史与封存不符（封存 3 条，现有 2 条）"]
    with transaction.atomic():
        sql("DELETE FROM flows_seal")
        assert list(verify_seals()) == []
        assert len(list(verify_seals(kept))) == 3
        history.seal_days()
        assert {b.what for b in verify_seals(kept)} == {f"{s.day} 的封存与外存的不符" for s in sealed}
        transaction.set_rollback(True)


def test_a_seal_edited_or_taken_out_is_named(told):
    age(told, 3)
    first, second, third = history.seal_days()
    for statement, wanted in (
        (f"UPDATE flows_seal SET count = 77 WHERE id = {first.pk}", "的封存被改动"),
        (f"DELETE FROM flows_seal WHERE id = {second.pk}", "的封存与前一日不相接"),
        (f"UPDATE flows_seal SET hash = 'x' WHERE id = {third.pk}", "的封存被改动"),
    ):
        with transaction.atomic():
            sql(statement)
            assert any(wanted in b.what for b in verify_seals()), statement
            transaction.set_rollback(True)


def test_a_seal_of_the_first_version_holds_and_an_edited_one_is_named(told):
    """Their values left the salt out; a portal that is brought up to date keeps them."""
    age(told, 1)
    (seal,) = history.seal_days()
    told = f"{seal.day.isoformat()}|{seal.count}|{seal.digest}|{seal.previous}"
    sql("UPDATE flows_seal SET hash = %s WHERE id = %s", sha256(told.encode()).hexdigest(), seal.pk)
    assert list(verify_seals()) == []
    sql("UPDATE flows_seal SET count = count + 1 WHERE id = %s", seal.pk)
    assert any("的封存被改动" in breach.what for breach in verify_seals())


# --------------------------------------------------------------------------------------------------- commands


def run(*arguments: str) -> tuple[int, str]:
    """A command's exit code and what it printed."""
    out = StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=StringIO())
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def test_verify_history_says_so_and_exits_with_1(told, tmp_path):
    age(told, 2)
    outside = tmp_path / "seals.jsonl"
    assert run("seal_history", "--export", str(outside)) == (0, f"新封存 2 天。\n已导出到 {outside}。\n")
    assert len(outside.read_text().splitlines()) == 2
    assert run("seal_history", "--export", "-")[1] == outside.read_text()
    assert run("verify_history", "--seals", str(outside)) == (0, "核对完毕，没有发现不符。\n")
    sql(f"UPDATE {KeyPerson._meta.db_table} SET name = '改' WHERE id = %s", told.pk)
    line = f"projects.keyperson {told.pk}：未经平台改动：姓名\n"
    assert run("verify_history", "--seals", str(outside)) == (1, line)
    assert run("verify_history", "--ledger", "key-people") == (1, line)
    assert run("verify_history", "--ledger", "projects") == (0, "核对完毕，没有发现不符。\n")
    sql("DELETE FROM flows_seal")
    code, text = run("verify_history", "--seals", str(outside))
    assert (code, text.count("的封存已不在库中")) == (1, 2)


def test_verify_history_reads_the_files_too(told):
    file = papers.attach(told, SimpleUploadedFile("a.txt", b"content"), "其他", COMMAND)
    papers.file_of(file).unlink()
    assert run("verify_history", "--ledger", "key-people") == (
        1,
        f"projects.keyperson {told.pk}：附件“a.txt”：文件不在存储中\n",
    )


def test_verify_history_refuses_what_it_cannot_do(told, tmp_path):
    (tmp_path / "bad").write_text('{"day": "2024-01-01"}\n')
    for arguments in (
        ("--ledger", "nothing"),
        ("--ledger", "events"),
        ("--seals", str(tmp_path / "absent")),
        ("--seals", str(tmp_path / "bad")),
        ("--seals", str(tmp_path / "bad"), "--ledger", "projects"),
    ):
        with pytest.raises(CommandError):
            call_command("verify_history", *arguments)
    with pytest.raises(CommandError):
        call_command("seal_history", "--export", str(tmp_path / "no" / "folder"), stdout=StringIO())


def test_the_nightly_seal_is_a_job(told):
    age(told, 1)
    assert registry.get("seal_history").function(None) == {
        "sealed": [(timezone.localdate() - timedelta(days=1)).isoformat()]
    }
    assert registry.get("seal_history").function(None) == {"sealed": []}
