"""Proposals out of the ledgers of safety and quality: deductions, and the four cases of joint discipline.

Facts are read as those rooms register them; nothing is set here but a proposal, once for each fact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from projects.models import OF_WORKS, Participation
from quality import facts as quality
from quality.models import QualityIncident
from quality.models.incident import CONCLUDED
from safety.incidents import facts as incidents
from safety.models import Grade, HiddenDanger
from safety.models.incident import FaultKind, IncidentGrade
from safety.vetoes import UNPROVEN
from supervision.flows import records
from supervision.flows.history import SYSTEM, Actor
from supervision.flows.reach import label_of
from supervision.rules.calendar import months_after
from supervision.rules.shipped import rule

from ..models import CreditProposal, CreditSubject
from . import rules

YEAR = timedelta(days=365)
TRIES = 3
GRAVE = (IncidentGrade.LARGER, IncidentGrade.MAJOR, IncidentGrade.EXTRAORDINARY)
REPORTED = (FaultKind.LATE, FaultKind.FALSE, FaultKind.CONCEALED)


@dataclass(frozen=True)
class Fact:
    """One thing found in a ledger about a unit."""

    trigger: str
    unit: int
    on: date
    reason: str
    evidence: tuple[dict[str, Any], ...]
    section: int | None = None
    clause: str = ""

    @property
    def key(self) -> str:
        return f"{self.trigger}:" + ",".join(f"{one['label']}:{one['id']}" for one in self.evidence)


def shown(record: Any, on: date, more: str = "") -> dict[str, Any]:
    """A record as evidence: the words remain, the address is looked up for whoever may see it."""
    return {
        "label": label_of(type(record)),
        "id": record.pk,
        "text": f"{record}{more}"[:200],
        "on": on.isoformat(),
    }


def run(actor: Actor = SYSTEM, day: date | None = None) -> int:
    """Propose what the ledgers of the last year give cause to; returns how many proposals are new."""
    day = day or timezone.localdate()
    since = day - YEAR
    subjects = {
        one.organization_id: one for one in CreditSubject.objects.filter(kind="enterprise", is_active=True)
    }
    found = [fact for source in JOINT for fact in source(since, day)]
    proposed = [(fact, "joint") for fact in found]
    proposed += [(fact, "deduction") for fact in deductions(since, day, subjects)]
    wanted: dict[str, CreditProposal] = {}
    lists, clauses = rule(rules.LISTS), rule(rules.PROPOSALS)
    words = _words(day)
    for fact, kind in proposed:
        subject = subjects.get(fact.unit)
        if subject is None:
            continue
        key = f"{kind}:{subject.pk}:{fact.key}"[:160]
        wanted[key] = CreditProposal(
            subject=subject,
            kind=kind,
            trigger=fact.trigger,
            reason=fact.reason[:300],
            evidence=list(fact.evidence),
            key=key,
            item=words.get(fact.clause, ""),
            section_id=fact.section,
            proposed_on=day,
            rules=lists if kind == "joint" else clauses,
            is_demo=subject.is_demo,
        )
    return _propose(wanted, actor)


def _propose(wanted: dict[str, CreditProposal], actor: Actor) -> int:
    """Write those that are not there yet. Of two comparisons at once one wins by the keys, the other asks again."""
    for attempt in range(TRIES):
        present = set(CreditProposal.objects.filter(key__in=wanted).values_list("key", flat=True))
        new = [copy(one) for key, one in wanted.items() if key not in present]
        if not new:
            return 0
        try:
            with transaction.atomic():
                records.create_many(new, actor, label="系统提出建议", by_database=True)
            return len(new)
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
    return 0


def _words(day: date) -> dict[str, str]:
    """The word of each clause by its set and code."""
    return {
        f"{version.code}/{item.code}": item.word
        for version in rules.in_force(rules.SETS, day)
        for item in rules.items_of(version)
    }


# ------------------------------------------------------------------------------------- the four cases, one each


def major_overdue(since: date, day: date) -> Iterator[Fact]:
    """Major dangers and serious defects that are past their deadline and not put right."""
    reason = trigger_text("major_overdue")
    dangers = HiddenDanger.objects.filter(
        OF_WORKS,
        grade=Grade.MAJOR,
        deadline__lt=day,
        rectified_on__isnull=True,
        closed_on__isnull=True,
        responsible_unit__isnull=False,
    ).exclude(status__in=UNPROVEN)
    for one in dangers.select_related(*HiddenDanger.text_joins):
        told = f"{reason}：{one.number}，整改期限{one.deadline}"
        yield Fact(
            "major_overdue",
            one.responsible_unit_id,
            one.deadline,
            told,
            (shown(one, one.deadline),),
            one.section_id,
        )
    defects = quality.late_defects(since, day).filter(
        grade="serious", rectified_on__isnull=True, responsible_unit__isnull=False
    )
    for one in defects.select_related("project", "section__project"):
        told = f"{reason}：{one.number}，整改期限{one.deadline}"
        yield Fact(
            "major_overdue",
            one.responsible_unit_id,
            one.deadline,
            told,
            (shown(one, one.deadline),),
            one.section_id,
        )


def larger_incident(since: date, day: date) -> Iterator[Fact]:
    """Incidents of 较大 and above for which the unit answers."""
    reason = trigger_text("larger_incident")
    for one in liable(since, day).filter(grade__in=GRAVE):
        told = f"{reason}：{one.number} {one.get_grade_display()}"
        yield Fact(
            "larger_incident",
            one.unit_id,
            one.happened_on,
            told,
            (shown(one, one.happened_on),),
            one.section_id,
        )
    yield from of_quality(concluded(since, day).filter(grade__in=GRAVE), "larger_incident", reason)


def three_fatal(since: date, day: date) -> Iterator[Fact]:
    """Three general incidents with deaths within a year for which one unit answers."""
    by_unit: dict[int, list[tuple[date, date, Any]]] = defaultdict(list)
    fatal = {"grade": IncidentGrade.GENERAL, "deaths__gt": 0}
    for one in liable(date.min, day).filter(**fatal):
        by_unit[one.unit_id].append((one.happened_on, one.replied_on, one))
    for unit, on, one in answering(concluded(date.min, day).filter(**fatal)):
        by_unit[unit].append((on, one.concluded_on or on, one))
    least = rule(rules.LISTS).content["fatal_number"]
    for unit, found in by_unit.items():
        for group in within_a_year(sorted(found, key=lambda row: (row[0], row[2].number)), least):
            # Whatever came to be known long ago was proposed then.
            if max(known for _, known, _ in group) < since:
                continue
            told = f"{trigger_text('three_fatal')}：{'、'.join(one.number for *_, one in group)}"
            evidence = tuple(shown(one, on) for on, _, one in group)
            yield Fact("three_fatal", unit, group[-1][0], told, evidence)


def within_a_year(found: list[tuple], least: int) -> Iterator[list[tuple]]:
    """Of rows that begin with a day, in order: each run of so many within twelve months, no row in two of them."""
    at = 0
    while at + least <= len(found):
        group = found[at : at + least]
        if group[-1][0] < months_after(group[0][0], 12):
            yield group
            at += least
        else:
            at += 1


def reporting_fault(since: date, day: date) -> Iterator[Fact]:
    """Confirmed late, untrue or concealed reports of incidents, and quality incidents reported late."""
    for one in incidents.reporting_faults(since, day, REPORTED).select_related("incident__section__project"):
        told = f"{trigger_text('reporting_fault')}：{one.incident.number} {one.get_kind_display()}"
        place = one.incident.section_id
        yield Fact("reporting_fault", one.unit_id, one.decided_on, told, (shown(one, one.decided_on),), place)
    late = quality.late_reports(since, day)
    yield from of_quality(late, "reporting_fault", trigger_text("reporting_fault"))


JOINT: tuple[Callable[[date, date], Iterable[Fact]], ...] = (
    major_overdue,
    larger_incident,
    three_fatal,
    reporting_fault,
)


# ---------------------------------------------------------------------------------------------------- deductions


def deductions(since: date, day: date, subjects: dict[int, CreditSubject]) -> Iterator[Fact]:
    """Clauses that a fact may fall under, by the family the unit is evaluated under."""
    content = rule(rules.PROPOSALS).content

    def clause(kind: str, unit: int | None, grade: str = "") -> str:
        subject = subjects.get(unit)
        found = content[kind].get(subject.family) if subject else None
        code = found.get(grade) if isinstance(found, dict) else found
        return f"{subject.family}/{code}" if code else ""

    for one in liable(since, day):
        if code := clause("incident", one.unit_id, one.grade):
            harm = f"死亡{one.deaths}人、重伤{one.serious_injuries}人"
            told = f"{one.number} {one.get_grade_display()}，认定为责任事故，{harm}"
            evidence = (shown(one, one.happened_on),)
            yield Fact("incident", one.unit_id, one.happened_on, told, evidence, one.section_id, code)
    for one in incidents.reporting_faults(since, day, REPORTED).select_related("incident__section__project"):
        if code := clause("fault", one.unit_id):
            told = f"{one.incident.number} {one.get_kind_display()}，{one.decided_on}认定"
            yield Fact(
                "fault",
                one.unit_id,
                one.decided_on,
                told,
                (shown(one, one.decided_on),),
                one.incident.section_id,
                code,
            )
    supervisors = _supervisors(day)
    overdue = [*major_overdue(since, day)]
    for fact in overdue:
        for unit in supervisors.get(fact.section, ()):
            kind = "danger" if fact.evidence[0]["label"].startswith("safety.") else "defect"
            if code := clause(kind, unit):
                yield Fact(kind, unit, fact.on, f"所监理标段{fact.reason}", fact.evidence, fact.section, code)


def liable(since: date, day: date):
    """Incidents of units that the approved investigation found to be 责任事故: of these days, and older ones of
    which that was found in these days."""
    found = incidents.incidents_of_units(date.min, day, liable=True).filter(replied_on__isnull=False)
    found = found.filter(Q(happened_on__gte=since) | Q(replied_on__gte=since))
    return found.select_related("project", "section__project").order_by("happened_on", "pk")


def concluded(since: date, day: date):
    """Quality incidents that are closed: of these days, and older ones closed in these days."""
    found = QualityIncident.objects.filter(status=CONCLUDED, happened_at__date__lte=day)
    return found.filter(Q(happened_at__date__gte=since) | Q(concluded_on__gte=since))


def answering(rows) -> Iterator[tuple[int, date, QualityIncident]]:
    """(unit, day, incident) of quality incidents: the contractor that was at work on the section that day; where
    the registry knows no such one, the only contractor that the section ever had."""
    rows = list(rows.filter(section__isnull=False).select_related("project", "section__project"))
    there: dict[int, list[tuple]] = defaultdict(list)
    for section, *who in (
        Participation.objects.filter(section__in={row.section_id for row in rows}, role="contractor")
        .order_by("since", "pk")
        .values_list("section_id", "organization_id", "since", "until")
    ):
        there[section].append(tuple(who))
    for row in rows:
        on, known = timezone.localdate(row.happened_at), there[row.section_id]
        units = [unit for unit, since, until in known if since <= on and (until is None or on <= until)]
        ever = {unit for unit, *_ in known}
        if not units and len(ever) == 1:
            units = list(ever)
        if units:
            yield units[-1], on, row


def of_quality(rows, trigger: str, reason: str) -> Iterator[Fact]:
    """Quality incidents as facts about the contractor of their section."""
    for unit, on, row in answering(rows):
        told = f"{reason}：{row.number} {row.get_grade_display()} {row.lateness}".strip()
        yield Fact(trigger, unit, on, told, (shown(row, on),), row.section_id)


def _supervisors(day: date) -> dict[int | None, list[int]]:
    found: dict[int | None, list[int]] = defaultdict(list)
    for section, unit in (
        Participation.on(day).filter(role="supervisor").values_list("section_id", "organization_id")
    ):
        found[section].append(unit)
    return found


def trigger_text(code: str) -> str:
    return rule(rules.LISTS).content["triggers"][code]
