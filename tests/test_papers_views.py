"""Handing out files: to whom, as what, and never as they came to a page."""

from io import BytesIO
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from supervision.flows.history import Actor
from supervision.papers import services
from supervision.people.models import Role

from .accounts import office, person, signed_in
from .papers import packed, pdf, photo, upload

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.papers")]


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def alice():
    """A contractor's clerk; her own person record, seen by colleagues only, carries the files."""
    return person(Role.CONTRACTOR, organization=office("contractor"))


@pytest.fixture
def put(alice):
    def attach(name, content, kind="照片"):
        return services.attach(alice, upload(name, content), kind, Actor.of(alice, "page"))

    return attach


def archive_of(record):
    return f"{reverse('attachment_archive')}?model=people.user&object_id={record.pk}"


def addresses(attachment, record):
    names = ("attachment", "attachment_preview", "attachment_thumb")
    return [reverse(name, args=[attachment.pk]) for name in names] + [archive_of(record)]


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def assert_sealed(response):
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


def test_only_who_sees_the_record_gets_its_files(alice, put):
    made = put("a.jpg", photo())
    colleague = person(Role.CONTRACTOR, organization=alice.organization)
    bureau = person(Role.BUREAU_STAFF)
    stranger = person(Role.CONTRACTOR, organization=office("contractor"))
    nobody = person(None)
    for reader, status in ((alice, 200), (colleague, 200), (bureau, 200), (stranger, 404), (nobody, 404)):
        client = signed_in(reader)
        for address in addresses(made, alice):
            assert client.get(address).status_code == status, (reader.name, address)
            assert client.head(address).status_code == status
    for address in addresses(made, alice):
        assert Client().get(address).url.startswith("/login/?next=")


def test_files_are_only_read(alice, put):
    client = signed_in(alice)
    for address in addresses(put("a.jpg", photo()), alice):
        for verb in ("post", "put", "delete", "patch"):
            assert getattr(client, verb)(address).status_code == 405


@pytest.mark.parametrize("number", ["999999", "9" * 30])
def test_a_number_that_is_none(alice, number):
    client = signed_in(alice)
    for tail in ("", "preview/", "thumb/"):
        assert client.get(f"/attachments/{number}/{tail}").status_code == 404
    assert client.get(f"/attachments/archive/?model=people.user&object_id={number}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "",
        "model=people.user",
        "model=people.user&object_id=x",
        "model=a%00b.c&object_id=1",
        "model=nix.nie&object_id=1",
    ],
)
def test_an_archive_of_nothing(alice, put, query):
    put("a.jpg", photo())
    assert signed_in(alice).get(f"/attachments/archive/?{query}").status_code == 404


def test_a_download_is_the_original_to_be_saved(alice, put):
    content = photo() + packed([("run.js", b"alert(1)")])
    made = put("现场 照片.jpg", content)
    response = signed_in(alice).get(reverse("attachment", args=[made.pk]))
    assert body(response) == content
    assert response["Content-Disposition"] == f"attachment; filename*=utf-8''{quote('现场 照片.jpg')}"
    assert response["Content-Length"] == str(len(content))
    assert_sealed(response)


def test_a_page_shows_only_what_was_drawn_anew(alice, put):
    made = put("a.jpg", photo((4000, 3000), turned=6) + b"<html><script>alert(1)</script></html>")
    client = signed_in(alice)
    for name, size in (("attachment_preview", (1200, 1600)), ("attachment_thumb", (240, 320))):
        response = client.get(reverse(name, args=[made.pk]))
        assert response["Content-Type"] == "image/jpeg"
        assert_sealed(response)
        assert b"script" not in response.content
        image = Image.open(BytesIO(response.content))
        assert image.size == size and not image.getexif()


def test_a_drawn_version_that_was_lost_is_drawn_again(alice, put, store):
    made = put("a.jpg", photo())
    for file in store.glob("derived/??/??/*"):
        file.unlink()
    response = signed_in(alice).get(reverse("attachment_thumb", args=[made.pk]))
    assert Image.open(BytesIO(response.content)).size == (320, 240)
    assert len(list(store.glob("derived/??/??/*.thumb"))) == 1


def test_a_full_disk_keeps_nobody_from_looking(alice, put, store, monkeypatch):
    made = put("a.jpg", photo())
    for file in store.glob("derived/??/??/*"):
        file.unlink()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    assert signed_in(alice).get(reverse("attachment_thumb", args=[made.pk])).status_code == 200


def test_a_pdf_is_shown_in_a_sandbox_and_other_files_are_not_shown(alice, put):
    client = signed_in(alice)
    shown = client.get(reverse("attachment_preview", args=[put("a.pdf", pdf()).pk]))
    assert shown["Content-Type"] == "application/pdf"
    assert shown["Content-Disposition"].startswith("inline")
    assert_sealed(shown)
    text = put("a.txt", "说明".encode())
    assert not text.has_preview
    assert client.get(reverse("attachment_preview", args=[text.pk])).status_code == 404
    assert client.get(reverse("attachment_thumb", args=[text.pk])).status_code == 404


def test_voided_files_can_still_be_read(alice, put):
    made = services.void(put("a.jpg", photo()), Actor.of(alice, "page"), "传错")
    client = signed_in(alice)
    assert [client.get(address).status_code for address in addresses(made, alice)] == [200] * 4


def test_the_archive_holds_every_file_under_a_name_of_its_own(alice, put):
    first = put("a.jpg", photo((100, 100)))
    put("A.JPG", photo((200, 200)))
    put("a.jpg", photo((300, 300)))
    put("申报表.pdf", pdf(), "申报表")
    put("路径.pdf", pdf(), "../上级")
    services.void(first, Actor.of(alice, "page"), "模糊")
    response = signed_in(alice).get(archive_of(alice))
    assert_sealed(response)
    assert quote(f"{alice.name}_附件_") in response["Content-Disposition"]
    with ZipFile(BytesIO(body(response))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "已作废/a.jpg",
            "照片/A.JPG",
            "照片/a (2).jpg",
            "申报表/申报表.pdf",
            "上级/路径.pdf",
        ]
        assert archive.read("照片/a (2).jpg") == photo((300, 300))


def test_a_file_missing_from_the_store_is_said(alice, put, store):
    lost = put("a.jpg", photo())
    put("b.pdf", pdf())
    (store / lost.path).unlink()
    hurt = put("c.jpg", photo((500, 500)))
    (store / hurt.path).chmod(0o640)
    (store / hurt.path).write_bytes(photo((500, 500))[:300])
    for file in store.glob("derived/??/??/*"):
        file.unlink()
    client = signed_in(alice)
    assert client.get(reverse("attachment_thumb", args=[hurt.pk])).status_code == 404
    assert client.get(reverse("attachment", args=[lost.pk])).status_code == 404
    assert client.get(reverse("attachment_thumb", args=[lost.pk])).status_code == 404
    with ZipFile(BytesIO(body(client.get(archive_of(alice))))) as archive:
        assert archive.namelist() == ["照片/b.pdf", "照片/c.jpg", "缺失文件.txt"]
        assert lost.sha256 in archive.read("缺失文件.txt").decode()
