"""The ladder: which measure a late danger has come to, and the drafts it leads to.

Time is counted in working days from the deadline (negative: before it). The rule set says from which day each
rung applies; every two failed rectifications lift a danger one rung further. Colours are drafted by time alone;
from 挂牌 on a rung is drafted only once somebody decided on the rung before it, so that nobody is summoned who was
never reminded. The portal drafts, a person signs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from projects.models.project import Level
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.rectification import WITH_UNIT
from supervision.people.models import Role
from supervision.rules.calendar import add_workdays, workdays_between
from supervision.rules.models import RuleSet
from supervision.rules.numbers import date_cn

from . import step_documents
from .models import HiddenDanger, SupervisionStep
from .models.ladder import Rung
from .rules import LADDER, rule

COLOURS = (Rung.BLUE, Rung.YELLOW, Rung.RED)
PART = 500


@dataclass(frozen=True)
class Reached:
    """A rung that a danger has come to today, and why."""

    rung: str
    reason: str


def ladder_for(danger: HiddenDanger, rules: RuleSet) -> list[dict]:
    """The rungs that exist for its grade, from the lowest."""
    return [row for row in rules.content["rungs"] if danger.grade in row["after"]]


def reached(danger: HiddenDanger, day: date, rules: RuleSet) -> Reached | None:
    """The highest rung a danger has come to on `day` by time and failures; None while it is in good time."""
    if danger.status not in WITH_UNIT or danger.deadline is None or not danger.grade:
        return None
    rows = ladder_for(danger, rules)
    late = workdays_between(danger.deadline, day)
    place = sum(late >= row["after"][danger.grade] for row in rows) - 1
    lifted = danger.failed // rules.content["failures_per_rung"]
    if place < 0 and not lifted:
        return None
    place = min(place + lifted, len(rows) - 1)
    words = f"整改期限{date_cn(danger.deadline)}，" + (
        f"已逾期{late}个工作日" if late > 0 else "当日到期" if late == 0 else f"还有{-late}个工作日"
    )
    if danger.failed:
        words += f"，整改{danger.failed}次不合格"
    return Reached(rows[place]["code"], words + "。")


def next_draft(
    danger: HiddenDanger, day: date, rules: RuleSet, steps: list[SupervisionStep]
) -> Reached | None:
    """The measure to draft now: the rung reached, or the first unsigned one below it from 挂牌 on; None when it
    has been drafted for this deadline already, was let go, or waits for a signature."""
    found = reached(danger, day, rules)
    if found is None:
        return None
    mine = {step.rung: step.status for step in steps if step.deadline == danger.deadline}
    codes = [row["code"] for row in ladder_for(danger, rules)]
    top = codes.index(found.rung)
    colour = codes[min(top, codes.index(Rung.RED))]
    for code in (colour, *(code for code in codes[: top + 1] if code not in COLOURS)):
        in_force = {Rung.LISTING: danger.is_listed, Rung.SUSPENSION: danger.is_suspended}
        if in_force.get(code):
            continue
        if code not in mine:
            return Reached(code, found.reason)
        if mine[code] == "drafted":
            return None
    return None


def signer_of(danger: HiddenDanger, code: str, rules: RuleSet) -> str:
    """The role that signs: the authority of the project's level, or the bureau where the rule says so."""
    row = next(row for row in rules.content["rungs"] if row["code"] == code)
    county = row["signer"] == "place" and danger.project.level == Level.COUNTY
    return (Role.COUNTY_STAFF if county else Role.BUREAU_STAFF).value


def candidates(day: date, rules: RuleSet) -> QuerySet[HiddenDanger]:
    """The dangers that can have come to a rung by `day`."""
    soonest = min(after for row in rules.content["rungs"] for after in row["after"].values())
    near_or_late = Q(deadline__lte=add_workdays(day, -soonest))
    often_failed = Q(failed__gte=rules.content["failures_per_rung"])
    return HiddenDanger.objects.filter(
        near_or_late | often_failed, status__in=WITH_UNIT, deadline__isnull=False
    )


def escalate(
    actor: Actor, day: date | None = None, progress: Callable[[int, int], None] | None = None
) -> dict[str, int]:
    """Draft what is due over all dangers; a second run of a day drafts nothing. Returns counts per rung.

    Each part of the dangers is one transaction, so an interrupted run is simply run again. `progress` is told
    (done, total) after each.
    """
    day = day or timezone.localdate()
    rules = rule(LADDER, day)
    rows = candidates(day, rules).select_related("project", "responsible_unit").order_by("pk")
    total, done, last, made = rows.count(), 0, 0, Counter()
    while part := list(rows.filter(pk__gt=last)[:PART]):
        last = part[-1].pk
        with transaction.atomic():
            made.update(_draft_part(part, day, rules, actor))
        done += len(part)
        if progress:
            progress(done, total)
    return dict(made)


def _draft_part(part: list[HiddenDanger], day: date, rules: RuleSet, actor: Actor) -> list[str]:
    steps: dict[int, list[SupervisionStep]] = defaultdict(list)
    for step in SupervisionStep.objects.filter(danger__in=[danger.pk for danger in part]):
        steps[step.danger_id].append(step)
    drafts = []
    for danger in part:
        if due := next_draft(danger, day, rules, steps[danger.pk]):
            drafts.append(draft(danger, due, rules, steps[danger.pk], actor))
    for step in records.create_many(drafts, actor, label="系统拟稿"):
        step_documents.draft_for(step, actor)
    return [step.rung for step in drafts]


def draft(
    danger: HiddenDanger, due: Reached, rules: RuleSet, steps: list[SupervisionStep], actor: Actor
) -> SupervisionStep:
    """An unsaved draft. A colour that was drafted and never signed gives way to the next."""
    for step in steps:
        if step.status == "drafted" and step.deadline == danger.deadline and step.rung in COLOURS:
            supersede(step, due, actor)
    return SupervisionStep(
        danger=danger,
        rung=due.rung,
        deadline=danger.deadline,
        reason=due.reason,
        signer_role=signer_of(danger, due.rung, rules),
        ladder_rule=rules,
        demand=f"请{danger.responsible_unit or '责任单位'}抓紧整改“{danger.part}”的隐患，并按期回复。",
    )


def supersede(step: SupervisionStep, due: Reached, actor: Actor) -> None:
    """Note on an unsigned draft that the danger has gone on to the next rung; the signer may still let it go."""
    label = Rung(due.rung).label
    records.update(step, {"reason": f"{step.reason[:240]}（已升至{label}）"}, actor, label="已升级")
