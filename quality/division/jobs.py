"""Long work on the tree."""

from __future__ import annotations

from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import progress

from ..models.division import Standing
from . import rolling


@job("roll_up_divisions", label="汇总分部分项评定结果")
def roll_up_divisions(run: JobRun, section: int | None = None) -> dict:
    """Count a section anew, or (by night) every section with nodes not counted yet."""
    if section is not None:
        return rolling.roll_up(section, lambda done, total: progress(run, done, total, "逐级汇总"))
    waiting = Standing.objects.filter(stale=True).order_by().values_list("division__section", flat=True)
    sections = sorted(set(waiting.distinct()))
    for done, one in enumerate(sections, 1):
        rolling.roll_up(one)
        progress(run, done, len(sections), "逐标段汇总")
    return {"sections": len(sections)}
