"""A section of 100,000 分项 with 3,000,000 measured points: roll-up, tree page and 合格率 by month, beside bare SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import connection

from projects.models import Section
from quality.division import rolling
from quality.models import Division, Evaluation, Measurement, Standing

from .scenarios import Pair, fill, scenario
from .world import World

UNITS, PARTS, ITEMS = 20, 50, 100
MEASURED, VALUES = 5, 6
BEGUN = date(2025, 1, 6)
PAGE = 50


@fill("分部分项与实测点")
def division(world: World) -> None:
    """Points are a text of values in one row for each measured item of a round: half a million rows, not three."""
    section = Section.objects.order_by("pk").values_list("pk", flat=True)[0]
    units = max(1, round(UNITS * min(1, world.scale * 10)))
    parts = world.scaled(UNITS * PARTS * ITEMS) // units // ITEMS or 1
    first, chance = world.next_id(Division), world.random
    world.division_section = section
    nodes: list[dict[str, Any]] = []

    def node(kind: str, code: str, above: dict[str, Any] | None) -> dict[str, Any]:
        pk = first + len(nodes)
        made = {
            "id": pk,
            "section_id": section,
            "code": code,
            "parent_code": above["code"] if above else "",
            "kind": kind,
            "name": f"工程{code}",
            "works": "bridge",
            "parent_id": above["id"] if above else None,
            "path": f"{above['path'] if above else ''}{pk}/",
            "status": "active",
        }
        nodes.append(made)
        return made

    for u in range(units):
        unit = node("unit", f"B{u:02}", None)
        for p in range(parts):
            part = node("part", f"B{u:02}-{p:02}", unit)
            for i in range(ITEMS):
                node("item", f"B{u:02}-{p:02}-{i:02}", part)
    world.copy(Division, iter(nodes))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO quality_standing (division_id, needs_own, own, result, stale, items, passed, failed,"
            " points, good) SELECT id, TRUE, '', 'open', TRUE, 0, 0, 0, 0, 0 FROM quality_division"
        )
        world.filled[Standing._meta.label] = cursor.rowcount
    number, evaluation, measurement = 0, world.next_id(Evaluation), world.next_id(Measurement)
    texts: list[tuple[int, str, int]] = []

    def rounds() -> Iterator[dict[str, Any]]:
        nonlocal number
        for one in nodes:
            pk, good, points = evaluation + number, 0, 0
            number += 1
            if one["kind"] == "item":
                for _ in range(MEASURED):
                    values = [chance.randrange(-9, 10) / 2 for _ in range(VALUES)]
                    if chance.random() < 0.01:
                        values[0] = 7.5
                    fine = sum(-5 <= value <= 5 for value in values)
                    texts.append((pk, " ".join(f"{value:g}" for value in values), fine))
                    good, points = good + fine, points + VALUES
            yield {
                "id": pk,
                "number": f"PD-2025-{pk:07}",
                "division_id": one["id"],
                "section_id": section,
                "round": 1,
                "measured_on": BEGUN,
                "judged_on": BEGUN + timedelta(days=chance.randrange(500)),
                "status": "judged",
                "result": "pass" if good == points else "fail",
                "points": points,
                "good": good,
            }

    world.copy(Evaluation, rounds())
    world.copy(
        Measurement,
        (
            {
                "id": measurement + at,
                "evaluation_id": pk,
                "name": f"项目{at % MEASURED}",
                "is_key": True,
                "lower": -5,
                "upper": 5,
                "values": text,
                "points": VALUES,
                "good": good,
            }
            for at, (pk, text, good) in enumerate(texts)
        ),
    )
    world.division_part = next(one["id"] for one in nodes if one["kind"] == "part")


# Every point counted from its value, which is what keeping the counts beside the values spares each roll-up.
FROM_POINTS = """
SELECT split_part(d.path, '/', 1)::bigint, count(DISTINCT d.id), count(*),
  count(*) FILTER (WHERE v::numeric - coalesce(m.design, 0) BETWEEN m.lower AND m.upper)
FROM quality_division d JOIN quality_evaluation e ON e.division_id = d.id
JOIN quality_measurement m ON m.evaluation_id = e.id
CROSS JOIN LATERAL unnest(string_to_array(m."values", ' ')) AS v
WHERE d.section_id = %(section)s AND d.kind = 'item' GROUP BY 1 ORDER BY 1
"""


@scenario("division-rollup", "10 万个分项、300 万个测点：逐级汇总到单位工程（裸 SQL 为逐点计数）", rounds=3)
def roll_up(world: World) -> Pair:
    section = world.division_section

    def ours() -> list[tuple]:
        rolling.roll_up(section)
        roots = Standing.objects.filter(division__section=section, division__parent__isnull=True)
        return list(roots.order_by("pk").values_list("pk", "items", "points", "good"))

    return Pair(ours=ours, bare=lambda sql: sql.rows(FROM_POINTS, {"section": section}))


CHILDREN = """
SELECT d.id, d.code, d.name, d.kind, s.result, s.items, s.passed, s.failed, s.points, s.good
FROM quality_division d JOIN quality_standing s ON s.division_id = d.id
WHERE d.section_id = %(section)s AND d.parent_id = %(part)s ORDER BY d.code LIMIT 50
"""


@scenario("division-page", "10 万个分项：标段划分树中一个分部的一页")
def page(world: World) -> Pair:
    values = {"section": world.division_section, "part": world.division_part}
    url = f"/sections/{values['section']}/division/?node={values['part']}"

    def bare(sql: Any) -> list[int]:
        sql.one("SELECT count(*) FROM quality_division WHERE parent_id = %(part)s", values)
        return [row[0] for row in sql.rows(CHILDREN, values)]

    def shown(response: Any) -> list[int]:
        found = re.findall(r'data-label="操作"><a href="/divisions/(\d+)/"', response.content.decode())
        return [int(pk) for pk in found]

    return Pair(ours=lambda: world.bureau.get(url), bare=bare, ours_answer=shown)


MONTHS = """
SELECT to_char(date_trunc('month', e.judged_on), 'YYYY-MM'), count(*) FILTER (WHERE e.round = 1),
  count(*) FILTER (WHERE e.round = 1 AND e.result = 'pass'), count(*),
  count(*) FILTER (WHERE e.result = 'fail'), sum(e.points), sum(e.good)
FROM quality_evaluation e JOIN quality_division d ON d.id = e.division_id
WHERE e.status = 'judged' AND d.kind = 'item' AND e.judged_on BETWEEN '2025-01-01' AND '2026-12-31'
GROUP BY 1 ORDER BY 1
"""


@scenario("evaluation-monthly", "10 万轮评定、300 万个测点：一次验收合格率和实测点合格率按月", rounds=5)
def monthly(world: World) -> Pair:
    def read(response: Any) -> list[tuple]:
        text = response.content.decode()
        rows = re.findall(r'<th scope="row" class="frozen nowrap">(\d{4}-\d\d)</th>(.*?)</tr>', text)
        found = []
        for label, cells in rows:
            told = re.findall(r"<td[^>]*>([^<]*)</td>", cells)
            found.append((label, *(int(told[at]) for at in (0, 1, 3, 4, 5, 6))))
        return found

    return Pair(
        ours=lambda: world.bureau.get("/evaluations/figures/?by=month&first=2025-01-01&last=2026-12-31"),
        bare=lambda sql: sql.rows(MONTHS),
        ours_answer=read,
    )
