"""What follows from an upheld appeal: the record is taken back, and what rests on it is computed again."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor

from ..models import CreditAppeal, CreditEvaluation, CreditRecord
from ..models.credit_evaluation import TOLD
from . import evaluating


def upheld(appeal: CreditAppeal, actor: Actor) -> list[dict]:
    """Called inside the transaction of the decision; returns each evaluation computed again, before and after, as
    far as the subject was told of it before."""
    if appeal.record_id:
        record = CreditRecord._base_manager.get(pk=appeal.record_id)
        touched = evaluating.touched_by(record)
        if record.revoked_on is None:
            records.update(
                record,
                {"revoked_on": timezone.localdate()},
                actor,
                verb="revoke",
                label="申诉成立，撤销",
                reason=appeal.answer,
                clean=False,
            )
    else:
        one = CreditEvaluation._base_manager.get(pk=appeal.evaluation_id)
        touched = evaluating.resting_on(one.subject_id, one.family, one.year)
        evaluating.recompute_all(touched, actor, f"{appeal.number}申诉成立")
    now = {one.pk: one for one in CreditEvaluation._base_manager.filter(pk__in=[one.pk for one in touched])}
    return [
        {"year": one.year, "evaluation": one.pk, "before": told(one), "after": told(now[one.pk])}
        for one in touched
        if one.subject_id == appeal.subject_id and one.status in TOLD
    ]


def told(one: CreditEvaluation) -> list:
    return [one.grade, None if one.score is None else evaluating.text(one.score)]
