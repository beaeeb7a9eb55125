"""Records as the templates draw them: rows of a table, facts of a record, its history in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from django.utils.html import format_html

from supervision.flows.history import tracked_fields
from supervision.flows.models import Event, Source
from supervision.people.models import Role

from .columns import BLANK, Column, RelationKind, kind_of
from .ledger import Ledger
from .registry import ledger_for, ledger_of

ROLE_LABELS = dict(Role.choices)


@dataclass
class Cell:
    html: str
    column: Any


@dataclass
class Row:
    record: models.Model
    number: int
    url: str
    cells: list[Cell]


@dataclass
class Head:
    """A column as a list's head draws it."""

    key: str
    label: str
    frozen: bool
    align: str
    group: str
    sortable: bool
    sort_url: str = ""
    sorted: str = ""


def heads(columns: Iterable[Column], sort: str = "", query: Any = None) -> list[Head]:
    """The heads of columns; with `query` (a QueryDict) each links to the list sorted by it."""
    made = []
    for column in columns:
        head = Head(
            column.key, column.label, column.frozen, column.kind.align, column.group, bool(column.sortable)
        )
        if query is not None and column.sortable:
            turned = query.copy()
            turned["sort"] = f"-{column.key}" if sort == column.key else column.key
            turned.pop("page", None)
            head.sort_url = f"?{turned.urlencode()}"
            head.sorted = {column.key: "asc", f"-{column.key}": "desc"}.get(sort, "")
        made.append(head)
    return made


def rows(ledger: Ledger, records: Iterable[models.Model], columns: list[Column], first: int = 1) -> list[Row]:
    """Rows for a table, numbered from `first`. A record named after another that has a column of its own here (a
    section after its project) goes by the rest of its name."""
    drawn, records = heads(columns), list(records)
    ledger.look_at(records)
    short = {column.key: name for column in columns if (name := rest_of_name(column, columns))}
    return [
        Row(
            record,
            number,
            ledger.record_url(record.pk),
            [
                Cell(_drawn(ledger, column, record, short.get(column.key)), head)
                for column, head in zip(columns, drawn, strict=True)
            ],
        )
        for number, record in enumerate(records, first)
    ]


def rest_of_name(column: Column, columns: list[Column]) -> str:
    """Of `natural = ("project.name", "code")` the field `code`, where `project` stands in the same row."""
    if not isinstance(column.kind, RelationKind):
        return ""
    name = getattr(column.kind.model, "natural", ())
    if len(name) != 2 or "." in name[1] or "." not in name[0]:
        return ""
    # Beside section__project the section's own project, beside section that of the record itself.
    steps, owner = (column.source or column.key).split("."), name[0].split(".")[0]
    beside = {".".join([*steps[:-1], owner]), ".".join([*steps, owner])}
    others = (other.source or other.key for other in columns if isinstance(other.kind, RelationKind))
    return name[1] if beside & set(others) else ""


@cache
def leads(ledger: Ledger, model: type[models.Model]) -> bool:
    """Whether a record of `model` may lead to its page: where all who read this ledger may open that one."""
    other = ledger_for(model)
    return other is None or ledger.view_roles <= other.view_roles


def _html(ledger: Ledger, column: Column, value: Any) -> str:
    """A value as drawn."""
    if isinstance(column.kind, RelationKind) and not leads(ledger, column.kind.model):
        return column.kind.text(value)
    return column.kind.html(value)


def _drawn(ledger: Ledger, column: Column, record: models.Model, part: str | None) -> str:
    """A cell; the column that names the record leads to it. `part`: the field of a named record that is enough."""
    value = column.value(record)
    if part and value is not None:
        text = str(getattr(value, part))
        if leads(ledger, column.kind.model) and (other := ledger_of(value)):
            return format_html('<a href="{}">{}</a>', other.record_url(value.pk), text)
        return text
    html = _html(ledger, column, value)
    if column.frozen and html and not isinstance(column.kind, RelationKind):
        return format_html('<a href="{}">{}</a>', ledger.record_url(record.pk), html)
    return html


def facts(ledger: Ledger, record: models.Model) -> list[dict]:
    """The record's values in the form's groups, then the columns that no form holds, as far as they are filled."""
    by_key = {column.key: column for column in ledger.columns}
    shown, groups = set(), []
    for label, names in ledger.form_groups:
        entries = []
        for name in names:
            column = by_key.get(name) or plain_column(ledger, name)
            shown.add(name)
            entries.append(fact(ledger, column, column.value(record)))
        if entries:
            groups.append({"label": label or "基本信息", "fields": entries})
    others = (column for column in ledger.columns if column.key not in shown and column.key != "status")
    rest = [fact(ledger, column, value) for column in others if (value := column.value(record)) not in BLANK]
    if rest:
        groups.append({"label": "其他信息", "fields": rest})
    return groups


def plain_column(ledger: Ledger, name: str) -> Column:
    """A column for a form field that the list does not have."""
    field = ledger.model._meta.get_field(name)
    return Column(name, label=str(field.verbose_name), kind=kind_of(field), model_field=field)


def fact(ledger: Ledger, column: Column, value: Any) -> dict:
    wide = column.wide or isinstance(column.model_field, models.TextField)
    return {"label": column.label, "html": _html(ledger, column, value), "wide": wide}


def timeline(events: list[Event], model: type[models.Model] | None) -> list[dict]:
    """Events in words: field labels for names, choice labels and record texts for values. A fixed number of
    queries for any number of events."""
    fields = {field.name: field for field in tracked_fields(model)} if model else {}
    texts = _related_texts(events, fields)
    flow = getattr(model, "flow", None)
    made = []
    for event in events:
        changes = []
        for name, pair in event.changes.items():
            field = fields.get(name)
            before, after = (_word(value, field, name, flow, texts) for value in pair)
            if event.verb == "create" and after in ("", None):
                continue
            changes.append({"label": _label(field, name), "before": before, "after": after})
        made.append(
            {
                "at": event.at,
                "actor": event.actor_name,
                "organization": event.organization_name,
                "label": event.label,
                "reason": event.reason,
                "changes": changes,
                "source": Source(event.source).label,
                "title": event.title,
            }
        )
    return made


def _label(field: models.Field | None, name: str) -> str:
    """What people call a field; what only the machine keeps has no such name."""
    label = str(field.verbose_name) if field else name
    return "系统标识" if label.isascii() else label


def _related_texts(events: list[Event], fields: dict[str, models.Field]) -> dict[type, dict[int, str]]:
    wanted: dict[type, set[int]] = defaultdict(set)
    for event in events:
        for name, pair in event.changes.items():
            if isinstance(fields.get(name), models.ForeignKey):
                wanted[fields[name].related_model].update(value for value in pair if isinstance(value, int))
    texts = {}
    for model, pks in wanted.items():
        records = model._base_manager.filter(pk__in=pks).select_related(*getattr(model, "text_joins", ()))
        texts[model] = {record.pk: str(record) for record in records}
    return texts


def _word(value: Any, field: models.Field | None, name: str, flow: Any, texts: dict) -> str:
    if value in BLANK:
        return ""
    if name == "status" and flow and value in flow.states:
        return flow.states[value].label
    if isinstance(field, models.ForeignKey):
        return texts.get(field.related_model, {}).get(value, str(value))
    if field is not None and field.choices:
        return dict(field.flatchoices).get(value, str(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict | list):
        return _plain(value)
    return ROLE_LABELS.get(value, str(value)) if isinstance(value, str) else str(value)


def _plain(value: dict | list) -> str:
    """A structured value in words. What is not for reading (a sheet's arithmetic, keyed by codes) is only counted:
    the record's own page shows it."""
    if isinstance(value, dict):
        if any(key.isascii() or isinstance(item, dict | list) for key, item in value.items()):
            return f"（结构化数据，{len(value)} 项）"
        return "；".join(f"{key}：{item}" for key, item in value.items())
    if any(isinstance(item, dict) and "name" not in item for item in value):
        return f"（结构化数据，{len(value)} 项）"
    return "、".join(str(item["name"]) if isinstance(item, dict) else str(item) for item in value)
