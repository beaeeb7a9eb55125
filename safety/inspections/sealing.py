"""Signing and sealing a visit: what is signed, by whom, and how anybody sees that it is still the same."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from projects import findings as registry
from supervision.flows import perform, records
from supervision.flows.errors import FlowError, IllegalTransition, LostRace, NotAllowed
from supervision.flows.history import Actor
from supervision.papers import services as papers
from supervision.people.models import PARTY_ROLES, User
from supervision.rules.draw import fingerprint

from ..models.inspection import (
    SIGNING,
    Finding,
    InspectionKind,
    InspectionTask,
    Visit,
)
from ..models.signing import Side, SignedHow, VisitSignature

SIGNATURE = "签名"
LABEL = "safety.finding"
PREFIX = "data:image/png;base64,"
MOST_BYTES = 400_000


# ---------------------------------------------------------------------------------------------- what is signed


def content(visit: Visit) -> dict[str, Any]:
    """What a visit says, as plain values: the facts, every answer, every finding with the hashes of its photos."""
    photos: dict[int, list[str]] = {}
    made = list(visit.findings.order_by("pk"))
    for finding in made:
        photos[finding.pk] = sorted(papers.of(finding).values_list("sha256", flat=True))
    return {
        "number": visit.number,
        "kind": visit.kind,
        "project": visit.project_id,
        "section": visit.section_id,
        "place": visit.place,
        "visited_on": visit.visited_on.isoformat(),
        "inspectors": visit.inspectors,
        "unit": visit.unit,
        "checklists": [visit.checklist_rule.version, *visit.lists],
        "major_items": visit.major_rule.version,
        "outcome": visit.outcome,
        "summary": visit.summary,
        "items": [[row.key, row.text, row.clause, row.result] for row in visit.items.order_by("key")],
        "findings": [
            [row.pk, row.key, row.part, row.stakes, row.description, row.clause, row.category, photos[row.pk]]
            for row in made
        ],
    }


def digest_of(visit: Visit) -> str:
    return fingerprint(content(visit))


def signatures(visit: Visit):
    """The names that stand under what the visit says now."""
    return (
        visit.signatures.filter(digest=visit.digest).order_by("pk")
        if visit.digest
        else visit.signatures.none()
    )


def seal_of(visit: Visit) -> str:
    """One value over what was signed and who signed it."""
    signed = [
        [row.side, row.name, row.unit, row.how, row.remark, row.user_id, row.image_sha256]
        for row in signatures(visit)
    ]
    return fingerprint({"content": content(visit), "signatures": signed})


def intact(visit: Visit) -> bool | None:
    """Whether a sealed visit still says what was signed; None while it is not sealed."""
    return seal_of(visit) == visit.seal if visit.seal else None


# ----------------------------------------------------------------------------------------------------- signing


def unsigned(visit: Visit) -> list[str]:
    """Whose name is still missing, as Chinese sentences."""
    there = list(signatures(visit))
    names = {row.name for row in there if row.side == Side.INSPECTOR}
    found = [f"检查人员{name}尚未签字。" for name in visit.inspectors if name not in names]
    if not any(row.side == Side.SITE for row in there):
        found.append("受检方尚未签字。")
    return found


def inspectors_left(visit: Visit) -> list[str]:
    """The inspectors named whose signature is missing."""
    there = {row.name for row in signatures(visit) if row.side == Side.INSPECTOR}
    return [name for name in visit.inspectors if name not in there]


def check_seen(visit: Visit, digest: str | None) -> None:
    """What a person saw is what they sign. Raises IllegalTransition, LostRace when it says something else now."""
    if visit.status != SIGNING:
        raise IllegalTransition(f"检查记录“{visit.status_label}”，现在不能签字。")
    if digest != visit.digest:
        raise LostRace("检查记录已有改动，请核对后重新签字。")


def side_for(visit: Visit, user: User) -> str | None:
    """On which side a signed-in person may sign with their account: as one of the inspectors named, or for a unit
    that takes part there."""
    if user.name in visit.inspectors and (visit.kind == InspectionKind.SELF or not user.roles & PARTY_ROLES):
        return Side.INSPECTOR
    return Side.SITE if user.roles & PARTY_ROLES else None


def may_take(visit: Visit, user: User) -> bool:
    """Whether this person may have others sign on their screen: the inspecting side."""
    return visit.status == SIGNING and any(t.name == "seal" for t in perform.open_to([visit], user)[visit.pk])


def confirm(visit: Visit, actor: Actor) -> VisitSignature:
    """Sign with one's own account. Raises NotAllowed, ValidationError."""
    side = side_for(visit, actor.user) if actor.user else None
    if side is None:
        raise NotAllowed("您不是此次检查的检查人员，也不是受检单位人员，不能签字。")
    return records.create(
        VisitSignature(
            visit=visit,
            side=side,
            name=actor.user.name,
            unit=actor.organization_name,
            how=SignedHow.ACCOUNT,
            user=actor.user,
            digest=visit.digest,
        ),
        actor,
        label="签字",
    )


def take(visit: Visit, facts: dict[str, str], image: str, actor: Actor) -> VisitSignature:
    """A signature drawn on the inspector's screen, or the note that the site would not sign.

    facts   side, name, unit, remark, how ("drawn" or "refused"); image, the drawing as a PNG data address
    Raises ValidationError by field, NotAllowed.
    """
    if actor.user is None or not may_take(visit, actor.user):
        raise NotAllowed("请由此次检查的检查方提供签字。")
    if facts.get("how") not in (SignedHow.DRAWN, SignedHow.REFUSED):
        raise ValidationError({"how": "请选择签字方式。"})
    picture = None
    if facts["how"] == SignedHow.DRAWN:
        picture = read_picture(image)
    signature = VisitSignature(visit=visit, digest=visit.digest, user=actor.user, **facts)
    if signature.side == Side.INSPECTOR:
        signature.unit = signature.unit or visit.unit
    if picture is not None:
        signature.image_sha256 = hashlib.sha256(picture).hexdigest()
    with transaction.atomic():
        signature = records.create(signature, actor, label="签字")
        if picture is not None:
            papers.attach(signature, ContentFile(picture, name="签名.png"), SIGNATURE, actor)
    return signature


def read_picture(image: str) -> bytes:
    """The PNG in a data address. Raises ValidationError; what it holds is looked into when it is attached."""
    if not image.startswith(PREFIX) or len(image) > MOST_BYTES:
        raise ValidationError({"image": "请在签名框内签名。"})
    try:
        picture = base64.b64decode(image[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        raise ValidationError({"image": "签名图像有误，请重签。"}) from None
    if not picture.startswith(b"\x89PNG"):
        raise ValidationError({"image": "签名图像有误，请重签。"})
    return picture


# ----------------------------------------------------------------------------------------------------- sealing


def raise_danger_of(finding: Finding, actor: Actor) -> None:
    """The hidden danger of one finding, with its clause, place and photos."""
    visit = finding.visit
    danger = registry.raise_finding(
        "hidden_danger",
        registry.Finding(
            label=LABEL,
            id=finding.pk,
            project=visit.project,
            section=visit.section,
            part=finding.part,
            description=finding.description,
            clause=finding.clause,
            category=finding.category,
            stakes=finding.stakes,
            found_on=visit.visited_on,
            self_check=visit.kind == InspectionKind.SELF,
            is_demo=visit.is_demo,
        ),
        actor,
    )
    records.update(finding, {"danger": danger}, actor, label="转为隐患")
    for photo in papers.of(finding).valid():
        if path := papers.file_of(photo):
            papers.attach(danger, ContentFile(path.read_bytes(), name=photo.name), "隐患照片", actor)


def raise_dangers(visit: Visit, actor: Actor) -> None:
    """Each finding becomes a hidden danger, unless it was raised at once; run again it makes none twice."""
    for finding in visit.findings.filter(danger__isnull=True).order_by("pk"):
        finding.visit = visit
        raise_danger_of(finding, actor)


def end_task(task: InspectionTask | None, actor: Actor) -> None:
    """The task of a sealed visit is done, where whoever sealed it may say so."""
    if task is None or task.status != "assigned":
        return
    try:
        perform.perform(task, "complete", actor, {})
    except FlowError:
        return  # somebody is at it, or ended it meanwhile: it stays theirs


def seal(visit: Visit, actor: Actor) -> None:
    """What follows when an unsaved visit is sealed."""
    visit.sealed_on = timezone.localdate()
    visit.seal = seal_of(visit)
    raise_dangers(visit, actor)


def origin(pk: int, user: User) -> tuple[str, str] | None:
    """Where a hidden danger's finding is read."""
    finding = Finding.objects.visible_to(user).select_related(*Finding.text_joins).filter(pk=pk).first()
    return (
        (str(finding.visit), reverse("inspection-visits:detail", args=[finding.visit_id]))
        if finding
        else None
    )
