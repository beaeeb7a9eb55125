"""What a model says of its records: which values may not occur twice, and what is wrong with one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError
from django.db import models

from ..columns import Column
from ..ledger import Ledger

PART = 500


def settable(ledger: Ledger, columns: Iterable[Column]) -> list[Column]:
    """The columns that a person may fill in: those of the form. The rest is computed or set by transitions."""
    return [column for column in columns if column.writable and column.key in ledger.form_fields]


def verbose(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name).verbose_name)


def named_in(condition: models.Q | None) -> set[str]:
    """The fields that a condition reads."""
    if condition is None:
        return set()
    names = set()
    for child in condition.children:
        names |= named_in(child) if isinstance(child, models.Q) else {child[0].split("__")[0]}
    return names


def holds(condition: models.Q, record: models.Model) -> bool:
    return condition.check(record._get_field_expression_map(meta=record._meta))


def by_pk(queryset: models.QuerySet, pks: set[int]) -> dict[int, models.Model]:
    """Records by number, a query for every few hundred."""
    wanted, found = sorted(pks), {}
    for start in range(0, len(wanted), PART):
        found.update({record.pk: record for record in queryset.filter(pk__in=wanted[start : start + PART])})
    return found


def uniques(model: type[models.Model]) -> list[tuple[str, ...]]:
    """The sets of fields that may not be equal in two records; an empty one for rules of another make."""
    found = [(f.name,) for f in model._meta.concrete_fields if f.unique and not f.primary_key]
    found += [tuple(names) for names in model._meta.unique_together]
    for constraint in model._meta.constraints:
        plain = isinstance(constraint, models.UniqueConstraint) and constraint.nulls_distinct is not False
        found.append(tuple(constraint.fields) if plain else ())
    return found


def problems(
    record: models.Model, ledger: Ledger, *, rules: bool = False, uniqueness: bool = False
) -> dict[str, list[str]]:
    """What the model's `rules` and its `uniqueness` say of a record, as its form would, by field name.

    Unlike full_clean it does not ask the database again for related records, which were just looked up.
    """
    kept = {*ledger.form_fields, *(["status"] if ledger.flow else [])}
    outside = {f.name for f in record._meta.concrete_fields if f.name not in kept}
    foreign = {f.name: f for f in record._meta.concrete_fields if isinstance(f, models.ForeignKey)}
    found: dict[str, list[str]] = {}

    def run(step: Callable[..., None], **options: set[str]) -> None:
        try:
            step(**options)
        except ValidationError as error:
            for name, messages in error.update_error_dict({}).items():
                texts = [text for e in messages for text in e.messages]
                found.setdefault(name, []).extend(text for text in texts if text not in found.get(name, []))

    if rules:
        run(record.clean_fields, exclude=outside | set(foreign))
        lacking = {
            name
            for name, field in foreign.items()
            if name not in outside and not field.null and getattr(record, field.attname) is None
        }
        for name in lacking:
            found.setdefault(name, ["必填，不能为空"])
        if not lacking:
            run(record.clean)
    if uniqueness:
        run(record.validate_unique, exclude=outside)
        run(record.validate_constraints, exclude=outside)
    return found
