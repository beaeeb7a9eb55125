"""What is sent in: scripts, signs that are none, texts too long, numbers and dates as people write them.

Nothing is executed or lost on the way, nothing ends in a server error, and every refusal is a Chinese sentence
by field in one shape.
"""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from django.core.cache import cache
from django.db import models
from django.urls import reverse
from django.utils.html import escape
from rest_framework.throttling import UserRateThrottle

from supervision.ledgers.ledger import Ledger

from .world import LEDGERS, WHOLE, World, each_ledger, make, posted

NASTY = "<img src=x onerror=alert(1)>{{7*7}}{% debug %}\u202e𠮷😀\"'&amp;"
WRITABLE = [ledger for ledger in LEDGERS if ledger.create_roles]
each_writable = {"argnames": "ledger", "argvalues": WRITABLE, "ids": [ledger.slug for ledger in WRITABLE]}
CHINESE = re.compile(r"[一-鿿]")


def columns(ledger: Ledger, kind) -> list[models.Field]:
    """The ledger's form fields of a kind, free of choices."""
    found = [ledger.model._meta.get_field(name) for name in ledger.form_fields]
    return [f for f in found if isinstance(f, kind) and not f.choices and type(f).__name__ != "StakeField"]


def texts(ledger: Ledger) -> list[models.Field]:
    return columns(ledger, (models.CharField, models.TextField))


def send(world: World, ledger: Ledger, body: dict, pk: int | None = None):
    name = world.editor(ledger, ledger.create_roles)
    url, client = f"/api/{ledger.slug}/", world.client(name)
    if pk is None:
        return client.post(url, json.dumps(body), content_type="application/json")
    return client.patch(f"{url}{pk}/", json.dumps(body), content_type="application/json")


def refused(answer, field: str | None = None) -> dict:
    """The refusal, checked for its shape: 400, a Chinese message, and one by field."""
    assert answer.status_code == 400, answer.content.decode()[:500]
    body = answer.json()
    assert set(body) == {"code", "message", "fields"}
    assert CHINESE.search(body["message"]), body
    if field:
        assert field in body["fields"], body
        assert all(CHINESE.search(text) for text in body["fields"][field]), body
    return body


@pytest.mark.divided
@pytest.mark.parametrize(**each_writable)
def test_scripts_are_text_everywhere(world, ledger):
    """In every text column at once: on the list, the record, its form, its history, the print and in the API."""
    side, client = world.sides["A"], world.client(world.editor(ledger, ledger.create_roles))
    record = make(ledger.model, side)
    filled = {}
    for column in texts(ledger):
        if column.validators and any(type(v).__name__ == "RegexValidator" for v in column.validators):
            continue
        value = f"{NASTY}{column.name}" if (column.max_length or 999) > 80 else f"<b>{column.name[:3]}\"'"
        filled[column.name] = value[: column.max_length] if column.max_length else value
    answer = send(world, ledger, {**world.body(ledger), **filled})
    while answer.status_code == 400:
        # Columns with rules of their own may refuse it, and say so; the others hold it still.
        for name in (own := set(refused(answer)["fields"]) & set(filled)):
            refused(answer, name)
            del filled[name]
        assert own, answer.content.decode()
        answer = send(world, ledger, {**world.body(ledger), **filled})
    assert answer.status_code == 201, answer.content.decode()
    data = answer.json()
    for name, value in filled.items():
        # What never leaves by the API is on the page, below.
        assert name in getattr(ledger.model, "secret_fields", ()) or data[name] == value.strip()
    pages = [
        f"{ledger.url}?page_size=50",
        f"{reverse(f'{ledger.slug}:print')}",
        ledger.record_url(data["id"]),
        reverse(f"{ledger.slug}:history", args=[data["id"]]),
    ]
    if data["may_edit"]:
        pages.append(reverse(f"{ledger.slug}:edit", args=[data["id"]]))
    for url in pages:
        page = client.get(url)
        assert page.status_code == 200
        html = page.content.decode()
        assert "<img src=x" not in html and "<b>" not in html.replace("<b></b>", ""), url
        assert "49𠮷" not in html
    detail = unescape(client.get(ledger.record_url(data["id"])).content.decode())
    for name, value in filled.items():
        assert re.sub(r"\s+", " ", value.strip()) in re.sub(r"\s+", " ", detail), name
    # The search box gives back what was typed, as text, on the page and nowhere else.
    html = client.get(ledger.url, {"q": NASTY, "sort": NASTY, "page": NASTY}).content.decode()
    assert escape(NASTY) in html and "<img src=x" not in html
    # A rejected form too.
    html = client.post(
        reverse(f"{ledger.slug}:new"), dict.fromkeys(ledger.form_fields, NASTY)
    ).content.decode()
    assert "<img src=x" not in html
    assert record.pk


def sending(world: World, ledger: Ledger, fields: list[models.Field]):
    """A function that sends a new record in which every one of the fields holds a value; tells the answer and what
    was sent. What was refused left nothing behind, so that the rest of it is sent again; what was taken is not."""
    rest = world.body(ledger)

    def attempt(value) -> tuple:
        nonlocal rest
        body = rest | {field.name: value for field in fields}
        answer = send(world, ledger, body)
        if answer.status_code != 400:
            rest = world.body(ledger)
        return answer, body

    return attempt


@pytest.mark.divided
@pytest.mark.parametrize(**each_writable)
def test_texts_that_cannot_be_kept_are_refused(world, ledger):
    fields = texts(ledger)
    name, attempt = world.editor(ledger, ledger.create_roles), sending(world, ledger, fields)
    for value in ("一\x00二", "长" * 100_000):
        answer, body = attempt(value)
        for column in fields:
            refused(answer, column.name)
        assert world.client(name).post(reverse(f"{ledger.slug}:new"), posted(body)).status_code == 400
    for odd in (["a"], {"a": 1}, True, 12, 1.5, "\ud800"):
        answer, _ = attempt(odd)
        assert answer.status_code in (201, 400), (odd, answer.status_code)


NUMBERS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "1e5",
    "一百",
    "--1",
    "1,2,3",
    "9" * 40,
    "0x10",
    [],
    {},
    True,
)


@pytest.mark.divided
@pytest.mark.parametrize(**each_writable)
def test_numbers_as_people_write_them(world, ledger):
    fields = columns(ledger, (models.DecimalField, models.IntegerField))
    if not fields:
        return
    attempt = sending(world, ledger, fields)
    for value in NUMBERS:
        answer, _ = attempt(value)
        if answer.status_code != 201:
            refused(answer)
            continue
        kept = ledger.model._base_manager.get(pk=answer.json()["id"])
        for column in fields:
            number = getattr(kept, column.attname)
            assert number is None or abs(number) < 10**12, (column.name, value)
    body = world.body(ledger)
    small = {f.name: 1 if isinstance(f, models.DecimalField) else 2024 for f in fields}
    wide = {name: str(body.get(name) or number).translate(FULL_WIDTH) for name, number in small.items()}
    answer = send(world, ledger, body | wide)
    said = answer.json().get("fields", {}) if answer.status_code == 400 else {}
    assert not [text for name in wide for text in said.get(name, []) if "整数" in text or "数字" in text], (
        said
    )


FULL_WIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789."}


@pytest.mark.divided
@pytest.mark.parametrize(**each_writable)
def test_dates_as_people_write_them(world, ledger):
    fields = [f for f in columns(ledger, models.DateField) if not isinstance(f, models.DateTimeField)]
    if not fields:
        return
    attempt = sending(world, ledger, fields)
    for value in ("2023-02-29", "1899-12-31", "2999-01-01", "0000-00-00", "明天", "20241301", 45000, "9" * 11, [1], {"a": 1}):  # fmt: skip
        answer, _ = attempt(value)
        for column in fields:
            refused(answer, column.name)
    for value, read in (
        ("2024.2.29", "2024-02-29"),
        ("2023年9月6日", "2023-09-06"),
        ("2023/9/6", "2023-09-06"),
        ("20230906", "2023-09-06"),
        ("２０２３－９－６", "2023-09-06"),
    ):
        answer, _ = attempt(value)
        if answer.status_code == 201:
            assert {answer.json()[column.name] for column in fields} == {read}
        else:
            # Another rule may refuse the day; that it was read is seen in what is said.
            said = json.dumps(refused(answer)["fields"], ensure_ascii=False)
            assert "有效" not in said and value not in said, said


@pytest.mark.divided
@pytest.mark.parametrize(**each_writable)
def test_moments_as_people_write_them(world, ledger):
    fields = columns(ledger, models.DateTimeField)
    if not fields:
        return
    attempt = sending(world, ledger, fields)
    for value in ("2023-02-29 08:30", "1899-12-31 08:30", "2999-01-01 08:30", "2024-01-01 24:01", "明天", 45000, [1], {"a": 1}):  # fmt: skip
        answer, _ = attempt(value)
        for column in fields:
            refused(answer, column.name)
    for value in (
        "2026.2.28 8:30",
        "2026年2月28日 08:30",
        "2026-02-28T08:30",
        "２０２６－０２－２８ ０８：３０",
    ):
        answer, _ = attempt(value)
        # All at one moment may be against another rule; that it was read is seen in what is said.
        if answer.status_code != 201:
            said = json.dumps(refused(answer)["fields"], ensure_ascii=False)
            assert "应写作" not in said and value not in said, said


@pytest.mark.divided
@pytest.mark.parametrize(**each_writable)
def test_records_to_pick_that_are_none(world, ledger):
    fields = columns(ledger, models.ForeignKey)
    if not fields:
        return
    attempt = sending(world, ledger, fields)
    for value in (
        0,
        -1,
        10**30,
        "9" * 30,
        "没有这个",
        NASTY,
        "\x00",
        [1],
        {"id": 1},
        True,
        1.5,
        "x" * 100_000,
    ):
        answer, _ = attempt(value)
        assert answer.status_code in (200, 201, 400), (value, answer.status_code)
        if answer.status_code == 400:
            refused(answer)


@pytest.mark.divided
@pytest.mark.parametrize(**each_writable)
def test_bodies_that_are_no_record(world, ledger):
    client, url = world.client(world.editor(ledger, ledger.create_roles)), f"/api/{ledger.slug}/"
    for text in ("", "[]", "null", "1", '"x"', "[[]]", "{", '{"a":', "\x00", "[" * 5000):
        answer = client.post(url, text, content_type="application/json")
        assert answer.status_code == 400, (text[:10], answer.status_code)
        assert {"code", "message"} <= set(answer.json()), text[:10]
        assert CHINESE.search(answer.json()["message"]), answer.json()
    assert client.post(url, "x", content_type="text/plain").status_code == 415
    assert client.post(url, "<a/>", content_type="application/xml").status_code == 415


@pytest.mark.divided
@pytest.mark.parametrize(**each_ledger)
def test_addresses_and_filters_that_mean_nothing(world, undrawn, ledger):
    client = world.client(world.editor(ledger, ledger.view_roles))
    for tail in ("0/", "999999999999/", "99999999999999999999999999/"):
        for url in (f"/api/{ledger.slug}/{tail}", f"{ledger.url}{tail}"):
            assert client.get(url).status_code == 404, url
    turn = LEDGERS.index(ledger) // 2  # every other ledger runs on the same back end
    for number, query in enumerate((
        "page=0", "page=-1", "page=x", "page=99999999999999999999", "page_size=x", "page_size=100000", "sort=x",
        "sort=--pk", "sort=password", "sort=-", "q=%00", "q=" + "x%20" * 500, "q=%F0%A0%AE%B7", "q=%25_%5C", "q=%27%22",
        *("&".join(f"{path}={value}" for path in ledger.filters) for value in ("%00", "x", "-1", "9" * 30, "%F0%A0%AE%B7")),
        "&".join(f"{path}_after=1899-13-99" for path in ledger.filters),
    )):  # fmt: skip
        # Page and API read them by one piece of code: each is asked of either, and of every other ledger.
        if (number + turn) % 2 and not WHOLE:
            continue
        url = f"{ledger.url if (number + turn) % 4 > 1 else f'/api/{ledger.slug}/'}?{query}"
        answer = client.get(url)
        assert answer.status_code in (200, 400, 404), (url[:120], answer.status_code)
        if url.startswith("/api") and answer.status_code != 200:
            assert {"code", "message"} <= set(answer.json())
            assert CHINESE.search(answer.json()["message"]), (url[:120], answer.json())


def test_errors_have_one_shape(world):
    """401, 403, 404 and 405, each {"code", "message"} in Chinese."""
    section = world.sides["B"].section
    cases = [
        ("anonymous", "get", "/api/projects/", 401),
        ("system", "get", "/api/projects/", 403),
        ("owner_a", "get", f"/api/sections/{section.pk}/", 404),
        ("bureau", "get", "/api/projects/987654321/", 404),
        ("bureau", "delete", f"/api/sections/{section.pk}/", 405),
        ("bureau", "post", "/api/events/", 405),
    ]
    for name, method, url, status in cases:
        answer = getattr(world.client(name), method)(url)
        assert answer.status_code == status, (name, url)
        assert set(answer.json()) == {"code", "message"}, answer.json()
        assert CHINESE.search(answer.json()["message"])


def test_too_many_requests_are_told_in_the_same_shape(world, monkeypatch):
    cache.clear()
    monkeypatch.setattr(UserRateThrottle, "rate", "2/min", raising=False)
    client = world.client("bureau")
    answers = [client.get("/api/projects/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"code": "throttled", "message": "请求过于频繁，请稍后再试。"}
    assert int(answers[2]["Retry-After"]) > 0
