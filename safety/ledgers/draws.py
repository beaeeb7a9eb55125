"""The ledgers of 双随机: the roster of inspectors, recusals, the draws."""

from __future__ import annotations

from django.urls import reverse

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES

from ..models import Inspector, RandomDraw, Recusal
from .inspections import OFFICES


@register
class InspectorLedger(Ledger):
    model = Inspector
    slug = "inspectors"
    label = "检查人员名录"
    menu = "安全管理"
    order = 76
    family = "监督检查"
    icon = "person-badge"
    view_roles = OFFICES
    create_roles = edit_roles = AUTHORITY_ROLES
    columns = (
        Column("name", frozen=True),
        Column("organization"),
        Column("district"),
        Column("mode"),
        Column("certificate"),
        Column("specialty"),
        Column("user", listed=False, sheet=False),
        Column("is_active"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("人员", ("name", "organization", "certificate", "specialty", "user", "is_active")),
        ("检查范围", ("district", "mode")),
    )
    key = ("name", "organization")
    filters = ("district", "mode", "is_active")
    search = ("name", "certificate")
    panels = (
        Panel("inspector-recusals", "inspector", columns=("project", "organization", "reason", "until")),
    )


@register
class RecusalLedger(Ledger):
    model = Recusal
    slug = "inspector-recusals"
    label = "检查回避"
    menu = "安全管理"
    order = 77
    family = "监督检查"
    icon = "slash-circle"
    intro = "曾在参建单位任职的人员，抽取时自动回避，不必登记。"
    view_roles = OFFICES
    create_roles = edit_roles = AUTHORITY_ROLES
    columns = (
        Column("inspector", frozen=True),
        Column("project"),
        Column("organization"),
        Column("reason"),
        Column("since"),
        Column("until"),
        Column("is_demo", listed=False, sheet=False),
    )
    filters = ("project", "organization", "since")
    search = ("inspector__name", "reason")


@register
class RandomDrawLedger(Ledger):
    model = RandomDraw
    slug = "random-draws"
    label = "双随机抽取"
    labels = {"number": "抽取对象数", "per_object": "每个对象检查人数"}
    menu = "安全管理"
    order = 75
    family = "监督检查"
    icon = "shuffle"
    intro = (
        "先公布事项清单、对象名录、人员名录及其校验值，再录入之后产生的公共种子抽取；任何人凭记录都能重算。"
        "领域选道路运输、港口等监管对象的，从该领域的企业、路线中抽取；其余从在建施工标段中抽取。"
    )
    view_roles = OFFICES
    create_roles = edit_roles = AUTHORITY_ROLES
    importable = False
    columns = (
        Column("title", frozen=True),
        Column("year"),
        Column("district"),
        Column("mode"),
        Column("status", "状态"),
        Column("number"),
        Column("per_object", listed=False),
        Column("weighted"),
        Column("credit", listed=False),
        Column("object_count", "对象数", source="object_count", sheet=False),
        Column("inspector_count", "人员数", source="inspector_count", sheet=False),
        Column("due_by", listed=False),
        Column("plan", listed=False),
        Column("seed_source", listed=False, source="seed_source"),
        Column("commitment", listed=False),
        Column("committed_at", listed=False),
        Column("seed_text", listed=False, source="seed_text"),
        Column("drawn_at"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("抽查", ("title", "year", "plan", "due_by")),
        ("范围", ("district", "mode")),
        ("抽取办法", ("number", "per_object", "weighted", "credit")),
    )
    filters = ("year", "status", "district", "mode", "weighted")
    search = ("title",)
    panels = (
        Panel("inspection-tasks", "draw", columns=("project", "section", "inspectors", "status", "due_by")),
    )
    detail_templates = ("safety/draw.html",)

    def more_context(self, record, user):
        if not record.commitment:
            return {"record_url": "", "file_url": ""}
        return {
            "record_url": reverse("draw_record", args=[record.pk]),
            "file_url": reverse("draw_file", args=[record.pk]),
        }
