"""The ledgers around credit: appeals, repairs, lists, proposals, how often to inspect."""

from __future__ import annotations

from typing import Any

from supervision.ledgers.columns import Column, LinesKind
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import register
from supervision.ledgers.words import WordKind
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, READER_ROLES

from ..credit import page, rules
from ..models import CreditAppeal, CreditListing, CreditProposal, CreditRepair, InspectionAdvice
from .credit import DEMO, FAMILY, MENU, SUBJECTS


@register
class AppealLedger(Ledger):
    model, slug, label, menu, order = CreditAppeal, "credit-appeals", "异议申诉", MENU, 304
    family, icon = FAMILY, "chat-square-text"
    intro = "公示期、异议期内提出的为异议，其后为申诉；答复期限为本系统设定，中止的时间扣除。"
    create_roles = edit_roles = attach_roles = SUBJECTS
    importable = False
    columns = (
        Column("number", frozen=True),
        Column("subject"),
        Column("about", "对象", sheet=False),
        Column("record", listed=False),
        Column("evaluation", listed=False),
        Column("stage"),
        Column("status", "状态"),
        Column("grounds", listed=False, wide=True),
        Column("filed_on"),
        Column("answer_by"),
        Column("answer", source="answer", listed=False, wide=True),
        Column("decided_on"),
        DEMO,
    )
    groups = (("", ("record", "evaluation", "grounds")),)
    fixed = ("record", "evaluation")
    filters = ("status", "stage", "subject", "filed_on")
    search = ("number", "subject__title", "grounds")
    related = ("record__subject", "evaluation__subject", "subject")
    lead_templates = ("integrity/credit_appeal.html",)

    def more_context(self, record: CreditAppeal, user) -> dict[str, Any]:
        return {"credit_if": page.if_upheld(record, user)}


@register
class RepairLedger(Ledger):
    model, slug, label, menu, order = CreditRepair, "credit-repairs", "信用修复", MENU, 305
    family, icon = FAMILY, "bandaid"
    intro = "2026年4月1日起按发改委令第36号，此前按第58号；准予修复的终止公布和惩戒。"
    create_roles = edit_roles = attach_roles = SUBJECTS
    importable = False
    columns = (
        Column("record", frozen=True),
        Column("status", "状态"),
        Column("earliest_on"),
        Column("applied_on"),
        Column("done", listed=False, wide=True),
        Column("decision", source="decision", listed=False, wide=True),
        Column("decided_on"),
        Column("rules_text", "修复规则", source="rules", listed=False, sheet=False),
        Column("rules_source", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("", ("record", "done")),)
    fixed = ("record",)
    filters = ("status", "record", "applied_on")
    search = ("record__number", "record__subject__title")
    related = ("rules",)


@register
class ListingLedger(Ledger):
    model, slug, label, menu, order = CreditListing, "credit-listings", "红黑名单与联合惩戒", MENU, 306
    family, icon = FAMILY, "list-stars"
    intro = "列入须两人办理；期满自行失效。条件、期限和措施中没有官方出处的为本系统设定。"
    create_roles = edit_roles = attach_roles = AUTHORITY_ROLES
    importable = False
    columns = (
        Column("number", frozen=True),
        Column("subject"),
        Column("kind"),
        Column("status", "状态"),
        Column("reason", wide=True),
        Column("measures", listed=False, wide=True),
        Column("listed_on"),
        Column("valid_until"),
        Column("exited_on", listed=False),
        Column("exit_reason", source="exit_reason", listed=False),
        Column("rules_source", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("", ("subject", "kind", "reason", "measures")),)
    fixed = ("subject", "kind")
    filters = ("kind", "status", "subject", "listed_on", "valid_until")
    search = ("number", "subject__title", "reason")
    related = ("rules",)
    detail_templates = ("integrity/credit_listing.html",)

    def more_context(self, record: CreditListing, user) -> dict[str, Any]:
        return {
            "credit_conditions": page.conditions_of(record),
            "credit_evidence": page.linked_evidence(record.evidence, user),
        }


@register
class ProposalLedger(Ledger):
    model, slug, label, menu, order = CreditProposal, "credit-proposals", "系统建议", MENU, 307
    family, icon = FAMILY, "lightbulb"
    intro = "由事故、隐患、缺陷和迟报瞒报比对提出，只供研判；采用与否由人决定，系统不直接扣分、不列名单。"
    view_roles = READER_ROLES - PARTY_ROLES
    attach_roles = AUTHORITY_ROLES
    importable = False
    columns = (
        Column("subject", frozen=True),
        Column("kind"),
        Column("reason", wide=True),
        Column("status", "状态"),
        Column("item", kind=WordKind(rules.words), source="item"),
        Column("proposed_on"),
        Column("record", listed=False),
        Column("listing", listed=False),
        Column("rules_source", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = ()
    filters = ("kind", "status", "subject", "proposed_on")
    search = ("reason", "subject__title")
    related = ("rules",)
    list_templates = ("integrity/credit_compare.html",)
    detail_templates = ("integrity/credit_evidence.html",)

    def more_context(self, record: CreditProposal, user) -> dict[str, Any]:
        return {"credit_evidence": page.linked_evidence(record.evidence, user)}


@register
class AdviceLedger(Ledger):
    model, slug, label, menu, order = InspectionAdvice, "credit-inspections", "差别化检查频次", MENU, 310
    family, icon = FAMILY, "calendar-range"
    intro = "按等级、事故和名单提出建议次数（本系统设定），由人确定采用的次数。"
    view_roles = READER_ROLES - PARTY_ROLES
    create_roles = attach_roles = AUTHORITY_ROLES
    importable = False
    columns = (
        Column("subject", frozen=True),
        Column("year"),
        Column("status", "状态"),
        Column("proposed"),
        Column("reasons", kind=LinesKind(), wide=True),
        Column("accepted", source="accepted"),
        Column("decided_on"),
        Column("rules_source", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("", ("subject", "year")),)
    fixed = ("subject", "year")
    filters = ("year", "status", "subject")
    search = ("subject__title",)
    related = ("rules",)
