"""What 平安工地 reads from the ledgers of safety (交安监发〔2018〕43号 第18条): 经查实存在重大事故隐患, and
已发生重特大生产安全责任事故."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q

from projects.assessments.vetoes import veto_source
from projects.models import Assessment

from .models import Grade, HiddenDanger, Incident
from .models.danger import DISMISSED, EXPERT, REPORTED
from .models.incident import IncidentGrade

UNPROVEN = (REPORTED, EXPERT, DISMISSED)
RECTIFYING = "rectify"
GRAVE = (IncidentGrade.MAJOR, IncidentGrade.EXTRAORDINARY)


@veto_source("major_danger")
def major_dangers(assessments: Sequence[Assessment]) -> dict[int, list[str]]:
    """{assessment: what was proven}: major dangers of the sheet's section that were there within its period.

    A danger counts from the day it was graded major until it was closed. One that is still to be verified, that was
    found untrue, or whose grade a dispute took back is none. The source names no period and no other unit than the
    section where the danger lies; both are 本系统设定. One query for all sheets.
    """
    sheets = [row for row in assessments if row.section_id and row.period_from and row.period_to]
    if not sheets:
        return {}
    rows = (
        HiddenDanger.objects.filter(
            Q(closed_on__isnull=True) | Q(closed_on__gte=min(row.period_from for row in sheets)),
            grade=Grade.MAJOR,
            section__in={row.section_id for row in sheets},
            major_on__lte=max(row.period_to for row in sheets),
        )
        .exclude(status__in=UNPROVEN)
        .order_by("major_on", "pk")
    )
    of_section: dict[int, list[HiddenDanger]] = defaultdict(list)
    for danger in rows:
        of_section[danger.section_id].append(danger)
    return {
        sheet.pk: [told(danger) for danger in of_section[sheet.section_id] if within(danger, sheet)]
        for sheet in sheets
    }


def within(danger: HiddenDanger, sheet: Assessment) -> bool:
    """Whether the danger was major on some day of the sheet's period; of a sheet that failed and was put right
    (整改、复评, 第18条), whether it is still there: what is closed does not fail the re-assessment (本系统设定)."""
    if danger.major_on > sheet.period_to:
        return False
    if danger.closed_on is None:
        return True
    return danger.closed_on >= sheet.period_from and not (sheet.failures and sheet.status != RECTIFYING)


def told(danger: HiddenDanger) -> str:
    ended = f"，{danger.closed_on} 销号" if danger.closed_on else "，尚未销号"
    return f"{danger.number} {danger.part}（{danger.major_on} 定为重大{ended}）"


@veto_source("accident")
def grave_incidents(assessments: Sequence[Assessment]) -> dict[int, list[str]]:
    """{assessment: incidents}: 重大 and 特别重大 incidents on the sheet's section within its period that the
    investigation, once approved, found to be 责任事故. Before that there is no ground. One query for all sheets."""
    sheets = [row for row in assessments if row.section_id and row.period_from and row.period_to]
    if not sheets:
        return {}
    rows = Incident.objects.filter(
        section__in={row.section_id for row in sheets},
        happened_on__gte=min(row.period_from for row in sheets),
        happened_on__lte=max(row.period_to for row in sheets),
        in_statistics=True,
        grade__in=GRAVE,
        liability="liable",
        replied_on__isnull=False,
    ).order_by("happened_on", "pk")
    of_section: dict[int, list[Incident]] = defaultdict(list)
    for incident in rows:
        of_section[incident.section_id].append(incident)
    return {
        sheet.pk: [
            f"{one.number} {one.get_grade_display()}（{one.happened_on}，认定为责任事故）"
            for one in of_section[sheet.section_id]
            if sheet.period_from <= one.happened_on <= sheet.period_to
        ]
        for sheet in sheets
    }
