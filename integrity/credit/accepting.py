"""What accepting a proposal makes: the draft of a record or of a listing, which two persons then take on."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from supervision.flows import records
from supervision.flows.history import Actor

from ..models import CreditListing, CreditProposal, CreditRecord, CreditUnit
from . import rules


def accept(proposal: CreditProposal, data: dict, actor: Actor) -> None:
    """The effect of the step: inside its transaction."""
    if proposal.kind == "joint":
        listing = CreditListing(
            subject=proposal.subject,
            kind="joint",
            reason=proposal.reason,
            evidence=proposal.evidence,
            is_demo=proposal.is_demo,
        )
        proposal.listing = records.create(listing, actor, reason="采用建议")
        return
    if not proposal.item:
        raise ValidationError({"item": "请选择采用的条款。"})
    first = proposal.evidence[0] if proposal.evidence else {}
    record = CreditRecord(
        subject=proposal.subject,
        item=proposal.item,
        given=proposal.given,
        description=proposal.reason,
        evidence_label=first.get("label", ""),
        evidence_id=first.get("id"),
        evidence_text=first.get("text", "")[:300],
        special=first.get("label", "").startswith("safety."),
        is_demo=proposal.is_demo,
    )
    record.unit = unit_for(proposal, record)
    try:
        proposal.record = records.create(record, actor, reason="采用建议")
    except ValidationError as error:
        known = {"item", "given"}
        if hasattr(error, "error_dict") and set(error.error_dict) <= known:
            raise
        raise ValidationError(error.messages) from error


def unit_for(proposal: CreditProposal, record: CreditRecord) -> CreditUnit | None:
    """The contract section of this year the proposal is about, where the clause is one of performance."""
    if proposal.section_id is None:
        return None
    family, code = rules.read_word(proposal.item)
    return (
        CreditUnit.objects.filter(
            subject=proposal.subject_id,
            family=family,
            year=record.decided_on.year,
            kind="performance",
            section=proposal.section_id,
        ).first()
        if _is_performance(family, code, record)
        else None
    )


def _is_performance(family: str, code: str, record: CreditRecord) -> bool:
    from supervision.rules.shipped import rule

    item = rules.item_in(rule(family, record.decided_on), code)
    return item is not None and item.category == "performance"
