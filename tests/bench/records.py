"""One record with its history, a project with all that hangs on it, and the workbench."""

from __future__ import annotations

import json
import re
from typing import Any

from projects.models import Candidacy
from supervision.flows.models import Event

from .lists import CANDIDACIES, COLUMNS, OF_CONTRACTOR, values_of
from .scenarios import Pair, scenario
from .world import World

EVENTS = 30
PANEL = 10


def linked(text: str, slug: str) -> list[int]:
    """The records of a ledger that a page leads to, each once, ascending."""
    return sorted({int(pk) for pk in re.findall(rf'href="/{slug}/(\d+)/', text)})


def page_text(response: Any) -> str:
    assert response.status_code == 200, response
    return response.content.decode()


@scenario("record", "a candidacy's page with its history, bureau staff")
def record(world: World) -> Pair:
    pk = (
        Candidacy.objects.filter(status="publicity", section=None, year=world.day.year)
        .order_by("pk")
        .values_list("pk", flat=True)[0]
    )
    events = Event.objects.filter(model="projects.candidacy", object_id=pk).count()

    def bare(sql: Any) -> tuple[str, int, str]:
        row = sql.rows(f"SELECT c.*, {COLUMNS} {CANDIDACIES} WHERE c.id = %s", [pk])[0]
        history = sql.rows(
            "SELECT at, actor_name, organization_name, label, reason, changes FROM flows_event"
            " WHERE model = 'projects.candidacy' AND object_id = %s ORDER BY seq DESC LIMIT %s",
            [pk, EVENTS],
        )
        files = sql.rows(
            "SELECT * FROM papers_attachment WHERE model = 'projects.candidacy' AND object_id = %s", [pk]
        )
        return str(row[-9]), len(history), json.dumps([row, history, files], default=str)

    def said(response: Any) -> tuple[bool, int]:
        text = page_text(response)
        name = Candidacy.objects.get(pk=pk).project.name
        labels = Event.objects.filter(model="projects.candidacy", object_id=pk).values_list(
            "label", flat=True
        )
        return name if name in text else "", sum(label in text for label in labels)

    assert events > 5
    return Pair(
        ours=lambda: world.bureau.get(f"/candidacies/{pk}/"),
        bare=bare,
        ours_answer=said,
        bare_answer=lambda result: result[:2],
    )


@scenario("project", "a project's page with sections, candidacies and eligibilities, bureau staff")
def project(world: World) -> Pair:
    pk = world.projects[len(world.projects) // 3][0]

    def bare(sql: Any) -> tuple[list[int], list[int], list[int], str]:
        row = sql.rows(
            "SELECT p.*, d.name, o.name FROM projects_project p LEFT JOIN people_district d ON d.id = p.district_id"
            " LEFT JOIN people_organization o ON o.id = p.owner_id WHERE p.id = %s",
            [pk],
        )
        panels = [
            (
                sql.rows(f"{select} WHERE {alias}.project_id = %s ORDER BY {order} LIMIT {PANEL}", [pk]),
                sql.one(f"SELECT count(*) FROM {table} WHERE project_id = %s", [pk]),
            )
            for select, alias, order, table in (
                ("SELECT s.* FROM projects_section s", "s", "s.code", "projects_section"),
                (f"SELECT {COLUMNS} {CANDIDACIES}", "c", "c.id DESC", "projects_candidacy"),
                (
                    "SELECT e.id, k.name, s.code, e.year, e.stage, e.eligible, e.reason FROM projects_eligibility e"
                    " JOIN projects_scheme k ON k.id = e.scheme_id LEFT JOIN projects_section s ON s.id = e.section_id",
                    "e",
                    "e.id DESC",
                    "projects_eligibility",
                ),
            )
        ]
        history = sql.rows(
            "SELECT * FROM flows_event WHERE model = 'projects.project' AND object_id = %s ORDER BY seq DESC LIMIT %s",
            [pk, EVENTS],
        )
        merged = sql.rows("SELECT id, name FROM projects_project WHERE merged_into_id = %s", [pk])
        shown = [sorted(line[0] for line in rows) for rows, _ in panels]
        return *shown, json.dumps([row, panels, history, merged], default=str)

    def said(response: Any) -> tuple[list[int], ...]:
        text = page_text(response)
        sections = linked(re.sub(r"(?s)^.*?<h1", "", text), "sections")
        # A candidacy's row leads to its section too: those stand for themselves in the bare answer.
        own = {section for section, of in world.sections if of == pk}
        return (
            [section for section in sections if section in own],
            linked(text, "candidacies"),
            linked(text, "eligibilities"),
        )

    return Pair(
        ours=lambda: world.bureau.get(f"/projects/{pk}/"),
        bare=bare,
        ours_answer=said,
        bare_answer=lambda result: result[:3],
    )


# What waits for whom, spelled out from the flow.
FOR_BUREAU = """(c.status IN ('declared', 'review_applied', 'document_review', 'site_review', 'judging', 'publicity')
    OR c.status = 'screening' AND c.stage IN ('listing', 'creation'))"""
FOR_CONTRACTOR = """c.section_id IS NOT NULL AND (c.status IN ('supplement', 'listed', 'creating')
    OR c.status = 'planned')"""


def workbench(world: World, client: Any, where: str) -> Pair:
    values = values_of(world)

    def bare(sql: Any) -> tuple[list[int], list[int], str]:
        counts = sql.rows(
            "SELECT count(*) FILTER (WHERE c.due_on < %(today)s), count(*) FILTER (WHERE c.due_on BETWEEN"
            f" %(today)s AND %(today)s + 3), count(*) {CANDIDACIES} WHERE {where}",
            values,
        )[0]
        rows = sql.rows(
            f"SELECT {COLUMNS}, c.status_since {CANDIDACIES} WHERE {where}"
            " ORDER BY c.due_on NULLS LAST, c.id DESC LIMIT 20",
            values,
        )
        senders = sql.rows(
            "SELECT DISTINCT ON (object_id) object_id, actor_name FROM flows_event"
            " WHERE model = 'projects.candidacy' AND object_id = ANY (%s) AND verb IN ('transition', 'create')"
            " ORDER BY object_id, seq DESC",
            [[row[0] for row in rows]],
        )
        return list(counts), [row[0] for row in rows], json.dumps([counts, rows, senders], default=str)

    def said(response: Any) -> tuple[list[int], list[int]]:
        text = page_text(response)
        counts = [int(number) for number in re.findall(r'<span class="value">(\d+)</span>', text)]
        ids = re.findall(r'<td class="lead" data-label="事项"><a href="/candidacies/(\d+)/', text)
        return counts, [int(pk) for pk in ids]

    return Pair(
        ours=lambda: client.get("/"), bare=bare, ours_answer=said, bare_answer=lambda result: result[:2]
    )


@scenario("workbench-bureau", "the workbench, bureau staff")
def workbench_bureau(world: World) -> Pair:
    return workbench(world, world.bureau, FOR_BUREAU)


@scenario("workbench-contractor", "the workbench, a contractor")
def workbench_contractor(world: World) -> Pair:
    return workbench(world, world.contractor, f"{FOR_CONTRACTOR} AND ({OF_CONTRACTOR})")
