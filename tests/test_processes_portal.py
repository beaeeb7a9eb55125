"""`manage.py portal` as a whole: start, second start, things killed under it, stop."""

import http.client
import os
import signal
import socket

import pytest
from django.db import connection

from .processes import wait_until

pytestmark = pytest.mark.processes


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def portal(processes, port):
    """Start the portal in this test's data folder: on SQLite with the embedded database of a first start,
    on PostgreSQL with the test's database."""
    if connection.vendor == "sqlite":
        processes.environment["DATABASE_URL"] = ""

    def start():
        return processes.start("manage.py", "portal", "--port", str(port), "--no-demo", log="portal.log")

    return start


def get(port, path) -> int | None:
    """The status of a page; None when nobody answers."""
    try:
        page = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        page.request("GET", path)
        return page.getresponse().status
    except (OSError, http.client.HTTPException):
        return None


def answering(processes, port, process, start=1) -> None:
    """Wait until the portal has shown its address, for the given time in this folder, and answers."""

    def answers():
        assert process.poll() is None, processes.log("portal.log")
        shown = processes.log("portal.log").count(f"http://127.0.0.1:{port}/")
        return shown == start and get(port, "/login/")

    assert wait_until(answers, "the portal answered") == 200, processes.log("log/web.log")


def running(processes, program) -> list[int]:
    """The process ids of one of the portal's programs, the oldest (the master) first."""
    return sorted(pid for pid, command in processes.alive().items() if f"-m {program}" in command)


def test_a_day_in_the_life(processes, portal, port):
    process = portal()
    answering(processes, port, process)

    # A second one in the same folder is told so and harms nothing.
    second = portal()
    assert second.wait() != 0
    assert f"平台已在运行（进程号 {process.pid}）" in processes.log("portal.log")
    assert get(port, "/login/") == 200

    # Scheduler, sweep, broker and worker together: a forgotten run is found. That its kind is unknown to
    # this worker shows that it was the worker that looked at it.
    assert processes.live("await", processes.live("forget")) == "failed"

    # Whatever dies is started again.
    for program in ("gunicorn", "celery"):
        before = wait_until(lambda program=program: running(processes, program), f"{program} ran")
        os.kill(before[0], signal.SIGKILL)
        wait_until(
            lambda before=before, program=program: (
                (now := running(processes, program)) and not set(now) & set(before)
            ),
            f"{program} was replaced",
        )
    answering(processes, port, process)

    os.kill(process.pid, signal.SIGINT)
    assert process.wait() == 0, processes.log("portal.log")
    assert processes.alive() == {}
    assert get(port, "/login/") is None


@pytest.mark.once  # a first start on SQLite is seen above and by the browser
def test_killed_outright_it_leaves_nothing_behind_and_starts_again(processes, portal, port):
    process = portal()
    answering(processes, port, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # At once, while its children are still on their way out.
    process = portal()
    answering(processes, port, process, start=2)
    wait_until(lambda: len(running(processes, "gunicorn")) == 3, "only the new web server was left")
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait() == 0, processes.log("portal.log")
    assert processes.alive() == {}


def test_a_port_in_use_is_named(processes, portal, port, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        process = portal()
        assert process.wait() == 1
    assert f"端口 {port} 已被其他程序占用" in processes.log("portal.log")
    assert "Traceback" not in processes.log("portal.log")
    assert processes.alive() == {}


def test_interrupted_while_it_prepares_it_just_ends(processes, portal, port):
    process = portal()
    wait_until((processes.var / "portal.lock").exists, "it had begun")
    os.kill(process.pid, signal.SIGINT)
    assert process.wait() != 0
    assert "Traceback" not in processes.log("portal.log")
    assert processes.alive() == {}
