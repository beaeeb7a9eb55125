"""The ledgers of assessment standards: standards, their versions, tables and items."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import Role

from ..models import Standard, StandardItem, StandardTable, StandardVersion
from ..standards import flow, showing  # noqa: F401 - the flow is put on its model

KEEPERS = frozenset({Role.BUREAU_STAFF})


@register
class StandardLedger(Ledger):
    model = Standard
    slug = "standards"
    label = "评价标准"
    menu = "自评考核"
    order = 46
    icon = "journal-check"
    intro = "平安工地、品质工程等考核所依据的标准。没有正式依据的内容标为“本系统设定”。"
    create_roles = KEEPERS
    edit_roles = KEEPERS
    columns = (
        Column("code"),
        Column("title", frozen=True),
        Column("family"),
        Column("jurisdiction"),
        Column("is_example"),
        Column("source_document", listed=False, wide=True),
        Column("confidence", listed=False),
        Column("source_label", "依据", source="source_label", sheet=False),
    )
    key = ("code",)
    fixed = ("code",)
    filters = ("family", "is_example")
    search = ("code", "title")
    ordering = ("is_example", "code")
    panels = (Panel("standard-versions", "standard"),)
    list_templates = ("projects/standards/list.html",)


@register
class StandardVersionLedger(Ledger):
    model = StandardVersion
    slug = "standard-versions"
    label = "标准版本"
    menu = "自评考核"
    order = 47
    icon = "layers"
    intro = "一个标准的各个版本。草稿可以改，启用后不再变动；新版本用工作簿上传，先看差异再启用。"
    create_roles = KEEPERS
    edit_roles = KEEPERS
    importable = False
    columns = (
        Column("standard", frozen=True),
        Column("label"),
        Column("status", "状态"),
        Column("effective_from"),
        Column("effective_to"),
        Column("pass_line", listed=False),
        Column("pass_confidence", listed=False),
        Column("pass_label", "合格线", source="pass_label", sheet=False),
        Column("excellent_line", listed=False),
        Column("excellent_confidence", listed=False),
        Column("excellent_label", "优秀线", source="excellent_label", sheet=False),
        Column("source_document", listed=False, wide=True),
        Column("confidence", listed=False),
        Column("source_label", "依据", source="source_label", sheet=False),
        Column("remark", listed=False),
    )
    groups = (
        ("版本", ("standard", "label", "effective_from", "effective_to")),
        ("依据", ("source_document", "confidence")),
        ("分数线", ("pass_line", "pass_confidence", "excellent_line", "excellent_confidence")),
        ("说明", ("remark",)),
    )
    fixed = ("standard",)
    filters = ("standard", "status", "standard__family", "effective_from")
    search = ("standard__title", "standard__code", "label")
    ordering = ("standard__is_example", "standard__code", "-effective_from", "-pk")
    panels = (Panel("standard-tables", "standard_version"),)
    list_templates = ("projects/standards/list.html",)
    detail_templates = ("projects/standards/version.html",)

    def more_context(self, record, user):
        return {"standard": showing.version(record), "may_keep": bool(user.roles & KEEPERS)}


class DraftLedger(Ledger):
    """Rows of a version, written only while it is a draft."""

    importable = False
    create_roles = KEEPERS
    edit_roles = KEEPERS

    def version_of(self, record) -> StandardVersion:
        raise NotImplementedError

    def may_edit(self, record, user):
        return super().may_edit(record, user) and self.version_of(record).is_draft


@register
class StandardTableLedger(DraftLedger):
    model = StandardTable
    slug = "standard-tables"
    label = "考核表"
    menu = "自评考核"
    order = 48
    icon = "table"
    columns = (
        Column("standard_version"),
        Column("code"),
        Column("title", frozen=True),
        Column("subject"),
        Column("part"),
        Column("kind"),
        Column("full_marks"),
        Column("applies_when", listed=False),
        Column("order", listed=False),
        Column("source_document", listed=False, wide=True),
        Column("confidence", listed=False),
        Column("source_label", "依据", source="source_label", sheet=False),
    )
    fixed = ("standard_version",)
    filters = ("standard_version", "subject", "kind", "part")
    search = ("code", "title")
    ordering = ("standard_version__standard__code", "standard_version", "order", "pk")
    panels = (Panel("standard-items", "table", rows=200),)

    def version_of(self, record):
        return record.standard_version


@register
class StandardItemLedger(DraftLedger):
    model = StandardItem
    slug = "standard-items"
    label = "考核条目"
    menu = "自评考核"
    order = 49
    icon = "list-check"
    related = ("table__standard_version",)
    columns = (
        Column("table"),
        Column("no"),
        Column("category"),
        Column("title", frozen=True, wide=True),
        Column("mandatory"),
        Column("full_marks", total=True),
        Column("text", listed=False),
        Column("method", listed=False),
        Column("rule"),
        Column("applies_when", listed=False),
        Column("clause", listed=False),
        Column("order", listed=False),
        Column("source_document", listed=False, wide=True),
        Column("confidence", listed=False),
        Column("source_label", "依据", source="source_label", sheet=False),
    )
    fixed = ("table",)
    filters = ("table", "table__standard_version", "table__subject", "mandatory", "confidence")
    search = ("no", "title", "category", "text")
    ordering = ("table__standard_version", "table__order", "order", "pk")

    def version_of(self, record):
        return record.table.standard_version
