"""Open sessions: how long they last, and what happens in them when the person changes."""

import json
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supervision.people.models import Membership, Role

from .accounts import Clock, change, office, outcomes, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts")]


@pytest.fixture
def clock(monkeypatch):
    standing = Clock(1_790_000_000.0)
    monkeypatch.setattr("time.time", standing)
    return standing


def test_half_an_hour_of_silence_ends_a_session(clock):
    user = person()
    client = signed_in(user)
    key = client.session.session_key
    clock.advance(minutes=29)
    assert client.get("/").status_code == 200
    clock.advance(minutes=29)
    assert client.get("/").status_code == 200
    clock.advance(minutes=30)
    assert client.get("/elsewhere/").url == "/login/?next=%2Felsewhere%2F&expired=1"
    assert not Session.objects.filter(session_key=key).exists()
    assert outcomes(user) == ["登录成功", "超时退出"]
    assert "登录已超时" in client.get("/login/?expired=1").content.decode()


def test_twelve_hours_end_a_session_however_busy(clock):
    client = signed_in(person())
    for _ in range(12 * 3 - 1):
        clock.advance(minutes=20)
        assert client.get("/").status_code == 200
    clock.advance(minutes=20)
    assert client.get("/").status_code == 302


def test_a_busy_session_is_written_once_a_minute(clock):
    client = signed_in(person())

    def writes():
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/").status_code == 200
        return sum(
            query["sql"].startswith(("UPDATE", "INSERT", "DELETE")) for query in captured.captured_queries
        )

    clock.advance(seconds=59)
    assert writes() == 0
    clock.advance(seconds=1)
    assert writes() == 1
    assert writes() == 0


def test_a_page_asking_by_itself_is_no_sign_of_life(clock):
    client = signed_in(person())
    for _ in range(29):
        clock.advance(minutes=1)
        assert client.get("/", headers={"X-Portal-Poll": "1"}).status_code == 200
    clock.advance(minutes=1)
    assert client.get("/", headers={"X-Portal-Poll": "1"}).status_code == 302


def test_a_clock_set_back_does_not_lengthen_a_session(clock):
    client = signed_in(person())
    clock.advance(minutes=-600)
    assert client.get("/").status_code == 200
    clock.advance(minutes=30)
    assert client.get("/").status_code == 302


def test_a_fragment_is_not_answered_with_the_sign_in_page_inside(clock):
    client = signed_in(person())
    clock.advance(minutes=31)
    response = client.post(
        "/elsewhere/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/elsewhere/?page=2"},
    )
    assert response.content == b""
    assert response["HX-Redirect"] == "/login/?next=%2Felsewhere%2F%3Fpage%3D2&expired=1"


def test_a_forged_origin_is_no_place_to_return_to():
    response = Client().post("/elsewhere/", headers={"referer": "https://evil.example/x"})
    assert response.url == "/login/"


def test_strangers_reach_nothing_but_the_open_pages():
    client = Client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/login/").status_code == 200
    for page in (
        "/",
        "/elsewhere/",
        "/account/",
        "/account/otp/",
        "/account/password/",
        "/login/otp/",
        "/nothing-here",
    ):
        assert client.get(page).url.startswith("/login/"), page
    assert client.get("/api/whoami/").status_code == 401


def test_disabled_in_an_open_session():
    user = person()
    client = signed_in(user)
    change(user, is_active=False)
    assert client.get("/").url == "/login/"
    assert client.get("/api/whoami/").status_code == 401
    change(user, is_active=True)
    assert client.get("/").url == "/login/"


def test_moved_to_another_unit_in_an_open_session():
    user = person(Role.CONTRACTOR, organization=office("contractor", short_name="旧"))
    client = signed_in(user)
    assert client.get("/api/whoami/").json()["roles"] == ["contractor"]
    yesterday = timezone.localdate() - timedelta(days=1)
    former = Membership.objects.get(user=user)
    change(former, since=yesterday, until=yesterday)
    assert client.get("/api/whoami/").json()["roles"] == []
    assert client.get("/").content.decode() == f"{user.name}|None"


def test_made_an_administrator_in_an_open_session():
    user = person(None)
    client = signed_in(user)
    assert client.get("/").status_code == 200
    from supervision.flows import records

    from .accounts import COMMAND

    records.create(Membership(user=user, organization=office(), role=Role.SYSTEM_ADMIN), COMMAND)
    assert client.get("/").url == "/account/otp/"


def test_the_password_runs_out_in_an_open_session():
    user = person()
    client = signed_in(user)
    change(user, password_changed_at=timezone.now() - timedelta(days=89, hours=23))
    assert client.get("/").status_code == 200
    change(user, password_changed_at=timezone.now() - timedelta(days=90))
    assert client.get("/elsewhere/").url == "/account/password/?next=%2Felsewhere%2F"
    refused = client.get("/api/whoami/")
    assert refused.status_code == 403
    assert json.loads(refused.content) == {
        "detail": "密码为初始密码或已过期，须先在平台页面更改密码。",
        "code": "password_required",
    }
    with override_settings(PORTAL_PASSWORD_DAYS=0):
        assert client.get("/").status_code == 200


def test_the_session_cookie_is_for_the_browser_only():
    cookie = signed_in(person()).cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == ""


def test_the_profile_shows_ones_own_posts_and_sign_ins_only():
    user, other = person(phone="13800000000"), person()
    client = signed_in(user, REMOTE_ADDR="10.1.1.1")
    signed_in(other, REMOTE_ADDR="10.2.2.2")
    page = client.get("/account/").content.decode()
    assert f"{user.organization} 市局业务人员" in page
    assert "13800000000" in page
    assert "10.1.1.1" in page
    assert "10.2.2.2" not in page
    ends = timezone.localtime(user.password_changed_at + timedelta(days=90))
    assert f"{ends:%Y-%m-%d}" in page
