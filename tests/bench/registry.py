"""The registry and the candidacies: 5,000 projects, 20,000 sections, 100,000 candidacies over three years.

Journeys follow the flow: each candidacy has the dates of the steps it came through, and most of the older ones
have come to their end. Every record has the event of its creation, those of the last year one per step: enough
to make history the largest table. Event hashes are chained, but not of the portal's content, so
`verify_history` has nothing to say about this database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.management import call_command

from projects.flows import candidacy_flow
from projects.models import Candidacy, Eligibility, Participation, Placement, Project, Scheme, Section
from projects.models.candidacy import SchemeUnit, Stage
from supervision.flows.models import Event
from supervision.people.models import District, Organization
from supervision.rules.names import name_key, names_key
from tests import factories

from .scenarios import fill
from .world import World

PROJECTS, SECTIONS, CANDIDACIES, ELIGIBILITIES = 5_000, 20_000, 100_000, 30_000
SECTION_SHARE = 0.6  # of the candidacies: 平安工地 is by far the largest scheme
YEARS = (2024, 2025, 2026)
# How many of a year's candidacies have come to their end.
FINISHED = {2024: 0.92, 2025: 0.7, 2026: 0.3}
ROADS = [
    "徐淮",
    "宿泗",
    "环湖",
    "洋河",
    "骆马湖",
    "项王",
    "黄河",
    "古楚",
    "通湖",
    "发展",
    "府前",
    "幸福",
    "人民",
    "运河",
    "淮海",
]
WORKS = [
    "大道改造工程",
    "路快速化工程",
    "大桥",
    "航道整治工程",
    "港区码头工程",
    "省道改扩建工程",
    "农村公路提档工程",
    "枢纽",
    "船闸",
]
CATEGORIES = ["urban", "urban", "bridge", "fairway", "port", "trunk", "rural", "hub", "lock"]
MODES = {"fairway": "waterway", "port": "waterway", "lock": "waterway", "hub": "hub"}


@fill("计划、单位与人员")
def people(world: World) -> None:
    call_command("load_plan", verbosity=0)
    districts = list(District.objects.order_by("pk"))
    first = world.next_id(Organization)

    def units() -> Iterator[dict]:
        for at, (kind, word, number) in enumerate(
            [("owner", "建设", n) for n in range(60)]
            + [("contractor", "路桥", n) for n in range(160)]
            + [("supervisor", "监理", n) for n in range(40)]
        ):
            name = f"江苏{ROADS[number % len(ROADS)]}{word}第{number + 1}有限公司"
            yield {
                "id": first + at,
                "path": f"{first + at}/",
                "name": name,
                "kind": kind,
                "district_id": districts[number % len(districts)].pk,
                "search_key": names_key(name),
            }

    world.copy(Organization, units())
    world.owners = range(first, first + 60)
    world.contractors = range(first + 60, first + 220)
    world.supervisors = range(first + 220, first + 260)
    world.districts = [district.pk for district in districts]
    bureau = Organization.objects.get(name="宿迁市交通运输局建管处")
    county = Organization.objects.get(name="泗阳县交通运输局")
    for name, role, office in (
        ("bureau", "bureau_staff", bureau),
        ("county", "county_staff", county),
        ("contractor", "contractor", Organization.objects.get(pk=world.contractors[0])),
    ):
        person = world.people[name] = factories.user(role, office)
        setattr(world, name, world.sign_in(person))
    world.county_district = county.district_id


@fill("项目与标段")
def registry(world: World) -> None:
    chance, total = world.random, world.scaled(PROJECTS)
    first = world.next_id(Project)
    world.projects = []

    def projects() -> Iterator[dict]:
        for at in range(total):
            road, work = chance.choice(ROADS), chance.randrange(len(WORKS))
            category = CATEGORIES[work]
            name = f"{road}{WORKS[work]}{at + 1}号"
            start = date(2021, 1, 1) + timedelta(days=chance.randrange(1900))
            over = start + timedelta(days=chance.randrange(300, 1500))
            row = {
                "id": first + at,
                "code": f"SQ{at + 1:06}",
                "name": name,
                "mode": MODES.get(category, "highway"),
                "category": category,
                "nature": chance.choice(("new", "rebuild", "extend")),
                "level": "city" if chance.random() < 0.3 else "county",
                "district_id": chance.choice(world.districts),
                "owner_id": chance.choice(world.owners),
                "investment": f"{chance.randrange(500, 90_000)}.{chance.randrange(10_000):04}",
                "route": f"X{chance.randrange(100, 400)}",
                "stakes": f"K{at % 90}+000-K{at % 90 + 3}+500",
                "approval_on": start - timedelta(days=400),
                "tender_on": start - timedelta(days=90),
                "start_on": start,
                "handover_planned_on": over,
                "handover_on": over if over < date(2026, 6, 1) else None,
                "search_key": f"|{name_key(name)}|",
            }
            world.projects.append((row["id"], name, row["level"], row["district_id"]))
            yield row

    world.copy(Project, projects())
    world.copy(Placement, placements(world))
    world.sections = []
    first_section, each = world.next_id(Section), world.scaled(SECTIONS)

    def sections() -> Iterator[dict]:
        for at in range(each):
            project, _, _, _ = world.projects[at % total]
            number = at // total + 1
            start = date(2023, 1, 1) + timedelta(days=chance.randrange(900))
            world.sections.append((first_section + at, project))
            yield {
                "id": first_section + at,
                "project_id": project,
                "code": f"SG-{number:02}",
                "name": f"施工{number}标",
                "contract_price": f"{chance.randrange(100, 30_000)}.5000",
                "contract_on": start - timedelta(days=30),
                "start_on": start,
                "end_planned_on": start + timedelta(days=700),
                "stakes": f"K{at % 80}+000-K{at % 80 + 1}+200",
            }

    world.copy(Section, sections())
    first_part = world.next_id(Participation)

    def participations() -> Iterator[dict]:
        for at, (section, _) in enumerate(world.sections):
            for which, (role, pool) in enumerate(
                (("contractor", world.contractors), ("supervisor", world.supervisors))
            ):
                yield {
                    "id": first_part + 2 * at + which,
                    "section_id": section,
                    "organization_id": pool[chance.randrange(len(pool))],
                    "role": role,
                    "since": date(2023, 1, 1),
                    "until": date(2025, 1, 1) if chance.random() < 0.1 else None,
                }

    world.copy(Participation, participations())


def placements(world: World) -> Iterator[dict]:
    """Where each project stood since the beginning; one in eight moved once."""
    chance, number = world.random, world.next_id(Placement)
    for project, _, level, district in world.projects:
        moved = date(2025, 1, 1) + timedelta(days=chance.randrange(500)) if chance.random() < 0.125 else None
        if moved:
            before = {"district_id": chance.choice(world.districts), "level": "county"}
            yield {"id": number, "project_id": project, **before, "since": None, "until": moved}
            number += 1
        yield {
            "id": number,
            "project_id": project,
            "district_id": district,
            "level": level,
            "since": moved,
            "until": None,
        }
        number += 1


def stages(scheme: Scheme) -> tuple[str, ...]:
    return (Stage.LISTING.value, Stage.REVIEW.value) if scheme.has_listing else (Stage.CREATION.value,)


def standings(
    world: World, wanted: int, years: tuple[int, ...]
) -> Iterator[tuple[Scheme, str, int, int, int | None]]:
    """Scheme, stage, year, project and section, never the same twice."""
    schemes = list(Scheme.objects.order_by("pk"))
    by_section = [(s, stage) for s in schemes if s.unit == SchemeUnit.SECTION for stage in stages(s)]
    by_project = [(s, stage) for s in schemes if s.unit == SchemeUnit.PROJECT for stage in stages(s)]
    chance, seen = world.random, set()
    while len(seen) < wanted:
        year = chance.choice(years)
        if chance.random() < SECTION_SHARE:
            scheme, stage = chance.choice(by_section)
            section, project = chance.choice(world.sections)
        else:
            scheme, stage = chance.choice(by_project)
            section, project = None, chance.choice(world.projects)[0]
        key = (scheme.pk, stage, year, section, None if section else project)
        if key not in seen:
            seen.add(key)
            yield scheme, stage, year, project, section


@fill("符合条件认定")
def eligibilities(world: World) -> None:
    chance, first = world.random, world.next_id(Eligibility)
    rows = standings(world, world.scaled(ELIGIBILITIES), YEARS)
    world.copy(
        Eligibility,
        (
            {
                "id": first + at,
                "scheme_id": scheme.pk,
                "stage": stage,
                "year": year,
                "project_id": project,
                "section_id": section,
                "eligible": chance.random() < 0.85,
                "decided_on": date(year, 1, 10) + timedelta(days=chance.randrange(100)),
                "reason": "符合申报条件",
            }
            for at, (scheme, stage, year, project, section) in enumerate(rows)
        ),
    )


WAYS = {
    Stage.LISTING: "declare accept list start",
    Stage.CREATION: "declare accept pass_screening",
    Stage.REVIEW: "",
}
REVIEW = "apply_review review_documents review_site judge publish name"
DATES = {
    "declare": "declared_on",
    "list": "listing_decided_on",
    "not_list": "listing_decided_on",
    "apply_review": "review_applied_on",
    "publish": "publicity_from",
    "name": "decided_on",
    "reject": "decided_on",
    "withdraw": "withdrawn_on",
}


def journey(
    chance: Any, stage: str, year: int, graded: bool
) -> tuple[dict[str, Any], list[tuple[str, date]]]:
    """How far a candidacy came: its columns, and the transitions with their days."""
    way = [*WAYS[Stage(stage)].split(), *REVIEW.split()]
    if chance.random() >= FINISHED[year]:
        way = way[: chance.randrange(len(way))]
    elif chance.random() < 0.12:
        way = [*way[: 2 if way[0] == "declare" else 3], "not_list" if stage == Stage.LISTING else "reject"]
    elif chance.random() < 0.15:
        way[-1] = "reject"
    if chance.random() < 0.04 and way[-1:] not in (["name"], ["reject"], ["not_list"]):
        way.append("withdraw")
    facts: dict[str, Any] = dict.fromkeys(
        [*dict.fromkeys(DATES.values()), "publicity_until", "listed", "named", "review_year", "due_on"]
    )
    facts |= {"status": "planned", "grade": "", "status_since": None}
    day, steps = date(year, 1, 15) + timedelta(days=chance.randrange(45)), []
    for name in way:
        day += timedelta(days=chance.randrange(3, 18))
        steps.append((name, day))
        if name in DATES:
            facts[DATES[name]] = day
        facts["status"] = candidacy_flow.by_name[name].target
    facts["listed"] = True if "list" in way else False if "not_list" in way else None
    facts["named"] = True if "name" in way else False if "reject" in way else None
    if "name" in way and graded:
        facts["grade"] = chance.choice(("passed", "excellent"))
    if "apply_review" in way:
        facts["review_year"] = year
    if "publish" in way:
        facts["publicity_until"] = facts["publicity_from"] + timedelta(days=7)
    if steps:
        facts["status_since"] = f"{day.isoformat()} 10:00+08"
    if facts["status"] in candidacy_flow.open_states and steps:
        facts["due_on"] = day + timedelta(days=14)
    return facts, steps


@fill("创建申报与历史")
def candidacies(world: World) -> None:
    chance, first = world.random, world.next_id(Candidacy)
    journeys: list[tuple[int, str, list[tuple[str, date]]]] = []

    def rows() -> Iterator[dict]:
        for at, place in enumerate(standings(world, world.scaled(CANDIDACIES), YEARS)):
            scheme, stage, year, project, section = place
            facts, steps = journey(chance, stage, year, scheme.graded)
            title = f"{year}年{scheme.name}"
            journeys.append((first + at, title, steps if year == YEARS[-1] else []))
            yield {
                "id": first + at,
                "scheme_id": scheme.pk,
                "stage": stage,
                "year": year,
                "project_id": project,
                "section_id": section,
                **facts,
            }

    world.copy(Candidacy, rows())
    world.copy(Event, events(world, journeys))


def events(world: World, journeys: list) -> Iterator[dict]:
    """The creation of each project, section and candidacy, and every transition of the last year's."""
    bureau = world.people["bureau"]
    number = world.next_id(Event)

    def event(model: str, pk: int, seq: int, title: str, what: tuple, day: str, changes: dict, before: str):
        nonlocal number
        verb, name, label = what
        value = hashlib.sha256(f"{model}{pk}{seq}{day}{before}".encode()).hexdigest()
        row = {
            "id": number,
            "model": model,
            "object_id": pk,
            "seq": seq,
            "title": title,
            "verb": verb,
            "name": name,
            "label": label,
            "actor_id": bureau.pk,
            "actor_name": bureau.name,
            "organization_name": "宿迁市交通运输局建管处",
            "at": f"{day} 10:00+08",
            "changes": changes,
            "source": "page",
            "previous": before,
            "hash": value,
        }
        number += 1
        return row, value

    made = ("create", "", "新建")
    for pk, name, level, district in world.projects:
        facts = {"name": [None, name], "level": [None, level], "district": [None, district]}
        yield event("projects.project", pk, 1, name, made, "2024-01-02", facts, "")[0]
    for pk, project in world.sections:
        yield event("projects.section", pk, 1, "标段", made, "2024-01-02", {"project": [None, project]}, "")[
            0
        ]
    for pk, title, steps in journeys:
        facts = {"status": [None, "planned"], "achievement": [None, ""], "remark": [None, ""]}
        row, last = event("projects.candidacy", pk, 1, title, made, "2024-01-05", facts, "")
        yield row
        status = "planned"
        for seq, (name, day) in enumerate(steps, 2):
            transition = candidacy_flow.by_name[name]
            changes = {"status": [status, transition.target]}
            if name in DATES:
                changes[DATES[name]] = [None, day.isoformat()]
            what = ("transition", name, transition.label)
            row, last = event("projects.candidacy", pk, seq, title, what, day.isoformat(), changes, last)
            yield row
            status = transition.target
