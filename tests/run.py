"""`make test`: the whole suite on SQLite, and again on PostgreSQL with Redis; the pages in a real Chromium.

    python -m tests.run [pytest arguments]

TEST_DATABASE_URL and TEST_REDIS_URL name servers to use; without them private ones are started from the
machine's binaries. The runs go side by side; the pages are driven once, on SQLite. The generated tests that ask
one ledger's pages and API over and over, by the same code on every database (marked `divided`), are shared out:
each back end takes every other ledger, and what needs no database runs once; WHOLE=1 gives all of it to both.
What the machine cannot run is shouted about at the end, and is an error under REQUIRE_ALL=1.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from . import backends

ROOT = Path(__file__).resolve().parent.parent
# A name pattern that selects nothing in one of the runs is no failure of that run.
NOTHING_COLLECTED = 5
ENDING_SECONDS = 60


@dataclass
class Suite:
    title: str
    environment: dict
    arguments: list
    process: subprocess.Popen | None = None

    def start(self, output=None) -> None:
        kept_out = ("DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE")
        environment = {name: value for name, value in os.environ.items() if name not in kept_out}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *self.arguments],
            cwd=ROOT,
            env=environment | self.environment,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
        )


def private_or_given(stack: ExitStack, variable: str, server: type[backends.Server], missing: list) -> str:
    """The URL of a server for this run, "" (and a note in `missing`) when there is none to be had."""
    if given := os.environ.get(variable):
        return given
    try:
        return stack.enter_context(server()).url
    except backends.NotInstalled as absent:
        missing.append(f"{absent}: not installed, and {variable} is not set")
        return ""


def suites(stack: ExitStack, arguments: list, missing: list) -> list[Suite]:
    """The runs this machine can do."""

    def folder(name: str) -> str:
        return stack.enter_context(tempfile.TemporaryDirectory(prefix=f"portal-{name}-"))

    plain = ["-m", "not browser", *arguments]
    found = [Suite("SQLite, filesystem broker", {"PORTAL_VAR": folder("var")}, plain)]

    postgres = private_or_given(stack, "TEST_DATABASE_URL", backends.Postgres, missing)
    redis = private_or_given(stack, "TEST_REDIS_URL", backends.Redis, missing)
    if postgres or redis:
        first, second = (
            ({}, {}) if os.environ.get("WHOLE") == "1" else ({"TEST_HALF": "0"}, {"TEST_HALF": "1"})
        )
        found[0].environment |= first
        title = f"{'PostgreSQL' if postgres else 'SQLite'}, {'Redis' if redis else 'filesystem'} broker"
        environment = {"PORTAL_VAR": folder("var"), "DATABASE_URL": postgres, "REDIS_URL": redis, **second}
        found.append(Suite(title, environment, plain))

    try:
        backends.chromium()
    except backends.NotInstalled as absent:
        missing.append(f"{absent}: not installed, no page was driven in a browser")
    else:
        found.append(Suite("Pages in Chromium", {"PORTAL_VAR": folder("var")}, ["-m", "browser", *arguments]))
    if not shutil.which("soffice"):
        missing.append("soffice (LibreOffice): not installed, no exported sheet was printed")
    return found


def kept_byte_code(stack: ExitStack) -> dict:
    """Where Python writes no byte code, a folder for it that goes with the run: the many processes that tests start
    would each compile the whole portal anew."""
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONPYCACHEPREFIX": stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-code-"))}


def shout(lines: list[str]) -> None:
    width = max(len(line) for line in lines) + 4
    print("\n".join(["", "#" * width, *(f"# {line}".ljust(width - 1) + "#" for line in lines), "#" * width]))


def main(arguments: list[str]) -> int:
    """Run everything; returns 0 only when every run that took place passed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    strict = os.environ.get("REQUIRE_ALL") == "1"
    missing: list[str] = []
    began = time.monotonic()
    with ExitStack() as stack:
        byte_code = kept_byte_code(stack)
        runs = suites(stack, arguments, missing)
        if strict and missing:
            shout(["REQUIRE_ALL=1, but this machine lacks:", *missing])
            return 1
        outputs = [None, *(stack.enter_context(tempfile.TemporaryFile()) for _ in runs[1:])]
        stack.callback(stop, runs)
        for run, output in zip(runs, outputs, strict=True):
            run.environment |= byte_code
            run.start(output)
        results = []
        for run, output in zip(runs, outputs, strict=True):
            if output is None:
                print(f"==== {run.title}", flush=True)
            code = run.process.wait()
            if output is not None:
                output.seek(0)
                print(f"\n==== {run.title}", flush=True)
                sys.stdout.flush()
                sys.stdout.buffer.write(output.read())
                sys.stdout.flush()
            results.append((run.title, code))

    print(f"\nBack ends that ran ({time.monotonic() - began:.0f} s):")
    for title, code in results:
        verdict = {0: "passed", NOTHING_COLLECTED: "no test selected"}.get(code, f"FAILED (exit {code})")
        print(f"  {title}: {verdict}")
    if missing:
        shout(["LEFT OUT", *missing])
    codes = [code for _, code in results]
    if all(code == NOTHING_COLLECTED for code in codes):
        return NOTHING_COLLECTED
    return next((code for code in codes if code not in (0, NOTHING_COLLECTED)), 0)


def stop(runs: list[Suite]) -> None:
    """End what an interrupt left running, before the servers under it go away."""
    going = [run.process for run in runs if run.process and run.process.poll() is None]
    for process in going:
        # As from the keyboard: told to terminate, pytest would leave the portal it drives behind.
        process.send_signal(signal.SIGINT)
    for process in going:
        try:
            process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
