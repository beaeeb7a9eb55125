"""Guessing passwords: how django-axes counts failures here, and what it answers.

Failures count against the name tried (whether or not anybody has it) and against the address they come from,
each with its own limit: an office of twenty people shares one address.
"""

from __future__ import annotations

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse


class LockoutHandler(AxesDatabaseHandler):
    """Axes' counting in the database, with a limit for names and another for addresses."""

    def get_failures(self, request: HttpRequest, credentials: dict | None = None) -> int:
        """Failures within the cool-off time, as axes compares them with AXES_FAILURE_LIMIT: those of the
        name, or the full limit once the address has used up its own."""
        recent = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
        by_name = _failures(recent.filter(username=get_client_username(request, credentials)))
        address = request.axes_ip_address
        if address and _failures(recent.filter(ip_address=address)) >= settings.PORTAL_ADDRESS_FAILURE_LIMIT:
            return max(by_name, settings.AXES_FAILURE_LIMIT)
        return by_name

    def reset_user_attempts(self, request: HttpRequest, credentials: dict | None = None) -> int:
        """Forget the failures of a name that has signed in. Those of its address on other names stay, or one
        valid account would be enough to go on guessing all the others."""
        username = get_client_username(request, credentials)
        return AccessAttempt.objects.filter(username=username).delete()[0]


def _failures(attempts) -> int:
    return attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0


def locked_response(request: HttpRequest, response: HttpResponse, credentials: dict | None) -> HttpResponse:
    """The page that was going to be shown anyway (its form says to wait), as 429 Too Many Requests."""
    response.status_code = 429
    response["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return response
