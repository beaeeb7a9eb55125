"""The ledgers of titles: schemes, eligibility decisions, candidacies."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import Role

from ..models import Candidacy, Eligibility, Scheme


@register
class SchemeLedger(Ledger):
    model = Scheme
    slug = "schemes"
    label = "申报方案"
    menu = "创建申报"
    order = 32
    icon = "award"
    create_roles = frozenset({Role.BUREAU_STAFF})
    edit_roles = frozenset({Role.BUREAU_STAFF})
    columns = (
        Column("code"),
        Column("name", frozen=True),
        Column("family"),
        Column("level"),
        Column("unit"),
        Column("has_listing"),
        Column("graded", listed=False),
        Column("needs_assessment", listed=False),
        Column("listing_materials", listed=False, wide=True),
        Column("review_materials", listed=False, wide=True),
        Column("window_from"),
        Column("window_to"),
        Column("source", listed=False),
        Column("source_label", "依据", source="source_label", sheet=False),
        Column("is_active"),
    )
    key = ("code",)
    fixed = ("code", "unit")
    filters = ("family", "level", "unit", "is_active")
    search = ("name", "code")
    ordering = ("pk",)
    panels = (Panel("candidacies", "scheme"),)


@register
class EligibilityLedger(Ledger):
    model = Eligibility
    slug = "eligibilities"
    label = "符合条件认定"
    menu = "创建申报"
    order = 31
    icon = "check2-square"
    intro = "认定是达标率的分母。认定不能修改，只能以新的认定（写明日期和理由）取代。"
    create_roles = frozenset({Role.BUREAU_STAFF})
    attach_roles = frozenset({Role.BUREAU_STAFF})
    columns = (
        Column("scheme"),
        Column("stage"),
        Column("year"),
        Column("project", frozen=True),
        Column("section"),
        Column("eligible"),
        Column("decided_on"),
        Column("reason", wide=True),
        Column("superseded_on"),
        Column("is_demo", listed=False, sheet=False),
    )
    fixed = ("scheme", "stage", "year", "project", "section", "eligible", "decided_on", "reason")
    filters = (
        "year",
        "scheme",
        "stage",
        "eligible",
        "project",
        "section",
        "project__level",
        "project__district",
        "decided_on",
    )
    search = ("project__search_key", "section__code", "reason")


@register
class CandidacyLedger(Ledger):
    model = Candidacy
    slug = "candidacies"
    label = "创建申报"
    menu = "创建申报"
    order = 30
    icon = "flag"
    create_roles = frozenset({Role.BUREAU_STAFF, Role.OWNER, Role.CONTRACTOR})
    edit_roles = frozenset({Role.BUREAU_STAFF, Role.OWNER, Role.CONTRACTOR})
    columns = (
        Column("project", frozen=True),
        Column("section"),
        Column("scheme"),
        Column("year"),
        Column("stage"),
        Column("achievement", listed=False),
        Column("status", "状态"),
        Column("due_on"),
        Column("declared_on"),
        Column("listing_decided_on", listed=False),
        Column("review_year", listed=False),
        Column("review_applied_on", listed=False),
        Column("publicity_from", listed=False),
        Column("publicity_until", listed=False),
        Column("decided_on"),
        Column("grade", listed=False),
        Column("withdrawn_on", listed=False),
        Column("returned", listed=False),
        Column("provenance", listed=False),
        Column("remark", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("申报对象", ("scheme", "year", "stage", "project", "section", "achievement")),
        ("说明", ("provenance", "remark")),
    )
    key = ("scheme", "year", "stage", "project", "section", "achievement")
    fixed = ("scheme", "year", "stage", "project", "section")
    filters = (
        "year",
        "scheme",
        "stage",
        "status",
        "scheme__family",
        "scheme__level",
        "project",
        "section",
        "project__level",
        "project__district",
        "declared_on",
        "decided_on",
    )
    search = ("project__search_key", "section__code", "achievement")
    batch = ("accept", "review_documents")
