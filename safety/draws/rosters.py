"""The rosters of a draw: sections at work, or enterprises and routes, with their weights, and inspectors with those
they keep away from.

They are made from the registry at the moment they are published, and never read again from there.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from projects.assessments.generating import at_work
from projects.models import ObjectKind, Participation, Project, Section
from projects.models.section import SectionKind
from supervision.people.models import OBJECT_SECTORS, Membership
from supervision.rules.models import RuleSet

from ..models import Hazard, HiddenDanger
from ..models.danger import DISMISSED, Grade
from ..models.draw import Inspector, RandomDraw, Recusal
from ..models.hazard import CONTROLLED, REASSESSING, RiskLevel
from ..rules import rule

ITEMS, WEIGHTS = "random-inspection-items", "random-draw-weights"


@dataclass(frozen=True)
class Drawable:
    """What may be drawn: a section of works, or an enterprise or route without any."""

    project: Project
    section: Section | None = None

    @property
    def key(self) -> str:
        """With leading zeros, so that the order as text is that of the keys."""
        return object_key(self.section.pk) if self.section else f"object:{self.project.pk:09d}"

    @property
    def name(self) -> str:
        return str(self.section or self.project)


def object_key(section_id: int) -> str:
    return f"section:{section_id:09d}"


def drawables_for(draw: RandomDraw) -> list[Drawable]:
    """In a sector without works (道路运输、港口 …) its enterprises and routes, else the sections at work today."""
    if draw.mode in OBJECT_SECTORS:
        return [Drawable(project) for project in objects_for(draw)]
    return [Drawable(section.project, section) for section in sections_for(draw)]


def drawable_of(key: str, projects: dict[int, Project], sections: dict[int, Section]) -> Drawable:
    """What a key of published rosters names."""
    kind, _, number = key.partition(":")
    if kind == "object":
        return Drawable(projects[int(number)])
    return Drawable(sections[int(number)].project, sections[int(number)])


def objects_for(draw: RandomDraw):
    """The enterprises and routes of the draw's sector and district."""
    rows = Project.objects.filter(mode=draw.mode, merged_into__isnull=True).exclude(
        object_kind=ObjectKind.WORKS
    )
    if draw.district_id:
        rows = rows.filter(district=draw.district_id)
    return rows.select_related("owner").order_by("pk")


def sections_for(draw: RandomDraw):
    """The construction sections at work today in the draw's district and sector."""
    today = timezone.localdate()
    rows = Section.objects.filter(
        at_work(today, today, "project__"),
        Q(start_on__isnull=True) | Q(start_on__lte=today),
        Q(end_on__isnull=True) | Q(end_on__gte=today),
        kind=SectionKind.CONSTRUCTION,
    )
    if draw.district_id:
        rows = rows.filter(project__district=draw.district_id)
    if draw.mode:
        rows = rows.filter(project__mode=draw.mode)
    return rows.select_related("project__owner").order_by("pk")


def inspectors_for(draw: RandomDraw):
    """The roster of the draw's area; a draw of a district takes also those of the whole city."""
    rows = Inspector.objects.filter(is_active=True).select_related("organization")
    if draw.district_id:
        rows = rows.filter(Q(district=draw.district_id) | Q(district__isnull=True))
    if draw.mode:
        rows = rows.filter(mode__in=("", draw.mode))
    return rows.order_by("pk")


def inspector_key(inspector_id: int) -> str:
    return f"inspector:{inspector_id:09d}"


def build(draw: RandomDraw) -> dict[str, Any]:
    """The rosters as they are published, without the nonce's hash. Keys have leading zeros, so that their order
    as text is their order."""
    items, weights = rule(ITEMS), rule(WEIGHTS)
    objects, inspectors = drawables_for(draw), list(inspectors_for(draw))
    units = units_of(objects)
    weighed = weigh(draw, objects, units, weights) if draw.weighted else {}
    recused = recusals(inspectors, objects, units)
    return {
        "title": draw.title,
        "year": draw.year,
        "area": "、".join(word for word in (str(draw.district or "全市"), draw.get_mode_display()) if word),
        "items": {"version": items.version, "source": items.source_label, "items": items.content["items"]},
        "weights": {
            "weighted": draw.weighted,
            "version": weights.version,
            "source": weights.source_label,
            "rule": {name: value for name, value in weights.content.items() if name != "note"},
            "credit": {str(name): int(value) for name, value in draw.credit.items()} if draw.weighted else {},
        },
        "number": draw.number,
        "per_object": draw.per_object,
        "seed_source": draw.seed_source,
        "objects": [
            {
                "key": one.key,
                "name": one.name,
                "units": sorted(name for _, name in units[one.key]),
                "weight": weighed.get(one.key, (1, []))[0],
                "reasons": weighed.get(one.key, (1, []))[1],
            }
            for one in objects
        ],
        "inspectors": [
            {
                "key": inspector_key(inspector.pk),
                "name": inspector.name,
                "unit": str(inspector.organization),
                "recused": sorted(recused[inspector.pk]),
            }
            for inspector in inspectors
        ],
    }


Units = dict[str, set[tuple[int, str]]]


def units_of(objects: list[Drawable]) -> Units:
    """The units that take or took part in each section, and owners (企业、管养单位): key → {(id, name)}."""
    found: Units = defaultdict(set)
    keys = {one.section.pk: one.key for one in objects if one.section}
    rows = Participation.objects.filter(section__in=keys).values_list(
        "section_id", "organization_id", "organization__name"
    )
    for section, office, name in rows:
        found[keys[section]].add((office, name))
    for one in objects:
        if one.project.owner_id:
            found[one.key].add((one.project.owner_id, one.project.owner.name))
    return found


def recusals(inspectors: list[Inspector], objects: list[Drawable], units: Units) -> dict[int, set[str]]:
    """Whom each inspector keeps away from: what was registered and holds today, and everything in which a unit
    takes part that the person works or once worked for."""
    today = timezone.localdate()
    offices: dict[int, set[int]] = defaultdict(set)
    projects: dict[int, set[int]] = defaultdict(set)
    registered = Recusal.objects.filter(
        Q(until__isnull=True) | Q(until__gte=today), inspector__in=inspectors, since__lte=today
    )
    for row in registered:
        if row.organization_id:
            offices[row.inspector_id].add(row.organization_id)
        else:
            projects[row.inspector_id].add(row.project_id)
    accounts = {one.user_id: one.pk for one in inspectors if one.user_id}
    for user, office in Membership.objects.filter(user__in=accounts).values_list(
        "user_id", "organization_id"
    ):
        offices[accounts[user]].add(office)
    found: dict[int, set[str]] = defaultdict(set)
    for inspector in inspectors:
        for one in objects:
            theirs = {office for office, _ in units[one.key]}
            if one.project.pk in projects[inspector.pk] or theirs & offices[inspector.pk]:
                found[inspector.pk].add(one.key)
    return found


def weigh(
    draw: RandomDraw, objects: list[Drawable], units: Units, weights: RuleSet
) -> dict[str, tuple[int, list[str]]]:
    """Key → (weight, why), by risk (its gravest hazard, open and overdue dangers) and by the credit given."""
    content, today = weights.content, timezone.localdate()
    at_sections = {one.section.pk: one.key for one in objects if one.section}
    at_objects = {one.project.pk: one.key for one in objects if not one.section}
    within = Q(section__in=at_sections) | Q(section__isnull=True, project__in=at_objects)

    def keys(rows) -> list[str]:
        pairs = rows.values_list("section_id", "project_id")
        return [at_sections[section] if section else at_objects[project] for section, project in pairs]

    levels: dict[str, set[str]] = defaultdict(set)
    controlled = Hazard.objects.filter(within, status__in=(CONTROLLED, REASSESSING))
    for level in RiskLevel.values:
        for key in keys(controlled.filter(level=level)):
            levels[key].add(level)
    open_ones = HiddenDanger.objects.filter(
        within, status__in=HiddenDanger.flow.open_states, grade__gt=""
    ).exclude(status=DISMISSED)
    major = set(keys(open_ones.filter(grade=Grade.MAJOR)))
    late = set(keys(open_ones.filter(deadline__lt=today)))
    found = {}
    for one in objects:
        parts = [("基数", content["base"])]
        gravest = next((code for code in RiskLevel.values if code in levels[one.key]), "")
        if more := content["risk"].get(gravest):
            parts.append((f"{RiskLevel(gravest).label}风险", more))
        if one.key in major:
            parts.append(("有未销号的重大隐患", content["open_major_danger"]))
        if one.key in late:
            parts.append(("有超期未整改的隐患", content["overdue_danger"]))
        for _, name in sorted(units[one.key], key=lambda unit: unit[1]):
            if more := int(draw.credit.get(name, 0)):
                parts.append((f"信用（{name}）", more))
        total = min(content["most"], sum(number for _, number in parts))
        found[one.key] = (total, [f"{label}{number}" for label, number in parts])
    return found
