"""What is done to somebody's means of signing in, each with its line in the person's history."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.hashers import is_password_usable, make_password
from django.db import transaction
from django.utils import timezone
from django_otp import verify_token
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.authtoken.models import Token

from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor, note
from supervision.people.api import no_token_because
from supervision.people.models import PasswordHistory, User


def set_password(user: User, password: str, actor: Actor, *, first: bool = False, reason: str = "") -> User:
    """Give `user` a new password and return the user as saved.

    password   in clear; the caller has run `validate_password`
    first      somebody else chose it: the person must change it before anything else
    Every open session of the person ends (the caller keeps the present one with update_session_auth_hash).
    Raises LostRace.
    """
    former = user.password
    with transaction.atomic():
        changed = records.update(
            user,
            {
                "password": make_password(password),
                "must_change_password": first,
                "password_changed_at": timezone.now(),
            },
            actor,
            reason=reason,
            label="重置密码" if first else "更改密码",
        )
        if former and is_password_usable(former):
            PasswordHistory.objects.create(user=user, password=former)
        # The present one counts among those remembered.
        kept = PasswordHistory.objects.filter(user=user)[: settings.PORTAL_PASSWORD_MEMORY - 1]
        PasswordHistory.objects.filter(user=user).exclude(pk__in=[entry.pk for entry in kept]).delete()
    return changed


def confirm_second_factor(user: User, device: TOTPDevice, code: str, actor: Actor) -> bool:
    """Put `device` in force for `user` if `code` is its present one; devices they had before are removed.

    Returns False for a wrong code. The code is used up: it will not also do for signing in.
    """
    with transaction.atomic():
        if not verify_token(user, device.persistent_id, code):
            return False
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
        note(user, actor, verb="second_factor", label="启用两步验证")
    return True


def reset_second_factor(user: User, actor: Actor, reason: str = "") -> bool:
    """Take away `user`'s device, for a lost or changed phone; False when there was none.

    Sessions verified with it end at their next request, and an administrator must set up another one at
    the next sign-in. Who may do this is for the caller to ask.
    """
    with transaction.atomic():
        removed, _ = TOTPDevice.objects.filter(user=user).delete()
        if removed:
            note(user, actor, verb="second_factor", label="重置两步验证", reason=reason)
    return bool(removed)


def issue_token(user: User, actor: Actor) -> str:
    """The API token of `user`, made if there is none. Raises NotAllowed saying why there can be none."""
    if reason := no_token_because(user):
        raise NotAllowed(reason)
    with transaction.atomic():
        token, made = Token.objects.get_or_create(user=user)
        if made:
            note(user, actor, verb="token", label="签发接口令牌")
    return token.key


def revoke_token(user: User, actor: Actor) -> bool:
    """Withdraw the API token of `user`; False when there was none."""
    with transaction.atomic():
        removed, _ = Token.objects.filter(user=user).delete()
        if removed:
            note(user, actor, verb="token", label="撤销接口令牌")
    return bool(removed)
