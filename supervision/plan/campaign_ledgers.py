"""The ledgers of campaigns."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import get, register
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, READER_ROLES, User

from . import facts
from .appraisals.showing import may_open
from .campaign_flow import BUREAU, LOOKERS
from .campaigns import problems, standing
from .models import (
    Campaign,
    CampaignChoice,
    CampaignFigure,
    CampaignMeasure,
    CampaignPhase,
    CampaignReport,
    LookBack,
)

MENU, FAMILY = "计划与目标", "专项整治"
READERS = READER_ROLES - PARTY_ROLES
DEMO = Column("is_demo", listed=False, sheet=False)


@register
class CampaignLedger(Ledger):
    model, slug, label, menu, order = Campaign, "campaigns", "专项整治", MENU, 60
    family, icon = FAMILY, "bullseye"
    create_roles = edit_roles = attach_roles = BUREAU
    importable = False
    columns = (
        Column("title", frozen=True, wide=True),
        Column("number"),
        Column("status", "状态"),
        Column("since"),
        Column("until"),
        Column("phase", "当前阶段", source="phase_now", sheet=False),
        Column("sectors", listed=False),
        Column("districts", listed=False),
        Column("units", listed=False),
        Column("projects", listed=False),
        Column("goal", listed=False, wide=True),
        Column("source", listed=False),
        Column("conclusion", source="conclusion", listed=False, wide=True),
        Column("evaluated_on", listed=False),
        DEMO,
    )
    filters = ("status", "since")
    search = ("title", "number")
    ordering = ("-since", "-pk")
    lead_templates = ("plan/campaign_standing.html",)
    panels = (
        Panel("campaign-phases", "campaign", rows=20),
        Panel("campaign-measures", "campaign"),
        Panel("campaign-reports", "campaign"),
        Panel("look-backs", "campaign"),
        Panel("campaign-choices", "campaign"),
        Panel("campaign-figures", "campaign"),
    )

    def base(self):
        return super().base().prefetch_related("campaignphases")

    def more_context(self, record: Campaign, user: User) -> dict[str, Any]:
        if not user.roles & READERS:
            return {"standing": None}
        kept = record.status == "evaluated"
        found = record.evaluation if kept else standing.summary(record, timezone.localdate())
        lists = [
            row
            | {
                "url": reverse("campaign_problems", args=[record.pk, row["slug"]])
                if get(row["slug"]).may_view(user)
                else ""
            }
            for row in found.get("problems", ())
        ]
        figures = [
            row
            | {
                "url": reverse("campaign_figure", args=[record.pk, row["code"]])
                if (known := facts.find(row["code"])) and may_open(known.model, user)
                else ""
            }
            for row in found.get("figures", ())
        ]
        may_draw = record.status == "running" and bool(user.roles & BUREAU)
        return {
            "standing": found | {"problems": lists, "figures": figures},
            "kept": kept,
            "feeds": problems.choices() if may_draw else [],
        }


@register
class CampaignPhaseLedger(Ledger):
    model, slug, label, menu, order = CampaignPhase, "campaign-phases", "整治阶段", MENU, 61
    family, icon = FAMILY, "calendar-range"
    create_roles = edit_roles = BUREAU
    columns = (
        Column("campaign"),
        Column("name", frozen=True),
        Column("first"),
        Column("last"),
        Column("work", wide=True),
    )
    key = ("campaign", "name")
    fixed = ("campaign",)
    filters = ("campaign",)
    search = ("name", "work")
    ordering = ("campaign", "first", "pk")


@register
class CampaignMeasureLedger(Ledger):
    model, slug, label, menu, order = CampaignMeasure, "campaign-measures", "制度措施清单", MENU, 62
    family, icon = FAMILY, "file-earmark-ruled"
    view_roles = READERS
    create_roles = edit_roles = attach_roles = AUTHORITY_ROLES
    own, own_but = "organization", BUREAU
    importable = False
    columns = (
        Column("campaign"),
        Column("title", frozen=True, wide=True),
        Column("organization"),
        Column("due_by"),
        Column("status", "状态"),
        Column("done_on", source="done_on"),
        Column("paper", source="paper"),
        DEMO,
    )
    groups = (("制度措施", ("campaign", "title", "organization", "due_by")),)
    fixed = ("campaign", "due_by")
    filters = ("campaign", "organization", "status", "due_by")
    search = ("title", "paper", "organization__search_key")
    ordering = ("due_by", "pk")


@register
class CampaignReportLedger(Ledger):
    model, slug, label, menu, order = CampaignReport, "campaign-reports", "整治报送", MENU, 63
    family, icon = FAMILY, "send"
    menu_roles = READER_ROLES
    create_roles = edit_roles = BUREAU
    attach_roles = AUTHORITY_ROLES | PARTY_ROLES
    own, own_but = "organization", BUREAU
    importable = False
    columns = (
        Column("campaign"),
        Column("kind", frozen=True),
        Column("organization"),
        Column("due_by"),
        Column("status", "状态"),
        Column("handed_on"),
        Column("words", source="words", listed=False, wide=True),
        DEMO,
    )
    groups = (("报送", ("campaign", "kind", "organization", "due_by")),)
    fixed = ("campaign", "due_by")
    filters = ("campaign", "organization", "status", "due_by")
    search = ("kind", "organization__search_key")
    ordering = ("due_by", "pk")


@register
class CampaignChoiceLedger(Ledger):
    model, slug, label, menu, order = CampaignChoice, "campaign-choices", "问题列入与剔除", MENU, 64
    family, icon = FAMILY, "plus-slash-minus"
    view_roles = READERS
    create_roles = edit_roles = BUREAU
    importable = findable = False
    columns = (
        Column("campaign", frozen=True),
        Column("ledger"),
        Column("record_key"),
        Column("include"),
        Column("reason", wide=True),
    )
    fixed = ("campaign", "ledger", "record_key")
    filters = ("campaign", "ledger", "include")
    search = ("reason",)


@register
class LookBackLedger(Ledger):
    model, slug, label, menu, order = LookBack, "look-backs", "回头看", MENU, 65
    family, icon = FAMILY, "arrow-counterclockwise"
    view_roles = READERS
    create_roles = edit_roles = attach_roles = LOOKERS
    importable = findable = False
    columns = (
        Column("campaign", frozen=True),
        Column("ledger"),
        Column("record_key"),
        Column("drawn"),
        Column("status", "状态"),
        Column("looked_on", source="looked_on"),
        Column("lookers", source="lookers", listed=False),
        Column("result", source="result"),
        Column("words", source="words", listed=False, wide=True),
        Column("lot", listed=False, wide=True),
    )
    groups = (("回头看", ("campaign", "ledger", "record_key")),)
    fixed = ("campaign", "ledger", "record_key")
    filters = ("campaign", "ledger", "status", "result", "looked_on")
    search = ("words", "lookers")
    detail_templates = ("plan/look_back.html",)

    def more_context(self, record: LookBack, user: User) -> dict[str, Any]:
        if problems.find(record.ledger) is None:
            return {"problem": None, "again": None}
        ledger = get(record.ledger)
        rows = {
            row.pk: (str(row), ledger.record_url(row.pk))
            for row in ledger.queryset(user).filter(pk__in=[record.record_key, record.new_key or 0])
        }
        return {"problem": rows.get(record.record_key), "again": rows.get(record.new_key)}


@register
class CampaignFigureLedger(Ledger):
    model, slug, label, menu, order = CampaignFigure, "campaign-figures", "整治指标", MENU, 66
    family, icon = FAMILY, "graph-up-arrow"
    create_roles = edit_roles = BUREAU
    importable = findable = False
    columns = (
        Column("campaign"),
        Column("fact", frozen=True),
        Column("target"),
        Column("order", listed=False),
    )
    fixed = ("campaign",)
    filters = ("campaign",)
    search = ("fact", "target")
    ordering = ("campaign", "order", "pk")
