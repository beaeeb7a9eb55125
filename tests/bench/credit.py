"""20,000 enterprises with 500,000 records: a year's evaluation of all beside bare SQL, and one subject's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from integrity.credit import evaluating
from integrity.models import CreditEvaluation, CreditRecord, CreditSubject, CreditUnit
from supervision.flows.history import Actor
from supervision.people.models import Organization, User
from supervision.rules.shipped import rule

from .scenarios import Pair, fill, scenario
from .world import World

SUBJECTS, EACH, UNITS = 20_000, 25, 4
FAMILY, YEAR = "credit-glsg", 2025
ITEM = "公路施工 GSQB2-4 被主管部门通报、约谈"


@fill("信用主体与信用记录")
def credit(world: World) -> None:
    """Of each subject two bids and two sections; of its records three fifths are of the year, some set no points."""
    chance, total = world.random, world.scaled(SUBJECTS)
    rules = rule(FAMILY)
    office, first = world.next_id(Organization), world.next_id(CreditSubject)
    world.copy(
        Organization,
        (
            {
                "id": office + at,
                "path": f"{office + at}/",
                "name": f"信用企业{at:05}",
                "kind": "contractor",
                "search_key": f"|信用企业{at:05}|",
            }
            for at in range(total)
        ),
    )
    world.copy(
        CreditSubject,
        (
            {
                "id": first + at,
                "kind": "enterprise",
                "organization_id": office + at,
                "family": FAMILY,
                "title": f"信用企业{at:05}",
                "is_active": True,
            }
            for at in range(total)
        ),
    )
    unit = world.next_id(CreditUnit)
    world.copy(
        CreditUnit,
        (
            {
                "id": unit + at,
                "subject_id": first + at // UNITS,
                "family": FAMILY,
                "year": YEAR,
                "kind": "bid" if at % UNITS < 2 else "performance",
                "name": f"单元{at % UNITS}",
                "price": None if at % UNITS < 2 else Decimal(chance.randrange(100, 90_000)),
            }
            for at in range(total * UNITS)
        ),
    )

    def held() -> Iterator[dict[str, Any]]:
        record = world.next_id(CreditRecord)
        for at in range(total * EACH):
            subject, own = divmod(at, EACH)
            this = own < 15
            day = date(YEAR if this else YEAR - 1, 1, 1) + timedelta(days=chance.randrange(360))
            place = own % (UNITS + 1)
            where = unit + subject * UNITS + place if place < UNITS else None
            kind = "other" if where is None else "bid" if place < 2 else "performance"
            direct = where is None and chance.random() < 0.004
            yield {
                "id": record + at,
                "number": f"XY-{YEAR}-{record + at:07}",
                "subject_id": first + subject,
                "item": ITEM,
                "unit_id": where if this else None,
                "quantity": 1,
                "description": "经查属实",
                "severity": "general",
                "decided_on": day,
                "nature": "bad",
                "rules_id": rules.pk,
                "family": FAMILY,
                "item_code": "GSQB2-4",
                "category": kind,
                "effect": "D" if direct else "",
                "points": 0 if direct else Decimal(chance.randrange(1, 13)) / 2,
                "status": "effective",
                "notice_from": day,
                "notice_until": day,
                "effect_from": day,
                "effect_until": day + timedelta(days=700),
                "public_until": day + timedelta(days=360),
                "revoked_on": day if chance.random() < 0.02 else None,
            }

    world.copy(CreditRecord, held())
    world.credit_first = first


# The same year in one statement; grades by the bounds of the rule set, nobody having one of the year before.
BARE = """
WITH held AS (
  SELECT subject_id, unit_id, points, effect FROM integrity_creditrecord
  WHERE family = %(family)s AND status = 'effective' AND revoked_on IS NULL
    AND decided_on BETWEEN %(first)s AND %(last)s
), scored AS (
  SELECT u.subject_id, u.kind, u.price, greatest(0, 100 - coalesce(sum(h.points), 0)) AS mark
  FROM integrity_creditunit u LEFT JOIN held h ON h.unit_id = u.id
  WHERE u.family = %(family)s AND u.year = %(year)s GROUP BY u.id
), parts AS (
  SELECT subject_id, avg(mark) FILTER (WHERE kind = 'bid') AS t,
    sum(mark * price) FILTER (WHERE kind = 'performance')
      / nullif(sum(price) FILTER (WHERE kind = 'performance'), 0) AS l
  FROM scored GROUP BY subject_id
), other AS (
  SELECT subject_id, coalesce(sum(points) FILTER (WHERE unit_id IS NULL), 0) AS q,
    bool_or(effect = 'D') AS direct FROM held GROUP BY subject_id
), result AS (
  SELECT p.subject_id, trunc(greatest(0, 0.2 * t + 0.8 * l - coalesce(q, 0)), 4) AS x,
    coalesce(direct, FALSE) AS direct FROM parts p LEFT JOIN other o ON o.subject_id = p.subject_id
)
INSERT INTO bench_credit (subject_id, score, grade)
SELECT subject_id, x, CASE WHEN direct THEN 'D' WHEN x >= 95 THEN 'AA' WHEN x >= 85 THEN 'A'
  WHEN x >= 75 THEN 'B' WHEN x >= 60 THEN 'C' ELSE 'D' END FROM result
RETURNING subject_id, score, grade
"""


class Undo(Exception):
    """Takes a transaction back."""


@scenario("credit-year", "2 万个主体、50 万条记录：全部主体的年度评价（裸 SQL 只写得分和等级）", rounds=3)
def year(world: World) -> Pair:
    """Ours opens an evaluation for each, writes every line of its arithmetic, and an event in its chain for each of
    the two steps; the bare side writes three columns."""
    actor = Actor.of(User.objects.get(pk=world.people["bureau"].pk), "job")

    def ours() -> list[tuple]:
        with transaction.atomic():
            evaluating.open_year(FAMILY, YEAR, actor)
            found = CreditEvaluation.objects.filter(family=FAMILY, year=YEAR)
            rows = sorted(found.values_list("subject", "score", "grade"))
            transaction.set_rollback(True)
        return rows

    def bare(sql: Any) -> list[tuple]:
        values = {
            "family": FAMILY,
            "year": YEAR,
            "first": date(YEAR, 1, 1),
            "last": date(YEAR, 12, 31),
        }
        rows: list[tuple] = []
        try:
            with sql.transaction() as cursor:
                sql.run(
                    cursor, "CREATE TEMP TABLE bench_credit (subject_id bigint, score numeric, grade text)"
                )
                sql.run(cursor, BARE, values)
                rows = cursor.fetchall()
                raise Undo
        except Undo:
            return sorted(rows)

    return Pair(ours=ours, bare=bare)


@scenario("credit-subject", "2 万个主体、50 万条记录：一个主体的页面")
def subject(world: World) -> Pair:
    pk = world.credit_first
    values = {"pk": pk}

    def bare(sql: Any) -> list[int]:
        sql.rows("SELECT * FROM integrity_creditsubject WHERE id = %(pk)s", values)
        sql.rows("SELECT * FROM integrity_creditunit WHERE subject_id = %(pk)s", values)
        rows = sql.rows(
            "SELECT id FROM integrity_creditrecord WHERE subject_id = %(pk)s AND status = 'effective'"
            " ORDER BY decided_on DESC, id DESC LIMIT 100",
            values,
        )
        return [row[0] for row in rows]

    def shown(response: Any) -> list[int]:
        found = re.findall(
            r'data-label="记录"[^>]*><a href="/credit-records/(\d+)/"', response.content.decode()
        )
        return [int(one) for one in found]

    return Pair(ours=lambda: world.bureau.get(f"/credit-subjects/{pk}/"), bare=bare, ours_answer=shown)
