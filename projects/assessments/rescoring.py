"""Many sheets scored at once, under their own version or under another beside it. Nothing is written to one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import xlsxwriter
from django.db.models import QuerySet

from supervision.jobs.models import JobRun
from supervision.jobs.services import JobError, progress, result_path

from ..models import Assessment, AssessmentMark, StandardVersion
from ..models.standard import MarkColumn, Subject
from ..standards.marks import Mark
from ..standards.results import UnitResult
from ..standards.scoring import score_unit
from .sheet import Sheet, plain, score_text
from .specs import spec_for
from .vetoes import bring_along

CHUNK = 500


@dataclass(frozen=True)
class Scored:
    """A sheet's column under a version; `lost`: marks that the version has no item for."""

    assessment: Assessment
    result: UnitResult
    lost: int


def score_many(
    sheets: QuerySet[Assessment], column: str, version: StandardVersion | None = None
) -> Iterator[Scored]:
    """Score one column of every sheet, in order of their numbers: a constant number of queries for
    every 500 sheets.

    version   the version to score under; None: each under its own
    """
    rows = sheets.select_related(*Assessment.text_joins).prefetch_related("hand_vetoes").order_by("pk")
    versions = {
        row.pk: row for row in StandardVersion.objects.exclude(status="draft").select_related("standard")
    }
    keys = {}
    for assessment_chunk in chunks(rows):
        marks: dict[int, dict[str, Mark]] = defaultdict(dict)
        ids = [sheet.pk for sheet in assessment_chunk]
        for sheet in assessment_chunk:
            own = versions[sheet.standard_version_id]
            sheet.standard_version = own
            if own.pk not in keys:
                keys[own.pk] = {item.pk: key for key, item in spec_for(own).items.items()}
        bring_along(assessment_chunk)
        names = {pk: key for known in keys.values() for pk, key in known.items()}
        for row in AssessmentMark.objects.filter(assessment_id__in=ids, column=column).iterator(5000):
            key = names.get(row.item_id)
            if key and (mark := plain(key, row)).answered:
                marks[row.assessment_id][key] = mark
        for assessment in assessment_chunk:
            yield _scored(assessment, marks[assessment.pk], column, version)


def _scored(
    assessment: Assessment, given: dict[str, Mark], column: str, version: StandardVersion | None
) -> Scored:
    sheet = Sheet(assessment)
    sheet.rows = {one.value: {} for one in MarkColumn}
    unit = sheet.unit(column)
    spec = spec_for(version or assessment.standard_version)
    kept = {key: mark for key, mark in given.items() if key in spec.items}
    return Scored(
        assessment, score_unit(spec, type(unit)(**{**vars(unit), "marks": kept})), len(given) - len(kept)
    )


def chunks(rows: QuerySet[Assessment]) -> Iterator[list[Assessment]]:
    last = 0
    while part := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield part
        last = part[-1].pk


def in_job(run: JobRun, version: StandardVersion, column: str, year: int, subject: str) -> dict:
    """Score the year's sheets that the orderer sees under `version`, and write both scores side by side."""
    if column not in MarkColumn.values or subject not in Subject.values:
        raise JobError("栏或考核对象有误。")
    if run.created_by is None:
        raise JobError("没有发起人，不知道可以看哪些考核表。")
    sheets = Assessment.objects.visible_to(run.created_by).filter(
        year=year,
        subject=subject,
        standard_version__standard__family=version.standard.family,
        **{f"{column}_on__isnull": False},
    )
    total, number, changed = sheets.count(), 0, 0
    path = result_path(run, f"试算_{version.standard.code}_{version.label}_{year}.xlsx")
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    page = book.add_worksheet("试算对比")
    for at, head in enumerate(
        ("考核对象", "期次", "原版本", "原得分", "原等次", str(version), "等次", "差", "无对应条目")
    ):
        page.write_string(0, at, head)
    for scored in score_many(sheets, column, version):
        number += 1
        sheet, result = scored.assessment, scored.result
        former: Decimal | None = getattr(sheet, f"{column}_score")
        by = None if None in (former, result.score) else result.score - former
        changed += bool(by)
        cells = (
            str(sheet), sheet.period, sheet.standard_version.label, score_text(former), sheet.grade,
            score_text(result.score), result.verdict.name, score_text(by), str(scored.lost),
        )  # fmt: skip
        for at, cell in enumerate(cells):
            page.write_string(number, at, cell)
        progress(run, number, total)
    book.close()
    return {"sheets": number, "changed": changed}
