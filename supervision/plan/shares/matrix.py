"""The page of a plan's year: tasks by units with their lights, and a person's own tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from supervision.people.models import Organization, OrganizationKind, Role, User
from supervision.people.scope import under

from ..flows.roles import UNITS
from ..models import Plan, ShareReport, Task, TaskShare, TaskUrging
from .lights import COLOURS, SIGNS, WORDS
from .looking import Standing, standing

AUTHORITIES = frozenset(
    {
        OrganizationKind.BUREAU,
        OrganizationKind.OFFICE,
        OrganizationKind.ENFORCEMENT,
        OrganizationKind.CENTRE,
        OrganizationKind.COUNTY,
        OrganizationKind.ZONE,
        OrganizationKind.GROUP,
    }
)
OWNERS = frozenset({OrganizationKind.OWNER})
# The units of a plan by what they are, as the page's tabs: offices are not read beside sixty builders.
TABS: dict[str, tuple[str, frozenset[str]]] = {
    "authorities": ("主管部门和市直单位", AUTHORITIES),
    "owners": ("建设单位", OWNERS),
    "builders": ("参建单位和企业", frozenset(OrganizationKind) - AUTHORITIES - OWNERS),
}
KIND_ORDER = {kind: place for place, kind in enumerate(OrganizationKind.values)}


@dataclass
class Matrix:
    units: list[Organization] = field(default_factory=list)
    rows: list[dict] = field(default_factory=list)
    counts: list[dict] = field(default_factory=list)
    tabs: list[dict] = field(default_factory=list)
    red: list[Standing] = field(default_factory=list)


def current_plan(user: User) -> Plan | None:
    """The plan whose tasks are looked at when none is named: the newest in force that has any."""
    plans = Plan.objects.visible_to(user).filter(is_active=True, tasks__isnull=False)
    return plans.distinct().order_by("-year_from", "-pk").first()


def shares_of(user: User, plan: Plan, year: int) -> QuerySet:
    rows = TaskShare.objects.visible_to(user).filter(task__plan=plan, year=year)
    return rows.select_related("task", "unit", "lead")


def matrix(user: User, plan: Plan, year: int, tab: str, day: date) -> Matrix:
    """What the person sees of the plan's year; a constant number of statements."""
    rows = shares_of(user, plan, year)
    kinds = dict.fromkeys(TABS, 0)
    for kind in rows.order_by().values_list("unit__kind", flat=True):
        kinds[next(code for code, (_, known) in TABS.items() if kind in known)] += 1
    if not kinds.get(tab):
        tab = next((code for code, number in kinds.items() if number), "authorities")
    shares = rows.filter(unit__kind__in=TABS[tab][1]).order_by("task__order", "task", "unit__name")
    found = standing(shares, day)
    units = {one.share.unit_id: one.share.unit for one in found}
    ordered = sorted(units.values(), key=lambda unit: (KIND_ORDER[unit.kind], unit.name))
    cells = {(one.share.task_id, one.share.unit_id): one for one in found}
    tasks: dict[int, Task] = {one.share.task_id: one.share.task for one in found}
    counts = dict.fromkeys(COLOURS, 0)
    for one in found:
        counts[one.light.color] += 1
    return Matrix(
        units=ordered,
        rows=[
            {"task": task, "cells": [cells.get((task.pk, unit.pk)) for unit in ordered]}
            for task in tasks.values()
        ],
        counts=[
            {"color": color, "label": WORDS[color], "sign": SIGNS[color], "count": counts[color]}
            for color in COLOURS
        ],
        tabs=[
            {"code": code, "label": label, "count": kinds[code], "active": code == tab}
            for code, (label, _) in TABS.items()
            if kinds[code]
        ],
        red=[one for one in found if one.light.color == "red"][:20],
    )


def of_own_units(user: User, name: str) -> Q:
    """Rows whose unit at `name` is the person's own, through a role that carries tasks."""
    paths = {m.organization.path for m in user.active_memberships if m.role in UNITS}
    own = under(sorted(paths), f"{name}__path")
    if Role.BUREAU_STAFF in UNITS & user.roles:
        own |= Q(**{f"{name}__kind": OrganizationKind.BUREAU})
    return own


def mine(user: User, year: int, day: date) -> dict:
    """A person's own list: their units' shares of a year with lights, reports that are to be made, slips open."""
    rows = TaskShare.objects.visible_to(user).filter(of_own_units(user, "unit"), year=year)
    rows = rows.select_related("task__plan", "unit", "lead").order_by(
        "task__plan", "task__order", "unit__name"
    )
    worst = {color: place for place, color in enumerate(COLOURS)}
    found = sorted(standing(rows, day), key=lambda one: worst[one.light.color])
    reports = ShareReport.objects.visible_to(user).filter(of_own_units(user, "share__unit"), status="draft")
    slips = TaskUrging.objects.visible_to(user).filter(of_own_units(user, "share__unit"), status="issued")
    return {
        "stands": found,
        "units": len({one.share.unit_id for one in found}),
        "reports": list(reports.select_related("share__task", "share__unit").order_by("report_by")[:50]),
        "slips": list(slips.select_related("share__task", "share__unit").order_by("answer_by")[:50]),
    }
