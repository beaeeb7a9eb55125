"""The ledgers of official documents, over all rooms: the papers, and where their numbers come from."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.filters import ChoiceFilter, LedgerFilter
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import ledger_for, register
from supervision.papers.documents import registry, services, showing
from supervision.papers.documents.flow import DELIVERED, DRAFT
from supervision.papers.documents.models import PDF, Document, NumberPool
from supervision.people.models import AUTHORITY_ROLES, READER_ROLES, Role

KEEPERS = frozenset({Role.SYSTEM_ADMIN, Role.BUREAU_STAFF})


def kinds() -> list[tuple[str, str]]:
    """The kinds of document as choices, asked for late: rooms register them when they start."""
    return [(kind.code, kind.label) for label in registry.host_models() for kind in registry.kinds_for(label)]


class KindFilter(ChoiceFilter):
    @property
    def field(self):
        self.extra["choices"] = kinds()
        return super().field


class DocumentFilter(LedgerFilter):
    code = KindFilter(field_name="code", label="文书种类")


@register
class DocumentLedger(Ledger):
    model = Document
    slug = "documents"
    label = "文书"
    menu = "工作台"
    order = 12
    icon = "file-earmark-text"
    intro = "系统按记录拟稿，由人签发；签发时取得文号，送达后受送达单位可见，查看和签收都留有时间。"
    view_roles = READER_ROLES
    importable = False
    columns = (
        Column("title", frozen=True),
        Column("kind_label", "文书种类", source="kind_label"),
        Column("number"),
        Column("second_number", listed=False),
        Column("status", "状态"),
        Column("signature"),
        Column("organization"),
        Column("signed_by", listed=False),
        Column("approved_by", listed=False),
        Column("issued_on"),
        Column("delivered_at"),
        Column("acknowledged_at"),
    )
    groups = (("签发", ("approved_by",)),)
    filterset_class = DocumentFilter
    filters = ("status", "signature", "organization", "issued_on")
    search = ("title", "number", "second_number")
    detail_templates = ("documents/document.html",)

    def opened(self, record, actor):
        if record.status == DELIVERED and actor.user is not None:
            services.see(record, actor)

    def more_context(self, record, user):
        host = record.record
        ledger = ledger_for(type(host)) if host is not None else None
        handles = services.may_handle(record, user)
        mine = list(services.deliveries_to(record, user)) if record.status == DELIVERED else []
        return {
            "contents": showing.facts(record),
            "about": {"text": str(host), "url": ledger.record_url(host.pk)} if ledger else None,
            "deliveries": list(record.deliveries.select_related("organization", "seen_by", "sent_by")),
            "may_handle": handles,
            "may_edit_contents": handles and record.status == DRAFT,
            "may_acknowledge": any(delivery.received_at is None for delivery in mine),
            "pdf_missing": handles and record.template_id and services.file_of(record, PDF) is None,
        }


@register
class NumberPoolLedger(Ledger):
    model = NumberPool
    slug = "number-pools"
    label = "发文字号"
    menu = "系统管理"
    order = 985
    icon = "123"
    intro = "单位首次签发某类文书时由系统设置，机关代字可改为本单位的；改后的文书用新代字，已发的不变。"
    view_roles = KEEPERS | AUTHORITY_ROLES
    create_roles = edit_roles = KEEPERS
    columns = (
        Column("label", frozen=True),
        Column("organization"),
        Column("code"),
        Column("prefix"),
        Column("pattern"),
        Column("is_active"),
    )
    key = ("organization", "code")
    fixed = ("organization", "code")
    filters = ("organization", "is_active")
    search = ("label", "prefix", "code", "organization__search_key")
