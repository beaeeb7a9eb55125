"""The same declaration sent twice makes one record: a double click, a retry after a cut line."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, models, transaction

from supervision.flows.reach import label_of
from supervision.people.models import User

from .models import Submission


def once(
    user: User, key: str, model: type[models.Model], make: Callable[[], models.Model]
) -> tuple[models.Model, bool]:
    """Run `make` unless this person already sent `key`; return the record and whether it is new.

    The key and the record are written in one transaction, so neither is there without the other.
    """
    if not key:
        return make(), True
    key = key[:80]
    if (made := already_made(user, key, model)) is not None:
        return made, False
    try:
        with transaction.atomic():
            submission = Submission.objects.create(user=user, key=key, model=label_of(model))
            record = make()
            Submission.objects.filter(pk=submission.pk).update(object_id=record.pk)
            return record, True
    except IntegrityError:
        # The other of two identical requests may have won while this one waited.
        if (made := already_made(user, key, model)) is not None:
            return made, False
        raise


def already_made(user: User, key: str, model: type[models.Model]) -> models.Model | None:
    """The record that this person's `key` made before; asked before the form, which would find its own record
    in the way (a name that is taken)."""
    if not key:
        return None
    row = Submission.objects.filter(
        user=user, key=key[:80], model=label_of(model), object_id__isnull=False
    ).first()
    return model._base_manager.filter(pk=row.object_id).first() if row else None
