"""The ledgers of hazards: the hazards, and what made it necessary to assess them anew."""

from __future__ import annotations

from django.urls import reverse

from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, READER_ROLES, Role

from ..models import Hazard, HazardTrigger
from ..models.hazard import FIVE_LISTS, LEVEL_COLORS, RiskLevel

IDENTIFIERS = AUTHORITY_ROLES | {
    Role.INSPECTOR,
    Role.OWNER,
    Role.CONTRACTOR,
    Role.SUPERVISOR,
    Role.ENTERPRISE,
}


@register
class HazardLedger(Ledger):
    model = Hazard
    slug = "hazards"
    label = "风险分级管控"
    menu = "安全管理"
    menu_roles = READER_ROLES
    order = 60
    family = "风险管控"
    icon = "layers"
    intro = "等级由评估分值按现行标准计算，不能直接填写；重大风险备齐五个清单后方可纳入管控。"
    create_roles = edit_roles = IDENTIFIERS
    attach_roles = IDENTIFIERS
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("part"),
        Column("stakes"),
        Column("event"),
        Column("accident", listed=False),
        Column("causes", listed=False, wide=True),
        Column("level", kind=ChoiceKind(dict(RiskLevel.choices), LEVEL_COLORS)),
        Column("status", "状态"),
        Column("method", listed=False, group="评估"),
        Column("likelihood", listed=False, group="评估"),
        Column("exposure", listed=False, group="评估"),
        Column("consequence", listed=False, group="评估"),
        Column("score", listed=False, group="评估"),
        Column("arithmetic", "计算", source="arithmetic", listed=False, sheet=False, group="评估"),
        Column("scoring_rule_text", "评估标准", source="scoring_rule.title", listed=False, sheet=False),
        Column("scoring_source", "标准依据", source="scoring_rule.source_label", listed=False, sheet=False),
        Column("assessed_on", listed=False),
        Column("measures", listed=False, wide=True),
        Column("responsible_unit"),
        Column("responsible_person"),
        *(Column(name, listed=False, wide=True, group="五清单") for name in FIVE_LISTS),
        Column("identified_on", listed=False),
        Column("controlled_on", listed=False),
        Column("reassess_by", listed=False),
        Column("trigger_on", listed=False),
        Column("due_on", listed=False),
        Column("removed_on", source="removed_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("在哪里", ("project", "section", "part", "stakes")),
        ("可能发生什么", ("event", "accident", "causes", "identified_on")),
        ("评估（可在“评估定级”时填写）", ("method", "likelihood", "exposure", "consequence")),
        ("管控", ("measures", "responsible_unit", "responsible_person")),
    )
    fixed = ("project",)
    filters = (
        "status",
        "level",
        "project",
        "section",
        "project__district",
        "project__mode",
        "responsible_unit",
        "accident",
        "reassess_by",
    )
    search = ("number", "part", "event", "project__search_key", "section__code", "stakes")
    related = ("scoring_rule",)
    panels = (Panel("hazard-triggers", "hazard", columns=("kind", "happened_on", "description")),)
    detail_templates = ("safety/hazard.html",)

    def more_context(self, record, user):
        return {"board_url": reverse("hazard_board", args=[record.project_id])}


@register
class HazardTriggerLedger(Ledger):
    model = HazardTrigger
    slug = "hazard-triggers"
    label = "重新评估触发"
    menu = "安全管理"
    menu_roles = READER_ROLES
    order = 61
    family = "风险管控"
    icon = "arrow-repeat"
    intro = "登记后，所涉管控中的风险即须重新评估；满一年的由系统每日登记。登记后不再修改。"
    create_roles = IDENTIFIERS
    importable = False
    columns = (
        Column("project", frozen=True),
        Column("section"),
        Column("hazard"),
        Column("kind"),
        Column("happened_on"),
        Column("deaths", listed=False),
        Column("serious_injuries", listed=False),
        Column("description", wide=True),
        Column("marked"),
        Column("trigger_source", "依据", source="trigger_rule.source_label", listed=False, sheet=False),
        Column("created_at", "登记时间", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("范围", ("project", "section", "hazard")),
        ("情形", ("kind", "happened_on", "deaths", "serious_injuries", "description")),
    )
    filters = ("kind", "project", "section", "project__district", "happened_on")
    search = ("hazard__number", "project__search_key", "description")
    related = ("trigger_rule",)
