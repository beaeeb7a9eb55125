"""Who is missing from the register of responsibility: required posts without a holder, holders whose time is over.

A list is drawn with a constant number of queries, however many sections it is about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from projects.models import Participation, Project, Section

from ..models import ResponsiblePerson, ResponsibleUnit
from ..models.responsibility import Capacity, posts


@dataclass
class Gap:
    """One thing that is not in order: which capacity, which post, and why in words."""

    capacity: str
    post: str
    why: str


@dataclass
class Line:
    """A section with what is missing on it; what the owner lacks stands on each of its sections."""

    section: Section
    gaps: list[Gap] = field(default_factory=list)

    @property
    def in_words(self) -> list[tuple[str, str]]:
        """(capacity, what is missing there) in as few words as it takes: 项目经理、质量负责人未登记."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for gap in self.gaps:
            found[gap.capacity, gap.why].append(gap.post)
        joined: dict[str, list[str]] = defaultdict(list)
        for (capacity, why), names in found.items():
            joined[capacity].append("、".join(names) + ("" if why == "未登记" else "：") + why)
        return [(capacity, "；".join(texts)) for capacity, texts in joined.items()]


def required(rows: Iterable[dict], takes_part: set[str]) -> list[tuple[str, str]]:
    """(capacity, post) that have to be held by a list of posts, given the capacities in which units take part."""
    return [
        (row["capacity"], row["post"])
        for row in rows
        if row["required"] == "always" or (row["required"] == "takes_part" and row["capacity"] in takes_part)
    ]


def gaps_of(sections: Iterable[Section], day: date) -> list[Line]:
    """What is missing on each of the sections on a day."""
    sections = list(sections)
    projects = {section.project_id for section in sections}
    parts: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in (
        Participation.on(day)
        .filter(section__in=sections)
        .values_list("section_id", "role", "organization_id")
    ):
        parts[row[0]][row[1]].add(row[2])
    place = Q(section__in=sections) | Q(section__isnull=True, project__in=projects)
    persons = ResponsiblePerson.objects.filter(place, confirmed_on__isnull=False).select_related(
        "organization"
    )
    units = ResponsibleUnit.objects.filter(place, ResponsibleUnit.in_force(day))
    held: dict[tuple, list[ResponsiblePerson]] = defaultdict(list)
    for person in persons.order_by("since", "pk"):
        held[person.project_id, person.section_id, person.capacity, person.post].append(person)
    listed = {(unit.project_id, unit.section_id, unit.capacity) for unit in units}
    rows = posts(day)
    return [
        Line(section, list(_gaps(section, rows, parts[section.pk], held, listed, day)))
        for section in sections
    ]


def _gaps(section: Section, rows, parts, held, listed, day: date):
    asked = required(rows, set(parts))
    for capacity in dict.fromkeys(capacity for capacity, _ in asked):
        at = None if capacity == Capacity.OWNER else section.pk
        if (section.project_id, at, capacity) not in listed:
            yield Gap(Capacity(capacity).label, "责任单位", "未登记")
    for capacity, post in asked:
        at = None if capacity == Capacity.OWNER else section.pk
        known = held.get((section.project_id, at, capacity, post), [])
        now = [row for row in known if row.since <= day and (row.until is None or row.until >= day)]
        label = Capacity(capacity).label
        if not known:
            yield Gap(label, post, "未登记")
        elif not now:
            last = max((row.until for row in known if row.until), default=None)
            yield Gap(label, post, f"{known[-1].name}已于{last}离任，无人接替" if last else "尚未到任")
        elif parts.get(capacity) and now[-1].organization_id not in parts[capacity]:
            yield Gap(label, post, f"{now[-1].name}所在单位（{now[-1].organization}）已不在参建单位之列")


def registered(day: date) -> Q:
    """Condition on sections: every required post is held on `day` by somebody confirmed by then.

    What `gaps_of` lists section by section, in SQL; the change of a unit aside, which is a warning.
    """
    condition = Q()
    rows = ResponsiblePerson._base_manager.filter(ResponsiblePerson.in_force(day))
    for row in posts(day):
        if row["required"] == "no":
            continue
        holders = rows.filter(capacity=row["capacity"], post=row["post"])
        if row["capacity"] == Capacity.OWNER:
            held = Q(project__in=holders.filter(section__isnull=True).values("project"))
        else:
            held = Q(pk__in=holders.filter(section__isnull=False).values("section"))
        if row["required"] == "takes_part":
            there = Participation.on(day).filter(role=row["capacity"])
            held |= ~Q(pk__in=there.values("section"))
        condition &= held
    return condition


def register_of(project: Project, user) -> tuple[list[ResponsibleUnit], list[ResponsiblePerson]]:
    """What the register of a project holds and `user` may see, in force and ended, in the order it is printed."""
    order = ("section__code", "capacity", "since", "pk")
    units = ResponsibleUnit.objects.visible_to(user).filter(project=project, confirmed_on__isnull=False)
    persons = ResponsiblePerson.objects.visible_to(user).filter(project=project, confirmed_on__isnull=False)
    joins = ("section__project", "organization", "project")
    return (
        list(units.select_related(*joins).order_by(*order)),
        list(persons.select_related(*joins).order_by("section__code", "capacity", "post", "since", "pk")),
    )
