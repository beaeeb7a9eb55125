"""The clauses asked of a dangerous work before it begins (TJ-2) and of a camp before it is used."""

from __future__ import annotations

from django.db.models import Max, QuerySet

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.rules.models import RuleSet

from ..models.camp import Camp
from ..models.clauses import MET, SKIPPED, UNMET, SiteClause
from ..models.clauses import OPEN as UNANSWERED
from ..models.works import DangerousWork
from ..rules import rule

WORK_CLAUSES, CAMP_CLAUSES = "dangerous-work-conditions", "camp-clauses"
Subject = DangerousWork | Camp


def list_of(subject: Subject) -> RuleSet:
    """The list of clauses in force today for such a subject."""
    return rule(CAMP_CLAUSES if isinstance(subject, Camp) else WORK_CLAUSES)


def asked_of(subject: Subject, rules: RuleSet) -> list[dict]:
    """The clauses that apply: one that names a number of `sleepers` is asked from that number on, it included."""
    sleepers = getattr(subject, "sleepers", 0)
    return [row for row in rules.content["clauses"] if sleepers >= row.get("sleepers", 0)]


def rows_of(subject: Subject) -> QuerySet[SiteClause]:
    """The rows of the last round."""
    return subject.clauses.filter(round=_round(subject))


def missing(subject: Subject) -> list[str]:
    """What of the last round stands in the way, as sentences."""
    answers = list(rows_of(subject).values_list("status", "code"))
    if not answers:
        return ["尚未列出安全条件核查条目。"]
    unmet = "、".join(sorted(code for status, code in answers if status == UNMET))
    unanswered = sum(status == UNANSWERED for status, _ in answers)
    found = [f"安全条件不符合：{unmet}。"] if unmet else []
    return found + ([f"还有{unanswered}条安全条件未核查。"] if unanswered else [])


def list_once(subject: Subject, actor: Actor) -> None:
    """List the clauses, or add to the last round those that have come to apply since it was listed."""
    listed = set(rows_of(subject).values_list("code", flat=True))
    _add(subject, actor, max(_round(subject), 1), leave_out=listed)


def begin_round(subject: Subject, actor: Actor) -> None:
    """List the clauses for a new look. A round of which nothing was answered yet is used on."""
    if rows_of(subject).filter(status__in=(MET, UNMET, SKIPPED)).exists():
        _add(subject, actor, _round(subject) + 1, leave_out=set())
    else:
        list_once(subject, actor)


def _round(subject: Subject) -> int:
    return subject.clauses.aggregate(last=Max("round"))["last"] or 0


def _add(subject: Subject, actor: Actor, number: int, leave_out: set[str]) -> None:
    rules = list_of(subject)
    link = {"camp" if isinstance(subject, Camp) else "work": subject}
    rows = [
        SiteClause(
            section=subject.section,
            round=number,
            code=row["code"],
            text=row["text"],
            category=row["category"],
            clause_rule=rules,
            is_demo=subject.is_demo,
            **link,
        )
        for row in asked_of(subject, rules)
        if row["code"] not in leave_out
    ]
    records.create_many(rows, actor, label="列出核查条目")
