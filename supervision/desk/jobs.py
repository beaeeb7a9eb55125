"""Scheduled work over all rooms."""

from __future__ import annotations

from django.core.management import call_command

from supervision.flows.history import seal_days
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.people.visitors import marks


@job("seal_history", label="封存历史")
def seal_history(run: JobRun) -> dict:
    """Seal every finished day that is not sealed yet; the second run of a night finds nothing to do."""
    return {"sealed": [seal.day.isoformat() for seal in seal_days()]}


@job("clear_sessions", label="清理过期会话")
def clear_sessions(run: JobRun) -> None:
    """Drop the sessions, and the marks of visitors, that ended by themselves."""
    call_command("clearsessions")
    marks.clear()
