"""Long work of this room: large exports, and checking, writing and taking back large imports."""

from __future__ import annotations

from supervision.flows.errors import FlowError
from supervision.jobs.registry import job
from supervision.jobs.services import JobError

from .sheets import export, staging, writing


@job("export_sheet", label="导出台账")
def export_sheet(run, ledger: str, query: str) -> dict:
    """The list as its reader sees it now, as a workbook. Scope is asked anew, for the person who ordered it."""
    return export.in_job(run, ledger, query)


@job("stage_import", label="检查导入")
def stage_import(run, batch: int) -> dict:
    return staging.stage(run, batch)


@job("commit_import", label="写入导入")
def commit_import(run, batch: int) -> dict:
    return {"batch": batch, "written": _said(writing.write, batch, run.created_by, run=run)}


@job("undo_import", label="撤销导入")
def undo_import(run, batch: int) -> dict:
    _said(writing.undo, batch, run.created_by, run=run)
    return {"batch": batch}


def _said(function, *args, **kwargs):
    """Run a service; what it refuses is what the person reads in the job."""
    try:
        return function(*args, **kwargs)
    except FlowError as error:
        raise JobError(error.message) from error
