"""The search box over a million records, beside bare SQL for the same hits."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from supervision.desk.models import SearchEntry
from supervision.desk.search.asking import MOST

from . import dangers
from .scenarios import Pair, fill, scenario
from .world import World


@fill("全站检索条目")
def entries(world: World) -> None:
    """The entries of all dangers, as the portal would write them one by one, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO desk_searchentry (model, object_id, version, project_id, section_id, text)"
            " SELECT 'safety.hiddendanger', id, version, project_id, section_id,"
            " '|' || upper(number) || '|' || upper(part) || '|' || upper(description) || '|'"
            " FROM safety_hiddendanger ORDER BY id"
        )
        world.filled[SearchEntry._meta.label] = cursor.rowcount
        cursor.execute("ANALYZE desk_searchentry")


def pair(world: World, *words: str, client: str = "bureau", bare_scope: str = "") -> Pair:
    where = " AND ".join("desk_pairs(e.text) @> %s AND e.text LIKE %s" for _ in words)
    values: list[Any] = []
    for word in words:
        values += [[word[at : at + 2] for at in range(len(word) - 1)], f"%{word}%"]

    def bare(sql: Any) -> tuple[list[int], str]:
        rows = sql.rows(
            f"SELECT d.id, d.number, d.part, d.status, p.name, s.code FROM desk_searchentry e"
            f" JOIN safety_hiddendanger d ON d.id = e.object_id JOIN projects_project p ON p.id = d.project_id"
            f" LEFT JOIN projects_section s ON s.id = d.section_id"
            f" WHERE e.model = 'safety.hiddendanger' AND {where} ORDER BY e.id DESC LIMIT {MOST}",
            values,
        )
        return [row[0] for row in rows], json.dumps(rows, default=str)

    return Pair(
        ours=lambda: getattr(world, client).get("/api/search/", {"q": " ".join(words)}),
        bare=bare,
        ours_answer=lambda response: [row["id"] for row in response.json()["results"]],
        bare_answer=lambda result: result[0],
    )


@scenario("search-rare", "全站搜索：100 万条记录中少见的词")
def rare(world: World) -> Pair:
    return pair(world, dangers.WORD)


@scenario("search-common", "全站搜索：两个常见的两字词")
def common(world: World) -> Pair:
    return pair(world, "护栏", "边坡")


@scenario("search-number", "全站搜索：一个编号")
def number(world: World) -> Pair:
    return pair(world, f"{world.dangers + 77:07}")
