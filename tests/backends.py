"""Private servers for tests, started from the machine's own binaries.

Each lives in a fresh temporary folder, listens on a unix socket only, and ends with its `with` block. So a
test run needs no prepared database, and two runs on one machine never meet.
"""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

STARTUP_SECONDS = 30


class NotInstalled(RuntimeError):
    """The machine has no binaries for this server."""


class StartFailed(RuntimeError):
    """The server was started but did not become ready; the message holds the end of its log."""


class Server:
    """A server process in a folder of its own; use as a context manager, `url` is valid inside it."""

    name = ""
    stop_signal = signal.SIGTERM
    url: str

    def __init__(self):
        self.process: subprocess.Popen | None = None
        self.folder: Path | None = None

    def __enter__(self):
        # Short, because a unix socket's path may hold about a hundred characters.
        self.folder = Path(tempfile.mkdtemp(prefix=f"portal-{self.name}-"))
        # Registered before anything starts: an interrupt while we wait must not leave a server behind.
        atexit.register(self.stop)
        try:
            self.start()
            self.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception):
        self.stop()

    def start(self) -> None:
        raise NotImplementedError

    def ready(self) -> bool:
        raise NotImplementedError

    def launch(self, *command: str, **options) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options
            )

    def wait(self) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = (self.folder / "server.log").read_text(errors="replace")
                raise StartFailed(f"{self.name} did not start:\n{log[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        atexit.unregister(self.stop)
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Server):
    """PostgreSQL with a superuser `portal` and a UTF-8 cluster whose collation pg_trgm can use for Chinese."""

    name = "pg"
    stop_signal = signal.SIGINT  # "fast": ends open connections instead of waiting for them

    def start(self) -> None:
        binaries = self.binaries()
        identity = _unprivileged()
        if identity:
            os.chown(self.folder, identity["user"], identity["group"])
        subprocess.run(
            [binaries / "initdb", "--no-sync", "--username=portal", "--auth=trust", "--encoding=UTF8"]
            + ["--locale=C.UTF-8", "--pgdata", self.folder / "data"],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            **identity,
        )
        quick = (
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "max_connections=60",
            "jit=off",
        )
        self.launch(
            str(binaries / "postgres"),
            *("-D", str(self.folder / "data"), "-k", str(self.folder), "-c", "listen_addresses="),
            *(part for setting in quick for part in ("-c", setting)),
            cwd=self.folder,
            **identity,
        )
        self.url = f"postgres://portal@/postgres?host={quote(str(self.folder))}"

    def ready(self) -> bool:
        import psycopg2

        try:
            psycopg2.connect(host=str(self.folder), user="portal", dbname="postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    @staticmethod
    def binaries() -> Path:
        """The folder that holds initdb and postgres; raises NotInstalled."""
        found = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
        debian = Path("/usr/lib/postgresql").glob("*/bin")
        found += sorted(
            debian, key=lambda path: [int(n) for n in path.parent.name.split(".") if n.isdigit()]
        )[::-1]
        for folder in found:
            if (folder / "initdb").exists() and (folder / "postgres").exists():
                return folder
        raise NotInstalled("PostgreSQL (initdb, postgres)")


class Redis(Server):
    """Redis that keeps nothing on disk."""

    name = "redis"

    def start(self) -> None:
        self.socket = self.folder / "redis.sock"
        self.launch(
            self.binary(),
            *("--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        )
        self.url = f"unix://{self.socket}"

    def ready(self) -> bool:
        import redis

        try:
            return redis.Redis(unix_socket_path=str(self.socket)).ping()
        except redis.ConnectionError:
            return False

    @staticmethod
    def binary() -> str:
        """The path of redis-server; raises NotInstalled."""
        if path := shutil.which("redis-server") or shutil.which("valkey-server"):
            return path
        raise NotInstalled("Redis (redis-server)")


def chromium() -> str:
    """The path of a Chromium-family browser; raises NotInstalled."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    raise NotInstalled("Chromium")


def _unprivileged() -> dict:
    """Popen arguments for another user where we are root, as whom PostgreSQL refuses to run."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise NotInstalled("an unprivileged user for PostgreSQL")
