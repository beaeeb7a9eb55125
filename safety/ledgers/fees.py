"""The ledgers of safety fees: accounts, plans, entries, subcontracts, closed months, questions, tender checks."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse

from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, Role

from ..fees import account_page, posting
from ..fees.asking import CODES
from ..models import (
    FeeAccount,
    FeeEntry,
    FeeMonth,
    FeePlan,
    FeePlanLine,
    FeeQuestion,
    FeeSubcontract,
    TenderFeeCheck,
)
from ..models.fee_entry import FILED, KIND_COLORS, RETURNED, EntryKind
from ..models.fee_plan import DRAFT
from ..models.fee_watch import Nature

FAMILY = "安全生产费用"
KEEPERS = frozenset({Role.CONTRACTOR, Role.OWNER})
PLANNERS = frozenset({Role.CONTRACTOR})
SUPERVISORS = KEEPERS | {Role.SUPERVISOR}
CHECKERS = AUTHORITY_ROLES | {Role.INSPECTOR}
NATURE_COLORS = {"finding": "red", "question": "yellow", "warning": "blue"}


class FeeLedger(Ledger):
    """What the ledgers of this family have in common."""

    menu = "安全管理"
    family = FAMILY


@register
class FeeAccountLedger(FeeLedger):
    model = FeeAccount
    slug = "fee-accounts"
    label = "安全生产费用账户"
    order = 100
    icon = "wallet2"
    intro = "一个施工标段一个账户。费率按合同签订日的提取标准，应提总额由基数和费率算出；金额单位为元。"
    create_roles = edit_roles = KEEPERS
    attach_roles = SUPERVISORS
    columns = (
        Column("section", frozen=True),
        Column("works"),
        Column("base_kind", listed=False),
        Column("base", total=True),
        Column("contract_on"),
        Column("rate"),
        Column("rate_reason", listed=False),
        Column("least_rate", listed=False, sheet=False),
        Column("rule_text", "提取标准", source="rate_rule", listed=False, sheet=False),
        Column("rule_source", "标准依据", source="rate_rule.source_label", listed=False, sheet=False),
        Column("due", total=True),
        Column("tender_item", listed=False),
        Column("single_listed", listed=False),
        Column("opened_on", listed=False),
        Column("start_on", listed=False),
        Column("first_payment_by", listed=False),
        Column("contractor"),
        Column("closed", "已结账至", source="closed_label", sheet=False),
        Column("status", "状态"),
        Column("adjusted_on", source="adjusted_on", listed=False),
        Column("confirmed_on", listed=False),
        Column("settled_on", source="settled_on", listed=False),
        Column("remainder", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("标段与合同", ("section", "works", "contract_on", "start_on", "opened_on")),
        ("计提", ("base_kind", "base", "rate", "rate_reason")),
        ("招标文件", ("tender_item", "single_listed")),
    )
    fixed = ("section",)
    key = ("section",)
    filters = (
        "status",
        "works",
        "section",
        "section__project",
        "section__project__district",
        "section__project__owner",
        "contractor",
    )
    search = ("section__project__search_key", "section__code")
    related = ("rate_rule",)
    panels = (
        Panel(
            "fee-entries",
            "account",
            columns=("number", "kind", "booked_on", "category", "content", "amount", "booked", "status"),
        ),
        Panel("fee-questions", "account", columns=("nature", "title", "figures", "status", "raised_on")),
        Panel("fee-plans", "account", columns=("year", "status", "approved_on")),
        Panel("fee-subcontracts", "account", columns=("unit", "amount", "start_on")),
        Panel(
            "fee-months",
            "account",
            columns=("month_text", "accrual", "payment", "use", "refund", "balance", "entries"),
        ),
    )
    list_templates = ("safety/fee_links.html",)
    lead_templates = ("safety/fee_account.html",)

    def more_context(self, record, user):
        return account_page.context(record)


@register
class FeePlanLedger(FeeLedger):
    model = FeePlan
    slug = "fee-plans"
    label = "安全费使用计划"
    order = 101
    icon = "calendar2-range"
    intro = "按年度、月份和十类支出编制，监理审核、建设单位批准；批准后调整须重新报批。"
    create_roles = edit_roles = PLANNERS
    attach_roles = SUPERVISORS
    columns = (
        Column("account", frozen=True),
        Column("year"),
        Column("status", "状态"),
        Column("basis", listed=False, wide=True),
        Column("approved_on"),
        Column("due_on", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("计划", ("account", "year", "basis")),)
    fixed = ("account", "year")
    key = ("account", "year")
    filters = ("status", "year", "account", "account__section__project")
    search = ("account__section__project__search_key", "account__section__code")
    lead_templates = ("safety/fee_plan.html",)

    def more_context(self, record, user):
        may = record.status == DRAFT and self.may_edit(record, user)
        table = account_page.plan_table(record)
        return {"plan_table": table, "grid_url": reverse("fee_plan_grid", args=[record.pk]) if may else ""}


@register
class FeePlanLineLedger(FeeLedger):
    model = FeePlanLine
    slug = "fee-plan-lines"
    label = "安全费计划明细"
    order = 102
    icon = "grid-3x3"
    create_roles = edit_roles = PLANNERS
    columns = (
        Column("plan", frozen=True),
        Column("month"),
        Column("category"),
        Column("amount", total=True),
    )
    fixed = ("plan", "month", "category")
    key = ("plan", "month", "category")
    filters = ("plan", "category", "plan__year")
    search = ("plan__account__section__project__search_key", "plan__account__section__code")

    def may_edit(self, record, user):
        return record.plan.status == DRAFT and super().may_edit(record, user)


@register
class FeeEntryLedger(FeeLedger):
    model = FeeEntry
    slug = "fee-entries"
    label = "安全费台账"
    order = 103
    icon = "journal-text"
    intro = (
        "提取、支付、使用、退回逐笔登记，监理审核、建设单位确认后入账。"
        "类别只有 F01–F10 十类，类别以外的不得列支；一张票据全局只能使用一次；已入账的只能冲销。"
    )
    create_roles = edit_roles = KEEPERS
    # Until it is reviewed an entry is its filing side's alone.
    edit_when = {role: Q(filed_by=role) for role in KEEPERS}
    attach_roles = SUPERVISORS
    columns = (
        Column("number", "编号", frozen=True),
        Column("account"),
        Column("seq", "账内序号", listed=False, sheet=False),
        Column("kind", kind=ChoiceKind(dict(EntryKind.choices), KIND_COLORS)),
        Column("booked_on"),
        Column("category"),
        Column("content", wide=True),
        Column("amount", total=True),
        Column("approved", source="approved"),
        Column("booked", total=True),
        Column("progress", listed=False),
        Column("supplier", listed=False),
        Column("voucher_no", listed=False),
        Column("voucher_on", listed=False),
        Column("invoice_no", listed=False),
        Column("invoice_issuer", listed=False),
        Column("subcontract", listed=False),
        Column("status", "状态"),
        Column("confirmed_on", listed=False),
        Column("reverses", listed=False, sheet=False),
        Column("reason", listed=False, sheet=False),
        Column("due_on", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("记账", ("account", "kind", "booked_on", "amount", "progress")),
        ("使用", ("category", "content", "supplier", "subcontract")),
        ("票据", ("voucher_no", "voucher_on", "invoice_no", "invoice_issuer")),
    )
    fixed = ("account", "kind")
    filters = (
        "status",
        "kind",
        "category",
        "account",
        "account__section__project",
        "account__section__project__district",
        "booked_on",
        "month",
    )
    search = ("number", "content", "supplier", "voucher_no", "invoice_no")
    panels = (Panel("fee-questions", "entry", columns=("nature", "title", "figures", "status")),)
    lead_templates = ("safety/fee_entry.html",)

    def may_void(self, record, file, user):
        # What a review has relied on stays: a photo taken off could no longer be found on a second entry.
        return record.status in (FILED, RETURNED) and super().may_void(record, file, user)

    def more_context(self, record, user):
        may = posting.reversible(record) and posting.is_filer(record, user)
        reversal = record.reversals.exclude(status="void").first()
        return {
            "reverse_url": reverse("reverse_fee_entry", args=[record.pk]) if may else "",
            "reversal": reversal,
            "reversal_url": self.record_url(reversal.pk) if reversal else "",
        }


@register
class FeeSubcontractLedger(FeeLedger):
    model = FeeSubcontract
    slug = "fee-subcontracts"
    label = "分包安全费"
    order = 104
    icon = "diagram-2"
    intro = (
        "总包单位自分包开工之日起，在规定期限内直接支付分包单位不低于规定比例的安全费，并监督使用；"
        "分包单位不再重复提取。"
    )
    create_roles = edit_roles = attach_roles = PLANNERS
    columns = (
        Column("account", frozen=True),
        Column("unit"),
        Column("contract_no"),
        Column("amount", total=True),
        Column("start_on"),
        Column("is_demo", listed=False, sheet=False),
    )
    fixed = ("account",)
    key = ("account", "unit", "contract_no")
    filters = ("account", "account__section__project", "start_on")
    search = ("unit", "contract_no")
    panels = (
        Panel("fee-entries", "subcontract", columns=("number", "kind", "booked_on", "amount", "status")),
    )


@register
class FeeMonthLedger(FeeLedger):
    model = FeeMonth
    slug = "fee-months"
    label = "安全费月结"
    order = 105
    icon = "lock"
    intro = "结账时的数字，结账后不再变动；差错在以后月份冲销。"
    importable = False
    columns = (
        Column("account", frozen=True),
        Column("month_text", "月份", source="month_label", sheet=False),
        Column("month", "月初", listed=False),
        Column("due", listed=False),
        Column("progress"),
        Column("accrual", total=True),
        Column("payment", total=True),
        Column("use", total=True),
        Column("passed_on", listed=False),
        Column("refund", total=True),
        Column("balance"),
        Column("entries"),
        Column("closed_by", listed=False),
        Column("created_at", "结账时间", listed=False),
    )
    ordering = ("-month", "-pk")
    filters = ("account", "account__section__project", "account__section__project__district", "month")
    search = ("account__section__project__search_key", "account__section__code")


@register
class FeeQuestionLedger(FeeLedger):
    model = FeeQuestion
    slug = "fee-questions"
    label = "安全费疑点与发现"
    order = 106
    icon = "question-circle"
    intro = "核查发现对照规则列出数据；疑点由审核人核实后作出结论，未经核实不作认定。"
    importable = False
    attach_roles = SUPERVISORS | CHECKERS
    columns = (
        Column("account", frozen=True),
        Column("nature", kind=ChoiceKind(dict(Nature.choices), NATURE_COLORS)),
        Column("code", kind=ChoiceKind(dict(CODES)), listed=False),
        Column("title"),
        Column("figures", wide=True),
        Column("rule_text", "依据", source="rule_set.title", listed=False, sheet=False),
        Column("rule_source", "依据出处", source="rule_set.source_label", sheet=False),
        Column("entry", listed=False, sheet=False),
        Column("status", "状态"),
        Column("raised_on"),
        Column("explanation", source="explanation", listed=False, wide=True),
        Column("conclusion", source="conclusion"),
        Column("answer", source="answer", listed=False, wide=True),
        Column("answered_on", listed=False),
        Column("cleared_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    filters = (
        "status",
        "nature",
        "conclusion",
        "account",
        "account__section__project",
        "account__section__project__district",
        "raised_on",
    )
    search = ("title", "figures")
    related = ("rule_set",)


@register
class TenderFeeCheckLedger(FeeLedger):
    model = TenderFeeCheck
    slug = "fee-tender-checks"
    label = "招标文件安全费抽查"
    order = 107
    icon = "file-earmark-check"
    intro = "抽查招标文件是否单独列项、是否不低于提取标准、是否未列入竞争；结论由所填数据对照规则得出。"
    create_roles = edit_roles = attach_roles = CHECKERS
    columns = (
        Column("project", frozen=True),
        Column("section"),
        Column("document"),
        Column("issued_on"),
        Column("checked_on"),
        Column("works", listed=False),
        Column("item", listed=False),
        Column("single_listed"),
        Column("competitive"),
        Column("base_kind", listed=False),
        Column("base", listed=False),
        Column("listed"),
        Column("rate", listed=False, sheet=False),
        Column("least_rate", listed=False, sheet=False),
        Column("conforms"),
        Column("problems", wide=True),
        Column("rate_source", "提取标准依据", source="rate_rule.source_label", listed=False, sheet=False),
        Column("tender_source", "招标规定依据", source="tender_rule.source_label", listed=False, sheet=False),
        Column("remark", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("招标文件", ("project", "section", "document", "issued_on", "checked_on")),
        ("安全生产费用", ("works", "item", "single_listed", "competitive", "base_kind", "base", "listed")),
        ("处理", ("remark",)),
    )
    filters = ("conforms", "project", "project__district", "checked_on", "works")
    search = ("document", "project__search_key")
    related = ("rate_rule", "tender_rule")
