"""What a password must be, and when it has served its time.

The figures (length, classes, memory, days) are this portal's own setting (本系统设定): no document the bureau
is bound by gives others. They stand in settings as PORTAL_PASSWORD_*.
"""

from __future__ import annotations

import re
import secrets
import string
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, is_password_usable
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils import timezone

from .models import PasswordHistory, User

CLASSES = (str.isupper, str.islower, str.isdigit, lambda sign: not sign.isalnum())
CLASSES_WANTED = 3

# What people write for a letter or digit to please a rule about signs.
SHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
LOOKALIKE = str.maketrans("@$013457", "asoieast")


class ClassesValidator:
    """Three of: capitals, small letters, digits, other signs."""

    def validate(self, password: str, user: User | None = None) -> None:
        if sum(any(map(is_of, password)) for is_of in CLASSES) < CLASSES_WANTED:
            raise ValidationError("密码须包含大写字母、小写字母、数字、符号中的至少三类。", code="classes")

    def get_help_text(self) -> str:
        return "包含大写字母、小写字母、数字、符号中的至少三类。"


class UsernameValidator:
    """Not the name one signs in with, in any case or backwards."""

    def validate(self, password: str, user: User | None = None) -> None:
        name = (user.username if user else "").casefold()
        given = password.casefold()
        if name and (name in given or name[::-1] in given):
            raise ValidationError("密码不能包含登录名。", code="username")

    def get_help_text(self) -> str:
        return "不能包含登录名。"


class CommonValidator(CommonPasswordValidator):
    """Not on Django's list of common passwords, nor one of them in a usual disguise."""

    def validate(self, password: str, user: User | None = None) -> None:
        if any(form in self.passwords for form in disguised(password)):
            raise ValidationError("密码过于常见，容易被猜出。", code="common")

    def get_help_text(self) -> str:
        return "不能是常见密码，如 Admin@123456。"


def disguised(password: str) -> set[str]:
    """The plain words `password` may stand for: without signs, with signs read as the digit or letter they
    replace, and without a tail that counts up or repeats ("Admin@123456" is "admin")."""
    low = password.strip().lower()
    forms = {low, low.translate(SHIFTED), low.translate(LOOKALIKE)}
    forms |= {re.sub(r"[\W_]", "", form) for form in forms}
    if tail := re.fullmatch(r"(.*?)[\W_]*(\d+)[\W_]*", low):
        word, digits = tail.groups()
        if digits in "01234567890" or len(set(digits)) == 1:
            forms |= {word, word.translate(LOOKALIKE)}
    return forms


class FormerValidator:
    """Not the present password nor one of the last few."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or not user.pk:
            return
        former = PasswordHistory.objects.filter(user_id=user.pk)[: settings.PORTAL_PASSWORD_MEMORY - 1]
        hashes = [user.password, *(entry.password for entry in former)]
        if any(is_password_usable(known) and check_password(password, known) for known in hashes):
            raise ValidationError(
                f"不能与最近 {settings.PORTAL_PASSWORD_MEMORY} 次使用过的密码相同。", code="former"
            )

    def get_help_text(self) -> str:
        return f"不能与最近 {settings.PORTAL_PASSWORD_MEMORY} 次使用过的密码相同。"


def expires_at(user: User) -> datetime | None:
    """When `user`'s password runs out; None where passwords do not (PORTAL_PASSWORD_DAYS is 0)."""
    if not settings.PORTAL_PASSWORD_DAYS:
        return None
    return (user.password_changed_at or user.created_at) + timedelta(days=settings.PORTAL_PASSWORD_DAYS)


def must_change(user: User) -> bool:
    """Whether `user` may do nothing before choosing a new password: it is a first one, or it has run out."""
    end = expires_at(user)
    return user.must_change_password or (end is not None and end <= timezone.now())


def random_password() -> str:
    """A password for somebody's first sign-in: 16 signs of all four classes, none easily misread."""
    letters = "".join(set(string.ascii_letters) - set("lIOo"))
    sets = (
        letters,
        "23456789",
        "-+=#%",
        string.ascii_uppercase.replace("I", "").replace("O", ""),
        "abcdefgh",
    )
    signs = [secrets.choice(part) for part in sets] + [
        secrets.choice(letters + "23456789") for _ in range(11)
    ]
    secrets.SystemRandom().shuffle(signs)
    return "".join(signs)
