"""Workbooks: 5,000 rows out, 2,000 rows in."""

from __future__ import annotations

import hashlib
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from django.conf import settings
from django.db import connection
from python_calamine import CalamineWorkbook

from projects.models import Project
from supervision.flows.models import Event
from supervision.ledgers.models import ImportBatch
from supervision.ledgers.registry import get
from supervision.ledgers.sheets import checking, export, staging, writing
from supervision.ledgers.sheets.reader import read
from supervision.people.models import Organization
from supervision.rules.names import name_key

from .scenarios import Pair, scenario
from .world import World

EXPORTED, IMPORTED = 5_000, 2_000


def grid(path: Path) -> list[list[Any]]:
    """The rows below the head, as cells."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [row for row in rows if isinstance(row[0], float)]


@scenario("export", "5,000 candidacies as a workbook", rounds=3)
def export_rows(world: World) -> Pair:
    folder = Path(tempfile.mkdtemp(dir=settings.VAR))
    ledger, person = get("candidacies"), world.people["bureau"]
    wanted = world.scaled(EXPORTED)
    columns = ledger.sheet_columns
    labels = [column.label for column in columns]
    status = dict(ledger.flow.choices())
    stage, grade = (dict(ledger.column(key).kind.labels) for key in ("stage", "grade"))

    def ours() -> Path:
        path = folder / "ours.xlsx"
        export.write_records(path, ledger, export.selection(ledger, person)[:wanted], "市局")
        return path

    def bare(sql: Any) -> Path:
        path = folder / "bare.xlsx"
        rows = sql.rows(
            "SELECT p.name, CASE WHEN s.id IS NOT NULL THEN p.name || ' ' || s.code END, k.name, c.year, c.stage,"
            " c.achievement, c.status, c.due_on, c.declared_on, c.listing_decided_on, c.review_year,"
            " c.review_applied_on, c.publicity_from, c.publicity_until, c.decided_on, c.grade, c.withdrawn_on,"
            " c.returned, c.provenance, c.remark"
            " FROM projects_candidacy c JOIN projects_project p ON p.id = c.project_id"
            " JOIN projects_scheme k ON k.id = c.scheme_id LEFT JOIN projects_section s ON s.id = c.section_id"
            " ORDER BY c.id DESC LIMIT %s",
            [wanted],
        )
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["序号", *labels])
        words = {4: stage, 6: status, 15: grade}
        for number, row in enumerate(rows, 1):
            sheet.write_number(number, 0, number)
            for at, value in enumerate(row):
                if value is None or value == "":
                    continue
                if isinstance(value, int):
                    sheet.write_number(number, at + 1, value)
                else:
                    sheet.write_string(number, at + 1, words[at][value] if at in words else str(value))
        book.close()
        return path

    return Pair(ours=ours, bare=bare, ours_answer=grid, bare_answer=grid)


HEADS = (
    "项目编号",
    "项目名称",
    "领域",
    "项目类别",
    "项目层级",
    "所属县区",
    "建设单位",
    "路线编号",
    "开工日期",
    "备注",
)


@scenario("import", "2,000 new projects from a workbook, checked and written", rounds=1)
def import_rows(world: World) -> Pair:
    ledger, person = get("projects"), world.people["bureau"]
    wanted = world.scaled(IMPORTED)
    path = Path(tempfile.mkdtemp(dir=settings.VAR)) / "import.xlsx"
    owners = list(Organization.objects.filter(kind="owner").order_by("pk").values_list("name", flat=True))
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("项目库")
    sheet.write_row(0, 0, HEADS)
    for at in range(1, wanted + 1):
        row = (
            f"NEW{at:05}",
            f"新建农路{at}号",
            "公路",
            "农村公路",
            "县区",
            "泗阳县",
            owners[at % len(owners)],
        )
        sheet.write_row(at, 0, (*row, f"Y{at % 300}", "2025-03-01", "批量导入"))
    book.close()

    def ours() -> None:
        batch = ImportBatch.objects.create(
            ledger=ledger.slug, user=person, filename=path.name, sha256="0" * 64, path="import.xlsx"
        )
        data = read(path, path.name, ledger)
        staging.keep(batch, data, checking.check(data, ledger, person))
        assert batch.error_count == 0, batch.rows.filter(action="error").first().errors
        writing.write(batch.pk, person)

    modes, categories, levels = (
        {label: value for value, label in ledger.column(key).kind.labels.items()}
        for key in ("mode", "category", "level")
    )
    facts = (
        "code, name, mode, category, level, district_id, owner_id, route, start_on, remark, search_key, aliases,"
        " nature, stakes, provenance, is_demo, version, created_at, updated_at"
    )

    def bare(sql: Any) -> None:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[1:]
        districts = dict(sql.rows("SELECT name, id FROM people_district"))
        offices = dict(sql.rows("SELECT name, id FROM people_organization"))
        known = {
            key
            for (keys,) in sql.rows("SELECT search_key FROM projects_project")
            for key in keys.strip("|").split("|")
        }
        now, new, seen = datetime.now(UTC), [], set()
        for code, name, mode, category, level, district, owner, route, start, remark in rows:
            key = name_key(name)
            assert key not in known and key not in seen
            seen.add(key)
            new.append(
                (code, name, modes[mode], categories[category], levels[level], districts[district])
                + (offices[owner], route, start, remark, f"|{key}|", "[]", "", "", "", False, 1, now, now)
            )
        with sql.transaction() as cursor:
            made = sql.insert(
                cursor,
                f"INSERT INTO projects_project ({facts}) VALUES %s RETURNING id, name",
                new,
                fetch=True,
            )
            sql.insert(
                cursor,
                "INSERT INTO projects_placement (project_id, district_id, level) VALUES %s",
                [(pk, row[5], row[4]) for (pk, _), row in zip(made, new, strict=True)],
            )
            events = []
            for (pk, name), row in zip(made, new, strict=True):
                changes = json.dumps({"facts": row[:10]}, ensure_ascii=False)
                value = hashlib.sha256(f"{pk}{changes}".encode()).hexdigest()
                events.append(
                    (
                        "projects.project",
                        pk,
                        1,
                        name,
                        "create",
                        "",
                        "导入新增",
                        person.pk,
                        person.name,
                        "市局",
                        now,
                    )
                    + ("", changes, "bench", "import", "", value)
                )
            sql.insert(
                cursor,
                "INSERT INTO flows_event (model, object_id, seq, title, verb, name, label, actor_id, actor_name,"
                " organization_name, at, reason, changes, batch, source, previous, hash) VALUES %s",
                events,
            )

    def written(_: None) -> list[tuple]:
        rows = Project.objects.filter(code__startswith="NEW").order_by("code")
        values = rows.values_list(
            *(
                "code",
                "name",
                "mode",
                "category",
                "level",
                "district",
                "owner",
                "route",
                "start_on",
                "remark",
            ),
            *("search_key", "placements__district", "placements__level"),
        )
        events = Event.objects.filter(model="projects.project", object_id__in=rows.values("pk")).count()
        return [events, *values]

    def after() -> None:
        with connection.cursor() as cursor:
            new = "(SELECT id FROM projects_project WHERE code LIKE 'NEW%')"
            for table in ("desk_notice", "projects_placement"):
                cursor.execute(
                    f"DELETE FROM {table} WHERE {'object_id' if 'desk' in table else 'project_id'} IN {new}"
                )
            cursor.execute(f"DELETE FROM flows_event WHERE model = 'projects.project' AND object_id IN {new}")
            cursor.execute("DELETE FROM projects_project WHERE code LIKE 'NEW%'")
            cursor.execute("DELETE FROM ledgers_importrow")
            cursor.execute("DELETE FROM ledgers_importbatch")
            # The rows that were taken back must not slow the next run down.
            for table in ("projects_project", "projects_placement", "flows_event", "ledgers_importrow"):
                cursor.execute(f"VACUUM ANALYZE {table}")

    return Pair(ours=ours, bare=bare, ours_answer=written, bare_answer=written, after=after)
