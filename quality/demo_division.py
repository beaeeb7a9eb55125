"""The demonstration's division, evaluations and acceptances, performed by its persons. All invented and marked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from projects.models import Section
from projects.models.section import SectionKind
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.people.models import User

from .division import rolling, templates
from .models import Division, Evaluation, HandoverProblem, Registration, ScoredItem, ScoredPart, ScoreSheet

LABEL = "分部分项与验收"
BATCH = "load_demo_division"
PERSONS = ("contractor", "supervisor", "owner")
# Values of measured items by their names, good ones and ones that fail.
GOOD = {
    "混凝土强度": "1.2 0.8 2.1 3 1.6 0.4",
    "孔深": "20 35 10 50",
    "桩位": "12 30 25 41",
    "沉淀厚度": "60 80 75",
}
POOR = GOOD | {"混凝土强度": "1.2 -3.5 2.1 -1 1.6 0.4"}
PLAIN = "2 5 0 3 1 4"


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def load() -> int:
    """Load them onto the section where the demonstration's contractor, supervisor and owner meet; returns how many
    records. Run again it adds nothing. Raises LookupError when the demonstration is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    people = {name: User.objects.filter(username=name, is_demo=True).first() for name in PERSONS}
    if None in people.values():
        raise LookupError("没有演示用户，请先运行 load_demo。")
    seen = Section.objects.filter(
        Q(end_on__isnull=True), kind=SectionKind.CONSTRUCTION, project__handover_on__isnull=True
    )
    for person in people.values():
        seen = seen & Section.objects.visible_to(person)
    section = seen.select_related("project").order_by("pk").first()
    if section is None:
        raise LookupError("演示的施工、监理和建设单位没有共同参与的在建标段。")
    contractor, owner = actor("contractor"), actor("owner")
    bridge = templates.lay_out(section, "bridge", "YS-QL-01", "演示大桥", contractor)
    road = templates.lay_out(section, "roadbed", "YS-LJ-01", "演示路基 K0+000-K3+200", contractor)
    rolling.roll_up(section.pk)
    for node in bridge + road:
        records.update(node, {"is_demo": True}, contractor, label="演示数据", clean=False)
    records.update(
        Division.objects.get(pk=bridge[0].pk), {"investment": Decimal(3200)}, contractor, label="填写投资额"
    )
    items = [node for node in bridge if node.is_item]
    for at, node in enumerate(items[:9]):
        _evaluate(node, good=at not in (2, 5))
    _evaluate(items[2], good=True, repair="演示：凿除不合格部位，重新浇筑并养护。")
    _registration(section, owner)
    _score(section, bridge, owner)
    records.create(
        HandoverProblem(
            project=section.project,
            section=section,
            part="演示大桥0号台后",
            description="演示：台后填土沉降约15mm，须注浆处理。",
            due_by=timezone.localdate() + timedelta(days=45),
            is_demo=True,
        ),
        owner,
        reason="演示数据",
    )
    return len(bridge) + len(road) + 10


def _evaluate(node: Division, *, good: bool, repair: str = "") -> None:
    contractor, supervisor = actor("contractor"), actor("supervisor")
    node = Division.objects.select_related("section").get(pk=node.pk)
    made = records.create(
        Evaluation(division=node, repair=repair, is_demo=True), contractor, reason="演示数据"
    )
    rows = list(made.measurements.all())
    if not rows:
        facts = {
            "name": "外形尺寸",
            "unit": "mm",
            "lower": Decimal(-10),
            "upper": Decimal(10),
            "is_key": True,
        }
        rows = [records.create(made.measurements.model(evaluation=made, **facts), contractor)]
    for row in rows:
        values = (GOOD if good else POOR).get(row.name, PLAIN if good else "2 25 0 38 1 4")
        records.update(row, {"values": values}, contractor)
    made = perform(made, "submit", contractor, {"opinion": "演示：自检完成。"})
    perform(made, "judge", supervisor, {"appearance": "good", "documents": "complete"})


def _registration(section: Section, owner: Actor) -> None:
    records.create(
        Registration(
            project=section.project,
            content="演示：新建桥梁一座及两端接线，参建单位见标段台账。",
            contact="演示·联系人",
            is_demo=True,
        ),
        owner,
        reason="演示数据",
    )


def _score(section: Section, bridge: list[Division], owner: Actor) -> None:
    sheet = records.create(ScoreSheet(section=section, purpose="handover", is_demo=True), owner)
    for part in [node for node in bridge if node.kind == "part"][:2]:
        line = records.create(
            ScoredPart(
                sheet=sheet, division=part, weight=Decimal(2), appearance=Decimal("1.5"), is_demo=True
            ),
            owner,
        )
        for name, points, good, weight in (("混凝土强度", 20, 20, 3), ("断面尺寸", 40, 37, 1)):
            item = ScoredItem(
                part=line, name=name, points=points, good=good, weight=Decimal(weight), is_demo=True
            )
            records.create(item, owner)
