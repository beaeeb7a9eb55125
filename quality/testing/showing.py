"""Where the record of a test is read, for what it raised."""

from __future__ import annotations

from django.urls import reverse

from supervision.people.models import User

from ..models import Test


def origin(pk: int, user: User) -> tuple[str, str] | None:
    """The text and address of a test; None for a reader who may not see it."""
    found = Test.objects.visible_to(user).select_related(*Test.text_joins).filter(pk=pk).first()
    return (str(found), reverse("tests:detail", args=[pk])) if found else None
