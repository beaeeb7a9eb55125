"""The ledgers of what was read out of notices."""

from __future__ import annotations

from django.db.models import Q

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import Role

from .models import NoticeDraft, NoticeItem, NoticeName
from .notice_views import MAY_READ_IN

READERS = frozenset({Role.BUREAU_STAFF, Role.BUREAU_LEADER, Role.DISCIPLINE, Role.AUDIT_ADMIN})


@register
class NoticeDraftLedger(Ledger):
    model = NoticeDraft
    slug = "notice-drafts"
    label = "通知草稿"
    menu = "计划与目标"
    order = 25
    icon = "file-earmark-text"
    intro = "从方案、计划、要点等通知中读出任务、目标和项目名单，核对后采用为计划。"
    view_roles = READERS
    edit_roles = MAY_READ_IN
    edit_when = {Role.BUREAU_STAFF: Q(plan__isnull=True)}
    attach_roles = MAY_READ_IN
    importable = False
    columns = (
        Column("title", frozen=True, wide=True),
        Column("number"),
        Column("issuer"),
        Column("issued_on"),
        Column("year_from"),
        Column("year_to"),
        Column("plan"),
        Column("file_name", listed=False),
    )
    filters = ("plan", "issued_on")
    search = ("title", "number", "issuer")
    list_templates = ("plan/notice_list.html",)
    lead_templates = ("plan/notice_link.html",)
    panels = (Panel("notice-items", "draft", "读出的条目", rows=10),)


@register
class NoticeItemLedger(Ledger):
    model = NoticeItem
    slug = "notice-items"
    label = "通知条目"
    view_roles = READERS
    edit_roles = MAY_READ_IN
    edit_when = {Role.BUREAU_STAFF: Q(adopted=False)}
    importable = False
    columns = (
        Column("draft"),
        Column("kind"),
        Column("no"),
        Column("title", frozen=True),
        Column("state"),
        Column("unresolved"),
        Column("issue", wide=True),
        Column("source", wide=True, listed=False),
        Column("paragraph"),
        Column("content", wide=True, listed=False),
        Column("group", listed=False),
        Column("due", listed=False),
        Column("figure_kind", listed=False),
        Column("low", listed=False),
        Column("high", listed=False),
        Column("at_most", listed=False),
        Column("unit_label", listed=False),
        Column("period", listed=False),
        Column("by_year", listed=False),
        Column("like", listed=False),
        Column("stated_count", listed=False),
        Column("stated_sections", listed=False),
        Column("list_kind", listed=False),
        Column("adopted"),
    )
    fixed = ("draft",)
    filters = ("draft", "kind", "state", "unresolved", "adopted")
    search = ("title", "source")
    ordering = ("draft", "order", "pk")
    panels = (Panel("notice-names", "item", rows=30),)


@register
class NoticeNameLedger(Ledger):
    model = NoticeName
    slug = "notice-names"
    label = "通知中的单位与项目"
    # Corrected with their item, see correcting.py.
    view_roles = READERS
    importable = False
    columns = (
        Column("item", frozen=True),
        Column("role"),
        Column("name"),
        Column("organization"),
        Column("generic"),
        Column("project"),
        Column("note"),
    )
    fixed = ("item",)
    filters = ("item", "role", "organization", "generic")
    search = ("name", "project")
    ordering = ("item", "order", "pk")
