"""Units of evaluation out of the registry."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from projects.models import Participation
from supervision.flows import records
from supervision.flows.history import Actor

from ..models import CreditEvaluation, CreditSubject, CreditUnit
from ..models.credit_evaluation import OPEN
from . import evaluating
from .arithmetic import PERFORMANCE
from .rules import Family


def from_registry(family: str, year: int, actor: Actor) -> int:
    """Performance units of a year out of the registry: each section in which an enterprise of this family took part
    in the year, with its contract price; those there already, and sections without a price, are left alone."""
    role = {Family.SUPERVISOR: "supervisor", Family.LABORATORY: "laboratory"}.get(family, "contractor")
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = Participation.objects.filter(
        Q(until__isnull=True) | Q(until__gte=first),
        role=role,
        since__lte=last,
        organization__credit_subjects__kind="enterprise",
        organization__credit_subjects__family=family,
        section__project__merged_into__isnull=True,
    ).select_related("section__project__owner", "organization")
    subjects = {
        one.organization_id: one
        for one in CreditSubject.objects.filter(kind="enterprise", family=family, is_active=True)
    }
    known = CreditUnit.objects.filter(family=family, year=year, kind=PERFORMANCE)
    known = list(known.values_list("subject_id", "section_id", "name"))
    there, named = {row[:2] for row in known}, {(row[0], row[2]) for row in known}
    made: dict[tuple[int, int], CreditUnit] = {}
    for row in rows:
        subject, section = subjects.get(row.organization_id), row.section
        if subject is None or not section.contract_price or (subject.pk, section.pk) in there:
            continue
        if (subject.pk, name := str(section)[:160]) in named:
            # Entered by hand without its section, or of two sections whose names begin alike.
            continue
        named.add((subject.pk, name))
        there.add((subject.pk, section.pk))
        made[subject.pk, section.pk] = CreditUnit(
            subject=subject,
            family=family,
            year=year,
            kind=PERFORMANCE,
            name=name,
            section=section,
            price=section.contract_price,
            evaluator=str(section.project.owner or "")[:120],
            is_demo=subject.is_demo,
        )
    new = list(made.values())
    for unit in new:
        unit.follows_by_itself = False
    if new:
        records.create_many(new, actor, label="按登记库生成")
        stand = CreditEvaluation.objects.filter(family=family, year=year).exclude(status=OPEN)
        touched = stand.filter(subject__in={unit.subject_id for unit in new})
        for subject in touched.values_list("subject_id", flat=True):
            evaluating.follow_facts(subject, family, year, actor, "评价单元按登记库生成")
    return len(new)
