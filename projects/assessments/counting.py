"""Which results of assessments count on a day: the rules that indicators and candidacies share.

As of a day D: a result counts from decided_on ≤ D until a later one of the same column supersedes it
(superseded_on > D or never). Of a section with several sheets in the year the last one decides.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from supervision.plan.indicators import Window

from ..models import Assessment, AssessmentResult, Candidacy
from ..models.standard import MarkColumn, Subject

DECIDING = {MarkColumn.OWNER.value: "建设单位考核", MarkColumn.BUREAU.value: "主管部门抽查"}


def standing(window: Window, column: str, family: Any) -> QuerySet[AssessmentResult]:
    """The results of the window's year in force on the day, one column's of one family; demonstrations of other
    provinces' standards never count."""
    day = window.as_of
    return AssessmentResult.objects.filter(
        Q(superseded_on__isnull=True) | Q(superseded_on__gt=day),
        ~Q(assessment__status="void"),
        column=column,
        decided_on__lte=day,
        assessment__year=window.year,
        assessment__standard_version__standard__family=family,
        assessment__standard_version__standard__is_example=False,
    )


def passed_by(
    window: Window, member: str, subject: str, column: str, family: Any, grade: str = ""
) -> QuerySet[AssessmentResult]:
    """The last results of the year that passed, one for each `member` ("section" or "project") of `subject`."""
    rows = standing(window, column, family).filter(assessment__subject=subject)
    later = rows.filter(**{f"assessment__{member}": OuterRef(f"assessment__{member}")}).filter(
        Q(assessment__period_to__gt=OuterRef("assessment__period_to"))
        | Q(assessment__period_to=OuterRef("assessment__period_to"), pk__gt=OuterRef("pk"))
    )
    found = rows.filter(~Exists(later), passed=True)
    return found.filter(excellent=True) if grade == "excellent" else found


def sections_passed(window: Window, column: str, family: Any, grade: str = "") -> Q:
    """The condition of sections that passed."""
    rows = passed_by(window, "section", Subject.CONTRACTOR, column, family, grade)
    return Q(pk__in=rows.filter(assessment__section__isnull=False).values("assessment__section"))


def projects_passed(window: Window, column: str, family: Any, grade: str = "") -> Q:
    """The condition of projects that passed as a whole."""
    rows = passed_by(window, "project", Subject.PROJECT, column, family, grade)
    return Q(pk__in=rows.values("assessment__project"))


def asked_for(window: Window, column: str, subject: str, family: Any) -> QuerySet[Assessment]:
    """The year's sheets whose course has the column, or on which a spot-check was drawn by the day."""
    rows = Assessment.objects.filter(
        subject=subject,
        year=window.year,
        period_from__lte=window.as_of,
        standard_version__standard__family=family,
        standard_version__standard__is_example=False,
    ).exclude(status="void")
    if column == MarkColumn.BUREAU:
        return rows.filter(drawn_on__lte=window.as_of)
    return rows.filter(Q(course__in=("full", "direct")) | Q(owner_on__lte=window.as_of))


def missing_pass(candidacy: Candidacy) -> list[str]:
    """Why a scheme that asks for a passed assessment of the year keeps this candidacy from its name. Of several
    sheets that came to a result the last one decides, as in the rates."""
    if not candidacy.scheme.needs_assessment:
        return []
    year = candidacy.review_year or candidacy.year
    about = {"section": candidacy.section_id} if candidacy.section_id else {"project": candidacy.project_id}
    last = (
        Assessment.objects.filter(
            year=year,
            passed__isnull=False,
            subject=Subject.CONTRACTOR if candidacy.section_id else Subject.PROJECT,
            standard_version__standard__family=candidacy.scheme.family,
            standard_version__standard__is_example=False,
            **about,
        )
        .exclude(status="void")
        .order_by("-period_to", "-pk")
        .first()
    )
    if last is None:
        return [f"没有{year}年度合格的建设单位考核或主管部门抽查结果。"]
    if not last.passed:
        return [f"{year}年度最后一次考核（{last.period_label}）不合格。"]
    if last.has_late_veto:
        return [f"{last.period_label}考核结论作出后查实了否决情形，须先办理改判。"]
    return []
