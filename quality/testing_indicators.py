"""The indicators of tests, defects and durability: 抽检合格率, 缺陷整改率, 耐久性指标合格率."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q

from projects.indicators import district_on
from supervision.flows.oversight import SpanKind
from supervision.plan.indicators import Members, Parameter, Window, indicator
from supervision.rules.shipped import rule

from .models import DefectSpan, DurabilityCheck, QualityDefect
from .models.durability import DurabilityIndicator
from .models.testing import Outcome
from .rules import RATE, materials
from .testing.rates import counting_as_of

NEVER = Q(pk__in=())


def words(source):
    return lambda: {word: word for word in source()}


@indicator(
    "test.passed",
    "抽检合格率",
    unit="quality.test",
    kind="ratio",
    parameters=(Parameter("material", "试验对象", choices=words(materials), required=False),),
    meaning="应计：考核年度内截至日的抽检（监理、建设单位、监督抽检，自检不计），不含作废和无效的；按现行口径取首次结果"
    "（或最终结果）。计入：其中合格的。",
)
def tests_passed(window: Window, material: str = "") -> Members:
    last = min(window.end, window.as_of)
    rows = counting_as_of(window.as_of, rule(RATE, window.as_of).content)
    rows = rows.filter(tested_on__range=(window.begin, last), section__project__merged_into__isnull=True)
    if material:
        rows = rows.filter(material=material)
    return Members(
        rows,
        Q(outcome=Outcome.PASSED),
        NEVER,
        district_on(window.as_of, "section__project_id"),
        F("section__project__mode"),
    )


@indicator(
    "defect.rectified",
    "质量缺陷整改率",
    unit="quality.qualitydefect",
    kind="ratio",
    meaning="应计：考核年度内截至日核查认定的质量缺陷。计入：其中截至日已销号的（销号后复现重开的不计）。其余仍可整改，列为未定。",
)
def defects_rectified(window: Window) -> Members:
    last = min(window.end, window.as_of)
    rows = QualityDefect.objects.filter(
        verified_on__range=(window.begin, last), project__merged_into__isnull=True
    )
    closed = Q(Exists(DefectSpan.on(window.as_of, SpanKind.CLOSED).filter(defect=OuterRef("pk"))))
    return Members(rows, closed, ~closed, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "durability.passed",
    "耐久性指标合格率",
    unit="quality.durabilitycheck",
    kind="ratio",
    parameters=(Parameter("indicator", "指标", choices=dict(DurabilityIndicator.choices), required=False),),
    meaning="应计：考核年度内截至日的钢筋混凝土耐久性指标检测组。计入：其中按检测日限值（本系统设定）判为合格的。",
)
def durability_passed(window: Window, indicator: str = "") -> Members:
    last = min(window.end, window.as_of)
    rows = DurabilityCheck.objects.filter(
        checked_on__range=(window.begin, last), section__project__merged_into__isnull=True
    )
    if indicator:
        rows = rows.filter(indicator=indicator)
    return Members(
        rows,
        Q(passed=True),
        NEVER,
        district_on(window.as_of, "section__project_id"),
        F("section__project__mode"),
    )
