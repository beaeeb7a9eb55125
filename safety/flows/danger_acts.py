"""What the steps of a hidden danger ask for and bring about; the steps themselves are in danger.py."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.rectification import (
    DISPUTED,
    EXTENDING,
    RECTIFYING,
    close,
    send_back,
)
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import add_workdays

from ..models import Grade, HiddenDanger, Source
from ..models.danger import Outcome
from ..rules import DEADLINES, rule

AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
CONTRACTOR = frozenset({Role.CONTRACTOR})
SUPERVISOR = frozenset({Role.SUPERVISOR})
OWNER = frozenset({Role.OWNER})

GENERAL, MAJOR = Q(grade=Grade.GENERAL), Q(grade=Grade.MAJOR)
OF_SECTION, OF_PROJECT = Q(section__isnull=False), Q(section__isnull=True)
# Whoever answers for a whole project, an enterprise or a route.
HOLDERS = frozenset({Role.OWNER, Role.ENTERPRISE})
BY_UNITS = {Role.CONTRACTOR: OF_SECTION} | dict.fromkeys(HOLDERS, OF_PROJECT)
# Who finds out whether a report is true: what the units found themselves, their supervisor and owner too.
SELF_FOUND = Q(source=Source.SELF_CHECK)
VERIFIERS = dict.fromkeys(AUTHORITY, Q()) | {
    Role.SUPERVISOR: SELF_FOUND & OF_SECTION,
    Role.OWNER: SELF_FOUND & OF_SECTION,
}

SELF_CHECK, SUPERVISION, OWNER_CHECK, AUTHORITY_CHECK = (
    "self_check",
    "supervisor_check",
    "owner_check",
    "authority_check",
)
OPEN = (RECTIFYING, EXTENDING, DISPUTED, SELF_CHECK, SUPERVISION, OWNER_CHECK, AUTHORITY_CHECK)


def today():
    return timezone.localdate()


# ------------------------------------------------------------------------------------------------- verification


def judged_first(record: HiddenDanger) -> list[str]:
    return [] if record.judged else ["请先完成重大隐患判定（判定向导）。"]


def set_grade(record: HiddenDanger, grade: str) -> None:
    """A grade given today, with the deadline that the rule set allows it unless one was set by hand."""
    record.grade = grade
    record.verified_on = record.verified_on or today()
    if record.is_major and record.major_on is None:
        record.major_on = today()
    if record.deadline is None:
        record.deadline = add_workdays(today(), record.days("rectify"))
    record.deadline_rule = rule(DEADLINES)
    record.due_on = record.deadline


def grade_as(grade: str):
    def effect(record: HiddenDanger, data: dict, actor) -> None:
        set_grade(record, grade)

    return effect


def refer(record: HiddenDanger, data: dict, actor) -> None:
    record.judged = Outcome.UNCLEAR


def judge_anew(record: HiddenDanger, data: dict, actor) -> None:
    """A right dispute: nothing of the former grading is taken over silently."""
    record.disputed_on = record.deadline = None
    record.grade = record.judged = ""
    record.judgement = {}
    record.verified_on = record.major_on = None


def raise_grade(record: HiddenDanger, data: dict, actor) -> None:
    record.grade = Grade.MAJOR
    record.major_on = today()
    record.rectified_on = record.requested_deadline = record.disputed_on = None
    record.deadline = add_workdays(today(), record.days("rectify"))
    record.deadline_rule = rule(DEADLINES)
    record.due_on = record.deadline


# ------------------------------------------------------------------------------------------------- 五到位, plan


def arrange(record: HiddenDanger, data: dict, actor) -> None:
    if record.five_ready():
        record.arranged_on = today()


def send_plan(record: HiddenDanger, data: dict, actor) -> None:
    record.plan_on = today()


def five_missing(record: HiddenDanger) -> list[str]:
    return [] if record.five_ready() else ["重大隐患整改须先落实“五到位”（责任、措施、资金、时限、预案）。"]


# ------------------------------------------------------------------------------------------------ beside the loop


def file_case(record: HiddenDanger, data: dict, actor) -> None:
    record.filed_on = data.get("filed_on") or today()


def dated(field: str):
    def effect(record: HiddenDanger, data: dict, actor) -> None:
        if getattr(record, field) is None:
            setattr(record, field, today())

    return effect


def other_checker(record: HiddenDanger, data: dict, actor) -> None:
    """Whoever handed the work in does not check it himself, and no more does the person responsible."""
    handed = records.events_of(record).filter(name="rectify_major").order_by("-seq").first()
    if handed is not None and handed.actor_name == record.self_checker:
        raise ValidationError({"self_checker": f"自验人不能是提交整改的{handed.actor_name}。"})


def close_reply(record: HiddenDanger, data: dict, actor) -> None:
    record.rectified_on = record.replied_on
    close(record, data, actor)


def return_reply(record: HiddenDanger, data: dict, actor) -> None:
    record.replied_on = None
    send_back(record, data, actor)
