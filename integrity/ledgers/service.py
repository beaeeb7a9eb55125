"""The ledgers of 三服务: visits and the problems raised on them."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register

from ..flows.service import VISITORS
from ..models import ServiceProblem, ServiceVisit

FAMILY = "三服务"
DEMO = Column("is_demo", listed=False, sheet=False)


@register
class ServiceVisitLedger(Ledger):
    model, slug, label, menu, order = ServiceVisit, "service-visits", "走访", "信用廉洁", 430
    family, icon = FAMILY, "signpost-2"
    intro = "走访、问题、解决三本账；满意度由被走访单位评价。"
    create_roles = edit_roles = attach_roles = VISITORS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("office"),
        Column("unit"),
        Column("project"),
        Column("point", listed=False),
        Column("visited_on"),
        Column("visitors", listed=False),
        Column("topic"),
        Column("summary", listed=False, wide=True),
        Column("status", "状态"),
        Column("satisfaction", source="satisfaction"),
        Column("rated_on", listed=False),
        DEMO,
    )
    groups = (("走访", ("office", "unit", "project", "point", "visited_on", "visitors", "topic", "summary")),)
    filters = ("status", "satisfaction", "office", "unit", "project", "point", "visited_on")
    search = ("number", "topic", "unit__search_key")
    panels = (Panel("service-problems", "visit", columns=("number", "description", "solver", "status")),)
    list_templates = ("integrity/service_links.html",)


@register
class ServiceProblemLedger(Ledger):
    model, slug, label, menu, order = ServiceProblem, "service-problems", "走访问题", "信用廉洁", 432
    family, icon = FAMILY, "question-circle"
    create_roles = edit_roles = attach_roles = VISITORS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("visit"),
        Column("unit", "被走访单位", source="visit.unit.name", sheet=False),
        Column("description", wide=True),
        Column("status", "状态"),
        Column("solver"),
        Column("solve_by"),
        Column("late", "是否逾期", source="late", sheet=False),
        Column("result", source="result", listed=False, wide=True),
        Column("solved_on", listed=False),
        Column("confirmed_on"),
        DEMO,
    )
    groups = (("问题", ("visit", "description")),)
    fixed = ("visit",)
    filters = ("status", "visit", "visit__unit", "solver", "solve_by", "confirmed_on")
    search = ("number", "description", "visit__unit__search_key")
    related = ("visit__unit",)
