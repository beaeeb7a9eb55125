"""Jobs within one process: how runs start, report, end, fail, and are picked up."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from supervision import celery_app
from supervision.jobs import pulse, registry, services, tasks
from supervision.jobs.models import JobRun
from supervision.people import history_guard
from supervision.people.models import User
from supervision.people.scope import Reach

State = JobRun.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def kind(monkeypatch):
    """Register functions under throw-away kinds: kind("name", fn, **options)."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))

    def register(name, function, **options):
        registry.job(name, label=f"测试·{name}", **options)(function)
        return name

    return register


@pytest.fixture
def broker(monkeypatch):
    """Stands for the broker: a list of the run ids sent; set `.away` to make it fail."""

    class Broker(list):
        away = False

        def take(self, args, **options):
            if self.away:
                raise ConnectionError("no broker")
            self.append(args[0])

    broker = Broker()
    monkeypatch.setattr(tasks.run_job, "apply_async", broker.take)
    return broker


@pytest.fixture
def people():
    with history_guard.writer():
        return [User.objects.create(username=name, name=name) for name in ("张三", "李四")]


def age(run, **fields):
    """Move a run's time stamps into the past (seconds)."""
    now = timezone.now()
    JobRun.objects.filter(pk=run.pk).update(
        **{field: now - timedelta(seconds=seconds) for field, seconds in fields.items()}
    )


def fresh(run) -> JobRun:
    return JobRun.objects.get(pk=run.pk)


# Registry


def test_a_kind_is_registered_once(kind):
    kind("one", lambda run: None)
    with pytest.raises(ValueError, match="one"):
        registry.job("one", label="另一个")(lambda run, other: None)


def test_an_unknown_kind_is_named(kind):
    kind("known", lambda run: None)
    with pytest.raises(registry.UnknownJob, match="'no-such'.*known"):
        services.enqueue("no-such", {})
    assert not JobRun.objects.exists()


def test_whatever_is_scheduled_exists():
    for name, entry in celery_app.conf.beat_schedule.items():
        assert entry["task"] in celery_app.tasks, name
        if entry["task"] == tasks.start_scheduled.name:
            assert registry.get(entry["args"][0]), name


# Enqueue


def test_sent_after_commit_only(kind, broker, django_capture_on_commit_callbacks):
    kind("late", lambda run: None)
    with django_capture_on_commit_callbacks(execute=True):
        run = services.enqueue("late", {"n": 1})
        assert broker == []
    assert broker == [run.pk]
    run = fresh(run)
    assert (run.state, run.label, run.params, run.attempts) == (State.QUEUED, "测试·late", {"n": 1}, 0)
    assert run.sent_at is not None


def test_a_rolled_back_action_starts_nothing(kind, broker, django_capture_on_commit_callbacks):
    kind("undone", lambda run: None)
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                services.enqueue("undone", {})
                raise FieldError
        except FieldError:
            pass
    assert broker == []
    assert not JobRun.objects.exists()


def test_a_broker_away_fails_nobody_and_the_sweep_sends_later(
    kind, broker, django_capture_on_commit_callbacks
):
    kind("patient", lambda run: None)
    broker.away = True
    with django_capture_on_commit_callbacks(execute=True):
        run = services.enqueue("patient", {})
    assert fresh(run).sent_at is None
    age(run, created_at=services.RESEND_SECONDS + 1)
    assert services.sweep()["resent"] == 0
    broker.away = False
    assert services.sweep() == {"requeued": 0, "failed": 0, "resent": 1}
    assert broker == [run.pk]
    # It has just been sent: the next sweep gives the workers time.
    assert services.sweep()["resent"] == 0


def test_one_unfinished_run_per_key(kind, broker, people):
    kind("keyed", lambda run: None)
    first = services.enqueue("keyed", {}, people[0], key="2026")
    assert services.enqueue("keyed", {}, people[1], key="2026").pk == first.pk
    assert services.enqueue("keyed", {}, people[1], key="2027").pk != first.pk
    assert services.enqueue("keyed", {}).pk != services.enqueue("keyed", {}).pk
    services.execute(first.pk)
    assert services.enqueue("keyed", {}, people[0], key="2026").pk != first.pk


def test_the_database_itself_refuses_a_second_unfinished_run(kind):
    JobRun.objects.create(kind="k", label="k", key="x")
    JobRun.objects.create(kind="k", label="k", key="x", state=State.DONE)
    with pytest.raises(IntegrityError), transaction.atomic():
        JobRun.objects.create(kind="k", label="k", key="x", state=State.RUNNING)


def test_losing_the_race_for_a_key_returns_the_winner(kind, monkeypatch):
    kind("raced", lambda run: None)
    winner = JobRun.objects.create(kind="raced", label="raced", key="x")
    looks = []
    look = services._unfinished

    def too_early(*args):
        looks.append(args)
        return None if len(looks) == 1 else look(*args)

    monkeypatch.setattr(services, "_unfinished", too_early)
    assert services.enqueue("raced", {}, key="x").pk == winner.pk


def test_scheduled_kinds_start_once_a_day(kind, broker, django_capture_on_commit_callbacks):
    kind("nightly", lambda run: None)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.start_scheduled("nightly")
    run = JobRun.objects.get()
    services.execute(run.pk)
    tasks.start_scheduled("nightly")
    assert JobRun.objects.count() == 1
    JobRun.objects.update(key="daily:2020-01-01")
    tasks.start_scheduled("nightly")
    assert JobRun.objects.count() == 2


# Execute


def test_a_run_ends_with_its_result(kind, broker):
    def work(run, n):
        for i in range(n):
            services.progress(run, i + 1, n, f"第 {i + 1} 项")
        services.result_path(run, "../清单.txt").write_text("好")
        return {"sum": n, "day": timezone.localdate()}

    kind("work", work)
    run = services.enqueue("work", {"n": 3})
    tasks.run_job(run.pk)
    run = fresh(run)
    assert (run.state, run.done, run.total, run.message, run.percent) == (State.DONE, 3, 3, "第 3 项", 100)
    assert run.result == {"sum": 3, "day": timezone.localdate().isoformat()}
    assert run.result_file == f"jobs/{run.pk}/清单.txt"
    assert Path(settings.MEDIA_ROOT, run.result_file).read_text() == "好"
    assert run.started_at and run.finished_at and run.finished
    assert run.error == ""


def test_a_task_delivered_twice_runs_once(kind, broker):
    ran = []
    kind("once", lambda run: ran.append(run.pk))
    run = services.enqueue("once", {})
    tasks.run_job(run.pk)
    tasks.run_job(run.pk)
    tasks.run_job(run.pk + 1)
    assert ran == [run.pk]
    assert fresh(run).attempts == 1


def test_a_message_for_the_person_is_shown_as_it_is(kind, broker):
    def fail(run):
        raise services.JobError("第 3 行没有单位名称。")

    kind("told", fail)
    run = services.enqueue("told", {})
    services.execute(run.pk)
    run = fresh(run)
    assert (run.state, run.error) == (State.FAILED, "第 3 行没有单位名称。")
    assert run.finished_at


def test_any_other_failure_is_readable_and_its_traceback_is_in_the_log(kind, broker, caplog):
    kind("broken", lambda run: {}["secret detail"])
    run = services.enqueue("broken", {})
    services.execute(run.pk)
    run = fresh(run)
    assert run.state == State.FAILED
    assert "secret detail" not in run.error
    assert f"任务编号 {run.pk}" in run.error
    assert "secret detail" in caplog.text


def test_a_result_that_cannot_be_stored_fails_the_run(kind, broker):
    kind("odd", lambda run: {"x": object()})
    run = services.enqueue("odd", {})
    services.execute(run.pk)
    assert fresh(run).state == State.FAILED


def test_a_kind_that_left_the_code_fails_readably(kind, broker):
    run = services.enqueue(kind("gone", lambda run: None), {})
    del registry._jobs["gone"]
    services.execute(run.pk)
    run = fresh(run)
    assert run.state == State.FAILED
    assert "gone" in run.error


def test_a_database_that_fails_leaves_the_run_to_the_sweep(kind, broker):
    def away(run):
        raise OperationalError("server closed the connection")

    kind("away", away)
    run = services.enqueue("away", {})
    services.execute(run.pk)
    assert fresh(run).state == State.RUNNING
    age(run, heartbeat_at=61)
    assert services.sweep()["requeued"] == 1


# run_now


def test_run_now_leaves_a_row(kind, people):
    kind("now", lambda run, n: {"n": n})
    run = services.run_now("now", {"n": 7}, people[0])
    assert (run.state, run.result, run.created_by) == (State.DONE, {"n": 7}, people[0])
    assert run.attempts == 1


def test_run_now_raises_what_went_wrong(kind):
    def fail(run):
        raise services.JobError("没有数据")

    kind("wrong", fail)
    with pytest.raises(services.JobError, match="没有数据"):
        services.run_now("wrong", {})
    assert JobRun.objects.get().state == State.FAILED


def test_run_now_survives_a_broken_transaction(kind):
    """A failed statement inside the caller's transaction must not keep the row from being written."""

    def clash(run):
        JobRun.objects.create(kind="k", label="k", key="x")
        JobRun.objects.create(kind="k", label="k", key="x")

    kind("clash", clash)
    with pytest.raises(IntegrityError):
        services.run_now("clash", {})
    assert JobRun.objects.get(kind="clash").state == State.FAILED


def test_an_interrupted_command_says_so(kind):
    def stop(run):
        raise KeyboardInterrupt

    kind("stopped", stop)
    with pytest.raises(KeyboardInterrupt):
        services.run_now("stopped", {})
    run = JobRun.objects.get()
    assert (run.state, run.error) == (State.FAILED, services.INTERRUPTED)


# Progress, cancel, hold


def test_progress_writes_rarely(kind, broker, django_assert_max_num_queries):
    def many(run):
        with django_assert_max_num_queries(1):
            for i in range(1000):
                services.progress(run, i, 1000)

    kind("many", many)
    services.execute(services.enqueue("many", {}).pk)
    assert JobRun.objects.get().state == State.DONE


def test_a_queued_run_is_cancelled_at_once(kind, broker, people):
    ran = []
    run = services.enqueue(kind("never", lambda run: ran.append(1)), {})
    services.cancel(run, people[0])
    assert (run.state, run.message) == (State.CANCELLED, "由张三取消")
    services.execute(run.pk)
    assert ran == []
    with pytest.raises(services.JobError, match="已取消"):
        services.cancel(run, people[0])


def test_a_running_one_learns_it_at_its_next_report(kind, broker, people, monkeypatch):
    monkeypatch.setattr(pulse, "TICK_SECONDS", 0)
    reached = []

    def long(run):
        services.progress(run, 1, 10)
        services.cancel(JobRun.objects.get(pk=run.pk), people[0])
        services.progress(run, 2, 10)
        reached.append(1)

    kind("long", long)
    run = services.enqueue("long", {})
    # The row was cancelled inside the job's own transaction here, so it is rolled back with the job; what
    # is looked at is that the job was stopped.
    services.execute(run.pk)
    assert reached == []


@pytest.mark.parametrize("end", [services.JobCancelled, services.JobLost])
def test_hold_refuses_an_attempt_that_lost_its_row(kind, broker, people, end):
    told = []

    def work(run):
        row = JobRun.objects.filter(pk=run.pk)
        if end is services.JobCancelled:
            services.cancel(row.get(), people[0])
        else:
            row.update(state=State.RUNNING, attempts=run.attempts + 1)
        try:
            services.hold(run)
        except services.JobStopped as stop:
            told.append(type(stop))
            raise

    kind("fenced", work)
    services.execute(services.enqueue("fenced", {}).pk)
    assert told == [end]


# Sweep


def running(kind, attempts=1, **fields):
    now = timezone.now()
    return JobRun.objects.create(
        kind=kind,
        label=kind,
        state=State.RUNNING,
        attempts=attempts,
        started_at=now,
        heartbeat_at=now,
        **fields,
    )


def test_silent_runs_are_requeued_then_given_up(kind, broker):
    kind("frail", lambda run: None, max_attempts=2)
    alive, silent, last = running("frail"), running("frail"), running("frail", attempts=2)
    for run in (silent, last):
        age(run, heartbeat_at=settings.JOBS_STALE_SECONDS + 1)
    assert services.sweep() == {"requeued": 1, "failed": 1, "resent": 0}
    assert broker == [silent.pk]
    assert [fresh(run).state for run in (alive, silent, last)] == [State.RUNNING, State.QUEUED, State.FAILED]
    assert "执行中断" in fresh(last).error
    assert "执行中断" in fresh(silent).message
    assert services.sweep() == {"requeued": 0, "failed": 0, "resent": 0}
    services.execute(silent.pk)
    assert (fresh(silent).state, fresh(silent).attempts) == (State.DONE, 2)


def test_a_clock_set_back_does_not_hide_the_dead(kind, broker):
    kind("future", lambda run: None)
    run = running("future")
    age(run, heartbeat_at=-3600)
    assert services.sweep()["requeued"] == 1


def test_two_sweeps_pick_up_once(kind, broker, monkeypatch):
    kind("shared", lambda run: None)
    run = running("shared")
    age(run, heartbeat_at=61)
    seen = JobRun.objects.get(pk=run.pk)
    assert services.sweep()["requeued"] == 1
    assert services._pick_up(seen, services._older("heartbeat_at", 60)) is None
    assert broker == [run.pk]


# Who sees it


def test_own_runs_and_for_the_bureau_the_portal_s(people):
    first, second = people
    mine = JobRun.objects.create(kind="a", label="a", created_by=first)
    JobRun.objects.create(kind="a", label="a", created_by=second)
    system = JobRun.objects.create(kind="a", label="a")
    roles = frozenset({"owner"})
    assert list(JobRun.objects.within(Reach(first.pk, roles))) == [mine]
    assert set(JobRun.objects.within(Reach(first.pk, roles, everything=True))) == {mine, system}
    assert not JobRun.objects.within(Reach(None)).exists()


# The heartbeat thread, on a database where another connection sees what this one wrote


@pytest.mark.django_db(transaction=True)
def test_heartbeat_and_progress_reach_other_connections(kind, broker, monkeypatch):
    monkeypatch.setattr(pulse, "TICK_SECONDS", 0.01)
    threads = []

    def work(run):
        threads.append(run.pulse._thread)
        services.progress(run, 5, 10, "一半")
        wait_for(lambda: fresh(run).done == 5)
        assert fresh(run).message == "一半"
        services.cancel(fresh(run), "王五")
        wait_for(lambda: run.pulse.stopped)
        with pytest.raises(services.JobCancelled):
            services.progress(run, 6)
        raise services.JobCancelled

    kind("beating", work)
    run = services.enqueue("beating", {})
    assert broker == [run.pk]
    services.execute(run.pk)
    run = fresh(run)
    assert (run.state, run.message, run.done) == (State.CANCELLED, "由王五取消", 5)
    assert not threads[0].is_alive()


@pytest.mark.django_db(transaction=True)
def test_held_effects_are_committed_with_the_run_still_ours(kind, broker):
    def work(run):
        with transaction.atomic():
            JobRun.objects.create(kind="effect", label="effect")
            services.hold(run)
        return {}

    kind("held", work)
    run = services.enqueue("held", {})
    services.execute(run.pk)
    assert fresh(run).state == State.DONE
    assert JobRun.objects.filter(kind="effect").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lost_attempt_does_not_overwrite_its_successor(kind, broker):
    def slow(run):
        JobRun.objects.filter(pk=run.pk).update(attempts=run.attempts + 1, message="第二次执行")
        return {"from": "the first"}

    kind("slow", slow)
    run = services.enqueue("slow", {})
    services.execute(run.pk)
    run = fresh(run)
    assert (run.state, run.result, run.message) == (State.RUNNING, None, "第二次执行")


def wait_for(condition):
    deadline = timezone.now() + timedelta(seconds=20)
    while not condition():
        assert timezone.now() < deadline, "did not come about"
        connection.ensure_connection()
