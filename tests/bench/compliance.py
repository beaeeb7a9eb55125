"""The compliance job: all targets of the plan computed and stored, beside one hand-written statement each."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from typing import Any

from supervision.plan import services
from supervision.plan.arithmetic import judge
from supervision.plan.models import ComplianceRun, MemberList, Snapshot, Target
from supervision.plan.services import active_targets, digest, window_of

from .scenarios import Pair, scenario
from .world import World

# What the rules of projects/indicators.py come to for one candidacy, as columns. LEAST passes over NULLs.
FACTS = """
WITH c AS NOT MATERIALIZED (
  SELECT c.id, c.project_id, c.section_id, c.stage, c.year, c.grade, c.review_applied_on,
    coalesce(c.withdrawn_on <= %(day)s, false) AS gone,
    coalesce(least(c.declared_on, c.listing_decided_on, c.review_applied_on, c.decided_on) <= %(day)s, false) AS declared,
    coalesce(c.listed AND c.listing_decided_on <= %(day)s, false) AS listed,
    coalesce(c.listing_decided_on <= %(day)s, false) AS listing_decided,
    coalesce(c.named AND c.decided_on <= %(day)s, false) AS named,
    coalesce(NOT c.listed AND c.listing_decided_on <= %(day)s, false)
      OR coalesce(NOT c.named AND c.decided_on <= %(day)s, false) AS refused,
    coalesce(NOT c.listed AND c.listing_decided_on < %(begin)s, false)
      OR coalesce(c.named IS NOT NULL AND c.decided_on < %(begin)s, false) AS over,
    CASE WHEN c.review_year IS NOT NULL THEN c.review_year
         WHEN c.stage <> 'listing' THEN c.year
         ELSE extract(year FROM coalesce(c.review_applied_on, c.decided_on)) END AS round
  FROM projects_candidacy c JOIN projects_scheme k ON k.id = c.scheme_id
  WHERE {whose}
), place AS NOT MATERIALIZED (
  SELECT project_id, district_id, level FROM projects_placement
  WHERE (since IS NULL OR since <= %(day)s) AND (until IS NULL OR until > %(day)s)
), e AS NOT MATERIALIZED (
  SELECT e.project_id, e.section_id FROM projects_eligibility e JOIN projects_scheme k ON k.id = e.scheme_id
  WHERE k.code = %(scheme)s AND e.stage = %(stage)s AND e.year = %(year)s AND e.eligible
    AND e.decided_on <= %(day)s AND (e.superseded_on IS NULL OR e.superseded_on > %(day)s)
)"""
OPEN = "NOT gone AND NOT refused AND NOT named"
TAKING_PART = "declared AND NOT gone AND NOT over AND year <= %(year)s"
CONSTRUCTION = """p.start_on <= least(%(day)s, %(end)s) AND (p.handover_on IS NULL OR p.handover_on >= %(begin)s)
  AND p.mode IN ('highway', 'waterway') AND place.level = %(level)s"""
IN_ROUND = "named AND NOT gone AND round BETWEEN %(first)s AND %(last)s"
MAY_BE = f"""{OPEN} AND (coalesce(round BETWEEN %(first)s AND %(last)s, false)
  OR stage = 'listing' AND year <= %(last)s AND NOT coalesce(review_applied_on <= %(day)s, false))"""
STANDING = "CASE WHEN {won} THEN 'counted' WHEN {hope} THEN 'undecided' ELSE 'decided' END"


def applying(stage: str) -> str:
    if stage == "review":
        return "NOT gone AND coalesce(review_applied_on <= %(day)s, false) AND round = %(year)s"
    return "NOT gone AND declared AND stage = %(stage)s AND year = %(year)s"


def standing(won: str, hope: str) -> str:
    return STANDING.format(won=won, hope=hope)


def of_projects(where: str, won: str, hope: str, taken: str) -> str:
    """Projects with what their candidacies among `taken` come to (r.won, r.hope; NULL without any)."""
    return f"""SELECT place.district_id, p.mode, {standing(won, hope)}, array_agg(p.id)
      FROM projects_project p LEFT JOIN place ON place.project_id = p.id LEFT JOIN ({taken}) r ON r.id = p.id
      WHERE p.merged_into_id IS NULL AND {where} GROUP BY 1, 2, 3"""


def of_sections(where: str, won: str, hope: str, taken: str) -> str:
    return f"""SELECT place.district_id, p.mode, {standing(won, hope)}, array_agg(s.id)
      FROM projects_section s JOIN projects_project p ON p.id = s.project_id
      LEFT JOIN place ON place.project_id = p.id LEFT JOIN ({taken}) r ON r.id = s.id
      WHERE p.merged_into_id IS NULL AND {where} GROUP BY 1, 2, 3"""


def grouped(column: str, where: str, won: str = "named", hope: str = OPEN) -> str:
    return f"""SELECT {column} AS id, bool_or({won}) AS won, bool_or({hope}) AS hope FROM c
      WHERE {column} IS NOT NULL AND {where} GROUP BY 1"""


def statement(indicator: str, given: dict[str, str]) -> str:
    """The statement of an indicator: (district, sector, standing, ids) of its members."""
    stage = given.get("stage", "")
    won, hope = ("listed", f"NOT listing_decided AND {OPEN}") if stage == "listing" else ("named", OPEN)
    eligible = "EXISTS (SELECT FROM e WHERE e.{0}_id = {1}.id)"
    part = grouped("project_id", TAKING_PART)
    made = {
        "project.participation": lambda: of_projects(CONSTRUCTION, "r.id IS NOT NULL", "true", part),
        "project.passed": lambda: of_projects(
            f"{CONSTRUCTION} AND r.id IS NOT NULL", "r.won", "r.hope", part
        ),
        "project.coverage": lambda: of_projects(
            f"place.level = %(level)s AND {eligible.format('project', 'p')}", "r.id IS NOT NULL", "true", part
        ),
        "project.scheme_passed": lambda: of_projects(
            "place.level = %(level)s AND r.id IS NOT NULL", "r.won", "r.hope", part
        ),
        "project.applied": lambda: of_projects(
            eligible.format("project", "p"),
            "r.id IS NOT NULL",
            "true",
            grouped("project_id", applying(stage)),
        ),
        "project.succeeded": lambda: of_projects(
            "r.id IS NOT NULL", "r.won", "r.hope", grouped("project_id", applying(stage), won, hope)
        ),
        "section.eligible_named": lambda: of_sections(
            eligible.format("section", "s"),
            "r.won",
            "r.hope OR r.id IS NULL",
            grouped(
                "section_id", applying(stage), "named AND grade = %(grade)s" if "grade" in given else "named"
            ),
        ),
        "section.succeeded": lambda: of_sections(
            "r.id IS NOT NULL", "r.won", "r.hope", grouped("section_id", applying(stage), won, hope)
        ),
        "project.named_count": lambda: of_projects(
            "(r.won OR r.hope)", "r.won", "r.hope", grouped("project_id", "true", IN_ROUND, MAY_BE)
        ),
        "candidacy.named_count": lambda: (
            f"""
            SELECT place.district_id, p.mode, {standing(IN_ROUND, MAY_BE)}, array_agg(c.id)
            FROM c JOIN projects_project p ON p.id = c.project_id LEFT JOIN place ON place.project_id = p.id
            WHERE p.merged_into_id IS NULL AND ({IN_ROUND} OR {MAY_BE}) GROUP BY 1, 2, 3"""
        ),
    }[indicator]()
    whose = "k.family = %(family)s" if "family" in given else "k.code = %(scheme)s"
    return FACTS.format(whose=whose) + made


def figures(target: Target, groups: list[tuple], as_of: date, year: int) -> list[tuple]:
    """(dimension, key, population or None, counted, undecided, judgement) of the total and of every part."""
    parts: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    parts["total", ""]
    for district, sector, where, ids in groups:
        for key in (("total", ""), ("district", str(district or "")), ("sector", sector)):
            parts[key][where] += ids
    found = []
    for (dimension, key), lists in parts.items():
        counted, undecided = tuple(sorted(lists["counted"])), tuple(sorted(lists["undecided"]))
        everybody = (
            tuple(sorted(pk for ids in lists.values() for pk in ids)) if target.kind == "ratio" else None
        )
        size = None if everybody is None else len(everybody)
        over = as_of > date(target.deadline_year or year, 12, 31)
        outcome = judge(target.kind, len(counted), size, len(undecided), target.threshold, over)
        if target.kind == "count" and dimension != "total":
            outcome = type(outcome)(outcome.value, "", None)
        found.append((dimension, key, everybody, counted, undecided, outcome))
    return found


@scenario("compliance", "all 21 targets computed and stored", rounds=3)
def compliance(world: World) -> Pair:
    day, year = world.day, world.day.year
    targets = active_targets()
    units = {
        "project": "projects.project",
        "section": "projects.section",
        "candidacy": "projects.candidacy",
    }
    assert len(targets) == 21

    def ours() -> None:
        services.store(services.compute(day, year, targets=targets), day, year)

    def stored(_: None) -> dict[str, Any]:
        rows = Snapshot.objects.select_related("target", "population", "counted", "undecided_list")
        return {
            f"{row.target.code} {row.dimension} {row.key}": (
                row.population.ids if row.population_id else None,
                row.counted.ids,
                row.undecided_list.ids,
                row.state,
                row.gap,
            )
            for row in rows
        }

    def bare(sql: Any) -> list[tuple[Target, tuple]]:
        made = []
        for target in targets:
            window = window_of(target, year, day)
            given = {name: value for name, value in target.parameters.items() if value}
            values = dict.fromkeys(("scheme", "stage", "family", "level", "grade")) | given
            values |= {"day": day, "year": year, "begin": window.begin, "end": window.end}
            values |= {"first": window.first, "last": window.last}
            groups = sql.rows(statement(target.indicator, given), values)
            made += [(target, figure) for figure in figures(target, groups, day, year)]
        lists = {
            (units[target.indicator.split(".")[0]], ids)
            for target, figure in made
            for ids in figure[2:5]
            if ids is not None
        }
        with sql.transaction() as cursor:
            sql.run(cursor, "CREATE TEMP TABLE snapshot (LIKE plan_snapshot INCLUDING ALL) ON COMMIT DROP")
            sql.run(cursor, "CREATE TEMP TABLE list (LIKE plan_memberlist INCLUDING ALL) ON COMMIT DROP")
            rows = [(unit, digest(unit, ids), len(ids), json.dumps(ids)) for unit, ids in lists]
            kept = sql.insert(
                cursor,
                "INSERT INTO list (unit, sha256, count, ids) VALUES %s RETURNING sha256, id",
                rows,
                fetch=True,
            )
            known = dict(kept)

            def number(target: Target, ids: tuple | None) -> int | None:
                unit = units[target.indicator.split(".")[0]]
                return None if ids is None else known[digest(unit, ids)]

            sql.insert(
                cursor,
                "INSERT INTO snapshot (run_id, target_id, target_version, year, as_of, dimension, key, key_label,"
                " numerator, denominator, undecided, value, threshold, state, gap, population_id, counted_id,"
                " undecided_list_id) VALUES %s",
                [
                    (1, target.pk, target.version, year, day, dimension, key, key, len(counted))
                    + (
                        None if people is None else len(people),
                        len(undecided),
                        outcome.value,
                        target.threshold,
                    )
                    + (outcome.state, outcome.gap, number(target, people), number(target, counted))
                    + (number(target, undecided),)
                    for target, (dimension, key, people, counted, undecided, outcome) in made
                ],
            )
        return made

    def said(made: list[tuple[Target, tuple]]) -> dict[str, Any]:
        return {
            f"{target.code} {dimension} {key}": (
                None if people is None else list(people),
                list(counted),
                list(undecided),
                outcome.state,
                outcome.gap,
            )
            for target, (dimension, key, people, counted, undecided, outcome) in made
        }

    def after() -> None:
        Snapshot.objects.all().delete()
        ComplianceRun.objects.all().delete()
        MemberList.objects.all().delete()

    return Pair(ours=ours, bare=bare, ours_answer=stored, bare_answer=said, after=after)
