"""The ledgers of incidents: the incidents, their reports and measures, faults of reporting, near misses."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from projects import findings
from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, READER_ROLES, Role

from ..filters import IncidentFilter
from ..models import Incident, IncidentMeasure, IncidentReport, NearMiss, ReportingFault
from ..models.incident import FOUR, GRADE_COLORS, THREE, VOID, FaultKind, IncidentGrade

AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
REPORTERS = AUTHORITY | {Role.OWNER, Role.CONTRACTOR, Role.SUPERVISOR, Role.ENTERPRISE}
GRADE = ChoiceKind(dict(IncidentGrade.choices), GRADE_COLORS)


@register
class IncidentLedger(Ledger):
    model = Incident
    slug = "incidents"
    label = "事故"
    menu = "安全管理"
    menu_roles = READER_ROLES
    family = "事故险情"
    order = 190
    icon = "exclamation-octagon"
    intro = (
        "登记即为首报。已报的时间、地点不能修改，变化的情况另作续报、补报；等级按死亡、重伤、直接经济损失中"
        "最高的一项计算。情况不清的，先电话报告，再按已知情况登记。"
    )
    create_roles = attach_roles = REPORTERS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("place"),
        Column("accident"),
        Column("happened_at"),
        Column("happened_on", listed=False, sheet=False),
        Column("known_at", listed=False),
        Column("called_at", listed=False),
        Column("called_to", listed=False),
        Column("grade", kind=GRADE),
        Column("deaths", total=True, group="伤亡与损失"),
        Column("missing", listed=False, total=True, group="伤亡与损失"),
        Column("serious_injuries", total=True, group="伤亡与损失"),
        Column("minor_injuries", listed=False, total=True, group="伤亡与损失"),
        Column("direct_loss", total=True, group="伤亡与损失"),
        Column("status", "状态"),
        Column("unit"),
        Column("summary", listed=False, wide=True),
        Column("in_statistics", listed=False),
        Column("grade_source", "定级依据", source="grade_rule.source_label", listed=False, sheet=False),
        Column("hazard_trigger", listed=False, sheet=False),
        Column("investigator", listed=False, group="调查处理"),
        Column("investigation_until", listed=False, group="调查处理"),
        Column("liability", listed=False, group="调查处理"),
        Column("direct_cause", listed=False, wide=True, group="调查处理"),
        Column("replied_on", source="replied_on", listed=False, group="调查处理"),
        *(Column(name, listed=False, wide=True, group="四不放过") for name in FOUR),
        *(Column(name, listed=False, wide=True, group="一案三查") for name in THREE),
        Column("closed_on", listed=False),
        Column("evaluate_by", listed=False),
        Column("evaluation", listed=False, wide=True),
        Column("evaluated_on", listed=False),
        Column("due_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("在哪里、什么时候", ("project", "section", "place", "accident", "happened_at")),
        ("获知与报告", ("known_at", "called_at", "called_to")),
        (
            "伤亡和损失（目前掌握的累计数）",
            ("deaths", "missing", "serious_injuries", "minor_injuries", "direct_loss"),
        ),
        ("情况", ("summary",)),
    )
    fixed = ("project", "section")
    filters = (
        "status",
        "grade",
        "project",
        "section",
        "project__district",
        "project__mode",
        "unit",
        "accident",
        "liability",
        "in_statistics",
        "happened_on",
    )
    filterset_class = IncidentFilter
    search = ("number", "place", "project__search_key", "section__code", "summary")
    related = ("grade_rule",)
    panels = (
        Panel(
            "incident-measures",
            "incident",
            columns=("kind", "content", "unit", "due_by", "status"),
        ),
        Panel("reporting-faults", "incident", columns=("kind", "clock", "late_minutes", "status", "basis")),
    )
    lead_templates = ("safety/incident.html",)
    list_templates = ("safety/incident_list.html",)

    def more_context(self, record, user):
        now = timezone.now()
        reports = list(record.reports.order_by("seq"))
        may_report = user.roles & REPORTERS and record.status != VOID
        return {
            "clocks": [
                {"row": row, "late": row.late_minutes(now), "waits": row.met is None and row.due >= now}
                for row in (clock.reckoned() for clock in record.clocks.order_by("due"))
            ],
            "clock_source": reports[-1].clock_rule.source_label if reports else "",
            "reports": reports,
            "report_url": f"{reverse('incident-reports:new')}?incident={record.number}" if may_report else "",
        }


@register
class IncidentReportLedger(Ledger):
    model = IncidentReport
    slug = "incident-reports"
    label = "事故报告"
    menu = "安全管理"
    menu_roles = READER_ROLES
    family = "事故险情"
    order = 191
    icon = "telephone-forward"
    intro = "报告一经提交不能修改；书面报告时间以平台收到为准。伤亡、损失填累计数，没有变化的不填。"
    create_roles = attach_roles = REPORTERS
    importable = False
    columns = (
        Column("incident", frozen=True),
        Column("seq"),
        Column("kind"),
        Column("by_level"),
        Column("by_unit"),
        Column("to_level"),
        Column("way", listed=False),
        Column("filed_at"),
        Column("called_at"),
        Column("called_to", listed=False),
        Column("happened_at", listed=False),
        Column("known_at", listed=False),
        Column("changed_on", listed=False),
        Column("deaths"),
        Column("missing", listed=False),
        Column("serious_injuries"),
        Column("minor_injuries", listed=False),
        Column("direct_loss"),
        Column("grade", kind=GRADE),
        Column("counts"),
        Column("content", wide=True),
        Column("previous", listed=False, sheet=False),
        Column("clock_source", "时限依据", source="clock_rule.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("报告", ("incident", "kind", "to_level", "content")),
        (
            "伤亡和损失（累计数）",
            ("deaths", "missing", "serious_injuries", "minor_injuries", "direct_loss", "changed_on"),
        ),
        ("时间", ("called_at", "called_to", "happened_at", "known_at")),
    )
    fixed = ("incident",)
    filters = ("incident", "kind", "by_level", "incident__project", "counts")
    search = ("incident__number", "content", "incident__project__search_key")
    related = ("clock_rule", "previous__incident")


@register
class IncidentMeasureLedger(Ledger):
    model = IncidentMeasure
    slug = "incident-measures"
    label = "事故整改措施"
    menu = "安全管理"
    menu_roles = READER_ROLES
    family = "事故险情"
    order = 192
    icon = "list-check"
    create_roles = edit_roles = AUTHORITY_ROLES
    attach_roles = AUTHORITY_ROLES | {Role.CONTRACTOR, Role.OWNER, Role.ENTERPRISE}
    importable = False
    columns = (
        Column("incident", frozen=True),
        Column("kind"),
        Column("content", wide=True),
        Column("unit"),
        Column("person"),
        Column("due_by"),
        Column("status", "状态"),
        Column("done", listed=False, wide=True, source="done"),
        Column("done_on", source="done_on"),
        Column("accepted_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("措施", ("incident", "kind", "content")), ("责任", ("unit", "person", "due_by")))
    fixed = ("incident",)
    filters = ("status", "kind", "unit", "incident", "due_by")
    search = ("content", "incident__number")


@register
class ReportingFaultLedger(Ledger):
    model = ReportingFault
    slug = "reporting-faults"
    label = "迟报漏报谎报瞒报"
    menu = "安全管理"
    family = "事故险情"
    order = 193
    icon = "alarm"
    intro = "迟报、漏报由系统比对获知、应报、实报时间得出，时间不能修改；是否认定由主管部门决定并写明理由。"
    create_roles = attach_roles = AUTHORITY_ROLES
    importable = False
    columns = (
        Column("incident", frozen=True),
        Column("kind", kind=ChoiceKind(dict(FaultKind.choices), {"late": "orange", "omitted": "red"})),
        Column("clock"),
        Column("unit"),
        Column("start", listed=False),
        Column("due"),
        Column("met"),
        Column("late_minutes"),
        Column("status", "状态"),
        Column("basis", wide=True),
        Column("report", listed=False, sheet=False),
        Column("found_by_system", listed=False),
        Column("found_on"),
        Column("decided_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("情形", ("incident", "kind", "basis")),)
    fixed = ("incident",)
    filters = ("status", "kind", "clock", "unit", "incident", "found_on")
    search = ("incident__number", "basis")


@register
class NearMissLedger(Ledger):
    model = NearMiss
    slug = "near-misses"
    label = "险情"
    menu = "安全管理"
    menu_roles = READER_ROLES
    family = "事故险情"
    order = 194
    icon = "cone-striped"
    intro = "没有造成伤亡损失、但差一点成为事故的情况；只写三项，可在“随手报险情”中匿名填报，不追究填报人。"
    create_roles = attach_roles = REPORTERS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("part"),
        Column("description", wide=True),
        Column("happened_on"),
        Column("anonymous", listed=False),
        Column(
            "accident",
            source="accident",
            listed=False,
            kind=ChoiceKind(dict(NearMiss._meta.get_field("accident").choices)),
        ),
        Column("cause", source="cause", listed=False, wide=True),
        Column("lesson", source="lesson", listed=False, wide=True),
        Column("status", "状态"),
        Column("analysed_on", listed=False),
        Column("danger", listed=False, sheet=False),
        Column("due_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("险情", ("project", "section", "part", "description", "happened_on")),)
    filters = (
        "status",
        "project",
        "section",
        "project__district",
        "project__mode",
        "accident",
        "happened_on",
    )
    search = ("number", "part", "description", "project__search_key")
    list_templates = ("safety/near_miss_list.html",)


def origin_of_near_miss(pk, user):
    row = NearMiss.objects.visible_to(user).select_related(*NearMiss.text_joins).filter(pk=pk).first()
    return (str(row), reverse("near-misses:detail", args=[pk])) if row else None


findings.origins["safety.nearmiss"] = findings.Origin("险情", origin_of_near_miss)
