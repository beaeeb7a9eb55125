"""The ledgers of hidden dangers: the dangers, the measures against late ones, sister checks, public reports."""

from __future__ import annotations

from django.urls import reverse

from projects import findings
from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.papers.documents.showing import of_record
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, READER_ROLES, Role

from .. import links, services
from ..filters import DangerFilter
from ..models import HiddenDanger, PublicReport, SisterCheck, SupervisionStep
from ..repeats import repeats_of

AUTHORITY = AUTHORITY_ROLES | {Role.INSPECTOR}
UNITS = PARTY_ROLES


@register
class HiddenDangerLedger(Ledger):
    model = HiddenDanger
    slug = "hidden-dangers"
    label = "隐患"
    menu = "隐患治理"
    menu_roles = READER_ROLES
    order = 50
    icon = "exclamation-triangle"
    intro = (
        "上报只需写明在哪里、是什么；等级和期限在核查时确定。"
        "一般隐患由监理验收，重大隐患和企业、路线的隐患经主管部门复查销号。"
    )
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
        Column("category"),
        Column("grade"),
        Column("status", "状态"),
        Column("deadline"),
        Column("due_on", listed=False),
        Column("source", listed=False),
        Column("found_on"),
        Column("reporter", listed=False),
        Column("responsible_unit"),
        Column("responsible_person", listed=False, group="五到位"),
        Column("measures", listed=False, group="五到位", wide=True),
        Column("funds", listed=False, group="五到位", total=True),
        Column("contingency", listed=False, group="五到位", wide=True),
        Column("arranged_on", listed=False, group="五到位"),
        Column("clause", listed=False, wide=True),
        Column("grade_rule_text", "判定标准", source="grade_rule.title", listed=False, sheet=False),
        Column("verified_on", listed=False),
        Column("plan_on", listed=False),
        Column("rectified_on", listed=False),
        Column("closed_on", listed=False),
        Column("is_repeat", listed=False),
        Column("returned", listed=False),
        Column("failed", listed=False),
        Column("extensions", listed=False),
        Column("listing_level", listed=False, group="挂牌督办"),
        Column("listing_number", listed=False, group="挂牌督办"),
        Column("listed_on", listed=False, group="挂牌督办"),
        Column("lifted_on", listed=False, group="挂牌督办"),
        Column("suspended_on", listed=False, group="停工"),
        Column("suspension_scope", listed=False, group="停工"),
        Column("resumed_on", listed=False, group="停工"),
        Column("case_number", listed=False, group="立案"),
        Column("filed_on", listed=False, group="立案"),
        Column("reply", listed=False, sheet=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("在哪里、是什么", ("project", "section", "part", "stakes", "description")),
        ("来源", ("source", "found_on")),
    )
    fixed = ("project",)
    filterset_class = DangerFilter
    filters = (
        "status",
        "grade",
        "source",
        "project",
        "section",
        "project__district",
        "project__mode",
        "project__object_kind",
        "responsible_unit",
        "found_on",
        "deadline",
        "verified_on",
        "closed_on",
        "is_repeat",
    )
    search = ("number", "part", "description", "project__search_key", "section__code", "stakes")
    related = ("grade_rule",)
    panels = (
        Panel("supervision-steps", "danger", columns=("rung", "status", "deadline", "number", "signed_on")),
        Panel("sister-checks", "danger", columns=("section", "status", "due_on", "checked_on")),
    )
    list_templates = ("safety/danger_list.html",)
    # What repeats and what it was judged to be are read before anything else.
    lead_templates = ("safety/danger.html",)
    detail_templates = ("documents/of_record.html",)

    def prepare(self, record, user, new):
        """What an authority finds comes from an inspection, what a unit finds from its own check."""
        if new and user is not None and user.is_authenticated and user.roles & AUTHORITY:
            record.source = "inspection"

    def more_context(self, record, user):
        may_ask = bool(user.roles & services.ASKERS) and record.grade and services.sister_sections(record)
        url = links.reply_url(record) if links.may_give(record, user) else ""
        return {
            "papers": of_record(record, user),
            "repeats": repeats_of(record) if record.is_repeat else [],
            "origin": findings.origin_of(record.source_label, record.source_id, user),
            "judgement": record.judgement,
            "judge_url": reverse("judge_danger", args=[record.pk])
            if services.may_judge(record, user)
            else "",
            "sisters_url": reverse("ask_sisters", args=[record.pk]) if may_ask else "",
            "reply_link_url": reverse("reply_link", args=[record.pk]) if url else "",
        }


@register
class SupervisionStepLedger(Ledger):
    model = SupervisionStep
    slug = "supervision-steps"
    label = "督办事项"
    menu = "隐患治理"
    menu_roles = READER_ROLES
    order = 52
    icon = "megaphone"
    intro = "系统按期限拟稿，由人签发；未按期整改的逐级升级。"
    attach_roles = AUTHORITY_ROLES
    importable = False
    columns = (
        Column("danger", frozen=True),
        Column("rung"),
        Column("status", "状态"),
        Column("reason", wide=True),
        Column("deadline"),
        Column("due_on"),
        Column("signer_role"),
        Column("drafted_on"),
        Column("number"),
        Column("demand", listed=False, wide=True),
        Column("signed_on"),
        Column("received_on"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("督办", ("demand",)),)
    detail_templates = ("documents/of_record.html",)
    filters = ("rung", "status", "signer_role", "danger__project", "danger__project__district", "drafted_on")
    search = ("danger__number", "danger__project__search_key", "number", "reason")

    def more_context(self, record, user):
        return {"papers": of_record(record, user)}


@register
class SisterCheckLedger(Ledger):
    model = SisterCheck
    slug = "sister-checks"
    label = "举一反三"
    menu = "隐患治理"
    order = 54
    icon = "arrow-left-right"
    intro = "一个标段查出的隐患，由同项目其他标段对照自查。"
    attach_roles = frozenset({Role.CONTRACTOR})
    importable = False
    columns = (
        Column("danger", frozen=True),
        Column("section"),
        Column("asked", wide=True),
        Column("status", "状态"),
        Column("due_on"),
        Column("checked_on"),
        Column("found"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("自查", ("danger", "section", "asked")),)
    filters = ("status", "section", "section__project", "checked_on")
    search = ("danger__number", "section__project__search_key", "section__code", "asked")


@register
class PublicReportLedger(Ledger):
    model = PublicReport
    slug = "public-reports"
    label = "群众举报"
    menu = "隐患治理"
    order = 56
    icon = "telephone-inbound"
    view_roles = READER_ROLES - UNITS - {Role.CENTRE_STAFF}
    importable = False
    columns = (
        Column("code", frozen=True),
        Column("place"),
        Column("description", wide=True),
        Column("district"),
        Column("project"),
        Column("status", "状态"),
        Column("due_on"),
        Column("danger"),
        Column("stakes", listed=False),
        Column("answer", listed=False, wide=True),
        Column("reward", listed=False),
        Column("created_at", "举报时间", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("举报内容", ("place", "description", "phone")),)
    filters = ("status", "district", "project")
    search = ("code", "place", "description")
