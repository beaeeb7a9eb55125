"""The paper by which a technical service body is summoned (警示约谈)."""

from __future__ import annotations

from supervision.papers.documents.blueprints import talks
from supervision.papers.documents.contents import Contents
from supervision.papers.documents.registry import Signature, document

from .documents import INTERVIEW
from .models import ServiceWarning
from .models.service_body import WarningKind


@document(
    "service-summons",
    model="safety.servicewarning",
    paper="interview_summons",
    signature=Signature.STAFF,
    pools=[INTERVIEW],
    recipients=lambda record: [record.body.organization],
    when=lambda record: record.kind == WarningKind.INTERVIEW and record.status != "draft",
)
def summons(record: ServiceWarning) -> Contents:
    # Who hosts it is for a person to say; until then it cannot be signed.
    return talks.InterviewSummons(
        title=f"关于约谈{record.body}的通知",
        reason=record.reason.rstrip("。"),
        at=record.meeting_at,
        invited=[f"{record.body}主要负责人、技术负责人"],
        materials=["情况说明", "整改措施"],
    )
