"""Raising a quality defect: from a finding of an inspection, an acceptance or a test, once for each."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from projects.findings import Finding
from supervision.flows import records
from supervision.flows.history import Actor

from .models.defect import DefectSource, QualityDefect
from .rules import categories


def raise_defect(finding: Finding, actor: Actor, *, source: str = DefectSource.INSPECTION) -> QualityDefect:
    """The defect of a finding; the one that is there already where it was raised before. Of two at once both get
    the same one."""
    label, pk = finding.label, finding.id
    made = QualityDefect.objects.filter(source_label=label, source_id=pk)
    if found := made.first():
        return found
    defect = QualityDefect(
        project=finding.project,
        section=finding.section,
        part=finding.part,
        stakes=finding.stakes,
        description=finding.description,
        clause=finding.clause,
        category=finding.category if finding.category in categories() else "",
        source=DefectSource.SELF_CHECK if finding.self_check else source,
        source_label=label,
        source_id=pk,
        is_demo=finding.is_demo,
    )
    if finding.found_on:
        defect.found_on = finding.found_on
    try:
        with transaction.atomic():
            return records.create(defect, actor, reason="由来源记录生成")
    except (IntegrityError, ValidationError):
        # Somebody raised it meanwhile; anything else that is wrong with it is for the caller.
        if found := made.first():
            return found
        raise
