"""The ledgers of special funds (专项资金)."""

from __future__ import annotations

from supervision.ledgers.columns import Column, DecimalKind, LinesKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, Role

from ..models import (
    FundAdjustment,
    FundAllocation,
    FundBudget,
    FundCircular,
    FundEvaluation,
    FundFinding,
    FundMonth,
    FundProposal,
)

MENU, FAMILY = "信用廉洁", "专项资金"
OWNER, BUREAU = frozenset({Role.OWNER}), frozenset({Role.BUREAU_STAFF})
AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
READERS = AUTHORITY | OWNER | {Role.BUREAU_LEADER, Role.DISCIPLINE, Role.AUDIT_ADMIN}
DEMO = Column("is_demo", listed=False, sheet=False)
PLACE = ("budget__project", "budget__project__district", "budget__year")
RULES = Column("rule_text", "依据", source="rules.source_label", listed=False, sheet=False)
RATE = Column("execution_rate", "执行率（%）", source="execution_rate", kind=DecimalKind(1), sheet=False)


class FundLedger(Ledger):
    menu, family, icon = MENU, FAMILY, "piggy-bank"
    view_roles = READERS
    importable = False


@register
class FundBudgetLedger(FundLedger):
    model, slug, label, order = FundBudget, "fund-budgets", "专项资金预算", 730
    intro = "预算、调整、拨付和执行一处登记，合计自动得出；无预算不拨付，拨付多少执行多少。"
    create_roles = edit_roles = attach_roles = OWNER | BUREAU
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("year"),
        Column("fund"),
        Column("level", listed=False),
        Column("amount", total=True),
        Column("current", total=True),
        Column("allocated", total=True),
        Column("executed", total=True),
        RATE,
        Column("purpose", listed=False, wide=True),
        Column("decision", listed=False),
        Column("decided_on", listed=False),
        Column("approved_on", listed=False),
        Column("status", "状态"),
        DEMO,
    )
    groups = (
        ("资金", ("project", "year", "fund", "level", "amount", "purpose")),
        ("决策", ("decision", "decided_on")),
    )
    fixed = ("project", "year")
    filters = ("status", "level", "year", "project", "project__district", "fund")
    search = ("number", "fund", "decision", "project__search_key")
    panels = (
        Panel("fund-allocations", "budget", columns=("kind", "amount", "paid_on", "payee")),
        Panel("fund-months", "budget", columns=("month", "amount", "status"), rows=12),
        Panel("fund-adjustments", "budget", columns=("delta", "decision", "status")),
        Panel("fund-evaluations", "budget", columns=("kind", "score", "grade", "status")),
        Panel("fund-findings", "budget", columns=("number", "source", "status", "deadline")),
    )


@register
class FundAdjustmentLedger(FundLedger):
    model, slug, label, order = FundAdjustment, "fund-adjustments", "资金调整", 731
    intro = "追加、调减须附集体决策；提交与审核为两人，审核后计入预算。"
    create_roles = edit_roles = attach_roles = OWNER | BUREAU
    columns = (
        Column("budget", frozen=True),
        Column("delta"),
        Column("reason", wide=True),
        Column("decision"),
        Column("decided_on"),
        Column("status", "状态"),
        Column("approved_on", listed=False),
        DEMO,
    )
    groups = (("调整", ("budget", "delta", "reason", "decision", "decided_on")),)
    fixed = ("budget",)
    filters = ("status", "budget", *PLACE, "decided_on")
    search = ("budget__number", "budget__fund", "reason", "decision")


@register
class FundAllocationLedger(FundLedger):
    model, slug, label, order = FundAllocation, "fund-allocations", "资金拨付", 732
    intro = "累计拨付不超过调整后预算；差错以退回后重新拨付更正。"
    create_roles = attach_roles = BUREAU
    columns = (
        Column("budget", frozen=True),
        Column("kind"),
        Column("amount"),
        Column("paid_on"),
        Column("payee"),
        Column("voucher_no"),
        DEMO,
    )
    groups = (("拨付", ("budget", "kind", "amount", "paid_on", "payee", "voucher_no")),)
    fixed = ("budget",)
    filters = ("kind", "budget", *PLACE, "paid_on")
    search = ("budget__number", "budget__fund", "payee", "voucher_no")
    ordering = ("-paid_on", "-pk")


@register
class FundMonthLedger(FundLedger):
    model, slug, label, order = FundMonth, "fund-months", "资金月度执行", 733
    intro = "建设单位按月填报支出，主管部门确认后计入执行；累计不超过已拨付数。"
    create_roles = edit_roles = attach_roles = OWNER
    columns = (
        Column("budget", frozen=True),
        Column("month"),
        Column("amount", total=True),
        Column("progress", wide=True),
        Column("status", "状态"),
        Column("confirmed_on", listed=False),
        DEMO,
    )
    groups = (("执行", ("budget", "month", "amount", "progress")),)
    fixed = ("budget", "month")
    filters = ("status", "budget", *PLACE, "month")
    search = ("budget__number", "budget__fund", "progress")
    ordering = ("-month", "-pk")


@register
class FundCircularLedger(FundLedger):
    model, slug, label, order = FundCircular, "fund-circulars", "资金执行通报", 734
    intro = "通报时按台账固定各县区执行情况，以后的改动不影响已发通报。"
    create_roles = edit_roles = attach_roles = BUREAU
    columns = (
        Column("title", frozen=True),
        Column("year"),
        Column("text", listed=False, wide=True),
        Column("lines", kind=LinesKind(), listed=False, wide=True, sheet=False),
        Column("issued_on"),
        Column("status", "状态"),
        DEMO,
    )
    groups = (("通报", ("title", "year", "text")),)
    filters = ("status", "year", "issued_on")
    search = ("title", "text")


@register
class FundEvaluationLedger(FundLedger):
    model, slug, label, order = FundEvaluation, "fund-evaluations", "资金绩效评价", 735
    intro = "优90分、良80分、中60分起，其下为差。自评由建设单位填报，第三方评价由委托单位登记。"
    create_roles = edit_roles = attach_roles = OWNER | BUREAU
    columns = (
        Column("budget", frozen=True),
        Column("kind"),
        Column("evaluator"),
        Column("evaluated_on"),
        Column("score"),
        Column("grade"),
        Column("summary", listed=False, wide=True),
        Column("status", "状态"),
        Column("confirmed_on", listed=False),
        RULES,
        DEMO,
    )
    groups = (("评价", ("budget", "kind", "evaluator", "evaluated_on", "score", "summary")),)
    fixed = ("budget", "kind")
    filters = ("status", "kind", "grade", "budget", *PLACE, "evaluated_on")
    search = ("budget__number", "budget__fund", "evaluator")
    related = ("rules",)


@register
class FundFindingLedger(FundLedger):
    model, slug, label, order = FundFinding, "fund-findings", "审计问题整改", 736
    intro = "审计和检查发现的问题交办、整改、审核、销号；期限为本系统设定，交办时可另定。"
    create_roles = attach_roles = AUTHORITY
    edit_roles = AUTHORITY
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("budget"),
        Column("source"),
        Column("report", listed=False),
        Column("found_on"),
        Column("description", wide=True),
        Column("amount", listed=False),
        Column("measures", source="measures", listed=False, wide=True),
        Column("deadline"),
        Column("rectified_on", source="rectified_on", listed=False),
        Column("closed_on", source="closed_on", listed=False),
        Column("failed", listed=False),
        Column("extensions", listed=False),
        Column("status", "状态"),
        DEMO,
    )
    groups = (
        ("来源", ("project", "budget", "source", "report", "found_on")),
        ("问题", ("description", "amount")),
    )
    fixed = ("project",)
    filters = ("status", "source", "project", "project__district", "budget", "found_on", "deadline")
    search = ("number", "report", "description", "project__search_key")


@register
class FundProposalLedger(FundLedger):
    model, slug, label, order = FundProposal, "fund-proposals", "下年度安排建议", 737
    intro = "按执行率和绩效等级提出，比例为本系统设定，只作建议；安排多少由人决定并写明理由。"
    view_roles = READERS - OWNER
    create_roles = BUREAU
    columns = (
        Column("budget", frozen=True),
        Column("rate"),
        Column("grade"),
        Column("share"),
        Column("amount", total=True),
        Column("reason", wide=True),
        Column("decided", source="decided"),
        Column("remark", listed=False),
        Column("status", "状态"),
        RULES,
        DEMO,
    )
    groups = (("建议", ("budget", "remark")),)
    fixed = ("budget",)
    filters = ("status", "grade", "budget", *PLACE)
    search = ("budget__number", "budget__fund", "reason")
    related = ("rules",)
