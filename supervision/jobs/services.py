"""Start long work, follow it, stop it, and pick up what was interrupted."""

import logging
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import Error, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from . import registry
from .models import JobRun
from .pulse import JobCancelled, JobLost, JobStopped, Pulse, why_lost

__all__ = [
    "JobCancelled",
    "JobError",
    "JobLost",
    "JobStopped",
    "cancel",
    "enqueue",
    "execute",
    "hold",
    "progress",
    "result_path",
    "run_now",
    "sweep",
]

log = logging.getLogger(__name__)

STALE_SECONDS = 60
RESEND_SECONDS = 30
INTERRUPTED = "执行中断"
State = JobRun.State


class JobError(Exception):
    """A failure whose (Chinese) message is meant for the person who started the job."""


# Starting


def enqueue(kind: str, params: dict, user=None, key: str | None = None, label: str = "") -> JobRun:
    """Save a run and send it to the workers once the surrounding transaction has committed.

    `params` are keyword arguments of the registered function, JSON values only. With `key`, a run of the
    same kind and key that has not ended yet is returned instead of a second one; it may have been started
    by somebody else, so put the person into the key where the result is private. A broker that is away is
    no error: the run waits and the sweep sends it later. Raises UnknownJob for an unregistered kind.
    """
    job = registry.get(kind)
    if key and (unfinished := _unfinished(kind, key)):
        return unfinished
    try:
        with transaction.atomic():
            run = JobRun.objects.create(
                kind=kind, label=label or job.label, params=params, key=key or "", created_by=user
            )
    except IntegrityError:
        # Somebody was first between the look and the write.
        if key and (unfinished := _unfinished(kind, key)):
            return unfinished
        raise
    transaction.on_commit(lambda: send(run.pk))
    return run


def _unfinished(kind: str, key: str) -> JobRun | None:
    return JobRun.objects.filter(kind=kind, key=key, state__in=JobRun.UNFINISHED).first()


def start_daily(kind: str) -> JobRun | None:
    """Enqueue today's (Asia/Shanghai) run of a scheduled kind; None when there already is one.

    Several schedulers, or one message delivered twice or late, so start it once a day.
    """
    key = f"daily:{timezone.localdate().isoformat()}"
    if JobRun.objects.filter(kind=kind, key=key).exists():
        return None
    return enqueue(kind, {}, key=key)


def send(run_id: int) -> bool:
    """Hand a queued run to the broker. False, and a line in the log, when the broker is away."""
    from .tasks import run_job

    try:
        run_job.apply_async((run_id,), retry=False)
    except Exception:
        log.warning("job %s waits: the broker did not take it", run_id, exc_info=True)
        return False
    # Outside a job's own try: a database error here is the caller's to see in the log, nothing is lost.
    try:
        JobRun.objects.filter(pk=run_id).update(sent_at=timezone.now())
    except Error:
        log.warning("job %s was sent, but that could not be noted", run_id, exc_info=True)
    return True


# Running


def execute(run_id: int) -> None:
    """Run a queued job to its end; a run that is not queued (delivered twice, cancelled) is left alone.

    Nothing is raised: the outcome is in the row, the traceback in the log. When the database goes away
    the run is left to the sweep, which starts it again.
    """
    now = timezone.now()
    claimed = JobRun.objects.filter(pk=run_id, state=State.QUEUED).update(
        state=State.RUNNING, started_at=now, heartbeat_at=now, attempts=F("attempts") + 1, done=0, total=None
    )
    if not claimed:
        log.info("job %s: not queued, left alone", run_id)
        return
    run = JobRun.objects.get(pk=run_id)
    try:
        _perform(run)
    except JobStopped as stop:
        log.info("job %s: %s", run_id, type(stop).__name__)
    except (OperationalError, InterfaceError):
        log.exception("job %s: the database failed; left to the sweep", run_id)
    except Exception:
        # _perform has recorded it.
        log.debug("job %s failed", run_id)


def run_now(kind: str, params: dict, user=None, label: str = "") -> JobRun:
    """Run a job here and now (management commands) and return its finished row.

    Raises what the function raised, after the row has recorded it: JobError for a failure that has a
    readable message, UnknownJob for an unregistered kind.
    """
    job = registry.get(kind)
    now = timezone.now()
    run = JobRun.objects.create(
        kind=kind,
        label=label or job.label,
        params=params,
        created_by=user,
        state=State.RUNNING,
        started_at=now,
        heartbeat_at=now,
        attempts=1,
    )
    try:
        _perform(run)
    except (OperationalError, InterfaceError, KeyboardInterrupt, SystemExit):
        # Nobody waits for a second attempt of a command: it has ended, before whose eyes it ran.
        _close(run, State.FAILED, error=INTERRUPTED)
        raise
    run.refresh_from_db()
    return run


def _perform(run: JobRun) -> None:
    """Call the function of a run this process has claimed, and record how it ended."""
    pulse = run.pulse = Pulse(run)
    if not connection.in_atomic_block:
        pulse.start()
        guard = nullcontext()
    else:
        # What the function breaks must not keep the row from being written in the caller's transaction.
        guard = transaction.atomic()
    try:
        with guard:
            result = registry.get(run.kind).function(run, **run.params)
            _close(run, State.DONE, result=result, result_file=run.result_file)
    except (JobStopped, OperationalError, InterfaceError):
        raise
    except registry.UnknownJob:
        log.exception("job %s", run.pk)
        _close(run, State.FAILED, error=f"本系统没有“{run.kind}”这类任务，可能是程序版本不一致。")
        raise
    except JobError as error:
        _close(run, State.FAILED, error=str(error).replace("\0", ""))
        raise
    except Exception:
        log.exception("job %s (%s) failed", run.pk, run.kind)
        _close(
            run,
            State.FAILED,
            error=f"执行时出错，详情已记入系统日志（任务编号 {run.pk}），请联系系统管理员。",
        )
        raise
    finally:
        pulse.stop()


def _close(run: JobRun, state: str, **fields) -> None:
    """Write the last state, unless the row has passed into other hands meanwhile."""
    run.pulse.stop()
    now = timezone.now()
    fields = run.pulse.take_news() | fields | {"state": state, "finished_at": now, "heartbeat_at": now}
    if not run.pulse.mine.update(**fields):
        raise why_lost(run.pk)


def progress(run: JobRun, done: int, total: int | None = None, message: str | None = None) -> None:
    """Report how far a running job is; cheap enough for every row of a loop.

    The values reach the page within about a second. `total` and `message` keep their last value when not
    given. Raises JobCancelled when somebody cancelled, JobLost when the run was taken for dead and given
    to another worker: let it pass, so that the surrounding transaction is rolled back.
    """
    fields: dict = {"done": done}
    if total is not None:
        fields["total"] = total
    if message is not None:
        fields["message"] = message[:500]
    run.pulse.report(**fields)


def hold(run: JobRun) -> None:
    """Make sure of the run from inside the transaction that writes its effect.

    Call it last before that transaction commits: until then nobody can cancel the run or give it to another
    worker, so the effect cannot be written twice. Raises JobCancelled or JobLost when it is too late.
    """
    if not run.pulse.mine.update(heartbeat_at=timezone.now()):
        raise why_lost(run.pk)


def result_path(run: JobRun, name: str) -> Path:
    """Where this run shall write the file it leaves for its creator; the folder exists, a rerun overwrites.

    The row points to the file once the run is done. `name` is what people will see, without any folders.
    """
    relative = PurePosixPath("jobs", str(run.pk), PurePosixPath(name.replace("\\", "/")).name)
    path = Path(settings.MEDIA_ROOT, relative)
    path.parent.mkdir(parents=True, exist_ok=True)
    run.result_file = str(relative)
    return path


# Stopping and picking up


def cancel(run: JobRun, user) -> None:
    """Cancel a queued run at once, a running one at its next report; raises JobError when it has ended.

    The caller has made sure that `user` may.
    """
    now = timezone.now()
    stopped = JobRun.objects.filter(pk=run.pk, state__in=JobRun.UNFINISHED).update(
        state=State.CANCELLED, finished_at=now, message=f"由{user}取消"[:500]
    )
    run.refresh_from_db()
    if not stopped:
        raise JobError(f"任务{run.get_state_display()}，不能取消。")


def sweep() -> dict[str, int]:
    """Start again what was interrupted and send again what no worker picked up.

    Returns the counts {"requeued", "failed", "resent"}. Safe to run in several processes at once.
    """
    counts = {"requeued": 0, "failed": 0, "resent": 0}
    silent = _older("heartbeat_at", getattr(settings, "JOBS_STALE_SECONDS", STALE_SECONDS))
    for run in JobRun.objects.filter(silent, state=State.RUNNING):
        if outcome := _pick_up(run, silent):
            counts[outcome] += 1
    waiting = JobRun.objects.filter(
        _older("created_at", RESEND_SECONDS),
        Q(sent_at=None) | _older("sent_at", RESEND_SECONDS),
        state=State.QUEUED,
    )
    for run_id in waiting.order_by("id").values_list("pk", flat=True):
        if not send(run_id):
            break  # the broker is away: no use trying the others
        counts["resent"] += 1
    return counts


def _older(field: str, seconds: int) -> Q:
    """Older than that, or so far ahead that the clock must have been set back since."""
    now, span = timezone.now(), timedelta(seconds=seconds)
    return Q(**{f"{field}__lt": now - span}) | Q(**{f"{field}__gt": now + span})


def _pick_up(run: JobRun, silent: Q) -> str | None:
    """Queue an interrupted run again, or fail it after its last attempt; None when it lives."""
    attempt = JobRun.objects.filter(silent, pk=run.pk, state=State.RUNNING, attempts=run.attempts)
    now = timezone.now()
    if run.attempts < registry.max_attempts(run.kind):
        if not attempt.update(state=State.QUEUED, sent_at=None, message=f"{INTERRUPTED}，已重新排队"):
            return None
        log.warning("job %s (%s): silent since %s, queued again", run.pk, run.kind, run.heartbeat_at)
        send(run.pk)
        return "requeued"
    if not attempt.update(
        state=State.FAILED, finished_at=now, error=f"{INTERRUPTED}（已尝试 {run.attempts} 次）"
    ):
        return None
    log.error("job %s (%s): silent since %s, given up", run.pk, run.kind, run.heartbeat_at)
    return "failed"
