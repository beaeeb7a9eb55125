"""The ledgers of dangerous works, their temporary facilities, and first safety facilities."""

from __future__ import annotations

from supervision.ledgers.columns import ChoiceKind, Column, TextKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import Role

from ..models import DangerousWork, FirstFacility, TemporaryFacility
from ..models.works import LEVEL_COLORS, WorkLevel

BUILDERS = frozenset({Role.CONTRACTOR, Role.OWNER})
FILERS = BUILDERS | {Role.SUPERVISOR}
FAMILY = "危大工程"


@register
class DangerousWorkLedger(Ledger):
    model = DangerousWork
    slug = "dangerous-works"
    label = "危大工程"
    menu = "安全管理"
    family = FAMILY
    order = 130
    icon = "exclamation-diamond"
    intro = (
        "五必须：施工前编制方案，按规定论证审批，施工前交底，按方案施工，验收合格方可进入下道工序。"
        "前一步未办不能办后一步；确需越过的写明理由，即时告知主管部门。规模按工程类别表计算。"
    )
    create_roles = edit_roles = BUILDERS
    attach_roles = FILERS
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("part"),
        Column("item"),
        Column("level", kind=ChoiceKind(dict(WorkLevel.choices), LEVEL_COLORS)),
        Column("needs_experts"),
        Column("status", "状态"),
        Column("stakes", listed=False),
        Column("height", listed=False, group="规模"),
        Column("span", listed=False, group="规模"),
        Column("load", listed=False, group="规模"),
        Column("weight", listed=False, group="规模"),
        Column("scale_text", "判定", source="scale_text", kind=TextKind(), listed=False, sheet=False),
        Column("item_source", "判定依据", source="item_rule.source_label", listed=False, sheet=False),
        Column("planned_on", listed=False),
        Column("scheme_title", source="scheme_title", listed=False, group="方案"),
        Column("maker", source="maker", listed=False, group="方案"),
        Column("reviewer", source="reviewer", listed=False, group="方案"),
        Column("made_on", source="made_on", listed=False, group="方案"),
        Column("reviewed_on", source="reviewed_on", listed=False, group="方案"),
        Column("argued_on", source="argued_on", listed=False, group="方案"),
        Column("argument_result", source="argument_result", listed=False, group="方案"),
        Column("approved_on", source="approved_on", listed=False, group="方案"),
        Column("disclosed_on", source="disclosed_on", listed=False, group="施工"),
        Column("checked_on", source="checked_on", listed=False, group="施工"),
        Column("site_supervisor", source="site_supervisor", listed=False, group="施工"),
        Column("begun_on", source="begun_on", group="施工"),
        Column("finished_on", source="finished_on", listed=False, group="施工"),
        Column("accepted_on", source="accepted_on", listed=False, group="施工"),
        Column("overruled_on", listed=False),
        Column(
            "overrulings_text", "越过的步骤", source="overrulings_text", listed=False, sheet=False, wide=True
        ),
        Column("due_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("在哪里", ("section", "part", "stakes", "planned_on")),
        (
            "规模（按类别所列的填写，系统据此判定是否须专家论证）",
            ("item", "height", "span", "load", "weight"),
        ),
    )
    fixed = ("section",)
    filters = (
        "status",
        "level",
        "section",
        "section__project",
        "section__project__district",
        "item",
        "overruling_unseen",
        "overruled_on",
        "begun_on",
    )
    search = ("number", "part", "item", "section__project__search_key", "section__code", "stakes")
    related = ("item_rule",)
    panels = (
        Panel("site-clauses", "work", columns=("code", "text", "status", "answered_on", "round"), rows=12),
        Panel("trainings", "work", columns=("held_on", "topic", "expected", "attended")),
        Panel("temporary-facilities", "work", columns=("name", "kind", "status", "load_ratio")),
    )


@register
class TemporaryFacilityLedger(Ledger):
    model = TemporaryFacility
    slug = "temporary-facilities"
    label = "大型临时设施"
    menu = "安全管理"
    family = FAMILY
    order = 131
    icon = "bricks"
    intro = "支架、挂篮、围堰、栈桥等：验算复核、搭设验收，须预压的荷载试验合格后方可使用。"
    create_roles = edit_roles = BUILDERS
    attach_roles = FILERS
    columns = (
        Column("section", frozen=True),
        Column("name"),
        Column("kind"),
        Column("work"),
        Column("status", "状态"),
        Column("calculated_by", listed=False, group="验算"),
        Column("calculated_on", listed=False, group="验算"),
        Column("design_load", listed=False, group="验算"),
        Column("checked_on", source="checked_on", listed=False, group="验算"),
        Column("erected_on", source="erected_on", listed=False),
        Column("needs_test", group="荷载试验"),
        Column("test_load", source="test_load", listed=False, group="荷载试验"),
        Column("load_ratio", "试验/设计荷载", source="load_ratio", kind=TextKind(), group="荷载试验"),
        Column("tested_on", source="tested_on", listed=False, group="荷载试验"),
        Column("rule_source", "试验依据", source="facility_rule.source_label", listed=False, sheet=False),
        Column("removed_on", source="removed_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("设施", ("section", "name", "kind", "work")),
        ("验算", ("calculated_by", "calculated_on", "design_load")),
    )
    fixed = ("section",)
    key = ("section", "name")
    filters = (
        "status",
        "kind",
        "needs_test",
        "section",
        "section__project",
        "section__project__district",
        "work",
    )
    search = ("name", "section__project__search_key", "section__code")
    related = ("facility_rule",)


@register
class FirstFacilityLedger(Ledger):
    model = FirstFacility
    slug = "first-facilities"
    label = "首件安全防护设施"
    menu = "安全管理"
    family = FAMILY
    order = 132
    icon = "shield-check"
    intro = "首件安全防护设施示范制：一类设施先做首件，监理验收、建设单位确认后照此实施。"
    create_roles = edit_roles = BUILDERS
    attach_roles = FILERS
    columns = (
        Column("section", frozen=True),
        Column("name"),
        Column("part"),
        Column("status", "状态"),
        Column("points", listed=False, wide=True),
        Column("completed_on"),
        Column("accepted_on", source="accepted_on"),
        Column("confirmed_on", source="confirmed_on"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("首件", ("section", "name", "part", "points", "completed_on")),)
    fixed = ("section",)
    key = ("section", "name")
    filters = ("status", "section", "section__project", "section__project__district", "completed_on")
    search = ("name", "part", "section__project__search_key", "section__code")
