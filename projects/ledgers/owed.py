"""The ledger of documents that each party owes."""

from __future__ import annotations

from supervision.ledgers.columns import Column, LateKind
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import register
from supervision.people.models import Role

from ..models import OwedDocument
from ..owed import flow  # noqa: F401 - the ledger reads its model's flow


@register
class OwedLedger(Ledger):
    model, slug, label, menu, order = OwedDocument, "owed-documents", "应编文件", "项目库", 60
    icon = "file-earmark-check"
    intro = "宿交发〔2024〕69号要求各方文件载明三个工程目标；应提交日期为本系统设定，按在建项目自动生成。"
    importable = False
    attach_roles = frozenset({Role.BUREAU_STAFF})
    columns = (
        Column("kind", frozen=True),
        Column("project"),
        Column("section"),
        Column("unit"),
        Column("due_by"),
        Column("status", "状态"),
        Column("late", "是否逾期", source="late", sheet=False, kind=LateKind()),
        Column("title", source="title", listed=False),
        Column("goals", source="goals"),
        Column("handed_on"),
        Column("accepted_on", listed=False),
        Column("checker", source="checker", listed=False),
        Column("rules_text", "依据", source="rules.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    filters = (
        "status",
        "kind",
        "goals",
        "project",
        "project__district",
        "section",
        "unit",
        "due_by",
        "handed_on",
        "waived_on",
    )
    search = ("title", "unit__search_key", "project__search_key")
    ordering = ("due_by", "pk")
    related = ("rules",)
    list_templates = ("projects/owed_links.html",)
