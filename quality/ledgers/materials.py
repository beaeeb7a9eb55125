"""The ledgers of materials and suppliers."""

from __future__ import annotations

from supervision.flows.errors import NotAllowed
from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.ledgers.words import WordKind
from supervision.people.models import AUTHORITY_ROLES, Role

from ..filters import BatchFilter
from ..models import MaterialBatch, MaterialUse, Supplier, SupplierAssessment
from ..models.material import MARKS, PROPOSAL_COLORS, RETEST_COLORS, Proposal, RetestState
from ..rules import bought

FAMILY = "材料与供应商"
CUSTOMERS = frozenset({Role.OWNER, Role.CONTRACTOR})
OVERRULERS = AUTHORITY_ROLES | {Role.OWNER}


@register
class SupplierLedger(Ledger):
    model = Supplier
    slug = "suppliers"
    label = "材料供应商"
    menu = "质量管理"
    order = 370
    family = FAMILY
    icon = "truck"
    intro = "由使用单位登记、按季度评价；预警、清退和恢复由主管部门决定并写明原因，对全市项目有效。"
    create_roles = AUTHORITY_ROLES | CUSTOMERS
    edit_roles = AUTHORITY_ROLES
    attach_roles = AUTHORITY_ROLES | CUSTOMERS
    columns = (
        Column("name", frozen=True),
        Column("uscc", listed=False),
        Column("supplies"),
        Column("status", "状态"),
        Column("warned_on"),
        Column("removed_on"),
        Column("reason", source="reason", wide=True),
        Column("may_return_on", listed=False),
        Column("restored_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("供应商", ("name", "uscc", "supplies")),)
    key = ("name",)
    filters = ("status", "removed_on")
    search = ("name", "uscc", "supplies")
    panels = (
        Panel("supplier-assessments", "supplier", columns=("section", "quarter", "score", "proposal")),
        Panel("material-batches", "supplier", columns=("number", "section", "material", "grade", "status")),
    )


@register
class BatchLedger(Ledger):
    model = MaterialBatch
    slug = "material-batches"
    label = "材料进场"
    menu = "质量管理"
    order = 372
    family = FAMILY
    icon = "boxes"
    intro = "进场、报验、复验、准用；规定的复验缺少或不合格的，不能准用，也不能登记使用。"
    create_roles = AUTHORITY_ROLES | CUSTOMERS
    edit_roles = CUSTOMERS
    attach_roles = CUSTOMERS | {Role.SUPERVISOR}
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("material", kind=WordKind(bought)),
        Column("grade"),
        Column("supplier"),
        Column("batch"),
        Column("certificate", listed=False),
        Column("quantity"),
        Column("unit"),
        Column("entered_on"),
        Column("place", listed=False),
        Column("retest", kind=ChoiceKind(dict(RetestState.choices), RETEST_COLORS)),
        Column("status", "状态"),
        Column("released_on", listed=False),
        Column("overruled", listed=False),
        Column("overrule_reason", listed=False, wide=True),
        Column("overrule_seen_on", listed=False),
        Column("disposal", source="disposal", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("材料", ("section", "material", "grade", "supplier", "batch", "certificate")),
        ("进场", ("quantity", "unit", "entered_on", "place")),
        ("供应商已清退的", ("overrule_reason",)),
    )
    fixed = ("section", "supplier", "overrule_reason")
    filterset_class = BatchFilter
    filters = (
        "status",
        "retest",
        "material",
        "overruled",
        "section",
        "section__project",
        "supplier",
        "entered_on",
    )
    search = ("number", "batch", "certificate", "section__project__search_key", "section__code")
    related = ("supplier",)
    panels = (
        Panel("samples", "batch", columns=("number", "purpose", "status", "sampled_on")),
        Panel("material-uses", "batch", columns=("part", "quantity", "used_on")),
    )

    def check_reach(self, saved, user):
        super().check_reach(saved, user)
        if any(record.overruled for record in saved) and not user.roles & OVERRULERS:
            raise NotAllowed("供应商已清退，须由建设单位或主管部门写明理由后登记进场。")


@register
class UseLedger(Ledger):
    model = MaterialUse
    slug = "material-uses"
    label = "材料使用"
    menu = "质量管理"
    order = 374
    family = FAMILY
    icon = "bricks"
    intro = "只有准予使用且复验合格的批次可以登记使用；使用数量不超过进场数量。"
    create_roles = frozenset({Role.CONTRACTOR})
    attach_roles = frozenset({Role.CONTRACTOR})
    columns = (
        Column("batch", frozen=True),
        Column("part"),
        Column("quantity"),
        Column("unit", "单位", source="batch.unit", sheet=False),
        Column("used_on"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("使用", ("batch", "part", "quantity", "used_on")),)
    filters = ("batch", "batch__section", "batch__section__project", "used_on")
    search = ("batch__number", "part")


@register
class SupplierAssessmentLedger(Ledger):
    model = SupplierAssessment
    slug = "supplier-assessments"
    label = "供应商季度评价"
    menu = "质量管理"
    order = 376
    family = FAMILY
    icon = "star-half"
    intro = (
        "每季度由使用单位按标段评价；得分和建议按评价规则（本系统设定）计算，预警、清退由主管部门另行决定。"
    )
    create_roles = edit_roles = CUSTOMERS
    attach_roles = CUSTOMERS
    columns = (
        Column("supplier", frozen=True),
        Column("section"),
        Column("quarter"),
        *(Column(name) for name in MARKS),
        Column("score"),
        Column("proposal", kind=ChoiceKind(dict(Proposal.choices), PROPOSAL_COLORS)),
        Column("facts", listed=False, wide=True),
        Column("rule_source", "评价依据", source="scoring_rule.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("评价", ("supplier", "section", "quarter")), ("得分", (*MARKS, "facts")))
    fixed = ("supplier", "section", "quarter")
    key = ("supplier", "section", "quarter")
    filters = ("proposal", "supplier", "section", "section__project", "quarter")
    search = ("supplier__name", "section__project__search_key", "quarter")
    related = ("scoring_rule",)
