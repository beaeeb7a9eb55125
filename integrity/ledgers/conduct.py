"""The ledgers of integrity as work: risk points, contracts, education, party branches."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES

from ..flows.conduct import BUREAU, DISCIPLINE, OWNER
from ..models import EducationPush, EducationRecord, IntegrityContract, PartyBranch, RiskPoint

FAMILY = "廉洁风险"
MENU = "信用廉洁"
DEMO = Column("is_demo", listed=False, sheet=False)
UNITS = PARTY_ROLES | AUTHORITY_ROLES | DISCIPLINE


@register
class RiskPointLedger(Ledger):
    model, slug, label, menu, order = RiskPoint, "integrity-risks", "岗位廉政风险点", MENU, 400
    family, icon = FAMILY, "shield-exclamation"
    intro = "岗位、环节、风险、措施和措施责任岗位；检查频次按风险等级，为本系统设定。"
    create_roles = edit_roles = UNITS
    columns = (
        Column("unit", frozen=True),
        Column("post"),
        Column("phase"),
        Column("process"),
        Column("risk", wide=True),
        Column("level"),
        Column("measures", listed=False, wide=True),
        Column("measure_owner"),
        Column("status", "状态"),
        Column("due_on", "下次检查"),
        Column("checked_on", source="checked_on", listed=False),
        Column("result", source="result"),
        Column("finding", source="finding", listed=False, wide=True),
        DEMO,
    )
    groups = (
        ("岗位", ("unit", "post", "phase", "process")),
        ("风险与防控", ("risk", "level", "measures", "measure_owner")),
    )
    key = ("unit", "post", "process", "phase")
    filters = ("status", "level", "phase", "result", "unit", "unit__district", "due_on")
    search = ("post", "process", "risk", "unit__search_key")


@register
class IntegrityContractLedger(Ledger):
    model, slug, label, menu, order = IntegrityContract, "integrity-contracts", "廉政合同", MENU, 402
    family, icon = FAMILY, "file-earmark-check"
    create_roles = edit_roles = attach_roles = OWNER
    columns = (
        Column("section", frozen=True),
        Column("unit"),
        Column("number"),
        Column("duties", listed=False, wide=True),
        Column("status", "状态"),
        Column("signed_on", source="signed_on"),
        Column("breach", source="breach", listed=False, wide=True),
        Column("ended_on", source="ended_on", listed=False),
        DEMO,
    )
    groups = (("廉政合同", ("section", "unit", "number", "duties")),)
    fixed = ("section", "unit")
    importable = False
    filters = ("status", "section", "section__project", "unit", "signed_on")
    search = ("number", "unit__search_key", "section__project__search_key", "section__code")


@register
class EducationPushLedger(Ledger):
    model, slug, label, menu, order = EducationPush, "integrity-pushes", "每月廉政教育", MENU, 404
    family, icon = FAMILY, "broadcast"
    intro = "每月推送一次教育内容，各单位收到消息后自行开展并登记次数和人数。"
    create_roles = edit_roles = attach_roles = BUREAU | DISCIPLINE
    importable = False
    columns = (
        Column("month", frozen=True),
        Column("kind"),
        Column("topic"),
        Column("outline", listed=False, wide=True),
        Column("status", "状态"),
        Column("pushed_on"),
        DEMO,
    )
    filters = ("status", "kind", "pushed_on")
    search = ("month", "topic", "outline")


@register
class EducationRecordLedger(Ledger):
    model, slug, label, menu, order = EducationRecord, "integrity-education", "廉政教育记录", MENU, 406
    family, icon = FAMILY, "mortarboard"
    intro = "只登记次数和人数，不登记名单。"
    create_roles = edit_roles = attach_roles = UNITS
    columns = (
        Column("unit", frozen=True),
        Column("project"),
        Column("kind"),
        Column("topic"),
        Column("held_on"),
        Column("expected", total=True),
        Column("attended", total=True),
        Column("rate", "到课率", source="rate", sheet=False),
        DEMO,
    )
    key = ("unit", "project", "held_on", "topic")
    filters = ("kind", "unit", "project", "held_on")
    search = ("topic", "unit__search_key")


@register
class PartyBranchLedger(Ledger):
    model, slug, label, menu, order = PartyBranch, "party-branches", "项目临时党支部", MENU, 408
    family, icon = FAMILY, "flag"
    create_roles = edit_roles = attach_roles = OWNER
    importable = False
    columns = (
        Column("name", frozen=True),
        Column("project"),
        Column("units"),
        Column("members", total=True),
        Column("status", "状态"),
        Column("founded_on", source="founded_on"),
        Column("grade", source="grade"),
        Column("graded_on", source="graded_on", listed=False),
        Column("ended_on", source="ended_on", listed=False),
        DEMO,
    )
    groups = (("支部", ("project", "name", "units", "members")),)
    fixed = ("project",)
    filters = ("status", "grade", "project", "project__district", "founded_on")
    search = ("name", "project__search_key")
