"""A backup taken as docs/deploy.md says and restored elsewhere: the same figures, files and a history that verifies."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection

from projects.models import Project
from supervision.papers.services import attach
from supervision.rules import calendar
from tests.factories import COMMAND

from . import backends
from .processes import ROOT, database_url

pytestmark = pytest.mark.processes
DAY = ("compliance", "--as-of", "2024-12-31", "--json", "--dry-run")


@pytest.fixture
def elsewhere(tmp_path):
    """Another machine's data folder, and its empty database with the address under which it is opened."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    if connection.vendor == "sqlite":
        yield folder, f"sqlite:///{folder}/portal.sqlite3"
        return
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
    yield folder, database_url().replace(connection.settings_dict["NAME"], name)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def carry_over(folder, address) -> None:
    """Dump this test's database and restore it at `address`."""
    if connection.vendor == "sqlite":
        source = sqlite3.connect(connection.settings_dict["NAME"])
        with sqlite3.connect(folder / "portal.sqlite3") as copy:
            source.backup(copy)
        source.close()
        return
    binaries = backends.Postgres.binaries()
    dump = folder / "portal.dump"
    subprocess.run(
        [binaries / "pg_dump", "--format=custom", f"--file={dump}", database_url()], check=True, cwd=folder
    )
    restore = [binaries / "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={address}", dump]
    subprocess.run(restore, check=True, cwd=folder)


def there(folder, address, *command: str) -> subprocess.CompletedProcess:
    """Run a command of the portal on the other machine."""
    environment = os.environ | {"PORTAL_VAR": str(folder), "DATABASE_URL": address, "REDIS_URL": ""}
    return subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def test_a_restored_backup_gives_the_same_figures_and_a_history_that_verifies(
    transactional_db, elsewhere, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    call_command("load_plan", stdout=StringIO())
    calendar.forget()
    attach(Project.objects.first(), ContentFile(b"minutes", name="纪要.txt"), "其他", COMMAND)
    out = StringIO()
    call_command(*DAY, stdout=out)
    figures = json.loads(out.getvalue())
    assert len(figures) == 21

    folder, address = elsewhere
    carry_over(folder, address)
    assert there(folder, address, "migrate", "--check").returncode == 0, "nothing is left to migrate"
    found = there(folder, address, "verify_history")
    assert found.returncode == 1, "the files were not carried over yet"
    shutil.copytree(settings.MEDIA_ROOT, folder / "media")
    found = there(folder, address, "verify_history")
    assert found.returncode == 0, found.stdout
    assert json.loads(there(folder, address, *DAY).stdout) == figures
