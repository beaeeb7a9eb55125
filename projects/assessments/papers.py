"""Filled score tables and a project's summary as PDF: A4 landscape, merged heads, lines to sign."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from supervision.papers.documents.pdf import print_html

from ..models import Assessment
from . import showing
from .sheet import COLUMN_LABELS, Sheet
from .summary import YearSummary, family_label


def of_sheet(record: Assessment) -> dict[str, Any]:
    """What the paper of a sheet shows: its tables with the columns handed in (those still open stand empty), and
    what each column came to."""
    sheet = Sheet(record)
    submitted = [column for column in record.columns if getattr(record, f"{column}_on")]
    results = [
        {
            "label": COLUMN_LABELS[column],
            "on": getattr(record, f"{column}_on"),
            **showing.result_lines(sheet.result(column)),
        }
        for column in submitted
    ]
    return {
        "record": record,
        "columns": [COLUMN_LABELS[column] for column in record.columns],
        "tables": [
            {"table": table, "rows": showing.item_rows(sheet, table, None, {}, {})} for table in sheet.tables
        ],
        "results": results,
        "scores": _scores(results),
    }


def _scores(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A line for every table, check list and formula: its name, and what each column handed in gave it."""
    kinds = (("tables", "title"), ("checklists", "title"), ("steps", "name"))
    words = {True: "符合", False: "不符合", None: "未核查完"}
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for at, result in enumerate(results):
        for kind, name in kinds:
            for row in result[kind]:
                line = lines.setdefault(
                    (kind, row["code"]),
                    {"name": row[name], "total": kind == "steps", "cells": [""] * len(results)},
                )
                line["cells"][at] = words[row["conforms"]] if kind == "checklists" else row["score"]
    order = [kind for kind, _ in kinds]
    return [lines[key] for key in sorted(lines, key=lambda key: order.index(key[0]))]


def sheet_pdf(record: Assessment) -> bytes:
    """The filled score tables. Raises PrintFailed."""
    return _print("assessments/print/sheet.html", of_sheet(record))


def project_pdf(found: YearSummary, family: str) -> bytes:
    """A project's year. Raises PrintFailed."""
    shown = {"found": found, "family": family_label(family), "halves": showing.halves(found)}
    return _print("assessments/print/project.html", shown)


def _print(template: str, shown: dict[str, Any]) -> bytes:
    return print_html(render_to_string(template, shown | {"today": timezone.localdate()}))
