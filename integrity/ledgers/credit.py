"""The ledgers of credit: subjects, what they are evaluated in, records, yearly evaluations."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Subquery, Value, When
from django.utils import timezone

from supervision.ledgers.columns import BooleanKind, ChoiceKind, Column, LinesKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.ledgers.words import WordKind
from supervision.people.models import AUTHORITY_ROLES, Role

from ..credit import page, rules
from ..models import CreditEvaluation, CreditOrigin, CreditRecord, CreditSubject, CreditUnit, ExternalGrade

MENU, FAMILY = "信用廉洁", "信用"
DEMO = Column("is_demo", listed=False, sheet=False)
BUREAU = frozenset({Role.BUREAU_STAFF})
RECORDERS = AUTHORITY_ROLES | {Role.OWNER}
SUBJECTS = frozenset({Role.CONTRACTOR, Role.SUPERVISOR, Role.DESIGNER, Role.LABORATORY})
GRADES = ("AA", "A", "B", "C", "D", "正常", "较差", "差")
GRADE_COLORS = {
    "AA": "green",
    "A": "green",
    "B": "blue",
    "C": "orange",
    "D": "red",
    "正常": "green",
    "较差": "orange",
    "差": "red",
}
GRADE_KIND = ChoiceKind({grade: grade for grade in GRADES}, GRADE_COLORS)


def with_grade(queryset):
    """Each subject with the grade it has today: a dynamic D in force, else the latest valid result."""
    day = timezone.localdate()
    direct = CreditRecord.in_effect(day).filter(subject=OuterRef("pk"), effect="D")
    latest = CreditEvaluation.valid_on(day).filter(subject=OuterRef("pk"), family=OuterRef("family"))
    return queryset.annotate(
        grade_now=Case(
            When(Exists(direct), then=Value("D")),
            default=Subquery(latest.order_by("-year", "-published_on").values("grade")[:1]),
            output_field=CharField(),
        )
    )


@register
class SubjectLedger(Ledger):
    model, slug, label, menu, order = CreditSubject, "credit-subjects", "信用主体", MENU, 300
    family, icon = FAMILY, "person-badge"
    intro = "本单位、其项目建设单位和主管部门可见。等级为当日有效的等级；动态评价为D级的优先。"
    create_roles = edit_roles = attach_roles = AUTHORITY_ROLES
    importable = False
    columns = (
        Column("title", frozen=True),
        Column("kind"),
        Column("family"),
        Column("grade_now", "当前等级", kind=GRADE_KIND, sortable=False),
        Column("uscc", "统一社会信用代码", source="organization.uscc"),
        Column("organization", listed=False),
        Column("name", listed=False),
        Column("post", listed=False),
        Column("certificate", listed=False),
        Column("entered_on", listed=False),
        Column("is_active", kind=BooleanKind(), listed=False),
        Column("remark", listed=False),
        DEMO,
    )
    groups = (
        ("主体", ("kind", "organization", "family", "entered_on", "is_active", "remark")),
        ("从业人员", ("name", "post", "certificate")),
    )
    fixed = ("kind", "organization")
    filters = ("kind", "family", "is_active", "organization")
    search = ("title", "organization__search_key", "organization__uscc")
    ordering = ("title",)
    lead_templates = ("integrity/credit_subject.html",)
    list_templates = ("integrity/credit_links.html",)
    panels = (
        Panel("credit-evaluations", "subject", columns=("year", "family", "status", "score", "grade", "was")),
        Panel("credit-records", "subject", columns=("number", "item", "status", "worth", "effect_until")),
        Panel("credit-appeals", "subject", columns=("number", "about", "status", "answer_by", "decided_on")),
        Panel("credit-listings", "subject", columns=("kind", "status", "listed_on", "valid_until")),
        Panel("credit-units", "subject", columns=("year", "kind", "name", "price")),
        Panel("credit-external-grades", "subject", columns=("year", "authority", "grade")),
        Panel("credit-origins", "subject", columns=("kind", "predecessor", "on")),
    )

    def queryset(self, user):
        return with_grade(super().queryset(user))

    def more_context(self, record: CreditSubject, user) -> dict[str, Any]:
        return page.of_subject(record, user)


@register
class OriginLedger(Ledger):
    model, slug, label, menu, order = CreditOrigin, "credit-origins", "合并分立", MENU, 309
    family, icon = FAMILY, "diagram-2"
    intro = "合并的按较低者、分立的不高于原等级；本年度有评价结果的以结果为限。"
    create_roles = edit_roles = attach_roles = AUTHORITY_ROLES
    importable = False
    columns = (
        Column("subject", frozen=True),
        Column("kind"),
        Column("predecessor"),
        Column("on"),
        Column("remark"),
        DEMO,
    )
    groups = (("", ("subject", "kind", "predecessor", "on", "remark")),)
    filters = ("kind", "subject", "on")
    search = ("subject__title", "predecessor__title")


@register
class UnitLedger(Ledger):
    model, slug, label, menu, order = CreditUnit, "credit-units", "评价单元", MENU, 303
    family, icon = FAMILY, "grid-3x3"
    intro = "单次投标、单个合同段各为一个单元，初始100分；履约单元可按登记库生成。"
    create_roles = attach_roles = RECORDERS
    # An owner adds its own; it does not change what another owner entered.
    edit_roles = AUTHORITY_ROLES
    columns = (
        Column("subject", frozen=True),
        Column("family"),
        Column("year"),
        Column("kind"),
        Column("name"),
        Column("section", listed=False),
        Column("price"),
        Column("evaluator"),
        Column("joint", listed=False),
        DEMO,
    )
    groups = (
        ("单元", ("subject", "family", "year", "kind", "name")),
        ("合同", ("section", "price", "evaluator", "joint")),
    )
    # What it is evaluated in stays what it is: records of its year and kind stand on it.
    key = ("subject", "family", "year", "kind", "name")
    fixed = ("subject", "family", "year", "kind")
    filters = ("family", "year", "kind", "subject")
    search = ("name", "subject__title")
    ordering = ("-year", "pk")


@register
class RecordLedger(Ledger):
    model, slug, label, menu, order = CreditRecord, "credit-records", "信用记录", MENU, 301
    family, icon = FAMILY, "journal-text"
    intro = "每条记录写明规则条款和版本；一人登记、另一人确认，公示期满生效，到期自行失效。"
    create_roles = edit_roles = attach_roles = RECORDERS
    importable = False
    columns = (
        Column("number", frozen=True),
        Column("subject"),
        Column("nature"),
        Column("item", kind=WordKind(rules.words)),
        Column("status", "状态"),
        Column("worth", "后果", sheet=False),
        Column("points", source="points", listed=False),
        Column("category", listed=False),
        Column("unit", listed=False),
        Column("quantity", listed=False),
        Column("given", listed=False),
        Column("description", listed=False, wide=True),
        Column("evidence_text", listed=False),
        Column("paper"),
        Column("decided_on"),
        Column("severity", listed=False),
        Column("special", listed=False),
        Column("penalty_until", listed=False),
        Column("recording_unit", source="recording_unit.name", label="登记单位", listed=False),
        Column("recorded_by", source="recorded_by.name", label="登记人", listed=False),
        Column("confirmed_by", source="confirmed_by.name", label="确认人", listed=False),
        Column("notice_from", listed=False),
        Column("notice_until", listed=False),
        Column("effect_from", listed=False),
        Column("effect_until"),
        Column("public_until", listed=False),
        Column("revoked_on", listed=False),
        Column("repaired_on", listed=False),
        Column("rules_text", "规则版本", source="rules", listed=False, sheet=False),
        Column("rules_source", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (
        ("认定", ("subject", "decided_on", "paper", "description")),
        ("条款", ("item", "unit", "quantity", "given", "severity", "special", "penalty_until")),
    )
    fixed = ("subject",)
    filters = ("status", "nature", "category", "subject", "decided_on", "effect_until")
    search = ("number", "item", "subject__title", "paper")
    related = ("rules", "recording_unit", "recorded_by", "confirmed_by", "unit__subject")
    panels = (
        Panel("credit-appeals", "record", columns=("number", "stage", "status", "answer_by", "decided_on")),
        Panel("credit-repairs", "record", columns=("status", "earliest_on", "applied_on", "decided_on")),
    )
    detail_templates = ("integrity/credit_record.html",)

    def more_context(self, record: CreditRecord, user) -> dict[str, Any]:
        return {"credit_evidence": page.evidence_of(record, user)}


@register
class EvaluationLedger(Ledger):
    model, slug, label, menu, order = CreditEvaluation, "credit-evaluations", "年度信用评价", MENU, 302
    family, icon = FAMILY, "award"
    intro = "计算草案、送达主体、异议答复、公示和公布逐步办理；申诉成立后重算，原结果一并保留。"
    create_roles = frozenset({Role.BUREAU_STAFF})
    attach_roles = BUREAU
    importable = False
    columns = (
        Column("year", frozen=True),
        Column("subject"),
        Column("family"),
        Column("status", "状态"),
        Column("bid", listed=False),
        Column("performance", listed=False),
        Column("other", listed=False),
        Column("score"),
        Column("score_grade", kind=GRADE_KIND, listed=False),
        Column("grade", kind=GRADE_KIND),
        Column("was", "原结果", sheet=False),
        Column("basis", listed=False),
        Column("reasons", kind=LinesKind(), listed=False, wide=True),
        Column("computed_on", listed=False),
        Column("objection_until", listed=False),
        Column("notice_until", listed=False),
        Column("published_on"),
        Column("valid_until"),
        Column("rules_text", "规则版本", source="rules", listed=False, sheet=False),
        Column("rules_source", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("", ("subject", "family", "year")),)
    fixed = ("subject", "family", "year")
    filters = ("status", "year", "family", "subject", "basis", "published_on")
    search = ("subject__title",)
    related = ("rules",)
    ordering = ("-year", "pk")
    batch = ("compute", "send", "answer", "notice", "publish", "archive")
    lead_templates = ("integrity/credit_arithmetic.html",)
    list_templates = ("integrity/credit_year.html",)
    panels = (
        Panel(
            "credit-appeals", "evaluation", columns=("number", "stage", "status", "answer_by", "decided_on")
        ),
    )

    def more_context(self, record: CreditEvaluation, user) -> dict[str, Any]:
        return {"credit_sheet": page.sheet_of(record)}


@register
class ExternalLedger(Ledger):
    model, slug, label, menu, order = ExternalGrade, "credit-external-grades", "外部评价结果", MENU, 308
    family, icon = FAMILY, "box-arrow-in-down"
    intro = "省级、全国评价结果，以统一社会信用代码对应主体；可按模板导入。"
    create_roles = edit_roles = attach_roles = BUREAU
    columns = (
        Column("uscc", frozen=True),
        Column("subject"),
        Column("family"),
        Column("year"),
        Column("scope"),
        Column("authority"),
        Column("grade"),
        Column("score"),
        Column("direct"),
        Column("published_on"),
        Column("source", listed=False),
        DEMO,
    )
    groups = (
        ("主体", ("uscc", "family", "year")),
        ("结果", ("scope", "authority", "grade", "score", "direct", "published_on", "source")),
    )
    key = fixed = ("uscc", "family", "year", "authority")
    filters = ("year", "family", "scope", "grade")
    search = ("uscc", "subject__title", "authority")
    ordering = ("-year", "pk")
