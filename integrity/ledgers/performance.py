"""The ledgers of the owners' marks (履约考核)."""

from __future__ import annotations

from supervision.ledgers.columns import Column, LinesKind, SettingsKind, TagsKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, Role

from ..models import PerformanceCheck, PerformanceDraw, PerformanceMark

MENU, FAMILY = "信用廉洁", "履约考核"
OWNER = frozenset({Role.OWNER})
AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
READERS = AUTHORITY | {Role.BUREAU_LEADER, Role.DISCIPLINE, Role.AUDIT_ADMIN}
DEMO = Column("is_demo", listed=False, sheet=False)


@register
class PerformanceMarkLedger(Ledger):
    model, slug, label, menu, order = PerformanceMark, "performance-marks", "履约考核", MENU, 690
    family, icon = FAMILY, "ui-checks-grid"
    intro = "建设单位按期对参建单位评分，被考核单位确认或提出异议。评分项为本系统设定。"
    create_roles = edit_roles = attach_roles = OWNER
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("subject"),
        Column("unit"),
        Column("kind", listed=False),
        Column("starts_on", listed=False),
        Column("period_text"),
        Column("marks", kind=SettingsKind(), listed=False),
        Column("total"),
        Column("grounds", listed=False, wide=True),
        Column("status", "状态"),
        Column("submitted_on", listed=False),
        Column("rule_text", "评分规则", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (
        ("考核", ("section", "subject", "kind", "starts_on")),
        ("评分", ("marks", "grounds")),
    )
    fixed = ("section", "subject", "kind", "starts_on")
    filters = (
        "status",
        "subject",
        "kind",
        "section",
        "section__project",
        "section__project__district",
        "unit",
        "starts_on",
    )
    search = ("section__project__search_key", "section__code", "unit__search_key", "period_text")
    related = ("rules",)
    ordering = ("-starts_on", "-pk")


@register
class PerformanceDrawLedger(Ledger):
    model, slug, label, menu, order = PerformanceDraw, "performance-draws", "考核抽取", MENU, 691
    family, icon = FAMILY, "shuffle"
    intro = "从已报送、未抽查的履约考核中按随机种子抽取；同一种子、同一候选可重复得到同一结果。"
    view_roles = READERS
    create_roles = frozenset({Role.BUREAU_STAFF})
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("kind"),
        Column("starts_on"),
        Column("size"),
        Column("seed", listed=False),
        Column("drawn_on"),
        Column("population", listed=False, kind=TagsKind(), sheet=False),
        Column("drawn", listed=False, kind=TagsKind(), sheet=False),
        DEMO,
    )
    groups = (("抽取", ("kind", "starts_on", "size", "seed")),)
    filters = ("kind", "starts_on")
    panels = (
        Panel("performance-checks", "draw", columns=("mark", "checked_on", "difference", "status"), rows=30),
    )


@register
class PerformanceCheckLedger(Ledger):
    model, slug, label, menu, order = PerformanceCheck, "performance-checks", "考核抽查", MENU, 692
    family, icon = FAMILY, "search"
    intro = "检查人员按同一评分项现场评分，与建设单位评分逐项比较；偏差线为本系统设定。"
    edit_roles = attach_roles = AUTHORITY
    importable = False
    columns = (
        Column("mark", frozen=True),
        Column("checked_on"),
        Column("inspectors", listed=False),
        Column("given", "建设单位评分", source="mark.total"),
        Column("seen", kind=SettingsKind(), listed=False),
        Column("seen_total"),
        Column("difference"),
        Column("differs"),
        Column("deviations", kind=LinesKind(), wide=True, sheet=False),
        Column("found", kind=SettingsKind(), listed=False, sheet=False),
        Column("notes", listed=False, wide=True),
        Column("explanation", source="explanation", listed=False, wide=True),
        Column("status", "状态"),
        DEMO,
    )
    groups = (("现场核查", ("checked_on", "inspectors", "seen", "notes")),)
    filters = (
        "status",
        "differs",
        "draw",
        "mark__section",
        "mark__section__project",
        "mark__unit",
        "checked_on",
    )
    search = ("mark__section__project__search_key", "mark__section__code", "inspectors")
    related = ("mark__section__project", "mark__unit")
