"""The indicators of hazards and inspections: 风险数 by level, 检查覆盖率, 检查任务完成率."""

from __future__ import annotations

from datetime import date

from django.db.models import F, Q

from projects.assessments.generating import at_work
from projects.indicators import district_on
from projects.models import Section
from projects.models.section import SectionKind
from supervision.plan.indicators import Members, Parameter, Window, indicator

from .indicators import OBJECTS, of_kind
from .models import Hazard, HazardSpan, InspectionTask, Visit
from .models.hazard import RiskLevel
from .models.inspection import InspectionKind

NEVER = Q(pk__in=())


@indicator(
    "hazard.count",
    "管控中的风险数",
    unit="safety.hazard",
    kind="count",
    parameters=(Parameter("level", "风险等级", choices=dict(RiskLevel.choices), required=False), OBJECTS),
    meaning="计入：截至日（累计的目标为截止年末）管控中的风险；选了等级的，为截至日属该等级的。重新评估期间按原等级计。",
)
def hazards(window: Window, level: str = "", objects: str = "") -> Members:
    spans = HazardSpan.on(min(date(window.last, 12, 31), window.as_of))
    found = Q(pk__in=(spans.filter(level=level) if level else spans).values("hazard"))
    rows = Hazard.objects.filter(found, of_kind(objects), project__merged_into__isnull=True)
    return Members(rows, found, NEVER, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "inspection.covered",
    "检查覆盖率",
    unit="projects.section",
    kind="ratio",
    meaning="应计：考核年度内在建的施工标段。计入：其中当年截至日前有双方签字封存的监督检查（企业自查除外）的；"
    "对整个项目的检查不计入标段。未检查的列为未定。",
)
def covered(window: Window) -> Members:
    last = min(window.end, window.as_of)
    rows = Section.objects.filter(
        Q(start_on__isnull=True) | Q(start_on__lte=last),
        Q(end_on__isnull=True) | Q(end_on__gte=window.begin),
        at_work(window.begin, last, "project__"),
        kind=SectionKind.CONSTRUCTION,
    )
    visits = Visit.objects.filter(
        sealed_on__lte=window.as_of, visited_on__range=(window.begin, last), section__isnull=False
    ).exclude(kind=InspectionKind.SELF)
    done = Q(pk__in=visits.values("section"))
    return Members(rows, done, ~done, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "inspection.tasks",
    "检查任务按期完成率",
    unit="safety.inspectiontask",
    kind="ratio",
    parameters=(OBJECTS,),
    meaning="应计：完成期限在考核年度内、截至日未取消，且已到期或已完成的检查任务。计入：其中在期限内完成的。",
)
def tasks(window: Window, objects: str = "") -> Members:
    day = window.as_of
    going = Q(cancelled_on__isnull=True) | Q(cancelled_on__gt=day)
    due = Q(due_by__lt=day) | Q(done_on__lte=day)
    rows = InspectionTask.objects.filter(
        going,
        due,
        of_kind(objects),
        due_by__range=(window.begin, window.end),
        project__merged_into__isnull=True,
    )
    done = Q(done_on__lte=F("due_by")) & Q(done_on__lte=day)
    return Members(rows, done, NEVER, district_on(day, "project_id"), F("project__mode"))
