"""The portal as `make run` starts it, in a folder of its own, for the browser to look at.

    with Portal(folder) as portal: …            web server, worker and scheduler at portal.url
    python -m tests.browser.portal short|whole  what it runs first: fill the database of the environment

The short demonstration has every kind of project, unit and person of the whole one, but only a few candidacies:
the whole one takes a minute.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STARTUP_SECONDS = 120

# Years long past by the day of the test, so that every journey has come as far as it says.
YEAR = 2025
PLANNED = "桃源大桥"
SECTIONED = "宿连航道二期"
STORIES = [
    {
        "scheme": "XYB",
        "stage": "listing",
        "year": YEAR,
        "stands": {
            PLANNED: "planned",
            "宿迁大道": "not_listed",
            SECTIONED: "creating",
            "267省道泗阳段改扩建工程": "declared!",
            "演示·船闸扩容工程（演示）": "screening",
        },
    },
    {
        "scheme": "PAGD-CITY",
        "stage": "creation",
        "year": YEAR,
        "stands": {
            SECTIONED: "planned supplement declared!",
            "267省道泗阳段改扩建工程": "returned excellent",
        },
    },
    {
        "scheme": "PZ-CITY",
        "stage": "listing",
        "year": YEAR,
        "stands": {
            "演示·S245改扩建工程沭阳段（演示）": "publicity",
            "演示·S245改扩建工程泗阳段（演示）": "site_review",
            "演示·S245改扩建工程洋河段（演示）": "named",
            "演示·泗洪港区通用码头工程（演示）": "objection",
            "演示·泗阳大桥新建工程（演示）": "supplement!",
            "演示·干线航道整治工程（演示）": "judging",
        },
    },
]


class Portal:
    """`manage.py portal` in `var`, with demo data; stopped, children included, at the end of the block."""

    def __init__(self, var: Path, *, demo: str = "short", database_url: str = ""):
        self.var, self.demo = var, demo
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        self.environment = kept | {"PORTAL_VAR": str(var), "DATABASE_URL": database_url}

    def __enter__(self) -> "Portal":
        self.run("manage.py", "migrate", "--verbosity", "0")
        self.run("-m", "tests.browser.portal", self.demo)
        with (self.var / "portal.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "portal", "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wait(self) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while True:
            with suppress(OSError):
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
                return
            log = (self.var / "portal.log").read_text(errors="replace")
            assert self.process.poll() is None and time.monotonic() < deadline, log
            time.sleep(0.1)

    def __exit__(self, *exception) -> None:
        # It ends its children itself; what is left of the group after that is killed.
        self.process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def fill(demo: str) -> None:
    """Load the demonstration, whole or short, into the database of the environment."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")
    django.setup()
    from django.core.management import call_command

    from projects.loading import demo as demonstration

    if demo == "short":
        whole = demonstration.read_demo
        demonstration.read_demo = lambda: whole() | {"stories": STORIES}
    from supervision.jobs.management.commands.portal import demonstrations

    for command in demonstrations() if demo == "whole" else ["load_demo"]:
        call_command(command, verbosity=0)


if __name__ == "__main__":
    fill(sys.argv[1])
