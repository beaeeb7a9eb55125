"""The yearly evaluation over the database: making, computing, recomputing, and what would be if."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.bulk import perform_many
from supervision.flows.history import Actor
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from ..models import CreditEvaluation, CreditOrigin, CreditRecord, CreditSubject, CreditUnit, ExternalGrade
from ..models.credit_evaluation import OPEN, OUT
from . import arithmetic, rules
from .arithmetic import PERFORMANCE, Before, Line, Unit

PART = 500
Values = dict[str, Any]


def rules_for(family: str, year: int) -> RuleSet:
    """The version a year is evaluated under: the one in force on its last day."""
    return rule(family, date(year, 12, 31))


def open_year(
    family: str, year: int, actor: Actor, progress: Callable[[int, int], None] | None = None
) -> int:
    """Open the evaluation of a year for every subject of a family that has none yet; returns how many."""
    version = rules_for(family, year)
    present = CreditEvaluation.objects.filter(family=family, year=year).values("subject")
    subjects = CreditSubject.objects.filter(family=family, is_active=True).exclude(pk__in=present)
    # Whoever was evaluated under this family in another line of business that year too.
    others = CreditUnit.objects.filter(family=family, year=year).values("subject")
    subjects = subjects | CreditSubject.objects.filter(pk__in=others, is_active=True).exclude(pk__in=present)
    found = list(subjects.order_by("pk"))
    for start in range(0, len(found), PART):
        part = [
            CreditEvaluation(
                subject=subject, family=family, year=year, rules=version, is_demo=subject.is_demo
            )
            for subject in found[start : start + PART]
        ]
        records.create_many(part, actor, label="开启评价", clean=False)
        if progress:
            progress(min(start + PART, len(found)), len(found))
    return len(found)


def compute_year(
    family: str, year: int, actor: Actor, progress: Callable[[int, int], None] | None = None
) -> int:
    """Compute the draft of every opened evaluation of a year; returns how many. Run again it goes on."""
    waiting = CreditEvaluation.objects.filter(family=family, year=year, status=OPEN)
    pks, done = list(waiting.order_by("pk").values_list("pk", flat=True)), 0
    for start in range(0, len(pks), PART):
        done += perform_many(
            CreditEvaluation, pks[start : start + PART], "compute", actor, lambda rows: figures(rows)
        )
        if progress:
            progress(min(start + PART, len(pks)), len(pks))
    return done


def figures(evaluations: Iterable[CreditEvaluation], *, today: date | None = None) -> dict[int, Values]:
    """What a computation writes, for evaluations of any families and years. A fixed number of queries a group."""
    groups: dict[tuple[str, int], list[CreditEvaluation]] = defaultdict(list)
    for one in evaluations:
        groups[one.family, one.year].append(one)
    made: dict[int, Values] = {}
    for (family, year), part in groups.items():
        facts = Facts(family, year, [one.subject_id for one in part])
        version = rules_for(family, year)
        for one in part:
            sheet = facts.sheet(one.subject_id)
            made[one.pk] = reckon(sheet, version.content, facts.procedure) | {
                "rules": version,
                "computed_on": today or timezone.localdate(),
            }
    return made


class Facts:
    """What is known of some subjects for one year, read at once."""

    def __init__(self, family: str, year: int, subjects: list[int]):
        self.procedure = rules.procedure(date(year, 12, 31))
        first, last = date(year, 1, 1), date(year, 12, 31)
        units = CreditUnit.objects.filter(family=family, year=year, subject__in=subjects).order_by("pk")
        self.units = defaultdict(list)
        for row in units.values_list("subject_id", "pk", "kind", "name", "price"):
            self.units[row[0]].append(row[1:])
        held = CreditRecord.standing().filter(family=family, subject__in=subjects).order_by("pk")
        self.lines, self.others = defaultdict(list), defaultdict(list)
        rows = held.filter(decided_on__range=(first, last)).values_list(
            "subject_id", "unit_id", "pk", "item_code", "points", "effect"
        )
        for subject, unit, *line in rows:
            (self.lines[unit] if unit else self.others[subject]).append(line)
        earlier = CreditEvaluation.objects.filter(
            subject__in=subjects, family=family, year=year - 1, status__in=OUT
        )
        self.prior = {
            subject: (grade, carried)
            for subject, grade, carried in earlier.values_list("subject_id", "grade", "carried")
        }
        elsewhere = ExternalGrade.objects.filter(subject__in=subjects, family=family).order_by("year", "pk")
        self.national: dict[int, str] = {}
        for subject, scope, of, grade in elsewhere.values_list("subject_id", "scope", "year", "grade"):
            if scope == "nation" and year - 1 <= of <= year:
                self.national[subject] = grade
            elif scope == "province" and of == year - 1:
                self.prior.setdefault(subject, (grade, 0))
        self.bad = set(held.filter(nature="bad", decided_on__lte=last).values_list("subject_id", flat=True))
        self.parents = defaultdict(list)
        came = CreditOrigin.objects.filter(subject__in=subjects, on__range=(first, last))
        came = list(came.values_list("subject_id", "kind", "predecessor_id"))
        parents = CreditEvaluation.objects.filter(
            subject__in={row[2] for row in came}, family=family, year__in=(year, year - 1), status__in=OUT
        ).order_by("year")
        grades = dict(parents.values_list("subject_id", "grade")) if came else {}
        for subject, kind, predecessor in came:
            if grades.get(predecessor):
                self.parents[subject].append([kind, grades[predecessor]])

    def sheet(self, subject: int) -> Values:
        """Everything the reckoning reads, as JSON: it can be replayed, and asked what would be without a line."""
        prior, carried = self.prior.get(subject, ("", 0))
        return {
            "units": [
                {
                    "id": pk,
                    "kind": kind,
                    "name": name,
                    "price": None if price is None else text(price),
                    "lines": [plain(line) for line in self.lines.get(pk, ())],
                }
                for pk, kind, name, price in self.units.get(subject, ())
            ],
            "others": [plain(line) for line in self.others.get(subject, ())],
            "before": {
                "prior": prior,
                "carried": carried,
                "parents": self.parents.get(subject, []),
                "national": self.national.get(subject, ""),
                "bad": subject in self.bad,
            },
        }


def plain(line: list) -> list:
    pk, code, points, effect = line
    return [pk, code, text(points), effect]


def text(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"


def reckon(
    sheet: Values, content: Values, procedure: Values, without: frozenset[int] = frozenset()
) -> Values:
    """The figures of a sheet, without some of its records where asked."""

    def lines(rows: list) -> tuple[Line, ...]:
        return tuple(Line(pk, Decimal(points), effect) for pk, _, points, effect in rows if pk not in without)

    units = [
        Unit(
            one["id"],
            one["kind"],
            None if one["price"] is None else Decimal(one["price"]),
            lines(one["lines"]),
        )
        for one in sheet["units"]
    ]
    others = lines(sheet["others"])
    told = sheet["before"]
    before = Before(
        told["prior"],
        told["carried"],
        tuple((kind, grade) for kind, grade in told["parents"]),
        told["national"],
        told["bad"],
    )
    found = arithmetic.score(units, others, content)
    every = [line for unit in units for line in unit.lines] + list(others)
    verdict = arithmetic.judge(found, every, before, content, procedure)
    return {
        "bid": found.bid,
        "performance": found.performance,
        "other": found.other,
        "weight_bid": found.a,
        "weight_performance": found.b,
        "score": found.x,
        "score_grade": verdict.by_score,
        "grade": verdict.grade,
        "basis": verdict.basis,
        "reasons": list(verdict.reasons),
        "arithmetic": sheet,
        "carried": told["carried"] + 1 if verdict.basis == "carried" else 0,
    }


def what_if(evaluation: CreditEvaluation, without: Iterable[int]) -> Values:
    """The figures an evaluation would have if these records were taken back; nothing is written."""
    procedure = rules.procedure(date(evaluation.year, 12, 31))
    return reckon(evaluation.arithmetic, evaluation.rules.content, procedure, frozenset(without))


def recompute(evaluation: CreditEvaluation, actor: Actor, why: str) -> CreditEvaluation:
    """Compute again from what stands now. Of one that was published the result before is kept beside the new."""
    today = timezone.localdate()
    fresh = CreditEvaluation._base_manager.select_related("subject", "rules").get(pk=evaluation.pk)
    values = figures([fresh], today=today)[fresh.pk]
    changed = any(getattr(fresh, name) != values[name] for name in ("score", "grade"))
    if changed and fresh.status in OUT:
        values["former"] = [
            *fresh.former,
            {
                "grade": fresh.grade,
                "score": None if fresh.score is None else text(fresh.score),
                "until": today.isoformat(),
                "why": why,
            },
        ]
    return records.update(fresh, values, actor, verb="recompute", label="重新计算", reason=why, clean=False)


def touched_by(record: CreditRecord) -> list[CreditEvaluation]:
    """The computed evaluations that a record counted in."""
    found = CreditEvaluation.objects.filter(
        ~Q(status=OPEN), subject=record.subject_id, family=record.family, year=record.decided_on.year
    )
    return list(found.select_related("subject", "rules"))


def units_from_registry(family: str, year: int, actor: Actor) -> int:
    """Performance units of a year out of the registry: each section in which an enterprise of this family took part
    in the year, with its contract price; those there already, and sections without a price, are left alone."""
    from projects.models import Participation

    from .rules import Family

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
    there = set(
        CreditUnit.objects.filter(family=family, year=year, kind=PERFORMANCE).values_list(
            "subject_id", "section_id"
        )
    )
    made: dict[tuple[int, int], CreditUnit] = {}
    for row in rows:
        subject, section = subjects.get(row.organization_id), row.section
        if subject is None or not section.contract_price or (subject.pk, section.pk) in there:
            continue
        made[subject.pk, section.pk] = CreditUnit(
            subject=subject,
            family=family,
            year=year,
            kind=PERFORMANCE,
            name=str(section)[:160],
            section=section,
            price=section.contract_price,
            evaluator=str(section.project.owner or "")[:120],
            is_demo=subject.is_demo,
        )
    records.create_many(list(made.values()), actor, label="按登记库生成") if made else None
    return len(made)
