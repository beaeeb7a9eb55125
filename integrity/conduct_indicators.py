"""The indicators of conduct: 廉政合同签订率, 临时党支部覆盖率, 教育覆盖率, 三服务问题解决率.

There is none about reports (举报): a figure shown to all readers would tell them that there are any. The discipline
role has a page of its own for that (`integrity/reports/pages.py`).
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q

from projects.assessments.generating import at_work
from projects.indicators import district_on
from projects.models import Project, Section
from projects.models.section import SectionKind
from supervision.plan.indicators import Members, Window, indicator
from supervision.rules.calendar import months_after

from .models import EducationRecord, IntegrityContract, PartyBranch, ServiceProblem

NEVER = Q(pk__in=())


@indicator(
    "integrity.contracts",
    "廉政合同签订率",
    unit="projects.section",
    kind="ratio",
    meaning="应计：考核年度内在建的施工标段。计入：其中截至日有已签订、未终止的廉政合同的。",
)
def contracts(window: Window) -> Members:
    last = min(window.end, window.as_of)
    rows = Section.objects.filter(
        Q(start_on__isnull=True) | Q(start_on__lte=last),
        Q(end_on__isnull=True) | Q(end_on__gte=window.begin),
        at_work(window.begin, last, "project__"),
        kind=SectionKind.CONSTRUCTION,
    )
    signed = IntegrityContract.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=last), signed_on__lte=last
    )
    done = Q(pk__in=signed.values("section"))
    return Members(rows, done, NEVER, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "integrity.branches",
    "临时党支部覆盖率",
    unit="projects.project",
    kind="ratio",
    meaning="应计：考核年度内在建的公路、水运项目。计入：其中截至日有已成立、未撤销的项目临时党支部的。",
)
def branches(window: Window) -> Members:
    last = min(window.end, window.as_of)
    standing = PartyBranch.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=last), founded_on__lte=last
    )
    return Members(
        Project.objects.filter(at_work(window.begin, last)),
        Q(pk__in=standing.values("project")),
        NEVER,
        district_on(window.as_of, "pk"),
        F("mode"),
    )


@indicator(
    "integrity.education",
    "廉政教育覆盖率",
    unit="projects.project",
    kind="ratio",
    meaning="应计：截至日所在月份在建的公路、水运项目。计入：当月截至日登记过廉政教育的。未定：当月未结束、尚未登记的。",
)
def education(window: Window) -> Members:
    day = min(window.end, window.as_of)
    begin = day.replace(day=1)
    last = months_after(begin, 1) - timedelta(days=1)
    held = EducationRecord.objects.filter(held_on__range=(begin, day), project__isnull=False)
    done = Q(pk__in=held.values("project"))
    waiting = ~done if day < last and window.as_of <= window.end else NEVER
    return Members(
        Project.objects.filter(at_work(begin, day)), done, waiting, district_on(window.as_of, "pk"), F("mode")
    )


@indicator(
    "integrity.problems",
    "三服务问题解决率",
    unit="integrity.serviceproblem",
    kind="ratio",
    meaning="应计：考核年度内走访收集的问题。计入：截至日经被走访单位确认已解决的。未定：解决期限未到、尚未确认的。",
)
def problems(window: Window) -> Members:
    day = window.as_of
    rows = ServiceProblem.objects.filter(visit__visited_on__range=(window.begin, min(window.end, day)))
    done = Q(confirmed_on__lte=day)
    waiting = ~done & (Q(solve_by__gte=day) | Q(solve_by__isnull=True))
    return Members(rows, done, waiting, F("visit__unit__district"), None)
