"""What the rule set division-templates holds: how works of each type are divided, and what their items measure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from projects.models import Section
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from ..models.division import Division, Kind, Works
from .rolling import TEMPLATES


def template(works: str) -> dict[str, Any]:
    """The parts of a 单位工程 of this type: {"parts": [{"name", "items": [name, …]}, …]}. KeyError if unknown."""
    return rule(TEMPLATES).content["works"][works]


def judging_rule(works: str) -> RuleSet:
    """The rule set that judges works of this type today."""
    return rule(template(works)["rule"])


def measured(works: str, name: str) -> list[dict[str, Any]]:
    """What an item of this name measures, as values of Measurement; empty when the template does not know it."""
    found = (
        rule(TEMPLATES).content["measured"].get(name) if works in rule(TEMPLATES).content["works"] else None
    )
    return [
        {
            "name": row["name"],
            "is_key": bool(row.get("key")),
            "unit": row.get("unit", ""),
            **{
                side: Decimal(row[side])
                for side in ("lower", "upper", "extreme_lower", "extreme_upper")
                if side in row
            },
        }
        for row in found or []
    ]


def lay_out(section: Section, works: str, code: str, name: str, actor: Actor) -> list[Division]:
    """Make a 单位工程 of this type with the parts and items of its template; returns all nodes, the unit first.

    Codes follow from `code`: LJ-01, LJ-01-01, LJ-01-01-01. Raises ValidationError by field; nothing is made then.
    """
    if works not in Works.values:
        raise ValidationError({"works": "请选择工程类别。"})
    made: list[Division] = []
    with transaction.atomic():
        unit = Division(section=section, code=code, kind=Kind.UNIT, name=name, works=works)
        made.append(records.create(unit, actor, label="按模板划分"))
        parts = list(_parts(section, works, code))
        made += records.create_many([part for part, _ in parts], actor, label="按模板划分")
        made += records.create_many([item for _, items in parts for item in items], actor, label="按模板划分")
    return made


def _parts(section: Section, works: str, code: str) -> Iterator[tuple[Division, list[Division]]]:
    for at, part in enumerate(template(works)["parts"], 1):
        own = f"{code}-{at:02}"
        items = [
            Division(section=section, code=f"{own}-{n:02}", parent_code=own, kind=Kind.ITEM, name=item)
            for n, item in enumerate(part["items"], 1)
        ]
        yield (
            Division(section=section, code=own, parent_code=code, kind=Kind.PART, name=part["name"]),
            items,
        )
