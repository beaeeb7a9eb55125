"""Jobs with real processes: workers killed and frozen, brokers away, messages delivered too often."""

import json
import os
import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from supervision.jobs.models import JobRun

from .processes import kill, wait_until

State = JobRun.State
pytestmark = pytest.mark.processes


# Waits for the others at the door, then does the run's work if nobody else has taken it.
EXECUTES = """
import sys, time
from pathlib import Path
from supervision.jobs import services
from tests.live import register
register()
folder, name, run = Path(sys.argv[1]), *sys.argv[2:4]
(folder / f"ready-{name}").touch()
while not (folder / "go").exists():
    time.sleep(0.002)
services.execute(int(run))
"""


def fall_silent(run_id):
    """As if the last sign of life had come two minutes ago."""
    past = timezone.now() - timedelta(minutes=2)
    JobRun.objects.filter(pk=run_id).update(created_at=past, sent_at=None, heartbeat_at=past)


def ended(run_id) -> JobRun:
    return wait_until(
        lambda: next((run for run in JobRun.objects.filter(pk=run_id) if run.finished), None),
        f"run {run_id} ended",
    )


def effects(run_id) -> list[str]:
    return list(JobRun.objects.filter(kind="effect", label=str(run_id)).values_list("message", flat=True))


def gated(processes, **params) -> int:
    return int(processes.live("enqueue", "live.gated", json.dumps({"folder": str(processes.var), **params})))


def test_a_job_goes_from_one_process_through_the_broker_to_another(processes):
    processes.worker()
    run = ended(processes.live("enqueue", "live.plain", "{}"))
    assert (run.state, run.attempts, effects(run.pk)) == (State.DONE, 1, [""])


def test_enqueued_with_the_broker_away_it_runs_after_the_next_sweep(processes):
    run_id = processes.live("enqueue", "live.plain", "{}", REDIS_URL=f"unix://{processes.var}/nobody.sock")
    run = JobRun.objects.get(pk=run_id)
    assert (run.state, run.sent_at) == (State.QUEUED, None)
    processes.worker()
    fall_silent(run_id)
    assert '"resent": 1' in processes.live("sweep")
    assert ended(run_id).state == State.DONE
    assert len(effects(run_id)) == 1


@pytest.mark.parametrize("inside", [False, True], ids=["before its transaction", "inside its transaction"])
def test_a_worker_killed_mid_job_loses_nothing_and_doubles_nothing(processes, inside):
    first = processes.worker()
    run_id = gated(processes, inside=inside)
    wait_until((processes.var / "reached-1").exists, "the first attempt was under way")
    kill(first)
    assert JobRun.objects.get(pk=run_id).state == State.RUNNING
    assert effects(run_id) == []

    fall_silent(run_id)
    (processes.var / "open-2").touch()
    processes.worker()
    assert '"requeued": 1' in processes.live("sweep")
    run = ended(run_id)
    assert (run.state, run.result, run.attempts) == (State.DONE, {"attempt": 2}, 2)
    assert effects(run_id) == ["attempt 2"]


def test_a_worker_taken_for_dead_that_wakes_up_does_not_write_again(processes):
    first = processes.worker()
    run_id = gated(processes)
    wait_until((processes.var / "reached-1").exists, "the first attempt was under way")
    os.killpg(first.pid, signal.SIGSTOP)
    fall_silent(run_id)
    (processes.var / "open-2").touch()
    processes.worker()
    processes.live("sweep")
    assert ended(run_id).state == State.DONE

    (processes.var / "open-1").touch()
    os.killpg(first.pid, signal.SIGCONT)
    wait_until((processes.var / "left-1").exists, "the first attempt gave up")
    assert effects(run_id) == ["attempt 2"]
    assert JobRun.objects.get(pk=run_id).result == {"attempt": 2}


def test_a_message_delivered_again_and_again_runs_once(processes):
    run_id = processes.live("enqueue", "live.plain", "{}")
    processes.live("deliver", run_id, 3)
    last = processes.live("enqueue", "live.plain", "{}")
    processes.worker()
    ended(last)  # one thread, in order: everything sent before it has been worked off
    assert JobRun.objects.get(pk=run_id).attempts == 1
    assert len(effects(run_id)) == 1


def test_four_processes_with_the_same_run_run_it_once(processes):
    run_id = processes.live("enqueue", "live.plain", "{}")
    codes = processes.at_once([(EXECUTES, processes.var, name, run_id) for name in range(4)])
    assert codes == [0] * 4, processes.log("process.log")
    run = JobRun.objects.get(pk=run_id)
    assert (run.state, run.attempts, len(effects(run_id))) == (State.DONE, 1, 1)
