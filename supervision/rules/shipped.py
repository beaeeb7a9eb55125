"""Rule sets that ship with the portal: data files of the apps, entered once, asked for by code and day.

An app says where its files are (`add_folder`, in `AppConfig.ready`); a file holds `rules:`, a list of rows of
RuleSet. A bureau's own versions stand beside the shipped ones, and whichever is in force on the day counts.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import yaml
from django.utils import timezone

from .models import RuleSet

folders: list[Path] = []


def add_folder(folder: Path) -> None:
    """Name a folder whose *.yaml files hold shipped rules."""
    if folder not in folders:
        folders.append(folder)


def rule(code: str, on: date | None = None) -> RuleSet:
    """The version of a rule set in force on a day (default today).

    A portal that has none of this code yet gets the shipped ones first. Raises RuleSet.DoesNotExist.
    """
    day = on or timezone.localdate()
    try:
        return RuleSet.objects.in_force(code, day)
    except RuleSet.DoesNotExist:
        if RuleSet.objects.filter(code=code).exists():
            raise
        load_shipped()
        return RuleSet.objects.in_force(code, day)


def load_shipped() -> int:
    """Enter the shipped versions that the portal does not have; returns how many. Those there stay as they are."""
    made = 0
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            for row in content.get("rules", []) if isinstance(content, dict) else []:
                key = {"code": row.pop("code"), "version": row.pop("version")}
                made += RuleSet.objects.get_or_create(**key, defaults=row)[1]
    return made
