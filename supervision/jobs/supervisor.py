"""Keeps the embedded portal's processes running: starts them, restarts what dies, stops all of it."""

import ctypes
import errno
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.2
STOP_SECONDS = 12
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60
LOG_LIMIT = 10 * 1024 * 1024
PR_SET_PDEATHSIG = 1


def _end_with_parent(parent: int):
    """What a child does before its program starts: ask Linux to end it should we be killed outright."""
    try:
        libc = ctypes.CDLL(None)
        prctl = libc.prctl
    except (OSError, AttributeError):
        return None

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


@dataclass
class Child:
    """One program in a process group of its own, its output in a log file."""

    label: str
    command: list[str]
    log: Path
    cwd: Path
    process: subprocess.Popen | None = None
    started: float = 0.0
    pause: float = 0.0
    due: float = 0.0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - commands of our own
                self.command,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_end_with_parent(os.getpid()),
            )
        self.started = time.monotonic()

    def signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def group_alive(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Supervisor:
    """Runs children until `request_stop()`, which is safe to call from a signal handler."""

    def __init__(self, children: list[Child], say=print):
        self.children = children
        self.say = say
        self.stopping = 0

    def request_stop(self, *_signal) -> None:
        self.stopping += 1

    def start(self) -> None:
        for child in self.children:
            child.start()

    def watch(self) -> None:
        """Restart what dies, pausing longer each time it dies young; returns once a stop is requested."""
        while not self.stopping:
            for child in self.children:
                self._tend(child)
            time.sleep(POLL_SECONDS)

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.due:
            if now >= child.due:
                child.due = 0.0
                child.start()
            return
        code = child.process.poll()
        if code is None:
            return
        # What it leaves behind would keep its port, or work beside its successor.
        child.signal_group(signal.SIGKILL)
        steady = now - child.started > STEADY_SECONDS
        child.pause = 1.0 if steady or not child.pause else min(child.pause * 2, LONGEST_PAUSE)
        child.due = now + child.pause
        self.say(f"{child.label}意外退出（{code}），{child.pause:.0f} 秒后重新启动；日志：{child.log}")

    def stop(self) -> None:
        """End every group and wait: politely first, by force after a while or at a second request."""
        running = [child for child in self.children if child.process]
        asked = self.stopping
        for child in running:
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.process.poll() is None for child in running):
            if time.monotonic() > deadline or self.stopping > max(asked, 1):
                break
            time.sleep(POLL_SECONDS / 4)
        for child in running:
            child.signal_group(signal.SIGKILL)
            child.process.wait()
        # Grandchildren are not ours to wait for; they vanish once init has seen them.
        deadline = time.monotonic() + 2
        while any(child.group_alive() for child in running) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS / 4)


def port_taken(host: str, port: int) -> bool:
    """Whether something listens at this address already. Raises OSError for an address that is not ours."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise
    return False


def answers(host: str, port: int) -> bool:
    """Whether a connection to this address is accepted."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
