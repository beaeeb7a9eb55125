"""What the project registry, candidacies and assessments know of a span of days; see supervision/plan/facts.py."""

from __future__ import annotations

from django.db.models import QuerySet

from supervision.plan.facts import Span, fact

from .assessments.generating import at_work
from .models import AssessmentResult, Candidacy, Project

OF_PROJECT = {"units": ("owner",), "district": "district", "sector": "mode", "project": "pk"}
OF_CANDIDACY = {"units": ("project__owner",), "project": "project"}


@fact(
    "project.at_work",
    "在建公路水运项目",
    "projects.project",
    measure="个",
    **OF_PROJECT,
    meaning="期间内在建的公路、水运项目。",
)
def projects_at_work(span: Span) -> QuerySet:
    return Project.objects.filter(at_work(*span.days))


@fact(
    "project.started",
    "新开工项目",
    "projects.project",
    measure="个",
    **OF_PROJECT,
    meaning="期间内开工的项目。",
)
def projects_started(span: Span) -> QuerySet:
    return Project.objects.filter(start_on__range=span.days, merged_into__isnull=True)


@fact(
    "project.handed_over",
    "交工项目",
    "projects.project",
    measure="个",
    **OF_PROJECT,
    meaning="期间内交工的项目。",
)
def projects_handed_over(span: Span) -> QuerySet:
    return Project.objects.filter(handover_on__range=span.days, merged_into__isnull=True)


@fact(
    "candidacy.declared",
    "申报创建",
    "projects.candidacy",
    measure="项",
    **OF_CANDIDACY,
    meaning="期间内申报、截至日未撤回的创建申报。",
)
def declared(span: Span) -> QuerySet:
    rows = Candidacy.objects.filter(declared_on__range=span.days, project__merged_into__isnull=True)
    return rows.exclude(withdrawn_on__lte=span.known)


@fact(
    "candidacy.named",
    "获得命名或奖项",
    "projects.candidacy",
    measure="项",
    **OF_CANDIDACY,
    meaning="期间内命名的创建申报。",
)
def named(span: Span) -> QuerySet:
    return Candidacy.objects.filter(
        status="named", decided_on__range=span.days, project__merged_into__isnull=True
    )


@fact(
    "assessment.decided",
    "完成考核评价",
    "projects.assessmentresult",
    measure="次",
    units=("assessment__project__owner",),
    project="assessment__project",
    meaning="期间内定出、截至日未被更正的考核结果。",
)
def assessed(span: Span) -> QuerySet:
    rows = AssessmentResult.objects.filter(decided_on__range=span.days)
    return rows.exclude(superseded_on__lte=span.known)
