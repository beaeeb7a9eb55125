"""Writing and checking the history: one Event for every write, chained per record, sealed per day."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import models, transaction
from django.db.models import Max, OuterRef, Subquery
from django.dispatch import Signal
from django.utils import timezone

from supervision.people.models import User
from supervision.people.records import Record

from .models import Event, Seal, Source
from .reach import label_of, record_models

# Sent after commit with `events`, a list of Event; rooms above listen (notices, indicators).
announced = Signal()

# Rows that hang on a kind of record and have no chain of their own: label of the model → a function of the room
# above that compares them with what the record's history tells.
derived: dict[str, Callable[[], Iterator[Breach]]] = {}

SECRET = "（已更改）"  # noqa: S105 - stands in for a secret


@dataclass(frozen=True)
class Actor:
    """Who writes, from where: the person (None for the portal itself), the source, and a batch id."""

    user: User | None
    source: str
    batch: str = ""

    @classmethod
    def of(cls, user: User | None, source: str) -> Actor:
        return cls(user=user, source=Source(source).value)

    def in_batch(self, batch: str) -> Actor:
        return replace(self, batch=batch)

    @property
    def name(self) -> str:
        return self.user.name if self.user else "系统"

    @property
    def organization_name(self) -> str:
        office = self.user.organization if self.user else None
        return office.name if office else ""


SYSTEM = Actor(None, Source.JOB)


def plain(value: Any) -> Any:
    """A field's value as JSON can hold it, the same before saving and after reading back."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    return value


@cache
def tracked_fields(model: type[Record]) -> tuple[models.Field, ...]:
    """The columns whose changes are history."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if not field.primary_key and field.name not in model.unrecorded_fields
    )


def snapshot(record: Record) -> dict[str, Any]:
    """Every tracked field of `record` as plain values; secrets only as a digest's stand-in."""
    return {
        field.name: (SECRET if field.name in record.secret_fields else plain(getattr(record, field.attname)))
        for field in tracked_fields(type(record))
    }


def difference(before: Record, after: Record) -> dict[str, list[Any]]:
    """Which tracked fields differ, as {name: [before, after]}."""
    changes = {}
    for field in tracked_fields(type(after)):
        old, new = plain(getattr(before, field.attname)), plain(getattr(after, field.attname))
        if old != new:
            changes[field.name] = [SECRET, SECRET] if field.name in after.secret_fields else [old, new]
    return changes


def since(told: Mapping[str, list[Any]], record: Record) -> dict[str, list[Any]]:
    """Which tracked fields differ from what an event told of a record, as {name: [before, after]}."""
    return {
        name: [told[name][1], value] for name, value in snapshot(record).items() if value != told[name][1]
    }


def digest(event: Event) -> str:
    """The value that ties an event to its content and to the event before it."""
    content = [
        event.model,
        event.object_id,
        event.seq,
        event.title,
        event.verb,
        event.name,
        event.label,
        event.actor_id,
        event.actor_name,
        event.organization_name,
        plain(event.at),
        event.reason,
        event.changes,
        event.batch,
        event.source,
        event.previous,
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def heads(model: type[Record], ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """The last (seq, hash) of each record in `ids` that has a history; one query per thousand ids."""
    found: dict[int, tuple[int, str]] = {}
    ids = list(ids)
    label = label_of(model)
    for start in range(0, len(ids), 1000):
        part = ids[start : start + 1000]
        last = (
            Event.objects.filter(model=label, object_id=OuterRef("object_id"))
            .order_by("-seq")
            .values("seq")[:1]
        )
        rows = Event.objects.filter(model=label, object_id__in=part, seq=Subquery(last))
        found.update({row[0]: (row[1], row[2]) for row in rows.values_list("object_id", "seq", "hash")})
    return found


def write_events(
    entries: list[tuple[Record, dict[str, list[Any]]]],
    actor: Actor,
    *,
    verb: str,
    label: str,
    name: str = "",
    reason: str = "",
    fresh: bool = False,
    after: Iterable[Event] | None = None,
) -> list[Event]:
    """Append one event per (record, changes), in bulk. Call inside the transaction that writes the records.

    The caller must hold the rows (created them, or claimed them by a conditional update), which keeps two
    writers off one chain. `fresh` says the records are new and have no earlier events; `after` are their last ones,
    where the caller has just written them.
    """
    if not entries:
        return []
    model = type(entries[0][0])
    if after is not None:
        known = {event.object_id: (event.seq, event.hash) for event in after}
    else:
        known = {} if fresh else heads(model, [record.pk for record, _ in entries])
    now = timezone.now()
    events = []
    for record, changes in entries:
        seq, previous = known.get(record.pk, (0, ""))
        event = Event(
            model=label_of(model),
            object_id=record.pk,
            seq=seq + 1,
            title=str(record)[:200],
            verb=verb,
            name=name,
            label=label,
            actor=actor.user,
            actor_name=actor.name,
            organization_name=actor.organization_name,
            at=now,
            reason=reason,
            changes=changes,
            batch=actor.batch,
            source=actor.source,
            previous=previous,
        )
        event.hash = digest(event)
        events.append(event)
    events = Event.objects.bulk_create(events, batch_size=500)
    transaction.on_commit(lambda: announced.send(sender=model, events=events), robust=True)
    return events


def note(
    record: Record, actor: Actor, *, verb: str, label: str, reason: str = "", changes: dict | None = None
):
    """Append an event that changes no field of the record (a file was added, a secret was read)."""
    with transaction.atomic():
        # Touching the row takes its lock, so that two notes cannot take the same place in the chain.
        type(record)._base_manager.filter(pk=record.pk).update(updated_at=timezone.now())
        return write_events([(record, changes or {})], actor, verb=verb, label=label, reason=reason)[0]


# ---------------------------------------------------------------------------------------------- checking


@dataclass(frozen=True)
class Breach:
    """Something in the database that did not come by the portal's way."""

    model: str
    object_id: int
    what: str

    def __str__(self) -> str:
        return (
            f"{self.model} {self.object_id}：{self.what}" if self.object_id else f"{self.model}：{self.what}"
        )


def verify_chains(label: str | None = None) -> Iterator[Breach]:
    """Recompute every event's hash and the links between them, and fold each chain against its row."""
    for model in record_models():
        if label in (None, label_of(model)):
            yield from _verify_model(model)
    if label is None:
        labels = [label_of(model) for model in record_models()]
        for row in Event.objects.exclude(model__in=labels).values("model").annotate(last=Max("pk")):
            yield Breach(row["model"], 0, "历史所属的记录类别不存在")


def _verify_model(model: type[Record]) -> Iterator[Breach]:
    label = label_of(model)
    fields = {field.name: field for field in tracked_fields(model)}
    rows = model._base_manager.order_by("pk").iterator(2000)
    row = next(rows, None)
    events = Event.objects.filter(model=label).order_by("object_id", "seq").iterator(2000)
    for object_id, chain in groupby(events, key=attrgetter("object_id")):
        while row is not None and row.pk < object_id:
            yield Breach(label, row.pk, "有记录而无历史")
            row = next(rows, None)
        state, problems = _fold(chain)
        yield from (Breach(label, object_id, problem) for problem in problems)
        present = row is not None and row.pk == object_id
        if state is None:
            if present:
                yield Breach(label, object_id, "历史记为已删除，记录仍在")
        elif not present:
            yield Breach(label, object_id, "记录不在库中，历史没有删除记载")
        elif touched := [
            str(fields[name].verbose_name)
            for name in fields
            if name not in model.secret_fields
            and state.get(name, plain(fields[name].get_default()))
            != plain(getattr(row, fields[name].attname))
        ]:
            yield Breach(label, object_id, f"未经平台改动：{'、'.join(touched)}")
        if present:
            row = next(rows, None)
    while row is not None:
        yield Breach(label, row.pk, "有记录而无历史")
        row = next(rows, None)


def _fold(chain: Iterable[Event]) -> tuple[dict[str, Any] | None, list[str]]:
    """The state a chain of events leads to (None once deleted), and what is wrong with the chain."""
    state: dict[str, Any] | None = {}
    problems, previous, expected = [], "", 1
    for event in chain:
        if event.seq != expected:
            problems.append(f"历史缺第{expected}条")
        elif event.previous != previous:
            problems.append(f"第{event.seq}条历史与前一条不相接")
        if digest(event) != event.hash:
            problems.append(f"第{event.seq}条历史被改动")
        previous, expected = event.hash, event.seq + 1
        if event.verb == "delete":
            state = None
        elif state is not None:
            state.update({name: pair[1] for name, pair in event.changes.items()})
    return state, problems


def _day_bounds(day: date) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    start = datetime.combine(day, time.min, zone)
    return start, datetime.combine(day + timedelta(days=1), time.min, zone)


def day_digest(day: date, salt: str) -> tuple[int, str]:
    """How many events a day (Asia/Shanghai) has, and one digest over the salt and them all."""
    start, end = _day_bounds(day)
    total, running = 0, hashlib.sha256(salt.encode())
    rows = Event.objects.filter(at__gte=start, at__lt=end).order_by("model", "object_id", "seq")
    for model, object_id, seq, value in rows.values_list("model", "object_id", "seq", "hash").iterator(5000):
        running.update(f"{model}|{object_id}|{seq}|{value}\n".encode())
        total += 1
    return total, running.hexdigest()


def seal_days(until: date | None = None) -> list[Seal]:
    """Seal every finished day not sealed yet, up to and including `until` (default: yesterday)."""
    until = until or timezone.localdate() - timedelta(days=1)
    last = Seal.objects.order_by("-day").first()
    first = Event.objects.order_by("at").values_list("at", flat=True).first()
    if last:
        day = last.day + timedelta(days=1)
    elif first:
        day = timezone.localtime(first).date()
    else:
        return []
    made = []
    while day <= until:
        salt = secrets.token_hex(16)
        count, value = day_digest(day, salt)
        previous = last.hash if last else ""
        last, created = Seal.objects.get_or_create(
            day=day,
            defaults={
                "count": count,
                "salt": salt,
                "digest": value,
                "previous": previous,
                "hash": seal_hash(day, count, salt, value, previous),
            },
        )
        if created:
            made.append(last)
        day += timedelta(days=1)
    return made


def seal_hash(day: date, count: int, salt: str, value: str, previous: str) -> str:
    """The value of a seal, over its day, its salt and the seal before it.

    Day, digest and the seal before are shown. Without the salt whoever sees them finds the number of events by
    trying one after the other.
    """
    return _hashed(day.isoformat(), count, salt, value, previous)


def _hashed(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def sealed_as_told(seal: Seal) -> bool:
    """Whether a seal's value is that of its columns. Seals of the portal's first version left the salt out."""
    told = (seal.day.isoformat(), seal.count, seal.salt, seal.digest, seal.previous)
    return seal.hash in (_hashed(*told), _hashed(*told[:2], *told[3:]))


def verify_derived(label: str | None = None) -> Iterator[Breach]:
    """Ask everybody in `derived` (of one kind of record, or all) for what does not agree with the history."""
    for name, compare in derived.items():
        if label in (None, name):
            yield from compare()


def verify_seals(kept: list[dict] | None = None) -> Iterator[Breach]:
    """Check the seals in the database, and against `kept`: seals exported earlier as {day, count, hash}."""
    previous = ""
    stored = {}
    for seal in Seal.objects.order_by("day"):
        stored[seal.day.isoformat()] = seal
        count, value = day_digest(seal.day, seal.salt)
        if seal.previous != previous:
            yield Breach("封存", 0, f"{seal.day} 的封存与前一日不相接")
        if (count, value) != (seal.count, seal.digest):
            yield Breach("封存", 0, f"{seal.day} 的历史与封存不符（封存 {seal.count} 条，现有 {count} 条）")
        if not sealed_as_told(seal):
            yield Breach("封存", 0, f"{seal.day} 的封存被改动")
        previous = seal.hash
    for entry in kept or []:
        seal = stored.get(entry["day"])
        if seal is None:
            yield Breach("封存", 0, f"{entry['day']} 的封存已不在库中（外存 {entry['count']} 条）")
        elif seal.hash != entry["hash"]:
            yield Breach("封存", 0, f"{entry['day']} 的封存与外存的不符")
