"""The ledgers of the yearly appraisal: schemes, their items, units' sheets, objections."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.papers.documents.showing import of_record
from supervision.people.models import READER_ROLES, Role, User

from .appraisal_flow import APPRAISED_ROLES, BUREAU
from .appraisals.objecting import may_object, named_record
from .appraisals.showing import lines_of
from .models import Appraisal, AppraisalItem, AppraisalObjection, AppraisalScheme
from .models.appraisal import Grade

MENU, FAMILY = "计划与目标", "年度考核评价"
READERS = READER_ROLES - {Role.OWNER, Role.CONTRACTOR, Role.SUPERVISOR, Role.DESIGNER, Role.LABORATORY}
GRADE_COLORS = {"excellent": "green", "good": "blue", "passed": "gray", "failed": "red", "none": "gray"}


@register
class AppraisalSchemeLedger(Ledger):
    model, slug, label, menu, order = AppraisalScheme, "appraisal-schemes", "考核评价方案", MENU, 50
    family, icon = FAMILY, "clipboard-data"
    view_roles = READERS
    create_roles = edit_roles = attach_roles = BUREAU
    importable = False
    columns = (
        Column("title", frozen=True, wide=True),
        Column("year"),
        Column("edition"),
        Column("status", "状态"),
        Column("excellent_from", listed=False),
        Column("good_from", listed=False),
        Column("passed_from", listed=False),
        Column("least_marks", listed=False),
        Column("objection_days", listed=False),
        Column("source", listed=False),
        Column("source_label", "依据", source="source_label", sheet=False),
        Column("published_on", listed=False),
    )
    filters = ("year", "status")
    search = ("title",)
    ordering = ("-year", "-pk")
    panels = (
        Panel(
            "appraisal-items",
            "scheme",
            columns=("dimension", "name", "kind", "marks", "per_event", "cap"),
            rows=60,
        ),
        Panel("appraisals", "scheme", rows=60),
    )
    detail_templates = ("documents/of_record.html",)
    list_templates = ("plan/appraisal_links.html",)
    lead_templates = ("plan/appraisal_scheme.html",)

    def more_context(self, record: AppraisalScheme, user: User) -> dict[str, Any]:
        return {"may_compute": bool(user.roles & BUREAU)} | {"papers": of_record(record, user)}


@register
class AppraisalItemLedger(Ledger):
    model, slug, label, menu, order = AppraisalItem, "appraisal-items", "考核评价内容", MENU, 51
    family, icon = FAMILY, "list-check"
    view_roles = READERS
    create_roles = edit_roles = BUREAU
    labels = {"parameters": "计算参数（如 objects=works，只计工程项目）"}
    columns = (
        Column("scheme", listed=False),
        Column("code", listed=False),
        Column("dimension"),
        Column("name", frozen=True, wide=True),
        Column("kind"),
        Column("applies"),
        Column("marks"),
        Column("indicator", listed=False),
        Column("parameters", listed=False),
        Column("full_at", listed=False),
        Column("zero_at", listed=False),
        Column("fact", listed=False),
        Column("counted_by", listed=False),
        Column("per_event"),
        Column("cap"),
        Column("basis", listed=False),
        Column("order", listed=False),
    )
    key = ("scheme", "code")
    fixed = ("scheme", "code")
    filters = ("scheme", "kind", "applies")
    search = ("name", "dimension", "code")
    ordering = ("scheme", "order", "pk")


@register
class AppraisalLedger(Ledger):
    model, slug, label, menu, order = Appraisal, "appraisals", "考核评价结果", MENU, 52
    family, icon = FAMILY, "award"
    intro = "只评价单位的等次，不排名次。每一项得分可打开当日的记录。"
    view_roles = READERS
    attach_roles = BUREAU
    importable = False
    columns = (
        Column("organization", frozen=True),
        Column("scheme"),
        Column("status", "状态"),
        Column("total"),
        Column("grade", kind=ChoiceKind(dict(Grade.choices), GRADE_COLORS)),
        Column("vetoed"),
        Column("as_of"),
        Column("due_on", "异议期限", listed=False),
        Column("note", wide=True, listed=False),
        Column("fixed_on", listed=False),
    )
    filters = ("scheme", "organization", "status", "grade")
    search = ("organization__search_key",)
    # By name: the notice asks for grades, not for a ranking.
    ordering = ("-scheme__year", "organization__name", "pk")
    batch = ("send", "fix")
    panels = (Panel("appraisal-objections", "appraisal", columns=("item", "words", "status", "outcome")),)
    detail_templates = ("plan/appraisal_sheet.html",)

    def more_context(self, record: Appraisal, user: User) -> dict[str, Any]:
        return {
            "dimensions": lines_of(record, user),
            "object_url": reverse("appraisal_object", args=[record.pk]) if may_object(record, user) else "",
        }


@register
class AppraisalObjectionLedger(Ledger):
    model, slug, label, menu, order = AppraisalObjection, "appraisal-objections", "考核异议", MENU, 53
    family, icon = FAMILY, "chat-left-text"
    view_roles = READERS
    create_roles = attach_roles = APPRAISED_ROLES
    own = "appraisal__organization"
    importable = False
    columns = (
        Column("appraisal", frozen=True),
        Column("item"),
        Column("record_key", listed=False),
        Column("words", wide=True),
        Column("status", "状态"),
        Column("outcome", source="outcome"),
        Column("answer", source="answer", listed=False, wide=True),
        Column("answered_on", listed=False),
    )
    groups = (("异议", ("appraisal", "item", "record_key", "words")),)
    fixed = ("appraisal",)
    filters = ("appraisal", "status", "outcome")
    search = ("words", "appraisal__organization__search_key")
    lead_templates = ("plan/appraisal_objection.html",)

    def more_context(self, record: AppraisalObjection, user: User) -> dict[str, Any]:
        return {"named": named_record(record, user)}
