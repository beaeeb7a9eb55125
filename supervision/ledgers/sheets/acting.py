"""On whose behalf a sheet is read or written. None is the portal itself (command line): it sees everything."""

from __future__ import annotations

from django.db import models

from supervision.people.models import User

from ..ledger import Ledger


def visible(queryset: models.QuerySet, user: User | None) -> models.QuerySet:
    """The records of a queryset that `user` may see; all of them for the portal itself."""
    return queryset if user is None else queryset.visible_to(user)


def records_of(ledger: Ledger, user: User | None) -> models.QuerySet:
    """The ledger's records that `user` may see, with what its columns need."""
    if user is not None:
        return ledger.queryset(user)
    return ledger.base().select_related(*ledger.joins) if ledger.joins else ledger.base()


def may_import(ledger: Ledger, user: User | None) -> bool:
    """Whether the person may send in a workbook at all: whoever adds or changes records there."""
    if not ledger.importable or not ledger.keeps_history:
        return False
    return (
        user is None or ledger.may_view(user) and bool(user.roles & (ledger.create_roles | ledger.edit_roles))
    )


def may_create(ledger: Ledger, user: User | None) -> bool:
    return user is None or ledger.may_create(user)


def may_edit(ledger: Ledger, record: models.Model, user: User | None) -> bool:
    if user is None:
        return not ledger.flow or ledger.flow.states[record.status].editable
    return ledger.may_edit(record, user)
