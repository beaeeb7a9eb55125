"""Start and watch real operating-system processes against the test database."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 60


def wait_until(condition, what: str):
    """The first true value of `condition()`; fails with `what` when it never comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.03)
    return value


def database_url() -> str:
    """The DATABASE_URL under which another process opens the database of this test."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user, password, name = (quote(str(database[key]), safe="") for key in ("USER", "PASSWORD", "NAME"))
    query = "&".join(
        f"{key.lower()}={quote(str(database[key]))}" for key in ("HOST", "PORT") if database[key]
    )
    return f"postgres://{user}:{password}@/{name}?{query}"


class Processes:
    """The processes of one test: same database, a broker of their own; all gone when the test ends."""

    def __init__(self, var: Path):
        self.var = var
        self.environment = os.environ | {
            "PORTAL_VAR": str(var),
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "PYTHONUNBUFFERED": "1",
        }
        self.started: list[subprocess.Popen] = []

    def start(self, *command: str, log: str = "process.log", **environment: str) -> subprocess.Popen:
        """Start `python command…` in a process group of its own, its output appended to var/log."""
        with (self.var / log).open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self.started.append(process)
        return process

    def run(self, *command: str, **environment: str) -> str:
        """Run `python command…` to its end and return what it printed; fails the test on an error."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def live(self, *arguments, **environment: str) -> str:
        return self.run("-m", "tests.live", *(str(argument) for argument in arguments), **environment)

    def worker(self) -> subprocess.Popen:
        return self.start("-m", "tests.live", "worker", log="worker.log")

    def at_once(self, programs: list[tuple]) -> list[int]:
        """Run Python programs, each with its arguments in a process of its own, and return their exit codes.

        Each makes itself ready, touches var/ready-NAME and waits until var/go is there: no earlier than all are ready.
        They are loaded once and forked (see tests/crowd.py).
        """
        told = self.var / "crowd.json"
        told.write_text(json.dumps([[program, [str(one) for one in given]] for program, *given in programs]))
        crowd = self.start("-m", "tests.crowd", str(told))
        wait_until(
            lambda: len(list(self.var.glob("ready-*"))) == len(programs) or crowd.poll() is not None,
            "all stood at the door",
        )
        (self.var / "go").touch()
        assert crowd.wait(PATIENCE_SECONDS) == 0, self.log("process.log")
        return json.loads(told.with_suffix(".ended").read_text())

    def log(self, name: str) -> str:
        path = self.var / name
        return path.read_text(errors="replace") if path.exists() else ""

    def alive(self) -> dict[int, str]:
        """Process id → command line of everything that still runs with this test's data folder."""
        mark = f"PORTAL_VAR={self.var}".encode()
        found = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                try:
                    if mark in (folder / "environ").read_bytes().split(b"\0"):
                        command = (
                            (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                        )
                        found[int(folder.name)] = command
                except OSError:
                    continue  # it ended meanwhile, or is not ours to read
        return found

    def end(self) -> None:
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pid in self.alive():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.alive(), "every process of the test was gone")


def kill(process: subprocess.Popen) -> None:
    """kill -9, children included."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
