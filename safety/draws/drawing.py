"""Publishing the rosters of a draw, drawing, laying the tasks, and the record that anybody can check."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from projects.models import Project, Section
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.rules import draw as lots

from ..models.draw import RandomDraw
from ..models.inspection import InspectionKind, InspectionTask
from .rosters import build, drawable_of


def commit(draw: RandomDraw, actor: Actor) -> None:
    """Fix the rosters and their hash on an unsaved draw. Raises ValidationError when they would not suffice."""
    rosters = build(draw)
    if missing := lots.shortage(rosters):
        raise ValidationError(missing[:5])
    now = timezone.now()
    draw.nonce = secrets.token_hex(32)
    draw.rosters = rosters | {
        "nonce_sha256": lots.sha256(draw.nonce),
        "committed_at": timezone.localtime(now).isoformat(timespec="seconds"),
        "committed_by": actor.name,
    }
    draw.commitment = lots.fingerprint(draw.rosters)
    draw.committed_at = now


def changed(draw: RandomDraw) -> list[str]:
    """What is no longer as it was committed to, as Chinese sentences: then there is no drawing from it."""
    if not draw.commitment or lots.fingerprint(draw.rosters) != draw.commitment:
        return ["名单与公布的校验值不符，不能抽取：名单在公布后被改动。请作废后重新公布。"]
    if lots.sha256(draw.nonce) != draw.rosters["nonce_sha256"]:
        return ["平台随机数与公布的校验值不符，不能抽取。请作废后重新公布。"]
    return []


def draw_lots(draw: RandomDraw, actor: Actor) -> None:
    """Draw on an unsaved draw by the public seed that stands on it, and make the tasks.

    Raises ValidationError when the rosters are no longer those that were committed to.
    """
    if wrong := changed(draw):
        raise ValidationError(wrong)
    draw.seed_text = draw.seed_text.strip()
    seed = lots.seed_of(draw.commitment, draw.nonce, draw.seed_text)
    draw.result = lots.assign(draw.rosters, seed)
    draw.drawn_at = timezone.now()
    lay_tasks(draw, actor)


def lay_tasks(draw: RandomDraw, actor: Actor) -> list[InspectionTask]:
    """One task for each section, enterprise or route drawn."""
    names = {row["key"]: row["name"] for row in draw.rosters["inspectors"]}
    pairs = [row["object"].partition(":")[::2] for row in draw.result]
    sections = Section.objects.select_related("project").in_bulk(
        [int(n) for kind, n in pairs if kind != "object"]
    )
    projects = Project.objects.in_bulk([int(n) for kind, n in pairs if kind == "object"])
    drawn = [drawable_of(row["object"], projects, sections) for row in draw.result]
    content = "；".join(draw.rosters["items"]["items"])
    tasks = [
        InspectionTask(
            plan=draw.plan,
            draw=draw,
            kind=InspectionKind.RANDOM,
            project=one.project,
            section=one.section,
            inspectors=told_apart([names[key] for key in row["inspectors"]]),
            requirement=content[:3000],
            due_by=draw.due_by,
            is_demo=draw.is_demo,
        )
        for one, row in zip(drawn, draw.result, strict=True)
    ]
    return records.create_many(tasks, actor, label="随机抽取", reason=str(draw))


def told_apart(names: list[str]) -> list[str]:
    """Names of one team, namesakes numbered."""
    return [name if name not in names[:at] else f"{name}（{at + 1}）" for at, name in enumerate(names)]


def record_of(draw: RandomDraw) -> dict[str, Any]:
    """What is printed and handed out: everything that is needed to draw again; before the draw, what was
    committed to."""
    record = {"format": lots.FORMAT, "rosters": draw.rosters, "commitment": draw.commitment}
    if draw.drawn_at:
        record |= {
            "nonce": draw.nonce,
            "seed_text": draw.seed_text,
            "drawn_at": timezone.localtime(draw.drawn_at).isoformat(timespec="seconds"),
            "result": draw.result,
        }
    return record
