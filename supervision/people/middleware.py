"""The door of every request: how old a session may get, and what somebody must do before anything else."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from .models import ADMIN_ROLES, User
from .passwords import must_change

BEGAN, SEEN = "began", "seen"

# Names of the pages that are next steps, with what the API says about them.
OTP, PASSWORD, OTP_SETUP = "otp", "password", "otp_setup"
STEPS = {
    OTP: "须先在平台页面完成两步验证。",
    PASSWORD: "密码为初始密码或已过期，须先在平台页面更改密码。",
    OTP_SETUP: "管理员须先在平台页面设置两步验证。",
}
# Pages that stay open to somebody who has a step to take.
ALWAYS = ("login", "logout", "healthz")


def client_address(request: HttpRequest) -> str | None:
    """The address a request comes from; None when the server does not know it (a unix socket, no proxy).

    X-Forwarded-For is believed only for the PORTAL_PROXIES hops that are ours, counted from the right:
    what stands further left is whatever the client wrote.
    """
    given = request.META.get("REMOTE_ADDR", "")
    if settings.PORTAL_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= settings.PORTAL_PROXIES:
            given = hops[-settings.PORTAL_PROXIES]
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def has_second_factor(user: User) -> bool:
    """Whether `user` has a confirmed device, so that a password alone does not sign them in."""
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()


def needs_second_factor(user: User) -> bool:
    """Whether `user`'s role asks for a device: the three administrators."""
    return settings.PORTAL_REQUIRE_TOTP and bool(user.roles & ADMIN_ROLES)


def next_step(user: User) -> str | None:
    """The name of the page a signed-in person must finish first, or None when the portal is open to them.

    The second factor comes before the password: whoever has stolen a password must not be able to change it.
    """
    if user.otp_device is None and has_second_factor(user):
        return OTP
    if must_change(user):
        return PASSWORD
    if user.otp_device is None and needs_second_factor(user):
        return OTP_SETUP
    return None


class GateMiddleware:
    """Ends stale sessions, sends strangers to the sign-in page and persons to their next step.

    Closed by default: without signing in only views marked `login_not_required` answer. Below /api/ strangers
    pass, for a token may speak for them, and the API's own authentication refuses them; somebody signed in
    who has a step to take gets 403. A request with the header X-Portal-Poll (a page asking for news by
    itself) does not count as a sign of life.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        end_if_stale(request)
        return refusal(request) or self.get_response(request)


def end_if_stale(request: HttpRequest) -> None:
    """Sign out a session that idled too long, is too old, or whose second factor was taken away since."""
    session = request.session
    if SESSION_KEY not in session:
        return
    now = int(time.time())
    idle, age = now - session.get(SEEN, 0), now - session.get(BEGAN, 0)
    verified = DEVICE_ID_SESSION_KEY in session
    if idle >= settings.PORTAL_IDLE_SECONDS or age >= settings.SESSION_COOKIE_AGE:
        request.timed_out = True
        logout(request)
    elif not request.user.is_authenticated:
        # The person was disabled, or the password changed elsewhere: this session does not come back.
        session.flush()
    elif verified and request.user.otp_device is None:
        logout(request)
    elif not 0 <= idle < settings.PORTAL_SEEN_SECONDS and "X-Portal-Poll" not in request.headers:
        # Written at most once a minute, not on every request; also when the clock was set back.
        session[SEEN] = now


def refusal(request: HttpRequest) -> HttpResponse | None:
    """What to answer instead of the page, or None when the request may go on."""
    user = request.user
    below_api = request.path_info.startswith("/api/")
    if not user.is_authenticated:
        return None if below_api or needs_no_sign_in(request) else send_to(request, settings.LOGIN_URL)
    # Kept for the page frame, which shows no menu to somebody who cannot go anywhere yet.
    step = request.next_step = next_step(user)
    if step is None or view_asked_for(request)[0] in (step, *ALWAYS):
        return None
    if below_api:
        return JsonResponse({"detail": STEPS[step], "code": f"{step}_required"}, status=403)
    return send_to(request, step)


def view_asked_for(request: HttpRequest) -> tuple[str, Callable | None]:
    """The name of the address asked for and its view; ("", None) where there is none."""
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return "", None
    return match.view_name, match.func


def needs_no_sign_in(request: HttpRequest) -> bool:
    """Whether the view says so itself. REST framework says it of every view, for it asks on its own: that is
    good enough for strangers, never for somebody who still has a step to take."""
    return not getattr(view_asked_for(request)[1], "login_required", True)


def send_to(request: HttpRequest, name: str) -> HttpResponse:
    """A redirect to page `name` that remembers where the person was going."""
    query = {}
    target = wanted(request)
    if target and target != "/":
        query["next"] = target
    if getattr(request, "timed_out", False):
        query["expired"] = "1"
    url = reverse(name) + (f"?{urlencode(query)}" if query else "")
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def wanted(request: HttpRequest) -> str:
    """The page to come back to: the one asked for, or the one a fragment or form was sent from."""
    if "HX-Request" in request.headers or request.method not in ("GET", "HEAD"):
        origin = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
        if not url_has_allowed_host_and_scheme(origin, {request.get_host()}):
            return ""
        parts = urlsplit(origin)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return request.get_full_path()
