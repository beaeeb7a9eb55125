"""Migrations: stopped in the middle one leaves nothing behind and is simply run again; none is forgotten."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from .contract.test_house import ROOMS


def test_each_migration_is_whole_or_not_at_all():
    ours = {config.label for config in apps.get_app_configs() if config.name.split(".")[0] in ROOMS}
    loader = MigrationLoader(None)
    mine = {key: migration for key, migration in loader.disk_migrations.items() if key[0] in ours}
    assert {"projects", "safety", "quality", "plan", "flows"} <= {label for label, _ in mine}
    assert [key for key, migration in mine.items() if not migration.atomic] == []


@pytest.mark.django_db
def test_models_and_migrations_agree(capsys):
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out
