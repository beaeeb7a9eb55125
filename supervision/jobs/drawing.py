"""A job as the progress bar draws it, on whatever page it stands."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from supervision.people.models import User

from .models import JobRun


def under_way(kind: str, user: User) -> dict[str, Any] | None:
    """The job of a kind that is under way and that this person sees, as progress_of draws it; None without one.

    A page that shows what the job changes asks this before it reads that: a job that ends between the two is still
    shown, and has the page come again. Asked afterwards, what was read would stay old without a word.
    """
    run = JobRun.objects.visible_to(user).filter(kind=kind, state__in=JobRun.UNFINISHED).first()
    return progress_of(run) if run else None


def progress_of(run: JobRun, *, result: bool = False) -> dict[str, Any]:
    """What shell/progress.html shows of a job; with `result` also where its file is, if it made one."""
    return {
        "id": run.pk,
        "label": run.label,
        "state": run.state,
        "state_label": run.get_state_display(),
        "done": run.done,
        "total": run.total,
        "message": run.message,
        "error": run.error,
        "finished": run.finished,
        "poll_url": reverse("job_progress", args=[run.pk]),
        "result_url": reverse("job_result", args=[run.pk]) if result and run.result_file else "",
    }
