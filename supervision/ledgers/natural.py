"""Records by the words people use for them: a project's name or alias, "项目 标段号", a unit's name or code.

A model says `natural = ("project.name", "code")`: the parts, joined by a blank, that name one record. It may
also give `find_by_text(queryset, texts)`, a class method returning {text: [pk, …]}, to know aliases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat


def parts_of(model: type[models.Model]) -> tuple[str, ...]:
    return getattr(model, "natural", ("name",))


def has_text(model: type[models.Model]) -> bool:
    """Whether records of `model` have a natural text, and so can be picked by typing."""
    for part in parts_of(model):
        target: Any = model
        for step in part.split("."):
            try:
                target = target._meta.get_field(step).related_model
            except (FieldDoesNotExist, AttributeError):
                return False
    return True


def text_of(record: models.Model) -> str:
    """The natural text of a record: what an export holds and an import reads."""
    words = []
    for part in parts_of(type(record)):
        target: Any = record
        for step in part.split("."):
            target = getattr(target, step)
        words.append(str(target))
    return " ".join(words)


def pool(model: type[models.Model]) -> models.QuerySet:
    """The records of `model` that a text can mean, before scope: those its ledger offers (no merged projects)."""
    from .registry import ledger_for

    ledger = ledger_for(model)
    return ledger.pool() if ledger else model.objects.all()


def find(queryset: models.QuerySet, texts: Iterable[str]) -> dict[str, list[int]]:
    """Which records of `queryset` each text may mean; an unknown text is absent. Few queries, whatever the
    number of texts."""
    model = queryset.model
    texts = list(dict.fromkeys(texts))
    if hasattr(model, "find_by_text"):
        return model.find_by_text(queryset, texts)
    if any(field.name == "search_key" for field in model._meta.concrete_fields):
        return find_by_search_key(queryset, texts)
    expressions: list[Any] = []
    for part in parts_of(model):
        expressions += [Value(" "), F(part.replace(".", "__"))]
    whole = (
        expressions[1] if len(expressions) == 2 else Concat(*expressions[1:], output_field=models.TextField())
    )
    found = defaultdict(list)
    for start in range(0, len(texts), 500):
        rows = (
            queryset.order_by()
            .annotate(natural_text=whole)
            .filter(natural_text__in=texts[start : start + 500])
        )
        for pk, text in rows.values_list("pk", "natural_text"):
            found[text].append(pk)
    return dict(found)


def find_by_search_key(queryset: models.QuerySet, texts: Iterable[str]) -> dict[str, list[int]]:
    """For models with a `search_key` of names and aliases ("|甲|乙|"): every spelling that means a record."""
    from supervision.rules.names import name_key

    keys = {text: name_key(text) for text in texts}
    known: dict[str, set[int]] = defaultdict(set)
    wanted = set(keys.values())
    if len(wanted) <= 20:
        condition = models.Q(pk__in=())
        for key in wanted:
            condition |= models.Q(search_key__contains=f"|{key}|")
        queryset = queryset.filter(condition)
    for pk, search_key in queryset.order_by().values_list("pk", "search_key").iterator(2000):
        for key in search_key.strip("|").split("|"):
            if key in wanted:
                known[key].add(pk)
    return {text: sorted(known[key]) for text, key in keys.items() if known[key]}
