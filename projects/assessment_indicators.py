"""Indicators over the results of assessments.

    section.assessed_passed   sections whose assessment of the year passed, of those that are to be assessed
    project.assessed_passed   the same for whole projects (品质工程)

Both say which column counts (`column`: the owner's assessment or the bureau's spot-check) and of which family of
standards; `grade` "excellent" asks for 优秀. The indicators of candidacies (`section.eligible_named`,
`project.passed`) take the same rule as `assessment`: a member then counts when it is named or has passed. What
holds as of a day stands in `projects.assessments.counting`.
"""

from __future__ import annotations

from django.db.models import F

from supervision.plan.indicators import Members, Parameter, Window, indicator

from .assessments.counting import DECIDING, asked_for, projects_passed, sections_passed
from .indicators import district_on
from .models import Project, Section
from .models.standard import StandardFamily, Subject

COLUMN = Parameter("column", "以哪一栏为准", choices=DECIDING)
OF_FAMILY = Parameter("family", "标准类别", choices=dict(StandardFamily.choices))
EXCELLENT = Parameter("grade", "等次", choices={"excellent": "优秀"}, required=False)


@indicator(
    "section.assessed_passed",
    "考核合格的标段比例",
    unit="projects.section",
    kind="ratio",
    parameters=(OF_FAMILY, COLUMN, EXCELLENT),
    meaning="应计：当年须由该栏（建设单位考核或主管部门抽查）考核的施工标段。计入：其中截至日当年最后一次该栏考核合格"
    "（等次填优秀的，为优秀）的。未定：未计入、当年还没有不合格结论或可复评的。",
)
def sections_assessed(window: Window, family: str, column: str, grade: str = "") -> Members:
    """Sections that are to be assessed in the year, and which of them passed."""
    asked = asked_for(window, column, Subject.CONTRACTOR, family).filter(section__isnull=False)
    rows = Section.objects.filter(pk__in=asked.values("section"), project__merged_into__isnull=True)
    counted = sections_passed(window, column, family, grade)
    return Members(rows, counted, ~counted, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "project.assessed_passed",
    "考核达标的项目比例",
    unit="projects.project",
    kind="ratio",
    parameters=(OF_FAMILY, COLUMN, EXCELLENT),
    meaning="应计：当年须由该栏考核的工程项目。计入：其中截至日当年最后一次该栏考核达标（等次填优秀的，为优秀）的。"
    "未定：未计入、可复评的。",
)
def projects_assessed(window: Window, family: str, column: str, grade: str = "") -> Members:
    """Projects that are to be assessed as a whole in the year, and which of them passed."""
    asked = asked_for(window, column, Subject.PROJECT, family)
    rows = Project.objects.filter(pk__in=asked.values("project"), merged_into__isnull=True)
    counted = projects_passed(window, column, family, grade)
    return Members(rows, counted, ~counted, district_on(window.as_of, "pk"), F("mode"))
