"""Which documents are owed for the works at hand, by the rule in force; made once each, however often it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.people.models import Organization, OrganizationKind
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from ..assessments.generating import at_work
from ..models import OwedDocument, Participation, Project
from ..models.owed import Checker

RULES = "owed-documents"
AUTHORITIES = {
    "county": (OrganizationKind.COUNTY, OrganizationKind.ZONE),
    "centre": (OrganizationKind.CENTRE,),
}
AT_ONCE = 200


def expected(day: date, rules: RuleSet) -> Iterator[OwedDocument]:
    """Every document that is owed for projects at work on `day`, and by authorities; unsaved, each with its key.

    Units that were merged or closed owe nothing. Works that began before the rule count from the rule's day.
    """
    works = Project.objects.filter(at_work(day, day))
    for kind in rules.content["kinds"]:
        rows = _rows(kind, works, day)
        for unit, project, section, begun in rows:
            begin = max(begun or rules.effective_from, rules.effective_from)
            place = f"s{section.pk}" if section else f"p{project.pk}" if project else "all"
            yield OwedDocument(
                key=f"{kind['kind']}:{place}:{unit.pk}",
                kind=kind["kind"],
                unit=unit,
                project=project,
                section=section,
                due_by=begin + timedelta(days=kind["days"]),
                checker=_checker(kind["per"], kind["who"]),
                rules=rules,
                is_demo=bool(project and project.is_demo),
            )


def _checker(per: str, who: str) -> str:
    if per == "authority":
        return Checker.BUREAU
    return Checker.AUTHORITY if who == "owner" else Checker.OWNER


def _rows(kind: dict[str, Any], works, day: date) -> Iterator[tuple]:
    """(unit, project, section, the day it counts from) of one kind."""
    if kind["per"] == "authority":
        units = Organization.objects.filter(kind__in=AUTHORITIES[kind["who"]], is_active=True)
        return ((unit, None, None, None) for unit in units.order_by("pk"))
    if kind["per"] == "project":
        owned = (
            works.filter(owner__isnull=False, owner__is_active=True).select_related("owner").order_by("pk")
        )
        return ((one.owner, one, None, getattr(one, kind["from"])) for one in owned)
    parts = Participation.on(day).filter(
        Q(section__end_on__isnull=True) | Q(section__end_on__gt=day),
        role=kind["who"],
        organization__is_active=True,
        section__project__in=works.values("pk"),
    )
    parts = parts.select_related("organization", "section__project").order_by("section", "organization", "pk")
    return (
        (
            part.organization,
            part.section.project,
            part.section,
            getattr(part.section, kind["from"]) or getattr(part.section.project, kind["from"]),
        )
        for part in parts
    )


def make_due(day: date, actor: Actor, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Make the rows that are missing; returns how many. What is there, waived or handed in, stays as it is."""
    wanted = {row.key: row for row in expected(day, rule(RULES, day))}
    there = set(OwedDocument.objects.values_list("key", flat=True))
    new = [row for key, row in wanted.items() if key not in there]
    for start in range(0, len(new), AT_ONCE):
        some = new[start : start + AT_ONCE]
        records.create_many(some, actor, label="生成应编文件", clean=False)
        progress(min(start + AT_ONCE, len(new)), len(new))
    return len(new)
