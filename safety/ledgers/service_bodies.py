"""The ledgers of technical service bodies: register, undertakings, services, assessment, warnings, black list."""

from __future__ import annotations

from django.utils import timezone

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.papers.documents.showing import of_record
from supervision.people.models import AUTHORITY_ROLES, READER_ROLES, Role

from ..models import (
    ServiceAssessment,
    ServiceBody,
    ServiceJob,
    ServiceListing,
    ServicePledge,
    ServiceWarning,
)

FAMILY = "技术服务机构"
BUYERS = AUTHORITY_ROLES | {Role.INSPECTOR, Role.OWNER, Role.CONTRACTOR, Role.ENTERPRISE}


class BodyLedger(Ledger):
    """What they have in common: all who sign in read them, the authorities keep them."""

    menu = "安全管理"
    family = FAMILY
    menu_roles = READER_ROLES
    create_roles = edit_roles = attach_roles = AUTHORITY_ROLES


@register
class ServiceBodyLedger(BodyLedger):
    model = ServiceBody
    slug = "service-bodies"
    label = "技术服务机构"
    order = 110
    icon = "patch-check"
    intro = "安全生产技术服务机构名录。承接新的服务须资质有效、已作本年度诚信承诺且不在黑名单内。"
    columns = (
        Column("organization", frozen=True),
        Column("scope", wide=True),
        Column("qualification"),
        Column("certificate", listed=False),
        Column("qualified_from", listed=False, group="资质有效期"),
        Column("qualified_until", group="资质有效期"),
        Column("leader", listed=False),
        Column("remark", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("机构", ("organization", "scope", "leader")),
        ("资质", ("qualification", "certificate", "qualified_from", "qualified_until")),
        ("其他", ("remark",)),
    )
    key = ("organization",)
    fixed = ("organization",)
    filters = ("organization", "qualified_until")
    search = ("organization__search_key", "qualification", "certificate")
    panels = (
        Panel("service-pledges", "body", columns=("year", "pledged_on", "signer")),
        Panel("service-jobs", "body", columns=("number", "project", "topic", "status", "done_on")),
        Panel("service-assessments", "body", columns=("year", "score", "grade", "veto", "status")),
        Panel("service-warnings", "body", columns=("number", "kind", "status", "answer_by")),
        Panel("service-listings", "body", columns=("number", "ground", "status", "valid_until")),
    )
    lead_templates = ("safety/service_body.html",)

    def more_context(self, record, user):
        return {"barred": record.barred(timezone.localdate())}


@register
class ServicePledgeLedger(BodyLedger):
    model = ServicePledge
    slug = "service-pledges"
    label = "诚信承诺"
    order = 111
    icon = "pen"
    intro = "每年一份，由法定代表人或其授权人签署，上传盖章的承诺书。"
    columns = (
        Column("body", frozen=True),
        Column("year"),
        Column("pledged_on"),
        Column("signer"),
        Column("text", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("承诺", ("body", "year", "pledged_on", "signer", "text")),)
    key = ("body", "year")
    fixed = ("body", "year")
    filters = ("body", "year", "pledged_on")
    search = ("body__organization__search_key", "signer")
    detail_templates = ("documents/of_record.html",)

    def more_context(self, record, user):
        return {"papers": of_record(record, user)}


@register
class ServiceJobLedger(BodyLedger):
    model = ServiceJob
    slug = "service-jobs"
    label = "技术服务"
    order = 112
    icon = "clipboard-data"
    intro = "为哪个项目、企业或路线做了什么服务；完成时上传服务报告。"
    create_roles = edit_roles = attach_roles = BUYERS
    columns = (
        Column("number", "编号", frozen=True),
        Column("body"),
        Column("project"),
        Column("section"),
        Column("client"),
        Column("topic", wide=True),
        Column("begins_on"),
        Column("status", "状态"),
        Column("done_on"),
        Column("conclusion", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("服务对象", ("project", "section", "client")),
        ("服务", ("body", "topic", "begins_on")),
    )
    fixed = ("project",)
    filters = ("status", "body", "project", "project__mode", "project__district", "begins_on")
    search = ("number", "topic", "project__search_key", "body__organization__search_key")


@register
class ServiceAssessmentLedger(BodyLedger):
    model = ServiceAssessment
    slug = "service-assessments"
    label = "机构年度考核"
    order = 113
    icon = "clipboard-check"
    intro = "评分表为本系统设定：机构资质与人员20、服务过程真实完整30、报告质量30、诚信承诺履行10、配合监督检查10。"
    columns = (
        Column("number", "编号", frozen=True),
        Column("body"),
        Column("year"),
        Column("deducted", listed=False),
        Column("score"),
        Column("grade"),
        Column("veto"),
        Column("status", "状态"),
        Column("findings", listed=False, wide=True),
        Column("sheet_text", "评分表", source="sheet_rule.title", listed=False, sheet=False),
        Column("settled_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("考核", ("body", "year")),
        ("评分", ("deducted", "findings", "veto")),
    )
    key = ("body", "year")
    fixed = ("body", "year")
    filters = ("status", "year", "grade", "body")
    search = ("number", "body__organization__search_key", "findings")
    related = ("sheet_rule",)
    lead_templates = ("safety/service_assessment.html",)
    panels = (Panel("service-listings", "assessment", columns=("number", "ground", "status", "valid_until")),)

    def more_context(self, record, user):
        return {"reckoned": record.reckoned}


@register
class ServiceWarningLedger(BodyLedger):
    model = ServiceWarning
    slug = "service-warnings"
    label = "警示约谈"
    order = 114
    icon = "megaphone"
    columns = (
        Column("number", "编号", frozen=True),
        Column("body"),
        Column("kind"),
        Column("reason", wide=True),
        Column("demand", listed=False, wide=True),
        Column("meeting_at", listed=False),
        Column("status", "状态"),
        Column("answer_by"),
        Column("issued_on", listed=False),
        Column("answer", listed=False, wide=True),
        Column("closed_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("警示约谈", ("body", "kind", "reason", "demand", "answer_by", "meeting_at")),)
    fixed = ("body",)
    filters = ("status", "kind", "body", "issued_on")
    search = ("number", "body__organization__search_key", "reason")
    detail_templates = ("documents/of_record.html",)

    def more_context(self, record, user):
        return {"papers": of_record(record, user)}


@register
class ServiceListingLedger(BodyLedger):
    model = ServiceListing
    slug = "service-listings"
    label = "机构黑名单"
    order = 115
    icon = "slash-circle"
    intro = "一人提请、另一人认定；在名单内的机构不得承接新的技术服务，期满自动移出。情形与期限为本系统设定。"
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("body"),
        Column("ground"),
        Column("reason", listed=False, wide=True),
        Column("assessment", listed=False),
        Column("status", "状态"),
        Column("listed_on"),
        Column("valid_until"),
        Column("exit_reason", listed=False, wide=True),
        Column("exited_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("列入", ("body", "reason", "ground", "assessment")),)
    fixed = ("body",)
    filters = ("status", "body", "listed_on", "valid_until")
    search = ("number", "body__organization__search_key", "reason")
