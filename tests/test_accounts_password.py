"""Passwords: what they must be, and what changing one does."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client, override_settings

from supervision.desk.credentials import set_password
from supervision.flows.history import Actor, verify_chains
from supervision.flows.records import events_of
from supervision.people.models import PasswordHistory, User
from supervision.people.passwords import disguised, must_change, random_password

from .accounts import COMMAND, NEW, PASSWORD, outcomes, person, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts")]


def fresh(user):
    return User.objects.get(pk=user.pk)


def change_password(client, old=PASSWORD, new=NEW, again=None, **extra):
    body = {"old_password": old, "new_password1": new, "new_password2": new if again is None else again}
    return client.post("/account/password/", body, **extra)


def problems(response):
    return {name: list(errors) for name, errors in response.context["form"].errors.items()}


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Ab1-56789", "password_too_short"),
        ("abcdefgh12", "classes"),
        ("ABCDEFGHIJ", "classes"),
        ("长江黄河淮河大运河骆马湖", "classes"),
        ("Zhang.San-2026", "username"),
        ("6202-nas.gnahZ", "username"),
        ("Admin@123456", "common"),
        ("P@ssw0rd123", "common"),
        ("Password#1234", "common"),
        ("1qaz@WSX3edc", "common"),
        ("Qwerty!11111", "common"),
    ],
)
def test_what_a_password_must_not_be(password, code):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, User(username="zhang.san"))
    assert code in [error.code for error in refused.value.error_list]


@pytest.mark.parametrize(
    "password", [PASSWORD, NEW, "hongzehu7-", "HONGzehu42x", "大运河Suqian2026", "Bridge Nr 7 !"]
)
def test_what_a_password_may_be(password):
    validate_password(password, User(username="zhang.san"))


def test_length_counts_signs_and_not_bytes():
    with pytest.raises(ValidationError):
        validate_password("桥梁Ab1-", User(username="li"))


def test_a_usual_disguise_is_seen_through():
    assert {"password", "admin"} <= disguised("P@$$w0rd") | disguised("Admin_123")
    assert "bridge" not in disguised("Bridge-4711")


def test_made_up_passwords_keep_the_rules():
    made = {random_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        validate_password(password, User(username="zhang.san"))


def test_none_of_the_last_five_comes_back():
    user = person()
    for number in range(1, 6):
        with pytest.raises(ValidationError):
            validate_password(PASSWORD, fresh(user))
        set_password(fresh(user), f"Next-Password-{number}7", COMMAND)
    assert PasswordHistory.objects.filter(user=user).count() == 4
    validate_password(PASSWORD, fresh(user))
    for number in range(1, 6):
        with pytest.raises(ValidationError):
            validate_password(f"Next-Password-{number}7", fresh(user))


def test_former_passwords_are_each_persons_own():
    set_password(person(), NEW, COMMAND)
    validate_password(NEW, person())


def test_a_first_password_opens_nothing_but_its_own_change():
    user = person(must_change_password=True)
    client = signed_in(user)
    for page in ("/", "/elsewhere/", "/account/", "/account/otp/", "/login/otp/", "/nothing-here"):
        assert client.get(page).url.startswith("/account/password/"), page
    assert client.post("/elsewhere/").url == "/account/password/"
    assert client.get("/api/whoami/").status_code == client.post("/api/whoami/").status_code == 403
    assert client.get("/healthz").status_code == 200
    assert client.get("/account/password/").status_code == 200
    changed = change_password(client, next="/elsewhere/")
    assert changed.status_code == 302
    assert client.get("/elsewhere/").status_code == 200
    assert not must_change(fresh(user))


def test_one_may_leave_instead_of_changing_a_first_password():
    client = signed_in(person(must_change_password=True))
    assert client.post("/logout/").url == "/login/"


def test_after_the_change_one_goes_on_to_where_one_was_going():
    client = signed_in(person(must_change_password=True))
    body = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post(client.get("/elsewhere/").url, body).url == "/elsewhere/"
    assert change_password(client, NEW, "Third-Password-9").url == "/"


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one():
    user = person()
    here, there = signed_in(user), signed_in(user)
    before = here.session.session_key
    assert change_password(here).status_code == 302
    assert here.get("/").status_code == 200
    assert here.session.session_key != before
    assert there.get("/").url == "/login/"
    assert there.get("/api/whoami/").status_code == 401
    assert sign_in(Client(), user).status_code == 200
    assert sign_in(Client(), user, NEW).status_code == 302


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"old": "Wrong-Wrong-1"}, "old_password"),
        ({"new": "short-A1"}, "new_password1"),
        ({"new": PASSWORD}, "new_password1"),
        ({"again": "Another-Word-1"}, "new_password2"),
        ({"new": "Aa1-" + "x" * 200}, "new_password1"),
    ],
)
def test_a_refused_change_says_why_beside_the_field_and_changes_nothing(fields, where):
    user = person()
    response = change_password(signed_in(user), **fields)
    assert response.status_code == 200
    assert where in problems(response)
    assert PASSWORD not in response.content.decode()
    assert fresh(user).password == user.password


def test_an_open_session_is_no_place_to_guess_the_password():
    user = person()
    client = signed_in(user)
    for _ in range(5):
        response = change_password(client, old="Wrong-Wrong-1")
    assert response.status_code == 429
    assert "15 分钟" in problems(response)["old_password"][0]
    assert change_password(client).status_code == 429
    assert fresh(user).check_password(PASSWORD)
    assert outcomes(user)[1:5] == ["登录失败"] * 4


def test_history_says_that_a_password_changed_and_never_what_it_is():
    user = person()
    assert change_password(signed_in(user)).status_code == 302
    event = events_of(user).order_by("-seq").first()
    assert (event.label, event.actor, event.source) == ("更改密码", user, "page")
    assert set(event.changes) == {"password", "password_changed_at"}
    hashes = {user.password, fresh(user).password}
    for row in events_of(user):
        assert not any(known in str(row.changes) for known in hashes)
    assert list(verify_chains()) == []


def test_a_password_set_by_somebody_else_must_be_changed():
    user = person()
    set_password(fresh(user), NEW, Actor.of(person(), "page"), first=True, reason="遗忘密码")
    assert must_change(fresh(user))
    assert signed_in(user, NEW).get("/").url == "/account/password/"
    event = events_of(user).order_by("-seq").first()
    assert (event.label, event.reason) == ("重置密码", "遗忘密码")


@pytest.mark.real_hasher
def test_signing_in_writes_no_newer_hash_behind_the_history():
    user = person()
    with override_settings(
        PASSWORD_HASHERS=[
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
            "django.contrib.auth.hashers.Argon2PasswordHasher",
        ]
    ):
        signed_in(user)
    assert fresh(user).password == user.password
    assert list(verify_chains()) == []
