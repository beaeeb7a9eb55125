"""Scope of rows that belong to some other record, named by (model, object_id): events, attachments, notices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Q, QuerySet

from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach, reach_of, scope_of

if TYPE_CHECKING:
    from supervision.people.models import User


def label_of(model: type) -> str:
    """The name a record's model goes by in generic rows, such as "projects.section"; a proxy goes by the model
    whose rows it shows."""
    return model._meta.concrete_model._meta.label_lower


def record_models() -> list[type[Record]]:
    """Every concrete model that keeps history."""
    return [model for model in apps.get_models() if issubclass(model, Record) and not model._meta.proxy]


def model_named(label: str) -> type[Record]:
    """The record model called `label`. Raises LookupError when there is none."""
    model = apps.get_model(label)
    if not issubclass(model, Record):
        raise LookupError(label)
    return model


def through_records(reach: Reach, models: Iterable[type[Record]] | None = None) -> Q:
    """Rows whose record lies within `reach`, over all record models at once, or over some."""
    whole, condition = [], NOTHING
    for model in record_models() if models is None else models:
        scope = scope_of(model, reach)
        if not scope:
            whole.append(label_of(model))
        else:
            visible = model._base_manager.filter(scope).values("pk")
            condition |= Q(model=label_of(model), object_id__in=visible)
    return condition | Q(model__in=whole)


def visible_about(rows: QuerySet, user: User | None, label: str | None) -> QuerySet:
    """Those of `rows` about records of one model that `user` may see; nothing when `label` names none.

    Says the same as `visible_to`, and stays a small statement however many ledgers there are.
    """
    reach = reach_of(user)
    try:
        model = model_named(label or "")
    except (LookupError, ValueError):
        return rows.none()
    if reach.empty:
        return rows.none()
    return rows.filter(through_records(reach, [model]), model=label)
