"""A version's declared parts as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from supervision.rules.models import HOUSE_RULE, OFFICIAL

from ..models import StandardVersion
from .checking import problems
from .compare import rounding_words
from .naming import OWN_NAMES
from .running import figure
from .spec import STAGES, SUBJECT_LABELS, Spec
from .store import former_version, spec_of


def source_text(source: str, confidence: str) -> str:
    """What stands beside a rule: its source, or that it is the portal's own."""
    if confidence not in OFFICIAL:
        return HOUSE_RULE
    return source or "有出处"


def subjects_text(subjects: Iterable[str]) -> str:
    return "、".join(SUBJECT_LABELS.get(subject, subject) for subject in subjects) or "全部"


def floor_text(spec: Spec, floor: str) -> str:
    line = spec.line(floor)
    shown = "—" if line is None else figure(Fraction(line))
    return f"{OWN_NAMES[floor]} {shown}" if floor in OWN_NAMES else shown


def version(record: StandardVersion) -> dict[str, Any]:
    """Formulas, grades, vetoes, evaluation types, rounding and mistakes of a version, in words."""
    spec = spec_of(record)
    former = former_version(record)
    return {
        "formulas": [
            {
                "name": rule.name,
                "code": rule.code,
                "stage": STAGES.get(rule.stage, rule.stage),
                "subject": subjects_text([rule.subject]),
                "expression": rule.expression,
                "source": source_text(rule.source, rule.confidence),
            }
            for rule in spec.formulas
        ],
        "bands": [
            {
                "name": band.name,
                "floor": floor_text(spec, band.floor),
                "passed": band.passed,
                "subjects": subjects_text(band.subjects),
                "condition": band.note or band.condition,
                "source": source_text("", band.confidence),
            }
            for band in spec.bands
        ],
        "vetoes": [
            {
                "name": veto.name,
                "subjects": subjects_text(veto.subjects),
                "source": source_text(veto.source, veto.confidence),
            }
            for veto in spec.vetoes
        ],
        "types": [
            {
                "name": kind.name,
                "note": kind.note,
                "cycle": kind.cycle,
                "source": source_text(kind.source, kind.confidence),
            }
            for kind in spec.evaluation_types
        ],
        "rounding": rounding_words(spec),
        "counts": {"tables": len(spec.tables), "items": len(spec.items)},
        "problems": [problem.text for problem in problems(spec)] if record.is_draft else [],
        "former": former,
    }
