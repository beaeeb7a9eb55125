"""The ledgers of design over the whole life: evaluations and their findings."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register

from ..flows.roles import AUTHORITY, DESIGNER, OWNER
from ..models import DesignFinding, DesignReview

FAMILY = "设计管理"
DEMO = Column("is_demo", listed=False, sheet=False)


@register
class DesignReviewLedger(Ledger):
    model, slug, label, menu, order = DesignReview, "design-reviews", "设计评价", "质量管理", 240
    family, icon = FAMILY, "rulers"
    intro = "工可、初设、施工图阶段的安全性评价，初设阶段的桥梁安全风险评估，耐久性设计专篇和设计效果跟踪。"
    create_roles = edit_roles = OWNER
    attach_roles = OWNER | DESIGNER
    columns = (
        Column("project", frozen=True),
        Column("stage"),
        Column("kind"),
        Column("title"),
        Column("organization"),
        Column("completed_on"),
        Column("indicators", listed=False, wide=True),
        Column("status", "状态"),
        Column("settled_on", listed=False),
        DEMO,
    )
    groups = (
        ("评价", ("project", "stage", "kind", "title", "organization", "completed_on")),
        ("结论", ("indicators",)),
    )
    key = ("project", "title")
    fixed = ("project",)
    filters = ("status", "stage", "kind", "project", "project__district", "completed_on")
    search = ("title", "project__search_key")
    list_templates = ("quality/design_links.html",)
    panels = (Panel("design-findings", "review", columns=("content", "unit", "status", "due_on", "answer")),)


@register
class DesignFindingLedger(Ledger):
    model, slug, label, menu, order = DesignFinding, "design-findings", "设计评价意见", "质量管理", 241
    family, icon = FAMILY, "list-check"
    create_roles = edit_roles = OWNER | AUTHORITY
    attach_roles = OWNER | DESIGNER
    importable = False
    columns = (
        Column("review", frozen=True),
        Column("content", wide=True),
        Column("unit"),
        Column("answer", source="answer", wide=True),
        Column("status", "状态"),
        Column("answered_on", listed=False),
        Column("due_on", "办理期限", listed=False),
        Column("closed_on", listed=False),
        DEMO,
    )
    groups = (("意见", ("review", "content", "unit")),)
    fixed = ("review",)
    filters = ("status", "review", "review__project", "unit")
    search = ("content", "review__title", "review__project__search_key")
