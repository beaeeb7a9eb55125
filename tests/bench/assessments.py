"""Scoring many sheets anew after some of their marks changed, beside the same arithmetic in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from python_calamine import CalamineWorkbook

from projects.models import Assessment, AssessmentMark, Section
from supervision.jobs.models import JobRun
from supervision.jobs.services import run_now
from tests import assessing

from .scenarios import Pair, fill, scenario
from .world import NOON, World

SHEETS, ITEMS, CHANGED = 20_000, 30, 10
YEAR = 2026

# Every sheet's score by its marks as they are; half of the score for each of the two tables.
ARITHMETIC = """
WITH t AS (
  SELECT m.assessment_id, st.code,
    sum(i.full_marks - least(m.deduction, i.full_marks)) FILTER (WHERE NOT m.not_applicable) AS got,
    sum(i.full_marks) FILTER (WHERE NOT m.not_applicable) AS due
  FROM projects_assessmentmark m
  JOIN projects_standarditem i ON i.id = m.item_id
  JOIN projects_standardtable st ON st.id = i.table_id
  WHERE m."column" = 'owner' GROUP BY 1, 2
), p AS (SELECT assessment_id, round(got * 100 / due, 1) AS score FROM t)
SELECT assessment_id, round(sum(score) * 0.5, 1) AS score FROM p GROUP BY 1
"""
ANEW = f"""
SELECT s.score, a.owner_score <> s.score FROM ({ARITHMETIC}) s
JOIN projects_assessment a ON a.id = s.assessment_id ORDER BY a.id
"""


@fill("考核表与评分")
def sheets(world: World) -> None:
    half = ITEMS // 2
    tables = tuple(
        assessing.table(code, "contractor", ["20"] * half, part=part)
        for code, part in (("A", "basic"), ("B", "site"))
    )
    rules = tuple(rule for rule in assessing.spec().formulas if rule.subject == "contractor")
    version = assessing.version(assessing.spec(tables=tables, formulas=rules))
    items = list(version.tables.values_list("items__pk", flat=True).order_by("order", "items__order"))
    sections = list(Section.objects.order_by("pk").values_list("pk", "project_id")[: world.scaled(SHEETS)])
    first, chance = world.next_id(Assessment), world.random

    def rows() -> Iterator[dict[str, Any]]:
        for at, (section, project) in enumerate(sections):
            yield {
                "id": first + at,
                "project_id": project,
                "section_id": section,
                "subject": "contractor",
                "standard_version_id": version.pk,
                "course": "full",
                "status": "done",
                "period": f"{YEAR}-Q2",
                "year": YEAR,
                "period_from": f"{YEAR}-04-01",
                "period_to": f"{YEAR}-06-30",
                "owner_on": f"{YEAR}-07-10",
                "slot": f"bench:{section}",
            }

    def marks() -> Iterator[dict[str, Any]]:
        for at in range(len(sections)):
            for item in items:
                yield {
                    "assessment_id": first + at,
                    "item_id": item,
                    "column": "owner",
                    "deduction": f"{chance.randrange(0, 1000) / 100:.2f}",
                    "marked_at": NOON,
                }

    world.copy(Assessment, rows())
    world.copy(AssessmentMark, marks())
    # Scored as they were; then ten marks of every sheet change.
    chosen = items[:: ITEMS // CHANGED]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE projects_assessment a SET owner_score = s.score FROM ({ARITHMETIC}) s"
            " WHERE a.id = s.assessment_id"
        )
        cursor.execute(
            "UPDATE projects_assessmentmark SET deduction = mod(deduction * 7 + 3.31, 10)"
            " WHERE assessment_id >= %s AND item_id = ANY(%s)",
            [first, chosen],
        )
        assert cursor.rowcount == len(sections) * CHANGED


def scores_in(run: JobRun) -> list[Any]:
    """The new scores of the workbook that the job left, and how many differ from the old ones."""
    book = CalamineWorkbook.from_path(str(Path(settings.MEDIA_ROOT, run.result_file)))
    rows = book.get_sheet_by_index(0).to_python()[1:]
    return [[row[5] for row in rows], run.result["changed"]]


@scenario("assessments-rescore", "考核表：2 万张表各改 10 条评分后重新计分（作业）", rounds=3)
def rescoring(world: World) -> Pair:
    version = Assessment.objects.filter(slot__startswith="bench:").values_list("standard_version", flat=True)
    wanted = {"version": version[0], "column": "owner", "year": YEAR}

    def bare_answer(text: str) -> list[Any]:
        rows = json.loads(text)
        return [[score for score, _ in rows], sum(differs for _, differs in rows)]

    return Pair(
        ours=lambda: run_now("rescore", wanted, world.people["bureau"]),
        bare=lambda sql: json.dumps(sql.rows(ANEW), default=str),
        ours_answer=scores_in,
        bare_answer=bare_answer,
    )


@scenario("assessments-score-page", "考核表：打开评分表一页")
def page(world: World) -> Pair:
    pk = Assessment.objects.filter(slot__startswith="bench:").values_list("pk", flat=True).first()
    return Pair(
        ours=lambda: world.bureau.get(f"/assessments/{pk}/score/"),
        bare=lambda sql: sql.rows(
            "SELECT i.no, m.deduction, m.reason FROM projects_assessmentmark m"
            f" JOIN projects_standarditem i ON i.id = m.item_id WHERE m.assessment_id = {int(pk)}"
        ),
        ours_answer=lambda answer: answer.content.decode().count("data-item=") >= 5,
        bare_answer=lambda rows: len(rows) >= 5,
    )
