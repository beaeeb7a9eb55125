"""Tokens, and the commands that make persons and tokens."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from supervision.flows.history import verify_chains
from supervision.flows.records import events_of
from supervision.people.models import ADMIN_ROLES, Membership, Role, User

from .accounts import COMMAND, NEW, change, office, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts")]


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().strip()


def ask(key, keyword="Token"):
    return Client().get("/api/whoami/", headers={"authorization": f"{keyword} {key}"})


def test_a_token_speaks_for_its_owner():
    user = person()
    key = run("api_token", user.username)
    assert re.fullmatch("[0-9a-f]{40}", key)
    assert run("api_token", user.username) == key
    assert ask(key).json() == {"username": user.username, "roles": ["bureau_staff"]}
    assert [event.label for event in events_of(user)][0] == "签发接口令牌"
    assert events_of(user).filter(label="签发接口令牌").count() == 1
    assert key not in str(list(events_of(user).values()))
    assert list(verify_chains()) == []


def test_a_token_needs_no_csrf_and_a_session_does():
    user = person()
    key = run("api_token", user.username)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/api/whoami/", headers={"authorization": f"Token {key}"}).status_code == 200
    strict.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post("/api/whoami/").status_code == 403


def test_a_revoked_token_is_worth_nothing():
    user = person()
    key = run("api_token", user.username)
    assert run("api_token", user.username, "--revoke") == "令牌已撤销。"
    assert run("api_token", user.username, "--revoke") == "该用户没有令牌。"
    assert ask(key).status_code == 401
    assert run("api_token", user.username) != key


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_active": False}, "用户已停用。"),
        ({"must_change_password": True}, "密码为初始密码或已过期，更改密码后方可使用接口令牌。"),
        (
            {"password_changed_at": timezone.now() - timedelta(days=91)},
            "密码为初始密码或已过期，更改密码后方可使用接口令牌。",
        ),
    ],
)
def test_a_token_is_judged_by_what_its_owner_is_now(facts, reason):
    user = person()
    key = run("api_token", user.username)
    change(user, **facts)
    refused = ask(key)
    assert refused.status_code == 401
    assert reason in refused.content.decode()
    assert refused["WWW-Authenticate"] == "Token"
    with pytest.raises(CommandError, match=reason):
        run("api_token", user.username)


@pytest.mark.parametrize("role", sorted(ADMIN_ROLES))
def test_administrators_have_no_token_and_lose_the_one_they_had(role):
    user = person(None)
    key = Token.objects.create(user=user).key
    assert ask(key).status_code == 200
    from supervision.flows import records

    records.create(Membership(user=user, organization=office(), role=role), COMMAND)
    assert "管理员" in ask(key).content.decode()
    assert ask(key).status_code == 401
    with pytest.raises(CommandError, match="管理员"):
        run("api_token", user.username)


@pytest.mark.parametrize("key", ["", "x", "0" * 40, "0" * 41, "a b", "\x00" * 40, "桥" * 40])
def test_what_is_no_token_is_refused_in_chinese(key):
    refused = ask(key.encode().decode("latin-1"))
    assert refused.status_code == 401
    assert re.search("[\u4e00-\u9fff]", refused.content.decode())


def test_a_token_for_nobody():
    with pytest.raises(CommandError, match="没有登录名"):
        run("api_token", "nobody")


def test_a_token_does_not_open_pages():
    user = person()
    key = run("api_token", user.username)
    assert Client().get("/", headers={"authorization": f"Token {key}"}).status_code == 302


def make(username="sys.admin", role="system_admin", organization=None, *more):
    organization = organization or office().name
    return run("make_user", username, "--name", "王工", "--organization", organization, "--role", role, *more)


@pytest.mark.parametrize("role", sorted(ADMIN_ROLES))
def test_the_three_administrators_of_a_new_portal(role):
    said = make(role=role)
    first = re.search("首次登录密码：(.+)", said)[1]
    user = User.objects.get(username="sys.admin")
    assert user.roles == {role}
    assert signed_in(user, first).get("/").url == "/account/password/"
    event = events_of(user).get()
    assert (event.verb, event.source, event.actor_name) == ("create", "command", "系统")
    assert user.password not in str(event.changes)
    assert list(verify_chains()) == []


def test_a_password_given_is_not_repeated_and_must_be_changed():
    assert NEW not in make("wang", "bureau_staff", None, "--password", NEW)
    user = User.objects.get(username="wang")
    assert user.must_change_password
    assert user.check_password(NEW)


def test_a_unit_is_found_by_its_short_name():
    bureau = office(short_name="市局")
    make("wang", "bureau_staff", "市局")
    assert User.objects.get(username="wang").organization == bureau


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("wang", "bureau_staff", "没有这个单位"), "没有名为“没有这个单位”的单位"),
        (("wang", "bureau_staff", None, "--password", "weak"), "密码"),
        (("wang", "contractor"), "不能担任"),
        (("x" * 61, "bureau_staff"), "60"),
    ],
)
def test_what_cannot_be_made_is_said_and_leaves_nothing(arguments, said):
    with pytest.raises(CommandError, match=said):
        make(*arguments)
    assert not User.objects.filter(name="王工").exists()


def test_a_name_that_is_taken_is_said():
    make("wang", "bureau_staff")
    with pytest.raises(CommandError, match="登录名"):
        make("wang", Role.BUREAU_STAFF.value)
