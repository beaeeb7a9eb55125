"""Files on records: stored once, in the record's history, never removed."""

import errno
import os
import threading
import time
from datetime import UTC

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from supervision.flows import history, perform, records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.papers import blobs, services
from supervision.papers.errors import StorageFailed
from supervision.papers.models import Attachment, EvidenceKept
from supervision.people.models import Role

from .accounts import COMMAND, office, person
from .papers import pdf, photo, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def clerk():
    return Actor.of(person(Role.CONTRACTOR, organization=office("contractor")), "page")


@pytest.fixture
def record():
    return office("owner")


def contents(store):
    return sorted(file.name for file in store.glob("??/??/*"))


def left_aside(store):
    return list(store.glob("incoming/*"))


def age(store, days=2):
    then = time.time() - days * blobs.DAY
    for file in store.rglob("*"):
        os.utime(file, (then, then))


def breaches():
    return [str(breach) for breach in [*history.verify_chains(), *services.verify_files()]]


def test_an_attachment_says_what_who_and_when(record, clerk, store):
    made = services.attach(record, upload("a/申报表.pdf", pdf()), " 申报表 ", clerk)
    kept = Attachment.objects.get(pk=made.pk)
    assert (kept.model, kept.object_id) == ("people.organization", record.pk)
    assert (kept.kind, kept.name, kept.mime) == ("申报表", "申报表.pdf", "application/pdf")
    assert (kept.uploaded_by, kept.uploader_name) == (clerk.user, clerk.user.name)
    assert kept.organization_name == clerk.user.organization.name
    assert (store / kept.path).read_bytes() == pdf() and kept.size == len(pdf())
    assert blobs.hash_of(store / kept.path) == kept.sha256
    assert left_aside(store) == []
    assert kept.record == record


def test_an_attachment_is_in_the_records_chain(record, clerk):
    made = services.attach(record, upload("申报表.pdf", pdf()), "申报表", clerk)
    event = records.last_event(record)
    assert (event.label, event.actor, event.verb) == ("上传附件", clerk.user, "attach")
    assert event.changes == {
        "附件": [None, "申报表.pdf"],
        "附件类别": [None, "申报表"],
        "SHA-256": [None, made.sha256],
    }
    assert breaches() == []


def test_a_photo_keeps_its_time_apart(record, clerk):
    made = services.attach(record, upload("a.jpg", photo(taken="2024:09:26 08:30:00")), "照片", clerk)
    made.refresh_from_db()
    assert made.is_image and (made.width, made.height) == (640, 480)
    assert made.taken_at.astimezone(UTC).isoformat() == "2024-09-26T00:30:00+00:00"
    assert made.at.year > 2024


def test_one_content_is_stored_once(record, clerk, store):
    other = office("owner")
    content = pdf()  # made once: it holds the second in which it was made
    services.attach(record, upload("a.pdf", content), "申报表", clerk)
    services.attach(record, upload("b.pdf", content), "申报表", clerk)
    services.attach(other, upload("a.pdf", content), "申报表", clerk)
    assert Attachment.objects.count() == 3 and len(contents(store)) == 1


def test_the_same_upload_sent_twice_is_one_attachment(record, clerk):
    first = services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    again = services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    assert again.pk == first.pk
    assert Event.objects.filter(verb="attach").count() == 1
    services.void(first, clerk, "传错")
    assert services.attach(record, upload("a.pdf", pdf()), "申报表", clerk).pk != first.pk


def test_two_files_of_one_name_are_both_kept(record, clerk):
    one = services.attach(record, upload("a.jpg", photo((100, 100))), "照片", clerk)
    two = services.attach(record, upload("a.jpg", photo((200, 200))), "照片", clerk)
    assert list(services.of(record)) == [one, two]


def test_counts_leave_voided_files_out(record, clerk):
    services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    services.attach(record, upload("b.jpg", photo()), "照片", clerk)
    wrong = services.attach(record, upload("c.jpg", photo((99, 99))), "照片", clerk)
    services.attach(office("owner"), upload("c.jpg", photo((99, 99))), "别处", clerk)
    services.void(wrong, clerk, "不是本项目")
    assert services.counts(record) == {"申报表": 1, "照片": 1}
    assert perform.count_attachments is services.counts


def test_voiding_keeps_the_file_listed_with_its_reason(record, clerk, store):
    made = services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    for nothing in ("", "  "):
        with pytest.raises(ValidationError):
            services.void(made, clerk, nothing)
    voided = services.void(made, COMMAND, "盖章页不清晰")
    assert voided.is_void and voided.void_reason == "盖章页不清晰" and voided.void_name == "系统"
    assert list(services.of(record)) == [voided]
    assert (store / made.path).exists()
    event = records.last_event(record)
    assert (event.label, event.reason, event.changes["附件"]) == ("作废附件", "盖章页不清晰", ["a.pdf", None])
    with pytest.raises(ValidationError, match="已经作废"):
        services.void(made, clerk, "再来一次")
    assert Event.objects.filter(verb="void_file").count() == 1
    assert breaches() == []


def test_evidence_is_neither_changed_nor_removed(record, clerk):
    made = services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    for act in (
        made.save,
        made.delete,
        Attachment.objects.all().delete,
        lambda: Attachment.objects.update(name="b.pdf"),
        lambda: Attachment.objects.bulk_update([made], ["name"]),
    ):
        with pytest.raises(EvidenceKept):
            act()


def test_a_refused_file_leaves_nothing(record, clerk, store):
    before = Event.objects.count()
    for name, content in (("a.pdf", photo()), ("a.exe", b"MZ"), ("a.pdf", b"")):
        with pytest.raises(ValidationError):
            services.attach(record, upload(name, content), "申报表", clerk)
    with pytest.raises(ValidationError):
        services.attach(record, upload("a.pdf", pdf()), " ", clerk)
    assert not Attachment.objects.exists() and Event.objects.count() == before
    assert contents(store) == [] and left_aside(store) == []


def test_the_size_limit_counts_what_arrives(record, clerk, settings, store):
    settings.PAPERS_MAX_BYTES = len(pdf())
    services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    lying = upload("b.pdf", pdf() + b"%")
    lying.size = 10
    with pytest.raises(ValidationError, match="上限"):
        services.attach(record, lying, "申报表", clerk)
    assert Attachment.objects.count() == 1 and left_aside(store) == []


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_full_disk_is_said_and_leaves_no_row(record, clerk, store, monkeypatch, where):
    before = Event.objects.count()

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(blobs.os, where, full)
        with pytest.raises(StorageFailed, match="存储空间不足"):
            services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    assert not Attachment.objects.exists() and Event.objects.count() == before
    assert contents(store) == [] and left_aside(store) == []
    services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)


def test_a_folder_that_cannot_be_written_is_said(record, clerk, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("in the way")
    with pytest.raises(StorageFailed, match="稍后重新上传"):
        services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    assert not Attachment.objects.exists()


def test_without_the_event_there_is_no_attachment(record, clerk, store, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("history is away")

    with monkeypatch.context() as patch:
        patch.setattr(history, "note", broken)
        with pytest.raises(RuntimeError):
            services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    assert not Attachment.objects.exists()
    # The content may stay; the next upload takes it up, or the sweep takes it away.
    assert len(contents(store)) == 1
    services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    assert len(contents(store)) == 1 and breaches() == []


def test_the_sweep_takes_only_old_contents_without_a_row(record, clerk, store):
    kept = services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lost = services.attach(record, upload("b.jpg", photo()), "照片", clerk)
        _ = 1 / 0
    (store / "incoming" / "broken").write_bytes(b"half a fi")
    (store / "exports").mkdir()
    (store / "exports" / "b.xlsx").write_bytes(b"somebody else's")
    assert len(list(store.glob("derived/??/??/*"))) == 2
    assert services.sweep_orphans() == 0
    age(store)
    assert services.sweep_orphans() == 2
    assert contents(store) == [kept.sha256] and left_aside(store) == []
    assert not list(store.glob("derived/??/??/*")) and lost.sha256 not in contents(store)
    assert (store / "exports" / "b.xlsx").exists()


def test_a_content_taken_up_again_is_safe_from_the_sweep(record, clerk, store):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
        _ = 1 / 0
    age(store)
    before = time.time() - blobs.DAY
    asked = []

    def taken_up_meanwhile(sha256):
        # Between the sweep's two looks somebody uploads the same content, whose row is not committed yet.
        if not asked:
            with blobs.receive(upload("a.pdf", pdf()), 10**7) as incoming:
                blobs.keep(incoming)
        asked.append(sha256)
        return False

    assert blobs.sweep(taken_up_meanwhile) == 0
    assert [file.stat().st_mtime > before for file in store.glob("??/??/*")] == [True]


def test_a_content_cut_short_on_disk_is_healed_by_the_next_upload(record, clerk, store):
    made = services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    file = store / made.path
    file.chmod(0o640)
    file.write_bytes(b"%PDF")
    assert breaches() == [f"people.organization {record.pk}：附件“a.pdf”：文件内容被改动"]
    services.attach(record, upload("另一份.pdf", pdf()), "申报表", clerk)
    assert breaches() == []


def test_verification_names_what_was_touched_behind_the_portal(record, clerk, store):
    made = services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    services.void(made, clerk, "传错")
    services.attach(record, upload("a.pdf", pdf()), "申报表", clerk)
    row = Attachment._base_manager.filter(pk=made.pk)
    assert breaches() == []

    def told():
        return [line.partition("附件“a.pdf”：")[2] for line in breaches()]

    row.update(kind="批复")
    assert set(told()) == {
        "历史中没有这次上传",
        "历史中没有这次作废",
        "历史记有这次上传，库中没有",
        "历史记有这次作废，库中没有",
    }
    row.update(kind="申报表", void_reason="另一个原因")
    assert told() == ["历史中没有这次作废", "历史记有这次作废，库中没有"]
    row.update(void_reason="传错", uploaded_by=None)
    assert told() == ["历史中没有这次上传", "历史记有这次上传，库中没有"]
    row.update(uploaded_by=clerk.user)
    assert told() == []
    (store / made.path).rename(store / "away")
    assert told() == ["文件不在存储中"] * 2
    (store / "away").rename(store / made.path)
    row.delete()
    assert told() == ["历史记有这次上传，库中没有", "历史记有这次作废，库中没有"]


def test_a_file_on_a_deleted_draft_cannot_be_voided(clerk):
    draft = office("owner")
    made = services.attach(draft, upload("a.pdf", pdf()), "申报表", clerk)
    records.delete(type(draft).objects.get(pk=draft.pk), COMMAND, reason="误建")
    with pytest.raises(ValidationError, match="已删除"):
        services.void(made, clerk, "原因")
    assert breaches() == []


@pytest.mark.django_db(transaction=True)
def test_one_upload_sent_by_four_at_once_is_one_attachment(store):
    record, problems, ids = office("owner"), [], set()
    start = threading.Barrier(4)

    def send():
        try:
            start.wait()
            ids.add(services.attach(record, upload("a.pdf", pdf()), "申报表", COMMAND).pk)
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == [] and len(ids) == 1
    assert Attachment.objects.count() == 1 and len(contents(store)) == 1
    assert breaches() == []
