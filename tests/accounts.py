"""What the tests of the door share: persons, a clock, and a small portal behind the real door."""

import time
from dataclasses import dataclass
from itertools import count

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.test import Client
from django.urls import include, path
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.decorators import api_view
from rest_framework.response import Response

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.people.models import District, Membership, Organization, Role, SignIn, User

PASSWORD = "Qiao-Liang-2026"
NEW = "Shui-Yun-4711"
COMMAND = Actor.of(None, "command")
_numbers = count(1)


# ------------------------------------------------------------------------- a portal with two pages and an API


def workbench(request):
    return HttpResponse(f"{request.user.name}|{request.user.organization}")


@login_not_required
def healthz(request):
    return HttpResponse("ok")


@api_view(["GET", "POST"])
def whoami(request):
    return Response({"username": request.user.username, "roles": sorted(request.user.roles)})


def reach(request):
    return JsonResponse({"visible": list(Organization.objects.visible_to(request.user).values_list("pk"))})


urlpatterns = [
    path("", workbench, name="workbench"),
    path("elsewhere/", workbench),
    path("healthz", healthz, name="healthz"),
    path("api/whoami/", whoami),
    path("", include("supervision.desk.accounts")),
    # The rest of the portal, which the shell's menu links to.
    path("", include("supervision.urls")),
]


# ---------------------------------------------------------------------------------------------- who and where


def office(kind="bureau", **facts):
    number = next(_numbers)
    if kind == "county":
        facts.setdefault("district", District.objects.get_or_create(name=f"第{number}区")[0])
    return records.create(Organization(name=f"单位{number}号", kind=kind, **facts), COMMAND)


def person(role=Role.BUREAU_STAFF, *, organization=None, password=PASSWORD, **facts):
    """A person with a role, who has already changed their first password."""
    number = next(_numbers)
    facts = {"must_change_password": False, "password_changed_at": timezone.now()} | facts
    user = User(**({"username": f"person{number}", "name": f"人员{number}"} | facts))
    user.set_password(password)
    records.create(user, COMMAND)
    if role:
        records.create(Membership(user=user, organization=organization or office(), role=role), COMMAND)
    return User.objects.get(pk=user.pk)


def change(record, **values):
    return records.update(type(record).objects.get(pk=record.pk), values, COMMAND)


def sign_in(client: Client, user, password=PASSWORD, **extra):
    username = user if isinstance(user, str) else user.username
    return client.post("/login/", {"username": username, "password": password}, **extra)


def signed_in(user, password=PASSWORD, **defaults) -> Client:
    client = Client(**defaults)
    assert sign_in(client, user, password).status_code == 302
    return client


def outcomes(user):
    return list(SignIn.objects.filter(user=user).order_by("pk").values_list("outcome", flat=True))


# ---------------------------------------------------------------------------------------------------- devices


def device_of(user) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="test", confirmed=True)


def code(device: TOTPDevice) -> str:
    """The six digits the device shows now."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    return f"{totp.token():06d}"


@dataclass
class Clock:
    """Stands still until told otherwise."""

    now: float

    def __call__(self) -> float:
        return self.now

    def advance(self, *, minutes: float = 0, seconds: float = 0) -> None:
        self.now += 60 * minutes + seconds
