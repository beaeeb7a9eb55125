"""Records of the division, evaluation and acceptance of works."""

from __future__ import annotations

from datetime import date

from projects.models import Participation, Project, Section
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
)
from supervision.flows import records
from tests.contract.world import Side, Values, fills, make
from tests.factories import COMMAND


def standing(side: Side, kind: str, section: Section) -> Division:
    """A section's one node of a kind, made with what is above it."""
    found = Division.objects.filter(section=section, kind=kind).order_by("pk").first()
    return found or below(side, kind, section)


def below(side: Side, kind: str, section: Section) -> Division:
    """A new node of a kind."""
    above = {"part": "unit", "item": "part"}
    parent = standing(side, above[kind], section) if kind in above else None
    return make(Division, side, section=section, kind=kind, parent_code=parent.code if parent else "")


@fills(Division)
def _(side: Side, number: int, given: Values) -> Values:
    found = {"section": side.section, "works": "roadbed", "kind": "unit"}
    if parent := given.get("parent"):
        found |= {"section": parent.section, "kind": "part", "parent_code": parent.code}
    return found


@fills(Evaluation)
def _(side: Side, number: int, given: Values) -> Values:
    # A node has one round at a time.
    return {"division": below(side, "item", given.get("section", side.section))}


@fills(Measurement)
def _(side: Side, number: int, given: Values) -> Values:
    return {"values": "1 2", "upper": 5}


@fills(Registration)
def _(side: Side, number: int, given: Values) -> Values:
    return of_project(Registration, side)


@fills(Completion)
def _(side: Side, number: int, given: Values) -> Values:
    return of_project(Completion, side)


def of_project(model: type, side: Side) -> Values:
    taken = model.objects.filter(project=side.project).exists()
    return {"project": make(Project, side) if taken else side.project}


def of_section(model: type, side: Side) -> Values:
    """The side's section, or once that is taken another one on which the side's contractor works."""
    if not model.objects.filter(section=side.section).exists():
        return {"section": side.section}
    section = make(Section, side)
    row = Participation(
        section=section, role="contractor", organization=side.offices["contractor"], since=date(2024, 1, 2)
    )
    records.create(row, COMMAND)
    return {"section": section}


@fills(ScoreSheet)
def _(side: Side, number: int, given: Values) -> Values:
    return of_section(ScoreSheet, side)


@fills(Handover)
def _(side: Side, number: int, given: Values) -> Values:
    return of_section(Handover, side)


@fills(HandoverProblem)
def _(side: Side, number: int, given: Values) -> Values:
    handover = given.get("handover")
    return {"section": handover.section if handover else side.section}


@fills(ScoredPart)
def _(side: Side, number: int, given: Values) -> Values:
    sheet = given.get("sheet") or ScoreSheet.objects.filter(section=side.section).first()
    sheet = sheet or make(ScoreSheet, side)
    return {"sheet": sheet, "division": below(side, "part", sheet.section)}


@fills(ScoredItem)
def _(side: Side, number: int, given: Values) -> Values:
    return {"points": 20, "good": 19}
