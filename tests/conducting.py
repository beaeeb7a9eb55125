"""What the tests of conduct share: plain records, and records that have what their next step asks for."""

from __future__ import annotations

from datetime import date
from itertools import count

from django.core.files.base import ContentFile

from integrity.models import (
    ConductReport,
    EducationRecord,
    IntegrityContract,
    PartyBranch,
    RiskPoint,
    Survey,
    SurveyQuestion,
)
from supervision.flows import records
from supervision.papers.services import attach

from . import factories
from .factories import COMMAND

_numbers = count(1)


def risk_point(**facts) -> RiskPoint:
    facts = {
        "post": f"计量岗{next(_numbers)}",
        "phase": "building",
        "process": "计量支付",
        "risk": "虚报工程量",
        "level": "high",
        "measures": "双人复核",
        "measure_owner": "总监办",
    } | facts
    facts.setdefault("unit", factories.organization("contractor"))
    return records.create(RiskPoint(**facts), COMMAND)


def education(**facts) -> EducationRecord:
    facts = {
        "kind": "warning",
        "topic": f"警示教育{next(_numbers)}",
        "held_on": date(2024, 3, 4),
        "expected": 40,
        "attended": 38,
    } | facts
    facts.setdefault("unit", factories.organization("contractor"))
    return records.create(EducationRecord(**facts), COMMAND)


def report(**facts) -> ConductReport:
    facts = {"channel": "letter", "unit_name": "某单位", "content": "反映的内容"} | facts
    return records.create(ConductReport(**facts), COMMAND)


def survey(**facts) -> Survey:
    return records.create(Survey(**({"title": f"问卷{next(_numbers)}"} | facts)), COMMAND)


def question(of: Survey, order: int = 1, **facts) -> SurveyQuestion:
    facts = {"kind": "score", "text": f"题目{order}"} | facts
    return records.create(SurveyQuestion(survey=of, order=order, **facts), COMMAND)


def with_paper(record, kind: str):
    attach(record, ContentFile(b"%PDF-1.4\n%%EOF\n", "a.txt"), kind, COMMAND)
    return record


def _asked(side) -> Survey:
    from .contract.world import make

    made = make(Survey, side)
    question(made)
    return made


def _made(model, side, **facts):
    from .contract.world import make

    return make(model, side, **facts)


VARIANTS = {
    IntegrityContract: lambda world, side: [with_paper(_made(IntegrityContract, side), "廉政合同")],
    PartyBranch: lambda world, side: [with_paper(_made(PartyBranch, side), "成立批复")],
    ConductReport: lambda world, side: [{}, {"finding": "true"}],
    Survey: lambda world, side: [_asked(side)],
}

MAKERS = {RiskPoint: risk_point, EducationRecord: education}
