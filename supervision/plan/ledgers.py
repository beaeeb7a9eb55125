"""The plan's ledgers: plans, targets, tasks with their units, and the figures computed so far."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import PARTY_ROLES, READER_ROLES, Role

from .models import Plan, Snapshot, Target, Task, TaskUnit

BUREAU = frozenset({Role.BUREAU_STAFF})


@register
class PlanLedger(Ledger):
    model = Plan
    slug = "plans"
    label = "计划"
    menu = "计划与目标"
    order = 20
    icon = "journal-text"
    create_roles = BUREAU
    edit_roles = BUREAU
    attach_roles = BUREAU
    columns = (
        Column("title", frozen=True, wide=True),
        Column("number"),
        Column("issuer"),
        Column("issued_on"),
        Column("year_from"),
        Column("year_to"),
        Column("is_active"),
        Column("source", listed=False),
    )
    key = ("title",)
    filters = ("is_active", "year_from", "year_to")
    search = ("title", "number")
    panels = (Panel("targets", "plan", rows=50), Panel("tasks", "plan", rows=50))


@register
class TargetLedger(Ledger):
    model = Target
    slug = "targets"
    label = "目标"
    menu = "计划与目标"
    order = 21
    icon = "bullseye"
    create_roles = BUREAU
    edit_roles = BUREAU
    columns = (
        Column("plan", listed=False),
        Column("code"),
        Column("name", frozen=True, wide=True),
        Column("group"),
        Column("kind"),
        Column("threshold"),
        Column("stretch"),
        Column("at_most", listed=False),
        Column("period"),
        Column("by_year"),
        Column("indicator", listed=False),
        Column("parameters", listed=False),
        Column("basis", listed=False, wide=True),
        Column("unit_label", listed=False),
        Column("order", listed=False),
        Column("is_active"),
    )
    key = ("plan", "code")
    fixed = ("plan", "code")
    filters = ("plan", "group", "kind", "period", "is_active")
    search = ("name", "code", "basis")
    ordering = ("plan", "order", "pk")


@register
class TaskLedger(Ledger):
    model = Task
    slug = "tasks"
    label = "任务"
    menu = "计划与目标"
    order = 22
    icon = "list-task"
    create_roles = BUREAU
    edit_roles = BUREAU
    columns = (
        Column("plan", listed=False),
        Column("no"),
        Column("title", frozen=True),
        Column("group"),
        Column("gist", wide=True),
        Column("due", listed=False),
        Column("lead"),
        Column("every", listed=False),
        Column("facts", listed=False),
        Column("fact_labels", "带出的数据", source="fact_labels", listed=False, sheet=False, wide=True),
        Column("order", listed=False),
    )
    key = ("plan", "no")
    fixed = ("plan", "no")
    filters = ("plan", "group", "lead")
    search = ("title", "gist", "no")
    ordering = ("plan", "order", "pk")
    panels = (
        Panel("task-units", "task", "责任单位", rows=50),
        Panel("task-shares", "task", columns=("unit", "year", "status", "confirmed_on"), rows=20),
    )


@register
class TaskUnitLedger(Ledger):
    model = TaskUnit
    slug = "task-units"
    label = "任务责任单位"
    menu = "计划与目标"
    order = 23
    icon = "building-check"
    create_roles = BUREAU
    edit_roles = BUREAU
    columns = (Column("task", frozen=True), Column("name"), Column("role"), Column("organization"))
    key = ("task", "name")
    fixed = ("task", "name")
    filters = ("task", "organization", "task__group")
    search = ("name", "task__title", "organization__search_key")


@register
class SnapshotLedger(Ledger):
    model = Snapshot
    slug = "snapshots"
    label = "指标快照"
    menu = "计划与目标"
    order = 24
    icon = "graph-up"
    importable = False
    view_roles = READER_ROLES - PARTY_ROLES
    columns = (
        Column("target", frozen=True),
        Column("year"),
        Column("as_of"),
        Column("key_label"),
        Column("numerator"),
        Column("denominator"),
        Column("value"),
        Column("threshold"),
        Column("state"),
        Column("gap"),
        Column("dimension", listed=False),
        Column("undecided", listed=False),
        Column("frozen", source="run.frozen", label="已上报定格", listed=False),
    )
    related = ("run",)
    filters = ("target", "year", "as_of", "dimension", "state", "target__group")
    search = ("target__name", "target__code", "key_label")
    ordering = ("-as_of", "target__order", "pk")
