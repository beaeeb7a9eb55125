"""The ledgers of equipment, certificates, camps, training and activities."""

from __future__ import annotations

from django.db import models

from projects.models import Project
from projects.models.project import WORKS
from supervision.flows.errors import NotAllowed
from supervision.ledgers.columns import Column, TextKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import READER_ROLES, Role, User

from ..filters import ExpiryFilter, MachineFilter
from ..flows.danger_acts import AUTHORITY
from ..flows.site import PARTIES
from ..models import (
    Camp,
    CampNeighbour,
    DeviceCertificate,
    Evacuation,
    Machine,
    SafetyActivity,
    SiteClause,
    Training,
    WorkerCertificate,
)
from .works import BUILDERS, FAMILY, FILERS

EQUIPMENT, PEOPLE = "机械设备", "驻地与人员"


@register
class MachineLedger(Ledger):
    model = Machine
    slug = "machines"
    label = "机械设备"
    menu = "安全管理"
    family = EQUIPMENT
    order = 140
    icon = "truck"
    intro = "进场先验收；特种设备检验合格并登记后方可使用。"
    create_roles = edit_roles = BUILDERS
    attach_roles = FILERS
    columns = (
        Column("section", frozen=True),
        Column("kind"),
        Column("code"),
        Column("model_name"),
        Column("status", "状态"),
        Column("is_special"),
        Column("registration"),
        Column("safety_devices", listed=False),
        Column("made_by", listed=False),
        Column("owned_by", listed=False),
        Column("entered_on", source="entered_on"),
        Column("left_on", source="left_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("设备", ("section", "kind", "code", "model_name", "made_by", "owned_by")),
        ("特种设备与安全装置", ("registration", "safety_devices")),
    )
    fixed = ("section",)
    key = ("section", "code")
    filterset_class = MachineFilter
    filters = (
        "status",
        "is_special",
        "kind",
        "section",
        "section__project",
        "section__project__district",
        "entered_on",
    )
    search = ("code", "model_name", "registration", "section__project__search_key", "section__code")
    panels = (
        Panel(
            "device-certificates",
            "machine",
            columns=("kind", "device", "number", "valid_until", "validity", "status"),
        ),
    )


@register
class DeviceCertificateLedger(Ledger):
    model = DeviceCertificate
    slug = "device-certificates"
    label = "设备检验与校验"
    menu = "安全管理"
    family = EQUIPMENT
    order = 141
    icon = "patch-check"
    intro = "到期前分次提醒；过期仍在使用的，由系统转为隐患。"
    create_roles = edit_roles = BUILDERS
    attach_roles = FILERS
    columns = (
        Column("machine", frozen=True),
        Column("kind"),
        Column("device"),
        Column("number"),
        Column("issued_by", listed=False),
        Column("issued_on"),
        Column("valid_until"),
        Column("validity", "有效状态", source="validity", kind=TextKind(), sheet=False),
        Column("status", "状态"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("证书", ("machine", "kind", "device", "number")),
        ("检验、校验", ("issued_by", "issued_on", "valid_until")),
    )
    fixed = ("machine",)
    key = ("machine", "kind", "number")
    filterset_class = ExpiryFilter
    filters = (
        "status",
        "kind",
        "machine",
        "machine__section__project",
        "machine__section__project__district",
        "valid_until",
    )
    search = ("number", "device", "machine__code", "machine__section__project__search_key")


@register
class WorkerCertificateLedger(Ledger):
    model = WorkerCertificate
    slug = "worker-certificates"
    label = "特种作业人员证书"
    menu = "安全管理"
    family = PEOPLE
    order = 153
    icon = "person-badge"
    intro = "只登记证书载明的姓名、类别、编号和有效期；到期前分次提醒，过期未换证的转为隐患。"
    create_roles = edit_roles = BUILDERS
    attach_roles = FILERS
    columns = (
        Column("section", frozen=True),
        Column("holder"),
        Column("trade"),
        Column("number"),
        Column("issued_by", listed=False),
        Column("issued_on", listed=False),
        Column("valid_until"),
        Column("validity", "有效状态", source="validity", kind=TextKind(), sheet=False),
        Column("status", "状态"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("证书", ("section", "holder", "trade", "number", "issued_by", "issued_on", "valid_until")),)
    fixed = ("section",)
    key = ("section", "trade", "number")
    filterset_class = ExpiryFilter
    filters = (
        "status",
        "trade",
        "section",
        "section__project",
        "section__project__district",
        "valid_until",
    )
    search = ("holder", "number", "section__project__search_key", "section__code")


@register
class CampLedger(Ledger):
    model = Camp
    slug = "camps"
    label = "施工驻地"
    menu = "安全管理"
    family = PEOPLE
    order = 150
    icon = "house"
    intro = "提请核查后列出条目；条目全部符合、与周边危险源距离足够，方可启用。吹哨人可直接下令撤离。"
    create_roles = edit_roles = BUILDERS
    attach_roles = FILERS
    columns = (
        Column("section", frozen=True),
        Column("name"),
        Column("address"),
        Column("sleepers"),
        Column("status", "状态"),
        Column("whistleblower"),
        Column("deputy", listed=False),
        Column("leave_when", listed=False, wide=True),
        Column("assembly_point", listed=False),
        Column("opened_on", source="opened_on"),
        Column("closed_on", source="closed_on", listed=False),
        Column("evacuated_since", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("驻地", ("section", "name", "address", "sleepers")),
        ("撤离", ("whistleblower", "deputy", "leave_when", "assembly_point")),
    )
    fixed = ("section",)
    key = ("section", "name")
    filters = ("status", "section", "section__project", "section__project__district")
    search = ("name", "address", "section__project__search_key", "section__code")
    panels = (
        Panel("site-clauses", "camp", columns=("code", "text", "status", "answered_on", "round"), rows=12),
        Panel(
            "camp-neighbours", "camp", columns=("name", "kind", "height", "distance", "required", "enough")
        ),
        Panel("evacuations", "camp", columns=("ordered_at", "reason", "ordered_by", "people", "status")),
    )


@register
class CampNeighbourLedger(Ledger):
    model = CampNeighbour
    slug = "camp-neighbours"
    label = "驻地周边危险源"
    menu = "安全管理"
    family = PEOPLE
    order = 151
    icon = "rulers"
    intro = "起重机、筒仓等按高度计算倾覆范围；实测距离小于所需距离的，可转为隐患。"
    create_roles = edit_roles = FILERS
    columns = (
        Column("camp", frozen=True),
        Column("name"),
        Column("kind"),
        Column("height"),
        Column("distance"),
        Column("required"),
        Column("enough"),
        Column("status", "状态"),
        Column("danger", sheet=False, listed=False),
        Column("rule_source", "计算依据", source="distance_rule.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("危险源", ("camp", "name", "kind", "height", "distance")),)
    fixed = ("camp",)
    filters = ("status", "enough", "kind", "camp", "camp__section__project")
    search = ("name", "camp__name", "camp__section__project__search_key")
    related = ("distance_rule",)


@register
class EvacuationLedger(Ledger):
    model = Evacuation
    slug = "evacuations"
    label = "驻地撤离"
    menu = "安全管理"
    family = PEOPLE
    order = 152
    icon = "megaphone"
    intro = "在驻地页面“下令撤离”即生成；确认全员撤出、复核安全后方可返回。"
    importable = False
    columns = (
        Column("camp", frozen=True),
        Column("ordered_at"),
        Column("ordered_by", source="ordered_by"),
        Column("unit", source="unit", listed=False),
        Column("reason", source="reason", wide=True),
        Column("people", source="people"),
        Column("cleared_at"),
        Column("returned_at"),
        Column("status", "状态"),
        Column("is_demo", listed=False, sheet=False),
    )
    filters = ("status", "camp", "camp__section__project", "camp__section__project__district")
    search = ("camp__name", "reason", "camp__section__project__search_key")


@register
class SiteClauseLedger(Ledger):
    model = SiteClause
    slug = "site-clauses"
    label = "安全条件核查"
    menu = "安全管理"
    family = FAMILY
    order = 133
    icon = "list-check"
    intro = "危大工程作业前和驻地启用前逐条核查；条目由系统按现行清单列出，可多选批量“符合”。"
    importable = False
    columns = (
        Column("section", frozen=True),
        Column("code", source="code"),
        Column("text", source="text", wide=True),
        Column("status", "状态"),
        Column("work", source="work"),
        Column("camp", source="camp"),
        Column("round", source="round", listed=False),
        Column("category", source="category", listed=False),
        Column("answered_on"),
        Column("danger", sheet=False),
        Column("rule_source", "依据", source="clause_rule.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    filters = ("status", "section", "section__project", "work", "camp", "round")
    search = ("code", "text", "section__project__search_key")
    ordering = ("-round", "code")
    batch = ("meet",)
    related = ("clause_rule",)


@register
class TrainingLedger(Ledger):
    model = Training
    slug = "trainings"
    label = "教育培训与交底"
    menu = "安全管理"
    family = PEOPLE
    order = 154
    icon = "mortarboard"
    intro = "登记人数，签到表作附件；危大工程的交底登记后方可办理下一步。企业、管养单位登记本单位的培训。"
    menu_roles = READER_ROLES
    create_roles = edit_roles = attach_roles = FILERS | {Role.ENTERPRISE}
    columns = (
        Column("section", frozen=True),
        Column("enterprise"),
        Column("held_on"),
        Column("kind"),
        Column("topic"),
        Column("work"),
        Column("lecturer", listed=False),
        Column("hours", listed=False, total=True),
        Column("expected", total=True),
        Column("attended", total=True),
        Column("made_up", total=True, listed=False),
        Column("rate", "到训率（%）", source="rate", kind=TextKind(), sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("培训、交底", ("section", "enterprise", "kind", "work", "topic", "held_on", "hours", "lecturer")),
        ("到训", ("expected", "attended", "made_up")),
    )
    fixed = ("section", "enterprise")
    filters = (
        "kind",
        "section",
        "section__project",
        "section__project__district",
        "enterprise",
        "work",
        "held_on",
    )
    search = ("topic", "section__project__search_key", "section__code", "enterprise__search_key")

    def prepare(self, record: Training, user: User | None, new: bool) -> None:
        if not new or user is None or record.section_id or record.enterprise_id:
            return
        if Role.ENTERPRISE in user.roles:
            # Whoever has one enterprise alone need not choose it.
            own = Project.objects.visible_to(user).exclude(WORKS).order_by()[:2]
            if len(own) == 1:
                record.enterprise = own[0]


@register
class SafetyActivityLedger(Ledger):
    model = SafetyActivity
    slug = "safety-activities"
    label = "竞赛与警示教育"
    menu = "安全管理"
    menu_roles = READER_ROLES
    family = PEOPLE
    order = 155
    icon = "trophy"
    intro = "安全知识竞赛、技能比武、警示教育、送专家送技术送服务；面向全行业的由主管部门登记。"
    create_roles = edit_roles = attach_roles = AUTHORITY | PARTIES
    edit_when = dict.fromkeys(PARTIES, models.Q(project__isnull=False))
    columns = (
        Column("title", frozen=True),
        Column("kind"),
        Column("project"),
        Column("organizer"),
        Column("planned_on"),
        Column("held_on", source="held_on"),
        Column("participants", source="participants", total=True),
        Column("units", source="units", listed=False),
        Column("status", "状态"),
        Column("content", source="content", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("活动", ("title", "kind", "project", "organizer", "planned_on")),)
    fixed = ("project",)
    filters = ("status", "kind", "project", "organizer", "held_on")
    search = ("title", "project__search_key")

    def prepare(self, record: SafetyActivity, user: User | None, new: bool) -> None:
        if new and record.organizer_id is None and user is not None:
            record.organizer = user.organization

    def check_reach(self, saved: list[SafetyActivity], user: User) -> None:
        if any(record.project_id is None for record in saved) and not user.roles & AUTHORITY:
            raise NotAllowed("面向全行业的活动由主管部门登记，请选择项目。")
        super().check_reach(saved, user)
