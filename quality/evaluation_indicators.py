"""The indicators of evaluation and acceptance: 一次验收合格率, 交工合格率."""

from __future__ import annotations

from django.db.models import F, Q

from projects.indicators import district_on
from supervision.plan.indicators import Members, Parameter, Window, indicator

from .models import Evaluation, Handover
from .models.acceptance import Grade
from .models.division import Kind, Outcome, Works

NEVER = Q(pk__in=())


@indicator(
    "evaluation.first_pass",
    "一次验收合格率",
    unit="quality.evaluation",
    kind="ratio",
    parameters=(Parameter("works", "工程类别", choices=dict(Works.choices), required=False),),
    meaning="应计：考核年度内、截至日前完成首轮评定的分项工程（以首轮评定为一条）。计入：其中首轮评定合格的。"
    "返工后重新评定合格的不计入。",
)
def first_pass(window: Window, works: str = "") -> Members:
    rows = Evaluation.objects.filter(
        round=1,
        division__kind=Kind.ITEM,
        judged_on__range=(window.begin, min(window.end, window.as_of)),
        section__project__merged_into__isnull=True,
    )
    if works:
        rows = rows.filter(division__works=works)
    place = district_on(window.as_of, "section__project_id")
    return Members(rows, Q(result=Outcome.PASS), NEVER, place, F("section__project__mode"))


@indicator(
    "handover.passed",
    "交工合格率",
    unit="quality.handover",
    kind="ratio",
    meaning="应计：考核年度内、截至日前有结论的标段交工验收。计入：其中评为优良或合格的。不合格后另行验收的，各计一次。",
)
def handed_over(window: Window) -> Members:
    rows = Handover.objects.filter(
        status="decided",
        decided_on__range=(window.begin, min(window.end, window.as_of)),
        section__project__merged_into__isnull=True,
    )
    good = Q(grade__in=(Grade.EXCELLENT, Grade.QUALIFIED))
    place = district_on(window.as_of, "section__project_id")
    return Members(rows, good, NEVER, place, F("section__project__mode"))
