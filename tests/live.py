"""What the process tests run as separate processes: `python -m tests.live COMMAND …`.

    worker                     a Celery worker as in production, which also knows the kinds below
    enqueue KIND JSON          prints the run's id
    deliver ID TIMES           puts the message for one run into the broker several times
    sweep
    forget                     saves a run as if it had been lost long ago, of a kind that no worker knows;
                               prints its id
    await ID                   waits until it has ended and prints its state

The kinds leave JobRun rows of kind "effect" behind, one for each time their work was really done.
"""

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import django
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")


def register() -> None:
    from django.db import transaction

    from supervision.jobs import services
    from supervision.jobs.models import JobRun
    from supervision.jobs.registry import job

    def gate(run, folder: str) -> None:
        """Show how far this attempt is, and go on once the test has opened its gate."""
        Path(folder, f"reached-{run.attempts}").touch()
        while not Path(folder, f"open-{run.attempts}").exists():
            time.sleep(0.02)

    @job("live.gated", label="等待放行")
    def gated(run, folder, inside=False):
        """One effect; the gate stands before the transaction that writes it, or inside."""
        try:
            if not inside:
                gate(run, folder)
            with transaction.atomic():
                JobRun.objects.create(kind="effect", label=f"{run.pk}", message=f"attempt {run.attempts}")
                if inside:
                    gate(run, folder)
                services.hold(run)
        finally:
            Path(folder, f"left-{run.attempts}").touch()
        return {"attempt": run.attempts}

    @job("live.plain", label="一步完成")
    def plain(run):
        JobRun.objects.create(kind="effect", label=f"{run.pk}")


def main(command: str, *arguments: str) -> None:
    django.setup()
    register()

    from supervision import celery_app
    from supervision.jobs import services, tasks
    from supervision.jobs.models import JobRun

    if command == "worker":
        # One thread: messages are worked off in the order they came.
        options = ["--pool=threads", "--concurrency=1", "--loglevel=INFO", f"--hostname={os.getpid()}@%h"]
        celery_app.worker_main(["worker", "--without-gossip", "--without-mingle", *options])
    elif command == "enqueue":
        print(services.enqueue(arguments[0], json.loads(arguments[1])).pk)
    elif command == "deliver":
        for _ in range(int(arguments[1])):
            tasks.run_job.delay(int(arguments[0]))
    elif command == "sweep":
        print(json.dumps(services.sweep()))
    elif command == "forget":
        past = timezone.now() - timedelta(minutes=2)
        print(JobRun.objects.create(kind="live.forgotten", label="被遗忘的任务", created_at=past).pk)
    elif command == "await":
        while not (run := JobRun.objects.get(pk=arguments[0])).finished:
            time.sleep(0.1)
        print(run.state)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
