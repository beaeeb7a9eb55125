"""The forms at the door."""

from __future__ import annotations

import unicodedata

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from supervision.people.models import User

LONGEST = 128


def password_field(label: str, autocomplete: str) -> forms.CharField:
    # Bounded, because hashing takes longer with every sign; never stripped, a blank is a sign too.
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=LONGEST, widget=widget)


def mistaken(request: HttpRequest, what: str) -> ValidationError:
    """The one error for a wrong name, a wrong password, a disabled user and a locked name or address."""
    if getattr(request, "axes_locked_out", False):
        minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
        return ValidationError(f"{what}不正确，或尝试次数过多。请 {minutes} 分钟后再试。", code="locked")
    return ValidationError(f"{what}不正确。", code="invalid_login")


class SignInForm(AuthenticationForm):
    """Name and password."""

    password = password_field("密码", "current-password")

    def get_invalid_login_error(self) -> ValidationError:
        return mistaken(self.request, "登录名或密码")


class PasswordForm(forms.Form):
    """The present password and a new one, twice."""

    old_password = password_field("当前密码", "current-password")
    new_password1 = password_field("新密码", "new-password")
    new_password2 = password_field("再次输入新密码", "new-password")

    def __init__(self, *args, request: HttpRequest, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())

    def clean_old_password(self) -> str:
        # Through the same counting as signing in: an unattended session is no place to guess.
        given = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.username, password=given) is None:
            raise mistaken(self.request, "当前密码")
        return given

    def clean_new_password1(self) -> str:
        new = self.cleaned_data["new_password1"]
        validate_password(new, self.user)
        return new

    def clean(self) -> dict:
        first, second = self.cleaned_data.get("new_password1"), self.cleaned_data.get("new_password2")
        if first and second and first != second:
            self.add_error("new_password2", "两次输入的新密码不一致。")
        return self.cleaned_data


class CodeForm(forms.Form):
    """The six digits a person's device shows."""

    code = forms.CharField(
        label="动态验证码",
        max_length=12,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )

    def clean_code(self) -> str:
        # Full-width digits and the blank that devices show in the middle are what people type.
        code = unicodedata.normalize("NFKC", self.cleaned_data["code"]).replace(" ", "")
        if len(code) != 6 or not code.isascii() or not code.isdigit():
            raise ValidationError("验证码是六位数字。")
        return code
