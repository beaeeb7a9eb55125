"""Long and nightly work of credit: ids in, a service called."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from supervision.flows.errors import FlowError
from supervision.flows.history import SYSTEM, Actor
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import JobError, progress

from .credit import evaluating, exchange, proposals, units


@job("credit_year", label="年度信用评价")
def credit_year(run: JobRun, family: str, year: int) -> dict:
    """Units out of the registry, drafts of what was opened already, and evaluations with their drafts for all
    others; in the name of whoever started it."""
    actor = Actor.of(run.created_by, "job")

    def opening(done: int, total: int) -> None:
        progress(run, done, total, "正在开启评价")

    def computing(done: int, total: int) -> None:
        progress(run, done, total, "正在计算草案")

    try:
        made = units.from_registry(family, year, actor)
        computed = evaluating.compute_year(family, year, actor, computing)
        opened = evaluating.open_year(family, year, actor, opening)
    except FlowError as error:
        raise JobError(error.message) from error
    except ValidationError as error:
        raise JobError("；".join(error.messages)) from error
    return {"units": made, "opened": opened, "computed": computed + opened}


@job("credit_proposals", label="信用建议比对")
def credit_proposals(run: JobRun) -> dict:
    """Propose what the ledgers of safety and quality give cause to."""
    return {"proposed": proposals.run(SYSTEM)}


@job("credit_webhook", label="信用评价结果推送")
def credit_webhook(run: JobRun, evaluation: int, version: int) -> dict:
    """Send a published change to the configured address."""
    try:
        return {"status": exchange.tell(evaluation)}
    except (exchange.ExchangeError, OSError) as error:
        raise JobError(f"推送未成功：{error}") from error
