"""Signing in and out, the second factor, one's own password and profile."""

from __future__ import annotations

from base64 import b32encode

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView
from django_otp import login as otp_login
from django_otp import verify_token
from django_otp.plugins.otp_totp.models import TOTPDevice

from supervision.flows.errors import LostRace
from supervision.flows.history import Actor
from supervision.people.middleware import has_second_factor, needs_second_factor
from supervision.people.models import SignIn, User
from supervision.people.passwords import expires_at, must_change
from supervision.people.signals import FAILURES, Outcome, log_sign_in

from .accounts_forms import CodeForm, PasswordForm, SignInForm
from .credentials import confirm_second_factor, set_password

NEW_DEVICE = "new_device"  # in the session: the device being set up


class SignInView(auth_views.LoginView):
    """Name and password. Goes on to `next` if that is one of our own pages, else to the workbench."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        if "expired" in request.GET:
            messages.warning(request, "登录已超时，请重新登录。")
        return super().get(request, *args, **kwargs)

    def get_redirect_url(self) -> str:
        target = super().get_redirect_url()
        # Back to this very page would go round in a circle.
        return "" if target.partition("?")[0] == self.request.path else target

    def form_valid(self, form: SignInForm) -> HttpResponse:
        # Whoever was signed in here is signed out, and a session id from before is worth nothing after,
        # not even when it was the same person's (Django would keep it then).
        logout(self.request)
        return super().form_valid(form)


class SignOutView(auth_views.LogoutView):
    """POST only, so that no link or image can sign anybody out."""

    next_page = "login"


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class StepView(auth_views.RedirectURLMixin, FormView):
    """A form that leads on to `next`, if that is one of our own pages."""

    next_page = settings.LOGIN_REDIRECT_URL

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, next=self.get_redirect_url())

    def person(self) -> User:
        """The person signed in, as a plain object (what hangs on the request is a lazy one)."""
        return User.objects.get(pk=self.request.user.pk)


class CodeView(StepView):
    """The second step of signing in, for those who have a device."""

    template_name = "accounts/otp.html"
    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.device = TOTPDevice.objects.filter(user_id=request.user.pk, confirmed=True).first()
        if self.device is None or request.user.otp_device is not None:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        if not self.device.verify_is_allowed()[0]:
            form.add_error("code", waiting(self.device))
        elif not verify_token(self.request.user, self.device.persistent_id, form.cleaned_data["code"]):
            log_sign_in(self.request, Outcome.CODE_WRONG, self.request.user)
            form.add_error("code", "验证码不正确或已用过，请用设备上显示的下一个验证码。")
        if form.errors:
            return self.form_invalid(form)
        self.request.session.cycle_key()
        otp_login(self.request, self.device)
        log_sign_in(self.request, Outcome.SUCCESS, self.request.user)
        return super().form_valid(form)


class CodeSetupView(StepView):
    """Setting up a device, or another one instead. The old one holds until the new one has shown a code."""

    template_name = "accounts/otp_setup.html"
    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.device = self.new_device()
        return super().dispatch(request, *args, **kwargs)

    def new_device(self) -> TOTPDevice:
        """The unconfirmed device of this very session; what others left unfinished is thrown away, for its
        secret may have been seen by somebody else."""
        unfinished = TOTPDevice.objects.filter(user_id=self.request.user.pk, confirmed=False)
        mine = unfinished.filter(pk=self.request.session.get(NEW_DEVICE)).first()
        if mine is None:
            unfinished.delete()
            mine = TOTPDevice.objects.create(user_id=self.request.user.pk, name="动态验证码", confirmed=False)
            self.request.session[NEW_DEVICE] = mine.pk
        return mine

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            qr=segno.make(self.device.config_url, error="m").svg_data_uri(scale=5, border=4),
            secret=" ".join(_in_fours(b32encode(self.device.bin_key).decode())),
            required=needs_second_factor(self.request.user),
        )

    def form_valid(self, form: CodeForm) -> HttpResponse:
        person = self.person()
        actor = Actor.of(person, "page")
        if not self.device.verify_is_allowed()[0]:
            form.add_error("code", waiting(self.device))
        elif not confirm_second_factor(person, self.device, form.cleaned_data["code"], actor):
            form.add_error("code", "验证码不正确。请核对设备的时间，再用下一个验证码。")
        if form.errors:
            return self.form_invalid(form)
        self.request.session.pop(NEW_DEVICE, None)
        self.request.session.cycle_key()
        otp_login(self.request, self.device)
        messages.success(self.request, "两步验证已启用，下次登录时须输入动态验证码。")
        return super().form_valid(form)


def waiting(device: TOTPDevice) -> str:
    """Why a code is not even looked at: each wrong one doubles the wait for the next."""
    until = device.verify_is_allowed()[1]["locked_until"]
    seconds = max(1, int((until - timezone.now()).total_seconds()) + 1)
    return f"验证码输错次数过多，请 {seconds} 秒后再试。"


def _in_fours(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]


class PasswordView(StepView):
    """Changing one's own password. The other sessions of the person end with it."""

    template_name = "accounts/password.html"
    form_class = PasswordForm

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "request": self.request, "user": self.person()}

    def get_context_data(self, **kwargs):
        reason = ""
        if self.request.user.must_change_password:
            reason = "这是首次登录的密码，请先改为只有您自己知道的密码。"
        elif must_change(self.request.user):
            reason = "密码已过期，请更改后继续使用。"
        return super().get_context_data(**kwargs, reason=reason)

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        actor = Actor.of(form.user, "page")
        try:
            changed = set_password(form.user, form.cleaned_data["new_password1"], actor)
        except LostRace as lost:
            form.add_error(None, lost.message)
            return self.form_invalid(form)
        update_session_auth_hash(self.request, changed)
        messages.success(self.request, "密码已更改，您在其他设备上的登录已退出。")
        return super().form_valid(form)


@method_decorator(never_cache, name="dispatch")
class ProfileView(TemplateView):
    """Who one is here, how one signs in, and when one has done so."""

    template_name = "accounts/profile.html"
    log_length = 20

    def get_context_data(self, **kwargs):
        person = self.request.user
        return super().get_context_data(
            **kwargs,
            facts=self.facts(person),
            links={"password": reverse("password")},
            otp={
                "enabled": has_second_factor(person),
                "required": needs_second_factor(person),
                "setup_url": reverse("otp_setup"),
            },
            sign_ins=[
                {
                    "at": entry.at,
                    "address": entry.address,
                    "agent": entry.agent,
                    "result_label": entry.outcome,
                    "ok": entry.outcome not in FAILURES,
                }
                for entry in SignIn.objects.filter(user_id=person.pk)[: self.log_length]
            ],
        )

    @staticmethod
    def facts(person: User) -> list[dict]:
        posts = [f"{post.organization} {post.get_role_display()}" for post in person.active_memberships]
        end = expires_at(person)
        return [
            {"label": "登录名", "value": person.username},
            {"label": "姓名", "value": person.name},
            {"label": "职务", "value": person.post},
            {"label": "手机", "value": person.phone},
            {"label": "任职", "value": "；".join(posts), "wide": True},
            {"label": "密码有效期至", "value": f"{timezone.localtime(end):%Y-%m-%d}" if end else "长期"},
        ]


urlpatterns = [
    path("login/", SignInView.as_view(), name="login"),
    path("login/otp/", CodeView.as_view(), name="otp"),
    path("logout/", SignOutView.as_view(), name="logout"),
    path("account/", ProfileView.as_view(), name="profile"),
    path("account/otp/", CodeSetupView.as_view(), name="otp_setup"),
    path("account/password/", PasswordView.as_view(), name="password"),
]
