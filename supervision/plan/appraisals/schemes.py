"""New schemes: from the shipped one, or as a copy of one's own."""

from __future__ import annotations

from django.db import transaction

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.rules.shipped import load_shipped, rule

from ..models import AppraisalItem, AppraisalScheme

CODE = "plan-appraisal"
COPIED = (
    "code",
    "dimension",
    "name",
    "kind",
    "applies",
    "marks",
    "indicator",
    "parameters",
    "full_at",
    "zero_at",
    "fact",
    "counted_by",
    "per_event",
    "cap",
    "basis",
    "order",
)
THRESHOLDS = ("excellent_from", "good_from", "passed_from", "least_marks", "objection_days")


def from_shipped(year: int, actor: Actor) -> AppraisalScheme:
    """A draft for the year with the shipped items; those of a later edition of the portal first enter here."""
    load_shipped()
    version = rule(CODE)
    facts = {name: version.content[name] for name in THRESHOLDS}
    rows = [row | {"order": order} for order, row in enumerate(version.content["items"], 1)]
    return _make(year, version.version, rows, actor, rule_set=version, **facts)


def copied(scheme: AppraisalScheme, year: int, actor: Actor) -> AppraisalScheme:
    """A draft with the items of another scheme, for the same or another year."""
    rows = [{name: getattr(item, name) for name in COPIED} for item in scheme.items.all()]
    facts = {name: getattr(scheme, name) for name in (*THRESHOLDS, "source", "rule_set")}
    return _make(year, scheme.edition, rows, actor, **facts)


def _make(year: int, edition: str, rows: list[dict], actor: Actor, **facts) -> AppraisalScheme:
    number = AppraisalScheme._base_manager.filter(year=year).count() + 1
    base = f"{year}年度“三个工程”监管工作考核评价方案"
    title = base if number == 1 else f"{base}（第{number}版）"
    while AppraisalScheme._base_manager.filter(title=title).exists():
        number += 1
        title = f"{base}（第{number}版）"
    with transaction.atomic():
        scheme = AppraisalScheme(title=title, year=year, edition=f"{edition}-{number}", **facts)
        records.create(scheme, actor)
        for row in rows:
            records.create(AppraisalItem(scheme=scheme, **row), actor)
    return scheme
