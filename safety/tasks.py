"""Long and nightly work of this app: ids in, a service called."""

from __future__ import annotations

from celery import shared_task

from supervision.flows.history import SYSTEM
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import progress

from .emergency import exposure
from .escalation import escalate
from .hazards.watching import ask_anew
from .incidents import following
from .site import expiry


@job("escalate_dangers", label="隐患督办升级")
def escalate_dangers(run: JobRun) -> dict:
    """Draft the supervision measures that are due today."""

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在核对整改期限")

    return {"drafted": escalate(SYSTEM, progress=tell)}


@job("reassess_hazards", label="风险到期重新评估")
def reassess_hazards(run: JobRun) -> dict:
    """Ask for a new assessment of the hazards whose last one is a year old."""

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在核对评估期限")

    return {"asked": ask_anew(SYSTEM, progress=tell)}


@job("watch_certificates", label="证书到期提醒与核查")
def watch_certificates(run: JobRun) -> dict:
    """Send the notices of certificates that run out, and raise what is used while expired."""

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在核对证书有效期")

    return expiry.watch(SYSTEM, progress=tell)


@job("evaluate_incidents", label="事故整改落实评估提请")
def evaluate_incidents(run: JobRun) -> dict:
    """Ask for the evaluation of incidents whose year draws to its end."""
    return {"asked": following.ask_evaluations()}


@shared_task(name="safety.tasks.watch_clocks")
def watch_clocks() -> None:
    """Every few minutes: reports that did not come in time, and weather checks whose warning ended."""
    following.watch()
    exposure.lapse()
