"""Nightly work on safety fees: closing what is due, and the checks."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.history import SYSTEM
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import progress

from .fees import checks, closing


@job("close_fee_months", label="安全生产费用结账")
def close_fee_months(run: JobRun) -> dict:
    """Close every account through the month that is due; a month with undecided entries stays open."""

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在结账")

    return closing.close_all(SYSTEM, closing.month_due(timezone.localdate()), tell)


@job("check_fees", label="安全生产费用核查")
def check_fees(run: JobRun) -> dict:
    """Ask about what the checks come upon."""

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在核查安全生产费用")

    return checks.run(SYSTEM, progress=tell)
