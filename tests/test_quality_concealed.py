"""Concealed works: notice, images of both sides that stay what they are, acceptance, galleries, the contact sheet."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from quality.models import ConcealedWork, SiteImage
from quality.works import contact, images
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.perform import perform
from supervision.jobs.services import JobError, run_now
from supervision.papers import services as papers
from supervision.papers.models import Attachment, EvidenceKept
from supervision.people.models import Role
from supervision.plan.indicators import COUNTED, Window, find, measure

from . import quality_works as works
from . import safety
from .documents import text_of_pdf
from .inspecting import put

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 12)


@pytest.fixture
def site():
    with safety.today_is(DAY):
        yield safety.site()


def act(site, record, name: str, role: str = "contractor", **data):
    fresh = type(record).objects.get(pk=record.pk)
    return perform(fresh, name, site.actor(role), {"opinion": "属实", **data})


def add(site, work, role: str = "contractor", photo=None, place: str = "底层钢筋", at=None) -> SiteImage:
    return images.add(work, photo or works.photo(), place, at, site.actor(role))


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_notice_comes_in_time(site):
    late = works.concealed(site.section, planned_at=timezone.now() + timedelta(hours=23))
    with pytest.raises(ValidationError, match="24 小时前通知"):
        act(site, late, "notify")
    told = act(site, works.concealed(site.section, planned_at=timezone.now() + timedelta(hours=24)), "notify")
    assert (told.notified_on, told.due_on) == (DAY, DAY + timedelta(days=1))


def test_no_acceptance_without_images_of_both_sides(site):
    work = act(site, works.concealed(site.section), "notify")
    works.file(work, "隐蔽工程验收记录")
    add(site, work)
    with pytest.raises(ValidationError, match="监理单位影像不足：须 1 张，现有 0 张"):
        act(site, work, "accept", "supervisor")
    given = add(site, work, "supervisor")
    papers.void(given.attachment, site.actor("supervisor"), "拍错部位")
    with pytest.raises(ValidationError, match="监理单位影像不足"):
        act(site, work, "accept", "supervisor")
    add(site, work, "supervisor")
    assert act(site, work, "accept", "supervisor").accepted_on == DAY
    with pytest.raises(IllegalTransition):
        act(site, work, "notify")
    assert act(site, work, "cover").covered_on == DAY


def test_nothing_is_covered_before_acceptance(site):
    work = act(site, works.concealed(site.section), "notify")
    with pytest.raises(IllegalTransition):
        act(site, work, "cover")
    found = act(site, work, "find_unseen", "supervisor")
    with pytest.raises(ValidationError, match="剥离检查"):
        act(site, found, "accept_opened", "supervisor")
    works.file(found, "剥离检查或检测报告")
    done = act(site, found, "accept_opened", "supervisor")
    assert (done.status, done.covered_on, done.unseen_on) == ("covered", DAY, DAY)


def test_an_image_keeps_its_hash_time_and_place(site):
    content = works.picture(taken="2026:03:11 09:30:00")
    work = works.concealed(site.section)
    image = add(site, work, photo=ContentFile(content, name="a.jpg"))
    assert image.attachment.sha256 == sha256(content).hexdigest()
    assert f"{timezone.localtime(image.taken_at):%Y-%m-%d %H:%M}" == "2026-03-11 09:30"
    assert (image.time_source, image.side, image.place) == ("camera", "contractor", "底层钢筋")
    stated = timezone.now() - timedelta(hours=3)
    assert add(site, work, at=stated).taken_at == stated
    # Sent twice it is one; its file cannot be exchanged by any way there is.
    assert add(site, work, photo=ContentFile(content, name="a.jpg")) == image
    with pytest.raises(EvidenceKept):
        image.attachment.save()
    assert Attachment.objects.get(pk=image.attachment_id).sha256 == image.attachment.sha256


def test_one_picture_proves_one_work(site):
    content = works.picture()
    work, other = works.concealed(site.section), works.concealed(site.section)
    add(site, work, photo=ContentFile(content, name="a.jpg"))
    for record, role in ((other, "contractor"), (work, "supervisor")):
        with pytest.raises(ValidationError, match="同一张照片已用于"):
            add(site, record, role, photo=ContentFile(content, name="b.jpg"))
    assert SiteImage.objects.count() == 1
    elsewhere = safety.site()
    with pytest.raises(ValidationError, match="已用于其他标段"):
        add(elsewhere, works.concealed(elsewhere.section), photo=ContentFile(content, name="c.jpg"))
    # What the store had taken is voided with the reason, not left as if it counted.
    assert Attachment.objects.filter(void_at__isnull=False, void_reason__contains="未收作影像").count() == 3


def test_who_gives_images(site):
    work = works.concealed(site.section)
    for role in ("owner", Role.INSPECTOR):
        with pytest.raises(NotAllowed):
            add(site, work, role)
    stranger = safety.site()
    with pytest.raises(NotAllowed):
        images.add(work, works.photo(), "底层", None, stranger.actor("contractor"))
    with pytest.raises(IllegalTransition, match="已隐蔽"):
        add(site, put(work, status="covered"))
    assert not Attachment.objects.exists()


def test_a_large_photo_a_lie_and_a_turned_one(site):
    """20 MB are taken as they are; another type is refused by name; a photo taken upright is drawn upright."""
    work = works.concealed(site.section)
    large = works.picture() + b"\0" * (20 * 1024 * 1024)
    assert add(site, work, photo=ContentFile(large, name="大.jpg")).attachment.size == len(large)
    for name, content in (
        ("a.pdf", b"%PDF-1.4"),
        ("b.jpg", b"%PDF-1.4"),
        ("c.svg", b"<svg/>"),
        ("d.jpg", b""),
    ):
        with pytest.raises(ValidationError, match=f"“{name}”"):
            add(site, work, photo=ContentFile(content, name=name))
    assert Attachment.objects.count() == 1
    turned = add(site, work, photo=works.photo(size=(64, 32), turn=6))
    assert (turned.attachment.width, turned.attachment.height) == (32, 64)
    drawn = Image.open(BytesIO(papers.drawn(turned.attachment, "thumb")))
    assert drawn.size == (32, 64) and not drawn.getexif()


@pytest.mark.parametrize("hours", [1, 48])
def test_times_that_cannot_be(site, hours):
    work = works.concealed(site.section)
    at = timezone.now() + timedelta(hours=hours)
    with pytest.raises(ValidationError, match="不能晚于现在"):
        add(site, work, at=at)
    work = put(work, covered_on=DAY - timedelta(days=1))
    with pytest.raises(ValidationError, match="晚于隐蔽日期"):
        add(site, work, at=timezone.now())


def many(site, number: int) -> ConcealedWork:
    """A work with so many images, whose files are one small picture under different names."""
    work = works.concealed(site.section)
    first = works.image(work)
    plain = {
        f.name: getattr(first.attachment, f.name) for f in Attachment._meta.concrete_fields if f.name != "id"
    }
    files = [Attachment(**(plain | {"name": f"{n}.jpg"})) for n in range(number - 1)]
    from supervision.people import history_guard

    with history_guard.writer():
        Attachment.objects.bulk_create(files)
        rows = [
            SiteImage(
                section=site.section,
                work=work,
                attachment=file,
                side="contractor" if at % 2 else "supervisor",
                place=f"第{at}处",
                taken_at=timezone.now(),
                time_source="stated",
            )
            for at, file in enumerate(files)
        ]
        SiteImage.objects.bulk_create(rows)
    return work


def test_two_thousand_images_are_looked_at_page_by_page(site):
    client = client_of(site.people["supervisor"])
    url = reverse("section_images", args=[site.section.pk])

    def look(query: str = ""):
        with CaptureQueriesContext(connection) as caught:
            page = client.get(url + query)
        assert page.status_code == 200
        return page, len(caught)

    many(site, 3)
    look()  # what a process looks up once
    _, few = look()
    many(site, 2000)
    page, lots = look()
    text = page.content.decode()
    assert lots == few
    assert text.count('loading="lazy"') == text.count("/thumb/") == images.PAGE
    assert "2003" in text and len(text) < 150_000
    seen, query = set(), ""
    for _ in range(3):
        shown = look(query)[0].context["images"]
        assert not seen & {one.pk for one in shown} and len(shown) == images.PAGE
        seen |= {one.pk for one in shown}
        query = f"?before={min(seen)}"
    narrowed = look("?side=supervisor")[0].context["images"]
    assert {one.side for one in narrowed} == {"supervisor"}
    # The section's own page does not load them either.
    assert client.get(reverse("sections:detail", args=[site.section.pk])).content.decode().count("<img") < 20


def test_the_page_takes_several_and_says_which_failed(site):
    work = works.concealed(site.section)
    client = client_of(site.people["contractor"])
    url = reverse("concealed_images", args=[work.pk])
    bad = ContentFile(b"<html>", name="坏.jpg")
    answer = client.post(
        url, {"place": "底层", "photos": [works.photo("一.jpg"), bad, works.photo("二.jpg")]}
    )
    assert answer.status_code == 400 and "“坏.jpg”" in answer.content.decode()
    assert SiteImage.objects.count() == 2
    assert client.post(url, {"place": "", "photos": [works.photo()]}).status_code == 400
    assert client.post(url, {"place": "侧面", "photos": [works.photo()]}).status_code == 302
    assert SiteImage.objects.count() == 3
    assert (
        client_of(site.people["owner"]).post(url, {"place": "底", "photos": [works.photo()]}).status_code
        == 403
    )
    assert client_of(safety.site().people["contractor"]).get(url).status_code == 404


def test_nobody_takes_off_the_others_evidence(site):
    """Neither on the page nor by the API; and once the work is covered nobody does."""
    work = works.concealed(site.section)
    image = add(site, work, "supervisor")
    paths = (
        reverse("concealed-works:void", args=[work.pk, image.attachment_id]),
        f"/api/attachments/{image.attachment_id}/void/",
    )

    def refused(role: str) -> list[int]:
        client = client_of(site.people[role])
        return [client.post(path, {"reason": "拍错"}).status_code for path in paths]

    assert refused("contractor") == refused("owner") == [403, 403]
    put(work, status="covered")
    assert refused("supervisor") == [403, 403]
    put(work, status="notified")
    assert client_of(site.people["supervisor"]).post(paths[0], {"reason": "拍错"}).status_code == 302
    assert Attachment.objects.get(pk=image.attachment_id).is_void


def test_coverage_as_of_a_day(site):
    both, one, unseen = (works.concealed(site.section) for _ in range(3))
    voided = [works.image(both, "contractor"), works.image(both, "supervisor"), works.image(one)][0]
    put(both, accepted_on=DAY, status="accepted")
    put(one, accepted_on=DAY, status="accepted")
    put(unseen, unseen_on=DAY, status="covered_unseen")
    works.concealed(site.section)  # not yet accepted: no member

    def counted(day: date) -> tuple[set[int], int]:
        groups = measure(find("quality.concealed_images").members({}, Window(2026, day, 2026, 2026)))
        good = {pk for group in groups if group.standing == COUNTED for pk in group.ids}
        return good, sum(len(group.ids) for group in groups)

    assert counted(timezone.localdate()) == ({both.pk}, 3)
    assert counted(DAY - timedelta(days=1)) == (set(), 0)
    with safety.today_is(DAY + timedelta(days=2)):
        papers.void(voided.attachment, site.actor("contractor"), "拍错")
    # On the day itself it held; afterwards it no longer does.
    assert counted(DAY + timedelta(days=1)) == ({both.pk}, 3)
    assert counted(DAY + timedelta(days=2)) == (set(), 3)


def test_the_contact_sheet_names_every_image(site, monkeypatch):
    work = works.concealed(site.section, part="<b>承台</b>{{7*7}}")
    kept, voided = add(site, work), add(site, work, place="作废处")
    papers.void(voided.attachment, site.actor("contractor"), "拍错")
    ((number, of, pdf),) = contact.volumes(site.section, site.people["contractor"])
    text = "".join(text_of_pdf(pdf).split())
    assert (number, of) == (1, 1)
    assert kept.attachment.sha256 in text and "<b>承台</b>{{7*7}}" in text and "底层钢筋" in text
    assert "作废处" not in text
    monkeypatch.setattr(contact, "VOLUME", 2)
    monkeypatch.setattr(contact, "print_html", lambda html: html.encode())
    for _ in range(4):
        add(site, work)
    parts = list(contact.volumes(site.section, site.people["contractor"]))
    assert [(n, of) for n, of, _ in parts] == [(1, 3), (2, 3), (3, 3)]
    every = b"".join(page for _, _, page in parts).decode()
    hashes = SiteImage.valid().values_list("attachment__sha256", flat=True)
    assert all(every.count(sha) == 1 for sha in hashes) and len(hashes) == 5
    run = run_now("concealed_contact_sheet", {"section": site.section.pk}, site.people["contractor"])
    assert run.result_file.endswith(".zip") and run.result == {"volumes": 3}
    with pytest.raises(JobError):
        run_now("concealed_contact_sheet", {"section": site.section.pk}, safety.site().people["contractor"])
