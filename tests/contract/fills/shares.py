"""Tasks carried out: shares, steps, cited records, reports with their figures, slips, talks."""

from __future__ import annotations

from datetime import date

from supervision.people.models import Organization
from supervision.plan.models import (
    Milestone,
    Plan,
    ShareCitation,
    ShareFigure,
    ShareReport,
    Task,
    TaskInterview,
    TaskShare,
    TaskUrging,
)
from tests.contract.world import COLUMN_OF, Side, Values, fills, make

COLUMN_OF |= {TaskShare: "unit"}


@fills(TaskShare)
def _(side: Side, number: int, given: Values) -> Values:
    # Of each task one share is a unit's in a year.
    task = (
        {}
        if "task" in given
        else {"task": make(Task, side, plan=make(Plan, side, year_from=2024, year_to=2030))}
    )
    unit = {"unit": make(Organization, side)} if "task" in given and "unit" not in given else {}
    year = given["task"].plan.year_to if "task" in given else 2026
    return {"year": year} | task | unit


@fills(Milestone)
def _(side: Side, number: int, given: Values) -> Values:
    return {"planned_on": date(2026, 3, 31)}


@fills(ShareReport)
def _(side: Side, number: int, given: Values) -> Values:
    # Of one share every report is of a period of its own.
    return {
        "period": f"{2000 + number}",
        "first": date(2026, 1, 1),
        "last": date(2026, 3, 31),
        "report_by": date(2026, 4, 10),
        "as_of": date(2026, 4, 1),
    }


@fills(ShareFigure)
def _(side: Side, number: int, given: Values) -> Values:
    return {"code": f"made.{number}", "label": "排查治理安全隐患"}


@fills(ShareCitation)
def _(side: Side, number: int, given: Values) -> Values:
    return {"ledger": "plans", "record": number, "title": f"记录{number}"}


@fills(TaskUrging)
def _(side: Side, number: int, given: Values) -> Values:
    return {"answer_by": date(2099, 3, 1)}


@fills(TaskInterview)
def _(side: Side, number: int, given: Values) -> Values:
    return {}
