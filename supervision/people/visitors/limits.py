"""How often somebody without an account may do something, counted in the cache."""

from __future__ import annotations

from hashlib import sha256

from django.core.cache import cache
from django.http import HttpRequest

from ..middleware import client_address


def spend(what: str, whom: str, most: int, seconds: int) -> bool:
    """Count one more of `what` by `whom`; False once there were more than `most` within `seconds`.

    The window begins with the first; a cache that was emptied begins anew.
    """
    key = f"limit:{what}:{sha256(whom.encode()).hexdigest()[:32]}"
    if cache.add(key, 1, seconds):
        return True
    try:
        return cache.incr(key) <= most
    except ValueError:  # it ran out between the two
        cache.add(key, 1, seconds)
        return True


def whence(request: HttpRequest) -> str:
    """The address that a limit is counted by."""
    return client_address(request) or "unknown"
