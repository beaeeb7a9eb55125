"""Signing in to the API with a token."""

from __future__ import annotations

import re

from rest_framework import authentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed

from .models import ADMIN_ROLES, User
from .passwords import must_change

KEY = re.compile(r"[0-9a-f]{40}")


def no_token_because(user: User) -> str | None:
    """Why `user` may not use a token just now, in Chinese; None when they may.

    A token is one factor only, so the three administrators, who need two, have none.
    """
    if not user.is_active:
        return "用户已停用。"
    if user.roles & ADMIN_ROLES:
        return "管理员登录须两步验证，不能使用接口令牌。"
    if must_change(user):
        return "密码为初始密码或已过期，更改密码后方可使用接口令牌。"
    return None


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token <key>`, judged at every request by what its owner is then."""

    def authenticate_credentials(self, key: str) -> tuple[User, Token]:
        """The owner and the token. Raises AuthenticationFailed (401), saying in Chinese why."""
        token = Token.objects.select_related("user").filter(key=key).first() if KEY.fullmatch(key) else None
        if token is None:
            raise AuthenticationFailed("接口令牌无效。")
        if reason := no_token_because(token.user):
            raise AuthenticationFailed(reason)
        return token.user, token
