"""The ledgers of micro-innovation: results, experts' sheets, what was published, key tasks, summaries."""

from __future__ import annotations

from supervision.ledgers.columns import Column, SettingsKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.ledgers.words import WordKind
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, READER_ROLES, Role

from ..flows.roles import OWNER
from ..models import Innovation, InnovationScore, KeyTask, PublishedInnovation, WorkSummary
from ..models.innovation import kinds

FAMILY = "微创新"
DEMO = Column("is_demo", listed=False, sheet=False)
BUREAU = frozenset({Role.BUREAU_STAFF})
# Sheets of experts are the bureau's own business: whoever applied does not read who gave how much.
JUDGES = READER_ROLES - PARTY_ROLES


@register
class InnovationLedger(Ledger):
    model, slug, label, menu, order = Innovation, "innovations", "微创新申报", "质量管理", 250
    family, icon = FAMILY, "lightbulb"
    intro = "建设单位随时申报，市局组织专家评审并发布；评分项、专家人数和发布线为本系统设定。"
    create_roles = edit_roles = attach_roles = OWNER
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("title"),
        Column("kind", kind=WordKind(kinds)),
        Column("project"),
        Column("section", listed=False),
        Column("unit"),
        Column("status", "状态"),
        Column("problem", listed=False, wide=True),
        Column("solution", listed=False, wide=True),
        Column("effect", listed=False, wide=True),
        Column("submitted_on"),
        Column("score"),
        Column("decided_on", listed=False),
        Column("published_on"),
        Column("prize", source="prize", listed=False),
        Column("prize_level", source="prize_level", listed=False),
        Column("prize_on", source="prize_on", listed=False),
        Column("rules_text", "评审规则", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (
        ("成果", ("project", "section", "unit", "title", "kind")),
        ("内容", ("problem", "solution", "effect")),
    )
    fixed = ("project",)
    filters = (
        "status",
        "kind",
        "project",
        "project__district",
        "unit",
        "submitted_on",
        "published_on",
        "prize_level",
    )
    search = ("number", "title", "project__search_key", "unit__search_key")
    related = ("rules",)
    panels = (
        Panel("innovation-scores", "innovation", columns=("expert", "organization", "recused", "total")),
    )


@register
class InnovationScoreLedger(Ledger):
    model, slug, label, menu, order = InnovationScore, "innovation-scores", "专家评分与回避", "质量管理", 251
    family, icon = FAMILY, "clipboard-data"
    intro = "参与该项目的单位的专家应当回避；登记后不再修改，回避的不计入平均分。"
    view_roles = JUDGES
    create_roles = attach_roles = BUREAU
    importable = False
    columns = (
        Column("innovation", frozen=True),
        Column("expert"),
        Column("organization"),
        Column("recused"),
        Column("reason", listed=False),
        Column("points", kind=SettingsKind()),
        Column("total"),
        Column("opinion", listed=False, wide=True),
        DEMO,
    )
    groups = (
        ("专家", ("innovation", "expert", "organization", "recused", "reason")),
        ("评分", ("points", "opinion")),
    )
    filters = ("innovation", "recused", "organization")
    search = ("expert", "innovation__title")


@register
class PublishedInnovationLedger(Ledger):
    model, slug, label, menu, order = (
        PublishedInnovation,
        "published-innovations",
        "微创新成果库",
        "质量管理",
        252,
    )
    family, icon = FAMILY, "stars"
    intro = "已评审发布的成果，供各项目学习推广。"
    importable = False
    columns = (
        Column("number", frozen=True),
        Column("title"),
        Column("kind"),
        Column("project_name"),
        Column("unit_name"),
        Column("problem", listed=False, wide=True),
        Column("solution", listed=False, wide=True),
        Column("effect", listed=False, wide=True),
        Column("published_on"),
        DEMO,
    )
    filters = ("kind", "published_on")
    search = ("number", "title", "project_name", "unit_name", "solution")
    ordering = ("-published_on", "-pk")


@register
class KeyTaskLedger(Ledger):
    model, slug, label, menu, order = KeyTask, "quality-key-tasks", "年度要点任务", "质量管理", 253
    family, icon = FAMILY, "flag"
    create_roles = edit_roles = OWNER | AUTHORITY_ROLES
    attach_roles = OWNER
    importable = False
    columns = (
        Column("year", frozen=True),
        Column("project"),
        Column("section", listed=False),
        Column("title"),
        Column("target", wide=True),
        Column("unit"),
        Column("planned_on"),
        Column("status", "状态"),
        Column("done_on", source="done_on"),
        Column("result", source="result", listed=False, wide=True),
        DEMO,
    )
    groups = (("任务", ("year", "project", "section", "title", "target", "unit", "planned_on")),)
    fixed = ("project",)
    filters = ("status", "year", "project", "project__district", "unit", "planned_on")
    search = ("title", "project__search_key")


@register
class WorkSummaryLedger(Ledger):
    model, slug, label, menu, order = WorkSummary, "quality-summaries", "月季年总结", "质量管理", 254
    family, icon = FAMILY, "calendar3"
    intro = "统计数由系统按台账填写，报送时定格，不重复填报。"
    create_roles = edit_roles = attach_roles = OWNER
    importable = False
    columns = (
        Column("project", frozen=True),
        Column("kind"),
        Column("starts_on"),
        Column("period", "期间", source="period_label", sheet=False),
        Column("status", "状态"),
        Column("counts", kind=SettingsKind(), listed=False, wide=True),
        Column("counted_on", listed=False),
        Column("progress", listed=False, wide=True),
        Column("problems", listed=False, wide=True),
        Column("plans", listed=False, wide=True),
        Column("submitted_on"),
        DEMO,
    )
    groups = (
        ("期间", ("project", "kind", "starts_on")),
        ("总结", ("progress", "problems", "plans")),
    )
    fixed = ("project", "kind", "starts_on")
    filters = ("status", "kind", "project", "project__district", "starts_on")
    search = ("project__search_key", "progress")
    ordering = ("-starts_on", "-pk")
