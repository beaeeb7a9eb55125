"""The ledgers of the chain: 监督登记, score sheets with their lines, 交工验收 and what it leaves over, 竣工验收."""

from __future__ import annotations

from django.urls import reverse

from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.shipped import rule

from ..acceptance import archive, prerequisites, scoring
from ..flows.acceptance import APPRAISERS, CONTRACTOR, OWNER
from ..models.acceptance import (
    GRADE_COLORS,
    SCORES,
    Completion,
    Grade,
    Handover,
    HandoverProblem,
    Purpose,
    Registration,
    ScoredItem,
    ScoredPart,
    ScoreSheet,
)
from .in_the_name import InTheName

SCORERS = APPRAISERS | OWNER
GRADE = ChoiceKind(dict(Grade.choices), GRADE_COLORS)
DEMO = Column("is_demo", listed=False, sheet=False)


class Stage(Ledger):
    """A procedure of the chain: filed in its family, archived by one click."""

    menu = "质量管理"
    family = "验收与鉴定"
    importable = False
    lead_templates = ("quality/stage.html",)

    def project_of(self, record):
        return record.project if hasattr(record, "project") else record.section.project

    def checks_of(self, record) -> list[prerequisites.Check]:
        """The prerequisites of the step ahead."""
        return []

    def arithmetic_of(self, record) -> list[dict]:
        return getattr(record, "arithmetic", [])

    def more_context(self, record, user):
        return {
            "checks": self.checks_of(record),
            "arithmetic": self.arithmetic_of(record),
            "chain_url": reverse("quality_chain", args=[self.project_of(record).pk]),
            "archive_url": reverse("stage_archive", args=[self.slug, record.pk])
            if self.slug in archive.STAGES
            else "",
        }


@register
class RegistrationLedger(Stage):
    model = Registration
    slug = "quality-registrations"
    label = "质量监督登记"
    order = 320
    icon = "journal-check"
    intro = "建设单位提交登记，监督机构受理后进行监督交底。"
    create_roles = edit_roles = OWNER
    attach_roles = OWNER | AUTHORITY_ROLES | {Role.INSPECTOR}
    columns = (
        Column("number", "编号", frozen=True),
        Column("project", frozen=True),
        Column("status", "状态"),
        Column("office"),
        Column("supervisors"),
        Column("accepted_on"),
        Column("briefed_on"),
        Column("due_on"),
        Column("content", listed=False, wide=True),
        Column("contact", listed=False),
        Column("briefing", listed=False, wide=True),
        DEMO,
    )
    groups = (("登记", ("project", "content", "contact")),)
    fixed = ("project",)
    filters = ("status", "project", "project__district", "project__mode", "accepted_on")
    search = ("number", "project__search_key", "office")


class OfSheet(InTheName):
    """A score sheet or a line of one: the marks of the 鉴定 are the supervision's alone."""

    speakers = {Purpose.APPRAISAL: APPRAISERS}

    def sheet_of(self, record) -> ScoreSheet:
        return record

    def said(self, record):
        return self.sheet_of(record).purpose

    def refusal(self, record):
        return "竣工鉴定由质量监督机构评分。"


@register
class ScoreSheetLedger(OfSheet, Stage):
    model = ScoreSheet
    slug = "score-sheets"
    label = "工程质量评分表"
    order = 330
    icon = "calculator"
    intro = (
        "交工验收由建设单位、竣工鉴定由监督机构评分：抽查项目—分部—单位—合同段逐级计算。"
        "与分项评定的合格率法互不混用。"
    )
    create_roles = edit_roles = SCORERS
    columns = (
        Column("number", "编号", frozen=True),
        Column("section", frozen=True),
        Column("purpose"),
        Column("checked_on"),
        Column("status", "状态"),
        Column("documents_deduction", listed=False),
        Column("score"),
        Column("grade", kind=GRADE),
        Column("sealed_on"),
        Column("scoring_rule_text", "评分标准", source="scoring_rule.title", listed=False, sheet=False),
        Column("scoring_source", "标准依据", source="scoring_rule.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("评分表", ("section", "purpose", "checked_on", "documents_deduction")),)
    fixed = ("section", "purpose")
    filters = ("purpose", "status", "grade", "section", "section__project__district", "sealed_on")
    search = ("number", "section__project__search_key")
    related = ("scoring_rule",)

    panels = (Panel("scored-parts", "sheet", columns=("division", "weight", "appearance"), rows=30),)

    def arithmetic_of(self, record):
        """Settled, or as the lines stand now."""
        return record.arithmetic or scoring.of_sheet(record, rule(SCORES)).lines()


class Line(OfSheet):
    """A line of a score sheet."""

    menu = "质量管理"
    family = "验收与鉴定"
    create_roles = edit_roles = SCORERS

    def sheet_of(self, record):
        return record.sheet

    def may_edit(self, record, user):
        return self.sheet_of(record).status == "open" and super().may_edit(record, user)


@register
class ScoredPartLedger(Line):
    model = ScoredPart
    slug = "scored-parts"
    label = "分部工程评分"
    order = 331
    icon = "list-ol"
    columns = (
        Column("sheet", frozen=True),
        Column("division"),
        Column("weight"),
        Column("appearance"),
        Column("remark", wide=True),
        DEMO,
    )
    fixed = ("sheet", "division")
    key = ("sheet", "division")
    filters = ("sheet",)
    search = ("sheet__number", "division__code", "division__name")
    panels = (Panel("scored-items", "part", columns=("name", "points", "good", "weight"), rows=30),)


@register
class ScoredItemLedger(Line):
    model = ScoredItem
    slug = "scored-items"
    label = "抽查项目"
    order = 332
    icon = "list-check"
    columns = (
        Column("part", frozen=True),
        Column("name", frozen=True),
        Column("points"),
        Column("good"),
        Column("weight"),
        DEMO,
    )
    fixed = ("part",)
    key = ("part", "name")
    filters = ("part",)
    search = ("part__sheet__number", "part__division__code", "name")

    def sheet_of(self, record):
        return record.part.sheet


@register
class HandoverLedger(Stage):
    model = Handover
    slug = "handovers"
    label = "交工验收"
    order = 335
    icon = "check2-square"
    intro = "标段内单位工程全部评定合格、评分表定分后方可验收；不合格的保留，整改后另行申请。"
    create_roles = edit_roles = CONTRACTOR
    attach_roles = CONTRACTOR | OWNER | {Role.SUPERVISOR}
    columns = (
        Column("number", "编号", frozen=True),
        Column("section", frozen=True),
        Column("unit"),
        Column("status", "状态"),
        Column("decided_on"),
        Column("score"),
        Column("grade", kind=GRADE),
        Column("summary", listed=False, wide=True),
        Column("scoring_source", "标准依据", source="scoring_rule.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("申请", ("section", "summary")),)
    fixed = ("section",)
    filters = ("status", "grade", "section", "unit", "section__project__district", "decided_on")
    search = ("number", "section__project__search_key")
    related = ("scoring_rule",)
    panels = (Panel("handover-problems", "handover", columns=("part", "description", "due_by", "status")),)

    def checks_of(self, record):
        if record.status in ("draft", "applied"):
            return prerequisites.handover_applies(record)
        return prerequisites.handover_decides(record) if record.status == "agreed" else []


@register
class HandoverProblemLedger(Ledger):
    model = HandoverProblem
    slug = "handover-problems"
    label = "交工遗留问题"
    menu = "质量管理"
    order = 336
    family = "验收与鉴定"
    icon = "exclamation-diamond"
    intro = "交工验收时未完的问题，竣工验收前须全部处理完毕。"
    create_roles = edit_roles = OWNER | {Role.SUPERVISOR}
    attach_roles = OWNER | CONTRACTOR | {Role.SUPERVISOR}
    columns = (
        Column("project", frozen=True),
        Column("section"),
        Column("handover"),
        Column("part"),
        Column("description", wide=True),
        Column("due_by"),
        Column("status", "状态"),
        Column("settled_on", source="settled_on"),
        DEMO,
    )
    groups = (("遗留问题", ("project", "section", "handover", "part", "description", "due_by")),)
    fixed = ("project", "section", "handover")
    filters = ("status", "project", "section", "handover", "due_by")
    search = ("part", "description", "project__search_key")


@register
class CompletionLedger(Stage):
    model = Completion
    slug = "completions"
    label = "竣工验收"
    order = 340
    icon = "award"
    intro = "各项条件逐条核对，缺什么列什么；质量得分、综合得分和等级按现行计算式得出。"
    create_roles = edit_roles = OWNER
    attach_roles = OWNER | AUTHORITY_ROLES
    columns = (
        Column("number", "编号", frozen=True),
        Column("project", frozen=True),
        Column("status", "状态"),
        Column("due_on"),
        Column("applied_on"),
        Column("examined_on", listed=False),
        Column("decided_on"),
        Column("handover_score", listed=False, group="得分"),
        Column("appraisal_score", listed=False, group="得分"),
        Column("committee_score", source="committee_score", listed=False, group="得分"),
        Column("quality_score", group="得分"),
        Column("quality_grade", kind=GRADE, group="得分"),
        Column("owner_score", source="owner_score", listed=False, group="得分"),
        Column("design_score", source="design_score", listed=False, group="得分"),
        Column("construction_score", source="construction_score", listed=False, group="得分"),
        Column("supervision_score", source="supervision_score", listed=False, group="得分"),
        Column("score", group="得分"),
        Column("grade", kind=GRADE, group="得分"),
        Column("trial_from", listed=False),
        Column("audited_on", listed=False),
        Column("documents_on", listed=False),
        Column("archives_on", listed=False),
        Column("environment_on", listed=False),
        Column("summaries_on", listed=False),
        Column("scoring_source", "标准依据", source="scoring_rule.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (
        ("项目", ("project", "trial_from")),
        ("竣工验收条件", ("audited_on", "documents_on", "archives_on", "environment_on", "summaries_on")),
    )
    fixed = ("project",)
    filters = ("status", "grade", "project", "project__district", "project__mode", "decided_on")
    search = ("number", "project__search_key")
    related = ("scoring_rule",)

    def checks_of(self, record):
        return prerequisites.completion_applies(record) if record.status != "decided" else []
