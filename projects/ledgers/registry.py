"""The project registry's ledgers: projects, sections, participating units, key people."""

from __future__ import annotations

from django.utils import timezone

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, WORKS_SECTORS, Role

from ..assessments import stops
from ..models import KeyPerson, Participation, Project, Section
from ..models.project import MILESTONES, Level
from ..services import may_merge

REGISTRY_EDITORS = AUTHORITY_ROLES | {Role.OWNER}


@register
class ProjectLedger(Ledger):
    model = Project
    slug = "projects"
    label = "项目库"
    menu = "项目库"
    order = 10
    icon = "diagram-3"
    create_roles = REGISTRY_EDITORS
    edit_roles = REGISTRY_EDITORS
    attach_roles = REGISTRY_EDITORS
    choices = {"mode": WORKS_SECTORS}
    columns = (
        Column("code", sheet=True),
        Column("name", frozen=True, wide=True),
        Column("aliases", listed=False),
        Column("mode"),
        Column("category"),
        Column("nature", listed=False),
        Column("level"),
        Column("district"),
        Column("owner"),
        Column("investment", group="投资（万元）", label="总投资（万元）", total=True),
        Column("construction_cost", group="投资（万元）", label="建安费（万元）", total=True),
        Column("route", listed=False),
        Column("stakes", listed=False),
        *(
            Column(f"{key}_{suffix}", group=label, listed=key in ("start", "handover") and suffix == "on")
            for key, label in MILESTONES
            for suffix in ("planned_on", "on")
        ),
        Column("placed_since", listed=False, sheet=False),
        Column("provenance", listed=False),
        Column("remark", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("基本信息", ("code", "name", "aliases", "mode", "category", "nature")),
        ("归属", ("level", "district", "placed_since", "owner")),
        ("规模", ("investment", "construction_cost", "route", "stakes")),
        ("建设程序", tuple(f"{key}_{suffix}" for key, _ in MILESTONES for suffix in ("planned_on", "on"))),
        ("其他", ("provenance", "remark")),
    )
    key = ("name",)
    filters = (
        "mode",
        "level",
        "category",
        "nature",
        "district",
        "owner",
        "start_on",
        "handover_on",
        "is_demo",
    )
    search = ("search_key", "code", "route", "stakes")
    panels = (
        Panel("sections", "project"),
        Panel("candidacies", "project"),
        Panel("eligibilities", "project"),
        Panel("assessments", "project"),
        Panel("owed-documents", "project", columns=("kind", "section", "unit", "due_by", "status", "late")),
    )
    detail_templates = ("projects/milestones.html", "assessments/of_project.html", "projects/merging.html")

    def base(self):
        return self.pool().works()

    def pool(self):
        return Project.objects.filter(merged_into__isnull=True)

    def holds(self, record):
        return record.is_works

    def may_edit(self, record, user):
        if not super().may_edit(record, user):
            return False
        # A county keeps its own projects; those of the city level are the bureau's, the centre's and the owner's.
        return record.level != Level.CITY or bool(user.roles & (self.edit_roles - {Role.COUNTY_STAFF}))

    def more_context(self, record, user):
        chain = []
        for key, label in MILESTONES:
            planned, actual = getattr(record, f"{key}_planned_on"), getattr(record, f"{key}_on")
            late = planned and (actual or timezone.localdate()) > planned
            chain.append({"label": label, "planned": planned, "actual": actual, "late": late})
        merged = Project.objects.visible_to(user).filter(merged_into=record)
        return {
            "milestones": chain,
            "may_merge": may_merge(user),
            "merged_sources": list(merged),
            "stopped_sections": stops.of_project(record, user),
        }


@register
class SectionLedger(Ledger):
    model = Section
    slug = "sections"
    label = "标段"
    menu = "项目库"
    order = 11
    icon = "signpost-split"
    create_roles = REGISTRY_EDITORS
    edit_roles = REGISTRY_EDITORS
    attach_roles = REGISTRY_EDITORS
    columns = (
        Column("project", frozen=True),
        Column("code"),
        Column("name"),
        Column("kind"),
        Column("contract_price", total=True),
        Column("contract_on", listed=False),
        Column("start_on"),
        Column("end_planned_on"),
        Column("end_on"),
        Column("stakes"),
        Column("is_placeholder", listed=False),
        Column("remark", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    key = ("project", "code")
    fixed = ("project",)
    filters = (
        "project",
        "kind",
        "project__mode",
        "project__level",
        "project__district",
        "is_placeholder",
        "start_on",
    )
    search = ("code", "name", "project__search_key", "stakes")
    ordering = ("project__name", "code")
    panels = (
        Panel("participations", "section"),
        Panel("key-people", "section"),
        Panel("candidacies", "section"),
        Panel("assessments", "section"),
    )
    detail_templates = ("assessments/of_section.html",)

    def more_context(self, record, user):
        return {"stopped": stops.of_section(record, user)}


@register
class ParticipationLedger(Ledger):
    model = Participation
    slug = "participations"
    label = "参建单位"
    menu = "项目库"
    order = 12
    icon = "people"
    create_roles = REGISTRY_EDITORS
    edit_roles = REGISTRY_EDITORS
    columns = (
        Column("section", frozen=True),
        Column("organization"),
        Column("role"),
        Column("since"),
        Column("until"),
        Column("is_demo", listed=False, sheet=False),
    )
    key = ("section", "organization", "role", "since")
    fixed = ("section", "organization", "role")
    filters = ("section", "organization", "role")
    search = ("section__code", "section__project__search_key", "organization__search_key")


@register
class KeyPersonLedger(Ledger):
    model = KeyPerson
    slug = "key-people"
    label = "关键人员"
    menu = "项目库"
    order = 13
    icon = "person-badge"
    create_roles = REGISTRY_EDITORS | {Role.CONTRACTOR, Role.SUPERVISOR}
    edit_roles = REGISTRY_EDITORS | {Role.CONTRACTOR, Role.SUPERVISOR}
    columns = (
        Column("section", frozen=True),
        Column("organization"),
        Column("post"),
        Column("name"),
        Column("certificate"),
        Column("since"),
        Column("until"),
        Column("is_demo", listed=False, sheet=False),
    )
    key = ("section", "post", "name", "since")
    fixed = ("section", "organization", "post", "name")
    filters = ("section", "organization", "post", "since")
    search = ("name", "post", "section__code", "section__project__search_key")
