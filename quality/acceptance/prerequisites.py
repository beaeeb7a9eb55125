"""What has to be there before a procedure may go on, each as a check that says what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from projects.models import Project, Section
from projects.models.section import SectionKind
from supervision.papers import services as papers
from supervision.rules.calendar import months_after
from supervision.rules.numbers import date_cn
from supervision.rules.shipped import rule

from ..models.acceptance import (
    PREREQUISITES,
    SCORES,
    Completion,
    Grade,
    Handover,
    HandoverProblem,
    Purpose,
    Registration,
    ScoreSheet,
)
from ..models.division import ACTIVE, Division, Kind, Outcome
from . import scoring


@dataclass(frozen=True)
class Check:
    """One prerequisite: its name, whether it is met, and what is missing or shows it."""

    label: str
    met: bool
    text: str


def missing(checks: list[Check]) -> list[str]:
    """The unmet ones as sentences."""
    return [f"{check.label}：{check.text}" for check in checks if not check.met]


def works_sections(project: Project):
    """The construction sections of a project."""
    rows = Section.objects.filter(project=project, kind=SectionKind.CONSTRUCTION)
    return rows.select_related("project").order_by("code")


def tree_passed(section: Section) -> Check:
    """所含单位工程全部合格, by the evaluations of the section's tree."""
    units = Division.objects.filter(section=section, kind=Kind.UNIT, status=ACTIVE)
    open_ones = [
        f"“{unit}”{unit.standing.get_result_display()}"
        for unit in units.select_related("standing").order_by("path")
        if unit.standing.result != Outcome.PASS
    ]
    total = units.count()
    if not total:
        return Check("单位工程评定", False, "该标段还没有分部分项划分。")
    more = f"等 {len(open_ones)} 个" if len(open_ones) > 5 else ""
    text = "、".join(open_ones[:5]) + more + "。" if open_ones else f"{total} 个单位工程全部合格。"
    return Check("单位工程评定", not open_ones, text)


def registered(project: Project) -> Check:
    done = Registration.objects.filter(project=project, accepted_on__isnull=False).exists()
    return Check("质量监督登记", done, "已受理。" if done else "尚未受理监督登记。")


def handover_applies(record: Handover) -> list[Check]:
    """Before the contractor applies."""
    return [registered(record.section.project), tree_passed(record.section)]


def handover_decides(record: Handover) -> list[Check]:
    """Before the owner decides: the tree still stands, and the marks are sealed."""
    sheet = ScoreSheet.objects.filter(
        section_id=record.section_id, purpose=Purpose.HANDOVER, status="sealed"
    ).first()
    text = f"{sheet.score} 分，{sheet.get_grade_display()}。" if sheet else "交工验收评分表尚未定分。"
    return [tree_passed(record.section), Check("交工质量评分", sheet is not None, text)]


def sheet_complete(sheet: ScoreSheet) -> list[str]:
    """What a sheet lacks before its score can be settled."""
    found = scoring.unscored(sheet)
    if not sheet.parts.exists():
        return found or ["评分表上还没有分部工程。"]
    return found + [f"{gap}。" for gap in scoring.of_sheet(sheet, rule(SCORES)).all_gaps()]


# -------------------------------------------------------------------------------------------------- 竣工验收


def passed_handovers(project: Project) -> dict[int, date]:
    """Section → the day it passed its 交工验收."""
    rows = Handover.objects.filter(section__project=project, status="decided").exclude(grade=Grade.FAILED)
    return dict(rows.values_list("section_id", "decided_on"))


def _handed_over(project: Project, passed: dict[int, date]) -> Check:
    sections = list(works_sections(project))
    left = [section.code for section in sections if section.pk not in passed]
    if not sections:
        return Check("交工验收", False, "该项目没有施工标段。")
    text = f"{'、'.join(left[:10])} 标段尚未通过交工验收。" if left else f"{len(sections)} 个标段均已通过。"
    return Check("交工验收", not left, text)


def _trial(record: Completion, passed: dict[int, date], today: date, years: int) -> Check:
    label = f"通车试运营满 {years} 年"
    begun = max([*passed.values(), *([record.trial_from] if record.trial_from else [])], default=None)
    if begun is None:
        return Check(label, False, "没有试运营起始日期。")
    full = months_after(begun, 12 * years)
    text = f"自{date_cn(begun)}起，{'已于' if full <= today else '至'}{date_cn(full)}满 {years} 年。"
    return Check(label, full <= today, text)


def _settled(project: Project) -> Check:
    left = HandoverProblem.objects.filter(project=project).exclude(status="settled").count()
    return Check("交工遗留问题处理", not left, f"还有 {left} 项未处理完。" if left else "全部处理完毕。")


def _appraised(project: Project) -> Check:
    sections = list(works_sections(project))
    grades = dict(
        ScoreSheet.objects.filter(
            section__project=project, purpose=Purpose.APPRAISAL, status="sealed"
        ).values_list("section_id", "grade")
    )
    left = [s.code for s in sections if s.pk not in grades]
    failed = [s.code for s in sections if grades.get(s.pk) == Grade.FAILED]
    if left:
        return Check("质量监督机构鉴定", False, f"{'、'.join(left[:10])} 标段尚未鉴定定分。")
    if failed:
        return Check("质量监督机构鉴定", False, f"{'、'.join(failed[:10])} 标段鉴定不合格。")
    return Check(
        "质量监督机构鉴定", bool(sections), "各标段鉴定合格。" if sections else "该项目没有施工标段。"
    )


def completion_applies(record: Completion, today: date | None = None) -> list[Check]:
    """The prerequisites of the 竣工验收 (rule set acceptance-prerequisites), as of `today`."""
    content = rule(PREREQUISITES).content
    project, today = record.project, today or timezone.localdate()
    passed = passed_handovers(project)
    checks = [
        _handed_over(project, passed),
        _trial(record, passed, today, content["trial_years"]),
        _settled(project),
        _appraised(project),
    ]
    files = papers.counts(record) if record.pk else {}
    for proof in content["proofs"]:
        day = getattr(record, proof["field"])
        lacking = ([] if day else ["未填完成日期"]) + (
            [] if files.get(proof["attachment"]) else [f"缺少附件“{proof['attachment']}”"]
        )
        text = f"{date_cn(day)}完成。" if not lacking else f"{'，'.join(lacking)}。"
        checks.append(Check(proof["label"], not lacking, text))
    return checks


def completion_decides(record: Completion) -> list[str]:
    """What is missing for the score of a 竣工验收, marks to be given in the act aside."""
    rules, project = rule(SCORES), record.project
    found = missing([_handed_over(project, passed_handovers(project)), _appraised(project)])
    for purpose in Purpose:
        scored = scoring.of_project(project, purpose, rules)
        found += [f"{gap}。" for gap in scored.all_gaps()]
    return found
