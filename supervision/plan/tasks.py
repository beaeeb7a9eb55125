"""Long work on plans: the nightly computing of the targets, tasks given to units, reports that are due."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from supervision.flows.history import SYSTEM, Actor
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import JobError, hold, progress
from supervision.people.models import Role

from . import services
from .campaigns.reminding import remind_owed
from .duties import jobs  # noqa: F401 - registers its own
from .models import ComplianceRun, Plan
from .shares import expanding, reminding, reports

# Decisions on a year's candidacies still come in during the first months of the next one.
AFTERMATH_MONTHS = 3


@job("compliance", label="达标率计算")
def compliance(run: JobRun, as_of: str | None = None, year: int | None = None) -> dict:
    """Compute and store the targets of `year` as of `as_of` (ISO; default today).

    Without either (every night) the last year is computed too, until it was reported or its aftermath is
    over. Everything is written in one transaction at the end.
    """
    try:
        day = date.fromisoformat(as_of) if as_of else timezone.localdate()
    except ValueError:
        raise JobError(f"截至日期“{as_of}”不是有效日期。") from None
    if day > timezone.localdate():
        raise JobError("截至日期不能晚于今天。")
    years = [year] if year else [day.year] if as_of else years_due(day)
    targets = services.active_targets()
    done: list[tuple[int, list[services.Result]]] = []

    def tell(number: int, total: int, name: str) -> None:
        before = len(done) * total
        progress(run, before + number, len(years) * total, f"正在计算：{name}" if name else "正在保存")

    try:
        for one in years:
            done.append((one, services.compute(day, one, targets=targets, progress=tell)))
        with transaction.atomic():
            runs = [services.store(results, day, one, job_id=run.pk) for one, results in done]
            hold(run)
    except services.ComplianceError as error:
        raise JobError(str(error)) from error
    states: dict[str, int] = {}
    for result in done[0][1]:
        states[result.total.judgement.state] = states.get(result.total.judgement.state, 0) + 1
    progress(run, len(years) * len(targets), message=f"{'、'.join(map(str, years))}年度，截至{day}")
    return {"as_of": day.isoformat(), "years": years, "runs": [made.pk for made in runs], "states": states}


def years_due(day: date) -> list[int]:
    """The years a night computes: this one, and after New Year the last one while nobody has reported it."""
    if day.month > AFTERMATH_MONTHS:
        return [day.year]
    last = day.year - 1
    reported = ComplianceRun.objects.filter(year=last, frozen=True, as_of__gte=date(last, 12, 31)).exists()
    return [day.year] if reported else [day.year, last]


@job("task_shares", label="任务分解到单位")
def task_shares(run: JobRun, plan: int, year: int, generic: list[str]) -> dict:
    """Make the shares of a plan's year for the units it names, and for the generic names that were chosen."""
    user, found = run.created_by, Plan.objects.filter(pk=plan).first()
    if user is None or not user.is_active or Role.BUREAU_STAFF not in user.roles:
        raise JobError("您现在不能分解任务。")
    if found is None or not found.year_from <= year <= found.year_to:
        raise JobError("没有这个计划，或者年度不在计划期内。")

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在分解到单位")

    made = expanding.expand(found, year, generic, Actor.of(user, "job"), tell)
    progress(run, made, made, f"{year}年新增任务分解 {made} 条")
    return {"made": made}


@job("task_reports", label="生成进展报告并提醒")
def task_reports(run: JobRun) -> dict:
    """Make the reports of periods that are over, and remind of those that are due; every morning."""
    day = timezone.localdate()

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在生成进展报告")

    made = reports.make_due(day, SYSTEM, tell)
    return {
        "made": made,
        "reminded": reminding.remind_reports(day),
        "steps": reminding.remind_steps(day),
        "campaigns": remind_owed(day),
    }
