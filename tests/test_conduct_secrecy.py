"""Nobody but the discipline role learns that there is a report: every address is asked without one and with one, by
every other role and by nobody, and the two answers must be the same.

The addresses are taken from the portal's own table of them, so that a page made tomorrow is asked too. A page or
endpoint for which it matters (`NEAR`) is asked by everybody; of the rest each takes a share, a larger one the audit
administrator, who reads everything else; WHOLE=1 gives all of it to all.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from PIL import Image

from integrity.ledgers.reporting import READ
from integrity.models import ConductReport
from integrity.reports import public
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.history import Actor, seal_days, seal_hash, verify_chains, verify_derived, verify_seals
from supervision.flows.models import Event, Seal
from supervision.flows.perform import perform
from supervision.jobs.models import JobRun
from supervision.jobs.services import run_now
from supervision.papers import services as papers
from supervision.papers.errors import StorageFailed
from supervision.papers.models import Attachment
from supervision.people import history_guard
from supervision.people.models import ADMIN_ROLES, Role
from supervision.people.visitors import proof

from . import factories
from .quality_pictures import picture

pytestmark = pytest.mark.django_db

TOLD = "听说某某收了钢材供应商的购物卡"
UNIT = "被反映的某局某科"
NEAR = re.compile(
    r"\bconduct[-/]|conductreport|^(api/)?(events|attachments|jobs|seals|notices|todo|board/|search|figures|control-questions)|^$|^\?"
)
# Pages of other ledgers that only those who write there reach; dealt out with the rest.
WRITING = re.compile(r"/(template|import|columns|batch|new|edit|attach|do|print)/|/\d+/attachments/")
# Nothing but what a clock, a session or a secret of the request makes differ.
VOLATILE = (
    re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"'),
    re.compile(r'"csrfToken": ?"[^"]+"|X-CSRFToken[^}]+'),
    re.compile(r'name="challenge" value="[^"]+"|nonce-[\w=/+-]+|nonce="[^"]+"'),
    re.compile(r"20\d\d[-年]\d\d?[-月]\d\d?日?[T ]+\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+\d\d:\d\d)?"),
    re.compile(r'name="submission" value="[^"]+"|name="once" value="[^"]+"'),
)


@dataclass(frozen=True)
class Ids:
    """The keys that the report, its last event and its file have, or will have."""

    report: int
    event: int
    file: int


def coming(model) -> int:
    """The key that the next row gets: a sequence goes on where tests before were rolled back."""
    if connection.vendor != "postgresql":
        return (model._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT last_value + is_called::int FROM {model._meta.db_table}_id_seq")
        return cursor.fetchone()[0]


def patterns(resolver=None, before: str = "") -> list[str]:
    """The route of every address of the portal."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += patterns(entry, route)
        elif isinstance(entry, URLPattern):
            found.append(route)
    return found


def addresses(ids: Ids) -> list[str]:
    """Every address, its parameters filled with what would lead to the report if anything did."""
    made = []
    for route in patterns():
        route = re.sub(r"\^|\$$", "", route).replace("\\.", ".").replace("\\Z", "")
        route = re.sub(r"\(\?P<format>[^)]*\)\??/?\??", "json", route)
        route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<str:\1>", route)
        if "logout" in route or route.startswith(("static", "media", "api/schema", "api/docs")):
            # Sessions would end; the schema is made of the code, and takes seconds each time.
            continue
        place = {
            "label": "integrity.conductreport",
            "code": "danger-notice",
            "name": "accept",
            "transition": "accept",
            "act": "commit",
            "token": "ABCDEFGHJK",
            "slug": "conduct-reports",
        }

        def fill(match, place=place, route=route) -> str:
            kind, _, name = match.group(1).rpartition(":")
            if name in place and kind != "int":
                return place[name]
            if "event" in route:
                return str(ids.event)
            return str(ids.file if "attachment" in route and name != "batch" else ids.report)

        made.append("/" + re.sub(r"<([^>]+)>", fill, route))
    asked = [
        f"/events/?model=integrity.conductreport&object_id={ids.report}",
        f"/api/events/?model=integrity.conductreport&object_id={ids.report}",
        f"/events/?q={UNIT}",
        "/events/export/",
        "/api/events/?page_size=50&sort=-at",
        f"/attachments/archive/?model=integrity.conductreport&object_id={ids.report}",
        f"/api/attachments/?model=integrity.conductreport&object_id={ids.report}",
        f"/organizations/?q={UNIT}",
        f"/pick/integrity.conductreport/?q={UNIT}",
        f"/conduct-reports/?q={UNIT}",
        "/conduct-reports/export/",
        # The search box, the figures and the workbench.
        f"/search/?q={UNIT}",
        "/api/search/?q=JB-2",
        f"/api/search/?q={TOLD[:8]}",
        "/figures/?format=xlsx",
        "/?ledger=conduct-reports",
        "/?late=overdue",
    ]
    return list(dict.fromkeys(made + asked))


def plain(response) -> tuple:
    """An answer without what differs from one asking to the next."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = sorted(n for n in book.namelist() if "worksheets/" in n or "sharedStrings" in n)
            content = b"".join(book.read(name) for name in parts) or repr(book.namelist()).encode()
    text = content.decode("utf-8", "replace")
    for pattern in VOLATILE:
        text = pattern.sub("·", text)
    headers = {name: response.get(name, "") for name in ("Location", "Content-Type", "Content-Disposition")}
    return response.status_code, tuple(headers.items()), text


def walk(clients: dict[str, Client], where: list[str]) -> dict[tuple[str, str], tuple]:
    """What everybody is answered: by GET everywhere, by the unsafe methods around the report."""
    cache.clear()
    answers = {}
    whole = os.environ.get("WHOLE") == "1"
    near = [
        url
        for url in where
        if NEAR.search(url.lstrip("/")) and ("conduct-reports" in url or not WRITING.search(url))
    ]
    others = [url for url in where if url not in set(near)]
    for turn, (name, client) in enumerate(clients.items()):
        share = others if whole else others[turn :: 40 if name == Role.AUDIT_ADMIN else 200]
        for url in [*near, *share]:
            answers[name, url] = plain(client.get(url))
        for url in near:
            if "conduct-reports" in url:
                answers[name, f"POST {url}"] = plain(client.post(url, {"reason": "想知道", "opinion": "查"}))
                if url.startswith("/api/"):
                    answers[name, f"PATCH {url}"] = plain(
                        client.patch(url, {"unit_name": "改"}, content_type="application/json")
                    )
    return answers


def photo(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture(), "image/jpeg")


@pytest.fixture
def clients(settings) -> dict[str, Client]:
    settings.PORTAL_REQUIRE_TOTP = False
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    section = factories.section(factories.project())
    made: dict[str, Client] = {}
    for role in Role:
        if role == Role.DISCIPLINE:
            continue
        person = factories.user(role)
        if role not in ADMIN_ROLES and role in ("contractor", "supervisor", "designer", "laboratory"):
            factories.participation(section, person.organization, role)
        made[role.value] = client = Client(raise_request_exception=False)
        client.force_login(person)
    made["anonymous"] = Client(raise_request_exception=False)
    return made


def file_report(**more) -> tuple[ConductReport, str]:
    """A report as somebody files it, with a photo."""
    facts = dict.fromkeys(public.FACTS, "") | {"unit_name": UNIT, "content": TOLD} | more
    code = public.take(facts | {"photos": [photo("工地.jpg")]})
    return ConductReport._base_manager.get(), code


def handle(report: ConductReport, reader, client: Client | None = None) -> ConductReport:
    """What the discipline role does with it: reads, accepts, asks who it was, finishes, tells, rewards."""
    if client is None:
        client = Client()
        client.force_login(reader)
    assert client.get(f"/conduct-reports/{report.pk}/").status_code == 200
    actor = Actor.of(reader, "page")
    report = perform(report, "accept", actor, {"category": "bribery"})
    client.post(f"/conduct-reports/{report.pk}/reporter/", {"reason": "核实线索"})
    report = perform(ConductReport.objects.get(), "finish", actor, {"finding": "true", "result": "已处理"})
    report = perform(report, "inform", actor, {"answer": "经查属实，已处理。"})
    today = timezone.localdate().isoformat()
    return perform(report, "reward", actor, {"reward": "500", "rewarded_on": today})


@pytest.mark.once
def test_nobody_else_learns_that_there_is_a_report(clients):
    reader, own = factories.user(Role.DISCIPLINE), Client()
    # Who is signed in is seen by the administrators, report or not.
    own.force_login(reader)
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    ids = Ids(coming(ConductReport), last + 1, coming(Attachment))
    where = addresses(ids)
    assert len(where) > 500 and f"/conduct-reports/{ids.report}/" in where
    assert f"/api/conduct-reports/{ids.report}/accept/" in where and f"/attachments/{ids.file}/" in where
    absent = walk(clients, where)

    report, _ = file_report(reporter_name="赵某", reporter_phone="13800000000")
    report = handle(report, reader, own)
    assert (report.pk, Attachment.objects.get().pk) == (ids.report, ids.file)
    assert Event.objects.get(pk=ids.event).model == "integrity.conductreport"
    present = walk(clients, where)

    # Whoever reads everything else does read it.
    for name in (Role.AUDIT_ADMIN, Role.BUREAU_STAFF, Role.BUREAU_LEADER):
        assert "新建" in absent[name, "/events/"][2] and absent[name, "/events/export/"][0] == 200, name
    differing = [place for place in absent if absent[place] != present[place]]
    assert differing == []
    for (name, url), (status, _, text) in present.items():
        assert status < 500, (name, url)
        secrets = (TOLD, report.number, "赵某") if UNIT in url else (TOLD, UNIT, report.number, "赵某")
        assert not any(word in text for word in secrets), (name, url)
    # The comparison sees what it should: the discipline role gets other answers.
    assert report.number in own.get("/conduct-reports/").content.decode()
    assert report.number in own.get("/events/?model=integrity.conductreport").content.decode()
    # Messages went to the discipline role alone, and nothing ran that others could see.
    assert set(Notice.objects.values_list("user_id", flat=True)) <= {reader.pk}


def test_reading_is_an_event_and_the_reporter_an_act_of_its_own(clients):
    reader, second = factories.user(Role.DISCIPLINE), factories.user(Role.DISCIPLINE)
    report, _ = file_report(reporter_name="赵某", reporter_phone="13800000000")
    client = Client()
    client.force_login(second)
    client.get("/conduct-reports/")
    assert not records.events_of(report).filter(verb=READ).exists()
    html = client.get(f"/conduct-reports/{report.pk}/").content.decode()
    assert TOLD in html and "赵某" not in html and "13800000000" not in html
    client.get(f"/api/conduct-reports/{report.pk}/")
    events = records.events_of(report).filter(verb=READ)
    assert [(e.actor_id, e.source) for e in events.order_by("seq")] == [
        (second.pk, "page"),
        (second.pk, "api"),
    ]
    # Also beside a file that was not taken.
    client.post(f"/conduct-reports/{report.pk}/attach/", {"kind": "无此类别"})
    assert events.count() == 3

    url = f"/conduct-reports/{report.pk}/reporter/"
    assert "赵某" not in client.get(url).content.decode()
    assert client.post(url, {"reason": ""}).status_code == 400
    assert not records.events_of(report).filter(verb="read_reporter").exists()
    assert "赵某" in client.post(url, {"reason": "核实线索"}).content.decode()
    asked = records.events_of(report).get(verb="read_reporter")
    assert (asked.actor_id, asked.reason) == (second.pk, "核实线索")
    # What was told and who told it stand neither in the history nor in the API, for the discipline role either.
    client.force_login(reader)
    for page in (
        f"/api/conduct-reports/{report.pk}/",
        "/api/conduct-reports/",
        f"/conduct-reports/{report.pk}/history/",
    ):
        text = client.get(page).content.decode()
        assert not any(word in text for word in (TOLD, "赵某", "13800000000", report.code_key)), page
    told = str(list(Event.objects.values_list("changes", "title", "reason")))
    assert not any(word in told for word in (TOLD, "赵某", "13800000000", report.code_key))


def test_the_history_of_a_report_verifies_and_what_was_told_cannot_be_altered():
    report, _ = file_report(reporter_name="赵某")
    handle(report, factories.user(Role.DISCIPLINE))
    label = "integrity.conductreport"
    assert [*verify_chains(label), *verify_derived(label)] == []
    with history_guard.writer():
        ConductReport._base_manager.update(content="没有这回事")
    assert [breach.what for breach in verify_derived(label)] == ["举报内容未经平台改动"]
    with history_guard.writer():
        changed = ConductReport._base_manager.get()
        ConductReport._base_manager.update(digest=changed.content_digest())
    assert "内容校验值" in str([*verify_chains(label)])


def test_a_signed_in_person_reports_as_nobody(clients, monkeypatch):
    monkeypatch.setattr("supervision.people.visitors.proof.take", lambda text, answer: True)
    answer = clients["contractor"].post(
        "/conduct/report/",
        {"unit_name": UNIT, "content": TOLD, "challenge": "x", "photos": photo("张三.jpg")},
    )
    assert answer.status_code == 200
    report = ConductReport._base_manager.get()
    assert not report.named
    for event in records.events_of(report):
        assert (event.actor_id, event.actor_name, event.organization_name) == (None, "举报人", "")
    file = Attachment.objects.get()
    assert (file.uploaded_by_id, file.uploader_name, file.name) == (None, "举报人", "举报材料1.jpg")
    code = re.search(r"data-code>([\w-]+)<", answer.content.decode()).group(1)
    assert code.replace("-", "") not in str(ConductReport._base_manager.values().get())
    # Whoever holds the code reads how far it is, and the answer once it was given; in capitals or not.
    asked = Client().post("/conduct/status/", {"code": code.lower().replace("-", " ")}).content.decode()
    assert "待受理" in asked and "尚未答复" in asked and UNIT not in asked
    handle(report, factories.user(Role.DISCIPLINE))
    assert "经查属实，已处理。" in Client().post("/conduct/status/", {"code": code}).content.decode()
    wrong = Client().post("/conduct/status/", {"code": "ABCD-EFGH-JKMN"}).content.decode()
    assert "没有这个受理码" in wrong
    # A code in the address asks nothing: addresses are logged.
    assert "待受理" not in Client().get("/conduct/status/", {"code": code}).content.decode()


def solved() -> dict[str, str]:
    text = proof.challenge()
    return {"challenge": text, "proof": next(str(n) for n in range(10**9) if proof.solves(text, str(n)))}


def test_a_report_needs_work_and_nothing_is_counted_by_address(clients, monkeypatch):
    told = {"unit_name": UNIT, "content": TOLD}
    looked = []
    monkeypatch.setattr("supervision.papers.photos.check_photo", looked.append)
    page = Client().post("/conduct/report/", told | {"challenge": "x", "photos": photo("a.jpg")})
    assert page.status_code == 400 and not ConductReport._base_manager.exists()
    assert TOLD in page.content.decode() and "浏览器未完成校验" in page.content.decode()
    assert looked == [], "nobody's photos are looked into without work"
    asked = Client().post("/conduct/status/", {"code": "ABCD-EFGH-JKMN"})
    assert asked.status_code == 400 and "没有这个受理码" not in asked.content.decode()
    # Work is good once, and a form that comes back brings a new challenge.
    work = solved()
    assert Client().post("/conduct/report/", told | work).status_code == 200
    again = Client().post("/conduct/report/", told | work)
    assert again.status_code == 400 and work["challenge"] not in again.content.decode()
    monkeypatch.setattr("supervision.people.visitors.proof.take", lambda text, answer: True)
    answers = {Client().post("/conduct/report/", told).status_code for _ in range(40)}
    answers |= {Client().post("/conduct/report/", {"unit_name": UNIT}).status_code for _ in range(62)}
    assert answers == {200, 400} and ConductReport._base_manager.count() == 41
    assert {Client().post("/conduct/status/", {"code": "x"}).status_code for _ in range(32)} == {200}


def test_a_photo_that_cannot_be_kept_leaves_neither_report_nor_code(clients, monkeypatch):
    monkeypatch.setattr("supervision.people.visitors.proof.take", lambda text, answer: True)
    told = {"unit_name": UNIT, "content": TOLD}
    real, kept = papers.put, []

    def full(*given):
        kept.append(real(*given))
        if len(kept) == 2:
            raise StorageFailed("服务器存储空间不足，文件未保存。")

    monkeypatch.setattr(papers, "put", full)
    before = Event.objects.count()
    page = Client().post("/conduct/report/", told | {"photos": [photo("a.jpg"), photo("b.jpg")]})
    text = page.content.decode()
    assert page.status_code == 400 and "没有受理码" in text and "空间不足" in text and TOLD in text
    assert "data-code" not in text
    assert not ConductReport._base_manager.exists() and not Attachment.objects.exists()
    assert Event.objects.count() == before
    # Before anything is written, too.
    monkeypatch.setattr(papers, "receive", lambda upload: (_ for _ in ()).throw(StorageFailed("存储出错。")))
    page = Client().post("/conduct/report/", told | {"photos": photo("a.jpg")})
    assert page.status_code == 400 and not ConductReport._base_manager.exists()
    assert "data-code" in Client().post("/conduct/report/", told).content.decode()


def test_a_photo_tells_neither_place_nor_device():
    image, exif = Image.new("RGB", (80, 60), "gray"), Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "某品牌", "某型号", 6
    exif.get_ifd(0x8825).update({1: "N", 2: (33.0, 57.0, 12.0)})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"owner zhao")
    assert Image.open(io.BytesIO(out.getvalue())).getexif().get_ifd(0x8825)
    public.take(
        dict.fromkeys(public.FACTS, "")
        | {"unit_name": UNIT, "content": TOLD, "photos": [SimpleUploadedFile("IMG.JPG", out.getvalue())]}
    )
    file = Attachment.objects.get()
    content = papers.file_of(file).read_bytes()
    kept = Image.open(io.BytesIO(content))
    assert (file.name, file.taken_at) == ("举报材料1.jpg", None)
    assert not dict(kept.getexif()) and b"owner zhao" not in content and b"Exif" not in content
    # Upright, as its tag said.
    assert kept.size == (60, 80)


def test_reading_the_files_of_a_report_is_an_event_whichever_way(clients):
    reader = factories.user(Role.DISCIPLINE)
    report, _ = file_report()
    file = Attachment.objects.get()
    client = Client()
    client.force_login(reader)

    def read() -> list[tuple]:
        rows = records.events_of(report).filter(verb=READ).order_by("seq")
        return [(e.actor_id, e.source, e.label, e.reason) for e in rows]

    def asked(url: str) -> bytes:
        answer = client.get(url)
        assert answer.status_code == 200, url
        return b"".join(answer.streaming_content) if answer.streaming else answer.content

    seen = (reader.pk, "page", "查阅举报附件", "举报材料1.jpg")
    # The small picture by itself; then it belongs to the reading that is noted already.
    assert asked(f"/attachments/{file.pk}/thumb/") and read() == [seen]
    assert asked(f"/attachments/{file.pk}/thumb/") and read() == [seen]
    for number, url in enumerate(
        (
            f"/attachments/{file.pk}/",
            f"/attachments/{file.pk}/preview/",
            f"/attachments/archive/?model=integrity.conductreport&object_id={report.pk}",
        ),
        2,
    ):
        assert asked(url) and read() == [seen] * number, url
    assert asked(f"/api/attachments/{file.pk}/content/")
    assert read()[-1] == (reader.pk, "api", "查阅举报附件", "举报材料1.jpg")
    # Whoever may not see it writes nothing, and other records' files are read as ever.
    count = Event.objects.count()
    assert clients[Role.AUDIT_ADMIN].get(f"/attachments/{file.pk}/").status_code == 404
    assert Event.objects.count() == count
    assert list(verify_chains("integrity.conductreport")) == []
    assert list(papers.verify_files()) == []


def test_nightly_work_tells_nothing_of_a_report(clients):
    reader = factories.user(Role.DISCIPLINE)
    jobs = ("daily_digest", "search_index", "integrity_controls", "seal_history")
    for name in jobs:
        run_now(name, {})
    before = [(run.state, run.result, run.message) for run in (run_now(name, {}) for name in jobs)]
    report, _ = file_report()
    with history_guard.writer():
        ConductReport._base_manager.update(due_on=timezone.localdate() - timedelta(days=3))
    after = [(run.state, run.result, run.message) for run in (run_now(name, {}) for name in jobs)]
    assert after == before
    told = Notice.objects.filter(title__contains="已超期")
    assert [notice.user_id for notice in told] == [reader.pk], "the reader is reminded, and nobody else"
    assert report.number not in str(list(JobRun.objects.values()))


def test_seals_tell_no_count_and_no_digest_that_could_be_computed(clients):
    file_report()
    seal_days(until=timezone.localdate())
    seal = Seal.objects.order_by("-day").first()
    assert len(seal.salt) == 32 and seal.count
    answer = clients[Role.AUDIT_ADMIN].get("/api/seals/")
    assert answer.status_code == 200, answer.content.decode()
    rows = answer.json()["results"]
    # Nor is the number found by trying: the value of the seal hangs on the salt, too.
    day, shown, previous = seal.day, seal.digest, seal.previous
    for salt in ("", "0" * 32):
        tried = {seal_hash(day, number, salt, shown, previous) for number in range(seal.count + 50)}
        assert seal.hash not in tried
    plain_text = f"{day.isoformat()}|{seal.count}|{shown}|{previous}"
    assert seal.hash != hashlib.sha256(plain_text.encode()).hexdigest()
    assert seal.hash == seal_hash(day, seal.count, seal.salt, shown, previous)
    assert list(verify_seals()) == []
    assert rows and not {"count", "salt"} & set(rows[0])
    assert seal.salt not in clients[Role.AUDIT_ADMIN].get(f"/seals/{seal.pk}/").content.decode()
