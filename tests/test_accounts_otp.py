"""The second factor: for whom, how it is set up, and that a code works once."""

import re
from base64 import b32decode

import pytest
from django.test import Client, override_settings
from django_otp.plugins.otp_totp.models import TOTPDevice

from supervision.desk.credentials import reset_second_factor
from supervision.flows.history import Actor, verify_chains
from supervision.flows.records import events_of
from supervision.people.models import ADMIN_ROLES, Role

from .accounts import NEW, PASSWORD, Clock, change, code, device_of, outcomes, person, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts")]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    standing = Clock(1_790_000_010.0)
    monkeypatch.setattr("time.time", standing)
    return standing


@pytest.fixture(autouse=True)
def required():
    with override_settings(PORTAL_REQUIRE_TOTP=True):
        yield


def enter(client, digits, page="/login/otp/"):
    return client.post(page, {"code": digits})


def wrong(digits):
    return f"{(int(digits) + 1) % 1_000_000:06d}"


def set_up(client):
    """Set up a device as the page says; returns it confirmed."""
    page = client.get("/account/otp/")
    key = b32decode(page.context["secret"].replace(" ", ""))
    device = TOTPDevice.objects.get(confirmed=False, key=key.hex())
    assert enter(client, code(device), "/account/otp/").status_code == 302
    device.refresh_from_db()
    assert device.confirmed
    return device


@pytest.mark.parametrize("role", sorted(ADMIN_ROLES))
def test_administrators_set_up_a_device_before_anything_else(role):
    user = person(role, must_change_password=True)
    client = signed_in(user)
    assert client.get("/").url == "/account/password/"
    assert client.get("/account/otp/").url.startswith("/account/password/")
    body = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    client.post("/account/password/", body)
    for page in ("/", "/elsewhere/", "/account/", "/nothing-here"):
        assert client.get(page).url.startswith("/account/otp/"), page
    refused = client.get("/api/whoami/")
    assert (refused.status_code, refused.json().get("code")) == (403, "otp_setup_required"), refused.json()
    set_up(client)
    assert client.get("/").status_code == 200
    assert events_of(user).order_by("-seq").first().label == "启用两步验证"
    assert list(verify_chains()) == []


@pytest.mark.parametrize("role", [Role.BUREAU_STAFF, Role.BUREAU_LEADER, Role.DISCIPLINE])
def test_others_may_do_without(role):
    assert signed_in(person(role)).get("/").status_code == 200


def test_the_demonstration_lets_administrators_in_without():
    client = signed_in(person(Role.SYSTEM_ADMIN))
    assert client.get("/").url == "/account/otp/"
    with override_settings(PORTAL_REQUIRE_TOTP=False):
        assert client.get("/").status_code == 200


def test_the_page_shows_the_code_to_scan_without_anything_foreign():
    page = signed_in(person()).get("/account/otp/")
    assert page.context["qr"].startswith("data:image/svg+xml")
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.context["secret"])
    assert not re.search(r'(src|href)="https?:', page.content.decode())


def test_with_a_device_nothing_is_open_before_the_code():
    user = person()
    device = device_of(user)
    client = Client()
    assert sign_in(client, user).url == "/"
    for page in ("/", "/elsewhere/", "/account/", "/account/otp/", "/account/password/", "/nothing-here"):
        assert client.get(page).url.startswith("/login/otp/"), page
    assert client.get("/api/whoami/").json()["code"] == "otp_required"
    assert client.post("/account/otp/", {"code": "123456"}).url.startswith("/login/otp/")
    before = client.session.session_key
    assert enter(client, code(device)).url == "/"
    assert client.session.session_key != before
    assert client.get("/").status_code == client.get("/api/whoami/").status_code == 200
    assert outcomes(user) == ["密码正确，待验证码", "登录成功"]


def test_the_code_leads_on_to_where_one_was_going_and_nowhere_else():
    user = person()
    device = device_of(user)
    client = signed_in(user)
    step = client.get("/elsewhere/").url
    assert step == "/login/otp/?next=%2Felsewhere%2F"
    assert enter(client, code(device), step).url == "/elsewhere/"
    assert client.get("/login/otp/?next=//evil.example").url == "/"


def test_the_second_factor_comes_before_a_forced_change_of_password():
    user = person(must_change_password=True)
    device = device_of(user)
    client = signed_in(user)
    assert client.get("/account/password/").url.startswith("/login/otp/")
    enter(client, code(device))
    assert client.get("/").url == "/account/password/"


def test_a_code_works_once(clock):
    user = person()
    device = device_of(user)
    digits = code(device)
    assert enter(signed_in(user), digits).status_code == 302
    thief = signed_in(user)
    response = enter(thief, digits)
    assert response.status_code == 200
    assert "已用过" in str(response.context["form"].errors)
    assert thief.get("/").url == "/login/otp/"
    clock.advance(seconds=30)
    assert enter(thief, digits).status_code == 200
    assert thief.get("/").url == "/login/otp/"


def test_the_code_that_set_up_a_device_does_not_also_sign_in():
    user = person()
    client = signed_in(user)
    device = set_up(client)
    assert enter(signed_in(user), code(device)).status_code == 200


def test_a_code_is_good_for_a_moment_only(clock):
    user = person()
    device = device_of(user)
    digits = code(device)
    clock.advance(seconds=61)
    assert enter(signed_in(user), digits).status_code == 200


def test_wrong_codes_make_one_wait_longer_and_longer(clock):
    user = person()
    device = device_of(user)
    client = signed_in(user)
    assert "不正确" in str(enter(client, wrong(code(device))).context["form"].errors)
    response = enter(client, code(device))
    assert "秒后再试" in str(response.context["form"].errors)
    assert client.get("/").url == "/login/otp/"
    device.refresh_from_db()
    assert device.throttling_failure_count == 1
    device.throttling_failure_timestamp -= device.throttling_failure_timestamp.resolution * 2_000_000
    device.save()
    assert enter(client, code(device)).status_code == 302
    assert outcomes(user) == ["密码正确，待验证码", "验证码错误", "登录成功"]


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "12a456", "1_2_3_4", "-12345", "１２３", "𝟙𝟚𝟛", "\0"]
)
def test_what_is_no_code_is_not_counted_as_one(typed):
    user = person()
    device = device_of(user)
    assert enter(signed_in(user), typed).status_code == 200
    device.refresh_from_db()
    assert device.throttling_failure_count == 0


def test_full_width_digits_and_a_blank_in_the_middle_are_read():
    user = person()
    digits = code(device_of(user))
    wide = digits.translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert enter(signed_in(user), f"{wide[:3]} {wide[3:]}").status_code == 302


def test_somebody_elses_device_does_not_help():
    user, other = person(), person()
    device_of(user)
    theirs = device_of(other)
    client = signed_in(user)
    assert enter(client, code(theirs)).status_code == 200
    session = client.session
    session["otp_device_id"] = theirs.persistent_id
    session.save()
    assert client.get("/").status_code == 302


def test_a_secret_left_unfinished_is_not_shown_again_in_another_session():
    user = person()
    here, there = signed_in(user), signed_in(user)
    first = here.get("/account/otp/").context["secret"]
    assert here.get("/account/otp/").context["secret"] == first
    assert there.get("/account/otp/").context["secret"] != first
    assert TOTPDevice.objects.filter(user=user).count() == 1


def test_a_wrong_code_at_set_up_keeps_the_secret_and_confirms_nothing():
    user = person()
    client = signed_in(user)
    page = client.get("/account/otp/")
    device = TOTPDevice.objects.get(user=user)
    again = enter(client, wrong(code(device)), "/account/otp/")
    assert again.context["secret"] == page.context["secret"]
    assert not TOTPDevice.objects.get(user=user).confirmed


def test_a_new_device_takes_the_place_of_the_old(clock):
    user = person()
    client = signed_in(user)
    old = set_up(client)
    clock.advance(seconds=30)
    other = signed_in(user)
    enter(other, code(old))
    new = set_up(client)
    assert list(TOTPDevice.objects.filter(user=user)) == [new]
    assert client.get("/").status_code == 200
    assert other.get("/").url == "/login/"


def test_a_reset_is_on_record_and_ends_the_sessions_it_verified():
    user, security = person(Role.SYSTEM_ADMIN), person(Role.SECURITY_ADMIN)
    client = signed_in(user)
    set_up(client)
    assert reset_second_factor(user, Actor.of(security, "page"), "手机遗失") is True
    assert client.get("/").url == "/login/"
    assert signed_in(user).get("/").url == "/account/otp/"
    event = events_of(user).order_by("-seq").first()
    assert (event.label, event.actor, event.reason) == ("重置两步验证", security, "手机遗失")
    assert reset_second_factor(user, Actor.of(security, "page")) is False
    assert events_of(user).filter(label="重置两步验证").count() == 1
    assert list(verify_chains()) == []


def test_idle_before_the_code_ends_the_session_too(clock):
    user = person()
    device_of(user)
    client = signed_in(user)
    clock.advance(minutes=30)
    assert client.get("/login/otp/").url.startswith("/login/?")


def test_disabled_between_password_and_code():
    user = person()
    device = device_of(user)
    client = signed_in(user)
    change(user, is_active=False)
    assert enter(client, code(device)).url == "/login/"
