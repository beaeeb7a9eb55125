"""The ledgers of tasks carried out: shares, steps, cited records, reports with their figures, slips, talks."""

from __future__ import annotations

from django.utils import timezone
from django.utils.html import format_html

from supervision.ledgers.columns import ChoiceKind, Column, Kind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.papers.documents.showing import of_record
from supervision.people.models import Role

from . import flows  # noqa: F401 - the ledgers read their models' flows
from .models import (
    Milestone,
    ShareCitation,
    ShareFigure,
    ShareReport,
    TaskInterview,
    TaskShare,
    TaskUrging,
    Urgency,
)
from .shares import looking, showing

MENU, FAMILY = "计划与目标", "任务推进"
BUREAU = frozenset({Role.BUREAU_STAFF})


class LightKind(Kind):
    """A light with its reason: the sign, its word and why, so that nothing hangs on the colour."""

    width = 30

    def text(self, value) -> str:
        return f"{value.word}：{value.reason}" if value else ""

    def html(self, value) -> str:
        if not value:
            return ""
        sign = '<span class="sign sign-{}" aria-hidden="true">{}</span> {}'
        return format_html(sign, value.color, value.sign, self.text(value))


DEMO = Column("is_demo", listed=False, sheet=False)


@register
class ShareLedger(Ledger):
    model, slug, label, menu, order = TaskShare, "task-shares", "任务分解", MENU, 30
    family, icon = FAMILY, "diagram-2"
    intro = "任务按承办单位、按年度分解；进度灯按节点日期计算，见“任务进度”。"
    create_roles = edit_roles = attach_roles = BUREAU
    columns = (
        Column("task", frozen=True, wide=True),
        Column("year"),
        Column("unit"),
        Column("lead"),
        Column("status", "状态"),
        Column("light", "进度灯", kind=LightKind()),
        Column("measures", listed=False, wide=True),
        Column("planned_on", listed=False),
        Column("declared_on", listed=False),
        Column("confirmed_on"),
        Column("named_as", listed=False),
        DEMO,
    )
    groups = (("任务分解", ("task", "year", "unit", "lead", "measures")),)
    key = ("task", "unit", "year")
    fixed = ("task", "unit", "year")
    filters = ("status", "year", "task__plan", "task", "unit", "unit__kind", "lead", "is_demo")
    search = ("task__title", "task__no", "unit__search_key")
    ordering = ("-year", "task__order", "unit__name", "pk")
    related = ("task__plan",)
    lead_templates = ("plan/share_lead.html",)
    detail_templates = ("plan/share_parts.html",)
    list_templates = ("plan/share_links.html",)
    panels = (
        Panel("share-reports", "share", columns=("period_label", "report_by", "status", "submitted_on")),
        Panel("task-urgings", "share", columns=("colour", "reason", "status", "answer_by", "closed_on")),
    )

    def look_at(self, records):
        looking.stand(records, timezone.localdate())

    def more_context(self, record, user):
        return showing.share_context(record, user)


@register
class MilestoneLedger(Ledger):
    model, slug, label, menu, order = Milestone, "task-milestones", "任务节点", MENU, 31
    family, icon = FAMILY, "signpost"
    create_roles = edit_roles = BUREAU
    findable = False
    columns = (
        Column("share", frozen=True, wide=True),
        Column("title"),
        Column("planned_on"),
        Column("moved", "调整", source="moved", sheet=False),
        Column("status", "状态"),
        Column("done_on", source="done_on"),
        Column("note"),
        DEMO,
    )
    groups = (("节点", ("share", "title", "planned_on", "note")),)
    key = ("share", "title")
    fixed = ("share",)
    filters = ("status", "share", "share__unit", "share__year", "planned_on", "done_on")
    search = ("title", "share__task__title", "share__unit__search_key")
    ordering = ("planned_on", "pk")


@register
class CitationLedger(Ledger):
    """Cited from the share's page, where the portal finds the record and its name."""

    model, slug, label = ShareCitation, "share-citations", "佐证记录"
    findable = importable = False
    columns = (
        Column("share", frozen=True, wide=True),
        Column("title"),
        Column("ledger", source="ledger", listed=False),
        Column("record", source="record", listed=False),
        Column("cited_on"),
        Column("note", source="note"),
    )
    filters = ("share", "cited_on")


@register
class ReportLedger(Ledger):
    model, slug, label, menu, order = ShareReport, "share-reports", "进展报告", MENU, 32
    family, icon = FAMILY, "file-text"
    intro = "按任务的报告周期生成，数据由台账带出；截止日期为本系统设定。"
    importable = False
    columns = (
        Column("share", frozen=True, wide=True),
        Column("period_label", "报告期", source="period_label"),
        Column("report_by"),
        Column("status", "状态"),
        Column("as_of", listed=False),
        Column("progress", source="progress", listed=False, wide=True),
        Column("problems", source="problems", listed=False, wide=True),
        Column("next_steps", source="next_steps", listed=False, wide=True),
        Column("submitted_on"),
        Column("read_on", listed=False),
        DEMO,
    )
    filters = (
        "status",
        "share",
        "share__year",
        "share__task",
        "share__unit",
        "report_by",
        "submitted_on",
    )
    search = ("period", "share__task__title", "share__unit__search_key")
    ordering = ("-report_by", "-pk")
    detail_templates = ("plan/share_figures.html",)

    def more_context(self, record, user):
        return showing.report_context(record, user)


@register
class FigureLedger(Ledger):
    """Written by the portal, corrected from the report's page."""

    model, slug, label = ShareFigure, "share-figures", "报告数据"
    findable = importable = False
    columns = (
        Column("report", frozen=True, wide=True),
        Column("label", source="label"),
        Column("computed", source="computed"),
        Column("typed", source="typed"),
        Column("mark", "标注", source="mark"),
        Column("reason", source="reason"),
        Column("measure", source="measure"),
    )
    filters = ("report", "code")


@register
class UrgingLedger(Ledger):
    model, slug, label, menu, order = TaskUrging, "task-urgings", "任务督办单", MENU, 33
    family, icon = FAMILY, "megaphone"
    intro = "蓝色为临近期限，黄色为进度滞后，红色为已经逾期；与进度灯的颜色各是一套。"
    create_roles = edit_roles = attach_roles = BUREAU | {Role.INSPECTOR}
    importable = False
    columns = (
        Column("share", frozen=True, wide=True),
        # The slip's own three colours; each value is the name of its badge.
        Column(
            "colour", kind=ChoiceKind(dict(Urgency.choices), {colour: colour for colour in Urgency.values})
        ),
        Column("reason"),
        Column("status", "状态"),
        Column("demand", listed=False, wide=True),
        Column("original_on", listed=False),
        Column("issued_on"),
        Column("answer_by"),
        Column("answer", source="answer", listed=False, wide=True),
        Column("answered_on", listed=False),
        Column("closed_on"),
        DEMO,
    )
    groups = (("督办单", ("share", "colour", "reason", "demand", "original_on", "answer_by")),)
    fixed = ("share",)
    filters = ("status", "colour", "share", "share__unit", "share__task", "issued_on", "closed_on")
    search = ("reason", "share__task__title", "share__unit__search_key")
    panels = (Panel("task-interviews", "urging", columns=("reason", "held_on", "host", "status")),)
    detail_templates = ("documents/of_record.html",)

    def more_context(self, record, user):
        return {"papers": of_record(record, user)}


@register
class InterviewLedger(Ledger):
    model, slug, label, menu, order = TaskInterview, "task-interviews", "任务约谈", MENU, 34
    family, icon = FAMILY, "people"
    edit_roles = attach_roles = BUREAU
    importable = False
    columns = (
        Column("urging", frozen=True, wide=True),
        Column("reason"),
        Column("status", "状态"),
        Column("held_on"),
        Column("place", listed=False),
        Column("host"),
        Column("present", source="present", listed=False, wide=True),
        Column("recorder", listed=False),
        Column("minutes", source="minutes", listed=False, wide=True),
        Column("commitments", source="commitments", listed=False, wide=True),
        Column("outcome", source="outcome", listed=False, wide=True),
        Column("closed_on"),
        DEMO,
    )
    groups = (("约谈", ("reason", "place", "host")),)
    filters = ("status", "urging", "urging__share__unit", "held_on")
    search = ("reason", "urging__share__task__title", "urging__share__unit__search_key")
    detail_templates = ("documents/of_record.html",)

    def more_context(self, record, user):
        return {"papers": of_record(record, user)}
