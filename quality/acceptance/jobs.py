"""Long work of the acceptance: the archive of a stage."""

from __future__ import annotations

from django.db import transaction

from supervision.flows import history
from supervision.flows.history import Actor
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import JobError, hold, progress, result_path
from supervision.ledgers.registry import get
from supervision.papers.names import clean_name

from . import archive


@job("stage_archive", label="生成归档包")
def stage_archive(run: JobRun, stage: str, record: int) -> dict:
    """The archive of a stage for whoever ordered it: scope is asked now. Its digest goes into the history."""
    user = run.created_by
    if stage not in archive.STAGES or user is None or not user.is_active:
        raise JobError("您现在不能生成归档包。")
    found = get(stage).queryset(user).filter(pk=record).first()
    if found is None:
        raise JobError("没有这条记录，或者您不能查看。")
    path = result_path(run, f"{clean_name(str(found))}归档.zip")
    made = archive.build(stage, found, user, path, lambda done, total, text: progress(run, done, total, text))
    with transaction.atomic():
        history.note(
            found,
            Actor.of(user, "job"),
            verb=archive.VERB,
            label="生成归档包",
            reason=f"{made['files']} 个文件，哈希清单 SHA-256：{made['sha256']}",
        )
        hold(run)
    return made
