"""The ledgers of tendering (招标投标)."""

from __future__ import annotations

from supervision.ledgers.columns import Column, IntegerKind, TagsKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.ledgers.words import WordKind
from supervision.people.models import AUTHORITY_ROLES, Role

from ..models import (
    CollusionQuestion,
    CommitteeMember,
    ExpertConduct,
    Tender,
    TenderBid,
    TenderComplaint,
    TenderDocumentCheck,
    TenderExpert,
    TenderObjection,
)
from ..models.expert import conducts, grounds

MENU, FAMILY = "信用廉洁", "招标投标"
OWNER = frozenset({Role.OWNER})
AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
REGULATORS = AUTHORITY | {Role.BUREAU_LEADER, Role.DISCIPLINE, Role.AUDIT_ADMIN}
COMMISSIONING = REGULATORS | OWNER
DEMO = Column("is_demo", listed=False, sheet=False)
QUESTIONS = Column("questions", "提示", source="questions", kind=TagsKind(), sheet=False)
PLACE = ("tender__section__project", "tender__section__project__district")


@register
class TenderLedger(Ledger):
    model, slug, label, menu, order = Tender, "tenders", "招标项目", MENU, 700
    family, icon = FAMILY, "megaphone"
    intro = "招标过程在交易平台进行，此处登记关键日期供监督；与法定时限不符之处自动列出，只作提示。"
    view_roles = COMMISSIONING
    create_roles = edit_roles = attach_roles = OWNER
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("title"),
        Column("method"),
        Column("agent", listed=False),
        Column("agent_uscc", listed=False),
        Column("agent_leader", listed=False),
        Column("ceiling", listed=False),
        Column("prequalification_by", listed=False),
        Column("issued_on", source="issued_on"),
        Column("bid_by", source="bid_by"),
        Column("opened_on", source="opened_on"),
        Column("evaluated_on", source="evaluated_on", listed=False),
        Column("publicised_on", source="publicised_on", listed=False),
        Column("publicity_days", source="publicity_days", listed=False),
        Column("publicity_until"),
        Column("awarded_on", source="awarded_on"),
        Column("winner", source="winner"),
        Column("price", source="price", listed=False),
        Column("status", "状态"),
        Column("gaps", "与法定时限不符", source="gaps", kind=TagsKind(), sheet=False),
        Column("rule_text", "时限依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (
        ("招标项目", ("section", "title", "method", "ceiling", "prequalification_by")),
        ("代理机构", ("agent", "agent_uscc", "agent_leader")),
    )
    fixed = ("section",)
    filters = (
        "status",
        "method",
        "section",
        "section__project",
        "section__project__district",
        "opened_on",
        "awarded_on",
        "agent",
    )
    search = ("number", "title", "agent", "winner", "section__project__search_key", "section__code")
    related = ("rules",)
    panels = (
        Panel("committee-members", "tender", columns=("who", "capacity", "unit", "status"), rows=15),
        Panel("tender-bids", "tender", columns=("bidder", "price", "rank"), rows=20),
        Panel("tender-objections", "tender", columns=("number", "subject", "status", "answer_by")),
        Panel("tender-complaints", "tender", columns=("number", "matter", "status", "decide_by")),
        Panel("collusion-questions", "tender", columns=("sign", "bidders", "figures", "status")),
        Panel("tender-document-checks", "tender", columns=("checked_on", "problems")),
    )


@register
class TenderBidLedger(Ledger):
    model, slug, label, menu, order = TenderBid, "tender-bids", "投标人与报价", MENU, 701
    family, icon = FAMILY, "envelope-paper"
    intro = "开标后登记；编制、经办、项目管理成员、异常一致、混装、保证金账户六项供比对，结果只作疑点。"
    view_roles = COMMISSIONING
    create_roles = edit_roles = OWNER
    columns = (
        Column("tender", frozen=True),
        Column("bidder"),
        Column("uscc", listed=False),
        Column("price"),
        Column("rank"),
        Column("prepared_by", listed=False, group="比对事实"),
        Column("handled_by", listed=False, group="比对事实"),
        Column("managers", listed=False, group="比对事实"),
        Column("alike", listed=False, group="比对事实"),
        Column("mixed_with", listed=False, group="比对事实"),
        Column("deposit_from", listed=False, group="比对事实"),
        DEMO,
    )
    groups = (
        ("投标", ("tender", "bidder", "uscc", "price", "rank")),
        (
            "比对事实（无则不填）",
            ("prepared_by", "handled_by", "managers", "alike", "mixed_with", "deposit_from"),
        ),
    )
    key = ("tender", "bidder")
    fixed = ("tender",)
    filters = ("tender", *PLACE, "rank")
    search = ("bidder", "uscc", "tender__number", "tender__title")
    ordering = ("-tender", "rank", "pk")


@register
class CommitteeMemberLedger(Ledger):
    model, slug, label, menu, order = CommitteeMember, "committee-members", "评标委员会", MENU, 702
    family, icon = FAMILY, "people"
    intro = "五人以上单数，专家不少于三分之二；名单在中标结果确定前保密，参建单位不可见。"
    view_roles = COMMISSIONING
    create_roles = edit_roles = OWNER
    importable = False
    columns = (
        Column("tender", frozen=True),
        Column("who", "姓名", source="who"),
        Column("capacity"),
        Column("expert", listed=False),
        Column("name", listed=False),
        Column("unit", "工作单位", source="expert.unit"),
        Column("speciality", "专业", source="expert.speciality"),
        Column("drawn_on"),
        Column("attended"),
        Column("of_authority", listed=False),
        Column("status", "状态"),
        Column("reason", listed=False),
        DEMO,
    )
    groups = (("成员", ("tender", "capacity", "expert", "name", "drawn_on", "attended", "of_authority")),)
    fixed = ("tender", "capacity", "expert")
    filters = ("status", "capacity", "tender", "expert", *PLACE, "drawn_on")
    search = ("name", "expert__name", "tender__number", "tender__title")

    def may_edit(self, record: CommitteeMember, user) -> bool:
        return super().may_edit(record, user) and not record.settled()


@register
class TenderExpertLedger(Ledger):
    model, slug, label, menu, order = TenderExpert, "tender-experts", "评标专家库", MENU, 703
    family, icon = FAMILY, "person-badge"
    intro = "从业满八年、高级职称。扣分标准参照外市做法，为本系统设定；暂停、取消资格由人作出决定。"
    view_roles = COMMISSIONING
    create_roles = edit_roles = attach_roles = frozenset({Role.BUREAU_STAFF})
    columns = (
        Column("register_no", frozen=True),
        Column("name"),
        Column("unit"),
        Column("speciality"),
        Column("title", listed=False),
        Column("senior", listed=False),
        Column("years"),
        Column("region", listed=False),
        Column("points_left", "本年剩余分", source="points_left", kind=IntegerKind(), sheet=False),
        Column("status", "状态"),
        Column("ground", source="ground", listed=False, kind=WordKind(grounds)),
        Column("suspended_until", source="suspended_until", listed=False),
        Column("removed_on", listed=False),
        QUESTIONS,
        DEMO,
    )
    groups = (
        ("专家", ("register_no", "name", "unit", "region")),
        ("条件", ("speciality", "title", "senior", "years")),
    )
    key = ("register_no",)
    filters = ("status", "speciality", "region", "unit")
    search = ("register_no", "name", "unit", "speciality")
    ordering = ("register_no",)
    panels = (
        Panel("expert-conducts", "expert", columns=("kind", "points", "occurred_on", "status")),
        Panel("committee-members", "expert", columns=("tender", "drawn_on", "status")),
    )

    def base(self):
        return TenderExpert.with_points(TenderExpert.objects.all())


@register
class ExpertConductLedger(Ledger):
    model, slug, label, menu, order = ExpertConduct, "expert-conducts", "专家履职扣分", MENU, 704
    family, icon = FAMILY, "clipboard-minus"
    intro = "一人提交、另一人确认后计入当年扣分。扣分标准为本系统设定（参照外市）。"
    view_roles = REGULATORS
    create_roles = edit_roles = attach_roles = AUTHORITY
    importable = False
    columns = (
        Column("expert", frozen=True),
        Column("tender"),
        Column("kind", kind=WordKind(conducts)),
        Column("points"),
        Column("occurred_on"),
        Column("description", listed=False, wide=True),
        Column("status", "状态"),
        Column("rule_text", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("扣分", ("expert", "tender", "occurred_on", "description", "kind")),)
    fixed = ("expert",)
    filters = ("status", "expert", "tender", "kind", "occurred_on")
    search = ("expert__name", "expert__register_no", "kind", "description")
    related = ("rules",)


@register
class TenderObjectionLedger(Ledger):
    model, slug, label, menu, order = TenderObjection, "tender-objections", "招标异议", MENU, 705
    family, icon = FAMILY, "chat-left-text"
    intro = "招标人自收到异议起三日内答复，答复前暂停招标投标活动；对开标的异议当场答复。"
    view_roles = COMMISSIONING
    create_roles = edit_roles = attach_roles = OWNER
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("tender"),
        Column("subject"),
        Column("raised_by"),
        Column("received_on"),
        Column("content", listed=False, wide=True),
        Column("raise_by", listed=False),
        Column("answer_by"),
        Column("answered_on", source="answered_on"),
        Column("status", "状态"),
        QUESTIONS,
        DEMO,
    )
    groups = (("异议", ("tender", "subject", "raised_by", "received_on", "content")),)
    fixed = ("tender",)
    filters = ("status", "subject", "tender", *PLACE, "received_on", "answer_by")
    search = ("number", "raised_by", "content", "tender__title")


@register
class TenderComplaintLedger(Ledger):
    model, slug, label, menu, order = TenderComplaint, "tender-complaints", "招标投诉", MENU, 706
    family, icon = FAMILY, "exclamation-diamond"
    intro = "三个工作日内决定是否受理，受理起三十个工作日内处理；检验、鉴定、专家评审所需时间不计。仅监督部门可见。"
    view_roles = REGULATORS
    create_roles = edit_roles = attach_roles = AUTHORITY
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("tender"),
        Column("matter"),
        Column("objection", listed=False),
        Column("complainant", listed=False),
        Column("respondent"),
        Column("knew_on", listed=False),
        Column("received_on"),
        Column("content", listed=False, wide=True),
        Column("complain_by", listed=False),
        Column("accept_by"),
        Column("accepted_on", source="accepted_on"),
        Column("halted_on", source="halted_on", listed=False),
        Column("halted_days", listed=False),
        Column("decide_by"),
        Column("decided_on", source="decided_on"),
        Column("outcome", source="outcome", listed=False),
        Column("status", "状态"),
        QUESTIONS,
        DEMO,
    )
    groups = (
        ("投诉", ("tender", "matter", "objection", "complainant", "respondent")),
        ("日期", ("knew_on", "received_on")),
        ("内容", ("content",)),
    )
    fixed = ("tender",)
    filters = ("status", "matter", "tender", *PLACE, "received_on", "decide_by", "decided_on")
    search = ("number", "respondent", "content", "tender__title")


@register
class CollusionQuestionLedger(Ledger):
    model, slug, label, menu, order = CollusionQuestion, "collusion-questions", "串标疑点", MENU, 707
    family, icon = FAMILY, "question-circle"
    intro = "按条例第40条六种情形比对登记事实得出，只是疑点，不是结论；由人核实、说明或移送。"
    view_roles = REGULATORS
    attach_roles = AUTHORITY
    importable = False
    columns = (
        Column("tender", frozen=True),
        Column("sign"),
        Column("bidders", wide=True),
        Column("figures", wide=True),
        Column("standing"),
        Column("status", "状态"),
        Column("answer", source="answer", listed=False, wide=True),
        Column("rule_text", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    filters = ("status", "sign", "standing", "tender", *PLACE)
    search = ("bidders", "figures", "tender__title", "tender__number")
    related = ("rules",)


@register
class TenderDocumentCheckLedger(Ledger):
    model, slug, label, menu, order = TenderDocumentCheck, "tender-document-checks", "招标文件抽查", MENU, 708
    family, icon = FAMILY, "file-earmark-check"
    intro = "信用承诺与第三方信用报告、信用评标、主材采购方式；安全生产费用选用其专项抽查的结果。"
    view_roles = REGULATORS
    create_roles = edit_roles = attach_roles = AUTHORITY
    importable = False
    columns = (
        Column("tender", frozen=True),
        Column("checked_on"),
        Column("inspectors"),
        Column("credit_promise"),
        Column("credit_used"),
        Column("materials"),
        Column("fee_check", listed=False),
        Column("fee_conforms", "安全费符合", source="fee_check.conforms"),
        Column("problems", "不符合", source="problems", kind=TagsKind(), sheet=False),
        Column("remark", listed=False, wide=True),
        Column("rule_text", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (
        ("抽查", ("tender", "checked_on", "inspectors")),
        ("信用与采购", ("credit_promise", "credit_used", "materials")),
        ("安全生产费用", ("fee_check",)),
        ("意见", ("remark",)),
    )
    fixed = ("tender",)
    filters = ("tender", *PLACE, "checked_on", "credit_promise", "credit_used")
    search = ("tender__title", "tender__number", "inspectors")
    related = ("rules",)
