"""A version by workbook: uploaded, checked, kept as a draft to be compared and adopted."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from supervision.flows.history import Actor

from ..models import Standard, StandardVersion
from . import workbook
from .book import VERSION_COLUMNS
from .compare import differences
from .spec import Spec
from .store import former_version, save_draft, spec_of


def take(
    standard: Standard, file: UploadedFile, actor: Actor
) -> tuple[StandardVersion | None, list[workbook.Fault]]:
    """Read a workbook and keep it as a draft of `standard`; (None, faults) when anything is wrong with it, and then
    nothing is written."""
    with tempfile.NamedTemporaryFile(suffix=Path(file.name or "").suffix[:8]) as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        reading = workbook.read(Path(copy.name), file.name or "", standard.code)
    if reading.spec is None:
        return None, reading.faults
    try:
        version = save_draft(standard, reading.spec, reading.facts, actor, reason=f"上传“{file.name}”"[:200])
    except ValidationError as error:
        return None, [workbook.Fault("", None, "", text) for text in error.messages]
    return version, []


def columns_of(version: StandardVersion) -> dict[str, Any]:
    """The version's own columns, as the workbook's first sheet holds them."""
    return {name: getattr(version, name) for name in VERSION_COLUMNS}


def changes_against(version: StandardVersion, other: StandardVersion | None = None) -> dict[str, Any]:
    """What `version` changes against `other`, by default the one before it (None: there is none)."""
    other = other or former_version(version)
    if other is None:
        return {"version": version, "other": None, "changes": []}
    return {"version": version, "other": other, "changes": differences(spec_of(other), spec_of(version))}


def content(spec: Spec) -> dict[str, Any]:
    """A version as JSON for programs: everything that a score depends on, figures as text."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(part) for name, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(part) for part in value]
        return value if value is None or isinstance(value, (bool, int)) else str(value)

    return plain(asdict(spec))
