"""Versions of standards as plain values, kept between requests: an adopted version never changes."""

from __future__ import annotations

from ..models.standard import StandardVersion
from ..standards.spec import Spec
from ..standards.store import spec_of

KEPT = 32
_kept: dict[tuple, Spec] = {}


def spec_for(version: StandardVersion) -> Spec:
    """`spec_of(version)`, read from the database once per process for an adopted version."""
    if version.is_draft:
        return spec_of(version)
    # The moment of its last write is part of the name, so that a row of another database is never taken for it.
    name = (version.pk, version.standard_id, version.label, version.version, version.updated_at)
    if name not in _kept:
        if len(_kept) >= KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[name] = spec_of(version)
    return _kept[name]
