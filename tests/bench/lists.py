"""Lists: the page, the API, the search; by people with a wide and with a narrow view."""

from __future__ import annotations

import json
import re
from typing import Any

from supervision.rules.names import name_key

from .scenarios import Pair, scenario
from .world import World

STATUS = "screening"
PAGE, API_PAGE = 20, 50


def ids_on(response: Any, slug: str) -> list[int]:
    """The records that a page's table leads to, in its order."""
    assert response.status_code == 200, response
    found = re.findall(rf'<a href="/{slug}/(\d+)/">', response.content.decode())
    return [int(pk) for pk in dict.fromkeys(found)]


def listed(response: Any, slug: str) -> tuple[int, list[int]]:
    """How many a list says there are, and the records on its page."""
    total = re.search(r"共 (\d+) 条", re.sub(r"<[^>]+>", "", response.content.decode()))
    return int(total[1]), ids_on(response, slug)


def answered(response: Any) -> tuple[int, list[int]]:
    """The same of an API answer."""
    assert response.status_code == 200, response.content
    body = response.json()
    return body["count"], [row["id"] for row in body["results"]]


CANDIDACIES = """
    FROM projects_candidacy c
    JOIN projects_project p ON p.id = c.project_id
    JOIN projects_scheme k ON k.id = c.scheme_id
    LEFT JOIN projects_section s ON s.id = c.section_id
"""
COLUMNS = """c.id, p.name, s.code, k.name, c.year, c.stage, c.status, c.due_on, c.declared_on, c.decided_on"""
EVERY_COLUMN = "c.*, p.name, s.code, k.name"

# What each of the three sees, written the shortest way that says it. A section's row follows the section.
OF_BUREAU = "TRUE"
OF_COUNTY = "p.district_id = %(district)s"
OF_CONTRACTOR = """c.section_id IN (
    SELECT t.section_id FROM projects_participation t JOIN people_organization o ON o.id = t.organization_id
    WHERE t.role = 'contractor' AND o.path LIKE %(path)s
      AND t.since <= %(today)s AND (t.until IS NULL OR t.until >= %(today)s))
  OR c.section_id IS NULL AND c.project_id IN (
    SELECT x.project_id FROM projects_participation t JOIN people_organization o ON o.id = t.organization_id
    JOIN projects_section x ON x.id = t.section_id
    WHERE t.role = 'contractor' AND o.path LIKE %(path)s
      AND t.since <= %(today)s AND (t.until IS NULL OR t.until >= %(today)s))"""


def values_of(world: World) -> dict[str, Any]:
    from django.utils import timezone

    return {
        "status": STATUS,
        "district": world.county_district,
        "path": f"{world.contractors[0]}/%",
        "today": timezone.localdate(),
    }


def bare_list(world: World, where: str, columns: str, size: int, order: str = "c.due_on, c.id DESC"):
    values = values_of(world)

    def work(sql: Any) -> tuple[int, list[int], str]:
        total = sql.one(f"SELECT count(*) {CANDIDACIES} WHERE {where}", values)
        rows = sql.rows(f"SELECT {columns} {CANDIDACIES} WHERE {where} ORDER BY {order} LIMIT {size}", values)
        return total, [row[0] for row in rows], json.dumps(rows, default=str)

    return work


def list_pair(world: World, client: Any, where: str, query: str) -> Pair:
    return Pair(
        ours=lambda: client.get(f"/candidacies/?{query}&sort=due_on"),
        bare=bare_list(world, where, COLUMNS, PAGE),
        ours_answer=lambda response: listed(response, "candidacies"),
        bare_answer=lambda result: result[:2],
    )


@scenario("list-bureau", "candidacies by status and district, by deadline, bureau staff")
def list_bureau(world: World) -> Pair:
    query = f"status={STATUS}&project__district={world.county_district}"
    where = f"c.status = %(status)s AND p.district_id = %(district)s AND {OF_BUREAU}"
    return list_pair(world, world.bureau, where, query)


@scenario("list-county", "the same list, county staff")
def list_county(world: World) -> Pair:
    query = f"status={STATUS}&project__district={world.county_district}"
    return list_pair(world, world.county, f"c.status = %(status)s AND {OF_COUNTY}", query)


@scenario("list-contractor", "candidacies by status, by deadline, a contractor")
def list_contractor(world: World) -> Pair:
    where = f"c.status = %(status)s AND ({OF_CONTRACTOR})"
    return list_pair(world, world.contractor, where, f"status={STATUS}")


@scenario("list-all", "all candidacies, newest first, bureau staff")
def list_all(world: World) -> Pair:
    return Pair(
        ours=lambda: world.bureau.get("/candidacies/"),
        bare=bare_list(world, "TRUE", COLUMNS, PAGE, "c.id DESC"),
        ours_answer=lambda response: listed(response, "candidacies"),
        bare_answer=lambda result: result[:2],
    )


@scenario("list-last-page", "the last page of all candidacies, bureau staff")
def list_last_page(world: World) -> Pair:
    def bare(sql: Any) -> tuple[int, list[int], str]:
        total = sql.one("SELECT count(*) FROM projects_candidacy")
        skip = (total - 1) // PAGE * PAGE
        rows = sql.rows(f"SELECT {COLUMNS} {CANDIDACIES} ORDER BY c.id DESC LIMIT {PAGE} OFFSET {skip}")
        return total, [row[0] for row in rows], json.dumps(rows, default=str)

    total = world.filled["projects.Candidacy"]
    return Pair(
        ours=lambda: world.bureau.get(f"/candidacies/?page={total}"),
        bare=bare,
        ours_answer=lambda response: listed(response, "candidacies"),
        bare_answer=lambda result: result[:2],
    )


@scenario("api-bureau", "API page of 50 candidacies by status and district, bureau staff")
def api_bureau(world: World) -> Pair:
    query = f"status={STATUS}&project__district={world.county_district}&sort=due_on&page_size={API_PAGE}"
    where = "c.status = %(status)s AND p.district_id = %(district)s"
    return Pair(
        ours=lambda: world.bureau.get(f"/api/candidacies/?{query}"),
        bare=bare_list(world, where, EVERY_COLUMN, API_PAGE),
        ours_answer=answered,
        bare_answer=lambda result: result[:2],
    )


@scenario("api-contractor", "API page of 50 candidacies by status, a contractor")
def api_contractor(world: World) -> Pair:
    where = f"c.status = %(status)s AND ({OF_CONTRACTOR})"
    return Pair(
        ours=lambda: world.contractor.get(
            f"/api/candidacies/?status={STATUS}&sort=due_on&page_size={API_PAGE}"
        ),
        bare=bare_list(world, where, EVERY_COLUMN, API_PAGE),
        ours_answer=answered,
        bare_answer=lambda result: result[:2],
    )


def names_like(word: str) -> str:
    return f"%{name_key(word)}%"


@scenario("search-projects", "projects whose name contains two words, bureau staff")
def search_projects(world: World) -> Pair:
    words = ("骆马湖", "码头")
    values = [names_like(word) for word in words]
    where = " AND ".join("p.search_key LIKE %s" for _ in words) + " AND p.merged_into_id IS NULL"

    def bare(sql: Any) -> tuple[int, list[int], str]:
        total = sql.one(f"SELECT count(*) FROM projects_project p WHERE {where}", values)
        rows = sql.rows(
            "SELECT p.id, p.code, p.name, p.mode, p.category, p.level, d.name, o.name, p.investment,"
            " p.construction_cost, p.start_on, p.handover_on FROM projects_project p"
            " LEFT JOIN people_district d ON d.id = p.district_id"
            f" LEFT JOIN people_organization o ON o.id = p.owner_id WHERE {where}"
            f" ORDER BY p.id DESC LIMIT {PAGE}",
            values,
        )
        return total, [row[0] for row in rows], json.dumps(rows, default=str)

    return Pair(
        ours=lambda: world.bureau.get("/projects/", {"q": " ".join(words)}),
        bare=bare,
        ours_answer=lambda response: listed(response, "projects"),
        bare_answer=lambda result: result[:2],
    )


@scenario("search-candidacies", "candidacies of projects whose name contains a word, bureau staff")
def search_candidacies(world: World) -> Pair:
    project = world.projects[len(world.projects) // 2][1]
    word = name_key(project)
    where = """(c.project_id IN (SELECT id FROM projects_project WHERE search_key LIKE %(word)s)
        OR c.section_id IN (SELECT id FROM projects_section WHERE code ILIKE %(word)s)
        OR c.achievement ILIKE %(word)s)"""
    values = {"word": f"%{word}%"}

    def bare(sql: Any) -> tuple[int, list[int], str]:
        total = sql.one(f"SELECT count(*) {CANDIDACIES} WHERE {where}", values)
        rows = sql.rows(
            f"SELECT {COLUMNS} {CANDIDACIES} WHERE {where} ORDER BY c.id DESC LIMIT {PAGE}", values
        )
        return total, [row[0] for row in rows], json.dumps(rows, default=str)

    return Pair(
        ours=lambda: world.bureau.get("/candidacies/", {"q": project}),
        bare=bare,
        ours_answer=lambda response: listed(response, "candidacies"),
        bare_answer=lambda result: result[:2],
    )


@scenario("events", "the history of everything, newest first, bureau staff")
def events(world: World) -> Pair:
    def bare(sql: Any) -> tuple[int, list[int], str]:
        total = sql.one("SELECT count(*) FROM flows_event")
        rows = sql.rows(
            "SELECT id, at, title, label, actor_name, organization_name, reason, source FROM flows_event"
            f" ORDER BY id DESC LIMIT {PAGE}"
        )
        return total, [row[0] for row in rows], json.dumps(rows, default=str)

    return Pair(
        ours=lambda: world.bureau.get("/events/"),
        bare=bare,
        ours_answer=lambda response: listed(response, "events"),
        bare_answer=lambda result: result[:2],
    )
