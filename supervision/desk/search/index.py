"""Keeping the search entries in step with the records.

Each write announces its events after commit, and the entries of those records are written then. What a crash
between the two lost, and what came into the database by another way, is found every night by comparing versions.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache

from django.db import models
from django.db.models import Exists, OuterRef

from projects.models import Project, Section
from supervision.flows.history import announced
from supervision.flows.models import Event
from supervision.flows.reach import label_of, model_named
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import progress
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import all_ledgers, ledger_for

from .models import SearchEntry

CHUNK = 500
# Signs of one record that are looked through.
LONGEST = 4000


def fold(text: str) -> str:
    """A text as it is compared: width and case do not matter, white space is one blank, bars part fields."""
    return " ".join(
        unicodedata.normalize("NFKC", str(text)).upper().replace("|", " ").replace("\0", "").split()
    )


def searched() -> list[Ledger]:
    """The ledgers whose records can be found."""
    return [ledger for ledger in all_ledgers() if is_searched(ledger)]


def is_searched(ledger: Ledger) -> bool:
    """Whether a ledger's records can be found: it keeps a history, says what it is looked for by, and its records
    have texts of their own or lie in a project."""
    if not (ledger.keeps_history and ledger.search and ledger.findable):
        return False
    return bool(text_fields(ledger.model) or place_of(ledger.model)[0])


@cache
def text_fields(model: type[models.Model]) -> tuple[str, ...]:
    """The columns of a model that people may type a part of: those the ledger shows, asks for or searches."""
    ledger = ledger_for(model)
    named = {*ledger.form_fields, *ledger.search, *(column.key for column in ledger.columns)}
    return tuple(
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, (models.CharField, models.TextField))
        and not field.choices
        and field.name in named
        and field.name not in {"status", *getattr(model, "secret_fields", ())}
    )


@cache
def place_of(model: type[models.Model]) -> tuple[tuple[str, ...], str]:
    """The columns that tell a record's project, of which the first filled one counts, and the one that tells its
    section ("" without); along the foreign key by which the model is scoped where it has none of its own."""
    if model is Project:
        return ("pk",), ""
    if model is Section:
        return ("project_id",), "pk"
    keys = {field.name: field.related_model for field in model._meta.concrete_fields if field.is_relation}
    in_section = keys.get("section") is Section
    projects = ("project_id",) if keys.get("project") is Project else ()
    if projects or in_section:
        return (
            *projects,
            *(("section__project_id",) if in_section else ()),
        ), "section_id" if in_section else ""
    through = getattr(model, "scope_through", None)
    if not through:
        return (), ""
    projects, section = place_of(keys[through])
    return tuple(f"{through}__{name}" for name in projects), f"{through}__{section}" if section else ""


def places(model: type[models.Model], pks: list[int]) -> dict[int, tuple[int | None, int | None]]:
    """Record → (project, section), as far as it lies in one. One query at the most."""
    projects, section = place_of(model)
    if not projects:
        return {}
    names = (*projects, *([section] if section else []))
    found = {}
    for pk, *values in model._base_manager.filter(pk__in=pks).values_list("pk", *names):
        project = next((value for value in values[: len(projects)] if value), None)
        found[pk] = project, values[-1] if section else None
    return found


def put(model: type[models.Model], pks: Iterable[int]) -> int:
    """Write the entries of some records anew, and drop those of records that are gone. Returns how many stand."""
    label, wanted, put_down = label_of(model), sorted(set(pks)), 0
    fields = text_fields(model)
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        records = list(model._base_manager.filter(pk__in=chunk))
        where = places(model, chunk)
        entries = []
        for record in records:
            texts = dict.fromkeys(folded for name in fields if (folded := fold(getattr(record, name) or "")))
            project, section = where.get(record.pk, (None, None))
            entries.append(
                SearchEntry(
                    model=label,
                    object_id=record.pk,
                    version=record.version,
                    project_id=project,
                    section_id=section,
                    text=f"|{'|'.join(texts)}|"[:LONGEST],
                )
            )
        SearchEntry.objects.bulk_create(
            entries,
            update_conflicts=True,
            unique_fields=["model", "object_id"],
            update_fields=["version", "project_id", "section_id", "text"],
        )
        put_down += len(entries)
        if gone := set(chunk) - {record.pk for record in records}:
            SearchEntry.objects.filter(model=label, object_id__in=gone).delete()
    return put_down


def on_announced(sender: type, events: list[Event], **kwargs) -> None:
    """The records just written, once their writing is certain. Acts that change no field change no text."""
    changed: dict[str, set[int]] = defaultdict(set)
    for event in events:
        if event.changes or event.verb == "delete":
            changed[event.model].add(event.object_id)
    for label, pks in changed.items():
        model = model_named(label)
        ledger = ledger_for(model)
        if ledger and is_searched(ledger):
            put(model, pks)


def behind(model: type[models.Model]) -> models.QuerySet:
    """The records of a model whose entry is missing or of another version."""
    entry = SearchEntry.objects.filter(
        model=label_of(model), object_id=OuterRef("pk"), version=OuterRef("version")
    )
    return model._base_manager.filter(~Exists(entry))


@job("search_index", label="核对全站检索")
def search_index(run: JobRun) -> dict:
    """Find and write what the entries miss. Safe to run again."""
    return catch_up_all(lambda done, total, what: progress(run, done, total, what))


def catch_up_all(tell: Callable[[int, int, str], None]) -> dict[str, int]:
    """Bring every entry in step with its record, ledger by ledger, and drop what is no longer searched. `tell`
    hears how many ledgers are done, of how many, and which is next. Returns how many were written and dropped."""
    ledgers = searched()
    written = 0
    for number, ledger in enumerate(ledgers):
        tell(number, len(ledgers), f"正在核对：{ledger.label}")
        written += catch_up(ledger.model)
    gone, _ = SearchEntry.objects.exclude(model__in=[label_of(one.model) for one in ledgers]).delete()
    tell(len(ledgers), len(ledgers), "")
    return {"written": written, "dropped": gone}


def catch_up(model: type[models.Model]) -> int:
    """Bring the entries of one model in step with its records; returns how many were written."""
    written, last = 0, 0
    while chunk := list(
        behind(model).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[: CHUNK * 4]
    ):
        written += put(model, chunk)
        last = chunk[-1]
    there = model._base_manager.filter(pk=OuterRef("object_id"))
    SearchEntry.objects.filter(~Exists(there), model=label_of(model)).delete()
    return written


def listen() -> None:
    announced.connect(on_announced, dispatch_uid="desk.search")
