"""The ledgers of green works and crews."""

from __future__ import annotations

from supervision.ledgers.columns import BooleanKind, ChoiceKind, Column, TagsKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register

from ..flows.roles import AUTHORITY, CONTRACTOR, OWNER, SUPERVISOR
from ..models import CrewStatement, GreenAnswer, GreenCheck
from ..models.green import OPEN, Result
from .in_the_name import InTheName

FAMILY = "绿色与队伍"
DEMO = Column("is_demo", listed=False, sheet=False)
CHECKERS = AUTHORITY | SUPERVISOR | OWNER | CONTRACTOR
COLORS = {"pass": "green", "fail": "red", "na": "gray"}


@register
class GreenCheckLedger(InTheName):
    model, slug, label, menu, order = GreenCheck, "green-checks", "绿色施工检查", "质量管理", 260
    family, icon = FAMILY, "tree"
    intro = "扬尘、噪声、废水与水土保持、弃土与固体废物、节地节能逐条检查；不合格条目转入整改。检查表为本系统设定。"
    create_roles = edit_roles = attach_roles = CHECKERS
    speakers = {"authority": AUTHORITY}
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("place"),
        Column("stakes", listed=False),
        Column("checked_on"),
        Column("inspectors"),
        Column("unit"),
        Column("self_check"),
        Column("status", "状态"),
        Column("rules_text", "检查表版本", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("检查", ("section", "place", "stakes", "checked_on", "inspectors")),)
    fixed = ("section",)
    filters = (
        "status",
        "section",
        "section__project",
        "section__project__district",
        "checked_on",
        "self_check",
    )
    search = ("number", "place", "section__project__search_key", "section__code")
    related = ("rules",)
    panels = (
        Panel(
            "green-answers",
            "check_of",
            columns=("group", "text", "result", "description", "raised"),
            rows=30,
        ),
    )
    detail_templates = ("quality/green_link.html",)

    def said(self, record):
        return "authority" if record.unit and not record.self_check else ""

    def refusal(self, record):
        return "主管部门的检查由主管部门填写。"

    def more_context(self, record, user):
        return {"may_answer": record.status == OPEN and self.may_edit(record, user)}


@register
class GreenAnswerLedger(Ledger):
    model, slug, label, order = GreenAnswer, "green-answers", "绿色施工检查条目", 261
    importable = False
    columns = (
        Column("check_of", frozen=True),
        Column("group"),
        Column("text", wide=True),
        Column("result", kind=ChoiceKind(dict(Result.choices), COLORS)),
        Column("description", wide=True),
        Column("raised"),
        DEMO,
    )
    groups = (("结果", ("result", "description")),)
    filters = ("check_of", "group", "result", "check_of__section")
    search = ("text", "description")
    ordering = ("check_of", "pk")


@register
class CrewStatementLedger(Ledger):
    model, slug, label, menu, order = CrewStatement, "crew-statements", "班组与工资月报", "质量管理", 262
    family, icon = FAMILY, "people"
    intro = "施工单位按月填报人数、工资支付和工伤保险，建设单位核查；只填数量和佐证，不收工人个人信息。"
    create_roles = edit_roles = attach_roles = CONTRACTOR
    columns = (
        Column("section", frozen=True),
        Column("month"),
        Column("crews", total=True),
        Column("workers", total=True),
        Column("real_name", total=True),
        Column("insured", total=True),
        Column("paid_workers", total=True),
        Column("payable", total=True),
        Column("paid", total=True),
        Column("trained", listed=False, total=True),
        Column("settled", "月结月清", source="settled", kind=BooleanKind(), sheet=False),
        Column("gaps", "不足", source="gaps", kind=TagsKind(), sheet=False),
        Column("remark", listed=False, wide=True),
        Column("status", "状态"),
        Column("checked_on", listed=False),
        DEMO,
    )
    groups = (
        ("月份", ("section", "month")),
        ("班组与实名", ("crews", "workers", "real_name", "trained")),
        ("工资与保险", ("payable", "paid", "paid_workers", "insured", "remark")),
    )
    key = ("section", "month")
    fixed = ("section", "month")
    filters = ("status", "section", "section__project", "section__project__district", "month")
    search = ("section__project__search_key", "section__code")
    ordering = ("-month", "-pk")
