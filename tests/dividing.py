"""What the tests of division, evaluation and acceptance share: trees, rounds on their way, scored sections."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count

from django.core.files.uploadedfile import SimpleUploadedFile

from projects.models import Section
from quality.division import rolling
from quality.models import (
    Completion,
    Division,
    Evaluation,
    Handover,
    HandoverProblem,
    Measurement,
    Registration,
    ScoredItem,
    ScoredPart,
    ScoreSheet,
    Standing,
)
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.papers import services as papers
from supervision.people import history_guard
from supervision.people.models import User
from supervision.rules.shipped import rule

from . import factories
from .factories import COMMAND

_numbers = count(1)
LEVELS = ("unit", "part", "item")


def node(section: Section, code: str, parent: Division | None = None, kind: str = "", **facts) -> Division:
    """A node; without a kind a 单位工程 without a parent, else the usual one below it."""
    kind = kind or (LEVELS[LEVELS.index(parent.kind) + 1] if parent else "unit")
    facts = {"name": f"工程{code}", "works": "bridge"} | facts
    made = Division(section=section, code=code, kind=kind, parent_code=parent.code if parent else "", **facts)
    return records.create(made, COMMAND)


def tree(section: Section, parts: int = 1, items: int = 2, **facts) -> tuple[Division, list[list[Division]]]:
    """A unit with parts and items: the unit, and each part with its items behind it."""
    number = next(_numbers)
    unit = node(section, f"U{number}", investment=Decimal(100), **facts)
    made = []
    for p in range(parts):
        part = node(section, f"U{number}-{p}", unit)
        made.append([part, *(node(section, f"U{number}-{p}-{i}", part) for i in range(items))])
    # As it is done once a transaction is through, which a test's never is.
    rolling.roll_up(section.pk)
    return unit, made


def begin(of: Division, actor: Actor = COMMAND, **facts) -> Evaluation:
    return records.create(Evaluation(division=of, **facts), actor)


def measure(evaluation: Evaluation, values: str, name: str = "断面尺寸", **facts) -> Measurement:
    """A measured item with limits ±5, unless told otherwise."""
    facts = {"lower": Decimal(-5), "upper": Decimal(5), "is_key": True} | facts
    return records.create(Measurement(evaluation=evaluation, name=name, values=values, **facts), COMMAND)


def people(section: Section) -> tuple[Actor, Actor]:
    """The contractor's and the supervisor's person of a section, made when first asked for."""
    found = []
    for role in ("contractor", "supervisor"):
        row = section.participations.filter(role=role).select_related("organization").first()
        office = row.organization if row else factories.organization(role)
        if row is None:
            factories.participation(section, office, role)
        user = User.objects.filter(memberships__organization=office).first() or factories.user(role, office)
        found.append(Actor.of(User.objects.get(pk=user.pk), "page"))
    return found[0], found[1]


def judged(of: Division, good: bool = True, **facts) -> Evaluation:
    """A whole round on a node, passed or failed."""
    contractor, supervisor = people(of.section)
    evaluation = begin(of, contractor, **facts)
    values = "1 2 3" if good else "1 2 9"
    if row := evaluation.measurements.first():
        records.update(row, {"values": values}, COMMAND)
    elif of.is_item:
        measure(evaluation, values)
    evaluation = perform(evaluation, "submit", contractor, {})
    seen = {"appearance": "good" if good or of.is_item else "bad", "documents": "complete"}
    return perform(evaluation, "judge", supervisor, seen)


def result(of: Division) -> str:
    return Division.objects.select_related("standing").get(pk=of.pk).standing.result


def put(record, **facts):
    """The record with other columns, written past the flow."""
    with history_guard.writer():
        type(record)._base_manager.filter(pk=record.pk).update(**facts)
    return type(record)._base_manager.get(pk=record.pk)


def sheet(section: Section, purpose: str = "handover", **facts) -> ScoreSheet:
    return records.create(ScoreSheet(section=section, purpose=purpose, **facts), COMMAND)


def scored(section: Section, rates: list[tuple[int, int, str]], purpose: str = "handover") -> ScoreSheet:
    """A sheet with one unit, one part and items (good, points, weight)."""
    part = Division.objects.filter(section=section, kind="part").first() or tree(section)[1][0][0]
    made = sheet(section, purpose)
    line = records.create(ScoredPart(sheet=made, division=part), COMMAND)
    for at, (good, points, weight) in enumerate(rates):
        item = ScoredItem(part=line, name=f"项目{at}", good=good, points=points, weight=Decimal(weight))
        records.create(item, COMMAND)
    return made


def scored_part() -> ScoredPart:
    section = factories.section()
    unit, parts = tree(section)
    return records.create(ScoredPart(sheet=sheet(section), division=parts[0][0]), COMMAND)


def an_item() -> Division:
    return tree(factories.section(), items=1)[1][0][1]


def problem() -> HandoverProblem:
    of = factories.section()
    facts = {"part": "3号墩", "description": "外观缺陷", "due_by": date(2026, 9, 26)}
    return records.create(HandoverProblem(project=of.project, section=of, **facts), COMMAND)


MAKERS = {
    Division: lambda: node(
        factories.section(), f"D{next(_numbers)}", remark="=1+1", investment=Decimal("1.5")
    ),
    Evaluation: lambda: begin(an_item(), measured_on=date(2026, 3, 4)),
    Measurement: lambda: measure(begin(an_item()), "1 -2.5 3"),
    Registration: lambda: records.create(Registration(project=factories.project(), content="概况"), COMMAND),
    ScoreSheet: lambda: sheet(factories.section()),
    ScoredPart: scored_part,
    ScoredItem: lambda: records.create(
        ScoredItem(part=scored_part(), name="强度", points=20, good=19), COMMAND
    ),
    Handover: lambda: records.create(Handover(section=factories.section(), summary="完成"), COMMAND),
    HandoverProblem: problem,
    Completion: lambda: records.create(Completion(project=factories.project()), COMMAND),
}


# ------------------------------------------------------------------- for the generated tests: tests/contract


def own_section(side) -> Section:
    """A further section of the side's project on which the side's contractor and supervisor work."""
    made = records.create(
        Section(project=side.project, code=f"F{next(_numbers)}", contract_price=100), COMMAND
    )
    for role in ("contractor", "supervisor"):
        factories.participation(made, side.offices[role], role)
    return made


def measured_round(side) -> Evaluation:
    made = begin(tree(own_section(side), items=1)[1][0][1])
    measure(made, "1 2 3")
    return made


def filed_registration(side, project=None) -> Registration:
    made = records.create(
        Registration(project=project or factories.project(**place_of(side)), content="概况"), COMMAND
    )
    papers.attach(made, SimpleUploadedFile("r.txt", b"r"), "监督登记表", COMMAND)
    return made


def place_of(side) -> dict:
    return {"mode": side.mode, "district": side.district, "owner": side.offices["owner"], "level": "county"}


def settled(section: Section, purpose: str) -> ScoreSheet:
    """A sealed sheet of a section, 95 marks."""
    rules = rule("acceptance-scores")
    return put(
        scored(section, [(19, 20, "1")], purpose),
        status="sealed",
        score=Decimal(95),
        grade="excellent",
        scoring_rule=rules,
    )


def due_handover(side) -> Handover:
    """One that may be applied for and decided."""
    section = own_section(side)
    registration = Registration.objects.filter(project=side.project).first()
    put(registration or filed_registration(side, side.project), accepted_on=date(2024, 1, 5))
    tree(section)
    Standing.objects.filter(division__section=section).update(result="pass")
    settled(section, "handover")
    return records.create(Handover(section=section, summary="完成"), COMMAND)


def due_completion(side) -> Completion:
    """One whose prerequisites are all there."""
    project = factories.project(**place_of(side))
    section = factories.section(project, contract_price=Decimal(100))
    handover = records.create(Handover(section=section, summary="完成"), COMMAND)
    put(handover, status="decided", decided_on=date(2020, 1, 6), grade="excellent")
    for purpose in ("handover", "appraisal"):
        settled(section, purpose)
    proofs = rule("acceptance-prerequisites").content["proofs"]
    days = {proof["field"]: date(2023, 1, 6) for proof in proofs}
    made = records.create(Completion(project=project, **days), COMMAND)
    for proof in proofs:
        papers.attach(made, SimpleUploadedFile("r.txt", b"r"), proof["attachment"], COMMAND)
    return made


VARIANTS = {
    Evaluation: lambda world, side: [measured_round(side)],
    Registration: lambda world, side: [filed_registration(side)],
    ScoreSheet: lambda world, side: [
        scored(own_section(side), [(19, 20, "1")], purpose) for purpose in ("handover", "appraisal")
    ],
    Handover: lambda world, side: [due_handover(side)],
    Completion: lambda world, side: [due_completion(side)],
}
