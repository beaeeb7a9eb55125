"""How often somebody without an account may do something."""

from __future__ import annotations

from django.http import HttpRequest

from ..middleware import client_address
from . import marks


def spend(what: str, whom: str, most: int, seconds: int) -> bool:
    """Count one more of `what` by `whom`; False once there were `most` within `seconds`.

    The window begins with the first and does not move. Behind one address stands a whole site: never limit by it
    what nobody there may learn of.
    """
    return marks.spend(f"limit:{what}:{whom}", most, seconds)


def whence(request: HttpRequest) -> str:
    """The address that a limit is counted by."""
    return client_address(request) or "unknown"
