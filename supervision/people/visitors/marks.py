"""What the portal remembers of people without an account: that something was used, or how often something was done.

In the database, because it has to hold across all processes with or without Redis: a cache of files loses counts
between two processes, and a cache that is away remembers nothing. A mark names nobody: its key is a keyed digest.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..scope import NOTHING, Reach, Scoped


class VisitorMark(Scoped):
    """Something that was done `number` times, remembered until `until`."""

    key = models.CharField(max_length=64, primary_key=True)
    number = models.PositiveIntegerField(default=1)
    until = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "people"
        verbose_name = "访客计次"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return NOTHING  # counted by the portal and read by nobody


def key_of(what: str) -> str:
    """The key of a mark. An address cannot be found from it by trying all there are."""
    return salted_hmac("supervision.people.visitors", what, algorithm="sha256").hexdigest()


def spend(what: str, most: int, seconds: int) -> bool:
    """Count one more of `what`; False once there were `most` within `seconds` from the first on."""
    key, now = key_of(what), timezone.now()
    rows = VisitorMark._base_manager.filter(pk=key)
    # Each of the three is one statement that decides for itself; the second turn is for whoever was overtaken.
    for _ in range(2):
        if rows.filter(until__gt=now, number__lt=most).update(number=F("number") + 1):
            return True
        if rows.filter(until__lte=now).update(number=1, until=now + timedelta(seconds=seconds)):
            return True
        try:
            with transaction.atomic():
                VisitorMark._base_manager.create(pk=key, until=now + timedelta(seconds=seconds))
        except IntegrityError:
            continue
        return True
    return False


def once(what: str, seconds: int) -> bool:
    """Whether this is the first `what` within `seconds`."""
    return spend(what, 1, seconds)


def clear() -> int:
    """Forget what has run out; returns how many marks went."""
    return VisitorMark._base_manager.filter(until__lte=timezone.now()).delete()[0]
