"""1,000,000 hidden dangers: the list, the search, the monthly table and the nightly job, beside bare SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection, transaction

from projects.models import Section
from safety import escalation, monthly
from safety.models import HiddenDanger, Span, SupervisionStep
from safety.rules import CATEGORIES, LADDER, rule
from supervision.flows.history import SYSTEM

from .lists import listed
from .scenarios import Pair, fill, scenario
from .world import World

DANGERS = 1_000_000
PAGE = 20
# Of a hundred dangers: most were closed long ago, a few are still with their units.
STATES = (
    ["closed"] * 92 + ["rectifying"] * 3 + ["supervisor_check"] * 2 + ["reported", "dismissed", "extending"]
)
PLACES = [
    "2号墩作业平台",
    "钢筋加工场",
    "项目部驻地",
    "K12+300 左侧边坡",
    "拌和站",
    "架桥机",
    "3号基坑",
    "盖梁支架",
]
FACTS = [
    "临边护栏缺失",
    "配电箱未上锁",
    "灭火器过期",
    "夜间警示灯不亮",
    "操作规程未上墙",
    "支垫不平未锚固",
    "坑边堆载过近",
]
WORD = "支垫不平未锚固第77"
# The deadlines of what is still with the units; the job looks back from this day.
NIGHT = date(2026, 6, 30)
MONTH = date(2026, 5, 1)


@fill("隐患")
def dangers(world: World) -> None:
    chance, first = world.random, world.next_id(HiddenDanger)
    total = world.scaled(DANGERS)
    words = rule(CATEGORIES).content["categories"]
    sections = list(Section.objects.order_by("pk").values_list("pk", "project_id"))
    days = [date(2022, 1, 3) + timedelta(days=at) for at in range(1600)]

    def rows() -> Iterator[dict[str, Any]]:
        for at in range(total):
            section, project = sections[chance.randrange(len(sections))]
            status = STATES[chance.randrange(100)]
            # What is open is of these weeks, what is closed of any of the years.
            recent = status not in ("closed", "dismissed")
            found = (
                NIGHT - timedelta(days=chance.randrange(1, 40)) if recent else days[chance.randrange(1600)]
            )
            graded = status not in ("reported", "dismissed")
            major = graded and chance.random() < 0.02
            deadline = found + timedelta(days=chance.randrange(3, 60)) if graded else None
            done = found + timedelta(days=chance.randrange(2, 20)) if status == "closed" else None
            yield {
                "id": first + at,
                "number": f"YH-{found.year}-{first + at:07}",
                "project_id": project,
                "section_id": section,
                "part": PLACES[at % len(PLACES)],
                "description": f"{FACTS[chance.randrange(len(FACTS))]}第{at}处，须整改。",
                "source": "inspection",
                "found_on": found,
                "category": words[at % len(words)],
                "grade": ("major" if major else "general") if graded else "",
                "verified_on": found if graded else None,
                "major_on": found if major else None,
                "responsible_unit_id": world.contractors[at % len(world.contractors)],
                "status": status,
                "deadline": deadline,
                "due_on": deadline if recent else None,
                "rectified_on": done,
                "closed_on": done,
            }

    world.copy(HiddenDanger, rows())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO safety_span (danger_id, kind, since, in_time) SELECT id, 'closed', closed_on,"
            " rectified_on <= deadline FROM safety_hiddendanger WHERE closed_on IS NOT NULL"
        )
        world.filled[Span._meta.label] = cursor.rowcount
    world.dangers = first


FROM = """FROM safety_hiddendanger d JOIN projects_project p ON p.id = d.project_id
    LEFT JOIN projects_section s ON s.id = d.section_id
    LEFT JOIN people_organization o ON o.id = d.responsible_unit_id"""
COLUMNS = """d.id, d.number, p.name, s.code, d.part, d.description, d.category, d.grade, d.status, d.deadline,
    d.found_on, o.name"""


def bare_list(where: str, values: dict[str, Any], order: str):
    def work(sql: Any) -> tuple[int, list[int], str]:
        total = sql.one(f"SELECT count(*) {FROM} WHERE {where}", values)
        rows = sql.rows(f"SELECT {COLUMNS} {FROM} WHERE {where} ORDER BY {order} LIMIT {PAGE}", values)
        return total, [row[0] for row in rows], json.dumps(rows, default=str)

    return work


@scenario("dangers-list", "100 万条隐患：按状态、县区、日期筛选，按整改期限排序的一页")
def page(world: World) -> Pair:
    query = urlencode(
        {
            "status": "rectifying",
            "project__district": world.county_district,
            "deadline_after": "2026-06-01",
            "deadline_before": "2026-07-31",
            "sort": "deadline",
        }
    )
    where = "d.status = 'rectifying' AND p.district_id = %(district)s AND d.deadline BETWEEN '2026-06-01' AND '2026-07-31'"
    return Pair(
        ours=lambda: world.bureau.get(f"/hidden-dangers/?{query}"),
        bare=bare_list(where, {"district": world.county_district}, "d.deadline, d.id DESC"),
        ours_answer=lambda response: listed(response, "hidden-dangers"),
        bare_answer=lambda result: result[:2],
    )


@scenario("dangers-search", "100 万条隐患：在描述中查找")
def search(world: World) -> Pair:
    query = urlencode({"q": WORD})
    return Pair(
        ours=lambda: world.bureau.get(f"/hidden-dangers/?{query}"),
        bare=bare_list("upper(d.description) LIKE upper(%(word)s)", {"word": f"%{WORD}%"}, "d.id DESC"),
        ours_answer=lambda response: listed(response, "hidden-dangers"),
        bare_answer=lambda result: result[:2],
    )


MONTHLY = """
SELECT p.district_id, t.name,
  count(*) FILTER (WHERE d.grade <> '' AND (d.major_on IS NULL OR d.major_on > %(day)s)),
  count(*) FILTER (WHERE d.grade <> '' AND (d.major_on IS NULL OR d.major_on > %(day)s) AND c.id IS NOT NULL),
  count(*) FILTER (WHERE d.major_on <= %(day)s),
  count(*) FILTER (WHERE d.major_on <= %(day)s AND c.id IS NOT NULL)
FROM safety_hiddendanger d JOIN projects_project p ON p.id = d.project_id
LEFT JOIN people_district t ON t.id = p.district_id
LEFT JOIN safety_span c ON c.danger_id = d.id AND c.kind = 'closed' AND c.since <= %(day)s
  AND (c.until IS NULL OR c.until > %(day)s)
WHERE d.verified_on BETWEEN %(month)s AND %(day)s AND p.merged_into_id IS NULL
GROUP BY 1, 2
"""


@scenario("dangers-monthly", "100 万条隐患：月度统计表", rounds=5)
def monthly_table(world: World) -> Pair:
    person = world.people["bureau"]
    keys = ("general", "general_done", "major", "major_closed")
    values = {"month": MONTH, "day": monthly.last_day(MONTH)}
    return Pair(
        ours=lambda: monthly.table(person, MONTH),
        bare=lambda sql: sql.rows(MONTHLY, values),
        ours_answer=lambda made: sorted(
            (row.label, *(row.figures[key] for key in keys)) for row in made.rows
        ),
        bare_answer=lambda rows: sorted((row[1] or "未分县区", *row[2:]) for row in rows),
    )


CANDIDATES = """
SELECT d.id, d.grade, d.deadline, d.failed, p.level FROM safety_hiddendanger d
JOIN projects_project p ON p.id = d.project_id
WHERE d.status IN ('rectifying', 'extending') AND d.deadline <= %(soonest)s ORDER BY d.id
"""


@scenario("dangers-ladder", "100 万条隐患：核对整改期限一遍（当日已拟稿，不再拟）", rounds=3)
def ladder(world: World) -> Pair:
    """The job as it runs on every night but the first: everything is looked at, and hardly anything is drafted.
    Drafts are made beforehand, by rows alone; what the bare side does is read the same dangers and their drafts."""
    rules = rule(LADDER, NIGHT)
    soonest = max(escalation.candidates(NIGHT, rules).values_list("deadline", flat=True))
    drafts = []
    for danger in escalation.candidates(NIGHT, rules).select_related("project").order_by("pk").iterator(2000):
        if due := escalation.next_draft(danger, NIGHT, rules, []):
            drafts.append(
                {
                    "danger_id": danger.pk,
                    "rung": due.rung,
                    "deadline": danger.deadline,
                    "reason": due.reason,
                    "signer_role": escalation.signer_of(danger, due.rung, rules),
                    "drafted_on": NIGHT,
                    "status": "drafted",
                }
            )
    world.copy(SupervisionStep, drafts)

    def bare(sql: Any) -> int:
        rows = sql.rows(CANDIDATES, {"soonest": soonest})
        steps = sql.rows(
            "SELECT danger_id, rung, status, deadline FROM safety_supervisionstep WHERE status = 'drafted'"
        )
        drafted = {(row[0], row[3]) for row in steps}
        return len(rows), sum((row[0], row[2]) in drafted for row in rows)

    def ours() -> tuple[int, int]:
        seen = []
        with transaction.atomic():
            made = escalation.escalate(SYSTEM, NIGHT, lambda done, total: seen.append(total))
        assert made == {}, made
        return seen[-1], len(drafts)

    return Pair(ours=ours, bare=bare)
