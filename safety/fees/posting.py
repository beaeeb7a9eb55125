"""Reversing what was booked: an entry of its own in an open month, that travels like the first one."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone

from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor

from ..models.fee_entry import BOOKED, VOID, FeeEntry


def is_filer(entry: FeeEntry, user) -> bool:
    """Whether this person is of the side that filed the entry: it alone reverses it."""
    role = entry.filed_by
    return role in user.roles and FeeEntry.objects.visible_to(user, {role}).filter(pk=entry.pk).exists()


def reversible(entry: FeeEntry) -> bool:
    return (
        entry.status == BOOKED and not entry.is_reversal and not entry.reversals.exclude(status=VOID).exists()
    )


def reverse(entry: FeeEntry, reason: str, actor: Actor, booked_on: date | None = None) -> FeeEntry:
    """File the reversal of a booked entry. It counts once it is confirmed as the entry was.

    booked_on   a day in a month that is open (default today)
    Raises ValidationError (no reason, month closed, reversed already) and NotAllowed.
    """
    if actor.user and not is_filer(entry, actor.user):
        raise NotAllowed("您不能冲销该笔记账。")
    if not reason.strip():
        raise ValidationError({"reason": "请填写冲销原因。"})
    made = FeeEntry(
        account=entry.account,
        kind=entry.kind,
        category=entry.category,
        subcontract=entry.subcontract,
        supplier=entry.supplier,
        amount=-entry.booked,
        booked_on=booked_on or timezone.localdate(),
        reverses=entry,
        reason=reason.strip(),
        content=f"冲销第{entry.seq}笔：{entry.content}"[:300],
        is_demo=entry.is_demo,
    )
    return records.create(made, actor, reason=reason, label="冲销")
