"""The ledgers of assessments: schedules, sheets, results, vetoes, draws."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import ADMIN_ROLES, AUTHORITY_ROLES, PARTY_ROLES, READER_ROLES, Role

from ..assessments import showing
from ..models import Assessment, AssessmentResult, AssessmentSchedule, AssessmentVeto, SpotCheckDraw

KEEPERS = frozenset({Role.BUREAU_STAFF})
PARTIES = frozenset({Role.CONTRACTOR, Role.SUPERVISOR, Role.OWNER})
CHECKERS = AUTHORITY_ROLES | {Role.INSPECTOR}
# Who reads draws: those who check, and those who watch them. A unit learns of its own from its sheet.
DRAW_READERS = READER_ROLES - PARTY_ROLES - (ADMIN_ROLES - {Role.AUDIT_ADMIN})


@register
class AssessmentLedger(Ledger):
    model = Assessment
    slug = "assessments"
    label = "自评与考核"
    menu = "自评考核"
    order = 40
    icon = "clipboard-check"
    intro = (
        "每个单位每期一张考核表，自评、监理复核、建设单位考核、主管部门抽查依次评分，后一栏能看到前面各栏。"
    )
    create_roles = KEEPERS | {Role.OWNER}
    edit_roles = KEEPERS | {Role.OWNER}
    importable = False
    columns = (
        Column("project", frozen=True),
        Column("short_unit", "标段（单位）", source="short_unit", sheet=False),
        Column("section", listed=False),
        Column("unit", listed=False),
        Column("subject"),
        Column("period", "期次"),
        Column("standard_version", listed=False),
        Column("course", listed=False),
        Column("status", "状态"),
        Column("due_on"),
        Column("self_score", group="得分", label="自评", kind=showing.ScoreKind()),
        Column("recheck_score", group="得分", label="复核", kind=showing.ScoreKind()),
        Column("owner_score", group="得分", label="考核", kind=showing.ScoreKind()),
        Column("bureau_score", group="得分", label="抽查", kind=showing.ScoreKind()),
        Column("grade"),
        Column("passed", listed=False),
        Column("failures", listed=False),
        Column("drawn_on", listed=False),
        Column("veto_found_on", listed=False),
        Column("stopped_on", listed=False),
        Column("stop_confirmed_on", listed=False),
        Column("resumed_on", listed=False),
        Column("self_due_on", listed=False),
        Column("recheck_due_on", listed=False),
        Column("owner_due_on", listed=False),
        Column("bureau_due_on", listed=False),
        Column("returned", listed=False),
        Column("remark", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("考核对象", ("subject", "project", "section", "unit")),
        ("考核安排", ("standard_version", "course", "period")),
        ("说明", ("remark",)),
    )
    fixed = ("subject", "project", "section", "unit", "standard_version", "course", "period")
    filters = (
        "year",
        "period",
        "subject",
        "status",
        "passed",
        "standard_version__standard",
        "project",
        "section",
        "project__district",
        "due_on",
        "drawn_on",
        "veto_found_on",
        "stopped_on",
    )
    search = ("project__search_key", "section__code", "period")
    panels = (
        Panel("assessment-results", "assessment", "各栏结果"),
        Panel("assessment-vetoes", "assessment", "一票否决登记"),
    )
    list_templates = ("assessments/list.html",)
    lead_templates = ("assessments/overview.html",)
    quiet_verbs = ("mark",)

    def more_context(self, record, user):
        return {"sheet": showing.overview(record, user)}


@register
class AssessmentResultLedger(Ledger):
    model = AssessmentResult
    slug = "assessment-results"
    label = "考核结果"
    menu = "自评考核"
    order = 41
    icon = "clipboard-data"
    intro = "每一栏提交时的得分、否决和结论，连同计算过程；复评的新结果列在旁边，原结果保留。"
    importable = False
    columns = (
        Column("assessment", frozen=True),
        Column("period", "期次", source="assessment.period"),
        Column("column"),
        Column("attempt"),
        Column("score", kind=showing.ScoreKind()),
        Column("grade"),
        Column("passed"),
        Column("excellent", listed=False),
        Column("vetoes"),
        Column("decided_on"),
        Column("superseded_on", listed=False),
        Column("reasons", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    filters = (
        "column",
        "passed",
        "excellent",
        "assessment__year",
        "assessment__subject",
        "assessment__project",
        "assessment__section",
        "decided_on",
    )
    search = ("assessment__project__search_key", "assessment__section__code")
    detail_templates = ("assessments/result_of.html",)

    def more_context(self, record, user):
        return {"arithmetic": record.arithmetic}


@register
class AssessmentVetoLedger(Ledger):
    model = AssessmentVeto
    slug = "assessment-vetoes"
    label = "一票否决登记"
    menu = "自评考核"
    order = 42
    icon = "slash-circle"
    intro = "出现否决情形的，不论得分，一律不合格。登记须写明事实与依据，并上传证据。"
    create_roles = CHECKERS | {Role.OWNER}
    edit_roles = CHECKERS | {Role.OWNER}
    attach_roles = CHECKERS | {Role.OWNER}
    importable = False
    columns = (
        Column("assessment", frozen=True),
        Column("name", "否决情形", source="name", sheet=False),
        Column("code", listed=False),
        Column("found_on"),
        Column("evidence", wide=True),
        Column("withdrawn_on"),
        Column("withdrawn_reason", listed=False),
    )
    groups = (
        ("否决情形", ("assessment", "code", "found_on", "evidence")),
        ("撤销", ("withdrawn_on", "withdrawn_reason")),
    )
    fixed = ("assessment", "code", "found_on")
    filters = ("found_on", "withdrawn_on", "assessment__year", "assessment__project")
    search = ("code", "evidence", "assessment__project__search_key")


@register
class AssessmentScheduleLedger(Ledger):
    model = AssessmentSchedule
    slug = "assessment-schedules"
    label = "考核周期"
    menu = "自评考核"
    order = 44
    icon = "calendar-check"
    intro = "谁多久评一次、各步什么时候办完。考核表每天夜里按此生成，期限落在工作日。"
    create_roles = KEEPERS
    edit_roles = KEEPERS
    importable = False
    columns = (
        Column("standard", frozen=True),
        Column("subject"),
        Column("every"),
        Column("rechecked"),
        Column("owner_every"),
        Column("bureau_every"),
        Column("self_days", group="期末后工作日"),
        Column("recheck_days", group="期末后工作日"),
        Column("owner_days", group="期末后工作日"),
        Column("bureau_days", group="期末后工作日"),
        Column("source", listed=False),
        Column("source_label", "依据", source="source_label", sheet=False),
        Column("is_active"),
    )
    fixed = ("standard", "subject", "every")
    filters = ("standard", "subject", "every", "is_active")
    ordering = ("pk",)


@register
class SpotCheckDrawLedger(Ledger):
    model = SpotCheckDraw
    slug = "assessment-draws"
    label = "抽查抽取"
    menu = "自评考核"
    order = 43
    icon = "shuffle"
    intro = "按随机种子从在建施工标段中抽取，种子和名单一并保存，任何人都能重算出同一结果。"
    view_roles = DRAW_READERS
    create_roles = KEEPERS
    importable = False
    columns = (
        Column("standard", frozen=True),
        Column("year"),
        Column("percent"),
        Column("population_count", "应抽标段数", source="population_count", sheet=False),
        Column("chosen_count", "抽中标段数", source="chosen_count", sheet=False),
        Column("seed", listed=False),
        Column("drawn_at"),
        Column("remark", listed=False),
    )
    fixed = ("standard", "year", "percent", "remark")
    filters = ("standard", "year")
    detail_templates = ("assessments/draw.html",)

    def more_context(self, record, user):
        return {"drawn": showing.drawn(record, user)}
