"""The sign-in log: a row for every attempt to sign in, its second step, and every sign-out."""

from __future__ import annotations

import time
from datetime import timedelta

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import models
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from .middleware import BEGAN, SEEN, client_address, has_second_factor
from .models import SignIn, User


class Outcome(models.TextChoices):
    """What became of an attempt, as the log shows it."""

    SUCCESS = "登录成功"
    CODE_WANTED = "密码正确，待验证码"
    CODE_WRONG = "验证码错误"
    FAILURE = "登录失败"
    LOCKED = "多次失败，已锁定"
    SIGNED_OUT = "退出登录"
    TIMED_OUT = "超时退出"


FAILURES = frozenset({Outcome.CODE_WRONG, Outcome.FAILURE, Outcome.LOCKED})


def log_sign_in(request: HttpRequest, outcome: Outcome, user: User | None, username: str = "") -> None:
    """Add a row to the sign-in log about `user`, or about the name somebody tried."""
    SignIn.objects.create(
        user_id=user.pk if user else None,
        username=(user.username if user else username)[:60],
        outcome=outcome.value,
        address=client_address(request),
        agent=request.headers.get("User-Agent", "").replace("\0", "")[:200],
    )


@receiver(user_logged_in)
def entered(sender, request: HttpRequest, user: User, **kwargs) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time.time())
    log_sign_in(request, Outcome.CODE_WANTED if has_second_factor(user) else Outcome.SUCCESS, user)


@receiver(user_login_failed)
def refused(sender, credentials: dict, request: HttpRequest | None = None, **kwargs) -> None:
    # Axes stands before us among the apps, so its receiver has already judged this attempt.
    if request is None:
        return
    username = credentials.get("username") or ""
    locked = getattr(request, "axes_locked_out", False)
    if locked and _said_already(request, username):
        return
    user = User.objects.filter(username=username).first()
    log_sign_in(request, Outcome.LOCKED if locked else Outcome.FAILURE, user, username)


def _said_already(request: HttpRequest, username: str) -> bool:
    """Whether the log has this lock-out within the minute; hammering at a locked door must not fill it."""
    return SignIn.objects.filter(
        at__gte=timezone.now() - timedelta(minutes=1),
        outcome=Outcome.LOCKED.value,
        username=username[:60],
        address=client_address(request),
    ).exists()


@receiver(user_logged_out)
def left(sender, request: HttpRequest, user: User | None, **kwargs) -> None:
    if user is not None:
        timed_out = getattr(request, "timed_out", False)
        log_sign_in(request, Outcome.TIMED_OUT if timed_out else Outcome.SIGNED_OUT, user)
