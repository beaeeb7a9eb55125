"""Creating, changing and removing records: the only way in, always with an Event in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q

from supervision.people import history_guard
from supervision.people.records import Record

from . import history
from .errors import LostRace
from .flow import AUTHORING
from .history import Actor
from .models import Event, FlowRecord
from .reach import label_of

R = TypeVar("R", bound=Record)
INSERTED = 500


def create(record: R, actor: Actor, *, reason: str = "", label: str = "新建", clean: bool = True) -> R:
    """Validate and save a new record with its first event.

    A record that travels starts in its flow's first state, whatever was set on it. Raises
    ValidationError by field; nothing is written then.
    """
    return create_many([record], actor, reason=reason, label=label, clean=clean)[0]


def create_many(
    records: list[R],
    actor: Actor,
    *,
    reason: str = "",
    label: str = "新建",
    clean: bool = True,
    by_database: bool = False,
) -> list[R]:
    """Like `create`, for many records of one model: events are written in bulk, rows one transaction.

    clean         False leaves every check to the caller, as for what a job computes; the rows are then inserted
                  many at a time, where the model saves itself like any other
    by_database   leave unique values and constraints to the database, and look up what the records point to in
                  one query a field: IntegrityError, naming nobody, where there would be a ValidationError
    """
    with transaction.atomic(), history_guard.writer():
        known = _references(records) if clean and by_database else {}
        together = not clean and len(records) > 1 and type(records[0]).save is Record.save
        for record in records:
            record.before_create(actor)
            if isinstance(record, FlowRecord):
                record.status = record.flow.initial
            if clean and by_database:
                _clean_alone(record, known)
            elif clean:
                record.full_clean(validate_constraints=True)
            if not together:
                record.save(force_insert=True)
        if together:
            type(records[0])._base_manager.bulk_create(records, batch_size=INSERTED)
        entries = [
            (record, {name: [None, value] for name, value in history.snapshot(record).items()})
            for record in records
        ]
        history.write_events(entries, actor, verb="create", label=label, reason=reason, fresh=True)
        for record, changes in entries:
            record.after_write(changes, actor)
    return records


def _references(records: list[R]) -> dict[models.ForeignKey, set]:
    """By foreign key the values in `records` that are there."""
    found = {}
    for field in type(records[0])._meta.concrete_fields if records else ():
        if not isinstance(field, models.ForeignKey):
            continue
        wanted = {value for record in records if (value := getattr(record, field.attname)) is not None}
        name = field.target_field.attname
        rows = field.related_model._base_manager.filter(**{f"{name}__in": wanted})
        rows = rows.complex_filter(field.get_limit_choices_to())
        found[field] = set(rows.values_list(name, flat=True)) if wanted else set()
    return found


def _clean_alone(record: Record, known: dict[models.ForeignKey, set]) -> None:
    """What `full_clean` asks of a record by itself. Raises ValidationError by field."""
    there = [field.name for field, values in known.items() if getattr(record, field.attname) in values]
    errors: dict[str, list] = {}
    for check in (lambda: record.clean_fields(exclude=there), record.clean):
        try:
            check()
        except ValidationError as error:
            errors = error.update_error_dict(errors)
    if errors:
        raise ValidationError(errors)


def claim(record: Record, **conditions: Any) -> bool:
    """Take the row for this transaction if it still is at `record.version` and meets `conditions`.

    A conditional UPDATE: of two people at once one gets True, on SQLite as on PostgreSQL, and the row
    stays locked until the transaction ends.
    """
    rows = type(record)._base_manager.filter(pk=record.pk, version=record.version, **conditions)
    return rows.update(version=F("version") + 1) == 1


def hold(model: type[Record], pk: int | None, **conditions: Any) -> bool:
    """Take a row for this transaction if it meets `conditions`, without counting as a write of it: whoever writes
    what hangs on it meets whoever moves it on, and the second sees what the first did."""
    with history_guard.writer():
        return model._base_manager.filter(pk=pk, **conditions).update(version=F("version")) == 1


def update(
    record: R,
    values: Mapping[str, Any],
    actor: Actor,
    *,
    version: int | None = None,
    reason: str = "",
    verb: str = "update",
    label: str = "修改",
    name: str = "",
    clean: bool = True,
) -> R:
    """Set `values` (field name → value) on a record and return it as saved.

    version   the version the person saw; the record's own when not given
    Raises LostRace when somebody wrote it since, ValidationError by field. Without a difference nothing
    is written and the record comes back as it is.
    """
    model = type(record)
    if version is not None:
        record.version = version
    with transaction.atomic(), history_guard.writer():
        if not claim(record):
            raise LostRace(lost_message(record))
        before = model._base_manager.get(pk=record.pk)
        current = model._base_manager.get(pk=record.pk)
        for field, value in values.items():
            setattr(current, field, value)
        if clean:
            current.full_clean()
        changes = history.difference(before, current)
        if not changes:
            transaction.set_rollback(True)
            current.version = record.version
            return current
        save_changed(current, changes)
        # before_update may have followed up with more fields.
        changes = history.difference(before, current)
        history.write_events([(current, changes)], actor, verb=verb, label=label, name=name, reason=reason)
        current.after_write(changes, actor)
    return current


def save_changed(record: Record, changes: Mapping[str, list[Any]]) -> None:
    """Run the record's own follow-up of a change, then save it. Call inside a history writer."""
    record.before_update({name: pair[0] for name, pair in changes.items()})
    record.save()


def delete(record: Record, actor: Actor, *, reason: str) -> None:
    """Remove a draft or an undone import. What was submitted is never deleted: callers see to that.

    The event stays, with the record's last state. Raises LostRace; ProtectedError when others refer to it.
    """
    with transaction.atomic(), history_guard.writer():
        if not claim(record):
            raise LostRace(lost_message(record))
        record.before_delete()
        changes = {name: [value, None] for name, value in history.snapshot(record).items()}
        history.write_events([(record, changes)], actor, verb="delete", label="删除", reason=reason)
        models.Model.delete(record)


def lost_message(record: Record) -> str:
    """Who wrote the record meanwhile, as a sentence for the person who came second."""
    last = last_event(record)
    if last is None or not type(record)._base_manager.filter(pk=record.pk).exists():
        return "该记录已被删除。"
    when = f"{last.at.astimezone():%Y-%m-%d %H:%M}" if last.at else ""
    return f"{last.actor_name}已于{when}办理“{last.label}”，您看到的内容已不是最新，请刷新后再办。"


def last_event(record: Record) -> Event | None:
    """The newest event of a record."""
    return events_of(record).order_by("-seq").first()


def events_of(record: Record) -> models.QuerySet[Event]:
    """The record's own history. Whoever sees the record sees its history."""
    return Event.objects.filter(model=label_of(type(record)), object_id=record.pk)


def performers(
    record_ids: Iterable[int], model: type[Record], names: Iterable[str], user_id: int
) -> set[tuple]:
    """Which of `names` this person performed on which of these records, as {(record id, name)}; CREATED and UPDATED
    among them ask who entered a record, and who changed it."""
    names = set(names)
    rows = Event.objects.filter(
        done_by(names), model=label_of(model), object_id__in=list(record_ids), actor_id=user_id
    )
    found = rows.values_list("object_id", "name", "verb")
    return {(pk, name if name in names else verb) for pk, name, verb in found}


def done_by(names: Iterable[str]) -> Q:
    """The events of these steps, by their names, and of entering and changing, by their verbs."""
    return Q(name__in=[name for name in names if name not in AUTHORING]) | Q(
        verb__in=[name for name in names if name in AUTHORING]
    )
