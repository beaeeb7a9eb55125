"""`manage.py portal`: the whole embedded portal in one terminal."""

import fcntl
import os
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command, get_commands
from django.db import connections

from supervision.jobs.supervisor import Child, Supervisor, answers, port_taken

# How long a predecessor that was killed may take to give its port back.
PATIENCE_SECONDS = 15
LOGINS = "demo-logins.txt"


def demonstrations() -> list[str]:
    """The commands that load the demonstration: the registry's first, then what the other rooms lay upon it, in the
    order of the house."""
    known, rooms = get_commands(), [config.name for config in apps.get_app_configs()]
    found = [name for name in known if name.startswith("load_demo")]
    return sorted(found, key=lambda name: rooms.index(known[name]))


class Command(BaseCommand):
    help = "Prepare the database, then run web server, worker and scheduler until Ctrl-C."
    # The checks run with migrate; running them before it would ask a database that is not there yet.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-demo", action="store_true", help="start without demo data")

    def handle(self, *, host, port, no_demo, **options):
        var = Path(settings.VAR)
        supervisor = Supervisor(self.children(host, port, var), say=self.say)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.interrupted)
        with self.only_one(var) as predecessor_was_killed:
            self.wait_for_port(host, port, PATIENCE_SECONDS if predecessor_was_killed else 0)
            self.prepare(no_demo)
            if (var / LOGINS).exists():
                # Its logins are for looking around: passwords on show need no second factor and do not expire.
                os.environ.setdefault("PORTAL_REQUIRE_TOTP", "0")
                os.environ.setdefault("PORTAL_PASSWORD_DAYS", "0")
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, supervisor.request_stop)
            try:
                supervisor.start()
                self.greet(supervisor, host, port, var)
                supervisor.watch()
                self.say("正在停止……")
            finally:
                supervisor.stop()
            self.say("已停止。数据保存在 " + str(var))

    @staticmethod
    def interrupted(number, frame):
        """While preparing there is nothing to stop but ourselves; transactions roll back."""
        sys.exit(128 + number)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def children(self, host: str, port: int, var: Path) -> list[Child]:
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        scratch = "/dev/shm" if Path("/dev/shm").is_dir() else str(var)  # noqa: S108 - heartbeat files of gunicorn
        web = ["gunicorn", "supervision.wsgi:application", "--bind", address]
        web += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "5"]
        web += ["--worker-tmp-dir", scratch, "--no-control-socket"]
        worker = ["celery", "-A", "supervision", "worker", "--beat", "--schedule", str(var / "beat-schedule")]
        worker += ["--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING"]
        worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return [
            Child(label, [sys.executable, "-m", *command], var / "log" / log, Path(settings.BASE_DIR))
            for label, command, log in (("网页服务", web, "web.log"), ("后台任务", worker, "worker.log"))
        ]

    @contextmanager
    def only_one(self, var: Path):
        """Hold the data folder; the lock belongs to this process and vanishes with it, however it ends.

        Yields whether the one before left its number behind, because it was killed.
        """
        var.mkdir(parents=True, exist_ok=True)
        with (var / "portal.lock").open("a+") as lock:
            lock.seek(0)
            holder = lock.read().strip()
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CommandError(f"平台已在运行（进程号 {holder or '未知'}），数据目录：{var}") from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            try:
                yield bool(holder)
            finally:
                lock.truncate(0)

    def wait_for_port(self, host: str, port: int, patience: float) -> None:
        """Refuse a port in use; one that a killed predecessor's children hold comes free by itself."""
        deadline = time.monotonic() + patience
        try:
            while port_taken(host, port):
                if time.monotonic() >= deadline:
                    raise CommandError(f"端口 {port} 已被其他程序占用。换一个端口：make run PORT={port + 1}")
                time.sleep(0.3)
        except OSError as error:
            raise CommandError(f"不能在 {host}:{port} 上监听：{error.strerror or error}") from None

    def prepare(self, no_demo: bool) -> None:
        """Database, rules, plan, standards, series, templates; at the first start demo data. Overwrites nothing."""
        Path(settings.STATIC_ROOT).mkdir(
            exist_ok=True
        )  # may stay empty: static files are found where they are
        call_command("migrate", interactive=False, verbosity=0)
        known = get_commands()
        for command in ("load_rules", "load_plan", "load_standards", "load_series", "load_report_templates"):
            if command in known:
                call_command(command, verbosity=0)
        demo = demonstrations()
        if not no_demo and demo and not get_user_model()._default_manager.exists():
            self.say("首次启动，正在载入演示数据……")
            for command in demo:
                call_command(command, verbosity=0)
        connections.close_all()

    def greet(self, supervisor: Supervisor, host: str, port: int, var: Path) -> None:
        """Say where the portal is once it answers, or where to look when it does not."""
        deadline = time.monotonic() + 60
        web = supervisor.children[0]
        while not supervisor.stopping and not answers(host, port):
            if web.process.poll() is not None or time.monotonic() > deadline:
                tail = web.log.read_text(errors="replace")[-2000:]
                raise CommandError(f"网页服务未能启动，日志 {web.log}：\n{tail}")
            time.sleep(0.1)
        if supervisor.stopping:
            return
        shown = f"[{host}]" if ":" in host else host
        self.say(f"\n平台已启动：http://{shown}:{port}/")
        logins = var / LOGINS
        if logins.exists():
            self.say(logins.read_text().rstrip())
        self.say(f"日志：{var / 'log'}    停止：Ctrl-C\n")
