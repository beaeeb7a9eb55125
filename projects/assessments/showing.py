"""Sheets, results and draws as pages show them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.urls import reverse

from supervision.flows.reach import label_of
from supervision.ledgers.columns import Kind
from supervision.papers.models import Attachment
from supervision.people.models import User

from ..models import Assessment, AssessmentResult, Section, SpotCheckDraw
from ..models.standard import StandardVersion
from ..standards.marks import Mark
from ..standards.results import UnitResult
from ..standards.spec import CONDITIONS, Table
from .marking import open_column
from .settling import gate
from .sheet import COLUMN_LABELS, Difference, Sheet, arithmetic_of, number, score_text, steps_of, told
from .summary import YearSummary

FEATURES = CONDITIONS["feature"][1]


class ScoreKind(Kind):
    """A score with one decimal, more only where the version keeps more."""

    align, number_format, width = "right", "0.0#", 10

    def text(self, value: Decimal | None) -> str:
        return "" if value is None else score_text(value)

    def cell(self, value: Decimal | None) -> Any:
        return "" if value is None else value


def overview(record: Assessment, user: User) -> dict[str, Any]:
    """What a sheet's own page shows beside its facts."""
    sheet = Sheet(record)
    mine = open_column(record, user)
    results = {
        row.column: row
        for row in AssessmentResult.objects.filter(assessment=record, superseded_on__isnull=True).order_by(
            "attempt"
        )
    }
    columns = []
    for column in record.columns:
        given = len([key for key in sheet.marks(column) if key in sheet.items])
        kept = results.get(column)
        columns.append(
            {
                "code": column,
                "label": COLUMN_LABELS[column],
                "given": given if column == mine or kept else None,
                "total": len(sheet.items),
                "score": score_text(kept.score) if kept else "",
                "grade": kept.grade if kept else "",
                "passed": kept.passed if kept else None,
                "on": kept.decided_on if kept else None,
                "due": getattr(record, f"{column}_due_on"),
                "arithmetic": kept.arithmetic if kept else None,
                "vetoes": kept.vetoes if kept else [],
                "reasons": kept.reasons if kept else [],
            }
        )
    deciding = next((c for c in reversed(columns) if c["arithmetic"]), None)
    return {
        "mine": mine,
        "columns": columns,
        "deciding": deciding,
        "url": reverse("assessment_score", args=[record.pk]),
        "result_url": reverse("assessment_result", args=[record.pk]),
        "excel_url": reverse("assessment_excel", args=[record.pk]),
        "pdf_url": reverse("assessment_pdf", args=[record.pk]),
        "paper_url": reverse("assessment_paper", args=[record.pk]),
        "project_url": reverse("project_assessments", args=[record.project_id]),
        "vetoes": sheet.vetoes and [veto_line(sheet, veto) for veto in sheet.vetoes],
        "veto_choices": veto_choices(record, user),
    }


def veto_line(sheet: Sheet, veto: Any) -> str:
    names = {known.code: known.name for known in sheet.spec.vetoes}
    return f"{names.get(veto.code, veto.code)}：{veto.evidence}"


def veto_choices(record: Assessment, user: User) -> list[dict[str, str]]:
    """The grounds somebody may enter against this unit, each with the address of its form."""
    from supervision.ledgers.registry import get

    if not get("assessment-vetoes").may_create(user):
        return []
    base = reverse("assessment-vetoes:new")
    return [
        {"name": veto["name"], "url": f"{base}?assessment={record.pk}&code={veto['code']}"}
        for veto in record.standard_version.vetoes
        if not veto.get("subjects") or record.subject in veto["subjects"]
    ]


# ------------------------------------------------------------------------------------------- the scoring page


def files_by_item(record: Assessment) -> dict[str, list[dict[str, Any]]]:
    """The valid files on a sheet by kind; evidence of an item goes by the item's key. One query."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = Attachment.objects.filter(model=label_of(type(record)), object_id=record.pk).valid()
    for file in rows.order_by("at", "pk"):
        found[file.kind].append(file_line(file))
    return found


def file_line(file: Attachment) -> dict[str, Any]:
    return {
        "name": file.name,
        "url": reverse("attachment", args=[file.pk]),
        "is_image": file.is_image,
        "thumb": reverse("attachment_thumb", args=[file.pk]) if file.is_image else "",
        "preview": reverse("attachment_preview", args=[file.pk]) if file.is_image else "",
    }


def mark_state(row: Any) -> dict[str, Any]:
    """A mark as the scoring page and the API give it; `version` 0: there is none yet."""
    if row is None:
        return {
            "deduction": None,
            "not_applicable": False,
            "conforms": None,
            "reason": "",
            "version": 0,
            "by": "",
        }
    return {
        "deduction": None if row.deduction is None else number(row.deduction),
        "not_applicable": row.not_applicable,
        "conforms": row.conforms,
        "reason": row.reason,
        "version": row.version,
        "by": row.marked_name,
        "text": told(row),
    }


def progress(sheet: Sheet, column: str) -> dict[str, Any]:
    """How far a column is, table by table, and what it comes to so far."""
    result = sheet.result(column)
    tables = []
    scores = {row.table.code: row for row in result.tables}
    given = sheet.marks(column)
    for table in sheet.tables:
        scored = scores.get(table.code)
        left = [item for item in table.items if item.key not in given]
        tables.append(
            {
                "code": table.code,
                "title": table.title,
                "done": len(table.items) - len(left),
                "total": len(table.items),
                "left": [item.key for item in left],
                "left_items": [{"no": item.no, "dom": dom_of(item.key)} for item in left],
                "got": number(scored.got) if scored else "",
                "due": number(scored.due) if scored else "",
                "score": score_text(scored.score) if scored else "",
            }
        )
    done, total = sum(t["done"] for t in tables), sum(t["total"] for t in tables)
    return {
        "column": column,
        "done": done,
        "total": total,
        "tables": tables,
        "score": score_text(result.score),
        "grade": result.verdict.name,
        "complete": done == total,
    }


def table_sum(now: dict[str, Any], code: str) -> str:
    """What a table's answered items come to so far: 实得 / 应得."""
    row = next(row for row in now["tables"] if row["code"] == code)
    return f"{row['got']} / {row['due']}" if row["due"] else "—"


def next_open(now: dict[str, Any], code: str) -> str:
    """Where the first item without an answer is: on the table shown if it has one; "" when all are answered."""
    tables = sorted(now["tables"], key=lambda row: row["code"] != code)
    row = next((row for row in tables if row["left_items"]), None)
    return f"?table={row['code']}#item-{row['left_items'][0]['dom']}" if row else ""


def dom_of(key: str) -> str:
    """An item's key as a part of an element's id."""
    return key.replace("/", "-").replace(".", "_")


def item_rows(
    sheet: Sheet, table: Table, mine: str | None, typed: dict[str, dict], errors: dict[str, list[str]]
):
    """The items of a table with the marks of every column before, and this person's own as they are or as typed."""
    record = sheet.assessment
    files = files_by_item(record)
    # What others have handed in; what they are still at is theirs. An assessor sees what came before.
    order = list(COLUMN_LABELS)
    shown = [column for column in record.columns if column != mine and getattr(record, f"{column}_on")]
    if mine:
        shown = [column for column in shown if order.index(column) < order.index(mine)]
    rows = []
    for item in table.items:
        state = mark_state(sheet.rows[mine].get(item.key)) if mine else mark_state(None)
        if item.key in typed:
            state |= typed[item.key]
        rows.append(
            {
                "item": item,
                "dom": dom_of(item.key),
                "full": number(item.full) if item.full is not None else "",
                "checklist": item.full is None,
                "before": [
                    {"label": COLUMN_LABELS[column], "text": told(sheet.rows[column].get(item.key)) or "—"}
                    for column in shown
                ],
                "mark": state,
                "files": files.get(item.key, []),
                "errors": errors.get(item.key, []),
            }
        )
    return rows


def facts_form(sheet: Sheet) -> dict[str, Any]:
    """What the sheet asks about the unit besides marks: kinds of works, evaluation type, declared figures."""
    record, spec = sheet.assessment, sheet.spec
    used = set()
    for table in spec.tables:
        if table.subject == record.subject:
            for when in (table.when, *(item.when for item in table.items)):
                used |= set(when.get("feature", ()))
    return {
        "features": [
            {"code": code, "label": label, "on": code in record.features}
            for code, label in FEATURES.items()
            if code in used
        ],
        "types": [
            {
                "code": kind.code,
                "label": kind.name,
                "note": kind.note,
                "on": kind.code == record.evaluation_type,
            }
            for kind in spec.evaluation_types
        ],
        "facts": [
            {"code": fact.code, "label": fact.name, "value": record.facts.get(fact.code, "")}
            for fact in spec.facts
        ],
        "gate": gate(record, sheet) if spec.evaluation_types else [],
    }


def result_lines(result: UnitResult) -> dict[str, Any]:
    """A result with its arithmetic, as the result page draws it."""
    return {
        **arithmetic_of(result),
        "score": score_text(result.score),
        "grade": result.verdict.name,
        "passed": result.verdict.passed,
        "vetoes": list(result.vetoes),
        "reasons": list(result.verdict.reasons),
        "complete": result.complete,
    }


def halves(found: YearSummary) -> list[dict[str, Any]]:
    """A project's half-years, each with its units and the arithmetic of the whole."""
    return [
        {
            "label": half.label,
            "version": half.version,
            "lines": [
                {
                    "sheet": line.assessment,
                    "url": reverse("assessments:detail", args=[line.assessment.pk]),
                    "column": COLUMN_LABELS[line.column],
                    "result": result_lines(line.result),
                }
                for line in half.lines
            ],
            "open": half.open_units,
            "steps": steps_of(half.result.steps) if half.result else [],
            "score": score_text(half.result.score) if half.result else "",
            "grade": half.result.verdict.name if half.result else "",
            "gaps": half.result.gaps if half.result else (),
        }
        for half in found.halves
    ]


def difference_lines(differences: list[Difference]) -> list[dict[str, Any]]:
    """Where two columns differ, in words."""
    return [
        {
            "item": row.item,
            "first": plain_points(row.first),
            "second": plain_points(row.second),
            "by": "—" if row.by is None else ("+" if row.by > 0 else "") + number(row.by),
            "reason": row.second.reason,
        }
        for row in differences
    ]


def plain_points(mark: Mark) -> str:
    """What a mark takes off, without its reason."""
    return told(replace(mark, reason="")).removeprefix("扣 ").removesuffix(" 分") or "—"


def other_versions(record: Assessment) -> list[StandardVersion]:
    """The adopted versions of the same family under which the sheet may be scored for comparison."""
    rows = StandardVersion.objects.filter(standard__family=record.standard_version.standard.family)
    return list(
        rows.exclude(status="draft")
        .exclude(pk=record.standard_version_id)
        .select_related("standard")
        .order_by("standard__is_example", "standard__code", "-effective_from")
    )


def drawn(record: SpotCheckDraw, user: User) -> dict[str, Any]:
    """The drawn sections that a person sees, each with its sheet if the check is laid on one."""
    rows = Section.objects.visible_to(user).filter(pk__in=record.chosen).select_related("project__owner")
    sheets = {
        sheet.section_id: sheet
        for sheet in Assessment.objects.filter(
            section_id__in=record.chosen,
            year=record.year,
            drawn_on__isnull=False,
            standard_version__standard_id=record.standard_id,
        )
    }
    return {
        "rows": [
            {
                "section": section,
                "url": reverse("sections:detail", args=[section.pk]),
                "owner": section.project.owner,
                "sheet": sheets.get(section.pk),
                "sheet_url": reverse("assessments:detail", args=[sheets[section.pk].pk])
                if section.pk in sheets
                else "",
            }
            for section in rows.order_by("project__name", "code")
        ]
    }
