"""The rosters of a draw: sections at work with their weights, and inspectors with those they keep away from.

They are made from the registry at the moment they are published, and never read again from there.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Q
from django.utils import timezone

from projects.assessments.generating import at_work
from projects.models import Participation, Section
from projects.models.section import SectionKind
from supervision.people.models import Membership
from supervision.rules.models import RuleSet

from ..models import Hazard, HiddenDanger
from ..models.danger import DISMISSED, Grade
from ..models.draw import Inspector, RandomDraw, Recusal
from ..models.hazard import CONTROLLED, REASSESSING, RiskLevel
from ..rules import rule

ITEMS, WEIGHTS = "random-inspection-items", "random-draw-weights"


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


def object_key(section_id: int) -> str:
    return f"section:{section_id:09d}"


def inspector_key(inspector_id: int) -> str:
    return f"inspector:{inspector_id:09d}"


def build(draw: RandomDraw) -> dict[str, Any]:
    """The rosters as they are published, without the nonce's hash. Keys have leading zeros, so that their order
    as text is their order."""
    items, weights = rule(ITEMS), rule(WEIGHTS)
    sections = list(sections_for(draw))
    units = units_of([section.pk for section in sections])
    weighed = weigh(draw, sections, units, weights) if draw.weighted else {}
    recused = recusals(list(inspectors_for(draw)), sections, units)
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
                "key": object_key(section.pk),
                "name": str(section),
                "units": sorted(name for _, name in units[section.pk]),
                "weight": weighed.get(section.pk, (1, []))[0],
                "reasons": weighed.get(section.pk, (1, []))[1],
            }
            for section in sections
        ],
        "inspectors": [
            {
                "key": inspector_key(inspector.pk),
                "name": inspector.name,
                "unit": str(inspector.organization),
                "recused": sorted(recused[inspector.pk]),
            }
            for inspector in inspectors_for(draw)
        ],
    }


def units_of(sections: list[int]) -> dict[int, set[tuple[int, str]]]:
    """The units that take or took part in each section and its owner: section → {(id, name)}."""
    found: dict[int, set[tuple[int, str]]] = defaultdict(set)
    rows = Participation.objects.filter(section__in=sections).values_list(
        "section_id", "organization_id", "organization__name"
    )
    for section, office, name in rows:
        found[section].add((office, name))
    owners = Section.objects.filter(pk__in=sections, project__owner__isnull=False).values_list(
        "pk", "project__owner_id", "project__owner__name"
    )
    for section, office, name in owners:
        found[section].add((office, name))
    return found


def recusals(
    inspectors: list[Inspector], sections: list[Section], units: dict[int, set[tuple[int, str]]]
) -> dict[int, set[str]]:
    """Whom each inspector keeps away from: what was registered and holds today, and every section in which a
    unit takes part that the person works or once worked for."""
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
        for section in sections:
            theirs = {office for office, _ in units[section.pk]}
            if section.project_id in projects[inspector.pk] or theirs & offices[inspector.pk]:
                found[inspector.pk].add(object_key(section.pk))
    return found


def weigh(
    draw: RandomDraw, sections: list[Section], units: dict[int, set[tuple[int, str]]], weights: RuleSet
) -> dict[int, tuple[int, list[str]]]:
    """Section → (weight, why), by risk (its gravest hazard, open and overdue dangers) and by the credit given."""
    content, today = weights.content, timezone.localdate()
    ids = [section.pk for section in sections]
    levels: dict[int, set[str]] = defaultdict(set)
    for section, level in Hazard.objects.filter(
        section__in=ids, status__in=(CONTROLLED, REASSESSING)
    ).values_list("section_id", "level"):
        levels[section].add(level)
    open_ones = HiddenDanger.objects.filter(
        section__in=ids, status__in=HiddenDanger.flow.open_states, grade__gt=""
    ).exclude(status=DISMISSED)
    major = set(open_ones.filter(grade=Grade.MAJOR).values_list("section_id", flat=True))
    late = set(open_ones.filter(deadline__lt=today).values_list("section_id", flat=True))
    found = {}
    for section in sections:
        parts = [("基数", content["base"])]
        gravest = next((code for code in RiskLevel.values if code in levels[section.pk]), "")
        if more := content["risk"].get(gravest):
            parts.append((f"{RiskLevel(gravest).label}风险", more))
        if section.pk in major:
            parts.append(("有未销号的重大隐患", content["open_major_danger"]))
        if section.pk in late:
            parts.append(("有超期未整改的隐患", content["overdue_danger"]))
        for _, name in sorted(units[section.pk], key=lambda unit: unit[1]):
            if more := int(draw.credit.get(name, 0)):
                parts.append((f"信用（{name}）", more))
        total = min(content["most"], sum(number for _, number in parts))
        found[section.pk] = (total, [f"{label}{number}" for label, number in parts])
    return found
