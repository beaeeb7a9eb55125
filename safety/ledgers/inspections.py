"""The ledgers of inspections: plans, tasks, visits, findings, corrections."""

from __future__ import annotations

from django.urls import reverse

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, READER_ROLES, Role

from ..inspections import answering, asking, sealing
from ..models import Finding, InspectionPlan, InspectionTask, Visit, VisitCorrection
from ..models.inspection import OPEN, SIGNING, InspectionKind
from .dangers import UNITS

AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
# Who reads what is not yet announced: those who inspect, and those who watch them.
OFFICES = READER_ROLES - UNITS
VISITORS = AUTHORITY | {Role.CONTRACTOR, Role.SUPERVISOR, Role.OWNER, Role.ENTERPRISE}


@register
class InspectionPlanLedger(Ledger):
    model = InspectionPlan
    slug = "inspection-plans"
    label = "年度检查计划"
    menu = "安全管理"
    order = 70
    family = "监督检查"
    icon = "calendar3"
    view_roles = OFFICES
    create_roles = edit_roles = attach_roles = AUTHORITY_ROLES
    columns = (
        Column("title", frozen=True),
        Column("year"),
        Column("district"),
        Column("mode"),
        Column("organization"),
        Column("status", "状态"),
        Column("issued_on", source="issued_on"),
        Column("basis", listed=False, wide=True),
        Column("content", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("计划", ("title", "year", "organization", "basis")),
        ("范围", ("district", "mode")),
        ("内容", ("content",)),
    )
    key = ("title", "year")
    filters = ("year", "status", "district", "mode")
    search = ("title", "content")
    panels = (
        Panel("inspection-tasks", "plan", columns=("project", "section", "kind", "status", "due_by")),
        Panel("random-draws", "plan", columns=("title", "status", "number")),
    )


@register
class InspectionTaskLedger(Ledger):
    model = InspectionTask
    slug = "inspection-tasks"
    label = "检查任务"
    menu = "安全管理"
    order = 71
    family = "监督检查"
    icon = "list-task"
    intro = "任务不向受检单位公开。"
    view_roles = OFFICES
    create_roles = edit_roles = AUTHORITY
    columns = (
        Column("project", frozen=True),
        Column("section"),
        Column("kind"),
        Column("inspectors"),
        Column("status", "状态"),
        Column("due_by"),
        Column("done_on"),
        Column("plan", listed=False),
        Column("draw", listed=False, sheet=False),
        Column("requirement", listed=False, wide=True),
        Column("cancelled_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("检查", ("plan", "kind", "project", "section", "due_by")),
        ("安排", ("inspectors", "requirement")),
    )
    fixed = ("due_by",)
    filters = (
        "status",
        "kind",
        "plan",
        "draw",
        "project",
        "section",
        "project__district",
        "project__mode",
        "due_by",
    )
    search = ("project__search_key", "section__code", "requirement")
    panels = (
        Panel(
            "inspection-visits", "task", columns=("number", "visited_on", "status", "inspectors", "outcome")
        ),
    )
    lead_templates = ("safety/task.html",)

    def more_context(self, record, user):
        may = record.status == "assigned" and bool(user.roles & AUTHORITY)
        return {"start_url": reverse("start_visit", args=[record.pk]) if may else ""}


@register
class VisitLedger(Ledger):
    model = Visit
    slug = "inspection-visits"
    label = "检查记录"
    menu = "安全管理"
    menu_roles = READER_ROLES
    order = 72
    family = "监督检查"
    icon = "clipboard2-check"
    intro = "现场逐项检查，双方签字后封存；不合格的各条转为隐患。谁检查、谁签名、谁负责。"
    create_roles = edit_roles = attach_roles = VISITORS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("kind"),
        Column("visited_on"),
        Column("place", listed=False),
        Column("inspectors"),
        Column("unit"),
        Column("status", "状态"),
        Column("outcome"),
        Column("summary", listed=False, wide=True),
        Column("task", listed=False, sheet=False),
        Column("checklist_version", "检查表版本", source="checklist_rule.version", listed=False, sheet=False),
        Column("major_version", "重大隐患判定标准", source="major_rule.title", listed=False, sheet=False),
        Column("due_on", listed=False),
        Column("sealed_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("检查", ("kind", "project", "section", "place", "visited_on", "inspectors")),)
    fixed = ("project", "section", "kind")
    filters = (
        "status",
        "kind",
        "project",
        "section",
        "project__district",
        "project__mode",
        "visited_on",
        "outcome",
    )
    search = ("number", "project__search_key", "section__code", "place", "summary")
    related = ("checklist_rule", "major_rule")
    panels = (
        Panel(
            "inspection-findings",
            "visit",
            columns=("part", "description", "danger", "danger_status"),
        ),
        Panel("visit-corrections", "visit", columns=("wrong", "right", "reason", "created_at")),
    )
    lead_templates = ("safety/visit.html",)

    def prepare(self, record, user, new):
        if new and user is not None and not record.inspectors:
            record.inspectors = [user.name] if user.name else []
            if user.roles & UNITS:
                record.kind = InspectionKind.SELF

    def more_context(self, record, user):
        may_answer = record.status == OPEN and answering.may_answer(record, user)
        may_sign = record.status == SIGNING and (
            sealing.may_take(record, user) or sealing.side_for(record, user) is not None
        )
        return {
            "check_url": reverse("check_visit", args=[record.pk]) if may_answer else "",
            "sign_url": reverse("sign_visit", args=[record.pk]) if may_sign else "",
            "record_url": reverse("visit_record", args=[record.pk]),
            "signed": sealing.signatures(record),
            "intact": sealing.intact(record),
            "before": asking.before(record)[:10],
        }


@register
class FindingLedger(Ledger):
    model = Finding
    slug = "inspection-findings"
    label = "检查发现的问题"
    menu = "安全管理"
    menu_roles = READER_ROLES
    order = 73
    family = "监督检查"
    icon = "search"
    intro = "每处问题一条；检查记录封存后转为隐患，按隐患办理；情况紧急的，在逐项检查页面立即立为隐患。"
    importable = False
    columns = (
        Column("visit", frozen=True),
        Column("part"),
        Column("stakes"),
        Column("description", wide=True),
        Column("clause", listed=False, wide=True),
        Column("category"),
        Column("danger"),
        Column("danger_status", "整改情况", source="danger.status_label", sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    filters = ("visit__project", "visit__section", "visit__kind", "visit__visited_on")
    search = ("visit__number", "part", "description", "danger__number")


@register
class VisitCorrectionLedger(Ledger):
    model = VisitCorrection
    slug = "visit-corrections"
    label = "检查记录更正"
    menu = "安全管理"
    menu_roles = READER_ROLES
    order = 74
    family = "监督检查"
    icon = "pencil-square"
    intro = "封存的检查记录不再改动；确有错误的在此更正，登记后不再修改。"
    create_roles = VISITORS
    importable = False
    columns = (
        Column("visit", frozen=True),
        Column("wrong", wide=True),
        Column("right", wide=True),
        Column("reason"),
        Column("created_at", "登记时间"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("更正", ("visit", "wrong", "right", "reason")),)
    filters = ("visit__project", "visit__visited_on")
    search = ("visit__number", "wrong", "right")
