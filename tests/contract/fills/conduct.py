"""Conduct: risk points, contracts, education, reports, visits, questionnaires, controls."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from django.utils import timezone

from integrity.models import (
    ConductReport,
    ControlQuestion,
    EducationPush,
    EducationRecord,
    IntegrityContract,
    PartyBranch,
    RiskPoint,
    ServiceProblem,
    ServiceVisit,
    Survey,
    SurveyQuestion,
)
from supervision.people.models import Organization
from tests.contract.world import COLUMN_OF, PEOPLE, Side, Values, fills, make

# Of a unit without a district the city, its readers, and the unit itself read.
for _name in ("bureau", "leader", "discipline", "inspector", "audit"):
    PEOPLE[_name] = replace(PEOPLE[_name], unit="A B", city="A B")
for _side in "AB":
    PEOPLE[f"contractor_{_side.lower()}"] = replace(PEOPLE[f"contractor_{_side.lower()}"], unit=_side)
PEOPLE["discipline"] = replace(PEOPLE["discipline"], confidential="A B")

COLUMN_OF |= {
    RiskPoint: "unit",
    EducationRecord: "unit",
    ServiceVisit: "unit",
    ServiceProblem: "unit",
    ConductReport: "confidential",
    ControlQuestion: "confidential",
    Survey: "city",
}


@fills(RiskPoint)
def _(side: Side, number: int, given: Values) -> Values:
    return {"level": "high"}


@fills(IntegrityContract)
def _(side: Side, number: int, given: Values) -> Values:
    # One stands for each unit in a section.
    return {} if "unit" in given else {"unit": make(Organization, side)}


@fills(EducationPush)
def _(side: Side, number: int, given: Values) -> Values:
    return {"month": "2024-03"}


@fills(EducationRecord)
def _(side: Side, number: int, given: Values) -> Values:
    return {"held_on": date(2024, 3, 4), "expected": 40, "attended": 38}


@fills(PartyBranch)
def _(side: Side, number: int, given: Values) -> Values:
    return {"members": number % 20 + 3}


@fills(ConductReport)
def _(side: Side, number: int, given: Values) -> Values:
    return {
        "channel": "letter",
        "unit_name": f"某单位{number}",
        "content": f"第{number}件反映的内容",
        "received_on": date(2024, 3, 4),
        "code_key": "",
        "digest": "",
        "accept_by": None,
        "finish_by": timezone.localdate() + timedelta(days=60),
        "rules": None,
    }


@fills(ServiceVisit)
def _(side: Side, number: int, given: Values) -> Values:
    office = {} if "office" in given else {"office": make(Organization, side, kind="office")}
    return {"visited_on": date(2024, 3, 4), "visitors": 3} | office


@fills(ServiceProblem)
def _(side: Side, number: int, given: Values) -> Values:
    visit = given.get("visit") or make(ServiceVisit, side)
    return {"visit": visit, "solver": visit.unit}


@fills(Survey)
def _(side: Side, number: int, given: Values) -> Values:
    return {"groups": [], "close_on": timezone.localdate() + timedelta(days=30), "token": ""}


@fills(SurveyQuestion)
def _(side: Side, number: int, given: Values) -> Values:
    if "survey" in given:
        # Questions are made while the questionnaire is built, whatever it has become.
        given["survey"].status = "draft"
    survey = {} if "survey" in given else {"survey": make(Survey, side)}
    return survey | {"order": number, "kind": "score", "options": []}


@fills(ControlQuestion)
def _(side: Side, number: int, given: Values) -> Values:
    return {
        "control": "out_of_hours",
        "year": 2024,
        "key": str(number),
        "cases": 3,
        "threshold": "满3件",
        "found": [],
        "rules": None,
    }
