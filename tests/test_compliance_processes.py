"""Figures with real processes: killed in the middle of writing, and several writing the same day at once."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from supervision.jobs import services as jobs
from supervision.jobs.models import JobRun
from supervision.plan.models import ComplianceRun, MemberList, Snapshot
from tests.factories import candidacy, project, target

from .processes import kill, wait_until

pytestmark = pytest.mark.processes

# Runs the job and stops for ever once its rows are written and its transaction is still open.
STOPS = """
import os, sys, time
from pathlib import Path
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")
import django
django.setup()
from supervision.jobs.services import execute
from supervision.plan import services
write = services.write_snapshots
def write_and_wait(*arguments, **options):
    write(*arguments, **options)
    Path(sys.argv[2], "written").touch()
    time.sleep(600)
services.write_snapshots = write_and_wait
execute(int(sys.argv[1]))
"""

# Waits for the others at the door, then computes and stores the day.
RACES = """
import sys, time
from datetime import date
from pathlib import Path
from supervision.plan.services import compute, store
folder, name, day = Path(sys.argv[1]), sys.argv[2], date.fromisoformat(sys.argv[3])
results = compute(day, day.year)
(folder / f"ready-{name}").touch()
while not (folder / "go").exists():
    time.sleep(0.005)
store(results, day, day.year)
(folder / f"done-{name}").touch()
"""


@pytest.fixture
def goal(transactional_db):
    goal = target()
    for listed in (True, True, False):
        candidacy(
            project(),
            year=2025,
            declared_on=date(2025, 3, 1),
            listing_decided_on=date(2025, 5, 1),
            listed=listed,
        )
    return goal


def test_a_job_killed_while_writing_leaves_nothing_and_its_rerun_completes(processes, goal, monkeypatch):
    monkeypatch.setattr(jobs, "send", lambda run_id: True)
    run = jobs.enqueue("compliance", {"as_of": "2025-06-30"})
    victim = processes.start("-c", STOPS, str(run.pk), str(processes.var))
    wait_until(
        lambda: Path(processes.var, "written").exists() or victim.poll() is not None, "the rows were written"
    )
    assert victim.poll() is None, processes.log("process.log")
    kill(victim)
    victim.wait()
    run.refresh_from_db()
    assert run.state == JobRun.State.RUNNING
    assert not any(model.objects.exists() for model in (ComplianceRun, Snapshot, MemberList))

    JobRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    assert jobs.sweep()["requeued"] == 1
    jobs.execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts) == (JobRun.State.DONE, 2)
    [made] = ComplianceRun.objects.all()
    figure = made.snapshots.get(dimension="total")
    assert (figure.numerator, figure.denominator, figure.counted.count) == (2, 3, 2)


def test_four_at_once_leave_one_whole_run(processes, goal):
    codes = processes.at_once([(RACES, processes.var, number, "2025-06-30") for number in range(4)])
    assert codes == [0] * 4, processes.log("process.log")
    assert len(list(processes.var.glob("done-*"))) == 4
    [made] = ComplianceRun.objects.all()
    assert [row.dimension for row in made.snapshots.order_by("dimension")] == ["district", "sector", "total"]
    assert Snapshot.objects.count() == 3
