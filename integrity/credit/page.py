"""What the pages of credit show beside their ledgers' columns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from supervision.flows.reach import record_models
from supervision.ledgers.registry import ledger_for
from supervision.papers.models import Attachment

from ..models import (
    CreditAppeal,
    CreditEvaluation,
    CreditListing,
    CreditRecord,
    CreditSubject,
    InspectionAdvice,
)
from ..models.credit_record import ANSWERABLE, DRAFT, RECORDED, VOID
from . import evaluating, rules, standing

NOT_OUT = (DRAFT, RECORDED, VOID)
OPEN_CLOCK = ("filed",)


# ---------------------------------------------------------------------------------------------------- evidence


def linked_evidence(found: Iterable[dict[str, Any]], user) -> list[dict[str, Any]]:
    """Records that something rests on, each with its address for whoever may see it."""
    found, made = list(found), []
    by_label: dict[str, set[int]] = {}
    for one in found:
        by_label.setdefault(one["label"], set()).add(one["id"])
    visible: dict[tuple[str, int], str] = {}
    models = {model._meta.label_lower: model for model in record_models()}
    for label, pks in by_label.items():
        model = models.get(label.lower())
        ledger = ledger_for(model) if model else None
        if ledger is not None and ledger.may_view(user):
            for pk in ledger.queryset(user).filter(pk__in=pks).order_by().values_list("pk", flat=True):
                visible[label, pk] = ledger.record_url(pk)
    for one in found:
        made.append(one | {"url": visible.get((one["label"], one["id"]), "")})
    return made


def evidence_of(record: CreditRecord, user) -> list[dict[str, Any]]:
    if not record.evidence_id:
        return []
    one = {"label": record.evidence_label, "id": record.evidence_id, "text": record.evidence_text}
    return linked_evidence([one], user)


# --------------------------------------------------------------------------------------------------- arithmetic


def sheet_of(evaluation: CreditEvaluation) -> dict[str, Any] | None:
    """The arithmetic of an evaluation, line by line, as it was computed."""
    if not evaluation.arithmetic:
        return None
    found = evaluation.arithmetic
    units = []
    for one in found["units"]:
        taken = sum((Decimal(line[2]) for line in one["lines"]), Decimal(0))
        units.append(one | {"taken": taken, "score": max(Decimal(0), 100 - taken)})
    bids = [one for one in units if one["kind"] == "bid"]
    sections = [one for one in units if one["kind"] == "performance"]
    content = evaluation.rules.content if evaluation.rules else {}
    return {
        "mode": content.get("mode", "weighted"),
        "bids": bids,
        "sections": sections,
        "others": found["others"],
        "in_words": in_words(evaluation, bids, sections),
        "bounds": "，".join(
            f"{bound['grade']} {'>' if bound.get('open') else '≥'} {bound['min']}"
            for bound in content.get("bounds", ())
        ),
        "rules": evaluation.rules,
    }


def number(value: Decimal | None) -> str:
    return "—" if value is None else evaluating.text(value)


def in_words(one: CreditEvaluation, bids: list, sections: list) -> list[str]:
    """The formula with its numbers filled in."""
    lines = []
    mode = one.rules.content["mode"] if one.rules else ""
    if mode == "accumulate":
        return [f"累计扣分 = {number(one.score)}"]
    if bids:
        told = " + ".join(evaluating.text(unit["score"]) for unit in bids[:8])
        told += " + …" if len(bids) > 8 else ""
        lines.append(f"T = ΣT_j / n = ({told}) / {len(bids)} = {number(one.bid)}")
    if sections and mode == "weighted":
        told = " + ".join(f"{evaluating.text(unit['score'])}×{unit['price']}" for unit in sections[:6])
        told += " + …" if len(sections) > 6 else ""
        total = evaluating.text(sum((Decimal(unit["price"] or 0) for unit in sections), Decimal(0)))
        lines.append(f"L = Σ(L_k·C_k) / ΣC_k = ({told}) / {total} = {number(one.performance)}")
    if one.score is None:
        return lines
    a, b, other = (evaluating.text(value) for value in (one.weight_bid, one.weight_performance, one.other))
    if mode == "laboratory":
        own = evaluating.text(max(Decimal(0), 100 - one.other))
        lines.append(
            f"W = W′(1−γ) + ΣW″/n·γ = {own}×{a} + {number(one.performance)}×{b} = {number(one.score)}"
        )
        return lines
    t, performance = one.bid or Decimal(0), one.performance or Decimal(0)
    lines.append(
        f"X = a·T + b·L − ΣQ = {a}×{evaluating.text(t)} + {b}×{evaluating.text(performance)} − {other}"
        f" = {number(one.score)}"
    )
    return lines


def if_upheld(appeal: CreditAppeal, user) -> list[dict[str, Any]]:
    """What each evaluation of the subject that rests on the appealed record would become if the appeal held; of a
    draft only for whoever may read the draft."""
    if appeal.record_id is None or appeal.status not in ("draft", *ANSWERABLE):
        return []
    found = [one for one in evaluating.touched_by(appeal.record) if one.subject_id == appeal.subject_id]
    seen = CreditEvaluation.objects.visible_to(user).filter(pk__in=[one.pk for one in found])
    seen = set(seen.values_list("pk", flat=True))
    found = [one for one in found if one.pk in seen]
    return [
        {"year": one.year, "now": one, "then": then}
        for one, then in zip(found, evaluating.what_if(found, [appeal.record_id]), strict=True)
        if one.year == appeal.record.decided_on.year or then["grade"] != one.grade
    ]


# ---------------------------------------------------------------------------------------------- a subject's page


def of_subject(subject: CreditSubject, user) -> dict[str, Any]:
    """Grade, colour, what hangs on it, and every deduction with its clause, evidence, papers, appeal and expiry."""
    day = timezone.localdate()
    at = standing.standing(subject, day)
    held = list(
        CreditRecord.objects.filter(subject=subject)
        .exclude(status__in=NOT_OUT)
        .select_related("rules", "unit")
        .order_by("-decided_on", "-pk")[:100]
    )
    listings = list(CreditListing.on(day).filter(subject=subject))
    bad = [one for one in held if one.nature == "bad" and running(one, day)]
    name, reasons, version = standing.colour(subject, at, listings, len(bad))
    latest = list(
        CreditEvaluation.objects.visible_to(user)
        .filter(subject=subject)
        .exclude(arithmetic={})
        .select_related("rules")
        .order_by("-year", "-pk")[:2]
    )
    external = list(subject.external_grades.filter(scope="province").order_by("-year")[:20])
    last = external[0].year if external else 0
    # How often somebody is inspected is the authorities' own business.
    authority = ledger_for(InspectionAdvice).may_view(user)
    return {
        "credit_at": at,
        "credit_colour": {"name": name, "label": standing.COLOURS[name], "reasons": reasons, "rule": version},
        "credit_listings": listings,
        "credit_linked": [] if subject.is_person else standing.linked(at.grade),
        "credit_lines": deductions(held, latest, day, user),
        "credit_latest": latest[0] if latest else None,
        "credit_sheet": sheet_of(latest[0]) if latest else None,
        "credit_national": standing.national((one.grade, one.direct) for one in external if one.year == last),
        "credit_advice": standing.frequency(subject, day) if authority and not subject.is_person else None,
        "credit_procedure": rules.rule(rules.PROCEDURE),
    }


def running(record: CreditRecord, day: date) -> bool:
    return bool(
        record.stands
        and record.effect_from <= day <= record.effect_until
        and not (record.repaired_on and record.repaired_on <= day)
    )


def deductions(
    held: list[CreditRecord], latest: list[CreditEvaluation], day: date, user
) -> list[dict[str, Any]]:
    """Each record with clause → evidence → paper → appeal clock → expiry. A fixed number of queries."""
    pks = [one.pk for one in held]
    appeals: dict[int, CreditAppeal] = {}
    for appeal in (
        CreditAppeal.objects.filter(record__in=pks).exclude(status__in=("draft", "withdrawn")).order_by("pk")
    ):
        appeals[appeal.record_id] = appeal
    papers: dict[int, list[Attachment]] = {}
    files = Attachment.objects.filter(model="integrity.creditrecord", object_id__in=pks, void_at__isnull=True)
    for file in files.order_by("pk"):
        papers.setdefault(file.object_id, []).append(file)
    evidence = linked_evidence(
        [
            {"label": one.evidence_label, "id": one.evidence_id, "text": one.evidence_text, "of": one.pk}
            for one in held
            if one.evidence_id
        ],
        user,
    )
    of_record = {one["of"]: one for one in evidence}
    made = []
    for one in held:
        appeal = appeals.get(one.pk)
        made.append(
            {
                "record": one,
                "evidence": of_record.get(one.pk),
                "papers": papers.get(one.pk, []),
                "appeal": appeal,
                "if_held": if_held(one, appeal, latest),
                "state": state_of(one, day),
            }
        )
    return made


def if_held(record: CreditRecord, appeal: CreditAppeal | None, latest: list[CreditEvaluation]) -> str:
    """“若申诉成立：A → AA”, for a record whose appeal is being answered."""
    if appeal is None or appeal.status not in ANSWERABLE:
        return ""
    for one in latest:
        if one.family == record.family and one.year == record.decided_on.year:
            (then,) = evaluating.what_if([one], [record.pk])
            scores = f"{number(one.score)} → {number(then['score'])}分"
            return f"若申诉成立：{one.grade or '无'} → {then['grade'] or '无'}（{scores}）"
    return "若申诉成立：不影响已计算的年度等级"


def state_of(record: CreditRecord, day: date) -> str:
    if record.revoked_on:
        return f"{record.revoked_on}撤销"
    if record.repaired_on:
        return f"{record.repaired_on}修复"
    if record.is_expired:
        return f"{record.effect_until}已失效"
    if record.status == "noticed":
        return f"公示至{record.notice_until}"
    return f"至{record.effect_until}失效"


def conditions_of(listing: CreditListing) -> list[dict[str, Any]]:
    """The entry conditions of a list; those of the red one with whether each holds."""
    if listing.kind == "red":
        found = standing.red_conditions(listing.subject, timezone.localdate())
        return [{"text": text, "holds": holds} for text, holds in found]
    content = listing.rules.content if listing.rules else {}
    return [{"text": text, "holds": None} for text in content.get(listing.kind, {}).get("conditions", ())]
