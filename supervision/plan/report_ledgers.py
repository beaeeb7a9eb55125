"""The ledgers of reports, their templates, and the figures that were typed."""

from __future__ import annotations

from typing import Any

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, Role, User

from .models import Report, ReportHand, ReportTemplate
from .reports import flow, services, showing  # noqa: F401 - the flow is declared there

STAFF = frozenset({Role.BUREAU_STAFF})
READERS = AUTHORITY_ROLES | {Role.BUREAU_LEADER, Role.INSPECTOR, Role.DISCIPLINE, Role.AUDIT_ADMIN}


@register
class ReportLedger(Ledger):
    model = Report
    slug = "work-reports"
    label = "工作报告"
    menu = "计划与目标"
    order = 40
    family = "报告"
    icon = "file-earmark-bar-graph"
    intro = "月度、季度、年度和专项报告：数字由台账取得，逐个可查到所计记录；签发后定格。"
    view_roles = READERS
    create_roles = STAFF
    edit_roles = STAFF
    importable = False
    columns = (
        Column("title", frozen=True, wide=True),
        Column("template"),
        Column("first"),
        Column("last"),
        Column("as_of"),
        Column("district"),
        Column("sector"),
        Column("status", "状态"),
        Column("made_at", listed=False),
        Column("issued_on"),
        Column("previous", listed=False),
    )
    related = ("template",)
    groups = (
        ("报告", ("template", "title")),
        ("期间与范围", ("first", "last", "as_of", "district", "sector")),
    )
    filters = ("template__kind", "status", "district", "sector", "last")
    search = ("title",)
    ordering = ("-last", "-pk")
    list_templates = ("reports/report_list.html",)
    lead_templates = ("reports/report.html",)

    def there(self, record: Report) -> Report | None:
        return services.same_draft(record)

    def more_context(self, record: Report, user: User) -> dict[str, Any]:
        return showing.context_of(record, user)


@register
class ReportTemplateLedger(Ledger):
    model = ReportTemplate
    slug = "report-templates"
    label = "报告模板"
    menu = "计划与目标"
    order = 41
    family = "报告"
    icon = "file-earmark-ruled"
    intro = "报告的 Word 模板，数字写作占位符。下载后在 Word 中修改，再上传为新的一版；旧版保留。"
    view_roles = READERS
    edit_roles = STAFF
    attach_roles = STAFF
    importable = False
    columns = (
        Column("title", frozen=True),
        Column("kind"),
        Column("number"),
        Column("shipped"),
        Column("note", wide=True),
        Column("is_active"),
    )
    filters = ("kind", "is_active", "shipped")
    search = ("title", "note")
    ordering = ("kind", "title", "-number")
    list_templates = ("reports/template_list.html",)
    lead_templates = ("reports/template_links.html",)


@register
class ReportHandLedger(Ledger):
    model = ReportHand
    slug = "report-hands"
    label = "人工填报数字"
    # Typed on the page of the figure, which changes the report's file with it.
    view_roles = READERS
    importable = False
    findable = False
    columns = (Column("report"), Column("label", frozen=True), Column("value"), Column("reason", wide=True))
    fixed = ("report",)
    filters = ("report",)
    search = ("label", "reason")
    ordering = ("report", "pk")
