"""What the tests of hazards, inspections and draws share: records on their way, and answers to every item."""

from __future__ import annotations

import base64
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils import timezone
from PIL import Image, ImageDraw

from safety.inspections import asking, sealing
from safety.models import Finding, Hazard, Visit, VisitItem, VisitSignature
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people import history_guard
from supervision.people.models import User

from .factories import COMMAND

EVENT = {
    "part": "2号墩支架",
    "stakes": "K1+200",
    "event": "支架坍塌",
    "accident": "collapse",
    "causes": "地基未处理",
    "identified_on": date(2024, 3, 4),
}
LISTS = ("basic_list", "duty_list", "monitoring_list", "prevention_list", "emergency_list")


def hazard(section, actor=COMMAND, **facts) -> Hazard:
    """A hazard just identified."""
    facts = EVENT | {"project": section.project, "section": section} | facts
    return records.create(Hazard(**facts), actor)


def visit(section, actor=COMMAND, **facts) -> Visit:
    """A visit just begun, by two inspectors."""
    facts = {
        "project": section.project,
        "section": section,
        "kind": "comprehensive",
        "inspectors": ["甲", "乙"],
    } | facts
    return records.create(Visit(**facts), actor)


def answer(record: Visit, fail: tuple[str, ...] = ()) -> None:
    """Every item answered: 合格, or 不合格 with one finding each for those named."""
    rows = [
        VisitItem(
            visit=record,
            key=item.key,
            text=item.text,
            clause=item.clause,
            result="fail" if item.key in fail else "pass",
        )
        for group in asking.groups_of(record)
        for item in group.items
    ]
    records.create_many(rows, COMMAND)
    for key in fail:
        found = Finding(visit=record, key=key, part="3号墩", description="护栏缺失", category="消防")
        records.create(found, COMMAND)


def sign(record: Visit, actor=COMMAND, side: str = "site") -> None:
    """Everybody's name under what the visit says now."""
    for name in record.inspectors:
        records.create(
            VisitSignature(visit=record, side="inspector", name=name, how="account", digest=record.digest),
            actor,
        )
    records.create(
        VisitSignature(visit=record, side=side, name="丙", how="account", digest=record.digest), actor
    )


def put(record, **facts):
    """The record with other columns, written past the flow."""
    with history_guard.writer():
        type(record)._base_manager.filter(pk=record.pk).update(**facts)
    return type(record)._base_manager.get(pk=record.pk)


def ready(record: Visit) -> Visit:
    """An open visit that everybody has signed for what it will say when it is finished without a word more."""
    answer(record, fail=("TY-1",))
    outcome = {"outcome": "none"}
    record = put(record, status="signing", digest=sealing.digest_of(put(record, **outcome)))
    sign(record)
    return put(record, status="open")


def self_check(section, user, seal: bool = False) -> Visit:
    """A contractor's own check, finished by `user`; with `seal` signed and sealed."""
    actor = Actor.of(User.objects.get(pk=user.pk), "page")
    record = visit(section, actor, kind="self", inspectors=["甲"])
    answer(record)
    record = perform(record, "finish", actor, {"outcome": "none"})
    if seal:
        sign(record, actor)
        record = perform(record, "seal", actor, {})
    return record


def drawing() -> bytes:
    """A small picture, as PNG."""
    picture = Image.new("RGB", (320, 120), "white")
    ImageDraw.Draw(picture).line((20, 90, 150, 30, 300, 80), fill="black", width=4)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def png() -> str:
    """A drawn signature as a data address."""
    return "data:image/png;base64," + base64.b64encode(drawing()).decode()


# ------------------------------------------------------------------- for the generated tests: tests/contract


def hazard_variants(side) -> list[Hazard]:
    """Of a section and of a project, of each level that the flow tells apart, triggered or not."""
    five = dict.fromkeys(LISTS, "有")
    scores = [
        {"likelihood": Decimal(3), "consequence": Decimal(2)},
        {"likelihood": Decimal(9), "consequence": Decimal(10), **five},
    ]
    places = [{"section": side.section}, {"section": None}]
    made = [
        records.create(Hazard(project=side.project, **place, **EVENT, **score), COMMAND)
        for place in places
        for score in scores
    ]
    again = [
        put(
            records.create(Hazard(project=side.project, **place, **EVENT, **scores[0]), COMMAND),
            trigger_on=date(2024, 3, 4),
        )
        for place in places
    ]
    return made + again


def visit_variants(side) -> list[Visit]:
    """One of an authority and one of the unit itself."""
    own = {"kind": "self", "inspectors": ["甲"]}
    return [ready(visit(side.section)), ready(visit(side.section, **own))]


def begun(task):
    """The task, with a visit that both sides may sign."""
    put(visit(task.section, task=task, kind=task.kind), status="signing")
    return task


def draw_variants(world, side) -> list:
    """A draw whose rosters suffice, as drafted and as committed to."""
    from safety.draws import drawing
    from safety.models import Inspector, RandomDraw

    put(side.project, start_on=date(2024, 1, 2), mode=side.mode)
    for name in ("甲", "乙"):
        office = world.offices["enforcement"]
        records.create(
            Inspector(name=f"{name}{side.district.pk}", organization=office, district=side.district), COMMAND
        )
    facts: dict[str, Any] = {
        "year": 2026,
        "district": side.district,
        "mode": side.mode,
        "number": 1,
        "due_by": timezone.localdate() + timedelta(days=30),
    }
    draft = records.create(RandomDraw(title="抽查甲", **facts), COMMAND)
    committed = records.create(RandomDraw(title="抽查乙", seed_source="公开摇奖", **facts), COMMAND)
    drawing.commit(committed, COMMAND)
    names = ("rosters", "commitment", "nonce", "committed_at")
    return [draft, put(committed, **{name: getattr(committed, name) for name in names})]
