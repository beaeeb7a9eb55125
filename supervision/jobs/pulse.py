"""The sign of life of a running job: heartbeat and progress out, cancellation in."""

import logging
import threading
import time

from django.db import Error, connection
from django.utils import timezone

from .models import JobRun

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0


class JobStopped(Exception):
    """The running job no longer owns its row and must end without further effect."""


class JobCancelled(JobStopped):
    """Somebody cancelled the run."""


class JobLost(JobStopped):
    """The run counted as interrupted and was given to another worker."""


class Pulse:
    """Writes for one attempt of one run; every write is refused once the row belongs to another attempt.

    `start()` keeps it beating from a thread with its own database connection, so that neither a long
    statement nor an open transaction of the job hides its progress or holds up whoever cancels.
    Without `start()` (the caller sits in a transaction that no other connection can see) `report()`
    beats by itself.
    """

    def __init__(self, run: JobRun):
        self.run_id = run.pk
        self.mine = JobRun.objects.filter(pk=run.pk, state=JobRun.State.RUNNING, attempts=run.attempts)
        self.stopped: type[JobStopped] | None = None
        self._news: dict = {}
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._beaten = time.monotonic()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name=f"pulse-{self.run_id}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait until its connection is closed."""
        self._end.set()
        if self._thread:
            self._thread.join()

    def report(self, **fields) -> None:
        """Note new values for the row; raises JobStopped once the row is no longer ours."""
        with self._lock:
            self._news.update(fields)
        if self._thread is None and time.monotonic() - self._beaten >= TICK_SECONDS:
            self.beat()
        if self.stopped:
            raise self.stopped

    def take_news(self) -> dict:
        """What was reported and not written yet."""
        with self._lock:
            news, self._news = self._news, {}
        return news

    def beat(self) -> None:
        """Write heartbeat and news, or learn that the row is no longer ours."""
        news = self.take_news()
        self._beaten = time.monotonic()
        try:
            if not self.mine.update(heartbeat_at=timezone.now(), **news):
                self.stopped = why_lost(self.run_id)
        except Error:
            with self._lock:
                self._news = news | self._news
            raise

    def _loop(self) -> None:
        try:
            while not self._end.wait(TICK_SECONDS) and not self.stopped:
                try:
                    self._tick()
                except Error:
                    # A database that is away, or a job's own long write on SQLite: try again next time.
                    # The sweep waits for a minute of silence before it believes in a death.
                    log.warning("job %s: heartbeat could not be written", self.run_id, exc_info=True)
                    connection.close()
        finally:
            connection.close()

    def _tick(self) -> None:
        # A plain read first: on SQLite it passes while the job itself holds the write lock.
        if not self.mine.exists():
            self.stopped = why_lost(self.run_id)
        elif self._news or time.monotonic() - self._beaten >= HEARTBEAT_SECONDS:
            self.beat()


def why_lost(run_id: int) -> type[JobStopped]:
    """The reason a running attempt lost its row."""
    cancelled = JobRun.objects.filter(pk=run_id, state=JobRun.State.CANCELLED).exists()
    return JobCancelled if cancelled else JobLost
