"""The ledgers of quality defects and quality incidents."""

from __future__ import annotations

from projects import findings
from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import register
from supervision.ledgers.words import WordKind
from supervision.papers.documents.showing import of_record
from supervision.people.models import Role

from ..filters import DefectFilter
from ..flows.roles import AUTHORITY
from ..models import DefectSource, QualityDefect, QualityIncident
from ..models.incident import GRADE_COLORS, IncidentGrade
from ..rules import categories

FAMILY = "质量缺陷"
UNITS = frozenset({Role.OWNER, Role.CONTRACTOR, Role.SUPERVISOR, Role.DESIGNER, Role.LABORATORY})
REPORTERS = frozenset({Role.OWNER, Role.CONTRACTOR, Role.SUPERVISOR})


@register
class QualityDefectLedger(Ledger):
    model = QualityDefect
    slug = "quality-defects"
    label = "质量缺陷"
    menu = "质量管理"
    order = 390
    family = FAMILY
    icon = "bandaid"
    intro = "试验、评定不合格的由系统生成；等级和期限在核查时确定。一般缺陷由监理验收，严重缺陷经主管部门复查销号。"
    create_roles = AUTHORITY | UNITS
    edit_roles = AUTHORITY
    attach_roles = AUTHORITY | UNITS
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("part"),
        Column("stakes", listed=False),
        Column("description", wide=True, width=40),
        Column("category", kind=WordKind(categories)),
        Column("grade"),
        Column("status", "状态"),
        Column("deadline"),
        Column("due_on", listed=False),
        Column("source"),
        Column("found_on"),
        Column("reporter", listed=False),
        Column("responsible_unit"),
        Column("responsible_person", source="responsible_person", listed=False),
        Column("clause", source="clause", listed=False, wide=True),
        Column("measures", source="measures", listed=False, wide=True),
        Column("verified_on", listed=False),
        Column("rectified_on", source="rectified_on", listed=False),
        Column("closed_on", source="closed_on", listed=False),
        Column("failed", listed=False),
        Column("extensions", listed=False),
        Column("deadline_source", "期限依据", source="deadline_rule.source_label", listed=False, sheet=False),
        Column("listing_level", source="listing_level", listed=False, group="挂牌督办"),
        Column("listing_number", source="listing_number", listed=False, group="挂牌督办"),
        Column("listed_on", source="listed_on", listed=False, group="挂牌督办"),
        Column("lifted_on", source="lifted_on", listed=False, group="挂牌督办"),
        Column("suspended_on", source="suspended_on", listed=False, group="停工"),
        Column("suspension_scope", source="suspension_scope", listed=False, group="停工"),
        Column("resumed_on", source="resumed_on", listed=False, group="停工"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("在哪里、是什么", ("project", "section", "part", "stakes", "description", "category")),
        ("来源", ("source", "found_on")),
    )
    fixed = ("project",)
    filterset_class = DefectFilter
    filters = (
        "status",
        "grade",
        "source",
        "project",
        "section",
        "project__district",
        "project__mode",
        "responsible_unit",
        "found_on",
        "deadline",
        "verified_on",
    )
    search = ("number", "part", "description", "project__search_key", "section__code", "stakes")
    related = ("deadline_rule",)
    lead_templates = ("quality/defect.html",)
    detail_templates = ("documents/of_record.html",)

    def prepare(self, record, user, new):
        """What an authority finds comes from an inspection, what a unit finds from its own check; what the system
        raises from a test it raises itself."""
        if new and record.source == DefectSource.TEST:
            record.source = DefectSource.SELF_CHECK
        if new and user is not None and user.is_authenticated and user.roles & AUTHORITY:
            record.source = DefectSource.INSPECTION

    def more_context(self, record, user):
        return {
            "papers": of_record(record, user),
            "origin": findings.origin_of(record.source_label or "", record.source_id, user),
        }


@register
class QualityIncidentLedger(Ledger):
    model = QualityIncident
    slug = "quality-incidents"
    label = "质量事故"
    menu = "质量管理"
    order = 392
    family = FAMILY
    icon = "exclamation-octagon"
    intro = "发生后24小时内报告；报告时间由系统记录，迟报的自动标记。等级按损失、伤亡计算（本系统设定）。"
    create_roles = AUTHORITY | REPORTERS
    edit_roles = AUTHORITY | REPORTERS
    attach_roles = AUTHORITY | REPORTERS
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("part"),
        Column("happened_at"),
        Column("description", listed=False, wide=True),
        Column("measures", listed=False, wide=True),
        Column("grade", kind=ChoiceKind(dict(IncidentGrade.choices), GRADE_COLORS)),
        Column("status", "状态"),
        Column("report_by"),
        Column("reported_at"),
        Column("is_late"),
        Column("lateness", "迟报时长", source="lateness", sheet=False),
        Column("loss"),
        Column("deaths", listed=False),
        Column("injuries", listed=False),
        Column("cause", source="cause", listed=False, wide=True),
        Column("settlement", source="settlement", listed=False, wide=True),
        Column("concluded_on", listed=False),
        Column("grade_source", "等级依据", source="grade_rule.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("在哪里、何时", ("project", "section", "part", "happened_at")),
        ("情况", ("description", "measures")),
        ("损失与伤亡", ("loss", "deaths", "injuries")),
    )
    fixed = ("project", "happened_at")
    filters = ("status", "grade", "is_late", "project", "section", "project__district")
    search = ("number", "part", "description", "project__search_key")
    related = ("grade_rule",)
