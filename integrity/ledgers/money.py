"""The ledgers of subcontracts (分包) and wages (工资支付)."""

from __future__ import annotations

from supervision.ledgers.columns import BooleanKind, Column, DateKind, DecimalKind, TagsKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, Role

from ..models import (
    NegativeItem,
    Subcontract,
    SubcontractPayment,
    WageAccount,
    WageComplaint,
    WageMonth,
)

MENU, SUBCONTRACTS, WAGES = "信用廉洁", "分包", "工资支付"
CONTRACTOR = frozenset({Role.CONTRACTOR})
AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
DEMO = Column("is_demo", listed=False, sheet=False)
PLACE = ("section", "section__project", "section__project__district")
RULES = Column("rule_text", "依据", source="rules.source_label", listed=False, sheet=False)


@register
class SubcontractLedger(Ledger):
    model, slug, label, menu, order = Subcontract, "subcontracts", "分包与劳务合作", MENU, 720
    family, icon = SUBCONTRACTS, "diagram-2"
    intro = "施工单位填报，建设单位同意后备案；劳务合作单列。比对负面清单只作提示，当年清单未载入的会注明。"
    create_roles = edit_roles = attach_roles = CONTRACTOR
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("kind"),
        Column("unit"),
        Column("uscc", listed=False),
        Column("content", wide=True),
        Column("contract_no", listed=False),
        Column("amount", total=True),
        Column("paid", total=True),
        Column("signed_on", listed=False),
        Column("qualification", listed=False),
        Column("main_structure", listed=False),
        Column("by_subcontractor", listed=False),
        Column("main_materials", listed=False),
        Column("negative", listed=False),
        Column("compared_with", listed=False),
        Column("fee", listed=False),
        Column("safety_share", "安全费占比（%）", source="safety_share", kind=DecimalKind(1), sheet=False),
        Column(
            "passed_on",
            "已支付安全费（元）",
            source="passed_on",
            kind=DecimalKind(2),
            listed=False,
            sheet=False,
        ),
        Column("consent", source="consent", listed=False),
        Column("consented_on", listed=False),
        Column("registered_on", listed=False),
        Column("ended_on", source="ended_on", listed=False),
        Column("status", "状态"),
        Column("questions", "提示", source="questions", kind=TagsKind(), sheet=False),
        DEMO,
    )
    groups = (
        ("合同", ("section", "kind", "unit", "uscc", "contract_no", "signed_on", "amount")),
        ("内容", ("content", "main_structure", "main_materials", "by_subcontractor", "negative")),
        ("条件与安全费", ("qualification", "fee")),
    )
    fixed = ("section", "kind")
    filters = ("status", "kind", *PLACE, "signed_on", "main_structure", "main_materials")
    search = ("number", "unit", "content", "contract_no", "section__project__search_key", "section__code")
    related = ("fee__account__section__project",)
    panels = (
        Panel("subcontract-payments", "subcontract", columns=("paid_on", "amount", "wages", "voucher_no")),
    )

    def base(self):
        return Subcontract.with_fees(Subcontract.objects.all())


@register
class SubcontractPaymentLedger(Ledger):
    model, slug, label, menu, order = SubcontractPayment, "subcontract-payments", "分包支付", MENU, 721
    family, icon = SUBCONTRACTS, "cash-stack"
    intro = "累计不超过合同金额；差错以负数冲销。安全费支付在安全生产费用账户登记，不在此重复。"
    create_roles = attach_roles = CONTRACTOR
    importable = False
    columns = (
        Column("subcontract", frozen=True),
        Column("paid_on"),
        Column("amount", total=True),
        Column("wages", total=True),
        Column("voucher_no"),
        Column("remark", listed=False),
        DEMO,
    )
    fixed = ("subcontract",)
    filters = ("subcontract", "subcontract__kind", "subcontract__section", "paid_on")
    search = ("subcontract__number", "subcontract__unit", "voucher_no")
    ordering = ("-paid_on", "-pk")
    groups = (("支付", ("subcontract", "paid_on", "amount", "wages", "voucher_no", "remark")),)


@register
class NegativeItemLedger(Ledger):
    model, slug, label, menu, order = NegativeItem, "subcontract-negatives", "分包负面清单", MENU, 722
    family, icon = SUBCONTRACTS, "list-ul"
    intro = "按交通运输部公布的当年负面清单载入；系统不预置内容，未载入的年度不作比对。比对词由市局设定。"
    create_roles = edit_roles = frozenset({Role.BUREAU_STAFF})
    columns = (
        Column("code", frozen=True),
        Column("year"),
        Column("text", wide=True),
        Column("keywords"),
        Column("document"),
        DEMO,
    )
    groups = (("清单", ("code", "year", "text", "keywords", "document")),)
    key = ("code",)
    filters = ("year",)
    search = ("code", "text", "document")
    ordering = ("-year", "code")


@register
class WageAccountLedger(Ledger):
    model, slug, label, menu, order = WageAccount, "wage-accounts", "工资专户与保证金", MENU, 740
    family, icon = WAGES, "bank"
    intro = (
        "一标段一专户，总包代发；保证金在合同签订后二十个工作日内存储，动用后十个工作日内补足，退还前公示三十日"
        "（转述，待核原文）。账号只填后四位。"
    )
    create_roles = edit_roles = attach_roles = CONTRACTOR
    importable = False
    columns = (
        Column("section", frozen=True),
        Column("bank"),
        Column("tail", listed=False),
        Column("opened_on"),
        Column("deposit_kind"),
        Column("deposit", total=True),
        Column("deposit_on", listed=False),
        Column("deposit_by", "应存储期限", source="deposit_by", kind=DateKind(), listed=False, sheet=False),
        Column("exempt_reason", listed=False),
        Column("agent_paid", listed=False),
        Column("real_name", listed=False),
        Column("notice_board", listed=False),
        Column("guaranteed", listed=False),
        Column("officer", listed=False),
        Column("drawn_on", source="drawn_on", listed=False),
        Column("top_up_by", "应补足期限", source="top_up_by", kind=DateKind(), listed=False, sheet=False),
        Column("topped_up_on", source="topped_up_on", listed=False),
        Column("release_notice_on", source="release_notice_on", listed=False),
        Column("release_from", "可退还日", source="release_from", kind=DateKind(), listed=False, sheet=False),
        Column("released_on", source="released_on", listed=False),
        Column("status", "状态"),
        Column("gaps", "提示", source="gaps", kind=TagsKind(), sheet=False),
        RULES,
        DEMO,
    )
    groups = (
        ("专户", ("section", "bank", "tail", "opened_on")),
        ("保证金", ("deposit_kind", "deposit", "deposit_on", "exempt_reason")),
        ("制度", ("agent_paid", "real_name", "officer", "notice_board", "guaranteed")),
    )
    fixed = ("section",)
    filters = ("status", "deposit_kind", *PLACE, "opened_on", "agent_paid")
    search = ("bank", "section__project__search_key", "section__code")
    related = ("rules",)


@register
class WageMonthLedger(Ledger):
    model, slug, label, menu, order = WageMonth, "wage-months", "工资月结", MENU, 741
    family, icon = WAGES, "calendar-check"
    intro = (
        "人数、应付、实付取自“班组与工资月报”，此处只填拨入人工费、代发和发放日期。月清截止日为本系统设定。"
    )
    create_roles = edit_roles = attach_roles = CONTRACTOR
    importable = False
    columns = (
        Column("section", frozen=True),
        Column("month"),
        Column("workers", "工人数", source="crew.workers"),
        Column("payable", "应付（元）", source="crew.payable"),
        Column("paid", "实付（元）", source="crew.paid"),
        Column("labour_fee", total=True),
        Column("labour_fee_on", listed=False),
        Column("by_general", total=True),
        Column("settled_on"),
        Column("settle_by", listed=False),
        Column("settled", "月结月清", source="settled", kind=BooleanKind(), sheet=False),
        Column("gaps", "不足", source="gaps", kind=TagsKind(), sheet=False),
        Column("remark", listed=False, wide=True),
        Column("status", "状态"),
        Column("checked_on", listed=False),
        RULES,
        DEMO,
    )
    groups = (
        ("月份", ("section", "month")),
        ("拨付与发放", ("labour_fee", "labour_fee_on", "by_general", "settled_on", "remark")),
    )
    fixed = ("section", "month")
    filters = ("status", *PLACE, "month", "settled_on")
    search = ("section__project__search_key", "section__code")
    related = ("rules", "crew__section__project")
    ordering = ("-month", "-pk")


@register
class WageComplaintLedger(Ledger):
    model, slug, label, menu, order = WageComplaint, "wage-complaints", "欠薪投诉", MENU, 742
    family, icon = WAGES, "telephone-inbound"
    intro = "只登记人数、金额和处理情况，不收投诉人个人信息。六十个工作日内办结，情况复杂的可延长一次。"
    create_roles = edit_roles = attach_roles = AUTHORITY
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("received_on"),
        Column("channel"),
        Column("people", total=True),
        Column("amount", total=True),
        Column("content", listed=False, wide=True),
        Column("accept_by", listed=False),
        Column("accepted_on", source="accepted_on", listed=False),
        Column("extended", listed=False),
        Column("settle_by"),
        Column("settled_on", source="settled_on"),
        Column("paid", source="paid", listed=False),
        Column("payer", source="payer", listed=False),
        Column("status", "状态"),
        RULES,
        DEMO,
    )
    groups = (("投诉", ("section", "received_on", "channel", "people", "amount", "content")),)
    fixed = ("section",)
    filters = ("status", "channel", *PLACE, "received_on", "settle_by", "settled_on", "extended")
    search = ("number", "content", "section__project__search_key", "section__code")
    related = ("rules",)
