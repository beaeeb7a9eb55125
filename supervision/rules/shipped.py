"""Rule sets that ship with the portal: data files of the apps, entered once, asked for by code and day.

An app says where its files are (`add_folder`, in `AppConfig.ready`); a file holds `rules:`, a list of rows of
RuleSet. A bureau's own versions stand beside the shipped ones, and whichever is in force on the day counts.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

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
    known = set(RuleSet.objects.values_list("code", "version"))
    missing = [
        RuleSet(**row)
        for folder in folders
        for path in sorted(folder.glob("*.yaml"))
        for row in rows_of(path)
        if (row["code"], row["version"]) not in known
    ]
    # Whoever asks for the first time at the same moment enters the same rows.
    RuleSet.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


@cache
def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rules a file holds, read once in a process. Not to be changed by the caller."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader, in C
    return content.get("rules", []) if isinstance(content, dict) else []
