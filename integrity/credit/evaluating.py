"""The yearly evaluation over the database: making, computing, recomputing, and what would be if."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.bulk import create_performed, perform_many
from supervision.flows.history import Actor
from supervision.flows.reminders import remind
from supervision.people.models import PARTY_ROLES, Membership

from ..models import (
    CreditAppeal,
    CreditEvaluation,
    CreditOrigin,
    CreditRecord,
    CreditSubject,
    CreditUnit,
    ExternalGrade,
)
from ..models.credit_evaluation import FIGURES, NOTICE, OPEN, OUT, SENT, TOLD
from ..models.credit_record import OPEN_APPEAL
from . import arithmetic, rules
from .arithmetic import Before, Line, Unit

PART = 500
Values = dict[str, Any]


def open_year(
    family: str, year: int, actor: Actor, progress: Callable[[int, int], None] | None = None
) -> int:
    """Open the evaluation of a year for every subject of a family that has none yet, its draft computed; returns
    how many. Run again it goes on."""
    version, _ = rules.of_year(family, year)
    present = CreditEvaluation.objects.filter(family=family, year=year).values("subject")
    subjects = CreditSubject.objects.filter(family=family, is_active=True).exclude(pk__in=present)
    # Whoever was evaluated under this family in another line of business that year too.
    others = CreditUnit.objects.filter(family=family, year=year).values("subject")
    subjects = subjects | CreditSubject.objects.filter(pk__in=others, is_active=True).exclude(pk__in=present)
    found = list(subjects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(found), PART):
        rows = CreditSubject.objects.filter(pk__in=found[start : start + PART]).order_by("pk")
        part = [
            CreditEvaluation(
                subject=subject, family=family, year=year, rules=version, is_demo=subject.is_demo
            )
            for subject in rows.only("title", "is_demo")
        ]
        create_performed(part, "compute", actor, computed, label="开启评价")
        if progress:
            progress(min(start + PART, len(found)), len(found))
    return len(found)


def compute_year(
    family: str, year: int, actor: Actor, progress: Callable[[int, int], None] | None = None
) -> int:
    """Compute the draft of every evaluation of a year that was opened without; returns how many."""
    waiting = CreditEvaluation.objects.filter(family=family, year=year, status=OPEN)
    pks, done = list(waiting.order_by("pk").values_list("pk", flat=True)), 0
    for start in range(0, len(pks), PART):
        done += perform_many(
            CreditEvaluation, pks[start : start + PART], "compute", actor, lambda rows: figures(rows)
        )
        if progress:
            progress(min(start + PART, len(pks)), len(pks))
    return done


def figures(evaluations: Iterable[CreditEvaluation]) -> dict[int, Values]:
    """What a computation writes, by evaluation."""
    found = list(evaluations)
    return dict(zip((one.pk for one in found), computed(found), strict=True))


def computed(evaluations: list[CreditEvaluation]) -> list[Values]:
    """What a computation writes, for evaluations of any families and years in turn; they need not be saved yet. A
    fixed number of queries for each family and year."""
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for one in evaluations:
        groups[one.family, one.year].append(one.subject_id)
    known = {
        (family, year): (Facts(family, year, subjects), *rules.of_year(family, year))
        for (family, year), subjects in groups.items()
    }
    today, made = timezone.localdate(), []
    for one in evaluations:
        facts, version, procedure = known[one.family, one.year]
        values = reckon(facts.sheet(one.subject_id), version.content, procedure)
        made.append(values | {"rules": version, "computed_on": today})
    return made


class Facts:
    """What is known of some subjects for one year, read at once."""

    def __init__(self, family: str, year: int, subjects: list[int]):
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


def text(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


@lru_cache(2**12)
def number(value: str) -> Decimal:
    """Points as a sheet has them; there are few, and each stands on very many lines."""
    return Decimal(value)


def reckon(
    sheet: Values,
    content: Values,
    procedure: Values,
    without: frozenset[int] = frozenset(),
    prior: tuple[str, int] | None = None,
) -> Values:
    """The figures of a sheet; where asked, without some of its records or after another (grade, years carried) of
    the year before."""

    def lines(rows: list) -> tuple[Line, ...]:
        return tuple(Line(pk, number(points), effect) for pk, _, points, effect in rows if pk not in without)

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
    if prior is not None:
        told = told | dict(zip(("prior", "carried"), prior, strict=True))
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


def what_if(evaluations: Iterable[CreditEvaluation], without: Iterable[int]) -> list[Values]:
    """The figures that a subject's evaluations, in the order of years, would have if these records were taken back:
    a year's after what the one before would then be. Nothing is written."""
    gone, made, then = frozenset(without), [], {}
    for one in evaluations:
        _, procedure = rules.of_year(one.family, one.year)
        prior = then.get((one.family, one.year - 1))
        values = reckon(one.arithmetic, one.rules.content, procedure, gone, prior)
        if one.status in OUT:
            then[one.family, one.year] = (values["grade"], values["carried"])
        made.append(values)
    return made


def recompute(evaluation: CreditEvaluation, actor: Actor, why: str) -> CreditEvaluation:
    """Compute again from what stands now; where nothing differs, nothing is written.

    Of a result that the subject was told, the one before is kept beside the new. The subject hears of it, and what
    ran about the one before (objection, public notice) begins anew.
    """
    today = timezone.localdate()
    fresh = CreditEvaluation._base_manager.select_related("subject__organization", "rules").get(
        pk=evaluation.pk
    )
    (values,) = computed([fresh])
    if all(getattr(fresh, name) == values[name] for name in FIGURES):
        return fresh
    changed = any(getattr(fresh, name) != values[name] for name in ("score", "grade"))
    if not changed or fresh.status not in TOLD:
        return _written(fresh, values, actor, why)
    before = {
        "grade": fresh.grade,
        "score": None if fresh.score is None else text(fresh.score),
        "until": today.isoformat(),
        "why": why,
    }
    values |= {"former": [*fresh.former, before]} | terms_anew(fresh.status)
    after = _written(fresh, values, actor, why)
    told = f"{after.year}年度信用评价已重算：{fresh.grade or '无'} → {after.grade or '无'}"
    body = f"原因：{why}。原结果一并保留。" + (
        f"可在{after.objection_until}前提出异议。" if after.status not in OUT else ""
    )
    remind(
        people_of(after.subject), f"recomputed:{after.pk}:{after.version}", told, after, body=body, red=True
    )
    return after


def _written(fresh: CreditEvaluation, values: Values, actor: Actor, why: str) -> CreditEvaluation:
    return records.update(fresh, values, actor, verb="recompute", label="重新计算", reason=why, clean=False)


def terms_anew(status: str) -> Values:
    """The terms that begin again when a result that is under objection or on public notice changes."""
    if status in OUT:
        return {}
    anew: Values = {"objection_until": rules.term("objection_days")}
    if status == SENT:
        anew["due_on"] = anew["objection_until"]
    if status == NOTICE:
        anew["notice_from"] = timezone.localdate()
        anew["notice_until"] = anew["due_on"] = rules.term("notice_days")
    return anew


def people_of(subject: CreditSubject) -> set[int]:
    """Who belongs to a subject's unit, or to one above it."""
    steps = subject.organization.path.rstrip("/").split("/")
    paths = ["/".join(steps[: at + 1]) + "/" for at in range(len(steps))]
    found = Membership.objects.current().filter(role__in=PARTY_ROLES, organization__path__in=paths)
    return set(found.values_list("user_id", flat=True))


def recompute_all(evaluations: Iterable[CreditEvaluation], actor: Actor, why: str) -> None:
    """One after the other, each after what the one before has become."""
    for one in evaluations:
        recompute(one, actor, why)


def follow_facts(subject: int, family: str, year: int, actor: Actor, why: str) -> None:
    """Compute again what rests on a year whose units or origins changed. While an appeal against the result itself
    is answered it stands: corrected facts are what may uphold it, and then it is computed again."""
    appealed = {"evaluation__subject": subject, "evaluation__family": family, "evaluation__year": year}
    if not CreditAppeal.objects.filter(OPEN_APPEAL, **appealed).exists():
        recompute_all(resting_on(subject, family, year), actor, why)


def touched_by(record: CreditRecord) -> list[CreditEvaluation]:
    """The computed evaluations that a record counts in or that rest on one it counts in."""
    return resting_on(record.subject_id, record.family, record.decided_on.year)


def resting_on(subject: int, family: str, year: int) -> list[CreditEvaluation]:
    """The computed evaluations that rest on a subject's year, in the order in which they rest on each other.

    Its own of that year and later (a grade rises by so much a year), and those of whoever came of it since.
    """
    since, new = {subject: year}, [subject]
    while new:
        came = CreditOrigin.objects.filter(predecessor__in=new, on__gte=date(year, 1, 1))
        new = []
        for heir, on in came.order_by("pk").values_list("subject_id", "on"):
            if heir not in since or on.year < since[heir]:
                since[heir] = on.year
                new.append(heir)
    wanted = Q(pk__in=())
    for one, first in since.items():
        wanted |= Q(subject=one, year__gte=first)
    found = CreditEvaluation.objects.filter(wanted, family=family).exclude(status=OPEN)
    place = list(since)
    return sorted(
        found.select_related("subject", "rules"), key=lambda one: (one.year, place.index(one.subject_id))
    )
