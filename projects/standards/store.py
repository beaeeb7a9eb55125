"""Between the database and plain values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from supervision.flows import records
from supervision.flows.history import Actor

from ..models import Standard, StandardItem, StandardTable, StandardVersion
from .spec import (
    Band,
    EvaluationType,
    Fact,
    Formula,
    Item,
    Rounding,
    Spec,
    Table,
    Veto,
    all_from_data,
    as_data,
    from_data,
    when_from_data,
)

# The declared parts: field of the model and of the spec → what its entries are.
DECLARED = {
    "bands": Band,
    "vetoes": Veto,
    "formulas": Formula,
    "facts": Fact,
    "evaluation_types": EvaluationType,
}


def spec_of(version: StandardVersion) -> Spec:
    """A version as plain values, in two queries whatever its size (three where its standard is not loaded).

    Of an adopted version the result never changes: a job that scores many sheets reads it once.
    """
    items = defaultdict(list)
    for row in StandardItem.objects.filter(table__standard_version_id=version.pk).order_by("order", "pk"):
        items[row.table_id].append(row)
    tables = StandardTable.objects.filter(standard_version_id=version.pk).order_by("order", "pk")
    return Spec(
        standard=version.standard.code,
        label=version.label,
        pass_line=version.pass_line,
        excellent_line=version.excellent_line,
        pass_confidence=version.pass_confidence,
        excellent_confidence=version.excellent_confidence,
        tables=tuple(_table(table, items[table.pk]) for table in tables),
        rounding=from_data(Rounding, version.rounding),
        pk=version.pk,
        **{name: all_from_data(kind, getattr(version, name)) for name, kind in DECLARED.items()},
    )


def _table(row: StandardTable, items: list[StandardItem]) -> Table:
    return Table(
        code=row.code,
        title=row.title,
        subject=row.subject,
        kind=row.kind,
        part=row.part,
        full=row.full_marks,
        when=when_from_data(row.applies_when),
        source=row.source_document,
        confidence=row.confidence,
        items=tuple(_item(row.code, item) for item in items),
        pk=row.pk,
    )


def _item(table: str, row: StandardItem) -> Item:
    return Item(
        table=table,
        no=row.no,
        title=row.title,
        full=row.full_marks,
        category=row.category,
        text=row.text,
        method=row.method,
        rule=row.rule,
        mandatory=row.mandatory,
        when=when_from_data(row.applies_when),
        clause=row.clause,
        source=row.source_document,
        confidence=row.confidence,
        pk=row.pk,
    )


def save_draft(
    standard: Standard, spec: Spec, facts: Mapping[str, Any], actor: Actor, *, reason: str = ""
) -> StandardVersion:
    """Write `spec` as a draft of `standard`, replacing a draft with the same label; one transaction.

    facts   the version's own columns: effective_from, effective_to, source_document, confidence, remark
    Raises ValidationError by field, and when a version with that label is adopted already.
    """
    with transaction.atomic():
        former = StandardVersion.objects.filter(standard=standard, label=spec.label).first()
        if former is not None:
            if not former.is_draft:
                raise ValidationError(f"版本“{spec.label}”已经{former.status_label}，请给新版本另起版本号。")
            delete_draft(former, actor, reason="由重新上传的草稿取代")
        version = StandardVersion(
            standard=standard,
            label=spec.label,
            pass_line=spec.pass_line,
            pass_confidence=spec.pass_confidence,
            excellent_line=spec.excellent_line,
            excellent_confidence=spec.excellent_confidence,
            rounding=as_data(spec.rounding),
            **{name: [as_data(entry) for entry in getattr(spec, name)] for name in DECLARED},
            **facts,
        )
        records.create(version, actor, reason=reason)
        tables = [_table_row(version, table, order) for order, table in enumerate(spec.tables, 1)]
        _check(tables, exclude={"standard_version"})
        records.create_many(tables, actor, reason=reason, clean=False)
        rows = [
            _item_row(row, item, order)
            for row, table in zip(tables, spec.tables, strict=True)
            for order, item in enumerate(table.items, 1)
        ]
        _check(rows, exclude={"table"})
        records.create_many(rows, actor, reason=reason, clean=False)
    return version


def _check(rows: list, exclude: set[str]) -> None:
    """Each row's own rules; what lies between rows is the unique keys' matter, without a query per row."""
    for row in rows:
        try:
            row.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            raise ValidationError([f"{row}：{text}" for text in error.messages]) from error


def _table_row(version: StandardVersion, table: Table, order: int) -> StandardTable:
    return StandardTable(
        standard_version=version,
        code=table.code,
        title=table.title,
        subject=table.subject,
        kind=table.kind,
        part=table.part,
        full_marks=table.full,
        applies_when=_when(table.when),
        source_document=table.source,
        confidence=table.confidence,
        order=order,
    )


def _item_row(table: StandardTable, item: Item, order: int) -> StandardItem:
    copied = {f.name: getattr(item, f.name) for f in fields(item) if f.name in _SAME}
    return StandardItem(
        table=table,
        full_marks=item.full,
        applies_when=_when(item.when),
        source_document=item.source,
        confidence=item.confidence,
        order=order,
        **copied,
    )


_SAME = {"no", "category", "title", "text", "method", "rule", "mandatory", "clause"}


def _when(when: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {key: list(values) for key, values in when.items()}


def delete_draft(version: StandardVersion, actor: Actor, *, reason: str) -> None:
    """Remove a draft with its tables and items. Raises ProtectedError when it is not a draft."""
    with transaction.atomic():
        for item in StandardItem.objects.filter(table__standard_version=version).select_related(
            "table__standard_version"
        ):
            records.delete(item, actor, reason=reason)
        for table in StandardTable.objects.filter(standard_version=version).select_related(
            "standard_version"
        ):
            records.delete(table, actor, reason=reason)
        records.delete(version, actor, reason=reason)


def former_version(version: StandardVersion) -> StandardVersion | None:
    """The adopted version of the same standard that took effect last before this one."""
    others = StandardVersion.objects.filter(standard_id=version.standard_id).exclude(pk=version.pk)
    return (
        others.exclude(status="draft")
        .filter(effective_from__lte=version.effective_from)
        .select_related("standard")
        .order_by("-effective_from", "-pk")
        .first()
    )
