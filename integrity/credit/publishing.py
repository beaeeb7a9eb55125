"""What anybody may read without an account on a day: only what the rules publish, as long as they publish it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet

from ..models import CreditEvaluation, CreditListing, CreditRecord
from ..models.credit_evaluation import NOTICE
from ..models.credit_record import NOTICED


def results(day: date) -> QuerySet[CreditEvaluation]:
    """Published grades in force."""
    return _named(CreditEvaluation.valid_on(day).exclude(grade="")).order_by("-year", "subject__title", "pk")


def noticed(day: date) -> QuerySet[CreditEvaluation]:
    """Grades on public notice today."""
    found = CreditEvaluation.objects.filter(status=NOTICE, notice_from__lte=day, notice_until__gte=day)
    return _named(found).order_by("-year", "subject__title", "pk")


def records_of(nature: str, day: date) -> QuerySet[CreditRecord]:
    return _named(CreditRecord.public(day).filter(nature=nature)).order_by("-decided_on", "-pk")


def noticed_records(day: date) -> QuerySet[CreditRecord]:
    """Records on public notice today, of those that are to be published at all."""
    found = CreditRecord.objects.filter(
        status=NOTICED, notice_from__lte=day, notice_until__gte=day, public_until__gte=day
    )
    return _named(found).order_by("-notice_from", "-pk")


def listings(day: date) -> QuerySet[CreditListing]:
    return _named(CreditListing.on(day)).order_by("kind", "-listed_on", "-pk")


def dynamic(subjects: set[int], day: date) -> dict[int, date]:
    """Until when those of these subjects are D that are so for now, of what is published: whoever reads a year's
    grade reads that it does not count meanwhile."""
    direct = CreditRecord.public(day).filter(effect="D", subject__in=subjects).order_by("effect_until")
    return dict(direct.values_list("subject_id", "effect_until"))


def _named(rows: QuerySet) -> QuerySet:
    return rows.select_related("subject__organization")


TABS = {
    "results": ("评价结果", results),
    "notice": ("评价公示中", noticed),
    "noticed": ("记录公示中", noticed_records),
    "bad": ("不良信息", lambda day: records_of("bad", day)),
    "good": ("良好信息", lambda day: records_of("good", day)),
    "lists": ("红黑名单与联合惩戒", listings),
}


def name_of(subject: Any) -> str:
    """A subject as the public reads it: of a person without the number of the certificate."""
    return f"{subject.organization.name} {subject.name}".strip()
