"""Pages without an account under use and abuse: reply links and public reports."""

import io
import time
from datetime import timedelta

import pytest
from django.core import signing
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from safety import links
from safety.models import HiddenDanger, PublicReport
from supervision.flows import records
from supervision.papers import services as papers
from supervision.people.visitors import proof

from . import factories, safety

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def site():
    return safety.site()


def photo(name="a.jpg", size=(40, 30), kind="JPEG"):
    content = io.BytesIO()
    Image.new("RGB", size, "red").save(content, kind)
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


def said(**more):
    return {"text": "已加装护栏", "name": "王五", "photos": photo()} | more


def test_the_site_replies_by_link_and_the_supervisor_closes(site):
    danger, client = site.graded(), Client()
    url = links.reply_url(danger)
    assert "临边无防护" in client.get(url).content.decode()
    assert client.post(url, said()).status_code == 200
    danger.refresh_from_db()
    assert (danger.reply, danger.replied_on, danger.status) == (
        "已加装护栏",
        timezone.localdate(),
        "rectifying",
    )
    assert papers.counts(danger) == {"整改照片": 1}
    told = [(e.label, e.actor_name, e.organization_name) for e in records.events_of(danger).order_by("seq")]
    unit = site.unit("contractor").name
    assert ("打开回复链接", "现场人员（凭链接）", unit) in told
    assert ("现场回复", "王五（凭链接）", unit) in told and ("上传附件", "王五（凭链接）", unit) in told
    danger = site.act(danger, "accept_reply", "supervisor")
    assert danger.status == "closed" and danger.rectified_on == danger.replied_on
    assert client.get(url).status_code == 410


def test_a_poor_reply_goes_back_and_is_counted(site):
    danger = site.graded()
    Client().post(links.reply_url(danger), said())
    danger = site.act(danger, "return_reply", "supervisor")
    assert (danger.status, danger.failed, danger.returned, danger.replied_on) == ("rectifying", 1, 1, None)
    assert Client().post(links.reply_url(danger), said(text="又整改")).status_code == 200


def test_altered_foreign_and_revoked_links_do_not_open(site):
    danger, client = site.graded(), Client()
    token = links.token_of(danger)
    for bad in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "a:b:c", token + "x", "%00"):
        assert client.get(f"/r/{bad}/").status_code in (404, 410), bad
    for content in ([danger.pk], "x", {"d": 1}, [danger.pk, None, 1], ["x", 1, 1], [10**9, 1, 1]):
        assert client.get(reverse("reply", args=[signing.dumps(content, salt=links.SALT)])).status_code == 410
    foreign = signing.dumps([danger.pk, danger.responsible_unit_id, 1], salt="another")
    assert client.get(reverse("reply", args=[foreign])).status_code == 410
    # Bound to the unit: another one answers for it now.
    url = links.reply_url(danger)
    factories.change(danger, responsible_unit=factories.organization("contractor"))
    assert client.get(url).status_code == 410
    danger.refresh_from_db()
    url = links.reply_url(danger)
    assert client.get(url).status_code == 200
    links.revoke(danger, site.actor("supervisor"))
    assert client.post(url, said()).status_code == 410


def test_a_link_ends_with_time(site, monkeypatch):
    url = links.reply_url(site.graded())
    monkeypatch.setattr(links, "LONGEST", timedelta(seconds=-1))
    assert Client().get(url).status_code == 410


def test_a_major_danger_wants_a_signed_in_person(site):
    danger = site.graded("major")
    url = links.reply_url(danger)
    page = Client().get(url)
    assert page.status_code == 200 and "须由本单位人员登录" in page.content.decode()
    assert Client().post(url, said()).status_code == 403
    danger.refresh_from_db()
    assert danger.replied_on is None
    assert not links.may_give(danger, site.people["inspector"])


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("a.jpg", b"<html><script>alert(1)</script>", "image/jpeg"),
        SimpleUploadedFile("a.svg", b"<svg onload='x'/>", "image/svg+xml"),
        SimpleUploadedFile("a.pdf", b"%PDF-1.4", "application/pdf"),
        SimpleUploadedFile("a.txt", b"hello", "image/png"),
    ],
)
def test_files_that_are_no_photos_are_refused(site, upload):
    danger = site.graded()
    upload.seek(0)
    assert Client().post(links.reply_url(danger), said(photos=upload)).status_code == 400
    danger.refresh_from_db()
    assert danger.replied_on is None and papers.counts(danger) == {}


def test_too_many_and_too_large_photos_are_refused(site, monkeypatch):
    url = links.reply_url(site.graded())
    many = [photo(f"{n}.jpg") for n in range(5)]
    assert Client().post(url, said(photos=many)).status_code == 400
    monkeypatch.setattr("supervision.papers.photos.PHOTO_BYTES", 100)
    assert Client().post(url, said()).status_code == 400


def test_replies_are_limited_per_danger(site):
    danger = site.graded()
    url, client = links.reply_url(danger), Client()
    answers = [client.post(url, said(text=f"回复{n}")).status_code for n in range(12)]
    assert answers == [200] * 10 + [429] * 2


def test_hostile_text_is_text(site):
    danger = site.graded(description="<img src=x onerror=alert(1)>{{7*7}}")
    page = Client().get(links.reply_url(danger)).content.decode()
    assert "<img src=x" not in page and "&lt;img src=x" in page and "{{7*7}}" in page


def test_the_page_with_the_code_is_for_those_who_may_give_it(site):
    danger = site.graded()
    for role, status in (("supervisor", 200), ("contractor", 200)):
        client = Client()
        client.force_login(site.people[role], backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(reverse("reply_link", args=[danger.pk]))
        signed = links.token_of(danger).split(":")[0]  # the rest holds the second and the signature
        assert page.status_code == status and f"/r/{signed}:" in page.content.decode()
    stranger = Client()
    stranger.force_login(factories.user("contractor"), backend="django.contrib.auth.backends.ModelBackend")
    assert stranger.get(reverse("reply_link", args=[danger.pk])).status_code == 404
    assert Client().get(reverse("reply_link", args=[danger.pk])).status_code == 302


# ---------------------------------------------------------------------------------------------- public reports


def solved() -> dict:
    text = proof.challenge()
    number = 0
    while not proof.solves(text, str(number)):
        number += 1
    return {"challenge": text, "proof": str(number)}


@pytest.fixture(autouse=True)
def _easy(monkeypatch):
    monkeypatch.setattr(proof, "BITS", 6)


def told(**more):
    return {"place": "宿迁大道K1+200", "description": "吊车无人指挥"} | solved() | more


def test_anybody_reports_and_reads_what_became_of_it(site):
    client = Client()
    assert client.get("/report/").status_code == 200
    page = client.post("/report/", told(phone="13800000000", photos=photo()))
    report = PublicReport.objects.get()
    assert page.status_code == 200 and report.code in page.content.decode()
    assert papers.counts(report) == {"举报照片": 1}
    # The number never enters the history.
    assert all("13800000000" not in str(e.changes) for e in records.events_of(report))
    report = site.act(report, "accept", "bureau_staff", project=site.section.project_id, part="3号墩")
    danger = HiddenDanger.objects.get()
    assert report.danger == danger and danger.source == "public" and papers.counts(danger) == {"隐患照片": 1}
    status = client.get(f"/report/status/?code={report.code.lower()}").content.decode()
    assert "已立为隐患" in status
    assert "没有这个受理码" in client.get("/report/status/?code=AAAAAAAA").content.decode()


def test_units_do_not_read_who_reported(site):
    Client().post("/report/", told())
    for role in ("contractor", "supervisor", "owner"):
        assert not PublicReport.objects.visible_to(site.people[role]).exists()
    assert PublicReport.objects.visible_to(site.people["bureau_staff"]).exists()


def test_without_work_there_is_no_report():
    client, good = Client(), solved()
    wrong = next(str(n) for n in range(10**6) if not proof.solves(good["challenge"], str(n)))
    for bad in ({"proof": ""}, {"proof": wrong}, {"challenge": "x:y:z"}, {"proof": "１２"}, {"proof": "-1"}):
        assert client.post("/report/", told() | {**good, **bad}).status_code == 400, bad
    assert client.post("/report/", told(**good)).status_code == 200
    assert client.post("/report/", told(**good)).status_code == 400, "a challenge is good once"
    assert PublicReport.objects.count() == 1


def test_a_stale_challenge_is_refused(monkeypatch):
    good = solved()
    monkeypatch.setattr(proof, "SECONDS", -1)
    assert not proof.take(good["challenge"], good["proof"])


def test_reports_are_limited_per_address():
    client = Client()
    answers = [client.post("/report/", told()).status_code for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert client.post("/report/", told(), REMOTE_ADDR="10.0.0.9").status_code == 200


def test_codes_cannot_be_tried_one_after_another():
    client = Client()
    answers = [client.get(f"/report/status/?code=AAAAAAA{n % 10}").status_code for n in range(22)]
    assert answers[:20] == [200] * 20 and answers[20:] == [429] * 2


# ------------------------------------------------------------------------------------------------------- abuse

LARGEST = 20 * 1024 * 1024


def padded(size: int) -> SimpleUploadedFile:
    """A photo in order, of exactly `size` bytes."""
    content = photo().read()
    return SimpleUploadedFile("a.jpg", content + b"\0" * (size - len(content)), "image/jpeg")


def bomb() -> SimpleUploadedFile:
    """A few kilobytes that would unpack to 60 million pixels."""
    content = io.BytesIO()
    Image.new("1", (10_000, 6_000)).save(content, "PNG")
    return SimpleUploadedFile("a.png", content.getvalue(), "image/png")


# Made when asked for, so that every test has a file of its own.
FALSE_FILES = {
    "png called jpg": lambda: photo("a.jpg", kind="PNG"),
    "archive": lambda: SimpleUploadedFile("a.jpg", b"PK\x03\x04" + b"\0" * 200, "image/jpeg"),
    "program": lambda: SimpleUploadedFile("a.jpg", b"MZ" + b"\0" * 200, "image/jpeg"),
    "page behind a photo's first bytes": lambda: SimpleUploadedFile(
        "a.jpg", b"\xff\xd8\xff\xe0<script>alert(1)</script>", "image/jpeg"
    ),
    "half a photo": lambda: SimpleUploadedFile("a.jpg", photo(size=(400, 300)).read()[:500], "image/jpeg"),
    "program's name": lambda: photo("a.exe"),
    "empty": lambda: SimpleUploadedFile("a.jpg", b"", "image/jpeg"),
    "one byte above 20 MB": lambda: padded(LARGEST + 1),
    "too many pixels": bomb,
}


@pytest.mark.parametrize("name", FALSE_FILES)
def test_false_files_are_refused_on_both_pages_and_nothing_is_written(site, name):
    danger = site.graded()
    answer = Client().post(links.reply_url(danger), said(photos=FALSE_FILES[name]()))
    assert answer.status_code == 400 and "已加装护栏" in answer.content.decode(), "what was typed stays"
    danger.refresh_from_db()
    assert danger.replied_on is None and papers.counts(danger) == {}
    answer = Client().post("/report/", told(photos=FALSE_FILES[name]()))
    assert answer.status_code == 400 and "吊车无人指挥" in answer.content.decode()
    assert not PublicReport.objects.exists()
    if "20 MB" in name:
        assert "超过 20 MB" in answer.content.decode()


def test_a_photo_of_20_megabytes_is_taken(site):
    danger = site.graded()
    assert Client().post(links.reply_url(danger), said(photos=padded(LARGEST))).status_code == 200
    assert papers.counts(danger) == {"整改照片": 1}


def test_a_link_lasts_180_days_and_not_one_more(site, monkeypatch):
    url, began = links.reply_url(site.graded()), time.time()
    for days, status in ((179, 200), (181, 410)):
        monkeypatch.setattr("django.core.signing.time.time", lambda days=days: began + days * 86400)
        assert Client().get(url).status_code == status
        assert (Client().post(url, said()).status_code == 410) is (days > 180)


def test_a_link_writes_to_its_own_danger_alone(site):
    mine, other = site.graded(), site.graded(part="5号墩")
    assert Client().post(links.reply_url(mine), said(danger=other.pk, pk=other.pk)).status_code == 200
    other.refresh_from_db()
    assert other.replied_on is None and papers.counts(other) == {}


def test_a_link_ends_when_the_danger_is_handed_in_and_when_it_is_closed(site):
    danger = site.graded()
    url = links.reply_url(danger)
    danger = site.act(danger, "rectify", "contractor")
    assert Client().post(url, said()).status_code == 410
    site.act(danger, "accept", "supervisor")
    assert Client().get(url).status_code == Client().post(url, said()).status_code == 410
    assert papers.counts(danger) == {}


def test_an_altered_link_writes_nothing(site):
    danger = site.graded()
    body, *rest = links.token_of(danger).split(":")
    for token in (":".join([body[:-2] + "xx", *rest]), ":".join([body, "1", rest[-1]]), f"{body}:{rest[0]}:"):
        assert Client().post(f"/r/{token}/", said()).status_code in (404, 410), token
    danger.refresh_from_db()
    assert danger.replied_on is None


def test_opening_many_links_from_one_address_ends_and_a_forged_header_does_not_help(site, settings):
    settings.PORTAL_PROXIES = 0
    url, client = links.reply_url(site.graded()), Client()
    for n in range(120):
        # Cheap ones: a guess counts as much as a good link.
        assert client.get("/r/a:b:c/", HTTP_X_FORWARDED_FOR=f"10.1.1.{n}").status_code == 410
    assert client.get(url, HTTP_X_FORWARDED_FOR="10.9.9.9").status_code == 429
    assert client.get(url, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_replies_to_many_dangers_from_one_address_are_limited(site, monkeypatch):
    monkeypatch.setattr("safety.public.take_reply", lambda *given: None)
    urls = [links.reply_url(site.graded(part=f"{n}号墩")) for n in range(4)]
    answers = [Client().post(urls[n % 4], said(text=f"{n}")).status_code for n in range(32)]
    assert answers == [200] * 30 + [429] * 2


def test_failed_reports_count_too(monkeypatch):
    answers = [Client().post("/report/", {"place": "x"}).status_code for _ in range(31)]
    assert answers == [400] * 30 + [429]
    assert Client().post("/report/", told()).status_code == 429


def test_a_challenge_of_ones_own_making_is_worth_nothing():
    own = signing.dumps("0" * 16, salt="mine")
    number = next(n for n in range(10**6) if proof.solves(own, str(n)))
    answer = Client().post("/report/", told(challenge=own, proof=str(number)))
    assert answer.status_code == 400 and not PublicReport.objects.exists()


def test_forms_of_other_sites_are_refused(site):
    client = Client(enforce_csrf_checks=True)
    assert client.post(links.reply_url(site.graded()), said()).status_code == 403
    assert client.post("/report/", told()).status_code == 403
    assert client.put("/report/").status_code in (403, 405)
