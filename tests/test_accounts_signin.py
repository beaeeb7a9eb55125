"""Signing in and out: who gets through the door, and what the door tells those who do not."""

import re
from unittest.mock import patch

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supervision.people.models import SignIn

from .accounts import PASSWORD, change, outcomes, person, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts")]


def guess(username, address="10.0.0.1", password="Wrong-Wrong-1", client=None):
    return sign_in(client or Client(), username, password, REMOTE_ADDR=address)


def said(response):
    """The page without what differs by chance."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    return page.replace(response.wsgi_request.POST.get("username", ""), "NAME")


def test_the_right_password_leads_to_the_workbench():
    user = person()
    response = sign_in(Client(), user)
    assert (response.status_code, response.url) == (302, "/")
    assert outcomes(user) == ["登录成功"]
    user.refresh_from_db()
    assert user.last_login is not None


def test_a_session_id_planted_before_is_worth_nothing_after():
    user, client = person(), Client()
    client.get("/login/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    sign_in(client, user)
    assert client.cookies["sessionid"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()
    assert Client(headers={"cookie": f"sessionid={planted}"}).get("/").status_code == 302


def test_signing_in_over_ones_own_open_session_changes_the_id_too():
    user = person()
    client = signed_in(user)
    first = client.session.session_key
    assert sign_in(client, user).status_code == 302
    assert client.get("/").status_code == 200
    assert client.session.session_key != first
    assert not Session.objects.filter(session_key=first).exists()


def test_signing_in_over_somebody_elses_open_session_ends_theirs():
    left_behind, user = person(), person()
    client = signed_in(left_behind)
    sign_in(client, user)
    assert client.get("/").content.decode().startswith(user.name)
    assert outcomes(left_behind) == ["登录成功", "退出登录"]


def test_somebody_signed_in_does_not_see_the_sign_in_page():
    assert signed_in(person()).get("/login/?next=/elsewhere/").url == "/elsewhere/"


def test_signing_out_ends_the_session():
    user = person()
    client = signed_in(user)
    key = client.session.session_key
    assert client.get("/logout/").status_code == 405
    assert client.get("/").status_code == 200
    assert client.post("/logout/").url == "/login/"
    assert not Session.objects.filter(session_key=key).exists()
    assert Client(headers={"cookie": f"sessionid={key}"}).get("/").status_code == 302
    assert outcomes(user) == ["登录成功", "退出登录"]


@pytest.mark.real_hasher
def test_unknown_disabled_and_wrong_look_and_cost_the_same():
    known, disabled = person(), change(person(), is_active=False)
    pages, hashings, queries = [], [], []
    for username, password in [
        ("nobody-of-that-name", PASSWORD),
        (disabled.username, PASSWORD),
        (known.username, "Wrong-Wrong-1"),
    ]:
        with (
            patch.object(Argon2PasswordHasher, "encode", autospec=True, return_value="argon2$x") as encode,
            patch.object(Argon2PasswordHasher, "verify", autospec=True) as verify,
            CaptureQueriesContext(connection) as captured,
        ):
            verify.side_effect = lambda hasher, given, encoded: given == PASSWORD
            response = guess(username, password=password)
        pages.append((response.status_code, said(response)))
        hashings.append(encode.call_count + verify.call_count)
        queries.append(len(captured))
    assert "登录名或密码不正确。" in pages[0][1]
    assert len(set(pages)) == 1
    assert hashings == [1, 1, 1]
    assert len(set(queries)) == 1
    assert outcomes(known) == outcomes(disabled) == ["登录失败"]
    assert SignIn.objects.filter(user=None, username="nobody-of-that-name", outcome="登录失败").count() == 1


@pytest.mark.real_hasher
def test_passwords_are_kept_as_argon2():
    assert person().password.startswith("argon2$argon2id$")


def test_many_addresses_guessing_one_name_lock_it():
    user = person()
    for number in range(5):
        last = guess(user.username, f"10.0.1.{number}")
    assert last.status_code == 429
    assert "15 分钟后再试" in last.content.decode()
    right = sign_in(Client(), user, REMOTE_ADDR="10.9.9.9")
    assert right.status_code == 429
    assert "_auth_user_id" not in right.client.session
    assert outcomes(user) == ["登录失败"] * 4 + ["多次失败，已锁定"] * 2


def test_a_locked_name_looks_the_same_whether_anybody_has_it_or_not():
    user, pages = person(), []
    for username in (user.username, "nobody-of-that-name"):
        pages.append([(page.status_code, said(page)) for page in (guess(username) for _ in range(7))])
    assert pages[0] == pages[1]
    assert [status for status, _ in pages[0]] == [200] * 4 + [429] * 3


def test_one_address_guessing_many_names_locks_the_address_only():
    user = person()
    for number in range(20):
        last = guess(f"name{number}", "10.0.2.1")
    assert last.status_code == 429
    assert sign_in(Client(), user, REMOTE_ADDR="10.0.2.1").status_code == 429
    assert sign_in(Client(), user, REMOTE_ADDR="10.0.2.2").status_code == 302


def test_an_account_of_ones_own_does_not_buy_more_guesses():
    mine, theirs = person(), person()
    for number in range(19):
        guess(f"name{number}", "10.0.3.1")
        assert sign_in(Client(), mine, REMOTE_ADDR="10.0.3.1").status_code == 302
    assert guess(theirs.username, "10.0.3.1").status_code == 429


def test_signing_in_forgets_the_failures_of_ones_name():
    user = person()
    for _ in range(3):
        for number in range(4):
            assert guess(user.username, f"10.0.4.{number}").status_code == 200
        assert sign_in(Client(), user).status_code == 302


def test_the_lock_opens_after_a_quarter_of_an_hour_and_knocking_does_not_prolong_it():
    user = person()
    for _ in range(5):
        guess(user.username)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timezone.timedelta(minutes=14))
    assert guess(user.username).status_code == 429
    assert guess(user.username).status_code == 429
    assert AccessAttempt.objects.get().attempt_time < timezone.now() - timezone.timedelta(minutes=13)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timezone.timedelta(minutes=15, seconds=1))
    assert sign_in(Client(), user).status_code == 302


def test_hammering_at_a_locked_name_does_not_fill_the_log():
    for _ in range(12):
        guess("nobody-of-that-name")
    assert SignIn.objects.filter(outcome="多次失败，已锁定").count() == 1


def test_no_password_is_kept_of_an_attempt():
    guess("nobody-of-that-name", password="Secret-Typed-9")
    attempt = AccessAttempt.objects.get()
    assert "Secret-Typed-9" not in "".join(map(str, vars(attempt).values()))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "logged"),
    [
        (0, "1.2.3.4", "10.0.0.1"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 5.6.7.8", "1.2.3.4"),
        (2, "5.6.7.8", "10.0.0.1"),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "<script>", None),
        (1, "", "10.0.0.1"),
    ],
)
def test_the_address_is_what_our_own_proxies_say(proxies, forwarded, logged):
    user = person()
    with override_settings(PORTAL_PROXIES=proxies):
        sign_in(Client(), user, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert SignIn.objects.get(user=user).address == logged


def test_a_forged_forwarding_header_does_not_spread_guesses_over_addresses():
    for number in range(20):
        last = sign_in(
            Client(),
            f"name{number}",
            "Wrong-Wrong-1",
            HTTP_X_FORWARDED_FOR=f"1.1.1.{number}",
            REMOTE_ADDR="10.0.5.1",
        )
    assert last.status_code == 429


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        " https://evil.example",
        "https://testserver@evil.example/",
        "/login/",
        "/login/?next=/login/",
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(target):
    user, client = person(), Client()
    body = {"username": user.username, "password": PASSWORD, "next": target}
    assert client.post("/login/", body).url == "/"
    assert client.get("/login/", {"next": target}).url == "/"


def test_one_arrives_where_one_was_going():
    user, client = person(), Client()
    sent = client.get("/elsewhere/?q=%E6%A1%A5")
    assert sent.url == "/login/?next=%2Felsewhere%2F%3Fq%3D%25E6%25A1%25A5"
    assert sign_in(client, user).url == "/"
    body = {"username": user.username, "password": PASSWORD, "next": "/elsewhere/?q=%E6%A1%A5"}
    assert Client().post(sent.url, body).url == "/elsewhere/?q=%E6%A1%A5"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "testserver@evil.example"])
def test_a_foreign_host_header_is_refused(host):
    assert Client().get("/login/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "page", ["/login/", "/logout/", "/login/otp/", "/account/otp/", "/account/password/"]
)
def test_every_unsafe_page_wants_the_csrf_token(page):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(page, {}).status_code == 403


@pytest.mark.parametrize("username", ["", "x" * 61, "nul\0", "𠮷" * 20, "' or 1=1 --", "{{7*7}}"])
def test_odd_names_are_just_wrong(username):
    response = guess(username)
    assert response.status_code == 200
    assert "_auth_user_id" not in response.client.session
    assert 'value="49"' not in response.content.decode()


def test_the_sign_in_page_is_not_cached_and_hides_the_password():
    response = guess("nobody-of-that-name", password="Secret-Typed-9")
    assert "no-store" in response["Cache-Control"]
    assert "Secret-Typed-9" not in response.content.decode()
