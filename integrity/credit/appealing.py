"""What follows from an upheld appeal: the record is taken back, and what it counted in is computed again."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor

from ..models import CreditAppeal, CreditEvaluation, CreditRecord
from . import evaluating


def upheld(appeal: CreditAppeal, actor: Actor) -> list[dict]:
    """Called inside the transaction of the decision; returns each evaluation computed again, before and after."""
    if appeal.record_id:
        record = CreditRecord._base_manager.get(pk=appeal.record_id)
        if record.revoked_on is None:
            record = records.update(
                record,
                {"revoked_on": timezone.localdate()},
                actor,
                verb="revoke",
                label="申诉成立，撤销",
                reason=appeal.answer,
                clean=False,
            )
        touched = evaluating.touched_by(record)
    else:
        touched = [CreditEvaluation._base_manager.get(pk=appeal.evaluation_id)]
    told = []
    for one in touched:
        after = evaluating.recompute(one, actor, f"{appeal.number} 申诉成立")
        told.append(
            {
                "evaluation": one.pk,
                "year": one.year,
                "before": [one.grade, None if one.score is None else evaluating.text(one.score)],
                "after": [after.grade, None if after.score is None else evaluating.text(after.score)],
            }
        )
    return told
