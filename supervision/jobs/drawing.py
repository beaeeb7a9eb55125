"""A job as the progress bar draws it, on whatever page it stands."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from .models import JobRun


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
