"""Where a project stands on the way from 监督登记 to 竣工验收."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from projects.models import Project, Section
from supervision.ledgers.registry import all_ledgers, get
from supervision.people.models import User

from ..models.acceptance import Completion, Handover, HandoverProblem, Purpose, Registration, ScoreSheet
from ..models.division import ACTIVE, Division, Outcome
from .prerequisites import works_sections


@dataclass(frozen=True)
class Step:
    """One procedure: its label, the record that keeps it, its state and day; `new_url` where it can be filed."""

    label: str
    state: str = "未办理"
    color: str = "gray"
    day: date | None = None
    url: str = ""
    new_url: str = ""
    note: str = ""


@dataclass
class Row:
    section: Section
    tree: Step
    sheet: Step
    handover: Step
    appraisal: Step


@dataclass
class Chain:
    project_steps: list[Step]
    rows: list[Row] = field(default_factory=list)
    final: Step | None = None
    problems: Step | None = None


def _step(
    label: str, slug: str, record: Any, day: date | None, user: User, query: str, note: str = ""
) -> Step:
    ledger = get(slug)
    if record is None:
        new = f"{reverse(f'{slug}:new')}?{query}" if ledger.may_create(user) else ""
        return Step(label, new_url=new)
    state = ledger.flow.states[record.status]
    return Step(label, state.label, state.color, day, ledger.record_url(record.pk), note=note)


def chain_of(project: Project, user: User) -> Chain:
    """The chain as `user` sees it, in a fixed number of queries."""
    registration = Registration.objects.visible_to(user).filter(project=project).first()
    of_project = urlencode({"project": project})
    first = _step(
        "监督登记",
        "quality-registrations",
        registration,
        registration and registration.accepted_on,
        user,
        of_project,
    )
    briefed = registration.briefed_on if registration else None
    steps = [
        first,
        Step("监督交底", "已交底", "green", briefed, first.url)
        if briefed
        else Step("监督交底", url=first.url),
        *_inspections(project, user),
    ]
    sections = list(works_sections(project) & Section.objects.visible_to(user))
    handovers = {one.section_id: one for one in Handover.objects.filter(section__in=sections).order_by("pk")}
    sheets = {(one.section_id, one.purpose): one for one in ScoreSheet.objects.filter(section__in=sections)}
    trees = {
        row["section"]: row
        for row in Division.objects.filter(section__in=sections, parent__isnull=True, status=ACTIVE)
        .order_by()
        .values("section")
        .annotate(
            units=Count("pk"),
            passed=Count("pk", filter=Q(standing__result=Outcome.PASS)),
            failed=Count("pk", filter=Q(standing__result=Outcome.FAIL)),
        )
    }
    rows = [
        Row(
            section,
            _tree_step(section, trees.get(section.pk)),
            _sheet_step("交工评分", section, sheets.get((section.pk, Purpose.HANDOVER)), user),
            _handover_step(section, handovers.get(section.pk), user),
            _sheet_step("竣工鉴定", section, sheets.get((section.pk, Purpose.APPRAISAL)), user),
        )
        for section in sections
    ]
    completion = Completion.objects.visible_to(user).filter(project=project).order_by("-pk").first()
    note = (
        f"{completion.score} 分，{completion.get_grade_display()}" if completion and completion.grade else ""
    )
    final = _step(
        "竣工验收", "completions", completion, completion and completion.decided_on, user, of_project, note
    )
    counts = Counter(
        HandoverProblem.objects.visible_to(user).filter(project=project).values_list("status", flat=True)
    )
    left = sum(number for status, number in counts.items() if status != "settled")
    problems = Step(
        "交工遗留问题",
        f"还有 {left} 项" if left else ("全部处理完毕" if counts else "没有登记"),
        "yellow" if left else ("green" if counts else "gray"),
        url=f"{get('handover-problems').url}?{of_project}",
    )
    return Chain(steps, rows, final, problems)


def _inspections(project: Project, user: User) -> list[Step]:
    """Supervision inspections, where a room of the portal keeps them; this one only knows the ledger's name."""
    ledger = next((one for one in all_ledgers() if one.slug == "inspection-visits"), None)
    if ledger is None or not ledger.may_view(user):
        return []
    number = ledger.queryset(user).filter(project=project).count()
    state, color = (f"{number} 次", "blue") if number else ("没有记录", "gray")
    return [Step("监督检查", state, color, url=f"{ledger.url}?project={project.pk}")]


def _tree_step(section: Section, row: dict | None) -> Step:
    url = reverse("division_tree", args=[section.pk])
    if row is None:
        return Step("分部分项评定", "未划分", url=url)
    if row["failed"]:
        return Step("分部分项评定", f"{row['failed']} 个单位工程不合格", "red", url=url)
    done = row["passed"] == row["units"]
    return Step(
        "分部分项评定",
        f"单位工程 {row['passed']}/{row['units']} 合格",
        "green" if done else "yellow",
        url=url,
    )


def _sheet_step(label: str, section: Section, sheet: ScoreSheet | None, user: User) -> Step:
    purpose = Purpose.HANDOVER if label == "交工评分" else Purpose.APPRAISAL
    query = urlencode({"section": section, "purpose": purpose.value})
    note = f"{sheet.score} 分，{sheet.get_grade_display()}" if sheet and sheet.grade else ""
    return _step(label, "score-sheets", sheet, sheet and sheet.sealed_on, user, query, note)


def _handover_step(section: Section, record: Handover | None, user: User) -> Step:
    note = f"{record.score} 分，{record.get_grade_display()}" if record and record.grade else ""
    day = record and record.decided_on
    return _step("交工验收", "handovers", record, day, user, urlencode({"section": section}), note)
